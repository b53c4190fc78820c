"""Groups without chains: every member matches the centre. Pure arithmetic on pairs."""

import heapq
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from photofind.core.duplicate_pairs import Pairs

Ranks = npt.NDArray[np.int64]


def stars(
    pairs: Pairs, rank: Ranks, free: npt.NDArray[np.bool_]
) -> Iterator[tuple[int, list[int], list[float]]]:
    """Cut the graph of `pairs` into stars, greedily, the largest first.

    A centre has a better (lower) rank than its members. Nodes that are not `free` take no part.
    Yields the centre, its members, best first, and their pair values; no node is in two stars.
    """
    count = len(rank)
    usable = free[pairs.left] & free[pairs.right]
    pairs = pairs.where(usable)
    better = rank[pairs.left] < rank[pairs.right]
    centre = np.where(better, pairs.left, pairs.right)
    member = np.where(better, pairs.right, pairs.left)
    order = np.lexsort((rank[member], centre))
    member, value = member[order], pairs.value[order]
    sizes = np.bincount(centre, minlength=count)
    ends = np.cumsum(sizes)
    taken = np.zeros(count, np.bool_)
    heap = [(-int(sizes[c]), int(rank[c]), int(c)) for c in np.flatnonzero(sizes)]
    heapq.heapify(heap)
    while heap:
        size, place, node = heapq.heappop(heap)
        if taken[node]:
            continue
        span = slice(int(ends[node] - sizes[node]), int(ends[node]))
        open_ = ~taken[member[span]]
        left = int(np.count_nonzero(open_))
        if left < -size:  # some members have gone elsewhere meanwhile
            if left:
                heapq.heappush(heap, (-left, place, node))
            continue
        members = member[span][open_]
        taken[node] = True
        taken[members] = True
        yield node, members.tolist(), value[span][open_].tolist()
