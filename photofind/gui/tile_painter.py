"""Draws one tile of the grid: the picture, its state, and what is said about it under the pointer.

Keeps thumbnails scaled to the size of their tiles, so that scrolling only copies pixels.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QElapsedTimer, QObject, QRect, QRectF, QSize, Qt, Slot
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetrics,
    QLinearGradient,
    QPainter,
    QPalette,
    QPen,
    QPixmap,
)

from photofind.gui import theme
from photofind.gui.icons import draw_glyph, glyph
from photofind.gui.photo_model import PhotoModel
from photofind.gui.photo_text import date_text, score_text
from photofind.gui.pixmap_cache import PixmapCache

RING = 3
"""How far a selected tile's ring reaches beyond the tile, in logical pixels."""
_SCALED_BYTES = 256 * 2**20
_SCALING_MS = 12  # of one repaint; what is left over is drawn roughly and done in the next
_STRIP_WIDTH = 88  # narrower tiles say nothing under the pointer
_SCRIM = QColor(0, 0, 0, 190)  # lies on photos, not on the window: the same by day and night
_ON_PHOTO = QColor(255, 255, 255)


@dataclass(frozen=True, slots=True)
class TileState:
    selected: bool = False
    focused: bool = False  # the current tile while the grid has the keyboard
    hovered: bool = False


@dataclass(frozen=True, slots=True)
class _Made:
    """What a scaled picture was made from and for."""

    source: int  # QPixmap.cacheKey
    crop: bool
    target: QSize  # device pixels


