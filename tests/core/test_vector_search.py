"""How segments are searched side by side, and which of them thoroughly."""

import threading

import numpy as np
import pytest

from photofind.core.vector_search import SegmentSearch
from photofind.core.vector_segment import Segment

ROWS, DIMENSION, SEGMENTS = 1280, 64, 6


def test_none_goes_on_when_one_has_failed() -> None:
    begun, failed, finished = threading.Event(), threading.Event(), threading.Event()

    def work(number: int) -> int:
        if number == 0:
            begun.wait(1)  # in vain where there is but one processor
            failed.set()
            raise MemoryError
        begun.set()
        failed.wait(10)
        finished.set()
        return number

    with pytest.raises(MemoryError):
        SegmentSearch().side_by_side(work, [0, 1])
    assert finished.is_set() == begun.is_set()


def test_failure_of_another_thread_is_told() -> None:
    caller = threading.get_ident()
    failed = threading.Event()

    def work(number: int) -> int:
        if number and threading.get_ident() != caller:
            failed.set()
            raise MemoryError
        failed.wait(1)
        return number

    try:
        assert SegmentSearch().side_by_side(work, range(3)) == [0, 1, 2]
    except MemoryError:
        assert failed.is_set()
    else:
        assert not failed.is_set()


def test_results_come_in_the_order_of_the_items() -> None:
    assert SegmentSearch().side_by_side(lambda number: number * number, range(20)) == [
        number * number for number in range(20)
    ]
    assert SegmentSearch().side_by_side(str, range(0)) == []


@pytest.fixture
def thorough(monkeypatch):
    """The numbers of the segments that are searched thoroughly, as they are."""
    numbers = set()
    search = Segment.search

    def noting(segment, query, count, *, thorough=True):
        if thorough:
            numbers.add(segment.number)
        return search(segment, query, count, thorough=thorough)

    monkeypatch.setattr(Segment, "search", noting)
    return numbers


def frozen_segments(apart):
    """Each of rows about a direction of its own, as far from the others' as `apart` says."""
    random = np.random.default_rng(0)
    directions = apart * random.standard_normal((SEGMENTS, DIMENSION))
    segments = []
    for number, direction in enumerate(directions):
        rows = direction + random.standard_normal((ROWS, DIMENSION))
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        segment = Segment(DIMENSION, number)
        segment.add(np.arange(number * ROWS, (number + 1) * ROWS), rows.astype(np.float16))
        segment.freeze(segment.to_bytes())
        segments.append(segment)
    return segments


def nearest(segments, query, count=20):
    ids, _ = SegmentSearch().nearest(segments, query, count)
    best, _ = SegmentSearch().scan(segments, query, count)
    return len(np.intersect1d(ids, best)) / count


def test_where_the_nearest_lie_in_one_segment_it_alone_is_searched_thoroughly(thorough) -> None:
    segments = frozen_segments(apart=2)
    assert nearest(segments, segments[3].get(np.array([3 * ROWS]))[0]) == 1
    assert thorough == {3}


def test_where_the_segments_are_alike_most_are_searched_thoroughly(thorough) -> None:
    segments = frozen_segments(apart=0)
    random = np.random.default_rng(1)
    searched = 0
    for _ in range(20):
        query = random.standard_normal(DIMENSION)
        thorough.clear()
        assert nearest(segments, (query / np.linalg.norm(query)).astype(np.float16)) >= 0.95
        searched += len(thorough)
    assert searched > 20 * SEGMENTS / 2


def test_segment_that_takes_rows_is_searched_thoroughly(thorough) -> None:
    segments = frozen_segments(apart=2)
    segments[1].thaw(threading.Lock())
    segments[1].add(np.array([SEGMENTS * ROWS]), segments[3].get(np.array([3 * ROWS + 1])))
    query = segments[3].get(np.array([3 * ROWS + 1]))[0]
    ids, _ = SegmentSearch().nearest(segments, query, 20)
    assert {3 * ROWS + 1, SEGMENTS * ROWS} <= set(ids.tolist())
    assert thorough == {1, 3}


def test_many_are_looked_for_in_all_segments(thorough) -> None:
    segments = frozen_segments(apart=2)
    query = segments[3].get(np.array([3 * ROWS]))[0]
    assert nearest(segments, query, 220) >= 0.98
    assert thorough == set(range(SEGMENTS))


def test_filter_that_leaves_fewer_near_the_query_is_met_without_comparing_all(monkeypatch) -> None:
    segments = frozen_segments(apart=2)
    query = segments[3].get(np.array([3 * ROWS]))[0]
    allowed = np.ones(SEGMENTS * ROWS, np.bool_)
    allowed[3 * ROWS : 4 * ROWS] = np.arange(ROWS) % 3 == 0
    best, _ = SegmentSearch().scan(segments, query, 40, allowed)

    def no_scan(*_):
        raise AssertionError("all rows were compared")

    monkeypatch.setattr(SegmentSearch, "scan", no_scan)
    ids, scores = SegmentSearch().nearest_allowed(segments, query, 40, allowed)
    assert len(ids) == 40
    assert allowed[ids].all()
    assert (np.diff(scores) <= 0).all()
    assert len(np.intersect1d(ids, best)) >= 39
