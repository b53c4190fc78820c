"""A check box drawn with the icon set: visible on dark and on light."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QCheckBox
from typing_extensions import override

from photofind.gui import theme
from photofind.gui.icons import draw_glyph, glyph

_SIDE = 18  # logical pixels of the box


class CheckBox(QCheckBox):
    """Behaves as a QCheckBox; only the box and its text are drawn here."""

    @override
    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        width = _SIDE + theme.GAP_2 + metrics.horizontalAdvance(self.text()) + theme.GAP_1
        return QSize(width, max(_SIDE, metrics.height()) + theme.GAP_1)

    @override
    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    @override
    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        group = QPalette.ColorGroup.Active if self.isEnabled() else QPalette.ColorGroup.Disabled
        text = self.palette().color(group, QPalette.ColorRole.WindowText)
        box = QRect(0, (self.height() - _SIDE) // 2, _SIDE, _SIDE)
        on = self.isChecked() and self.isEnabled()
        painter.setPen(theme.accent(self.palette()) if on or self.hasFocus() else text)
        name = "check-square-fill" if self.isChecked() else "square"
        draw_glyph(painter, box, glyph(name))
        painter.setPen(text)
        rest = self.rect().adjusted(_SIDE + theme.GAP_2, 0, 0, 0)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextShowMnemonic
        painter.drawText(rest, flags, self.text())
