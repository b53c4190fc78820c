"""What a vector index holds: segments, and rows that wait to be taken into one. Knows no files.

Nothing here is locked: `vectors.VectorIndex` holds the lock.
"""

import numpy as np

from photofind.core.vector_rows import (
    HalfRow,
    HalfRows,
    Ids,
    Mask,
    Scores,
    WaitingRows,
    allowed_mask,
    best,
    is_allowed,
)
from photofind.core.vector_search import SegmentSearch
from photofind.core.vector_segment import Segment

_REMOVED_LEAST, _REMOVED_SHARE = 256, 0.20  # of a segment's rows: memory and time are lost on them


class VectorContent:
    """Rows of one length under unique ids."""

    def __init__(self, dimension: int, capacity: int, search: SegmentSearch) -> None:
        """capacity: rows of a segment."""
        self.dimension = dimension
        self.capacity = capacity
        self.segments: list[Segment] = []
        self.waiting = WaitingRows(dimension)
        self.unsaved = 0
        """Rows that came into segments or left them; whoever writes these sets it to 0."""
        self._search = search

    def __len__(self) -> int:
        return sum(map(len, self.segments)) + len(self.waiting)

    def ids(self) -> Ids:
        """All ids, ascending."""
        parts = [each.ids for each in self.segments]
        return np.sort(np.concatenate([*parts, self.waiting.ids()]), kind="stable")

    def contains(self, ids: Ids) -> Mask:
        held = self.waiting.contains(ids)
        for segment in self.segments:
            held |= segment.contains(ids)
        return held

    def get(self, ids: Ids) -> tuple[Mask, HalfRows]:
        """Which ids are there, and a row for each of `ids`; those that are not mean nothing."""
        rows = np.empty((len(ids), self.dimension), np.float16)
        held = np.zeros(len(ids), np.bool_)
        for part in (*self.segments, self.waiting):
            here = part.contains(ids)
            if here.any():
                rows[here] = part.get(ids[here])
                held |= here
        return held, rows

    def search(
        self, query: HalfRow, count: int, allowed: Ids | None, *, flat: bool
    ) -> tuple[Ids, Scores]:
        """The `count` nearest to a unit row, best first, and their cosines.

        allowed: ascending; only these ids count. flat: compare all rows.
        """
        ids, scores = self.waiting.search(query)
        if allowed is not None:
            mask = allowed_mask(allowed)
            kept = is_allowed(ids, mask)
            ids, scores = ids[kept], scores[kept]
            linked = self._search.nearest_allowed(self.segments, query, count, mask)
        elif flat:
            linked = self._search.scan(self.segments, query, count)
        else:
            linked = self._search.nearest(self.segments, query, count)
        scores = np.concatenate([linked[1], scores])
        return best(np.concatenate([linked[0], ids]), np.minimum(scores, np.float32(1)), count)

    # -- changes

    def take_up(self, segment: Segment) -> None:
        """Add a segment that was read. Ids that are there already are left as they are."""
        segment.remove(segment.ids[self.contains(segment.ids)])
        self.segments.append(segment)

    def remove(self, ids: Ids) -> None:
        """Take rows out; ids that are not there are ignored."""
        self.waiting.remove(ids)
        for segment in self.segments:
            before = len(segment)
            segment.remove(ids)
            self.unsaved += before - len(segment)

    def link(self, count: int) -> int:
        """Take at most `count` waiting rows into the open segment, which must not be frozen.

        Returns how many.
        """
        ids, rows = self.waiting.first(count)
        if not len(ids):
            return 0
        segment = self.open_segment()
        room = self.capacity - segment.size
        ids, rows = ids[:room], rows[:room]
        segment.add(ids, rows)
        self.waiting.remove(ids)
        self.unsaved += len(ids)
        return len(ids)

    def open_segment(self) -> Segment:
        """The segment that waiting rows come into: one with room, else a new one."""
        for segment in self.segments:
            if segment.size < self.capacity and not _is_worn(segment):
                return segment
        numbers = {each.number for each in self.segments}
        number = next(n for n in range(len(numbers) + 1) if n not in numbers)
        self.segments.append(Segment(self.dimension, number))
        return self.segments[-1]

    @property
    def is_worn(self) -> bool:
        """Whether there is something to dissolve."""
        return any(map(_is_worn, self.segments))

    def dissolve(self, count: int) -> int | None:
        """Let at most `count` rows of a segment that has lost many wait again.

        Returns the number of the segment once it is gone.
        """
        segment = next(filter(_is_worn, self.segments))
        ids, rows = segment.first(count)
        segment.remove(ids)
        self.waiting.add(ids, rows)
        self.unsaved += len(ids)
        if len(segment):
            return None
        self.segments.remove(segment)
        return segment.number


def _is_worn(segment: Segment) -> bool:
    removed = segment.size - len(segment)
    return removed > max(_REMOVED_LEAST, _REMOVED_SHARE * segment.size)
