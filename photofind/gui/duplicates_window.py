"""The window in which duplicates are reviewed. Asks for everything it shows or does by signal."""

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QImage, QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QMessageBox, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from photofind.core.types import DuplicateGroup, DuplicateKind, PhotoId, TrashReport
from photofind.gui.duplicates_bars import ReviewBottomBar, ReviewTopBar, WaitingPage
from photofind.gui.duplicates_board import ReviewBoard
from photofind.gui.duplicates_model import DuplicateReview
from photofind.gui.wording import byte_size, count_of


class DuplicatesWindow(QWidget):
    """Searching, then reviewing, then moving to the trash what was marked."""

    search_requested = Signal(float)
    """Look for duplicates that are alike at least so much; answer through `set_groups`."""
    search_cancelled = Signal()
    similarity_changed = Signal(float)
    """A cosine from 0.8 to 0.99: group again, without a new scan."""
    thumbnails_wanted = Signal(list)
    """Every photo id on screen that has no thumbnail yet; answer through `on_thumbnail_loaded`."""
    images_wanted = Signal(list)
    """Photo ids to compare at full size; answer through `on_image_loaded`."""
    trash_requested = Signal(list)
    """Photo ids; the user has confirmed. Answer through `on_trashed` or `on_trash_failed`."""
    undo_requested = Signal(int)
    """A batch to bring back; answer through `on_restored`."""
    not_duplicates_marked = Signal(list)
    """Pairs of content hashes to remember."""
    show_in_folder_requested = Signal(int)

    def __init__(self, similarity: float = 0.92, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("Duplicates")
        self.review = DuplicateReview()
        self.board = ReviewBoard(self.review)
        self._asked = False
        self._box: QMessageBox | None = None
        self._top = ReviewTopBar(similarity)
        self._bottom = ReviewBottomBar()
        self._waiting = WaitingPage()
        self._pages = QStackedWidget()
        self._arrange()
        self._connect_edges()
        self._connect_board()

    @Slot(str, int, int)
    def set_progress(self, what: str, done: int, total: int) -> None:
        """The search for duplicates is on its way; `total` is 0 while unknown."""
        self._waiting.show_progress(what, done, total)
        self._pages.setCurrentWidget(self._waiting)

    @Slot(list)
    def set_groups(self, groups: Sequence[DuplicateGroup]) -> None:
        """Take a grouping, new or regrouped; what was decided stays decided."""
        self._asked = True
        waited = self._pages.currentWidget() is self._waiting
        self.review.set_groups(groups)
        self._on_groups_changed()
        self._pages.setCurrentIndex(1)
        if waited:
            self.board.list.setFocus()

    @Slot(str)
    def set_failed(self, message: str) -> None:
        """The search ended in an error, which says what to do."""
        self._wait("Duplicates could not be looked for", message, "Try again")

    @Slot()
    def set_cancelled(self) -> None:
        """The search ended at the user's wish."""
        self._wait("The search was cancelled", "", "Look for duplicates")

    @Slot(int, QImage)
    def on_thumbnail_loaded(self, photo_id: PhotoId, image: QImage) -> None:
        if not image.isNull():
            self.board.set_thumbnail(photo_id, image)

    @Slot(int, QImage)
    def on_image_loaded(self, photo_id: PhotoId, image: QImage) -> None:
        """A full-size image for the comparison."""
        self.board.compare.set_image(photo_id, image)

    @Slot(object)
    def on_trashed(self, report: TrashReport) -> None:
        """Photos have gone to the trash, from here or elsewhere: groups shrink or vanish."""
        self.review.remove(report.photo_ids)
        self._bottom.show_trashed(report)
        self._on_groups_changed()

    @Slot(str)
    def on_trash_failed(self, message: str) -> None:
        self._bottom.show_message(message)
        self._on_marks_changed()

    @Slot(object)
    def on_restored(self, report: TrashReport) -> None:
        """Photos are back, and so are their groups."""
        self.review.restore(report.photo_ids)
        self._bottom.show_message(f"{count_of(len(report.photo_ids), 'photo')} brought back")
        self._on_groups_changed()

    @Slot(list)
    def on_photos_removed(self, ids: Iterable[PhotoId]) -> None:
        """Photos have left the library in another way."""
        here = {photo_id for group in self.review.groups for photo_id in group.ids}
        if leaving := here.intersection(ids):
            self.review.remove(leaving)
            self._on_groups_changed()

    @Slot()
    def search(self) -> None:
        """Look for duplicates anew; what was decided stays decided."""
        self._asked = True
        self.set_progress("Starting…", 0, 0)
        self.search_requested.emit(self._top.similarity)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._asked:
            self.search()

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        if self._pages.currentWidget() is self._waiting and self._waiting.running:
            self._asked = False
            self.search_cancelled.emit()
        super().closeEvent(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Whatever has the focus, a key of the review does what the bottom line says."""
        reviewing = self._pages.currentWidget() is not self._waiting
        if event.key() == Qt.Key.Key_Escape or event.matches(QKeySequence.StandardKey.Close):
            self.close()
        elif reviewing and event.matches(QKeySequence.StandardKey.Refresh):
            self.search()
        elif reviewing and event.matches(QKeySequence.StandardKey.Undo):
            self._bottom.undo()
        elif reviewing and event.key() == Qt.Key.Key_Delete:
            self.ask_trash()
        elif reviewing:
            self.board.keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    @Slot()
    def ask_trash(self) -> None:
        """Ask, stating count and bytes; `trash_requested` follows a yes."""
        ids = list(self.review.marked)
        if not ids:
            self._bottom.show_message("Select photos first: Space for one, A for the whole group.")
            return
        size = byte_size(self.review.marked_bytes)
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle("Move to the trash")
        box.setText(f"Move {count_of(len(ids), 'photo')} ({size}) to the trash?")
        box.setInformativeText("At least one photo of every group stays. This can be undone.")
        move = box.addButton("Move to the trash", QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(move)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.accepted.connect(lambda: self._move(ids))
        box.open()
        self._box = box

    def _move(self, ids: list[PhotoId]) -> None:
        # What was marked when the question was asked may have been unmarked or left meanwhile.
        ids = [photo_id for photo_id in ids if self.review.is_marked(photo_id)]
        if ids:
            self._bottom.set_waiting()
            self.trash_requested.emit(ids)

    def _arrange(self) -> None:
        review = QWidget()
        column = QVBoxLayout(review)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._top)
        column.addWidget(self.board, 1)
        column.addWidget(self._bottom)
        self._pages.addWidget(self._waiting)
        self._pages.addWidget(review)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages)
        self.resize(1100, 720)

    def _connect_edges(self) -> None:
        self._top.kind_changed.connect(self.board.set_kind)
        self._top.search_clicked.connect(self.search)
        self._top.similarity_changed.connect(self.similarity_changed)
        self._bottom.trash_clicked.connect(self.ask_trash)
        self._bottom.mark_all_clicked.connect(self._on_mark_all_clicked)
        self._bottom.unmark_all_clicked.connect(self._on_unmark_all_clicked)
        self._bottom.undo_requested.connect(self.undo_requested)
        self._waiting.search_clicked.connect(self.search)
        self._waiting.cancel_clicked.connect(self._on_cancel_clicked)

    def _connect_board(self) -> None:
        self.board.marks_changed.connect(self._on_marks_changed)
        self.board.groups_changed.connect(self._on_groups_changed)
        self.board.currentChanged.connect(self._on_page_changed)
        self.board.noticed.connect(self._bottom.show_message)
        self.board.thumbnails_wanted.connect(self.thumbnails_wanted)
        self.board.images_wanted.connect(self.images_wanted)
        self.board.not_duplicates_marked.connect(self.not_duplicates_marked)
        self.board.show_in_folder_requested.connect(self.show_in_folder_requested)

    def _wait(self, title: str, text: str, button: str) -> None:
        self._waiting.show_message(title, text, button)
        self._pages.setCurrentWidget(self._waiting)

    @Slot()
    def _on_groups_changed(self) -> None:
        self._top.set_counts(self.review.counts())
        self.board.reload()
        self._on_marks_changed()

    @Slot()
    def _on_marks_changed(self) -> None:
        self._bottom.set_marked(self.review.marked_count, self.review.marked_bytes)
        self.board.refresh()

    @Slot()
    def _on_page_changed(self) -> None:
        self._bottom.set_keys_shown(not self.board.comparing)

    @Slot(object)
    def _on_mark_all_clicked(self, kind: DuplicateKind | None) -> None:
        self.review.mark_all_but_keepers(kind)
        self._on_marks_changed()

    @Slot()
    def _on_unmark_all_clicked(self) -> None:
        self.review.unmark_all()
        self._on_marks_changed()

    @Slot()
    def _on_cancel_clicked(self) -> None:
        self.search_cancelled.emit()
        self.set_cancelled()
