"""How the grid of photos looks: layout, scrolling, zooming, drawing, and keeping one's place.

Geometry comes from `grid_layout`, drawing of tiles from `TilePainter`. Which photos are looked up
is decided from what is visible, never by walking over all rows. Input is `grid_view`'s part.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen, QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget
from typing_extensions import override

from photofind.core.types import Query
from photofind.gui import theme
from photofind.gui.grid_layout import justified_layout, square_layout
from photofind.gui.photo_model import PhotoModel
from photofind.gui.tile_painter import RING, TilePainter, TileState

log = logging.getLogger(__name__)

MIN_TILE, MAX_TILE = 80, 400
_LOOKUP_MS = 30  # between a change of what is visible and the next request
_NEAR = 1.0  # screens above and below that are fetched too
Index = QModelIndex | QPersistentModelIndex
Rows = npt.NDArray[np.int64]
Flag = QItemSelectionModel.SelectionFlag


class GridCanvas(QAbstractItemView):
    """Photos of a `PhotoModel` in even rows, as far as they can be seen."""

    selection_changed = Signal(int, int)  # current id or 0, number of selected photos
    tile_height_changed = Signal(int)

    def __init__(self, model: PhotoModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._photos = model
        self._painter = TilePainter(model, self)
        self._tile_height = 200
        self._squares = False
        self._grid = square_layout(0, 1, 1, 0)
        self._place: tuple[int, int] | None = None  # a photo's id and its y in the viewport
        self._placing = False
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
        model.rowsAboutToBeInserted.connect(self._on_about_to_insert)
        model.rowsInserted.connect(self._on_rows_changed)
        model.rowsRemoved.connect(self._on_rows_changed)
        model.photos_dropped.connect(self._want_look_up)

    def _set_up(self) -> None:
        self.setAccessibleName("Photos")
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setDragEnabled(True)
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        self.setMouseTracking(True)
        self.setMinimumSize(2 * MIN_TILE, MIN_TILE)

    @property
    def tile_height(self) -> int:
        return self._tile_height

    @Slot(int)
    def set_tile_height(self, height: int, at: QPoint | None = None) -> None:
        """Zoom; the photo at `at`, else the current one, else the middle one stays in place."""
        height = min(max(height, MIN_TILE), MAX_TILE)
        if height == self._tile_height:
            return
        self._place = self._place_of(self._row_to_keep(at))
        self._tile_height = height
        self._lay_out()
        self.tile_height_changed.emit(height)

    def zoom_by(self, steps: float, at: QPoint | None = None) -> None:
        """A positive step makes tiles larger by a tenth."""
        height = self._tile_height * 1.1**steps
        self.set_tile_height(round(height) if abs(steps) >= 1 else int(height + (steps > 0)), at)

    def set_squares(self, squares: bool) -> None:
        """Squares, or whole pictures on even rows."""
        if squares == self._squares:
            return
        self._place = self._place_of(self._row_to_keep(None))
        self._squares = squares
        self._painter.set_cropping(squares)
        self._lay_out()

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
    def visualRect(self, index: Index) -> QRect:
        if not index.isValid() or index.row() >= self._grid.count:
            return QRect()
        x, y, width, height = self._grid.rect(index.row())
        return QRect(x, y - self.verticalOffset(), width, height)

    @override
    def indexAt(self, point: QPoint) -> QModelIndex:
        row = self._grid.item_at(point.x(), point.y() + self.verticalOffset())
        return self._photos.index(row) if row >= 0 else QModelIndex()

    @override
    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        rect = self.visualRect(index)
        if rect.isEmpty():
            return
        bar, height = self.verticalScrollBar(), self.viewport().height()
        top, bottom = rect.top() - theme.TILE_GAP, rect.bottom() + 1 + theme.TILE_GAP
        if hint == self.ScrollHint.PositionAtTop:
            bar.setValue(bar.value() + top)
        elif hint == self.ScrollHint.PositionAtBottom:
            bar.setValue(bar.value() + bottom - height)
        elif hint == self.ScrollHint.PositionAtCenter:
            bar.setValue(bar.value() + rect.center().y() - height // 2)
        elif top < 0 or bottom - top > height:
            bar.setValue(bar.value() + top)
        elif bottom > height:
            bar.setValue(bar.value() + bottom - height)

    @override
    def horizontalOffset(self) -> int:
        return 0

    @override
    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    @override
    def isIndexHidden(self, index: Index) -> bool:
        return False

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
    def updateGeometries(self) -> None:
        bar = self.verticalScrollBar()
        bar.setSingleStep(max(20, self._tile_height // 3))
        bar.setPageStep(self.viewport().height())
        bar.setRange(0, max(0, self._grid.height - self.viewport().height()))
        super().updateGeometries()

    @override
    def doItemsLayout(self) -> None:
        self._lay_out()
        super().doItemsLayout()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.size().width() != self._grid.width:
            self._place = self._place or self._place_of(self._row_to_keep(None))
            place = self._place
            self._lay_out()
            self._place = place  # for the next step of the same drag at the window's edge
        super().resizeEvent(event)
        self._want_look_up()

    @override
    def scrollContentsBy(self, dx: int, dy: int) -> None:
        if not self._placing:
            self._place = None
        self.viewport().scroll(dx, dy)
        self._set_hovered(self.viewport().mapFromGlobal(self.cursor().pos()))
        self._want_look_up()

    def _lay_out(self) -> None:
        """Compute the layout anew and put the kept photo back where it was."""
        width, gap = self.viewport().width(), theme.TILE_GAP
        model = self._photos
        if self._squares:
            count = model.rowCount()
            self._grid = square_layout(count, width, self._tile_height, gap, model.sections)
        else:
            self._grid = justified_layout(
                model.aspects, width, self._tile_height, gap, model.sections
            )
        self._placing = True
        try:
            self.updateGeometries()
            self._restore_place()
        finally:
            self._placing = False
        self._place = None
        self.viewport().update()
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

    def _restore_place(self) -> None:
        if self._place is None:
            return
        photo_id, y = self._place
        row = self._photos.row_of(photo_id)
        if row >= 0:
            self.verticalScrollBar().setValue(self._grid.rect(row).y - y)

    def _place_of(self, row: int) -> tuple[int, int] | None:
        if not 0 <= row < self._grid.count or row >= self._photos.rowCount():
            return None
        y = self._grid.rect(row).y - self.verticalOffset()
        return self._photos.id_at(row), y

    def _row_to_keep(self, at: QPoint | None) -> int:
        """The photo that should not move when the layout changes; -1 at the very top."""
        if at is not None:
            row = self._grid.item_at(at.x(), at.y() + self.verticalOffset())
            if row >= 0:
                return row
        if self.verticalOffset() == 0:
            return -1
        visible, current = self._visible(), self.currentIndex().row()
        return current if current in visible else self._first_visible()

    def _first_visible(self) -> int:
        """The first photo whose top edge is in view, else the first that shows at all."""
        visible = self._visible()
        if not visible:
            return -1
        row = self._grid.row_of(visible.start)
        if self._grid.tops[row] < self.verticalOffset() and row + 1 < self._grid.rows:
            return min(int(self._grid.firsts[row + 1]), visible.stop - 1)
        return visible.start

    def _visible(self) -> range:
        top = self.verticalOffset()
        return self._grid.items_between(top, top + self.viewport().height())

    def _tile_area(self, row: int) -> QRect:
        """A tile and the ring around it, in the viewport."""
        margin = RING + 1
        rect = self.visualRect(self._photos.index(row))
        return rect.adjusted(-margin, -margin, margin, margin)

    @Slot()
    def _on_about_to_insert(self) -> None:
        self._place = self._place_of(self._row_to_keep(None))

    @Slot()
    def _on_about_to_reset(self) -> None:
        self._kept = (self.selected_ids(), self.current_id())
        self._kept_query = self._photos.query
        self._place = self._place_of(self._row_to_keep(None))

    @Slot()
    def _on_rows_changed(self) -> None:
        self._hovered = -1
        self._lay_out()

    @override
    def rowsAboutToBeRemoved(self, parent: Index, start: int, end: int) -> None:
        staying = (row for row in self._visible() if not start <= row <= end)
        if self._place is None and self.verticalOffset() > 0:
            self._place = self._place_of(next(staying, -1))
        super().rowsAboutToBeRemoved(parent, start, end)

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
