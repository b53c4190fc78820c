"""The main window: where its parts stand, and which of them can be folded away.

Knows nothing of libraries or searches; it is handed finished widgets.
"""

import base64
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QSlider,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from photofind.gui import theme
from photofind.gui.details_panel import DetailsPanel
from photofind.gui.drop_overlay import DropOverlay
from photofind.gui.folders_panel import FoldersPanel
from photofind.gui.grid_view import MAX_TILE, MIN_TILE, GridView
from photofind.gui.message_page import MessagePage
from photofind.gui.model_offer import ModelOffer
from photofind.gui.question_bar import QuestionBar
from photofind.gui.search_pane import SearchPane
from photofind.gui.status_bar import StatusBar
from photofind.gui.welcome import Welcome

_SIDE = 248  # logical pixels, first width of a side panel


@dataclass(frozen=True, slots=True)
class WindowParts:
    """The widgets of the main window."""

    search: SearchPane
    grid: GridView
    folders: FoldersPanel
    details: DetailsPanel
    status: StatusBar
    offer: ModelOffer
    question: QuestionBar
    welcome: Welcome
    message: MessagePage


class MainWindow(QMainWindow):
    """Search on top, the grid edge to edge, a panel on either side, a status line below."""

    closed = Signal()
    escape_pressed = Signal()  # and nothing else had a use for it
    details_unfolded = Signal()
    search_entered = Signal()  # by a key, from wherever the keyboard was

    def __init__(self, parts: WindowParts) -> None:
        super().__init__()
        self.setWindowTitle("photofind")
        self._resize_to_screen()
        self.parts = parts
        self._pages = QStackedWidget()
        for page in (parts.grid, parts.welcome, parts.message):
            self._pages.addWidget(page)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._arrange()
        self.zoom = self._make_zoom()
        parts.status.add_right_widget(self.zoom)
        self.overlay = DropOverlay(self, parts.search)
        self.show_folders(False)
        self.show_details(False)
        parts.grid.setFocus()

    # What is on show.

    def show_photos(self) -> None:
        """The grid."""
        self._pages.setCurrentWidget(self.parts.grid)

    def show_welcome(self) -> None:
        """The invitation to add a first folder."""
        self._pages.setCurrentWidget(self.parts.welcome)

    def show_message(self, title: str, text: str, action: str = "") -> None:
        """A page that says why there are no photos, and what can be done."""
        self.parts.message.set_message(title, text, action)
        self._pages.setCurrentWidget(self.parts.message)

    @property
    def shows_photos(self) -> bool:
        return self._pages.currentWidget() is self.parts.grid

    @Slot(bool)
    def show_folders(self, visible: bool) -> None:
        self.parts.folders.setVisible(visible)

    @Slot(bool)
    def show_details(self, visible: bool) -> None:
        self.parts.details.setVisible(visible)
        if visible:
            self.details_unfolded.emit()

    # What is remembered.

    def geometry_text(self) -> str:
        return _text(self.saveGeometry())

    def state_text(self) -> str:
        """The widths of the panels."""
        return _text(self._splitter.saveState())

    def restore(self, geometry: str, state: str) -> None:
        """Take over what was remembered; nonsense is left alone."""
        if geometry:
            self.restoreGeometry(_bytes(geometry))
        if state:
            self._splitter.restoreState(_bytes(state))

    def add_buttons(self, left: list[QAction], right: list[QAction]) -> None:
        """Actions as quiet buttons beside the search field."""
        before, after = self._wings[0].fill(left), self._wings[1].fill(right)
        # Equally wide, so that the field stands in the middle of the window.
        wider = max(wing.sizeHint().width() for wing in self._wings)
        for wing in self._wings:
            wing.setMinimumWidth(wider)
        self._order_focus(before, after)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that no widget had a use for: Esc, and letters, which belong into the field."""
        plain = event.modifiers() & ~(
            Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        )
        if event.key() == Qt.Key.Key_Escape:
            self.escape_pressed.emit()
        elif not plain and event.text().strip() and event.text().isprintable():
            self.parts.search.type_text(event.text())
        else:
            super().keyPressEvent(event)

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        self.closed.emit()
        super().closeEvent(event)

    def _arrange(self) -> None:
        parts = self.parts
        top = QWidget()
        row = QHBoxLayout(top)
        row.setContentsMargins(theme.GAP_2, theme.GAP_1, theme.GAP_2, theme.GAP_1)
        row.setSpacing(0)
        self._wings = (_Wing(Qt.AlignmentFlag.AlignLeft), _Wing(Qt.AlignmentFlag.AlignRight))
        row.addWidget(self._wings[0], 1)
        row.addWidget(parts.search, 100)
        row.addWidget(self._wings[1], 1)
        for widget in (parts.folders, self._pages, parts.details):
            self._splitter.addWidget(widget)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes([_SIDE, 1280 - 2 * _SIDE, _SIDE])
        self.content = QWidget()
        rows = QVBoxLayout(self.content)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        for bar in (top, parts.question, parts.offer):
            rows.addWidget(bar)
        rows.addWidget(self._splitter, 1)
        rows.addWidget(parts.status)
        self.setCentralWidget(self.content)

    def _resize_to_screen(self) -> None:
        """A first size that fits a small laptop too."""
        room = self.screen().availableGeometry().size()
        self.resize(QSize(1280, 832).boundedTo(QSize(room.width() - 48, room.height() - 80)))

    def _order_focus(self, before: list[QToolButton], after: list[QToolButton]) -> None:
        """Tab goes from left to right and from the top down, though buttons are made last."""
        last: QWidget = self.parts.search.last_in_order
        for button in after:
            self.setTabOrder(last, button)
            last = button
        last = self.zoom
        for button in before:
            self.setTabOrder(last, button)
            last = button

    def _make_zoom(self) -> QSlider:
        zoom = QSlider(Qt.Orientation.Horizontal)
        zoom.setRange(MIN_TILE, MAX_TILE)
        zoom.setValue(self.parts.grid.tile_height)
        zoom.setFixedWidth(112)
        zoom.setAccessibleName("Size of the pictures")
        zoom.setToolTip("Size of the pictures (Ctrl++, Ctrl+-)")
        zoom.valueChanged.connect(self.parts.grid.set_tile_height)
        self.parts.grid.tile_height_changed.connect(zoom.setValue)
        return zoom


class _Wing(QWidget):
    """The buttons on one side of the search field."""

    def __init__(self, side: Qt.AlignmentFlag) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.GAP_1)
        self._row.setAlignment(side)

    def fill(self, actions: list[QAction]) -> list[QToolButton]:
        buttons = [_button(action) for action in actions]
        for button in buttons:
            self._row.addWidget(button)
        return buttons


def _button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setIconSize(button.iconSize() * 1.25)
    button.setAccessibleName(action.text().replace("&", ""))
    return button


def _text(data: QByteArray) -> str:
    return base64.b64encode(data.data()).decode("ascii")


def _bytes(text: str) -> QByteArray:
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except ValueError:
        return QByteArray()
