"""Dims the window while something is dragged over it, says what a drop will do, and takes it.

Reads the drop; what is done with it is decided by whoever listens.
"""

from urllib.parse import urlsplit

from PySide6.QtCore import (
    QEvent,
    QObject,
    QPropertyAnimation,
    QRect,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QGraphicsOpacityEffect, QWidget
from typing_extensions import override

from photofind.gui import theme
from photofind.gui.drops import Drop, peek_drop, read_drop
from photofind.gui.icons import draw_glyph, glyph

_FADE_MS = 120


class DropOverlay(QWidget):
    """Covers `window` during a drag, and makes all of the window a place to drop on.

    Photos from photofind's own grid may be dropped on `own_target` only: dragging some of them
    about must not start a search by accident.
    """

    pictures_dropped = Signal(list)  # list[Path | bytes]
    folders_dropped = Signal(list)  # list[Path]
    url_dropped = Signal(str)
    photos_dropped = Signal(list)  # list[int], from the own grid

    def __init__(self, window: QWidget, own_target: QWidget | None = None) -> None:
        super().__init__(window)
        self._window = window
        self._own_target = own_target
        self._drop = Drop()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._effect = QGraphicsOpacityEffect(self)
        self.setGraphicsEffect(self._effect)
        self._fade = QPropertyAnimation(self._effect, b"opacity", self)
        self._fade.setDuration(_FADE_MS)
        self.hide()
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self._window:
            return False
        if isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            self._on_drop(event)
            return True
        if isinstance(event, QDragMoveEvent):  # QDragEnterEvent is one too
            self._on_drag(event)
            return True
        if event.type() == QEvent.Type.DragLeave:
            self.hide()
            return True
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._cover()
        return False

    def _on_drag(self, event: QDragMoveEvent) -> None:
        entering = isinstance(event, QDragEnterEvent)
        if entering:
            self._drop = peek_drop(event.mimeData())
        # Who refuses the entry hears of no moves: own photos are refused from the first move on.
        if not self._drop or not (entering or self._welcome(event)):
            event.ignore()
            self.hide()
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if not self._drop.photo_ids and not self.isVisible():
            self._appear()

    def _on_drop(self, event: QDropEvent) -> None:
        self.hide()
        drop = read_drop(event.mimeData())
        if not drop or not self._welcome(event):
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if drop.photo_ids:
            self.photos_dropped.emit(list(drop.photo_ids))
        if drop.folders:
            self.folders_dropped.emit(list(drop.folders))
        if drop.pictures:
            self.pictures_dropped.emit(list(drop.pictures))
        if drop.urls:
            self.url_dropped.emit(drop.urls[0])

    def _welcome(self, event: QDropEvent) -> bool:
        """Whether what is dragged may be dropped just here."""
        if not peek_drop(event.mimeData()).photo_ids:
            return True
        target = self._own_target
        if target is None:
            return False
        return target.rect().contains(target.mapFrom(self._window, event.position().toPoint()))

    def _appear(self) -> None:
        self._cover()
        self.setAccessibleName(promise(self._drop))
        self._fade.stop()
        self._effect.setOpacity(1.0)
        if theme.motion_enabled(self):
            self._fade.setStartValue(0.0)
            self._fade.setEndValue(1.0)
            self._fade.start()
        self.show()
        self.raise_()

    def _cover(self) -> None:
        self.setGeometry(self._window.rect())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        palette = self.palette()
        veil = QColor(palette.color(QPalette.ColorRole.Window))
        veil.setAlphaF(0.86)
        painter.fillRect(self.rect(), veil)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent = theme.accent(palette)
        edge = QRectF(self.rect()).adjusted(16, 16, -16, -16)
        painter.setPen(QPen(accent, 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(edge, 12, 12)
        font = theme.title_font()
        painter.setFont(font)
        text = QFontMetrics(font).elidedText(
            promise(self._drop), Qt.TextElideMode.ElideMiddle, max(0, self.width() - 96)
        )
        sign = QRect(0, 0, 64, 64)
        sign.moveCenter(self.rect().center())
        sign.translate(0, -theme.GAP_8)
        painter.setPen(accent)
        draw_glyph(painter, sign, glyph(_sign(self._drop)))
        painter.setPen(palette.color(QPalette.ColorRole.WindowText))
        words = QRect(0, sign.bottom() + theme.GAP_3, self.width(), theme.GAP_8)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()


def promise(drop: Drop) -> str:
    """What will happen, in one line."""
    if drop.folders:
        words = _folders_promise(drop)
        pictures = len(drop.pictures)
        return f"{words}, and find photos like {_this_or_these(pictures)}" if pictures else words
    if drop.pictures:
        return f"Find photos like {_this_or_these(len(drop.pictures))}"
    if drop.urls:
        return f"Fetch this picture from {urlsplit(drop.urls[0]).hostname}?"
    if drop.photo_ids:
        return f"Find photos like {_this_or_these(len(drop.photo_ids))}"
    return ""


def _folders_promise(drop: Drop) -> str:
    if len(drop.folders) == 1:
        folder = drop.folders[0]
        return f"Add folder “{folder.name or folder}” to the library"
    return f"Add {len(drop.folders)} folders to the library"


def _this_or_these(count: int) -> str:
    return "this one" if count == 1 else f"these {count}"


def _sign(drop: Drop) -> str:
    if drop.folders:
        return "folder-plus"
    return "globe" if drop.urls else "magnifying-glass"
