"""Icons of one set, Phosphor, drawn in the colours of the palette at the moment of painting.

Names are Phosphor's own (`magnifying-glass`, `trash`, `folder-plus`; a `-fill` or `-bold` variant
of most exists). QtAwesome carries the font; its own code is left aside, because it loads fourteen
fonts and all of Qt by name, a fifth of the time that the window takes to appear.
"""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication
from typing_extensions import override

_SET = "phosphor"


def icon(
    name: str,
    role: QPalette.ColorRole = QPalette.ColorRole.ButtonText,
) -> QIcon:
    """The icon `name` in the colour of `role`; it follows palette changes by itself.

    Raises KeyError for a name that Phosphor does not have. Needs a QApplication.
    """
    return QIcon(_GlyphEngine(glyph(name), role))


def glyph(name: str) -> str:
    """The character of an icon in Phosphor's font, for painting it oneself with `draw_glyph`.

    Raises KeyError for a name that Phosphor does not have.
    """
    try:
        return chr(int(_charmap()[name], 16))
    except KeyError:
        raise KeyError(f"Phosphor has no icon named {name!r}") from None


def draw_glyph(painter: QPainter, rect: QRect | QRectF, character: str) -> None:
    """Draw an icon's character centred in `rect` with the painter's pen."""
    painter.save()
    font = QFont(_family())
    font.setPixelSize(max(1, round(min(rect.width(), rect.height()))))
    painter.setFont(font)
    painter.drawText(QRectF(rect), Qt.AlignmentFlag.AlignCenter, character)
    painter.restore()


@cache
def _charmap() -> dict[str, str]:
    return json.loads(_file(f"{_SET}-charmap*.json").read_text("utf-8"))


@cache
def _family() -> str:
    return QFontDatabase.applicationFontFamilies(
        QFontDatabase.addApplicationFont(str(_file(f"{_SET}-[0-9]*.ttf")))
    )[0]


def _file(pattern: str) -> Path:
    package = find_spec("qtawesome")
    assert package is not None
    assert package.submodule_search_locations
    return next(Path(package.submodule_search_locations[0]).glob(f"fonts/{pattern}"))


class _GlyphEngine(QIconEngine):
    """Paints one character; asks the palette each time, so nothing has to be refreshed."""

    def __init__(self, character: str, role: QPalette.ColorRole) -> None:
        super().__init__()
        self._character = character
        self._role = role

    @override
    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        palette = QApplication.palette()
        role, group = self._role, QPalette.ColorGroup.Active
        if mode == QIcon.Mode.Disabled:
            group = QPalette.ColorGroup.Disabled
        elif mode == QIcon.Mode.Selected:
            role = QPalette.ColorRole.HighlightedText
        painter.setPen(palette.color(group, role))
        draw_glyph(painter, rect, self._character)

    @override
    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    @override
    def clone(self) -> QIconEngine:
        return _GlyphEngine(self._character, self._role)
