"""Where each tile of the grid stands: pure geometry over arrays, no widgets.

Tiles stand in rows. Either rows are justified (whole pictures, each row as wide as the grid) or
all tiles are squares. A section starts a new row and may have a title line above it. All lengths
are logical pixels from the grid's top left corner.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_Ints = npt.NDArray[np.int64]
_Lengths = npt.NDArray[np.int32]  # pixels across the grid
_Floats = npt.NDArray[np.float64]

MIN_ASPECT, MAX_ASPECT = 0.4, 4.0
"""Tiles are not narrower or wider than this; more extreme pictures are fitted inside."""
HEADER_HEIGHT = 40
_TALLEST = 1.5  # a row may be stretched to this multiple of the wanted height
_BLOCK = 32_768  # items computed at once: what is needed on the way stays small and near


class Rect(NamedTuple):
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Section:
    """A run of tiles from item `start` on, with a title line unless the title is empty."""

    start: int
    title: str


@dataclass(frozen=True, slots=True)
class Header:
    """A title line and where it stands."""

    title: str
    rect: Rect


@dataclass(frozen=True, slots=True, eq=False)
class GridLayout:
    """The finished layout. `lefts` and `widths` have one entry per item, the rest one per row."""

    width: int
    height: int
    lefts: _Lengths
    widths: _Lengths
    firsts: _Ints  # first item of each row, and the number of items at the end
    tops: _Ints
    heights: _Ints
    headers: tuple[Header, ...] = ()

    @property
    def count(self) -> int:
        return len(self.lefts)

    @property
    def rows(self) -> int:
        return len(self.tops)

    def rect(self, item: int) -> Rect:
        """Raises IndexError for an item that is not there."""
        if not 0 <= item < self.count:
            raise IndexError(item)
        row = self.row_of(item)
        return Rect(
            int(self.lefts[item]),
            int(self.tops[row]),
            int(self.widths[item]),
            int(self.heights[row]),
        )

    def row_of(self, item: int) -> int:
        return int(np.searchsorted(self.firsts, item, side="right")) - 1

    def item_at(self, x: float, y: float) -> int:
        """The item under a point, -1 for none."""
        row = int(np.searchsorted(self.tops, y, side="right")) - 1
        if row < 0 or y >= self.tops[row] + self.heights[row]:
            return -1
        first, end = int(self.firsts[row]), int(self.firsts[row + 1])
        item = first + int(np.searchsorted(self.lefts[first:end], x, side="right")) - 1
        if item < first or x >= self.lefts[item] + self.widths[item]:
            return -1
        return item

    def rows_between(self, top: float, bottom: float) -> range:
        """The rows that have a pixel in `top <= y < bottom`."""
        if bottom <= top or not self.rows:
            return range(0)
        first = int(np.searchsorted(self.tops, top, side="right")) - 1
        if first < 0 or top >= self.tops[first] + self.heights[first]:
            first += 1
        return range(first, max(first, int(np.searchsorted(self.tops, bottom, side="left"))))

    def items_between(self, top: float, bottom: float) -> range:
        """The items that have a pixel in `top <= y < bottom`."""
        rows = self.rows_between(top, bottom)
        if not rows:
            return range(0)
        return range(int(self.firsts[rows.start]), int(self.firsts[rows.stop]))

    def items_in(self, rect: Rect) -> _Ints:
        """The items that a rectangle touches, ascending."""
        items = self.items_between(rect.y, rect.y + rect.height)
        lefts = self.lefts[items.start : items.stop]
        rights = lefts + self.widths[items.start : items.stop]
        touched = (lefts < rect.x + rect.width) & (rights > rect.x)
        return np.flatnonzero(touched) + items.start

    def headers_between(self, top: float, bottom: float) -> list[Header]:
        return [
            header
            for header in self.headers
            if header.rect.y < bottom and header.rect.y + header.rect.height > top
        ]

    def nearest_in_row(self, row: int, x: float) -> int:
        """The item of a row whose centre is nearest to `x`; `row` is brought into range.

        Raises IndexError when there are no items.
        """
        if not self.rows:
            raise IndexError(row)
        row = min(max(row, 0), self.rows - 1)
        first, end = int(self.firsts[row]), int(self.firsts[row + 1])
        centres = self.lefts[first:end] + self.widths[first:end] / 2
        return first + int(np.argmin(np.abs(centres - x)))

    def row_near(self, y: float) -> int:
        """The row at height `y`, or the nearest; -1 when there are none."""
        if not self.rows:
            return -1
        row = max(0, int(np.searchsorted(self.tops, y, side="right")) - 1)
        below = self.tops[row] + self.heights[row]
        if row + 1 < self.rows and y - below > self.tops[row + 1] - y:
            return row + 1
        return row


def justified_layout(
    aspects: npt.NDArray[np.float32],
    width: int,
    height: int,
    gap: int,
    sections: Sequence[Section] = (),
) -> GridLayout:
    """Rows of whole pictures, about `height` tall, each row filling `width` exactly.

    `aspects` is width / height per item; a meaningless one counts as 1. The last row of a section
    is not stretched. `gap` stands between tiles and around the grid.
    """
    ratios = _sound(aspects)
    if not len(ratios):
        return _empty(width)
    inner = float(max(1, width - 2 * gap))
    sums = np.concatenate(([0.0], np.cumsum(ratios)))
    starts = _section_starts(len(ratios), sections)
    firsts = _break_rows(sums, inner, height, gap, starts)
    spans = np.diff(firsts)
    totals = sums[firsts[1:]] - sums[firsts[:-1]]
    fitting = np.maximum(1.0, (inner - gap * (spans - 1))) / np.maximum(totals, 1e-9)
    last = np.isin(firsts[1:], np.append(starts[1:], len(ratios)))
    heights = np.where(last, np.minimum(height, fitting), fitting)
    lefts, widths = _columns(sums, heights, firsts, gap)
    return _stack(width, gap, lefts, widths, firsts, np.rint(heights), starts, sections)


def square_layout(
    count: int, width: int, side: int, gap: int, sections: Sequence[Section] = ()
) -> GridLayout:
    """Squares of about `side`, as many in a row as fit, filling `width`."""
    if count == 0:
        return _empty(width)
    inner = max(1, width - 2 * gap)
    columns = max(1, (inner + gap) // (side + gap))
    starts = _section_starts(count, sections)
    ends = np.append(starts[1:], count)
    parts = [np.arange(start, end, columns) for start, end in zip(starts, ends, strict=True)]
    firsts = np.concatenate([*parts, [count]]).astype(np.int64)
    edges = np.rint(np.arange(columns + 1) * (inner + gap) / columns).astype(np.int32)
    row_of = np.repeat(np.arange(len(firsts) - 1), np.diff(firsts))
    column = np.arange(count) - firsts[row_of]
    lefts = edges[column] + gap
    widths = np.maximum(1, edges[column + 1] - edges[column] - gap)
    heights = np.full(len(firsts) - 1, max(1.0, (inner + gap) // columns - gap))
    return _stack(width, gap, lefts, widths, firsts, heights, starts, sections)


def _empty(width: int) -> GridLayout:
    none, nowhere = np.zeros(0, np.int64), np.zeros(0, np.int32)
    return GridLayout(width, 0, nowhere, nowhere, np.zeros(1, np.int64), none, none)


def _sound(aspects: npt.NDArray[np.float32]) -> _Floats:
    ratios = np.asarray(aspects, dtype=np.float64)
    ratios = np.where(np.isfinite(ratios) & (ratios > 0), ratios, 1.0)
    return np.clip(ratios, MIN_ASPECT, MAX_ASPECT)


def _section_starts(count: int, sections: Sequence[Section]) -> _Ints:
    """Where rows must begin: 0 and every section start inside the list, ascending."""
    inside = [0, *(section.start for section in sections if 0 < section.start < count)]
    return np.unique(np.array(inside, dtype=np.int64))


def _break_rows(sums: _Floats, inner: float, height: int, gap: int, starts: _Ints) -> _Ints:
    """The first item of each row, then the number of items.

    For every item at once, where its row would end if it were the first; then one walk along
    these links. A row ends where its height is nearest to the wanted one.
    """
    count = len(sums) - 1
    natural = sums * height + gap * np.arange(count + 1)
    limits = np.append(starts[1:], count)
    ends = np.empty(count, np.int64)
    for items in _blocks(count):
        wanted = natural[items] + inner + gap - 1e-6
        full = np.clip(np.searchsorted(natural, wanted, side="left"), items + 1, count)
        short = np.maximum(full - 1, items + 1)
        low = (inner - gap * (full - items - 1)) / (sums[full] - sums[items])
        high = (inner - gap * (short - items - 1)) / (sums[short] - sums[items])
        stretch = (high * np.maximum(low, 1.0) < height * height) & (high <= _TALLEST * height)
        stretch &= natural[full] - natural[items] >= inner + gap - 1e-6
        limit = limits[np.searchsorted(limits, items, side="right")]
        ends[items[0] : items[-1] + 1] = np.minimum(np.where(stretch, short, full), limit)
    # A view, not a list: of a million ends only those of rows are looked at.
    links, firsts, item = ends.data, [], 0
    while item < count:
        firsts.append(item)
        item = links[item]
    return np.array([*firsts, count], dtype=np.int64)


def _columns(sums: _Floats, heights: _Floats, firsts: _Ints, gap: int) -> tuple[_Lengths, _Lengths]:
    """The left edge and the width of each item."""
    count = len(sums) - 1
    lefts, widths = np.empty(count, np.int32), np.empty(count, np.int32)
    row_of = np.repeat(np.arange(len(firsts) - 1, dtype=np.int32), np.diff(firsts))
    for items in _blocks(count):
        part = slice(items[0], items[-1] + 1)
        rows = row_of[part]
        scale, first = heights[rows], firsts[rows]
        base, gaps = sums[first], gap * (items - first)
        left = np.rint((sums[items] - base) * scale + gaps)
        right = np.rint((sums[items + 1] - base) * scale + gaps)
        lefts[part], widths[part] = left + gap, np.maximum(1, right - left)
    return lefts, widths


def _blocks(count: int) -> Iterator[_Ints]:
    """The numbers of `count` items, block by block."""
    for start in range(0, count, _BLOCK):
        yield np.arange(start, min(start + _BLOCK, count))


def _stack(
    width: int,
    gap: int,
    lefts: _Lengths,
    widths: _Lengths,
    firsts: _Ints,
    heights: _Floats,
    starts: _Ints,
    sections: Sequence[Section],
) -> GridLayout:
    """Put rows and title lines below one another."""
    rows = np.maximum(1, heights).astype(np.int64)
    above = np.zeros(len(rows), np.int64)
    titles = {section.start: section.title for section in sections if section.title}
    titled = [(int(np.searchsorted(firsts, s)), titles[s]) for s in starts.tolist() if s in titles]
    for row, _ in titled:
        above[row] = HEADER_HEIGHT
    bottoms = gap + np.cumsum(rows + gap + above)
    tops = bottoms - gap - rows
    headers = tuple(
        Header(title, Rect(gap, int(tops[row]) - HEADER_HEIGHT, width - 2 * gap, HEADER_HEIGHT))
        for row, title in titled
    )
    return GridLayout(width, int(bottoms[-1]), lefts, widths, firsts, tops, rows, headers)
