"""What typed words mean."""

from datetime import datetime

import pytest

from photofind.core.errors import QueryError
from photofind.core.query import LONGEST, parse_query, restriction
from photofind.core.types import TextTerm


def terms(text):
    return [(term.text, term.weight) for term in parse_query(text).terms]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("dog on a beach", [("dog on a beach", 1.0)]),
        ('"red car" snow', [("snow", 1.0), ("red car", 1.0)]),
        ("beach -people", [("beach", 1.0), ("people", -1.0)]),
        ('beach -"many people" sun', [("beach sun", 1.0), ("many people", -1.0)]),
        ("beach not:people", [("beach", 1.0), ("people", -1.0)]),
        ("beach –people", [("beach", 1.0), ("people", -1.0)]),
        ("“red car”", [("red car", 1.0)]),
        ("a t-shirt, black-and-white", [("a t-shirt, black-and-white", 1.0)]),
        ("sunrise - sunset", [("sunrise - sunset", 1.0)]),
        ("-people", [("people", -1.0)]),
        ("IMG_2034.jpg", [("IMG_2034.jpg", 1.0)]),
        ("der Hund läuft", [("der Hund läuft", 1.0)]),
        ("犬 海岸", [("犬 海岸", 1.0)]),
        ("❤", [("❤", 1.0)]),
    ],
)
def test_words_become_terms(typed, expected):
    assert terms(typed) == expected


@pytest.mark.parametrize("typed", ["", "   ", "-", '"', '""', '-""', "...", "\x00\t\n"])
def test_nothing_said_is_an_empty_query(typed):
    assert parse_query(typed).terms == ()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("folder:holiday dog", [("dog", 1.0), ("folder:holiday", 1.0)]),
        ('folder:"summer 2020"', [("folder:summer 2020", 1.0)]),
        ("-folder:work", [("folder:work", -1.0)]),
        ("Camera:Nikon", [("camera:Nikon", 1.0)]),
        ("name:IMG_20", [("name:IMG_20", 1.0)]),
    ],
)
def test_restrictions_stay_visible_as_terms(typed, expected):
    assert terms(typed) == expected


def test_restriction_is_told_from_a_description():
    found = restriction(TextTerm("folder:summer 2020", -1.0))
    assert found is not None
    assert (found.field, found.words, found.negative) == ("folder", "summer 2020", True)
    assert restriction(TextTerm("ratio 3:2")) is None
    assert restriction(TextTerm("folder:")) is None


@pytest.mark.parametrize(
    "typed", ["http://example.org/a", "ratio 3:2", "folder: holiday", 'a 5" lens']
)
def test_stray_colons_and_quotes_are_plain_words(typed):
    assert terms(typed) == [(typed.replace('"', ""), 1.0)]


@pytest.mark.parametrize(
    ("typed", "after", "before"),
    [
        ("after:2020", datetime(2020, 1, 1), None),
        ("after:2020-05", datetime(2020, 5, 1), None),
        ("before:2020.5.17", None, datetime(2020, 5, 17)),
        ("after:2019 dog before:2021", datetime(2019, 1, 1), datetime(2021, 1, 1)),
        ("-after:2020", None, datetime(2020, 1, 1)),
    ],
)
def test_dates_become_filters(typed, after, before):
    filters = parse_query(typed).filters
    assert (filters.after, filters.before) == (after, before)


@pytest.mark.parametrize(
    "typed", ["after:yesterday", "before:2020-13", "after:2021-02-30", "after:-"]
)
def test_unreadable_date_is_explained(typed):
    with pytest.raises(QueryError, match="Write 2020"):
        parse_query(typed)


def test_absurd_length_is_refused():
    assert len(parse_query("a" * LONGEST).terms) == 1
    with pytest.raises(QueryError, match="fewer than 1,000"):
        parse_query("a" * (LONGEST + 1))


@pytest.mark.parametrize(
    "typed",
    [
        '"-"-"-"',
        "-" * 50,
        '-folder:"',
        "after",
        ":::",
        'not:not:"x',
        "name:name:name",
        "\udcff",
        "a\u200b",
    ],
)
def test_odd_text_never_fails(typed):
    parse_query(typed)
