"""What can be done with selected photos: open, show, copy, find similar, trash and bring back."""

from collections.abc import Sequence

from PySide6.QtCore import QMimeData, QObject, QPoint, Qt, QUrl, Slot
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QUndoCommand, QUndoStack
from PySide6.QtWidgets import QMenu, QMessageBox
from typing_extensions import override

from photofind.core.types import TrashReport
from photofind.gui.browsing import Browsing
from photofind.gui.file_manager import open_photo, show_in_folder
from photofind.gui.icons import icon
from photofind.gui.main_window import MainWindow
from photofind.gui.wording import byte_size, count_of
from photofind.workers.library_thread import LibraryThread

_MOST_OPENED = 20  # photos that one action opens in other windows


class TrashCommand(QUndoCommand):
    """One move to the trash that has happened; undoing brings the photos back."""

    def __init__(self, actions: "PhotoActions", report: TrashReport) -> None:
        super().__init__(f"Move {count_of(len(report.moved), 'photo')} to the trash")
        self._actions = actions
        self.photo_ids = report.photo_ids
        self.batch_id = report.batch_id
        self._done = True

    @override
    def undo(self) -> None:
        self._done = False
        self._actions.restore(self)

    @override
    def redo(self) -> None:
        if not self._done:
            self._done = True
            self._actions.move_again(self)