class TilePainter(QObject):
    """Paints rows of a `PhotoModel`. Call `begin` once per repaint, then `paint` per tile."""

    def __init__(self, model: PhotoModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._scaled = PixmapCache(_SCALED_BYTES)
        self._made: dict[int, _Made] = {}
        self._crop = False
        self._ratio = 1.0
        self._palette = QPalette()
        self._font = QFont()
        self._clock = QElapsedTimer()
        self._rough = False
        self._offline = glyph("cloud-slash")
        model.photos_dropped.connect(self._on_photos_dropped)

    @property
    def rough(self) -> bool:
        """Whether the last repaint left pictures that are worth another one."""
        return self._rough

    def set_cropping(self, crop: bool) -> None:
        """Fill the tile and cut off what stands out, instead of fitting the whole picture in."""
        self._crop = crop

    def begin(self, palette: QPalette, ratio: float) -> None:
        """`ratio` is the device pixels per logical pixel."""
        self._palette = palette
        self._font = theme.small_font()
        self._ratio = ratio
        self._rough = False
        self._clock.start()

    def sharp(self, photo_id: int, size: QSize) -> bool:
        """Whether the picture is at hand, scaled for a tile of `size`."""
        made = self._made.get(photo_id) if photo_id in self._scaled else None
        return made is not None and made.crop == self._crop and made.target == self._device(size)

    def paint(self, painter: QPainter, rect: QRect, row: int, state: TileState) -> None:
        if not 0 <= row < self._model.rowCount():
            return
        photo_id = self._model.id_at(row)
        pixmap = self._picture(photo_id, rect.size())
        if pixmap is None:
            painter.fillRect(rect, self._model.color(row))
        elif self.sharp(photo_id, rect.size()):
            self._draw_sharp(painter, rect, pixmap)
        else:
            self._draw_rough(painter, rect, pixmap)
        photo = self._model.photo(photo_id)
        if photo is not None and photo.offline:
            self._draw_badge(painter, rect)
        if state.hovered and rect.width() >= _STRIP_WIDTH:
            self._draw_strip(painter, rect, row)
        if state.selected or state.focused:
            self._draw_ring(painter, rect, state)

    def _picture(self, photo_id: int, size: QSize) -> QPixmap | None:
        """The picture scaled for a tile; roughly fitting while there is no time for better."""
        scaled = self._scaled.get(photo_id)
        source = self._model.pixmap(photo_id)
        if source is None or source.isNull():
            return scaled
        made = _Made(source.cacheKey(), self._crop, self._device(size))
        if scaled is not None and self._made.get(photo_id) == made:
            return scaled
        if self._clock.elapsed() > _SCALING_MS:
            self._rough = True
            self._made.pop(photo_id, None)
            return source
        scaled = self._scale(source, made.target)
        self._scaled.put(photo_id, scaled)
        self._made[photo_id] = made
        if len(self._made) > 2 * len(self._scaled) + 1000:
            self._made = {each: of for each, of in self._made.items() if each in self._scaled}
        return scaled

    def _scale(self, source: QPixmap, target: QSize) -> QPixmap:
        """Whole: inside the tile, filling it where only rounding differs. Cropped: its middle."""
        target = target.expandedTo(QSize(1, 1))
        if self._crop:
            middle = QRect(source.rect())
            middle.setSize(target.scaled(source.size(), Qt.AspectRatioMode.KeepAspectRatio))
            middle.moveCenter(source.rect().center())
            source = source.copy(middle)
        scaled = source.scaled(
            target if self._crop else _fitted(source.size(), target),
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        scaled.setDevicePixelRatio(self._ratio)
        return scaled

    def _device(self, size: QSize) -> QSize:
        return QSize(round(size.width() * self._ratio), round(size.height() * self._ratio))

    def _draw_sharp(self, painter: QPainter, rect: QRect, pixmap: QPixmap) -> None:
        size = pixmap.deviceIndependentSize().toSize()
        place = QRect(0, 0, size.width(), size.height())
        place.moveCenter(rect.center())
        if place != rect:
            painter.fillRect(rect, self._palette.color(QPalette.ColorRole.AlternateBase))
        painter.drawPixmap(place.topLeft(), pixmap)

    def _draw_rough(self, painter: QPainter, rect: QRect, pixmap: QPixmap) -> None:
        place, part = QRect(rect), QRect(pixmap.rect())
        if self._crop:
            part.setSize(rect.size().scaled(pixmap.size(), Qt.AspectRatioMode.KeepAspectRatio))
            part.moveCenter(pixmap.rect().center())
        else:
            place.setSize(_fitted(pixmap.size(), rect.size()))
            place.moveCenter(rect.center())
            painter.fillRect(rect, self._palette.color(QPalette.ColorRole.AlternateBase))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(place, pixmap, part)

    def _draw_ring(self, painter: QPainter, rect: QRect, state: TileState) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        outer = QRectF(rect).adjusted(-RING / 2, -RING / 2, RING / 2, RING / 2)
        color = theme.accent(self._palette)
        if not state.selected:
            color = self._palette.color(QPalette.ColorRole.Text)
        painter.setPen(QPen(color, RING, j=Qt.PenJoinStyle.RoundJoin))
        painter.drawRect(outer)
        painter.setPen(QPen(self._palette.color(QPalette.ColorRole.Base), 1))
        painter.drawRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5))
        if state.selected and state.focused:
            painter.setPen(QPen(_ON_PHOTO, 1, Qt.PenStyle.DotLine))
            painter.drawRect(QRectF(rect).adjusted(2.5, 2.5, -2.5, -2.5))
        painter.restore()

    def _draw_badge(self, painter: QPainter, rect: QRect) -> None:
        side = 24
        place = QRect(rect.right() - side - 3, rect.top() + 4, side, side)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_SCRIM)
        painter.drawEllipse(place)
        painter.setPen(_ON_PHOTO)
        draw_glyph(painter, place.adjusted(4, 4, -4, -4), self._offline)
        painter.restore()

    def _draw_strip(self, painter: QPainter, rect: QRect, row: int) -> None:
        photo = self._model.photo(self._model.id_at(row))
        name, date = (photo.name, date_text(photo)) if photo else ("", "")
        score = score_text(self._model.score(row))
        metrics = QFontMetrics(self._font)
        lines = [line for line in (name, date or score) if line]
        if not lines:
            return
        spacing = metrics.lineSpacing()
        height = min(rect.height(), len(lines) * spacing + theme.GAP_6)
        strip = QRect(rect.x(), rect.bottom() + 1 - height, rect.width(), height)
        shade = QLinearGradient(strip.topLeft(), strip.bottomLeft())
        shade.setColorAt(0, QColor(0, 0, 0, 0))
        shade.setColorAt(0.5, QColor(0, 0, 0, 130))
        shade.setColorAt(1, _SCRIM)
        painter.fillRect(strip, QBrush(shade))
        painter.save()
        painter.setFont(self._font)
        painter.setPen(_ON_PHOTO)
        text = strip.adjusted(theme.GAP_2, 0, -theme.GAP_2, -theme.GAP_1)
        bottom = Qt.AlignmentFlag.AlignBottom
        if score:
            painter.drawText(text, bottom | Qt.AlignmentFlag.AlignRight, score)
        room = text.width() - (metrics.horizontalAdvance(score) + theme.GAP_2 if score else 0)
        if date and metrics.horizontalAdvance(date) <= room:
            painter.drawText(text, bottom | Qt.AlignmentFlag.AlignLeft, date)
        if name:
            text.setBottom(text.bottom() - (spacing if len(lines) > 1 else 0))
            name = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, text.width())
            painter.drawText(text, bottom | Qt.AlignmentFlag.AlignLeft, name)
        painter.restore()

    @Slot(list)
    def _on_photos_dropped(self, ids: Iterable[int]) -> None:
        for photo_id in ids:
            self._scaled.remove(photo_id)
            self._made.pop(photo_id, None)


def _fitted(size: QSize, room: QSize) -> QSize:
    """`size` scaled to stand in `room` whole; all of `room` where the shapes nearly agree."""
    fitted = size.scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
    slack = max(4, room.width() // 25, room.height() // 25)
    if room.width() - fitted.width() <= slack and room.height() - fitted.height() <= slack:
        return room
    return fitted
