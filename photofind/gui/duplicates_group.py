"""The shown group: its members side by side. Only this group has widgets, and not all at once."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from photofind.core.types import PhotoId
from photofind.gui import theme
from photofind.gui.duplicates_model import DuplicateReview, ReviewGroup
from photofind.gui.member_card import MemberCard
from photofind.gui.pixmap_cache import PixmapCache
from photofind.gui.wording import number

_PAGE = 24  # members that get widgets before the user asks for more
_CARD_WIDTH = 240  # logical pixels, the least


class GroupView(QScrollArea):
    """Cards in as many columns as fit; one of them is current."""

    current_changed = Signal(int)
    """A photo id."""
    mark_toggled = Signal(int)
    keep_clicked = Signal(int)
    dismiss_clicked = Signal(int)
    folder_clicked = Signal(int)
    compare_clicked = Signal(int)
    more_shown = Signal()

    def __init__(
        self, review: DuplicateReview, thumbnails: PixmapCache, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._review = review
        self._thumbnails = thumbnails
        self._group: ReviewGroup | None = None
        self._cards: list[MemberCard] = []
        self._current = 0
        self._columns = 0
        self.setAccessibleName("Members of the group")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        content = QWidget()
        self._grid = QGridLayout()
        self._grid.setSpacing(theme.GAP_2)
        self._more = QPushButton()
        self._more.clicked.connect(self._on_more_clicked)
        column = QVBoxLayout(content)
        column.setContentsMargins(theme.GAP_3, theme.GAP_3, theme.GAP_3, theme.GAP_3)
        column.addLayout(self._grid, 1)
        column.addWidget(self._more, 0, Qt.AlignmentFlag.AlignHCenter)
        self.setWidget(content)
        self._more.hide()

    @property
    def group(self) -> ReviewGroup | None:
        return self._group

    @property
    def current(self) -> PhotoId | None:
        """The photo that keys act on."""
        return self._cards[self._current].photo.photo_id if self._cards else None

    @property
    def cards(self) -> tuple[MemberCard, ...]:
        return tuple(self._cards)

    def shown_ids(self) -> list[PhotoId]:
        return [card.photo.photo_id for card in self._cards]

    def show_group(self, group: ReviewGroup | None) -> None:
        """Show a group, or the new state of the same members."""
        same = group and self._group and group.ids == self._group.ids
        self._group = group
        if not same:
            self._clear()
            self._current = 0
            if group is not None:
                self._add_cards(_PAGE)
                # The first decision is about the first one that is not kept.
                others = [i for i in group.ids[: len(self._cards)] if i != group.keep]
                self.set_current(others[0] if others else group.keep)
        self.refresh()

    def refresh(self) -> None:
        """Marks or the keeper have changed."""
        group = self._group
        if group is None:
            return
        for card in self._cards:
            photo_id = card.photo.photo_id
            card.show_state(
                group,
                marked=self._review.is_marked(photo_id),
                why_not=self._review.why_not(photo_id, group),
            )

    def set_current(self, photo_id: PhotoId) -> None:
        ids = self.shown_ids()
        if photo_id not in ids:
            return
        self._current = ids.index(photo_id)
        for position, card in enumerate(self._cards):
            card.set_current(position == self._current)
        self.ensureWidgetVisible(self._cards[self._current], theme.GAP_2, theme.GAP_2)
        self.current_changed.emit(photo_id)

    def step(self, by: int) -> None:
        """Make the next or an earlier member the current one."""
        if not self._cards:
            return
        if self._current + by >= len(self._cards):
            self._on_more_clicked()
        position = min(max(self._current + by, 0), len(self._cards) - 1)
        had_focus = any(card.hasFocus() for card in self._cards)
        self.set_current(self._cards[position].photo.photo_id)
        if had_focus:
            self._cards[position].setFocus()

    def set_thumbnail(self, photo_id: PhotoId, pixmap: QPixmap) -> None:
        for card in self._cards:
            if card.photo.photo_id == photo_id:
                card.set_pixmap(pixmap)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def _clear(self) -> None:
        for card in self._cards:
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = []
        self._columns = 0

    def _add_cards(self, count: int) -> None:
        assert self._group is not None
        start = len(self._cards)
        for photo in self._group.members[start : start + count]:
            card = MemberCard(photo)
            card.made_current.connect(self.set_current)
            card.mark_toggled.connect(self.mark_toggled)
            card.keep_clicked.connect(self.keep_clicked)
            card.dismiss_clicked.connect(self.dismiss_clicked)
            card.folder_clicked.connect(self.folder_clicked)
            card.compare_clicked.connect(self.compare_clicked)
            if (pixmap := self._thumbnails.get(photo.photo_id)) is not None:
                card.set_pixmap(pixmap)
            self._cards.append(card)
        rest = len(self._group.members) - len(self._cards)
        self._more.setText(f"Show {number(min(rest, _PAGE))} of {number(rest)} more")
        self._more.setVisible(rest > 0)
        self._columns = 0
        self._lay_out()

    def _lay_out(self) -> None:
        count = len(self._cards)
        columns = min(count, max(1, (self.viewport().width() - theme.GAP_6) // _CARD_WIDTH))
        if count > columns > 2:  # even rows: 2 × 2 rather than 3 + 1
            rows = -(-count // columns)
            columns = -(-count // rows)
        if not count or columns == self._columns:
            return
        self._columns = columns
        for position, card in enumerate(self._cards):
            self._grid.addWidget(card, *divmod(position, columns))
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, int(column < columns))

    @Slot()
    def _on_more_clicked(self) -> None:
        if self._group is not None and len(self._cards) < len(self._group.members):
            self._add_cards(_PAGE)
            self.refresh()
            self.more_shown.emit()
