"""When indexing makes way."""

import psutil
import pytest

from photofind.core.manners import ON_BATTERY, OTHERS_WORK, Machine, Manners, this_machine


class Computer:
    """A machine of four processors that does what it is told."""

    def __init__(self):
        self.now = self.busy = self.own = 0.0
        self.battery = False

    def machine(self) -> Machine:
        return Machine(
            lambda: self.battery, lambda: self.busy, lambda: self.own, 4, lambda: self.now
        )

    def run(self, seconds: float, *, own: float = 0.0, others: float = 0.0) -> None:
        """Let time pass with so many processors in use."""
        self.now += seconds
        self.own += seconds * own
        self.busy += seconds * (own + others)


@pytest.fixture
def computer():
    return Computer()


def test_own_work_alone_is_no_reason(computer):
    manners = Manners(computer.machine())
    computer.run(10, own=4.0)
    assert manners.reason() == ""


def test_others_that_work_are_a_reason_until_they_are_calm(computer):
    manners = Manners(computer.machine())
    computer.run(10, own=2.0, others=1.2)
    assert manners.reason() == OTHERS_WORK
    computer.run(10, own=2.0, others=0.6)
    assert manners.reason() == OTHERS_WORK, "between the limits nothing changes"
    computer.run(10, own=2.0, others=0.2)
    assert manners.reason() == ""
    computer.run(10, own=2.0, others=0.6)
    assert manners.reason() == ""


def test_a_moment_of_work_is_not_judged_by_itself(computer):
    manners = Manners(computer.machine())
    computer.run(0.5, others=4.0)
    assert manners.reason() == ""
    computer.run(9.5)
    assert manners.reason() == "", "over ten seconds it is a twentieth of the machine"


def test_battery_comes_first_and_ends_with_the_plug(computer):
    manners = Manners(computer.machine())
    computer.battery = True
    computer.run(10, others=4.0)
    assert manners.reason() == ON_BATTERY
    computer.battery = False
    computer.run(10)
    assert manners.reason() == ""


def test_an_engine_that_ended_takes_its_time_along_without_harm(computer):
    manners = Manners(computer.machine())
    computer.run(10, own=2.0)
    assert manners.reason() == ""
    computer.own = 0.0
    computer.run(10)
    assert manners.reason() == ""


def test_the_real_machine_answers():
    machine = this_machine()
    assert machine.processors >= 1
    before = machine.busy_seconds(), machine.own_seconds()
    sum(range(300_000))
    assert machine.busy_seconds() >= before[0]
    assert machine.own_seconds() >= before[1] > 0
    assert machine.on_battery() in (True, False)


@pytest.mark.parametrize("answer", [None, OSError("no such file"), NotImplementedError()])
def test_a_battery_that_cannot_be_asked_is_none(monkeypatch, answer):
    def ask():
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(psutil, "sensors_battery", ask, raising=False)
    assert this_machine().on_battery() is False
