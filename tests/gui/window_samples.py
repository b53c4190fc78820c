"""A main window with everything but running threads: what they would say is said by the tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pytestqt.qtbot import QtBot

from photofind.core.paths import LibraryPaths
from photofind.core.types import (
    EncoderSpec,
    InstalledEncoder,
    PhotoId,
    Root,
    RootState,
    TrashReport,
)
from photofind.engine.client import EngineClient
from photofind.gui.browsing import Browsing, Readers
from photofind.gui.details_panel import DetailsPanel
from photofind.gui.folders_panel import FoldersPanel
from photofind.gui.grid_view import GridView
from photofind.gui.main_window import MainWindow, WindowParts
from photofind.gui.message_page import MessagePage
from photofind.gui.model_offer import ModelOffer
from photofind.gui.photo_actions import PhotoActions
from photofind.gui.photo_model import PhotoModel
from photofind.gui.question_bar import QuestionBar
from photofind.gui.search_pane import SearchPane
from photofind.gui.status_bar import StatusBar
from photofind.gui.welcome import Welcome
from photofind.gui.window_actions import WindowActions, WindowCommands
from photofind.workers.encoder_slot import EncoderSlot
from photofind.workers.library_thread import LibraryThread
from photofind.workers.lookup_thread import LookupThread
from photofind.workers.render_thread import RenderThread
from photofind.workers.search_thread import SearchThread
from photofind.workers.thumbnail_thread import ThumbnailThread
from tests.gui.samples import make_photo, make_result

ROOT = Root(1, Path("/photos"), RootState.ONLINE, photos=5)


def make_spec(encoder_id: str, *, recommended: bool = False) -> EncoderSpec:
    return EncoderSpec(
        encoder_id=encoder_id,
        title=encoder_id.title(),
        summary="Finds things.",
        licence="MIT",
        size_bytes=600_000_000,
        dimension=512,
        languages="English",
        speed="fast",
        recommended=recommended,
    )


def make_encoder(encoder_id: str) -> InstalledEncoder:
    return InstalledEncoder(make_spec(encoder_id), Path("/models"), f"{encoder_id}-0")


def _no_engine(encoder: InstalledEncoder) -> EngineClient:
    raise AssertionError("no engine is started here")


class AskedLibrary(LibraryThread):
    """Writes down what it was asked for instead of doing it."""

    def __init__(self, paths: LibraryPaths) -> None:
        super().__init__(paths, make_encoder("builtin"), _no_engine, EncoderSlot())
        self.trashed: list[list[PhotoId]] = []
        self.restored: list[int] = []

    def move_to_trash(self, ids: Sequence[PhotoId]) -> None:
        self.trashed.append(list(ids))

    def restore_trash(self, batch_id: int) -> None:
        self.restored.append(batch_id)


@dataclass
class Bench:
    """The window and what drives it. `show` is an answer of the search thread."""

    qtbot: QtBot
    window: MainWindow
    model: PhotoModel
    readers: Readers
    browsing: Browsing
    library: AskedLibrary
    actions: PhotoActions
    window_actions: WindowActions
    called: list[str] = field(default_factory=list)

    def show(self, ids: Sequence[int], *, loaded: bool = True) -> None:
        """Answer the latest search with these photos."""
        result = make_result(ids, self.browsing._query.terms)
        self.readers.search.search_finished.emit(self.browsing._token, result)
        if loaded:
            self.readers.lookup.photos_found.emit([make_photo(each) for each in ids])

    def searches(self) -> int:
        return self.readers.search._tokens


def make_bench(qtbot: QtBot, paths: LibraryPaths) -> Bench:
    model, slot = PhotoModel(), EncoderSlot()
    grid = GridView(model, lambda ids: bench.browsing.paths_of(ids))
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
    window = MainWindow(parts)
    qtbot.addWidget(window)
    readers = Readers(
        search=SearchThread(paths, slot),
        thumbnails=ThumbnailThread(paths),
        lookup=LookupThread(paths),
        render=RenderThread(paths, slot),
    )
    browsing, library = Browsing(window, model, readers), AskedLibrary(paths)
    actions = PhotoActions(window, browsing, library)
    called: list[str] = []
    names = WindowCommands.__slots__
    commands = WindowCommands(**{name: lambda name=name: called.append(name) for name in names})
    bench = Bench(
        qtbot,
        window,
        model,
        readers,
        browsing,
        library,
        actions,
        WindowActions(window, commands),
        called,
    )
    window.show()
    browsing.start()
    browsing.on_roots_changed([ROOT])
    parts.folders.set_roots([ROOT])
    return bench


def make_report(ids: Sequence[int], batch_id: int = 7) -> TrashReport:
    paths = tuple(make_photo(each).path for each in ids)
    return TrashReport(batch_id, paths, tuple(ids), 1000 * len(ids))
