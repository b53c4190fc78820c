"""The list of groups: one light row each, so that thousands of them stay quick."""

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)
from typing_extensions import override

from photofind.core.types import DuplicateKind, PhotoId
from photofind.gui import theme
from photofind.gui.duplicates_model import DuplicateReview, ReviewGroup
from photofind.gui.icons import draw_glyph, glyph
from photofind.gui.pixmap_cache import PixmapCache
from photofind.gui.wording import byte_size, count_of, number

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_THUMBNAIL = 48  # logical pixels
_MARK_WIDTH = 44  # logical pixels
_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)

KIND_WORDS = {
    DuplicateKind.IDENTICAL: "Identical",
    DuplicateKind.SAME_PHOTO: "Same photo",
    DuplicateKind.SIMILAR: "Similar",
}


class GroupListModel(QAbstractListModel):
    """The groups of a review, of one kind or of all."""

    def __init__(self, review: DuplicateReview, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._review = review
        self._kind: DuplicateKind | None = None
        self._rows: list[int] = []

    @property
    def kind(self) -> DuplicateKind | None:
        return self._kind

    def set_kind(self, kind: DuplicateKind | None) -> None:
        self._kind = kind
        self.reload()

    def reload(self) -> None:
        """The review has other groups than before."""
        self.beginResetModel()
        groups = enumerate(self._review.groups)
        self._rows = [i for i, g in groups if self._kind is None or g.kind is self._kind]
        self.endResetModel()

    def repaint(self) -> None:
        """The same groups, other marks."""
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    def group(self, row: int) -> ReviewGroup | None:
        return self._review.groups[self._rows[row]] if 0 <= row < len(self._rows) else None

    def row_of(self, photo_id: PhotoId) -> int:
        """The first group that holds a photo; -1 where none does."""
        groups = self._review.groups
        found = (r for r, i in enumerate(self._rows) if photo_id in groups[i].ids)
        return next(found, -1)

    def marked_in(self, group: ReviewGroup) -> int:
        return sum(map(self._review.is_marked, group.ids))

    @override
    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    @override
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        group = self.group(index.row())
        if group is None:
            return None
        kept = group.members[group.position(group.keep)]
        if role == Qt.ItemDataRole.DisplayRole:
            return kept.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return str(kept.path)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{KIND_WORDS[group.kind]}: {kept.name}, {count_of(len(group.ids), 'photo')}"
        return None


class GroupDelegate(QStyledItemDelegate):
    """The kept photo, its name, how many there are and how many of them are marked."""

    def __init__(self, thumbnails: PixmapCache, parent: QWidget) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._trash = glyph("trash")

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(200, _THUMBNAIL + 2 * theme.GAP_2)

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = index.model()
        if not isinstance(model, GroupListModel) or (group := model.group(index.row())) is None:
            return
        palette, rect = option.palette, QRect(option.rect)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        if selected:
            painter.fillRect(rect, palette.highlight())
        box = QRect(rect.left() + theme.GAP_2, rect.top() + theme.GAP_2, _THUMBNAIL, _THUMBNAIL)
        self._paint_picture(painter, box, group, option)
        text = rect.adjusted(_THUMBNAIL + theme.GAP_4 + theme.GAP_1, 0, -theme.GAP_3, 0)
        plain = palette.color(
            QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text
        )
        quiet = plain if selected else theme.quiet_text(palette)
        painter.setPen(plain)
        if count := model.marked_in(group):
            self._paint_marked(painter, text, count)
            text.setRight(text.right() - _MARK_WIDTH)
        self._paint_lines(painter, text, index.data(), _summary(group), quiet)
        painter.restore()

    def _paint_picture(
        self, painter: QPainter, box: QRect, group: ReviewGroup, option: QStyleOptionViewItem
    ) -> None:
        pixmap = self._thumbnails.get(group.keep)
        if pixmap is None:
            kept = group.members[group.position(group.keep)]
            below = option.palette.color(QPalette.ColorRole.Base)
            painter.fillRect(box, theme.blend(below, QColor.fromRgb(kept.average_color), 0.6))
            return
        side = min(pixmap.width(), pixmap.height())
        source = QRect(0, 0, side, side)
        source.moveCenter(pixmap.rect().center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(box, pixmap, source)

    def _paint_marked(self, painter: QPainter, rect: QRect, count: int) -> None:
        right = QRect(rect.right() - 40, rect.top(), 40, rect.height())
        painter.setFont(theme.small_font())
        painter.drawText(
            right, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, number(count)
        )
        mark = QRect(right.left(), rect.center().y() - 8, 16, 16)
        draw_glyph(painter, mark, self._trash)

    def _paint_lines(
        self, painter: QPainter, rect: QRect, name: str, summary: str, quiet: QColor
    ) -> None:
        upper = rect.adjusted(0, theme.GAP_2, 0, -rect.height() // 2)
        lower = rect.adjusted(0, rect.height() // 2, 0, -theme.GAP_2)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setFont(theme.body_font())
        metrics = painter.fontMetrics()
        middle = Qt.TextElideMode.ElideMiddle
        painter.drawText(upper, left, metrics.elidedText(name, middle, rect.width()))
        painter.setFont(theme.small_font())
        painter.setPen(quiet)
        metrics = painter.fontMetrics()
        end = Qt.TextElideMode.ElideRight
        painter.drawText(lower, left, metrics.elidedText(summary, end, rect.width()))


class GroupListView(QListView):
    """Moves between groups; every other key is the window's."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Groups of duplicates")
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(200)

    def visible_rows(self) -> range:
        """Rows on screen and a few more below."""
        first = self.indexAt(self.viewport().rect().topLeft()).row()
        model = self.model()
        count = model.rowCount() if model else 0
        if first < 0 or not count:
            return range(0)
        height = max(1, self.sizeHintForRow(first))
        return range(first, min(count, first + self.viewport().height() // height + 4))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (*_KEYS, Qt.Key.Key_Home, Qt.Key.Key_End):
            super().keyPressEvent(event)
        else:
            event.ignore()


def _summary(group: ReviewGroup) -> str:
    photos = count_of(len(group.ids), "photo")
    return f"{photos} · {byte_size(group.spare_bytes)}"
