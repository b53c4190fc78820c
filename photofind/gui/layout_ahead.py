"""Layouts of very long lists, computed before they are put on show.

A million tiles take the time of some frames. So whoever has found them computes the layout too,
in a thread of its own, for the size that the grid has at that moment; where the grid has another
one by then, it computes the layout itself.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from photofind.core.types import SearchResult
from photofind.gui.grid_layout import GridLayout, Section, justified_layout, square_layout

_LONG = 20_000  # tiles; fewer are laid out in a few milliseconds

Aspects = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class GridShape:
    """All that a layout depends on beside the pictures; lengths in logical pixels."""

    width: int
    tile_height: int
    gap: int
    squares: bool
    sections: tuple[Section, ...] = ()

    def lay_out(self, aspects: Aspects) -> GridLayout:
        if self.squares:
            return square_layout(
                len(aspects), self.width, self.tile_height, self.gap, self.sections
            )
        return justified_layout(aspects, self.width, self.tile_height, self.gap, self.sections)


class LayoutAhead:
    """The last long layout. `shape` belongs to the grid's thread, `prepare` to any other one."""

    def __init__(self) -> None:
        self.shape: GridShape | None = None
        self._made: tuple[Aspects, GridShape, GridLayout] | None = None

    def prepare(self, result: SearchResult) -> None:
        """Lay out what is about to be shown, where it is a long list without sections."""
        shape = self.shape
        if shape is None or result.query.terms or len(result.ids) < _LONG:
            return
        self._made = result.aspects, shape, shape.lay_out(result.aspects)

    def take(self, aspects: Aspects, shape: GridShape) -> GridLayout | None:
        """The layout of exactly these pictures in this shape, if it has been made."""
        made = self._made
        if made is None or made[0] is not aspects or made[1] != shape:
            return None
        self._made = None
        return made[2]
