"""When indexing should make way: on battery, and while other programs use the processor.

Owns that judgement and what follows from it. Asks psutil alone; starts, slows and stops nothing.
"""

import contextlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Pace:
    """How hard to work on what nobody waits for. Queries are answered at full speed always."""

    rest: float = 0.0  # seconds of rest for each second of computing
    hold: bool = False  # begin nothing new


FULL_PACE = Pace()
SLOW_PACE = Pace(rest=2.0)
HELD_PACE = Pace(hold=True)

ON_BATTERY = "on battery"
OTHERS_WORK = "other programs are busy"

_BUSY, _CALM = 0.20, 0.10  # share of all processors; between them things stay as they are
_COUNTS_NICE = sys.platform.startswith("linux")
_SPAN = 4.0  # seconds that one look covers at least: shorter ones are chance


@dataclass(frozen=True, slots=True)
class Machine:
    """What is asked of the system; tests put in their own."""

    on_battery: Callable[[], bool]
    busy_seconds: Callable[[], float]  # processor time of everything, since whenever
    own_seconds: Callable[[], float]  # of photofind with its engine
    processors: int
    clock: Callable[[], float] = time.monotonic


class Manners:
    """Why to go slowly just now. Used by one thread, which asks as often as it likes."""

    def __init__(self, machine: Machine | None = None) -> None:
        self._machine = machine or this_machine()
        self._since = self._machine.clock()
        self._busy, self._own = self._machine.busy_seconds(), self._machine.own_seconds()
        self._reason = ""

    def reason(self) -> str:
        """ON_BATTERY, OTHERS_WORK, or "" where nothing speaks against full speed."""
        now = self._machine.clock()
        if now - self._since >= _SPAN:
            self._reason = self._look(now)
        return self._reason

    def _look(self, now: float) -> str:
        busy, own = self._machine.busy_seconds(), self._machine.own_seconds()
        others = (busy - self._busy) - max(0.0, own - self._own)  # less when an engine has ended
        share = others / (now - self._since) / self._machine.processors
        self._since, self._busy, self._own = now, busy, own
        if self._machine.on_battery():
            return ON_BATTERY
        limit = _CALM if self._reason == OTHERS_WORK else _BUSY
        return OTHERS_WORK if share > limit else ""


def this_machine() -> Machine:
    """The real one. What the system does not tell counts as nothing."""
    return Machine(_on_battery, _busy_seconds, _own_seconds, psutil.cpu_count() or 1)


def _on_battery() -> bool:
    sensor = getattr(psutil, "sensors_battery", None)
    if sensor is None:
        return False
    with contextlib.suppress(OSError, psutil.Error, NotImplementedError, ValueError):
        battery = sensor()
        return battery is not None and battery.power_plugged is False
    return False


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    names = ("user", "system", "irq", "softirq", "interrupt", "dpc")
    # what is nice makes way for everything by itself; only Linux counts it reliably
    names = names if _COUNTS_NICE else (*names, "nice")
    return sum(getattr(times, name, 0.0) for name in names)


def _own_seconds() -> float:
    """Of this process and its engine, as far as it is in `_busy_seconds`."""
    me = psutil.Process()
    times = me.cpu_times()
    total = times.user + times.system
    for child in me.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            times = child.cpu_times()
            total += times.system if _COUNTS_NICE else times.user + times.system
    return total
