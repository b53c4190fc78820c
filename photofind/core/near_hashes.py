"""All pairs of 64-bit hashes that differ in few bits, exact and without comparing all with all.

Pigeonhole: cut into three bands, two hashes that differ in at most eight bits differ in at most two
in one of the bands (multi-index hashing, Norouzi et al. 2012). So only hashes whose band is that
near are compared. Arrays in and out; knows nothing of photos.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from photofind.core.duplicate_pairs import Pairs, Progress, joined, no_pairs

Hashes = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

MOST_PAIRS = 20_000_000
"""Where there are more, those that differ least are kept."""
EQUAL_AS_PAIRS = 32
"""Up to so many equal hashes, all pairs of them are given. Of more, each is paired with the first
`HUBS` of them, and only the first so many take part in pairs with other hashes."""
HUBS = 4

_CHUNK = 2_000_000  # candidates compared at once


@dataclass(frozen=True, slots=True)
class _Plan:
    widths: tuple[int, ...]  # bits of each band; their sum is 64
    radius: int  # bits by which one of the bands differs at most

    @property
    def most(self) -> int:
        """Hashes that differ in so many bits are found for certain."""
        return len(self.widths) * (self.radius + 1) - 1


# Narrow bands take little time to set up, wide ones leave fewer candidates.
_SMALL, _LARGE = _Plan((13, 13, 13, 13, 12), 1), _Plan((22, 21, 21), 2)
_LARGE_FROM = 150_000  # different hashes


def near_hashes(hashes: Hashes, most: int = 8, goes_on: Progress | None = None) -> Pairs:
    """All pairs of positions whose hashes differ in at most `most` ≤ 8 bits; `value` is the bits.

    Equal hashes count as one, see `EQUAL_AS_PAIRS`: of them those that come first in `hashes` are
    preferred. Stopped by `goes_on`, there are no pairs.
    """
    values, of_value = np.unique(hashes, return_inverse=True)
    groups = _Groups.of(of_value, len(values))
    plan = _LARGE if len(values) >= _LARGE_FROM else _SMALL
    assert most <= plan.most
    if goes_on is not None and not goes_on(0, 1):
        return no_pairs()
    found = [groups.pairs_within()]
    for done, total, pairs in _near_values(values, most, plan):
        found.append(groups.pairs_between(pairs))
        if sum(map(len, found)) > 2 * MOST_PAIRS:
            found = [_nearest(joined(found))]
        if goes_on is not None and not goes_on(done, total):
            return no_pairs()
    return _nearest(joined(found))


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """The positions of each hash: those of hash v are `members[starts[v] : starts[v + 1]]`."""

    members: Ints
    starts: Ints

    @classmethod
    def of(cls, of_value: Ints, count: int) -> "_Groups":
        members = np.argsort(of_value, kind="stable")
        sizes = np.bincount(of_value, minlength=count)
        return cls(members, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64))

    def pairs_within(self) -> Pairs:
        sizes = np.diff(self.starts)
        parts: list[Pairs] = []
        for size in np.unique(sizes[sizes > 1]).tolist():
            firsts = self.starts[:-1][sizes == size]
            hubs = size if size <= EQUAL_AS_PAIRS else HUBS
            one, other = (
                part.ravel() for part in np.meshgrid(range(hubs), range(size), indexing="ij")
            )
            upper = one < other
            left = (firsts[:, None] + one[upper]).ravel()
            right = (firsts[:, None] + other[upper]).ravel()
            parts.append(self._pairs(left, right, np.zeros(len(left), np.float32)))
        return joined(parts)

    def pairs_between(self, pairs: Pairs) -> Pairs:
        """Pairs of positions for pairs of different hashes."""
        sizes = np.minimum(np.diff(self.starts), EQUAL_AS_PAIRS)
        which, one, other = _products(sizes[pairs.left], sizes[pairs.right])
        left = self.starts[pairs.left[which]] + one
        right = self.starts[pairs.right[which]] + other
        return self._pairs(left, right, pairs.value[which])

    def _pairs(self, left: Ints, right: Ints, bits: npt.NDArray[np.float32]) -> Pairs:
        one, other = self.members[left], self.members[right]
        return Pairs(
            np.minimum(one, other).astype(np.int32), np.maximum(one, other).astype(np.int32), bits
        )


def _near_values(values: Hashes, most: int, plan: _Plan) -> Iterator[tuple[int, int, Pairs]]:
    """Parts of all pairs of different hashes, each pair once: (done, total, pairs)."""
    shift, done = 0, 0
    total = sum(len(_masks(width, plan.radius)) for width in plan.widths)
    for width in plan.widths:
        buckets = _Buckets.of(values, shift, width)
        for mask in _masks(width, plan.radius):
            done += 1
            for pairs in buckets.candidates(mask):
                yield done, total, _checked(values, pairs, most, shift, plan)
        shift += width


def _masks(width: int, radius: int) -> list[tuple[int, ...]]:
    """Which bits of a band are flipped, the highest first."""
    bits = range(width - 1, -1, -1)
    return [chosen for count in range(radius + 1) for chosen in combinations(bits, count)]


def _checked(values: Hashes, pairs: tuple[Ints, Ints], most: int, shift: int, plan: _Plan) -> Pairs:
    """Those candidates that are near, and that no earlier band has found."""
    left, right = pairs
    differing = values[left] ^ values[right]
    bits = np.bitwise_count(differing)
    near = np.flatnonzero(bits <= most)
    differing, bits = differing[near], bits[near]
    new = np.ones(len(near), np.bool_)
    start = 0
    for width in plan.widths:
        if start >= shift:
            break
        band = (differing >> np.uint64(start)) & np.uint64((1 << width) - 1)
        new &= np.bitwise_count(band) > plan.radius
        start += width
    near = near[new]
    return Pairs(
        left[near].astype(np.int32), right[near].astype(np.int32), bits[new].astype(np.float32)
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Buckets:
    """Positions by the value of one band."""

    width: int
    order: Ints
    starts: Ints
    sizes: Ints
    filled: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, values: Hashes, shift: int, width: int) -> "_Buckets":
        band = ((values >> np.uint64(shift)) & np.uint64((1 << width) - 1)).astype(np.int64)
        sizes = np.bincount(band, minlength=1 << width)
        starts = np.cumsum(sizes) - sizes
        return cls(width, np.argsort(band, kind="stable"), starts, sizes, sizes > 0)

    def candidates(self, flipped: tuple[int, ...]) -> Iterator[tuple[Ints, Ints]]:
        """Chunks of the position pairs whose bands differ in exactly these bits."""
        bucket = self._lower(flipped) if flipped else np.flatnonzero(self.sizes > 1)
        other = bucket ^ sum(1 << bit for bit in flipped)
        work = np.cumsum(self.sizes[bucket] * self.sizes[other])
        begin = 0
        while begin < len(bucket):
            base = int(work[begin - 1]) if begin else 0
            end = max(int(np.searchsorted(work, base + _CHUNK, side="right")), begin + 1)
            yield from self._pairs(bucket[begin:end], other[begin:end], same=not flipped)
            begin = end

    def _lower(self, flipped: tuple[int, ...]) -> Ints:
        """Buckets whose highest flipped bit is 0 and whose counterpart has content as well."""
        top = flipped[0]
        if len(flipped) == 1:
            halves = self.filled.reshape(-1, 2, 1 << top)
            both = halves[:, 0] & halves[:, 1]
        else:
            low = flipped[1]
            halves = self.filled.reshape(-1, 2, 1 << (top - low - 1), 2, 1 << low)
            both = halves[:, 0] & halves[:, 1, :, ::-1]
        found = np.flatnonzero(both)
        return (found >> top << (top + 1)) | (found & ((1 << top) - 1))

    def _pairs(self, bucket: Ints, other: Ints, *, same: bool) -> Iterator[tuple[Ints, Ints]]:
        rows = self.sizes[bucket]
        if len(bucket) == 1 and int(rows[0] * self.sizes[other[0]]) > _CHUNK:
            yield from self._large_pair(int(bucket[0]), int(other[0]), same=same)
            return
        which, one, two = _products(rows, self.sizes[other])
        if same:
            upper = one < two
            which, one, two = which[upper], one[upper], two[upper]
        yield (
            self.order[self.starts[bucket[which]] + one],
            self.order[self.starts[other[which]] + two],
        )

    def _large_pair(self, bucket: int, other: int, *, same: bool) -> Iterator[tuple[Ints, Ints]]:
        """Two buckets with very many members, some rows at a time."""
        mine, theirs = (
            self.order[self.starts[b] : self.starts[b] + self.sizes[b]] for b in (bucket, other)
        )
        step = max(1, _CHUNK // len(theirs))
        for start in range(0, len(mine), step):
            rows = np.arange(start, min(start + step, len(mine)))
            one = np.repeat(rows, len(theirs))
            two = np.tile(np.arange(len(theirs)), len(rows))
            if same:
                upper = one < two
                one, two = one[upper], two[upper]
            yield mine[one], theirs[two]


def _products(rows: Ints, columns: Ints) -> tuple[Ints, Ints, Ints]:
    """All combinations (which, row, column) of several small tables."""
    sizes = rows * columns
    if len(sizes) and int(sizes.max()) == 1:
        nothing = np.zeros(len(sizes), np.int64)
        return np.arange(len(sizes)), nothing, nothing
    which = np.repeat(np.arange(len(sizes)), sizes)
    offset = np.arange(len(which)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    row, column = np.divmod(offset, columns[which])
    return which, row, column


def _nearest(pairs: Pairs) -> Pairs:
    if len(pairs) <= MOST_PAIRS:
        return pairs
    chosen = np.argpartition(pairs.value, MOST_PAIRS)[:MOST_PAIRS]
    return pairs.where(chosen)
