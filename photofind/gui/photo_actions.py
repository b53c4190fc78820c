"""What can be done with selected photos: open, show, copy, find similar, trash and bring back."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QPoint, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QUndoCommand, QUndoStack
from PySide6.QtWidgets import QMenu, QMessageBox
from typing_extensions import override

from photofind.core.types import Photo, TrashReport
from photofind.gui.browsing import Browsing
from photofind.gui.file_manager import open_photo, show_in_folder
from photofind.gui.icons import icon
from photofind.gui.main_window import MainWindow
from photofind.gui.wording import byte_size, count_of
from photofind.workers.library_thread import LibraryThread

_MOST_OPENED = 20  # photos that one action opens in other windows
_MOST_ALIKE = 10  # photos that similar ones are looked for to at once


class TrashCommand(QUndoCommand):
    """One move to the trash that has happened; undoing brings the photos back."""

    def __init__(self, actions: "PhotoActions", report: TrashReport) -> None:
        super().__init__(f"Move {count_of(len(report.moved), 'photo')} to the trash")
        self._actions = actions
        self.photo_ids = report.photo_ids
        self.batch_id = report.batch_id
        self.done = True

    @override
    def undo(self) -> None:
        self.done = False
        self._actions.restore(self)

    @override
    def redo(self) -> None:
        if not self.done:
            self.done = True
            self._actions.move_again(self)


class PhotoActions(QObject):
    """The actions of the grid's context menu, also reachable by their keys."""

    earlier_moves_wanted = Signal()  # Ctrl+Z, and only moves before this start are left

    def __init__(self, window: MainWindow, browsing: Browsing, library: LibraryThread) -> None:
        super().__init__(window)
        self._window = window
        self._browsing = browsing
        self._library = library
        self._grid = window.parts.grid
        self.undo_stack = QUndoStack(self)
        self._redoing: TrashCommand | None = None
        self._undoing: TrashCommand | None = None
        self._earlier_moves = False  # whether the journal knows moves that can be undone
        self._actions = self._make_actions()
        self._grid.photo_activated.connect(self._on_photo_activated)
        self._grid.delete_requested.connect(self.ask_to_trash)
        self._grid.context_menu_requested.connect(self._on_context_menu_requested)
        self._grid.selection_changed.connect(self._on_selection_changed)
        browsing.preview.photo_activated.connect(self._on_photo_activated)
        browsing.preview.delete_requested.connect(self.ask_to_trash)
        window.parts.details.show_in_folder_requested.connect(self.show_photo_in_folder)
        library.trash_moved.connect(self._on_trash_moved)
        library.trash_restored.connect(self._on_trash_restored)
        library.trash_failed.connect(self._on_trash_failed)
        library.trash_changed.connect(self._on_trash_changed)
        window.parts.status.undo_requested.connect(self.undo_batch)

    # Commands.

    @Slot(list)
    def ask_to_trash(self, ids: Sequence[int]) -> None:
        """Ask, stating the count and the bytes, and then move."""
        if ids:
            self._browsing.with_photos(ids, self._ask_to_trash)

    def _ask_to_trash(self, photos: list[Photo]) -> None:
        if not photos:
            return
        ids = [photo.photo_id for photo in photos]
        size = sum(photo.stamp.size for photo in photos)
        what = f"“{photos[0].name}”" if len(photos) == 1 else count_of(len(photos), "photo")
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setWindowTitle("Move to the trash")
        box.setText(f"Move {what} to the trash?")
        back = "it" if len(photos) == 1 else "them"
        box.setInformativeText(f"{byte_size(size)}. You can bring {back} back with Ctrl+Z.")
        move = box.addButton("Move to the trash", QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(move)
        move.clicked.connect(lambda: self._library.move_to_trash(ids))
        box.open()

    @Slot()
    def undo(self) -> None:
        """Bring back what went to the trash last."""
        if self.undo_stack.canUndo():
            self.undo_stack.undo()
            self._window.parts.status.clear_undo()
        elif self._earlier_moves:
            self.earlier_moves_wanted.emit()
        else:
            self._window.parts.status.show_message("There is nothing to undo")

    @Slot()
    def redo(self) -> None:
        """Move what came back to the trash again."""
        if self.undo_stack.canRedo():
            self.undo_stack.redo()

    @Slot(int)
    def undo_batch(self, batch_id: int) -> None:
        """Bring one move back, whichever window it was made in."""
        stack = self.undo_stack
        commands = [stack.command(place) for place in range(stack.index())]
        found = [c for c in commands if isinstance(c, TrashCommand) and c.batch_id == batch_id]
        if found and found[-1] is commands[-1]:
            self.undo()
            return
        for command in found:
            command.setObsolete(True)  # Ctrl+Z passes over it from now on
        self._library.restore_trash(batch_id)

    @Slot(int)
    def show_photo_in_folder(self, photo_id: int) -> None:
        self._browsing.with_photos([photo_id], self._show_in_folder)

    @Slot(object)
    def show_path_in_folder(self, path: Path) -> None:
        say = self._window.parts.status.show_message
        show_in_folder(path, self, lambda: say(f"No file manager opens {path.parent}"))

    def restore(self, command: TrashCommand) -> None:
        self._undoing = command
        self._library.restore_trash(command.batch_id)

    def move_again(self, command: TrashCommand) -> None:
        """The report to come gives the command its new batch."""
        self._redoing = command
        self._library.move_to_trash(command.photo_ids)

    # Slots.

    @Slot(int)
    def _on_photo_activated(self, photo_id: int) -> None:
        self._browsing.with_photos([photo_id], self._open)

    def _show_in_folder(self, photos: list[Photo]) -> None:
        for photo in photos[:1]:
            if not self._is_away(photo):
                self.show_path_in_folder(photo.path)

    def _is_away(self, photo: Photo) -> bool:
        """Whether the file cannot be had at present, which is said then."""
        if photo.offline:
            say = self._window.parts.status.show_message
            say(f"{photo.name} is on a drive that is not connected")
        return photo.offline

    @Slot(int, int)
    def _on_selection_changed(self, _current: int, count: int) -> None:
        self._actions["show"].setEnabled(count == 1)
        self._actions["similar"].setEnabled(0 < count <= _MOST_ALIKE)

    @Slot(QPoint, list)
    def _on_context_menu_requested(self, place: QPoint, ids: list[int]) -> None:
        if not ids:
            return
        menu = QMenu(self._window)
        for name in ("open", "show", "similar", "", "copy", "copy_path", "", "trash"):
            if name:
                menu.addAction(self._actions[name])
            else:
                menu.addSeparator()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    @Slot(list)
    def _on_trash_changed(self, batches: list[object]) -> None:
        self._earlier_moves = bool(batches)

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
        self._undoing = None
        text = f"{count_of(len(report.moved), 'photo')} brought back from the trash"
        if report.failed:
            first = report.failed[0]
            text += f"; {first.path.name}: {first.reason}"
        self._window.parts.status.show_message(text)
        self._browsing.refresh()

    @Slot(str)
    def _on_trash_failed(self, message: str) -> None:
        self._redoing = None
        undoing, self._undoing = self._undoing, None
        if undoing is not None:
            # Still in the trash: it can be tried again.
            undoing.done = True
            self.undo_stack.redo()
        self._window.parts.status.show_message(message)

    @Slot()
    def _on_open(self) -> None:
        self._browsing.with_photos(self._grid.selected_ids(), self._open)

    @Slot()
    def _on_show(self) -> None:
        for photo_id in self._grid.selected_ids()[:1]:
            self.show_photo_in_folder(photo_id)

    @Slot()
    def _on_similar(self) -> None:
        if ids := self._grid.selected_ids():
            self._browsing.find_like(ids)

    @Slot()
    def _on_copy(self) -> None:
        self._browsing.with_photos(self._grid.selected_ids(), self._copy)

    def _copy(self, photos: list[Photo]) -> None:
        """The files, for a file manager or a letter; their paths where only words fit."""
        if not photos:
            return
        data = QMimeData()
        urls = [QUrl.fromLocalFile(str(photo.path)) for photo in photos]
        data.setUrls(urls)
        data.setText("\n".join(str(photo.path) for photo in photos))
        addresses = [url.toString(QUrl.ComponentFormattingOption.FullyEncoded) for url in urls]
        data.setData("x-special/gnome-copied-files", "\n".join(["copy", *addresses]).encode())
        QGuiApplication.clipboard().setMimeData(data)
        self._window.parts.status.show_message(f"{count_of(len(photos), 'photo')} copied")

    @Slot()
    def _on_copy_path(self) -> None:
        self._browsing.with_photos(self._grid.selected_ids(), self._copy_paths)

    def _copy_paths(self, photos: list[Photo]) -> None:
        if photos:
            QGuiApplication.clipboard().setText("\n".join(str(photo.path) for photo in photos))
            self._window.parts.status.show_message(f"{count_of(len(photos), 'path')} copied")

    @Slot()
    def _on_trash(self) -> None:
        self.ask_to_trash(self._grid.selected_ids())

    def _open(self, photos: list[Photo]) -> None:
        say = self._window.parts.status.show_message
        for photo in photos[:_MOST_OPENED]:
            if self._is_away(photo):
                return
            if not open_photo(photo.path):
                say(f"No program opens {photo.name}")
                return
        if len(photos) > _MOST_OPENED:
            say(f"Only the first {_MOST_OPENED} were opened")

    def _make_actions(self) -> dict[str, QAction]:
        entries = (
            ("open", "Open", "arrow-square-out", "Return Enter", self._on_open),
            ("show", "Show in folder", "folder-open", "Ctrl+Shift+O", self._on_show),
            ("similar", "Find similar", "magnifying-glass", "Ctrl+Shift+F", self._on_similar),
            ("copy", "Copy", "copy", "Ctrl+C", self._on_copy),
            ("copy_path", "Copy path", "clipboard-text", "Ctrl+Shift+C", self._on_copy_path),
            ("trash", "Move to trash…", "trash", "Del", self._on_trash),
        )
        actions: dict[str, QAction] = {}
        for name, text, picture, keys, slot in entries:
            action = QAction(icon(picture), text, self)
            if keys:
                action.setShortcuts([QKeySequence(each) for each in keys.split()])
                action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(slot)
            # On the grid only: in the search field Ctrl+C copies words.
            self._grid.addAction(action)
            actions[name] = action
        return actions
