"""The window's own actions, their keys, and the one menu that holds them all."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QMenu

from photofind.gui.icons import icon
from photofind.gui.main_window import MainWindow


@dataclass(frozen=True, slots=True)
class WindowCommands:
    """What the window's actions do."""

    add_folder: Callable[[], object]
    search_with_picture: Callable[[], object]
    find_duplicates: Callable[[], object]
    undo: Callable[[], object]
    redo: Callable[[], object]
    bring_back: Callable[[], object]
    preferences: Callable[[], object]
    problems: Callable[[], object]
    shortcuts: Callable[[], object]


class WindowActions:
    """Makes the actions and hangs them on the window and into its menu."""

    def __init__(self, window: MainWindow, commands: WindowCommands) -> None:
        self._window = window
        self.folders = self._toggle("Folders", "folders", "F8", window.show_folders)
        self.details = self._toggle("Details", "info", "F9", window.show_details)
        self.duplicates = self._action(
            "Find duplicates…", "copy-simple", "Ctrl+D", commands.find_duplicates
        )
        self._menu = QMenu(window)
        self._fill(commands)
        menu = QAction(icon("list"), "Menu", window)
        menu.setMenu(self._menu)
        menu.setToolTip("Menu (F10)")
        self._action("Open the menu", "", "F10", self._open_menu)
        window.add_buttons([self.folders], [self.duplicates, self.details, menu])

    def _fill(self, commands: WindowCommands) -> None:
        zoom = self._window.parts.grid.zoom_by
        entries: list[tuple[str, str, str, Callable[[], object]] | None] = [
            ("Add a folder…", "folder-plus", "Ctrl+O", commands.add_folder),
            ("Search", "magnifying-glass", "Ctrl+F", self._search),
            ("Search with a picture…", "image", "Ctrl+Shift+P", commands.search_with_picture),
            ("Search with the clipboard", "clipboard-text", "Ctrl+V", self._paste),
            None,
            ("Undo", "arrow-counter-clockwise", "Ctrl+Z", commands.undo),
            ("Redo", "arrow-clockwise", "Ctrl+Shift+Z", commands.redo),
            ("Bring back from the trash…", "trash", "", commands.bring_back),
            None,
            ("Larger pictures", "magnifying-glass-plus", "Ctrl++ Ctrl+=", lambda: zoom(1)),
            ("Smaller pictures", "magnifying-glass-minus", "Ctrl+-", lambda: zoom(-1)),
            None,
            ("Problems…", "warning", "", commands.problems),
            ("Preferences…", "gear", "Ctrl+,", commands.preferences),
            ("Keys…", "keyboard", "F1", commands.shortcuts),
            None,
            ("Quit", "sign-out", "Ctrl+Q", self._window.close),
        ]
        self._menu.addAction(self.duplicates)
        for toggle in (self.folders, self.details):
            self._menu.addAction(toggle)
        self._menu.addSeparator()
        for entry in entries:
            if entry is None:
                self._menu.addSeparator()
            else:
                self._menu.addAction(self._action(*entry))

    def _action(self, text: str, picture: str, keys: str, command: Callable[[], object]) -> QAction:
        action = QAction(text, self._window)
        if picture:
            action.setIcon(icon(picture))
        if keys:
            action.setShortcuts([QKeySequence(each) for each in keys.split()])
            action.setToolTip(f"{text.rstrip('…')} ({keys.split()[0]})")
        action.triggered.connect(lambda: command())
        self._window.addAction(action)
        return action

    def _toggle(
        self, text: str, picture: str, keys: str, show: Callable[[bool], object]
    ) -> QAction:
        action = QAction(icon(picture), text, self._window)
        action.setCheckable(True)
        action.setShortcut(QKeySequence(keys))
        action.setToolTip(f"{text} ({keys})")
        action.toggled.connect(show)
        self._window.addAction(action)
        return action

    def _search(self) -> None:
        self._window.search_entered.emit()
        self._window.parts.search.focus_field()

    def _paste(self) -> None:
        """For when the field does not have the keyboard: there Ctrl+V is its own."""
        search = self._window.parts.search
        self._window.search_entered.emit()
        text = QGuiApplication.clipboard().text().strip()
        if not search.paste_picture() and text:
            search.type_text(text)

    def _open_menu(self) -> None:
        corner = self._window.rect().topRight()
        place = self._window.mapToGlobal(corner)
        place.setX(place.x() - self._menu.sizeHint().width())
        self._menu.popup(place)


KEYS = (
    ("Ctrl+F", "into the search field"),
    ("Ctrl+V", "search for the picture on the clipboard"),
    ("Ctrl+Shift+P", "search with a picture file"),
    ("Esc", "back to the whole library"),
    ("Arrows, Home, End", "move about"),
    ("Space", "preview"),
    ("Enter", "open"),
    ("Ctrl+Shift+F", "find similar"),
    ("Ctrl+C, Ctrl+Shift+C", "copy, copy path"),
    ("Delete", "move to the trash"),
    ("Ctrl+A", "select all"),
    ("Ctrl+Z, Ctrl+Shift+Z", "undo, redo"),
    ("Ctrl+D", "find duplicates"),
    ("F8, F9", "folders, details"),
    ("Ctrl++, Ctrl+-", "larger, smaller pictures"),
    ("Ctrl+O", "add a folder"),
    ("Ctrl+,", "preferences"),
    ("F10", "menu"),
)
