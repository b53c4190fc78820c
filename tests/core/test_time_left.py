"""How long the rest takes, when files cost differently."""

import pytest

from photofind.core.time_left import TimeLeft


def test_nothing_is_promised_before_anything_was_seen():
    left = TimeLeft()
    assert left.estimate(100, 5.0) is None
    assert left.shown(100, 5.0, 0.2) is None


def test_files_that_are_alike_are_told_by_their_number():
    left = TimeLeft()
    for _ in range(20):
        left.note(30, 0.6, 1.0)
    assert left.estimate(300, 6.0) == pytest.approx(10.0, rel=0.05)


def test_costs_per_file_and_per_megabyte_are_told_apart():
    left = TimeLeft()
    for small, large in ((40, 0), (10, 10), (0, 15), (25, 5), (30, 2)):
        megabytes = small * 0.1 + large * 4.0
        left.note(small + large, megabytes, (small + large) * 0.02 + megabytes * 0.03)
    per_file, per_megabyte = left.costs()
    assert per_file == pytest.approx(0.02, rel=0.15)
    assert per_megabyte == pytest.approx(0.03, rel=0.15)


def test_large_files_to_come_are_expected_to_take_longer():
    left = TimeLeft()
    for _ in range(10):
        left.note(30, 0.6, 1.0)
    assert left.estimate(300, 1200.0) > 1.5 * left.estimate(300, 6.0)


def test_no_cost_is_ever_negative():
    left = TimeLeft()
    left.note(10, 40.0, 1.0)
    left.note(10, 0.1, 8.0)
    assert min(left.costs()) >= 0
    other = TimeLeft()
    other.note(100, 1.0, 0.1)
    other.note(1, 50.0, 9.0)
    assert min(other.costs()) >= 0


def test_what_is_shown_follows_without_jumping():
    left = TimeLeft()
    for _ in range(20):
        left.note(10, 0.0, 1.0)
    assert left.shown(1000, 0.0, 0.2) == pytest.approx(100.0)
    left.note(1, 0.0, 4.0)  # a hiccup
    now = left.shown(1000, 0.0, 0.2)
    assert 99.0 < now < left.estimate(1000, 0.0)
    each, _ = left.costs()
    for files in range(1000, 0, -10):
        now = left.shown(files, 0.0, 10 * each)
    assert now == pytest.approx(10 * each, rel=0.05)


def test_the_recent_past_counts_most():
    left = TimeLeft()
    for _ in range(20):
        left.note(10, 0.0, 1.0)
    for _ in range(30):
        left.note(10, 0.0, 4.0)
    assert left.estimate(10, 0.0) == pytest.approx(4.0, rel=0.1)
