"""One part of the search as a chip: a phrase, a picture, a photo, or a restriction.

A chip shows whether its part is wanted or not, and says when it is clicked away or turned round.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QAbstractButton, QMenu, QWidget
from typing_extensions import override

from photofind.core.types import Filters, PictureTerm, Term, TextTerm
from photofind.gui import theme
from photofind.gui.icons import draw_glyph, glyph, icon
from photofind.gui.photo_text import day_text

HEIGHT = 28
_WIDEST_TEXT = 180
_WIDEST_NAME = 96  # of a picture, which speaks for itself
_CROSS = 20  # width of the area that removes the chip
_PICTURE = 24


@dataclass(frozen=True, slots=True)
class FilterPart:
    """Restrictions with the words that a chip shows for them."""

    filters: Filters
    label: str


ChipPart = Term | FilterPart


class Chip(QAbstractButton):
    """Click or Space turns wanted into not wanted; the cross, Delete or Backspace removes it."""

    removed = Signal()
    turned = Signal()  # wanted or not wanted has changed
    stepped = Signal(int)  # -1 or 1: the focus wants to go to a neighbour

    def __init__(self, part: ChipPart, name: str = "", parent: QWidget | None = None) -> None:
        """`name` is shown instead of the part's own words."""
        super().__init__(parent)
        self._part = part
        self._name = name
        self._picture: QPixmap | None = None
        self._on_cross = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFixedHeight(HEIGHT)
        self.clicked.connect(self._on_clicked)
        self._describe()

    @property
    def part(self) -> ChipPart:
        return self._part

    @property
    def wanted(self) -> bool:
        return isinstance(self._part, FilterPart) or self._part.weight >= 0

    @property
    def label(self) -> str:
        name = self._name or _name_of(self._part)
        return name if self.wanted else f"not {name}"

    def turn(self) -> None:
        """Make a wanted part unwanted, and back. A restriction has no other side."""
        if isinstance(self._part, FilterPart):
            return
        self._part = replace(self._part, weight=-self._part.weight)
        self._describe()
        self.turned.emit()

    def set_picture(self, image: QImage) -> None:
        if image.isNull():
            return
        side = round(_PICTURE * self.devicePixelRatioF())
        cover = Qt.AspectRatioMode.KeepAspectRatioByExpanding
        scaled = image.scaled(side, side, cover, Qt.TransformationMode.SmoothTransformation)
        middle = QRect(0, 0, side, side)
        middle.moveCenter(scaled.rect().center())
        self._picture = QPixmap.fromImage(scaled.copy(middle))
        self._picture.setDevicePixelRatio(self.devicePixelRatioF())
        self.update()

    @override
    def sizeHint(self) -> QSize:
        widest = _WIDEST_NAME if self._glyph_name() == "image" else _WIDEST_TEXT
        text = min(self._metrics().horizontalAdvance(self.label), widest)
        lead = theme.GAP_3 if self._glyph_name() is None else _PICTURE + theme.GAP_2
        return QSize(lead + text + theme.GAP_1 + _CROSS + theme.GAP_1, HEIGHT)

    @override
    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        self._draw_body(painter, body)
        left = self._draw_lead(painter)
        color = self.palette().color(QPalette.ColorRole.Text)
        painter.setPen(color if self.wanted else theme.quiet_text(self.palette()))
        painter.setFont(theme.body_font())
        room = QRect(left, 0, self.width() - left - _CROSS - theme.GAP_1, HEIGHT)
        text = self._metrics().elidedText(self.label, Qt.TextElideMode.ElideRight, room.width() + 1)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        active = self._on_cross and self.underMouse()
        painter.setPen(color if active else theme.quiet_text(self.palette()))
        cross = QRect(0, 0, 12, 12)
        cross.moveCenter(self._cross().center())
        draw_glyph(painter, cross, glyph("x-bold" if active else "x"))
        painter.end()

    def _draw_body(self, painter: QPainter, body: QRectF) -> None:
        palette = self.palette()
        base, accent = palette.color(QPalette.ColorRole.Base), theme.accent(palette)
        strength = 0.24 if self.underMouse() else 0.16
        if self.wanted and not isinstance(self._part, FilterPart):
            painter.setBrush(theme.blend(base, accent, strength))
        else:
            painter.setBrush(
                theme.blend(base, palette.color(QPalette.ColorRole.Text), strength / 2)
            )
        painter.setPen(QPen(accent, 2) if self.hasFocus() else QPen(QColor(0, 0, 0, 0)))
        painter.drawRoundedRect(body, body.height() / 2, body.height() / 2)

    def _draw_lead(self, painter: QPainter) -> int:
        """The picture or sign at the left; returns where the text begins."""
        name = self._glyph_name()
        if name is None:
            return theme.GAP_3
        place = QRect(2, (HEIGHT - _PICTURE) // 2, _PICTURE, _PICTURE)
        if self._picture is not None:
            round_edge = QPainterPath()
            round_edge.addEllipse(QRectF(place))
            painter.save()
            painter.setClipPath(round_edge)
            painter.drawPixmap(place.topLeft(), self._picture)
            painter.restore()
        else:
            painter.setPen(theme.quiet_text(self.palette()))
            draw_glyph(painter, place.adjusted(4, 4, -4, -4), glyph(name))
        return place.right() + 1 + theme.GAP_1 + 2

    def _glyph_name(self) -> str | None:
        if isinstance(self._part, FilterPart):
            return "funnel"
        if isinstance(self._part, TextTerm):
            return None if self.wanted else "minus-circle"
        return "image"

    def _cross(self) -> QRect:
        return QRect(self.width() - _CROSS - theme.GAP_1, 0, _CROSS + theme.GAP_1, HEIGHT)

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(theme.body_font())

    def _describe(self) -> None:
        self.setAccessibleName(self.label)
        self.setAccessibleDescription("Space: wanted or not. Delete: remove.")
        if isinstance(self._part, FilterPart):
            self.setAccessibleDescription("Delete: remove.")
            self.setToolTip(self.label)
        else:
            other = "not wanted" if self.wanted else "wanted"
            self.setToolTip(f"{self.label}\nClick: {other}")
        self.updateGeometry()
        self.update()

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._on_cross = self._cross().contains(event.position().toPoint())
        super().mousePressEvent(event)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not event.buttons():
            self._on_cross = self._cross().contains(event.position().toPoint())
            self.update()
        super().mouseMoveEvent(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.stepped.emit(-1 if key == Qt.Key.Key_Left else 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.turn()
        else:
            self._on_cross = False
            super().keyPressEvent(event)

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        if not isinstance(self._part, FilterPart):
            words = "Not wanted" if self.wanted else "Wanted"
            sign = icon("minus-circle" if self.wanted else "plus-circle")
            menu.addAction(sign, words).triggered.connect(self.turn)
        menu.addAction(icon("x"), "Remove").triggered.connect(self.removed)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    @Slot()
    def _on_clicked(self) -> None:
        if self._on_cross:
            self.removed.emit()
        else:
            self.turn()


def _name_of(part: ChipPart) -> str:
    if isinstance(part, FilterPart):
        return part.label
    if isinstance(part, TextTerm):
        return part.text
    if isinstance(part, PictureTerm):
        return part.source.name if isinstance(part.source, Path) else part.label
    return "this photo"


def date_parts(filters: Filters) -> list[FilterPart]:
    """A chip for each end of a span of time."""
    parts: list[FilterPart] = []
    if filters.after is not None:
        label = f"from {day_text(filters.after)}"
        parts.append(FilterPart(Filters(after=filters.after), label))
    if filters.before is not None:
        label = f"before {day_text(filters.before)}"
        parts.append(FilterPart(Filters(before=filters.before), label))
    return parts
