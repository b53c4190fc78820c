"""The preferences: what they are now, the dialog that shows them, and where changes go."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QApplication

from photofind.core.settings import Settings
from photofind.core.types import Root
from photofind.gui.folders_panel import FoldersPanel
from photofind.gui.main_window import MainWindow
from photofind.gui.model_session import ModelSession
from photofind.gui.theme import apply_theme
from photofind.workers.library_thread import LibraryThread
from photofind.workers.settings_thread import SettingsThread

if TYPE_CHECKING:  # imported when it is first asked for
    from photofind.gui.preferences_dialog import PreferencesDialog


class PreferencesSession(QObject):
    """Holds the settings; the dialog is made when it is first asked for."""

    settings_changed = Signal(object, object)  # Settings before and after

    def __init__(
        self,
        window: MainWindow,
        settings: Settings,
        models: ModelSession,
        library: LibraryThread,
        saver: SettingsThread,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._library = library
        self._saver = saver
        self._roots: list[Root] = []
        self._dialog: PreferencesDialog | None = None
        self._models = models
        self.settings = settings
        library.roots_changed.connect(self._on_roots_changed)
        connect_folders(window.parts.folders, library)

    def show(self, page: str) -> None:
        """Open at "folders", "models", "performance" or "appearance"."""
        if self._dialog is None:
            self._dialog = self._make_dialog()
        self._dialog.set_settings(self.settings)
        self._dialog.show_page(page)

    @Slot()
    def show_folders(self) -> None:
        self.show("folders")

    @Slot()
    def show_models(self) -> None:
        self.show("models")

    def change(self, **changes: Any) -> None:
        """Set single entries; raises TypeError for one that does not exist."""
        self._take(dataclasses.replace(self.settings, **changes))
        if self._dialog is not None:
            self._dialog.set_settings(self.settings)

    def _make_dialog(self) -> PreferencesDialog:
        from photofind.gui.preferences_dialog import PreferencesDialog

        dialog = PreferencesDialog(self.settings, self._window)
        dialog.settings_changed.connect(self._take)
        connect_folders(dialog.folders, self._library)
        dialog.folders.set_roots(self._roots)
        self._models.add_page(dialog.models)
        return dialog

    @Slot(object)
    def _take(self, settings: Settings) -> None:
        before, self.settings = self.settings, settings
        app = QApplication.instance()
        if settings.theme != before.theme and isinstance(app, QApplication):
            apply_theme(app, settings.theme)
        self._window.parts.grid.set_squares(settings.layout == "square")
        self._saver.post(settings)
        self.settings_changed.emit(before, settings)

    @Slot(list)
    def _on_roots_changed(self, roots: list[Root]) -> None:
        self._roots = roots
        if self._dialog is not None:
            self._dialog.folders.set_roots(roots)


def connect_folders(panel: FoldersPanel, library: LibraryThread) -> None:
    """Let a panel of folders do what it offers."""
    panel.folders_chosen.connect(library.add_folders)
    panel.removal_confirmed.connect(library.remove_root)
    panel.rescan_requested.connect(library.rescan)
    panel.excluded_changed.connect(library.set_excluded)
    panel.losses_accepted.connect(library.accept_losses)
