"""All pairs of near hashes and of near vectors, exact and in bounded memory. Arrays in and out.

Knows nothing of photos: positions into the arrays it is given, always left < right.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int32]
Hashes = npt.NDArray[np.uint64]
HalfRows = npt.NDArray[np.float16]
Progress = Callable[[int, int], bool]
"""Told (done, total); returns False to stop."""

MOST_PAIRS = 3_000_000
_BANDS = (13, 13, 13, 13, 12)  # bits; their sum is 64
_CHUNK = 4_000_000  # candidate pairs compared at once
_BLOCK = 4096  # rows multiplied at once: 64 MB of cosines


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of positions with how near they are: bits that differ, or cosine."""

    left: Positions
    right: Positions
    value: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.left)

    def where(self, mask: npt.NDArray[np.bool_]) -> "Pairs":
        return Pairs(self.left[mask], self.right[mask], self.value[mask])


def no_pairs() -> Pairs:
    return Pairs(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32))


def near_hashes(hashes: Hashes, most: int = 8, goes_on: Progress | None = None) -> Pairs:
    """All pairs of 64-bit hashes that differ in at most `most` ≤ 9 bits.

    Pigeonhole: of five bands, one differs in at most one bit, so it is enough to compare hashes
    whose band is the same or one bit off (multi-index hashing, Norouzi et al. 2012).
    """
    assert most < 2 * len(_BANDS)
    found: list[Pairs] = []
    shift = 0
    for done, bits in enumerate(_BANDS):
        if goes_on is not None and not goes_on(done, len(_BANDS)):
            return no_pairs()
        band = ((hashes >> np.uint64(shift)) & np.uint64((1 << bits) - 1)).astype(np.int32)
        for left, right in _one_bit_apart(band, bits):
            differing = np.bitwise_count(hashes[left] ^ hashes[right])
            close = differing <= most
            found.append(Pairs(left[close], right[close], differing[close].astype(np.float32)))
            if sum(map(len, found)) > 2 * MOST_PAIRS:
                found = [_distinct(found)]
        found = [_distinct(found)]
        shift += bits
    return found[0]


def _one_bit_apart(band: npt.NDArray[np.int32], bits: int) -> Iterator[tuple[Positions, Positions]]:
    """Chunks of all position pairs whose band values are equal or one bit apart."""
    order = np.argsort(band, kind="stable").astype(np.int32)
    starts = np.searchsorted(band[order], np.arange((1 << bits) + 1)).astype(np.int64)
    for flip in (0, *(1 << bit for bit in range(bits))):
        other = band ^ flip
        first, count = starts[other], starts[other + 1] - starts[other]
        if flip:  # each unordered pair of buckets once
            count = np.where(other > band, count, 0)
        ends = np.cumsum(count)
        begin = 0
        while begin < len(band):
            base = ends[begin - 1] if begin else 0
            end = max(int(np.searchsorted(ends, base + _CHUNK, side="right")), begin + 1)
            sizes = count[begin:end]
            left = np.repeat(np.arange(begin, end, dtype=np.int32), sizes)
            offset = np.arange(int(sizes.sum())) - np.repeat(ends[begin:end] - sizes - base, sizes)
            right = order[np.repeat(first[begin:end], sizes) + offset]
            if not flip:
                upper = left < right
                left, right = left[upper], right[upper]
            yield np.minimum(left, right), np.maximum(left, right)
            begin = end


def _distinct(parts: list[Pairs]) -> Pairs:
    joined = _joined(parts)
    keys = joined.left.astype(np.int64) << 32 | joined.right
    _, first = np.unique(keys, return_index=True)
    if len(first) > MOST_PAIRS:
        first = first[np.argsort(joined.value[first], kind="stable")[:MOST_PAIRS]]
    return Pairs(joined.left[first], joined.right[first], joined.value[first])


def near_vectors(
    rows: HalfRows, floor: float, goes_on: Progress | None = None, most: int = MOST_PAIRS
) -> tuple[Pairs, float]:
    """All pairs of unit rows (n, d) with a cosine of at least `floor`, and the floor reached.

    Where there are more than `most`, the nearest ones are kept and the floor rises.
    """
    parts: list[Pairs] = []
    held = 0
    total = len(rows)
    for start in range(0, total, _BLOCK):
        if goes_on is not None and not goes_on(start, total):
            return no_pairs(), floor
        block = rows[start : start + _BLOCK].astype(np.float32)
        for other in range(start, total, _BLOCK):
            columns = block if other == start else rows[other : other + _BLOCK].astype(np.float32)
            pairs = _near_in_block(block @ columns.T, start, other, floor)
            parts.append(pairs)
            held += len(pairs)
            if held > 2 * most:
                best, floor = _nearest(_joined(parts), most)
                parts, held = [best], len(best)
    pairs = _joined(parts)
    return _nearest(pairs, most) if len(pairs) > most else (pairs, floor)


def _near_in_block(cosines: npt.NDArray[np.float32], start: int, other: int, floor: float) -> Pairs:
    near = cosines >= floor
    busy = np.flatnonzero(near.any(axis=1))
    row, right = np.nonzero(near[busy])
    left = busy[row]
    value = cosines[left, right]
    left, right = (left + start).astype(np.int32), (right + other).astype(np.int32)
    return Pairs(left, right, value).where(left < right)


def _nearest(pairs: Pairs, most: int) -> tuple[Pairs, float]:
    floor = float(np.partition(pairs.value, -most)[-most])
    above = pairs.where(pairs.value > floor)  # all of a kind: ties at the edge go together
    return above, float(np.nextafter(np.float32(floor), np.float32(2)))


def _joined(parts: list[Pairs]) -> Pairs:
    if not parts:
        return no_pairs()
    return Pairs(
        np.concatenate([p.left for p in parts]),
        np.concatenate([p.right for p in parts]),
        np.concatenate([p.value for p in parts]),
    )
