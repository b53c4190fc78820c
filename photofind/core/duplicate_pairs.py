"""All pairs of near vectors, in bounded memory. Arrays in and out.

Knows nothing of photos: positions into the rows it is given, always left < right.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from photofind.core.neighbourhoods import find_centres, list_count, nearest_lists, sample_size

Positions = npt.NDArray[np.int32]
HalfRows = npt.NDArray[np.float16]
Progress = Callable[[int, int], bool]
"""Told (done, total); returns False to stop."""

MOST_PAIRS = 3_000_000
EXACT_ROWS = 16_384
"""Up to so many rows, all are compared with all."""
_BLOCK = 4096  # rows multiplied at once: 64 MB of cosines
_REACH = 16  # lists whose centres are nearest to a list's own, itself included


class RowSource(Protocol):
    """Unit rows (n, d) that need not be in memory; an array is one."""

    def __len__(self) -> int: ...

    def __getitem__(self, at: slice | npt.NDArray[np.integer], /) -> HalfRows: ...


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of positions with how near they are: bits that differ, or cosine."""

    left: Positions
    right: Positions
    value: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.left)

    def where(self, mask: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> "Pairs":
        """Those that a mask or positions choose."""
        return Pairs(self.left[mask], self.right[mask], self.value[mask])


def no_pairs() -> Pairs:
    return Pairs(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """Rows divided into lists of neighbours."""

    lists: npt.NDArray[np.int32]  # of each row
    centres: npt.NDArray[np.float32]  # unit rows


def near_vectors(
    rows: RowSource,
    floor: float,
    goes_on: Progress | None = None,
    most: int = MOST_PAIRS,
) -> tuple[Pairs, float]:
    """Pairs of unit rows with a cosine of at least `floor`, and the floor reached.

    Of up to `EXACT_ROWS` rows it is all pairs. Of more, rows are compared within their lists and
    with those next to them, and a few pairs in a hundred are missed. Where there are more than
    `most`, the nearest ones are kept and the floor rises.
    """
    if len(rows) <= EXACT_ROWS:
        blocks = _all_blocks(len(rows))
    else:
        division = _divide(rows, goes_on)
        if division is None:
            return no_pairs(), floor
        blocks = _list_blocks(division)
    kept = _Kept(floor, most)
    for done, left, right in blocks:
        if goes_on is not None and not goes_on(done, len(rows)):
            return no_pairs(), floor
        cosines = rows[left].astype(np.float32) @ rows[right].astype(np.float32).T
        kept.add(_near_in_block(cosines, left, right, kept.floor))
    return kept.result()


def _divide(rows: RowSource, goes_on: Progress | None = None) -> Division | None:
    """Divide rows; None where `goes_on` has stopped it."""
    random = np.random.default_rng(len(rows))
    chosen = random.choice(len(rows), sample_size(len(rows)), replace=False)
    steps = find_centres(rows[np.sort(chosen)], list_count(len(rows)))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            centres: npt.NDArray[np.float32] = end.value
            break
        if goes_on is not None and not goes_on(0, len(rows)):
            return None
    lists = np.empty(len(rows), np.int32)
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        lists[part] = nearest_lists(rows[part].astype(np.float32), centres)
        if goes_on is not None and not goes_on(0, len(rows)):
            return None
    return Division(lists, centres)


_Blocks = Iterator[tuple[int, npt.NDArray[np.int64], npt.NDArray[np.int64]]]
"""Rows done so far, and two sets of positions to compare: the same array, or none in common."""


def _all_blocks(total: int) -> _Blocks:
    blocks = [np.arange(at, min(at + _BLOCK, total)) for at in range(0, total, _BLOCK)]
    for number, block in enumerate(blocks):
        for other in blocks[number:]:
            yield number * _BLOCK, block, other


def _list_blocks(division: Division) -> _Blocks:
    """Each list with itself and with those near it that come later, so no two meet twice."""
    count = len(division.centres)
    order = np.argsort(division.lists, kind="stable")
    starts = np.searchsorted(division.lists[order], np.arange(count + 1))
    near = _near_lists(division.centres)
    firsts = np.searchsorted(near[:, 0], np.arange(count + 1))
    for one in range(count):
        mine = order[starts[one] : starts[one + 1]]
        if not len(mine):
            continue
        yield int(starts[one]), mine, mine
        theirs = [
            order[starts[other] : starts[other + 1]]
            for other in near[firsts[one] : firsts[one + 1], 1]
        ]
        for positions in _packed(theirs):
            yield int(starts[one]), mine, positions


def _near_lists(centres: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Pairs (low < high) of lists of which one is among the nearest to the other; (n, 2)."""
    reach = min(_REACH, len(centres))
    parts: list[npt.NDArray[np.int64]] = []
    for start in range(0, len(centres), 1024):
        cosines = centres[start : start + 1024] @ centres.T
        nearest = np.argpartition(-cosines, reach - 1, axis=1)[:, :reach].ravel()
        mine = np.repeat(np.arange(start, start + len(cosines)), reach)
        parts.append(np.stack([np.minimum(mine, nearest), np.maximum(mine, nearest)], axis=1))
    pairs = np.concatenate(parts)
    return np.unique(pairs[pairs[:, 0] < pairs[:, 1]], axis=0)


def _packed(parts: list[npt.NDArray[np.int64]]) -> Iterator[npt.NDArray[np.int64]]:
    """The same positions in arrays of about `_BLOCK`."""
    waiting: list[npt.NDArray[np.int64]] = []
    for part in parts:
        waiting.append(part)
        if sum(map(len, waiting)) >= _BLOCK:
            yield np.concatenate(waiting)
            waiting = []
    if waiting:
        yield np.concatenate(waiting)


class _Kept:
    """The nearest pairs so far."""

    def __init__(self, floor: float, most: int) -> None:
        self.floor = floor
        self._most = most
        self._parts: list[Pairs] = []
        self._held = 0

    def add(self, pairs: Pairs) -> None:
        self._parts.append(pairs)
        self._held += len(pairs)
        if self._held > 2 * self._most:
            best, self.floor = _nearest(joined(self._parts), self._most)
            self._parts, self._held = [best], len(best)

    def result(self) -> tuple[Pairs, float]:
        pairs = joined(self._parts)
        return _nearest(pairs, self._most) if len(pairs) > self._most else (pairs, self.floor)


def _near_in_block(
    cosines: npt.NDArray[np.float32],
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    floor: float,
) -> Pairs:
    near = cosines >= floor
    busy = np.flatnonzero(near.any(axis=1))
    row, column = np.nonzero(near[busy])
    row = busy[row]
    value = cosines[row, column]
    one, other = left[row], right[column]
    if left is right:
        upper = one < other
        one, other, value = one[upper], other[upper], value[upper]
    low, high = np.minimum(one, other), np.maximum(one, other)
    return Pairs(low.astype(np.int32), high.astype(np.int32), value)


def _nearest(pairs: Pairs, most: int) -> tuple[Pairs, float]:
    floor = float(np.partition(pairs.value, -most)[-most])
    above = pairs.where(pairs.value > floor)  # all of a kind: ties at the edge go together
    return above, float(np.nextafter(np.float32(floor), np.float32(2)))


def joined(parts: Sequence[Pairs]) -> Pairs:
    """All of them in one."""
    if not parts:
        return no_pairs()
    return Pairs(
        np.concatenate([p.left for p in parts]),
        np.concatenate([p.right for p in parts]),
        np.concatenate([p.value for p in parts]),
    )
