"""Where the photos of the grid stand on the screen: scrolling, zooming, and keeping one's place.

The geometry itself comes from `grid_layout`. Nothing is drawn or looked up here.
"""

from dataclasses import replace

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget
from typing_extensions import override

from photofind.gui import theme
from photofind.gui.grid_layout import square_layout
from photofind.gui.layout_ahead import GridShape, LayoutAhead
from photofind.gui.photo_model import PhotoModel

MIN_TILE, MAX_TILE = 80, 400
Index = QModelIndex | QPersistentModelIndex
Flag = QItemSelectionModel.SelectionFlag


class GridSurface(QAbstractItemView):
    """Tiles of a `PhotoModel` in even rows. A subclass draws them and sets the model."""

    tile_height_changed = Signal(int)

    def __init__(self, model: PhotoModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._photos = model
        self._tile_height = 200
        self._squares = False
        self._grid = square_layout(0, 1, 1, 0)
        self._laid_out = model.aspects, GridShape(1, 1, 0, squares=True)  # what `_grid` shows
        self.ahead = LayoutAhead()
        self._place: tuple[int, int] | None = None  # a photo's id and its y in the viewport
        self._placing = False
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setMinimumSize(2 * MIN_TILE, MIN_TILE)
        model.rowsAboutToBeInserted.connect(self._on_about_to_insert)

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
        self._lay_out()

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
        self._on_view_moved()

    @override
    def scrollContentsBy(self, dx: int, dy: int) -> None:
        if not self._placing:
            self._place = None
        self.viewport().scroll(dx, dy)
        self._on_view_moved()

    @override
    def rowsAboutToBeRemoved(self, parent: Index, start: int, end: int) -> None:
        staying = (row for row in self._visible() if not start <= row <= end)
        if self._place is None and self.verticalOffset() > 0:
            self._place = self._place_of(next(staying, -1))
        super().rowsAboutToBeRemoved(parent, start, end)

    def _lay_out(self) -> None:
        """Bring the layout up to date and put the kept photo back where it was."""
        self._compute_layout()
        self._placing = True
        try:
            self.updateGeometries()
            self._restore_place()
        finally:
            self._placing = False
        self._place = None
        self.viewport().update()
        self._on_view_moved()

    def _compute_layout(self) -> None:
        """Qt asks for a layout after each reset, also where it is there already."""
        aspects, width = self._photos.aspects, self.viewport().width()
        self.ahead.shape = GridShape(width, self._tile_height, theme.TILE_GAP, self._squares)
        shape = replace(self.ahead.shape, sections=self._photos.sections)
        # The array itself stands for its content: the model never changes one in place.
        if aspects is self._laid_out[0] and shape == self._laid_out[1]:
            return
        self._grid = self.ahead.take(aspects, shape) or shape.lay_out(aspects)
        self._laid_out = aspects, shape

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

    @Slot()
    def _on_about_to_insert(self) -> None:
        self._place = self._place_of(self._row_to_keep(None))

    def _on_view_moved(self) -> None:
        """Other photos than before, or the same elsewhere, can be seen now."""
