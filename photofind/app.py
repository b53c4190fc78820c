"""The window as a whole: builds every object once, passes it on, starts and stops the threads."""

from __future__ import annotations

import contextlib
import logging
import queue
import signal
import sys
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

import photofind
from photofind.core.errors import EncoderError
from photofind.core.ownership import Message, OwnerServer, Reply
from photofind.core.paths import LibraryPaths, resources
from photofind.core.settings import Settings, load_settings
from photofind.core.types import InstalledEncoder
from photofind.encoders.registry import ModelRegistry
from photofind.gui.browsing import Browsing, Readers
from photofind.gui.crash_dialog import CrashReporter
from photofind.gui.details_panel import DetailsPanel
from photofind.gui.duplicates_session import DuplicatesSession
from photofind.gui.first_paint import FirstPaint
from photofind.gui.folders_panel import FoldersPanel
from photofind.gui.garbage import GarbageCollector
from photofind.gui.grid_view import GridView
from photofind.gui.keys_dialog import KeysDialog
from photofind.gui.main_window import MainWindow, WindowParts
from photofind.gui.message_page import MessagePage
from photofind.gui.model_offer import ModelOffer
from photofind.gui.model_session import ModelSession
from photofind.gui.photo_actions import PhotoActions
from photofind.gui.photo_model import PhotoModel
from photofind.gui.picture_intake import PictureIntake
from photofind.gui.preferences_session import PreferencesSession
from photofind.gui.problems_dialog import ProblemsDialog
from photofind.gui.question_bar import QuestionBar
from photofind.gui.search_pane import SearchPane
from photofind.gui.status_bar import StatusBar
from photofind.gui.theme import apply_theme
from photofind.gui.trash_dialog import TrashDialog
from photofind.gui.welcome import Welcome
from photofind.gui.window_actions import KEYS, WindowActions, WindowCommands
from photofind.workers.duplicate_thread import DuplicateThread
from photofind.workers.encoder_slot import EncoderSlot
from photofind.workers.library_thread import LibraryThread
from photofind.workers.lookup_thread import LookupThread
from photofind.workers.model_thread import ModelThread
from photofind.workers.render_thread import RenderThread
from photofind.workers.search_thread import SearchThread
from photofind.workers.settings_thread import SettingsThread
from photofind.workers.thumbnail_thread import ThumbnailThread
from photofind.workers.url_thread import UrlThread

if TYPE_CHECKING:  # imported when the window is on show
    from photofind.engine.client import EngineClient

log = logging.getLogger(__name__)


def run_window(paths: LibraryPaths, folders: Sequence[Path], model: str | None) -> int:
    """Open the window on a library that this process holds; returns when it is closed."""
    app = QApplication(sys.argv[:1])
    app.setApplicationName("photofind")
    app.setApplicationVersion(photofind.__version__)
    app.setDesktopFileName("photofind")
    app.setWindowIcon(QIcon(str(resources() / "photofind.svg")))
    _log_to(paths)
    _quit_on_interrupt(app)
    application = Application(app, paths, model)
    application.start(folders)
    garbage = GarbageCollector()
    try:
        return app.exec()
    finally:
        application.stop()
        garbage.stop()


