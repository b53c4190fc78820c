"""The frame of the search field: chips, the line for typing, and small buttons at its end.

Only how it looks and fits; what it means is `search_pane`'s part.
"""

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QScrollArea, QToolButton, QWidget
from typing_extensions import override

from photofind.gui import theme
from photofind.gui.busy_mark import BusyMark
from photofind.gui.chips import HEIGHT, Chip
from photofind.gui.icons import draw_glyph, glyph, icon

_WIDEST = 760
_FIELD_HEIGHT = 40
_SIGN = 20  # the magnifying glass
_LEAST_EDIT = 160  # room that chips always leave for typing


class SearchField(QWidget):
    """The frame that holds chips and the line for typing; it looks like one text field."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.edit = QLineEdit(self)
        self.busy = BusyMark(self)
        self.clear = QToolButton(self)
        self.pictures = QToolButton(self)
        self._strip = QScrollArea(self)
        self._row = QWidget()
        self._chips = QHBoxLayout(self._row)
        self.setMaximumWidth(_WIDEST)
        self.setMinimumWidth(2 * _LEAST_EDIT)
        self.setFixedHeight(_FIELD_HEIGHT)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self._set_up_strip()
        self._set_up_row()

    def _set_up_strip(self) -> None:
        self._chips.setContentsMargins(0, 0, theme.GAP_1, 0)
        self._chips.setSpacing(theme.GAP_1)
        self._strip.setWidget(self._row)
        self._strip.setWidgetResizable(True)
        self._strip.setFrameShape(QScrollArea.Shape.NoFrame)
        self._strip.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._strip.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._strip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._strip.setFixedHeight(HEIGHT)
        self._strip.viewport().setAutoFillBackground(False)
        self._row.setAutoFillBackground(False)
        self._strip.hide()

    def _set_up_row(self) -> None:
        self.edit.setAccessibleName("Search")
        self.edit.setFrame(False)
        self.edit.setStyleSheet("QLineEdit { border: none; background: transparent; padding: 0; }")
        self.edit.setAcceptDrops(False)
        self.edit.setMinimumWidth(_LEAST_EDIT)
        self.edit.installEventFilter(self)
        for button, name, text in (
            (self.clear, "x-circle", "Clear the search (Esc)"),
            (self.pictures, "image", "Search with a picture"),
        ):
            button.setIcon(icon(name, QPalette.ColorRole.PlaceholderText))
            button.setIconSize(QSize(20, 20))
            button.setToolTip(text)
            button.setAccessibleName(text)
            button.setCursor(Qt.CursorShape.ArrowCursor)
        self.clear.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GAP_3 + _SIGN + theme.GAP_2, 0, theme.GAP_1, 0)
        row.setSpacing(theme.GAP_1)
        row.addWidget(self._strip)
        row.addWidget(self.edit, 1)
        for widget in (self.busy, self.clear, self.pictures):
            row.addWidget(widget)

    def set_menu(self, menu: QMenu) -> None:
        self.pictures.setMenu(menu)
        self.pictures.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def insert_chip(self, chip: Chip) -> None:
        self._chips.addWidget(chip)
        chip.show()

    def remove_chip(self, chip: Chip) -> None:
        self._chips.removeWidget(chip)
        chip.hide()
        chip.deleteLater()

    def show_chip(self, chip: Chip) -> None:
        self._strip.ensureWidgetVisible(chip, theme.GAP_2, 0)

    def fit_chips(self) -> None:
        """Give the chips the width they need, at most what typing can spare."""
        needed = self._chips.sizeHint().width()
        others = _LEAST_EDIT + 5 * 32 + theme.GAP_6
        self._strip.setVisible(self._chips.count() > 0)
        self._strip.setFixedWidth(max(0, min(needed, self.width() - others)))
        bar = self._strip.horizontalScrollBar()
        QTimer.singleShot(0, self, lambda: bar.setValue(bar.maximum()))

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return super().eventFilter(watched, event)

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.fit_chips()
        return super().event(event)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.edit.setFocus(Qt.FocusReason.MouseFocusReason)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focused, palette = self.edit.hasFocus(), self.palette()
        width = 2.0 if focused else 1.0
        inset = width / 2
        painter.setPen(QPen(theme.accent(palette) if focused else theme.line(palette), width))
        painter.setBrush(palette.color(QPalette.ColorRole.Base))
        frame = self.rect().toRectF().adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(frame, frame.height() / 2, frame.height() / 2)
        painter.setPen(theme.quiet_text(palette))
        sign = QRect(theme.GAP_3, (self.height() - _SIGN) // 2, _SIGN, _SIGN)
        draw_glyph(painter, sign, glyph("magnifying-glass"))
        painter.end()
