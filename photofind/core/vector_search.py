"""How a search goes through the segments of an index: along their graphs, or over all their rows.

Segments are searched side by side, each by one thread. Owns the choice of the way, and of the
segments that are searched thoroughly: photos of one occasion come one after another, so the nearest
mostly lie in one or two segments, and landmarks tell in which. For some dozens of a million rows in
eight segments that halves the work and misses no more of the nearest. Where segments are alike,
most are promising.
"""

import math
import os
from collections import deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

import numpy as np

from photofind.core.vector_landmarks import LANDMARK_EVERY
from photofind.core.vector_rows import (
    HalfRow,
    HalfRows,
    Ids,
    Mask,
    Scores,
    best,
    cosines,
    highest,
    is_allowed,
)
from photofind.core.vector_segment import Segment

Found = tuple[Ids, Scores]
Rows = Callable[[Ids], tuple[Ids, HalfRows]]
"""Those ids that are there, and their rows."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_SCANNED_SHARE = 32  # one in so many of all rows asked for: a scan of all is not slower
_MARGIN = 1.3  # asked for more than a filter leaves on average
_TRIES = 2  # of the graphs, before all rows are compared
_SPREAD = 2.0  # asked for from one segment, beyond its share of the rows
_LEAST_SHARE = 20
_NEAR = 1.0  # standard deviations of the landmarks' cosines: half of it misses a thousandth more
_PIECE = 8192
_MOST_THREADS = 4


class SegmentSearch:
    """Searches through segments. Holds the threads for it, nothing else."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None

    def nearest(self, segments: Sequence[Segment], query: HalfRow, count: int) -> Found:
        """About the `count` nearest rows, best first."""
        if count * _SCANNED_SHARE >= sum(map(len, segments)):
            return self.scan(segments, query, count)
        thorough = self._promising(segments, query, count)
        asked = _shares(segments, thorough, count)

        def search(number: int) -> Found:
            return segments[number].search(query, asked[number], thorough=thorough[number])

        order = sorted(range(len(segments)), key=lambda number: not thorough[number])
        found = dict(zip(order, self.side_by_side(search, order), strict=True))
        ids, scores = _merged(found.values(), count)
        # A segment all of whose rows are among the best may hold more of them.
        again = [
            number
            for number, (_, theirs) in found.items()
            if asked[number] <= len(theirs) < min(count, len(segments[number]))
            and theirs[-1] >= scores[-1]
        ]
        if again:
            asked, thorough = [count] * len(segments), [True] * len(segments)
            found |= zip(again, self.side_by_side(search, again), strict=True)
            ids, scores = _merged(found.values(), count)
        return ids, scores

    def _promising(self, segments: Sequence[Segment], query: HalfRow, count: int) -> list[bool]:
        """In which segments some of the `count` nearest rows may well lie.

        Those with a landmark hardly further off than the landmarks among the nearest rows would be.
        What is hardly is told by how the landmarks' cosines spread, for models differ in that. Many
        rows lie in most segments anyway.
        """
        marks = [each.landmarks for each in segments]
        known = [each for each in marks if each is not None]
        if len(segments) <= _threads() or count > LANDMARK_EVERY or not known:
            return [True] * len(segments)
        scores = [each.cosines(query) for each in known]
        together = np.concatenate(scores)
        rank = min(math.ceil(2 * count / LANDMARK_EVERY), len(together))
        least = np.partition(together, -rank)[-rank] - _NEAR * together.std()
        best_of = iter([part.max() for part in scores])
        return [each is None or bool(next(best_of) >= least) for each in marks]

    def scan(
        self, segments: Sequence[Segment], query: HalfRow, count: int, allowed: Mask | None = None
    ) -> Found:
        """The `count` nearest rows, best first. allowed: by id; only such count."""

        def scan_one(segment: Segment) -> Found:
            return highest(*segment.scan(query, allowed), count)

        return _merged(self.side_by_side(scan_one, segments), count)

    def nearest_allowed(
        self, segments: Sequence[Segment], query: HalfRow, count: int, allowed: Mask
    ) -> Found:
        """The `count` nearest rows, best first, of those that are allowed, by id.

        The graphs are asked for so many more rows that enough of them are allowed, once more where
        near the query fewer are than elsewhere; where hardly any are, each is compared.
        """
        total = sum(map(len, segments))
        fetched = math.ceil(_MARGIN * count * total / max(np.count_nonzero(allowed), 1))
        for _ in range(_TRIES):
            if fetched * _SCANNED_SHARE >= total:
                break
            ids, scores = self.nearest(segments, query, fetched)
            kept = is_allowed(ids, allowed)
            found = np.count_nonzero(kept)
            if found >= count:
                return ids[kept][:count], scores[kept][:count]
            fetched = math.ceil(_MARGIN * count * fetched / max(found, 1))
        return self.scan(segments, query, count, allowed)

    def side_by_side(
        self, work: Callable[[_Item], _Result], items: Sequence[_Item]
    ) -> list[_Result]:
        """What `work` makes of each item, by as many threads as there are processors.

        One of them is the caller's, which would otherwise wait until another wakes up.
        """
        results: dict[int, _Result] = {}
        left = deque(range(len(items)))

        def take_turns() -> None:
            while left:
                try:
                    number = left.popleft()
                except IndexError:
                    return
                results[number] = work(items[number])

        helpers = min(_threads(), len(items)) - 1
        if helpers > 0 and self._pool is None:
            self._pool = ThreadPoolExecutor(_threads() - 1, "vector search")
        begun = [self._pool.submit(take_turns) for _ in range(helpers)] if self._pool else []
        try:
            take_turns()
        finally:
            begun = [each for each in begun if not each.cancel()]
            wait(begun)  # also where one has failed: none may go on when the lock is let go
        for each in begun:
            each.result()
        return [results[number] for number in range(len(items))]


