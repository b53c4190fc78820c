"""Dragging photos out to other programs, as the files they are."""

import json
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QRect, Qt, QUrl
from PySide6.QtGui import QColor, QDrag, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from photofind.gui import theme
from photofind.gui.drops import PHOTO_IDS_FORMAT

_SIDE = 128  # of the picture under the pointer
_BADGE = 24


def drag_photos(
    source: QWidget,
    ids: Sequence[int],
    paths: Sequence[Path],
    picture: QPixmap | None,
    color: QColor,
) -> None:
    """Drag until the button is let go. Only a copy is offered: no program may move a photo."""
    drag = QDrag(source)
    drag.setMimeData(photo_data(ids, paths))
    drag.setPixmap(_under_pointer(source, picture, color, len(ids)))
    drag.exec(Qt.DropAction.CopyAction)


def photo_data(ids: Sequence[int], paths: Sequence[Path]) -> QMimeData:
    """File addresses for everyone, and a mark by which photofind knows its own."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    data.setData(PHOTO_IDS_FORMAT, json.dumps(list(ids)).encode())
    return data


def _under_pointer(source: QWidget, picture: QPixmap | None, color: QColor, count: int) -> QPixmap:
    if picture is None:
        picture = QPixmap(_SIDE, _SIDE)
        picture.fill(color)
    smooth = Qt.TransformationMode.SmoothTransformation
    picture = picture.scaled(_SIDE, _SIDE, Qt.AspectRatioMode.KeepAspectRatio, smooth)
    if count > 1:
        _draw_count(picture, count, source)
    return picture


def _draw_count(picture: QPixmap, count: int, source: QWidget) -> None:
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    width = painter.fontMetrics().horizontalAdvance(str(count)) + theme.GAP_4
    badge = QRect(0, 0, max(_BADGE, width), _BADGE)
    badge.moveTopRight(picture.rect().topRight() + QPoint(-theme.GAP_1, theme.GAP_1))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.accent(source.palette()))
    painter.drawRoundedRect(badge, _BADGE / 2, _BADGE / 2)
    painter.setPen(QColor("white"))
    painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, str(count))
    painter.end()
