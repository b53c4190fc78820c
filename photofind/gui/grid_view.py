"""The grid of photos in use: selecting, moving about by keys, hovering, zooming, dragging out.

It says what was asked for; opening, trashing and menus belong to others.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QRect,
    Qt,
    Signal,
    SignalInstance,
    Slot,
)
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QWidget
from typing_extensions import override

from photofind.gui.drag_out import drag_photos
from photofind.gui.grid_canvas import GridCanvas
from photofind.gui.grid_layout import Rect
from photofind.gui.grid_surface import MAX_TILE, MIN_TILE, Flag, Index
from photofind.gui.photo_model import PhotoModel

__all__ = ["MAX_TILE", "MIN_TILE", "GridView"]


class GridView(GridCanvas):
    """Photos of a `PhotoModel` in even rows. Tell it what to do; it says what was asked for."""

    photo_activated = Signal(int)  # Enter or double click
    preview_requested = Signal(int)  # Space
    delete_requested = Signal(list)
    context_menu_requested = Signal(QPoint, list)  # global position, ids
    text_typed = Signal(str)  # letters that belong into the search field

    def __init__(
        self,
        model: PhotoModel,
        paths_of: Callable[[list[int]], Sequence[Path]],
        parent: QWidget | None = None,
    ) -> None:
        """`paths_of` gives the files of photos that are dragged out."""
        super().__init__(model, parent)
        self._paths_of = paths_of
        self._range_start = -1
        self._pinch = 0.0

    @Slot(int)
    def go_to(self, photo_id: int) -> None:
        """Make one photo the current and only selected one, and bring it into view."""
        row = self._photos.row_of(photo_id)
        if row >= 0:
            self._move_to(self._photos.index(row), Qt.KeyboardModifier.NoModifier)

    @Slot()
    def enter(self) -> None:
        """Take the keyboard, with a photo selected to start from."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        if not len(self.selected_rows()):
            current = self.currentIndex().row()
            row = current if current in self._visible() else self._first_visible()
            self._move_to(self._photos.index(row), Qt.KeyboardModifier.NoModifier)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        """Only a key makes a photo the current one: else a ring would stand on one unasked."""
        if event.reason() in _BY_KEY:
            super().focusInEvent(event)
        else:
            QWidget.focusInEvent(self, event)
            self.viewport().update()

    @override
    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        count = self._grid.count
        if not count:
            return QModelIndex()
        current = self.currentIndex().row()
        if current < 0 or current >= count:
            return self._photos.index(self._first_visible())
        return self._photos.index(self._neighbour(current, action))

    def _neighbour(self, current: int, action: QAbstractItemView.CursorAction) -> int:
        actions, last = QAbstractItemView.CursorAction, self._grid.count - 1
        if action in (actions.MoveLeft, actions.MovePrevious):
            return max(0, current - 1)
        if action in (actions.MoveRight, actions.MoveNext):
            return min(last, current + 1)
        if action == actions.MoveHome:
            return 0
        if action == actions.MoveEnd:
            return last
        x, y, width, height = self._grid.rect(current)
        row, centre = self._grid.row_of(current), x + width / 2
        if action in (actions.MoveUp, actions.MoveDown):
            target = row + (1 if action == actions.MoveDown else -1)
            if not 0 <= target < self._grid.rows:
                return current
            return self._grid.nearest_in_row(target, centre)
        page = max(height, self.viewport().height() - height)
        sign = 1 if action == actions.MovePageDown else -1
        return self._grid.nearest_in_row(self._grid.row_near(y + sign * page), centre)

    @override
    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        area = rect.normalized().translated(0, self.verticalOffset())
        rows = self._grid.items_in(
            Rect(area.x(), area.y(), max(1, area.width()), max(1, area.height()))
        )
        if self.state() == QAbstractItemView.State.DragSelectingState:
            old = self._band or area
            self._band = area
            dirty = old.united(area).translated(0, -self.verticalOffset())
            self.viewport().update(dirty.adjusted(-2, -2, 2, 2))
        self.selectionModel().select(self._ranges(rows), command)

    def _move_to(self, index: QModelIndex, modifiers: Qt.KeyboardModifier) -> None:
        """Go to a photo as keys and clicks do: alone, with Shift from the last start, or Ctrl."""
        if not index.isValid():
            return
        row, selection = index.row(), self.selectionModel()
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            start = self._range_start
            if not 0 <= start < self._photos.rowCount():
                start = max(0, self.currentIndex().row())
            self._range_start = start
            first, last = min(start, row), max(start, row)
            chosen = QItemSelection(self._photos.index(first), self._photos.index(last))
            adding = modifiers & Qt.KeyboardModifier.ControlModifier
            selection.setCurrentIndex(index, Flag.NoUpdate)
            selection.select(chosen, Flag.Select if adding else Flag.ClearAndSelect)
        elif modifiers & Qt.KeyboardModifier.ControlModifier:
            self._range_start = row
            selection.setCurrentIndex(index, Flag.NoUpdate)
        else:
            self._range_start = row
            selection.setCurrentIndex(index, Flag.ClearAndSelect)
        self.scrollTo(index)

    @override
    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self._report_selection()

    @override
    def currentChanged(self, current: Index, previous: Index) -> None:
        for index in (current, previous):
            if index.isValid():
                self.viewport().update(self._tile_area(index.row()))
        self._report_selection()
        if QAccessible.isActive() and current.isValid():
            text = self._photos.describe(current.row())
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = _MOVES.get(Qt.Key(event.key()))
        if action is not None:
            self._move_to(self.moveCursor(action, event.modifiers()), event.modifiers())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._say_current(self.photo_activated)
        elif event.key() == Qt.Key.Key_Space:
            self._press_space(event.modifiers())
        elif event.key() == Qt.Key.Key_Delete:
            if ids := self.selected_ids():
                self.delete_requested.emit(ids)
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _press_space(self, modifiers: Qt.KeyboardModifier) -> None:
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            self.selectionModel().select(self.currentIndex(), Flag.Toggle)
        else:
            self._say_current(self.preview_requested)

    def _say_current(self, signal: SignalInstance) -> None:
        if photo_id := self.current_id():
            signal.emit(photo_id)

    @override
    def keyboardSearch(self, search: str) -> None:
        if search.strip():
            self.text_typed.emit(search)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if shift and index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            self._move_to(index, event.modifiers())
            event.accept()
            return
        if index.isValid():
            self._range_start = index.row()
        super().mousePressEvent(event)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._set_hovered(event.position().toPoint())

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if self._band is not None:
            self._band = None
            self.viewport().update()

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            self.photo_activated.emit(self._photos.id_at(index.row()))

    @override
    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._set_hovered(QPoint(-1, -1))
        elif isinstance(event, QNativeGestureEvent) and self._pinched(event):
            return True
        return super().viewportEvent(event)

    def _pinched(self, event: QNativeGestureEvent) -> bool:
        if event.gestureType() != Qt.NativeGestureType.ZoomNativeGesture:
            return False
        self._pinch += event.value()
        height = round(self._tile_height * (1 + self._pinch))
        if height != self._tile_height:
            self._pinch = 0.0
            self.set_tile_height(height, event.position().toPoint())
        return True

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(event.angleDelta().y() / 120, event.position().toPoint())
            event.accept()
        else:
            super().wheelEvent(event)

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            rect = self.visualRect(self.currentIndex()) & self.viewport().rect()
            position = self.viewport().mapToGlobal(rect.center())
        else:
            index = self.indexAt(event.pos())
            if index.isValid() and not self.selectionModel().isSelected(index):
                self.selectionModel().setCurrentIndex(index, Flag.ClearAndSelect)
            elif not index.isValid():
                self.clearSelection()
            position = event.globalPos()
        if ids := self.selected_ids():
            self.context_menu_requested.emit(position, ids)
        event.accept()

    @override
    def startDrag(self, actions: Qt.DropAction) -> None:
        ids = self.selected_ids()
        if paths := self._paths_of(ids):
            picture = self._photos.pixmap(self.current_id())
            color = self._photos.color(self.currentIndex().row())
            drag_photos(self, ids, paths, picture, color)


_BY_KEY = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
_MOVES = {
    Qt.Key.Key_Left: QAbstractItemView.CursorAction.MoveLeft,
    Qt.Key.Key_Right: QAbstractItemView.CursorAction.MoveRight,
    Qt.Key.Key_Up: QAbstractItemView.CursorAction.MoveUp,
    Qt.Key.Key_Down: QAbstractItemView.CursorAction.MoveDown,
    Qt.Key.Key_Home: QAbstractItemView.CursorAction.MoveHome,
    Qt.Key.Key_End: QAbstractItemView.CursorAction.MoveEnd,
    Qt.Key.Key_PageUp: QAbstractItemView.CursorAction.MovePageUp,
    Qt.Key.Key_PageDown: QAbstractItemView.CursorAction.MovePageDown,
}
