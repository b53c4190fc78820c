"""Numbers and times in words."""

from datetime import datetime

import pytest

from photofind.gui.wording import byte_size, count_of, date_time, percent, time_left


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (2_340_000, "2.3 MB"),
        (25_000_000, "25 MB"),
        (610_000_000, "610 MB"),
        (999_700_000, "1 GB"),
        (1_240_000_000, "1.2 GB"),
        (5_000_000_000_000_000, "5,000 TB"),
    ],
)
def test_sizes(size, words):
    assert byte_size(size) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (3, "a few seconds left"),
        (42, "about 40 s left"),
        (118, "about 2 min left"),
        (3_900, "about 1 h 05 min left"),
    ],
)
def test_time_left(seconds, words):
    assert time_left(seconds) == words


def test_counts_have_separators_and_plurals():
    assert count_of(1, "photo") == "1 photo"
    assert count_of(1234, "photo") == "1,234 photos"


def test_only_the_same_is_a_hundred_percent():
    assert percent(1.0) == "100 %"
    assert percent(0.9996) == "99 %"


def test_dates_have_day_and_time():
    assert date_time(datetime(2021, 7, 4, 6, 5)) == "4 Jul 2021, 06:05"
