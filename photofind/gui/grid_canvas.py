"""How the grid of photos looks: which are drawn and looked up, and which are selected.

Where they stand comes from `grid_surface`, drawing of tiles from `TilePainter`. Which photos are
looked up is decided from what is visible, never by walking over all rows. Input is `grid_view`'s.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionRange,
    QPoint,
    QRect,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen, QRegion
from PySide6.QtWidgets import QAbstractItemView, QWidget
from typing_extensions import override

from photofind.core.types import Query
from photofind.gui import theme
from photofind.gui.grid_surface import Flag, GridSurface, Index
from photofind.gui.photo_model import PhotoModel
from photofind.gui.tile_painter import RING, TilePainter, TileState

log = logging.getLogger(__name__)

_LOOKUP_MS = 30  # between a change of what is visible and the next request
_NEAR = 1.0  # screens above and below that are fetched too
Rows = npt.NDArray[np.int64]


class GridCanvas(GridSurface):
    """Photos of a `PhotoModel` in even rows, as far as they can be seen."""

    selection_changed = Signal(int, int)  # current id or 0, number of selected photos

    def __init__(self, model: PhotoModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self._painter = TilePainter(model, self)
        self._kept_query: Query | None = None
        self._kept: tuple[list[int], int] = ([], 0)
        self._hovered = -1
        self._band: QRect | None = None  # being drawn with the pointer, in the grid's coordinates
        self._lookup = _timer(self, _LOOKUP_MS, self._look_up)
        self._polish = _timer(self, 0, self.viewport().update)
        self._set_up()
        self.setModel(model)
        model.modelAboutToBeReset.connect(self._on_about_to_reset)
        model.modelReset.connect(self._on_reset)  # after the selection's own, which empties it
        model.rowsInserted.connect(self._on_rows_changed)
        model.rowsRemoved.connect(self._on_rows_changed)
        model.photos_dropped.connect(self._want_look_up)

    def _set_up(self) -> None:
        self.setAccessibleName("Photos")
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragEnabled(True)
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        self.setMouseTracking(True)

    @override
    def set_squares(self, squares: bool) -> None:
        self._painter.set_cropping(squares)
        super().set_squares(squares)

    def selected_rows(self) -> Rows:
        ranges = self.selectionModel().selection()
        parts = [np.arange(each.top(), each.bottom() + 1) for each in _spans(ranges)]
        return np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int64)

    def selected_ids(self) -> list[int]:
        """The selected photos in the grid's order."""
        return self._photos.ids_at(self.selected_rows())

    def current_id(self) -> int:
        """The photo that has the keyboard's attention, 0 for none."""
        row = self.currentIndex().row()
        return self._photos.id_at(row) if row >= 0 else 0

    @override
    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        region = QRegion()
        visible = self._visible()
        for each in _spans(selection):
            first, end = max(each.top(), visible.start), min(each.bottom() + 1, visible.stop)
            for row in range(first, end):
                region += self._tile_area(row)
        return region

    @override
    def _on_view_moved(self) -> None:
        if self.viewport().underMouse():
            self._set_hovered(self.viewport().mapFromGlobal(self.cursor().pos()))
        self._want_look_up()

    def _set_hovered(self, point: QPoint) -> None:
        inside = self.viewport().rect().contains(point) and self._band is None
        row = self.indexAt(point).row() if inside else -1
        if row == self._hovered:
            return
        for each in (row, self._hovered):
            if 0 <= each < self._grid.count:
                self.viewport().update(self._tile_area(each))
        self._hovered = row

    def _tile_area(self, row: int) -> QRect:
        """A tile and the ring around it, in the viewport."""
        margin = RING + 1
        rect = self.visualRect(self._photos.index(row))
        return rect.adjusted(-margin, -margin, margin, margin)

    @Slot()
    def _on_about_to_reset(self) -> None:
        self._kept = (self.selected_ids(), self.current_id())
        self._kept_query = self._photos.query
        self._place = self._place_of(self._row_to_keep(None))

    @Slot()
    def _on_rows_changed(self) -> None:
        self._hovered = -1
        self._lay_out()

    @Slot()
    def _on_reset(self) -> None:
        """After a new answer to the same query, selection and place stay."""
        self._hovered = -1
        same = self._kept_query == self._photos.query
        if not same:
            self._place = None
        self._lay_out()
        if same:
            self._select_again(*self._kept)
        else:
            self.verticalScrollBar().setValue(0)
        self._kept = ([], 0)
        self._report_selection()

    def _select_again(self, ids: list[int], current: int) -> None:
        row = self._photos.row_of(current) if current else -1
        selection = self.selectionModel()
        if row >= 0:
            selection.setCurrentIndex(self._photos.index(row), Flag.NoUpdate)
        if ids:
            selection.select(self._ranges(self._photos.rows_of(ids)), Flag.Select)

    @override
    def dataChanged(self, top_left: Index, bottom_right: Index, roles: Sequence[int] = ()) -> None:
        visible = self._visible()
        first, end = max(top_left.row(), visible.start), min(bottom_right.row() + 1, visible.stop)
        if first < end:
            top, bottom = self._tile_area(first).top(), self._tile_area(end - 1).bottom()
            self.viewport().update(0, top, self.viewport().width(), bottom - top + 1)

    def _ranges(self, rows: Rows) -> QItemSelection:
        """Runs of neighbouring rows as one range each."""
        selection = QItemSelection()
        if len(rows):
            for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
                first, last = self._photos.index(int(run[0])), self._photos.index(int(run[-1]))
                selection.select(first, last)
        return selection

    def _report_selection(self) -> None:
        count = sum(each.height() for each in _spans(self.selectionModel().selection()))
        self.selection_changed.emit(self.current_id(), count)

    @Slot()
    def _want_look_up(self) -> None:
        if not self._lookup.isActive():
            self._lookup.start()

    @Slot()
    def _look_up(self) -> None:
        """Visible photos first, then those a screen below, then a screen above."""
        top, height = self.verticalOffset(), self.viewport().height()
        visible, near = self._visible(), round(height * _NEAR)
        below = self._grid.items_between(top + height, top + height + near)
        above = self._grid.items_between(top - near, top)
        rows = list(dict.fromkeys([*visible, *below, *reversed(above)]))
        ids = self._photos.ids_at(np.array(rows, dtype=np.int64))
        sizes = (self._grid.rect(row) for row in rows)
        drawn = [
            photo_id
            for photo_id, rect in zip(ids, sizes, strict=True)
            if self._painter.sharp(photo_id, QRect(*rect).size())
        ]
        self._photos.request(ids, drawn=drawn)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        try:
            self._paint(painter, event.rect())
        except Exception:  # a tile that cannot be drawn must not take the window down
            log.exception("the grid could not be drawn")
        finally:
            painter.end()

    def _paint(self, painter: QPainter, area: QRect) -> None:
        palette, offset = self.palette(), self.verticalOffset()
        painter.fillRect(area, palette.color(QPalette.ColorRole.Base))
        top, bottom = area.top() + offset - RING, area.bottom() + 1 + offset + RING
        self._painter.begin(palette, self.devicePixelRatioF())
        current = self.currentIndex().row() if self.hasFocus() else -1
        selection = self.selectionModel()
        raised: list[tuple[int, QRect, TileState]] = []
        for row in self._grid.items_between(top, bottom):
            x, y, width, height = self._grid.rect(row)
            rect = QRect(x, y - offset, width, height)
            if not rect.adjusted(-RING, -RING, RING, RING).intersects(area):
                continue
            chosen = selection.isSelected(self._photos.index(row))
            state = TileState(chosen, row == current, row == self._hovered)
            if chosen or state.focused:
                raised.append((row, rect, state))
            else:
                self._painter.paint(painter, rect, row, state)
        for row, rect, state in raised:
            self._painter.paint(painter, rect, row, state)
        self._draw_headers(painter, top, bottom)
        self._draw_band(painter)
        if self._painter.rough:
            self._polish.start()

    def _draw_headers(self, painter: QPainter, top: int, bottom: int) -> None:
        for header in self._grid.headers_between(top, bottom):
            x, y, width, height = header.rect
            rect = QRect(x + theme.GAP_2, y - self.verticalOffset(), width - theme.GAP_4, height)
            painter.setFont(theme.body_font())
            painter.setPen(theme.quiet_text(self.palette()))
            align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            used = painter.boundingRect(rect, align, header.title)
            painter.drawText(rect, align, header.title)
            painter.setPen(theme.line(self.palette()))
            middle = rect.center().y()
            painter.drawLine(used.right() + theme.GAP_3, middle, rect.right(), middle)

    def _draw_band(self, painter: QPainter) -> None:
        if self._band is None:
            return
        color = theme.accent(self.palette())
        fill = QColor(color)
        fill.setAlpha(50)
        painter.setPen(QPen(color, 1))
        painter.setBrush(fill)
        painter.drawRect(self._band.translated(0, -self.verticalOffset()))


def _spans(selection: QItemSelection) -> list[QItemSelectionRange]:
    return list(cast("Iterable[QItemSelectionRange]", selection))


def _timer(parent: GridCanvas, milliseconds: int, slot: Callable[[], object]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(slot)
    return timer
