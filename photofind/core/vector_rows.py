"""Rows of vectors that wait to be taken into the graph, and scans over rows. Knows no files."""

from collections import deque
from dataclasses import dataclass, field

import numkong
import numpy as np
import numpy.typing as npt

from photofind.core.memory import own_memory

Ids = npt.NDArray[np.int64]
HalfRow = npt.NDArray[np.float16]
HalfRows = npt.NDArray[np.float16]
Scores = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

BLOCK = 8192  # rows


def cosines(rows: HalfRows, vectors: HalfRows) -> Scores:
    """Cosines of contiguous unit rows (n, d) to unit vectors (m, d): (n, m)."""
    if not len(rows):
        return np.empty((0, len(vectors)), np.float32)
    return np.asarray(numkong.cdist(rows, vectors, metric="dot", out_dtype="float32"))


def best(ids: Ids, scores: Scores, count: int) -> tuple[Ids, Scores]:
    """The `count` highest, best first; of equal ones the lower id."""
    ids, scores = highest(ids, scores, count)
    order = np.lexsort((ids, -scores))
    return ids[order], scores[order]


def highest(ids: Ids, scores: Scores, count: int) -> tuple[Ids, Scores]:
    """The `count` highest, in no order."""
    if count >= len(ids):
        return ids, scores
    chosen = np.argpartition(scores, len(ids) - count)[-count:] if count else np.empty(0, np.int64)
    return ids[chosen], scores[chosen]


def allowed_mask(ids: Ids) -> Mask:
    """Which ids are among some, by id up to the highest of them; they are ascending."""
    mask = np.zeros(int(ids[-1]) + 1 if len(ids) else 0, np.bool_)
    mask[ids] = True
    return mask


def is_allowed(ids: Ids, mask: Mask) -> Mask:
    """Which of `ids` are in what `allowed_mask` gave."""
    known = ids < len(mask)
    return known & mask[np.where(known, ids, 0)] if known.any() else known


@dataclass(slots=True, eq=False)
class _Block:
    rows: HalfRows
    ids: Ids = field(default_factory=lambda: np.zeros(BLOCK, np.int64))
    alive: Mask = field(default_factory=lambda: np.zeros(BLOCK, np.bool_))
    used: int = 0


class WaitingRows:
    """Unit rows under unique ids, first in, first out. Not locked."""

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._blocks: deque[_Block] = deque()
        self._dropped = 0  # blocks that were at the front
        self._places: dict[int, int] = {}  # of each id, counted from the very first row

    def __len__(self) -> int:
        return len(self._places)

    def ids(self) -> Ids:
        """All ids, in the order they came."""
        return np.fromiter(self._places, np.int64, len(self._places))

    def contains(self, ids: Ids) -> Mask:
        if not self._places:
            return np.zeros(len(ids), np.bool_)
        return np.fromiter((each in self._places for each in ids.tolist()), np.bool_, len(ids))

    def add(self, ids: Ids, rows: HalfRows) -> None:
        """Add rows (n, d) whose ids are new, each once."""
        start = 0
        while start < len(ids):
            if not self._blocks or self._blocks[-1].used == BLOCK:
                self._blocks.append(self._new_block())
            block = self._blocks[-1]
            count = min(BLOCK - block.used, len(ids) - start)
            part, place = slice(start, start + count), slice(block.used, block.used + count)
            block.ids[place], block.rows[place], block.alive[place] = ids[part], rows[part], True
            base = (self._dropped + len(self._blocks) - 1) * BLOCK + block.used
            self._places.update(zip(ids[part].tolist(), range(base, base + count), strict=True))
            block.used += count
            start += count

    def remove(self, ids: Ids) -> None:
        """Take rows out; ids that are not there are ignored."""
        for each in ids.tolist():
            place = self._places.pop(each, None)
            if place is not None:
                block, row = divmod(place, BLOCK)
                self._blocks[block - self._dropped].alive[row] = False
        while self._blocks and self._blocks[0].used == BLOCK and not self._blocks[0].alive.any():
            self._blocks.popleft()
            self._dropped += 1

    def first(self, count: int) -> tuple[Ids, HalfRows]:
        """At most `count` of those that came first."""
        for block in self._blocks:
            chosen = np.flatnonzero(block.alive)[:count]
            if len(chosen):
                return block.ids[chosen], block.rows[chosen]
        return np.empty(0, np.int64), np.empty((0, self._dimension), np.float16)

    def get(self, ids: Ids) -> HalfRows:
        """Rows of ids that are there, (n, d)."""
        places = np.fromiter((self._places[each] for each in ids.tolist()), np.int64, len(ids))
        rows = np.empty((len(ids), self._dimension), np.float16)
        blocks = places // BLOCK - self._dropped
        for number in np.unique(blocks).tolist():
            here = np.flatnonzero(blocks == number)
            rows[here] = self._blocks[number].rows[places[here] % BLOCK]
        return rows

    def search(self, query: HalfRow) -> tuple[Ids, Scores]:
        """All ids and their cosines."""
        ids: list[Ids] = [np.empty(0, np.int64)]
        scores: list[Scores] = [np.empty(0, np.float32)]
        for block in self._blocks:
            alive = np.flatnonzero(block.alive)
            ids.append(block.ids[alive])
            scores.append(cosines(block.rows[: block.used], query[None])[alive, 0])
        return np.concatenate(ids), np.concatenate(scores)

    def _new_block(self) -> _Block:
        memory = own_memory(BLOCK * self._dimension * 2)
        return _Block(np.frombuffer(memory, np.float16).reshape(BLOCK, self._dimension))