class PhotoActions(QObject):
    """The actions of the grid's context menu, also reachable by their keys."""

    def __init__(self, window: MainWindow, browsing: Browsing, library: LibraryThread) -> None:
        super().__init__(window)
        self._window = window
        self._browsing = browsing
        self._library = library
        self._grid = window.parts.grid
        self.undo_stack = QUndoStack(self)
        self._redoing: TrashCommand | None = None
        self._actions = self._make_actions()
        self._grid.photo_activated.connect(self._on_photo_activated)
        self._grid.delete_requested.connect(self.ask_to_trash)
        self._grid.context_menu_requested.connect(self._on_context_menu_requested)
        browsing.preview.photo_activated.connect(self._on_photo_activated)
        window.parts.details.show_in_folder_requested.connect(self.show_photo_in_folder)
        library.trash_moved.connect(self._on_trash_moved)
        library.trash_restored.connect(self._on_trash_restored)
        library.trash_failed.connect(self._on_trash_failed)
        window.parts.status.undo_requested.connect(self.undo)

    # Commands.

    @Slot(list)
    def ask_to_trash(self, ids: Sequence[int]) -> None:
        """Ask, stating the count and the bytes, and then move."""
        if not ids:
            return
        photos = self._browsing.photos_of(ids)
        size = sum(photo.stamp.size for photo in photos)
        named = len(ids) == len(photos) == 1
        what = f"“{photos[0].name}”" if named else count_of(len(ids), "photo")
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Move to the trash")
        box.setText(f"Move {what} to the trash?")
        amount = f"{byte_size(size)}. " if len(photos) == len(ids) else ""
        box.setInformativeText(f"{amount}You can bring them back with Ctrl+Z.")
        move = box.addButton("Move to the trash", QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(move)
        move.clicked.connect(lambda: self._library.move_to_trash(list(ids)))
        box.open()

    @Slot()
    def undo(self) -> None:
        """Bring back what went to the trash last."""
        if self.undo_stack.canUndo():
            self.undo_stack.undo()
            self._window.parts.status.clear_undo()

    def undo_batch(self, batch_id: int) -> None:
        """Bring one move back, whichever window it was made in."""
        last = self.undo_stack.command(self.undo_stack.index() - 1)
        if isinstance(last, TrashCommand) and last.batch_id == batch_id:
            self.undo()
        else:
            self._library.restore_trash(batch_id)

    @Slot(int)
    def show_photo_in_folder(self, photo_id: int) -> None:
        for path in self._browsing.paths_of([photo_id]):
            show_in_folder(path, self)

    def restore(self, command: TrashCommand) -> None:
        self._library.restore_trash(command.batch_id)

    def move_again(self, command: TrashCommand) -> None:
        """The report to come gives the command its new batch."""
        self._redoing = command
        self._library.move_to_trash(command.photo_ids)

    # Slots.

    @Slot(int)
    def _on_photo_activated(self, photo_id: int) -> None:
        self._open([photo_id])

    @Slot(QPoint, list)
    def _on_context_menu_requested(self, place: QPoint, ids: list[int]) -> None:
        if not ids:
            return
        single = len(ids) == 1
        for name in ("show", "similar"):
            self._actions[name].setEnabled(single)
        menu = QMenu(self._window)
        for name in ("open", "show", "similar", "", "copy", "copy_path", "", "trash"):
            if name:
                menu.addAction(self._actions[name])
            else:
                menu.addSeparator()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    @Slot(object)
    def _on_trash_moved(self, report: TrashReport) -> None:
        if self._redoing is not None:
            self._redoing.batch_id = report.batch_id
            self._redoing = None
        elif report.moved and report.restorable:
            self.undo_stack.push(TrashCommand(self, report))
        self._window.parts.status.show_undo(report)
        if report.failed:
            first = report.failed[0]
            self._window.parts.status.show_message(f"{first.path.name}: {first.reason}")

    @Slot(object)
    def _on_trash_restored(self, report: TrashReport) -> None:
        text = f"{count_of(len(report.moved), 'photo')} brought back from the trash"
        if report.failed:
            first = report.failed[0]
            text += f"; {first.path.name}: {first.reason}"
        self._window.parts.status.show_message(text)
        self._browsing.refresh()

    @Slot(str)
    def _on_trash_failed(self, message: str) -> None:
        self._redoing = None
        self._window.parts.status.show_message(message)

    @Slot()
    def _on_open(self) -> None:
        self._open(self._grid.selected_ids())

    @Slot()
    def _on_show(self) -> None:
        for photo_id in self._grid.selected_ids()[:1]:
            self.show_photo_in_folder(photo_id)

    @Slot()
    def _on_similar(self) -> None:
        for photo_id in self._grid.selected_ids()[:1]:
            self._browsing.find_similar(photo_id)

    @Slot()
    def _on_copy(self) -> None:
        """Files for a file manager; for a single photo its picture too."""
        ids = self._grid.selected_ids()
        paths = self._browsing.paths_of(ids)
        if not paths:
            return
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        data.setText("\n".join(str(path) for path in paths))
        QGuiApplication.clipboard().setMimeData(data)
        self._window.parts.status.show_message(f"{count_of(len(paths), 'photo')} copied")

    @Slot()
    def _on_copy_path(self) -> None:
        paths = self._browsing.paths_of(self._grid.selected_ids())
        if paths:
            QGuiApplication.clipboard().setText("\n".join(str(path) for path in paths))
            self._window.parts.status.show_message(f"{count_of(len(paths), 'path')} copied")

    @Slot()
    def _on_trash(self) -> None:
        self.ask_to_trash(self._grid.selected_ids())

    def _open(self, ids: Sequence[int]) -> None:
        paths = self._browsing.paths_of(ids)
        for path in paths[:_MOST_OPENED]:
            if not open_photo(path):
                self._window.parts.status.show_message(f"No program opens {path.name}")
                return
        if len(paths) > _MOST_OPENED:
            self._window.parts.status.show_message(f"Only the first {_MOST_OPENED} were opened")

    def _make_actions(self) -> dict[str, QAction]:
        entries = (
            ("open", "Open", "arrow-square-out", "", self._on_open),
            ("show", "Show in folder", "folder-open", "Ctrl+Shift+O", self._on_show),
            ("similar", "Find similar", "magnifying-glass", "Ctrl+Shift+F", self._on_similar),
            ("copy", "Copy", "copy", "Ctrl+C", self._on_copy),
            ("copy_path", "Copy path", "clipboard-text", "Ctrl+Shift+C", self._on_copy_path),
            ("trash", "Move to trash…", "trash", "", self._on_trash),
        )
        actions: dict[str, QAction] = {}
        for name, text, picture, keys, slot in entries:
            action = QAction(icon(picture), text, self)
            if keys:
                action.setShortcut(QKeySequence(keys))
                action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(slot)
            # On the grid only: in the search field Ctrl+C copies words.
            self._grid.addAction(action)
            actions[name] = action
        return actions
