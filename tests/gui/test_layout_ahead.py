"""Layouts that are there before the list is on show."""

from dataclasses import replace

import numpy as np

from photofind.core.types import Query, SearchResult, TextTerm
from photofind.gui.layout_ahead import GridShape, LayoutAhead
from tests.gui.samples import make_result

SHAPE = GridShape(900, 150, 4, squares=False)


def long_list(query: Query = Query()) -> SearchResult:  # noqa: B008
    result = replace(make_result(range(1, 30_001)), query=query)
    aspects = np.linspace(0.5, 2, 30_000, dtype=np.float32)
    return replace(result, aspects=aspects)


def test_a_long_list_is_laid_out_once_and_as_the_grid_would() -> None:
    ahead, result = LayoutAhead(), long_list()
    ahead.shape = SHAPE
    ahead.prepare(result)
    made = ahead.take(result.aspects, SHAPE)
    assert made is not None
    own = SHAPE.lay_out(result.aspects)
    assert (made.lefts == own.lefts).all()
    assert (made.tops == own.tops).all()
    assert ahead.take(result.aspects, SHAPE) is None


def test_another_size_or_other_photos_are_not_taken_for_it() -> None:
    ahead, result = LayoutAhead(), long_list()
    ahead.shape = SHAPE
    ahead.prepare(result)
    assert ahead.take(result.aspects, replace(SHAPE, width=901)) is None
    assert ahead.take(result.aspects, replace(SHAPE, squares=True)) is None
    assert ahead.take(result.aspects.copy(), SHAPE) is None


def test_nothing_is_made_for_searches_short_lists_or_no_grid() -> None:
    ahead, result = LayoutAhead(), long_list()
    ahead.prepare(result)
    assert ahead.take(result.aspects, SHAPE) is None
    ahead.shape = SHAPE
    searched = long_list(Query((TextTerm("dog"),)))
    short = make_result(range(1, 50))
    for each in (searched, short):
        ahead.prepare(each)
        assert ahead.take(each.aspects, SHAPE) is None
