"""One photo large over the grid: Space or Esc closes it, the arrow keys go to the next.

Shows the thumbnail at once and asks for the sharp picture; reads no file itself.
"""

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPixmap,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolButton, QWidget
from typing_extensions import override

from photofind.gui import theme
from photofind.gui.icons import icon
from photofind.gui.photo_model import PhotoModel
from photofind.gui.photo_text import date_text, score_text

_BACKDROP = QColor(16, 16, 18)  # photos are judged on the same dark ground by day and night
_TEXT = QColor(236, 236, 240)
_QUIET = QColor(160, 160, 168)
_LINE = 48  # height of the line below the picture
_STEPS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_PageUp: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageDown: 1,
}
_CLOSING = (Qt.Key.Key_Space, Qt.Key.Key_Escape)


class Preview(QWidget):
    """Covers `parent` while it is open and walks through the rows of a `PhotoModel`."""

    opened = Signal()
    closed = Signal()
    current_changed = Signal(int)  # the photo on show, so that the grid can follow
    image_wanted = Signal(int, int)  # photo id, long side in device pixels
    photo_activated = Signal(int)  # Enter or double click
    delete_requested = Signal(list)  # of the one photo on show

    def __init__(self, model: PhotoModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._host = parent
        self._model = model
        self._photo_id = 0
        self._row = 0
        self._picture: QPixmap | None = None
        self._scaled: QPixmap | None = None
        self._sharp = False
        self._message = ""
        self._wheel = 0
        self._buttons = self._make_buttons()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Preview")
        self.setAutoFillBackground(False)
        self.hide()
        parent.installEventFilter(self)
        model.dataChanged.connect(self._on_data_changed)
        model.rowsRemoved.connect(self._on_rows_removed)
        model.modelReset.connect(self._on_reset)

    @property
    def photo_id(self) -> int:
        """The photo on show, 0 while closed."""
        return self._photo_id if self.isVisible() else 0

    @Slot(int)
    def open(self, photo_id: int) -> None:
        """Show a photo of the model; one that it does not hold is ignored."""
        if self._model.row_of(photo_id) < 0:
            return
        self._show(photo_id)
        self.setGeometry(self._host.rect())
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)
        self._want_sharp()
        self.opened.emit()

    @Slot()
    def dismiss(self) -> None:
        """Back to the grid."""
        if not self.isVisible():
            return
        self.hide()
        self._picture = self._scaled = None
        self._photo_id = 0
        self.closed.emit()

    @Slot(int)
    def step(self, step: int) -> None:
        """Go on by so many photos, not beyond the ends."""
        row = self._model.row_of(self._photo_id)
        target = min(max(row + step, 0), self._model.rowCount() - 1)
        if row < 0 or target == row:
            return
        self._show(self._model.id_at(target))
        self._want_sharp()
        self.current_changed.emit(self._photo_id)

    @Slot(int, QImage)
    def on_image_loaded(self, photo_id: int, image: QImage) -> None:
        """The sharp picture; one that is no longer on show is ignored."""
        if photo_id == self._photo_id and not image.isNull():
            self._sharp = True
            self._message = ""
            self._set_picture(QPixmap.fromImage(image))

    @Slot(int, str)
    def on_image_failed(self, photo_id: int, message: str) -> None:
        """Say why there is no sharp picture; the thumbnail stays."""
        if photo_id == self._photo_id:
            self._message = message
            self.update()

    def _show(self, photo_id: int) -> None:
        self._photo_id = photo_id
        self._sharp = False
        self._message = ""
        self._set_picture(self._model.pixmap(photo_id))
        self._model.photos_wanted.emit([photo_id])
        self._describe()

    def _describe(self) -> None:
        row = self._row = self._model.row_of(self._photo_id)
        self.setAccessibleName(f"Preview: {self._model.describe(row)}")
        self._buttons["back"].setEnabled(row > 0)
        self._buttons["on"].setEnabled(row + 1 < self._model.rowCount())

    def _want_sharp(self) -> None:
        room = self._room()
        side = round(max(room.width(), room.height()) * self.devicePixelRatioF())
        self.image_wanted.emit(self._photo_id, side)

    def _set_picture(self, pixmap: QPixmap | None) -> None:
        self._picture, self._scaled = pixmap, None
        self.update()

    def _make_buttons(self) -> dict[str, QToolButton]:
        buttons: dict[str, QToolButton] = {}
        for name, sign, text in (
            ("close", "x", "Close the preview (Esc)"),
            ("back", "caret-left", "Previous photo (Left)"),
            ("on", "caret-right", "Next photo (Right)"),
        ):
            button = QToolButton(self)
            button.setIcon(icon(sign, QPalette.ColorRole.BrightText))
            button.setIconSize(QSize(24, 24))
            button.setFixedSize(40, 40)
            button.setToolTip(text)
            button.setAccessibleName(text)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setStyleSheet(_BUTTON_STYLE)
            buttons[name] = button
        buttons["close"].clicked.connect(self.dismiss)
        buttons["back"].clicked.connect(self._on_back)
        buttons["on"].clicked.connect(self._on_forward)
        return buttons

    @Slot()
    def _on_back(self) -> None:
        self.step(-1)

    @Slot()
    def _on_forward(self) -> None:
        self.step(1)

    @Slot()
    def _on_data_changed(self) -> None:
        if not self.isVisible():
            return
        if not self._sharp and (pixmap := self._model.pixmap(self._photo_id)) is not None:
            self._set_picture(pixmap)
        self._describe()
        self.update()

    @Slot()
    def _on_reset(self) -> None:
        """There is a new answer, in which the photo on show may be missing."""
        if self.isVisible() and self._model.row_of(self._photo_id) < 0:
            self.dismiss()
        elif self.isVisible():
            self._describe()
            self.update()

    @Slot()
    def _on_rows_removed(self) -> None:
        """The photo on show may be gone: the one that took its place follows."""
        if not self.isVisible():
            return
        if self._model.row_of(self._photo_id) >= 0:
            self._describe()
            self.update()
        elif count := self._model.rowCount():
            self._show(self._model.id_at(min(max(self._row, 0), count - 1)))
            self._want_sharp()
            self.current_changed.emit(self._photo_id)
        else:
            self.dismiss()

    def _room(self) -> QRect:
        """Where the picture may stand."""
        edge = theme.GAP_4
        return self.rect().adjusted(edge + 40, edge, -edge - 40, -_LINE)

    def _place(self, pixmap: QPixmap) -> QRect:
        """The picture whole; the sharp one is not blown up beyond its own pixels."""
        room = self._room()
        size = pixmap.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        own = pixmap.size() / self.devicePixelRatioF()
        if self._sharp and own.width() < size.width():
            size = own
        place = QRect(QPoint(0, 0), size.expandedTo(QSize(1, 1)))
        place.moveCenter(room.center())
        return place

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), _BACKDROP)
        if self._picture is not None and not self._picture.isNull():
            self._draw_picture(painter, self._picture)
        else:
            self._draw_placeholder(painter)
        self._draw_line(painter)
        painter.end()

    def _draw_picture(self, painter: QPainter, picture: QPixmap) -> None:
        place, ratio = self._place(picture), self.devicePixelRatioF()
        target = QSize(round(place.width() * ratio), round(place.height() * ratio))
        if self._scaled is None or self._scaled.size() != target:
            smooth = Qt.TransformationMode.SmoothTransformation
            ignore = Qt.AspectRatioMode.IgnoreAspectRatio
            self._scaled = picture.scaled(target, ignore, smooth)
            self._scaled.setDevicePixelRatio(ratio)
        painter.drawPixmap(place.topLeft(), self._scaled)

    def _draw_placeholder(self, painter: QPainter) -> None:
        row = self._model.row_of(self._photo_id)
        if row < 0:
            return
        aspect = float(self._model.aspects[row])
        shape = QSize(round(1000 * (aspect if 0.05 < aspect < 20 else 1.0)), 1000)
        place = QRect(QPoint(0, 0), shape.scaled(self._room().size(), _KEEP))
        place.moveCenter(self._room().center())
        painter.fillRect(place, self._model.color(row))

    def _draw_line(self, painter: QPainter) -> None:
        row = self._model.row_of(self._photo_id)
        photo = self._model.photo(self._photo_id)
        rest = [date_text(photo)] if photo else []
        if score := score_text(self._model.score(row)):
            rest.append(f"score {score}")
        rest.append(f"{row + 1} of {self._model.rowCount()}")
        if self._message:
            rest = [self._message]
        elif photo and photo.offline:
            rest.append("offline")
        metrics = QFontMetrics(theme.body_font())
        line = QRectF(0, self.height() - _LINE, self.width(), _LINE)
        note = "   ·   ".join(rest)
        name = photo.name if photo else ""
        room = self.width() - metrics.horizontalAdvance(note) - 3 * theme.GAP_8
        name = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, max(80, room))
        width = metrics.horizontalAdvance(name) + metrics.horizontalAdvance(note) + theme.GAP_6
        line.setLeft(max(theme.GAP_4, (self.width() - width) / 2))
        painter.setFont(theme.body_font())
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setPen(_TEXT)
        painter.drawText(line, align, name)
        painter.setPen(_QUIET)
        shift = metrics.horizontalAdvance(name) + (theme.GAP_6 if name else 0)
        painter.drawText(line.adjusted(shift, 0, 0, 0), align, note)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _CLOSING:
            self.dismiss()
        elif key in _STEPS:
            self.step(_STEPS[key])
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            count = self._model.rowCount()
            self.step(-count if key == Qt.Key.Key_Home else count)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.photo_activated.emit(self._photo_id)
        elif key == Qt.Key.Key_Delete:
            self.delete_requested.emit([self._photo_id])
        else:
            super().keyPressEvent(event)

    @override
    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab stays among the preview's own buttons: all else is covered."""
        places: list[QWidget] = [self, *(b for b in self._buttons.values() if b.isEnabled())]
        now = self.focusWidget() or self
        at = places.index(now) if now in places else 0
        places[(at + (1 if forward else -1)) % len(places)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.photo_activated.emit(self._photo_id)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Nothing below is touched through the preview; a click beside the picture closes it."""
        picture = self._picture
        beside = picture is None or not self._place(picture).contains(event.position().toPoint())
        above_line = event.position().y() < self.height() - _LINE
        if beside and above_line and event.button() == Qt.MouseButton.LeftButton:
            self.dismiss()

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        self._wheel += event.angleDelta().y()
        steps = int(self._wheel / 120)
        self._wheel -= 120 * steps
        if steps:
            self.step(-steps)
        event.accept()

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if Qt.Key(event.key()) in (*_CLOSING, *_STEPS):
                event.accept()  # else the window's own Esc and Space would come first
        elif event.type() == QEvent.Type.Resize:
            self._arrange()
        return super().event(event)

    def _arrange(self) -> None:
        middle = self._room().center().y() - 20
        self._buttons["close"].move(self.width() - 48, 8)
        self._buttons["back"].move(8, middle)
        self._buttons["on"].move(self.width() - 48, middle)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._host and event.type() == QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._host.rect())
        return super().eventFilter(watched, event)


_KEEP = Qt.AspectRatioMode.KeepAspectRatio
_BUTTON_STYLE = """
QToolButton { background: rgba(255, 255, 255, 20); border: 2px solid transparent;
    border-radius: 20px; }
QToolButton:hover { background: rgba(255, 255, 255, 60); }
QToolButton:focus { border-color: white; }
QToolButton:disabled { background: transparent; }
"""
