"""The review itself: groups on the left, the shown one on the right, a key for every decision.

Changes the `DuplicateReview` and says so; moving files is left to the window.
"""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QImage, QKeyEvent, QPixmap
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget
from typing_extensions import override

from photofind.core.types import DuplicateKind, PhotoId
from photofind.gui.compare_view import CompareView
from photofind.gui.duplicates_group import GroupView
from photofind.gui.duplicates_list import KIND_WORDS, GroupDelegate, GroupListModel, GroupListView
from photofind.gui.duplicates_model import ContentPair, DuplicateReview
from photofind.gui.pixmap_cache import PixmapCache
from photofind.gui.text_widgets import TitleLabel

_THUMBNAIL_DELAY_MS = 30
_THUMBNAIL_BYTES = 96_000_000


class ReviewBoard(QStackedWidget):
    """A list, a group, and in their place a comparison or a closing word."""

    marks_changed = Signal()
    groups_changed = Signal()
    noticed = Signal(str)
    thumbnails_wanted = Signal(list)
    images_wanted = Signal(list)
    not_duplicates_marked = Signal(list)
    show_in_folder_requested = Signal(int)

    def __init__(self, review: DuplicateReview, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._review = review
        self._thumbnails = PixmapCache(_THUMBNAIL_BYTES)
        self.model = GroupListModel(review, self)
        self.list = GroupListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(GroupDelegate(self._thumbnails, self.list))
        self.members = GroupView(review, self._thumbnails)
        self.compare = CompareView()
        self._nothing = TitleLabel()
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.addWidget(self.list)
        self._splitter.addWidget(self.members)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes([280, 820])
        self._splitter.setChildrenCollapsible(False)
        for page in (self._splitter, self.compare, self._nothing):
            self.addWidget(page)
        self._lazy = QTimer(self)
        self._lazy.setSingleShot(True)
        self._lazy.setInterval(_THUMBNAIL_DELAY_MS)
        self._connect()

    @property
    def comparing(self) -> bool:
        return self.currentWidget() is self.compare

    def set_kind(self, kind: DuplicateKind | None) -> None:
        """Show the groups of one kind, or of all."""
        self.model.set_kind(kind)
        self._select(0)

    def reload(self) -> None:
        """The review has other groups: keep the place in the list as far as possible."""
        current, row = self.members.current, self.list.currentIndex().row()
        self.model.reload()
        found = self.model.row_of(current) if current is not None else -1
        self._select(found if found >= 0 else row, current)

    def refresh(self) -> None:
        """The same groups with other marks or another keeper."""
        self.members.show_group(self.model.group(self.list.currentIndex().row()))
        self.model.repaint()
        self._show_pair()

    def set_thumbnail(self, photo_id: PhotoId, image: QImage) -> None:
        pixmap = QPixmap.fromImage(image)
        self._thumbnails.put(photo_id, pixmap)
        self.members.set_thumbnail(photo_id, pixmap)
        self.list.viewport().update()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        act = self._action(Qt.Key(event.key()), event.modifiers())
        if act is None:
            event.ignore()
        else:
            act()

    @Slot(int)
    def toggle(self, photo_id: PhotoId) -> None:
        """Mark for the trash, or not; a refusal says why."""
        if self._review.is_marked(photo_id):
            self._review.unmark(photo_id)
        elif not self._review.mark(photo_id):
            self.noticed.emit(self._review.why_not(photo_id, self.members.group))
        self.marks_changed.emit()

    @Slot(int)
    def keep(self, photo_id: PhotoId) -> None:
        """Keep this one of the shown group."""
        if self.members.group is not None:
            self._review.set_keeper(self.members.group, photo_id)
            self.marks_changed.emit()

    @Slot(int)
    def dismiss(self, photo_id: PhotoId) -> None:
        """This one is not a duplicate of the others."""
        if self.members.group is not None:
            self._settle(self._review.dismiss_photo(self.members.group, photo_id))

    def _connect(self) -> None:
        self.list.selectionModel().currentChanged.connect(self._on_group_picked)
        self.list.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.members.current_changed.connect(self._show_pair)
        self.members.mark_toggled.connect(self.toggle)
        self.members.keep_clicked.connect(self.keep)
        self.members.dismiss_clicked.connect(self.dismiss)
        self.members.folder_clicked.connect(self.show_in_folder_requested)
        self.members.compare_clicked.connect(self._compare)
        self.members.more_shown.connect(self._lazy.start)
        self.compare.images_wanted.connect(self.images_wanted)
        self.compare.closed.connect(self._on_compare_closed)
        self._lazy.timeout.connect(self._want_thumbnails)

    @Slot()
    def _on_scrolled(self) -> None:
        # Not QTimer.start itself: it would take the scroll bar's value for milliseconds.
        self._lazy.start()

    def _action(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> Callable[[], None] | None:
        """What a key does; the keys are told at the bottom of the window."""
        allowed = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        if modifiers & ~allowed:
            return None
        shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        current = self.members.current
        about_photo: dict[Qt.Key, Callable[[PhotoId], None]] = {
            Qt.Key.Key_Space: self.toggle,
            Qt.Key.Key_K: self.keep,
            Qt.Key.Key_C: self._compare,
        }
        if not shift:
            about_photo[Qt.Key.Key_N] = self.dismiss
        if current is not None and key in about_photo:
            return lambda: about_photo[key](current)
        return {
            Qt.Key.Key_Left: lambda: self.members.step(-1),
            Qt.Key.Key_Right: lambda: self.members.step(+1),
            Qt.Key.Key_Up: lambda: self._step_group(-1),
            Qt.Key.Key_Down: lambda: self._step_group(+1),
            Qt.Key.Key_A: self._mark_group,
            Qt.Key.Key_U: self._unmark_group,
            Qt.Key.Key_N: self._dismiss_group,
        }.get(key)

    def _select(self, row: int, photo_id: PhotoId | None = None) -> None:
        row = min(max(row, 0), self.model.rowCount() - 1)
        self.list.setCurrentIndex(self.model.index(row))
        group = self.model.group(row)
        self.members.show_group(group)
        if photo_id is not None:
            self.members.set_current(photo_id)
        if group is None:
            self._nothing.setText(self._closing_words())
            self.setCurrentWidget(self._nothing)
        elif self.currentWidget() is self._nothing:
            self.setCurrentWidget(self._splitter)
        self._lazy.start()

    def _closing_words(self) -> str:
        if self._review.groups and self.model.kind:
            return f"Nothing in “{KIND_WORDS[self.model.kind]}”"
        return "All duplicates are settled" if self._review.settled else "No duplicates found"

    def _step_group(self, by: int) -> None:
        row = self.list.currentIndex().row() + by
        if 0 <= row < self.model.rowCount():
            self.list.setCurrentIndex(self.model.index(row))

    def _mark_group(self) -> None:
        if self.members.group is not None:
            self._review.mark_all_but_keeper(self.members.group)
            self.marks_changed.emit()

    def _unmark_group(self) -> None:
        if self.members.group is not None:
            self._review.unmark_group(self.members.group)
            self.marks_changed.emit()

    def _dismiss_group(self) -> None:
        if self.members.group is not None:
            self._settle(self._review.dismiss_group(self.members.group))

    def _settle(self, pairs: list[ContentPair]) -> None:
        self.not_duplicates_marked.emit(pairs)
        self.noticed.emit("Remembered: this is not shown as a duplicate again.")
        self.groups_changed.emit()

    @Slot(int)
    def _compare(self, photo_id: PhotoId) -> None:
        self.members.set_current(photo_id)
        self.setCurrentWidget(self.compare)
        self.compare.setFocus()
        self._show_pair()

    @Slot()
    def _show_pair(self) -> None:
        """Put the kept photo on the left and the current one on the right, if comparing."""
        group, current = self.members.group, self.members.current
        if not self.comparing or group is None or current is None:
            return
        if current == group.keep:
            others = [photo_id for photo_id in group.ids if photo_id != group.keep]
            current = others[0]
        left = group.members[group.position(group.keep)]
        right = group.members[group.position(current)]
        fate = "to the trash" if self._review.is_marked(current) else "stays"
        notes = (f"{left.name} (keep: {group.keep_reason})", f"{right.name} ({fate})")
        self.compare.show_pair(left, right, notes)

    @Slot()
    def _on_compare_closed(self) -> None:
        self.setCurrentWidget(self._splitter if self.members.group else self._nothing)
        self.list.setFocus()

    @Slot()
    def _on_group_picked(self) -> None:
        self.members.show_group(self.model.group(self.list.currentIndex().row()))
        self._show_pair()
        self._lazy.start()

    @Slot()
    def _want_thumbnails(self) -> None:
        rows = (self.model.group(row) for row in self.list.visible_rows())
        ids = self.members.shown_ids() + [group.keep for group in rows if group is not None]
        missing = [i for i in dict.fromkeys(ids) if i not in self._thumbnails]
        if missing:
            self.thumbnails_wanted.emit(missing)
