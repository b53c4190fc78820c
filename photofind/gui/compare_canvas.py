"""The area in which two pictures are compared, with one zoom and one position for both."""

from enum import Enum, auto

from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPixmap,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from photofind.gui import theme

_LARGEST = 40.0
_DIFFERENCE_SIDE = 1600  # pixels; enough to see where two pictures differ
_DOUBLINGS = 2  # a difference is shown this many times doubled


class CompareMode(Enum):
    SIDE_BY_SIDE = auto()
    FLICKER = auto()
    DIFFERENCE = auto()


class CompareCanvas(QWidget):
    """Zoom 1 fits a picture into its pane; the position is the share of it in the middle."""

    zoom_changed = Signal(float)
    """Screen pixels per pixel of the left photo."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Pictures")
        self.setMinimumSize(240, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.mode = CompareMode.SIDE_BY_SIDE
        self.front = 0
        self._pixmaps: list[QPixmap | None] = [None, None]
        self._images: list[QImage | None] = [None, None]
        self._natural = [QSizeF(4, 3), QSizeF(4, 3)]
        self._colors = [QColor(128, 128, 128)] * 2
        self._difference: QPixmap | None = None
        self._zoom = 1.0
        self._center = QPointF(0.5, 0.5)
        self._dragged_from: QPointF | None = None

    @property
    def zoom(self) -> float:
        return self._zoom

    @property
    def center(self) -> QPointF:
        return QPointF(self._center)

    def expect(self, side: int, width: int, height: int, color: int) -> None:
        """Get ready for a photo of so many pixels on a side (0 left, 1 right)."""
        self._pixmaps[side] = self._images[side] = self._difference = None
        self._natural[side] = QSizeF(max(1, width), max(1, height))
        self._colors[side] = QColor.fromRgb(color)
        self._tell()

    def set_image(self, side: int, image: QImage) -> None:
        self._images[side] = image
        self._pixmaps[side] = QPixmap.fromImage(image)
        self._difference = None
        self.update()

    def set_mode(self, mode: CompareMode) -> None:
        self.mode = mode
        self.update()

    def flip(self) -> None:
        """Bring the other picture to the front."""
        self.front = 1 - self.front
        self.update()

    def fit(self) -> None:
        self._zoom, self._center = 1.0, QPointF(0.5, 0.5)
        self._tell()

    def show_pixels(self) -> None:
        """One pixel of the larger photo on one of the screen."""
        larger = max((0, 1), key=lambda side: self._natural[side].width())
        fitted = self._fitted(larger, self._panes()[0]).width()
        self._set_zoom(self._natural[larger].width() / fitted / self.devicePixelRatioF())

    def zoom_by(self, factor: float) -> None:
        self._set_zoom(self._zoom * factor)

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom so that what is under the pointer stays there."""
        pane = self._pane_at(event.position())
        away = event.position() - QRectF(pane).center()
        fitted = self._fitted(self._side_of(pane), pane)
        before = self._zoom
        self._set_zoom(before * 1.0015 ** event.angleDelta().y())
        gain = 1 / before - 1 / self._zoom
        moved = QPointF(away.x() / fitted.width() * gain, away.y() / fitted.height() * gain)
        self._move(moved)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._dragged_from = event.position()
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged_from is None:
            return
        moved = self._dragged_from - event.position()
        self._dragged_from = event.position()
        pane = self._panes()[0]
        fitted = self._fitted(0, pane) * self._zoom
        self._move(QPointF(moved.x() / fitted.width(), moved.y() / fitted.height()))

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged_from = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        below = self.palette().color(QPalette.ColorRole.Window)
        painter.fillRect(self.rect(), below)
        panes = self._panes()
        if self.mode is CompareMode.SIDE_BY_SIDE:
            for side, pane in enumerate(panes):
                self._paint_picture(painter, pane, side, self._pixmaps[side])
        elif self.mode is CompareMode.FLICKER:
            self._paint_picture(painter, panes[0], self.front, self._pixmaps[self.front])
        else:
            self._paint_picture(painter, panes[0], 0, self._difference_pixmap())

    def _paint_picture(
        self, painter: QPainter, pane: QRect, side: int, pixmap: QPixmap | None
    ) -> None:
        painter.save()
        painter.setClipRect(pane)
        place = self._place(side, pane)
        if pixmap is not None:
            painter.drawPixmap(place, pixmap, QRectF(pixmap.rect()))
        else:
            below = self.palette().color(QPalette.ColorRole.Window)
            painter.fillRect(place, theme.blend(below, self._colors[side], 0.5))
        painter.restore()

    def _panes(self) -> list[QRect]:
        if self.mode is not CompareMode.SIDE_BY_SIDE:
            return [self.rect()]
        half = (self.width() - theme.GAP_1) // 2
        left = QRect(0, 0, half, self.height())
        return [left, left.translated(self.width() - half, 0)]

    def _pane_at(self, point: QPointF) -> QRect:
        panes = self._panes()
        return next((pane for pane in panes if QRectF(pane).contains(point)), panes[0])

    def _side_of(self, pane: QRect) -> int:
        return int(pane.left() > 0)

    def _fitted(self, side: int, pane: QRect) -> QSizeF:
        return self._natural[side].scaled(QSizeF(pane.size()), Qt.AspectRatioMode.KeepAspectRatio)

    def _place(self, side: int, pane: QRect) -> QRectF:
        """Where a whole picture lies, most of it perhaps outside of its pane."""
        size = self._fitted(side, pane) * self._zoom
        middle = QRectF(pane).center()
        left = middle.x() - self._center.x() * size.width()
        top = middle.y() - self._center.y() * size.height()
        return QRectF(QPointF(left, top), size)

    def _set_zoom(self, zoom: float) -> None:
        self._zoom = min(max(zoom, 1.0), _LARGEST)
        self._move(QPointF(0, 0))

    def _move(self, by: QPointF) -> None:
        """Shift by a share of the picture, without losing it over an edge."""
        margin = 0.5 / self._zoom
        x = min(max(self._center.x() + by.x(), margin), 1 - margin)
        y = min(max(self._center.y() + by.y(), margin), 1 - margin)
        self._center = QPointF(x, y)
        self._tell()

    def _tell(self) -> None:
        shown = self._fitted(0, self._panes()[0]).width() * self._zoom * self.devicePixelRatioF()
        self.zoom_changed.emit(shown / self._natural[0].width())
        self.update()

    def _difference_pixmap(self) -> QPixmap | None:
        """The absolute difference, brightened; black where both are the same."""
        left, right = self._images
        if left is None or right is None:
            return None
        if self._difference is None:
            self._difference = QPixmap.fromImage(_difference(left, right))
        return self._difference


def _difference(left: QImage, right: QImage) -> QImage:
    side = min(_DIFFERENCE_SIDE, max(left.width(), left.height()))
    size = left.size().scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio)
    images = [
        image.scaled(
            size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        ).convertToFormat(QImage.Format.Format_RGB32)
        for image in (left, right)
    ]
    painter = QPainter(images[0])
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Difference)
    painter.drawImage(0, 0, images[1])
    painter.end()
    for _ in range(_DOUBLINGS):
        same = images[0].copy()
        painter = QPainter(images[0])
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Plus)
        painter.drawImage(0, 0, same)
        painter.end()
    return images[0]