def _shares(segments: Sequence[Segment], promising: Sequence[bool], count: int) -> list[int]:
    """How many rows to ask each segment for: all `count` of one that alone is promising."""
    total = sum(map(len, segments))
    among = sum(len(each) for each, so in zip(segments, promising, strict=True) if so)
    shares = [
        math.ceil(_SPREAD * count * len(each) / max(among if so else total, 1))
        for each, so in zip(segments, promising, strict=True)
    ]
    return [min(count, max(share, _LEAST_SHARE)) for share in shares]


def landmark_cosines(segments: Sequence[Segment], query: HalfRow) -> tuple[Scores, int]:
    """About the cosines of all landmarks to a unit row, and for how many rows they stand."""
    known = [(len(each), marks) for each in segments if (marks := each.landmarks) is not None]
    scores = [marks.cosines(query) for _, marks in known]
    return np.concatenate([np.empty(0, np.float32), *scores]), sum(rows for rows, _ in known)


def _threads() -> int:
    return min(_MOST_THREADS, os.cpu_count() or 1)


def search_rows(rows: Rows, ids: Ids, vectors: HalfRows) -> tuple[Ids, Scores]:
    """Those of `ids` that are there, and their cosines to unit rows (m, d): (m, n)."""
    held: list[Ids] = [np.empty(0, np.int64)]
    scores: list[Scores] = [np.empty((len(vectors), 0), np.float32)]
    for start in range(0, len(ids), _PIECE):
        found, theirs = rows(ids[start : start + _PIECE])
        if len(found):  # rows of an empty index may have no length yet
            held.append(found)
            scores.append(cosines(theirs, vectors).T)
    return np.concatenate(held), np.concatenate(scores, axis=1)


def _merged(found: Collection[Found], count: int) -> Found:
    ids = np.concatenate([np.empty(0, np.int64), *(part for part, _ in found)])
    scores = np.concatenate([np.empty(0, np.float32), *(part for _, part in found)])
    return best(ids, scores, count)
