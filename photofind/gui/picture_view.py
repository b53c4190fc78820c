"""One picture fitted into a widget, with its average colour in its place while it loads."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPalette, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from photofind.gui import theme


class PictureView(QWidget):
    """Shows a picture whole, never larger than life, centred."""

    def __init__(self, parent: QWidget | None = None, *, minimum: QSize | None = None) -> None:
        super().__init__(parent)
        self._pixmap: QPixmap | None = None
        self._scaled: QPixmap | None = None
        self._natural = QSize(4, 3)
        self._color: QColor | None = None
        self._dimmed = False
        self._minimum = minimum or QSize(120, 90)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def expect(self, width: int, height: int, color: int) -> None:
        """Get ready for a picture of so many pixels; `color` is 0xRRGGBB."""
        self._pixmap = self._scaled = None
        self._natural = QSize(max(1, width), max(1, height))
        self._color = QColor.fromRgb(color)
        self.update()

    def set_image(self, image: QImage) -> None:
        self.set_pixmap(QPixmap.fromImage(image))

    def set_pixmap(self, pixmap: QPixmap) -> None:
        self._pixmap, self._scaled = pixmap, None
        self.update()

    def clear(self) -> None:
        self._pixmap = self._scaled = self._color = None
        self.update()

    def set_dimmed(self, dimmed: bool) -> None:
        """Step back, as a picture marked for the trash does."""
        self._dimmed = dimmed
        self.update()

    @property
    def loaded(self) -> bool:
        return self._pixmap is not None

    def height_for(self, width: int) -> int:
        """How high the picture would be at a width, in logical pixels."""
        return round(width * self._natural.height() / self._natural.width())

    def picture_rect(self) -> QRect:
        """Where the picture is, in the widget's coordinates."""
        size = self._natural.scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        if self._natural.width() < size.width():
            size = self._natural
        rect = QRect(0, 0, max(1, size.width()), max(1, size.height()))
        rect.moveCenter(self.rect().center())
        return rect

    @override
    def sizeHint(self) -> QSize:
        return self._minimum

    @override
    def minimumSizeHint(self) -> QSize:
        return self._minimum

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect = self.picture_rect()
        if self._dimmed:
            painter.setOpacity(0.3)
        if self._pixmap is not None:
            painter.drawPixmap(rect, self._scaled_to(rect.size()))
        elif self._color is not None:
            below = self.palette().color(QPalette.ColorRole.Window)
            painter.fillRect(rect, theme.blend(below, self._color, 0.6))

    def _scaled_to(self, size: QSize) -> QPixmap:
        """Smoothly scaled once per size, not once per paint."""
        assert self._pixmap is not None
        ratio = self.devicePixelRatioF()
        pixels = size * ratio
        if self._scaled is None or self._scaled.size() != pixels:
            self._scaled = self._pixmap.scaled(
                pixels,
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        return self._scaled
