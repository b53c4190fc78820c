"""Counting, rate and time left by a clock that is set by hand."""

import pytest

from photofind.core.progress import ProgressMeter, ProgressReporter


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def work(meter, clock, seconds, each=0.1, size=1000):
    for _ in range(round(seconds / each)):
        clock.now += each
        meter.add(1, size=size)


def test_the_start_of_the_engine_is_no_work_time(clock):
    meter = ProgressMeter(clock)
    clock.now += 60  # a large model is loaded
    work(meter, clock, 5)
    assert meter.rate() == pytest.approx(10, rel=0.05)
    left = meter.report("indexing", 100, bytes_left=100_000).seconds_left
    assert left == pytest.approx(10, rel=0.1)


def test_time_spent_paused_is_no_work_time(clock):
    meter = ProgressMeter(clock)
    work(meter, clock, 5)
    meter.stop_clock()
    assert meter.report("paused", 100).seconds_left is None
    clock.now += 3600
    work(meter, clock, 5)
    left = meter.report("indexing", 100, bytes_left=100_000).seconds_left
    assert left == pytest.approx(10, rel=0.1)


def test_nothing_is_promised_after_a_moment(clock):
    meter = ProgressMeter(clock)
    work(meter, clock, 0.5)
    report = meter.report("indexing", 100)
    assert (report.photos_per_second, report.seconds_left) == (0.0, None)


def test_a_new_job_counts_from_nothing(clock):
    meter = ProgressMeter(clock)
    work(meter, clock, 5)
    meter.begin()
    report = meter.report("indexing", 7)
    assert (report.done, report.total, report.seconds_left) == (0, 7, None)


def test_why_it_is_slow_is_told_while_it_works(clock):
    told = []
    reporter = ProgressReporter(told.append, clock)
    reporter.tell("indexing", 5, "a.jpg", slow="on battery")
    reporter.tell("paused", 5, "a.jpg", slow="on battery")
    assert [item.slow for item in told] == ["on battery", ""]


def test_reports_of_one_phase_keep_their_distance(clock):
    told = []
    reporter = ProgressReporter(told.append, clock)
    for _ in range(20):
        clock.now += 0.05
        reporter.tell("indexing", 5, "")
    assert 4 <= len(told) <= 6