class Application(QObject):
    """Owns the threads and the window, and wires them."""

    _shown_again = Signal(list)  # folders that a second start has handed over
    _encoder_handed_over = Signal(str)  # id that `photofind models use` has named

    def __init__(self, app: QApplication, paths: LibraryPaths, model: str | None = None) -> None:
        super().__init__()
        self._app = app
        self._paths = paths
        self._settings = load_settings(paths.settings)
        apply_theme(app, self._settings.theme)
        self._registry = ModelRegistry(paths.models)
        encoder, notice = _encoder(self._registry, model or self._settings.encoder)
        self._make_workers(self._registry, encoder)
        self._make_window()
        self.models.show_encoder(encoder)
        if notice:
            self.window.parts.status.show_message(notice)
        self._server: OwnerServer | None = None
        self._shown_again.connect(self._on_shown_again)
        self._encoder_handed_over.connect(self._on_encoder_handed_over)

    def start(self, folders: Sequence[Path] = ()) -> None:
        """Show the window, then set the threads going."""
        self.window.show()
        self.library.set_polite(self._settings.polite)
        if folders:
            self.library.add_folders(folders)
        # What the threads import and read must not delay the first picture.
        FirstPaint(self.window).passed.connect(self._start_threads)

    def stop(self) -> None:
        """Keep what is to be remembered, and end every thread and the engine."""
        self._remember()
        if self._server is not None:
            self._server.close()
        self.duplicates.close()
        self._finder.cancel()
        self._models.stop()
        self.library.stop()
        self.readers.thumbnails.stop()
        for thread in (
            self.readers.search,
            self.readers.lookup,
            self.readers.render,
            self._finder,
            self._urls,
            self._settings_thread,
        ):
            thread.stop()
        self._crashes.uninstall()

    # Building.

    def _make_workers(self, registry: ModelRegistry, encoder: InstalledEncoder) -> None:
        paths, slot = self._paths, EncoderSlot()
        others = [item for item in registry.installed() if item.key != encoder.key]
        self.library = LibraryThread(paths, encoder, self._make_engine, slot, others)
        self.readers = Readers(
            search=SearchThread(paths, slot),
            thumbnails=ThumbnailThread(paths),
            lookup=LookupThread(paths),
            render=RenderThread(paths, slot),
        )
        self._finder = DuplicateThread(paths, slot)
        self._models = ModelThread(registry)
        self._urls = UrlThread()
        self._settings_thread = SettingsThread(paths)

    def _make_engine(self, encoder: InstalledEncoder) -> EngineClient:
        from photofind.engine.client import EngineClient, EngineConfig

        return EngineClient(
            encoder, EngineConfig.of(self.preferences.settings), self.library.noticed.emit
        )

    def _make_window(self) -> None:
        model = PhotoModel()
        self.photos = model
        grid = GridView(model, lambda ids: self.browsing.paths_of(ids))
        parts = WindowParts(
            search=SearchPane(),
            grid=grid,
            folders=FoldersPanel(lazy_subfolders=True),
            details=DetailsPanel(),
            status=StatusBar(),
            offer=ModelOffer(),
            question=QuestionBar(),
            welcome=Welcome(),
            message=MessagePage(),
        )
        self.window = MainWindow(parts)
        self._crashes = CrashReporter(self.window)
        self._crashes.install()
        self.browsing = Browsing(self.window, model, self.readers)
        self.actions = PhotoActions(self.window, self.browsing, self.library)
        self.duplicates = DuplicatesSession(self._finder, self.library, self.readers, self.actions)
        self.models = ModelSession(self.window, self._models, self._settings)
        self.preferences = PreferencesSession(
            self.window, self._settings, self.models, self.library, self._settings_thread
        )
        self.intake = PictureIntake(self.window, self.browsing, self.library, self._urls)
        self.problems = ProblemsDialog(self.window)
        self.trash = TrashDialog(self.window)
        self._window_actions = WindowActions(self.window, self._commands())
        self._connect_library()
        self._connect_window()
        self._restore()

    def _commands(self) -> WindowCommands:
        parts = self.window.parts
        return WindowCommands(
            add_folder=parts.folders.choose_folder,
            search_with_picture=self.intake.choose,
            find_duplicates=self.duplicates.open,
            undo=self.actions.undo,
            redo=self.actions.redo,
            bring_back=self.trash.show,
            preferences=self.preferences.show_folders,
            problems=self.problems.show,
            shortcuts=lambda: KeysDialog(KEYS, self.window).show(),
        )

    def _connect_library(self) -> None:
        library, parts = self.library, self.window.parts
        library.opened.connect(self._on_opened)
        library.open_failed.connect(self._on_open_failed)
        library.index_loaded.connect(self.browsing.on_index_loaded)
        library.photos_indexed.connect(self.browsing.on_photos_indexed)
        library.photos_removed.connect(self.browsing.on_photos_removed)
        library.roots_changed.connect(self.browsing.on_roots_changed)
        library.roots_changed.connect(parts.folders.set_roots)
        library.roots_changed.connect(self.models.on_roots_changed)
        library.progress_changed.connect(parts.status.set_progress)
        library.progress_changed.connect(self.browsing.on_progress_changed)
        library.failures_changed.connect(self._on_failures_changed)
        library.trash_changed.connect(self.trash.set_batches)
        library.noticed.connect(parts.status.show_message)
        library.encoder_changed.connect(self.models.show_encoder)
        library.encoder_changed.connect(self.browsing.refresh)
        self.readers.thumbnails.thumbnails_missing.connect(library.refresh_thumbnails)

    def _connect_window(self) -> None:
        library, parts = self.library, self.window.parts
        parts.welcome.folders_chosen.connect(library.add_folders)
        parts.status.pause_requested.connect(library.pause)
        parts.status.resume_requested.connect(library.resume)
        parts.status.problems_requested.connect(self.problems.show)
        parts.status.model_requested.connect(self.preferences.show_models)
        self.problems.retry_requested.connect(library.retry_failed)
        self.problems.show_in_folder_requested.connect(self.actions.show_path_in_folder)
        self.trash.restore_requested.connect(self.actions.undo_batch)
        self.actions.earlier_moves_wanted.connect(self.trash.show)
        self.preferences.settings_changed.connect(self._on_settings_changed)
        self.models.encoder_chosen.connect(self._on_encoder_chosen)
        self.models.offer_dismissed.connect(self._on_offer_dismissed)
        self.window.closed.connect(self._app.quit)

    def _restore(self) -> None:
        settings, parts = self._settings, self.window.parts
        self.window.restore(settings.window_geometry, settings.window_state)
        parts.grid.set_squares(settings.layout == "square")
        parts.grid.set_tile_height(settings.tile_height)
        self.window.zoom.setValue(parts.grid.tile_height)
        self._window_actions.folders.setChecked(settings.show_folders)
        self._window_actions.details.setChecked(settings.show_details)

    # Starting.

    @Slot()
    def _start_threads(self) -> None:
        for thread in (self.library, self._models, self._urls, self._settings_thread):
            thread.start()
        self._models.refresh()
        try:
            self._server = OwnerServer(self._paths, "the photofind window", self._on_message)
        except OSError as error:
            log.warning("other photofind processes cannot reach this window: %s", error)

    @Slot()
    def _on_opened(self) -> None:
        for thread in (
            self.readers.search,
            self.readers.thumbnails,
            self.readers.lookup,
            self.readers.render,
            self._finder,
        ):
            thread.start()
        self.browsing.start()

    @Slot(str)
    def _on_open_failed(self, message: str) -> None:
        self.window.show_message("The library cannot be opened", message)

    # Other processes; called in a thread of the server.

    def _on_message(self, message: Message, reply: Reply) -> None:
        folders = [Path(str(folder)) for folder in message.get("folders", [])]
        if message.get("command") == "show":
            self._shown_again.emit(folders)
            reply({"ok": True})
        elif message.get("command") == "use":
            self._encoder_handed_over.emit(str(message.get("id")))
            reply({"ok": True})
        elif message.get("command") == "index":
            answers: queue.SimpleQueue[Message] = queue.SimpleQueue()
            self.library.index_folders(folders, answers.put)
            while "progress" in (answer := answers.get()):
                reply(answer)
            reply(answer)
        else:
            reply({"error": "The window does not know this command; it may be an older photofind."})

    @Slot(list)
    def _on_shown_again(self, folders: list[Path]) -> None:
        self.window.showNormal() if self.window.isMinimized() else self.window.show()
        self.window.raise_()
        self.window.activateWindow()
        if folders:
            self.library.add_folders(folders)

    # What the user does.

    @Slot(list)
    def _on_failures_changed(self, failures: list[object]) -> None:
        self.window.parts.status.set_problems(len(failures))
        self.problems.set_failures(failures)  # pyright: ignore[reportArgumentType]

    @Slot(object, object)
    def _on_settings_changed(self, before: Settings, after: Settings) -> None:
        from photofind.engine.client import EngineConfig

        if EngineConfig.of(after) != EngineConfig.of(before):
            self.library.set_engine_config(EngineConfig.of(after))
        self.library.set_polite(after.polite)

    @Slot(object)
    def _on_encoder_chosen(self, encoder: InstalledEncoder) -> None:
        self.preferences.change(encoder=encoder.spec.encoder_id)
        self.library.use_encoder(encoder)
        self.window.parts.status.show_message(
            f"Your photos are being looked at with {encoder.spec.title}. "
            "Searches use the model before until that is done."
        )

    @Slot(str)
    def _on_encoder_handed_over(self, encoder_id: str) -> None:
        with contextlib.suppress(EncoderError):
            self._on_encoder_chosen(self._registry.get(encoder_id))

    @Slot()
    def _on_offer_dismissed(self) -> None:
        self.preferences.change(offer_dismissed=True)

    def _remember(self) -> None:
        self.preferences.change(
            window_geometry=self.window.geometry_text(),
            window_state=self.window.state_text(),
            tile_height=self.window.parts.grid.tile_height,
            show_folders=self._window_actions.folders.isChecked(),
            show_details=self._window_actions.details.isChecked(),
        )


def _encoder(registry: ModelRegistry, encoder_id: str) -> tuple[InstalledEncoder, str]:
    """The wanted encoder, or the built-in one and why."""
    try:
        return registry.get(encoder_id), ""
    except EncoderError as error:
        return registry.get("builtin"), f"{error} The built-in model is used."


def _log_to(paths: LibraryPaths) -> None:
    """Warnings and errors go to a file of the library as well."""
    with contextlib.suppress(OSError):
        paths.home.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(paths.log, maxBytes=1_000_000, backupCount=1, delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        handler.setLevel(logging.WARNING)
        logging.getLogger().addHandler(handler)


def _quit_on_interrupt(app: QApplication) -> None:
    """Ctrl+C in the terminal closes the window properly."""
    signal.signal(signal.SIGINT, lambda *_: app.quit())
    signal.signal(signal.SIGTERM, lambda *_: app.quit())
    # Python runs signal handlers only when it runs at all.
    timer = QTimer(app)
    timer.timeout.connect(lambda: None)
    timer.start(500)
