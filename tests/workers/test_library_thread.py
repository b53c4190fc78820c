"""The index thread with a real engine: folders, another encoder, work for other processes."""

import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from photofind.core.catalog import Catalog
from photofind.core.paths import LibraryPaths
from photofind.core.thumbnails import ThumbnailStore
from photofind.core.types import InstalledEncoder, Query, Root, TextTerm
from photofind.encoders.registry import ModelRegistry
from photofind.engine.client import EngineClient, EngineConfig
from photofind.workers import library_thread
from photofind.workers.encoder_slot import EncoderSlot
from photofind.workers.library_thread import LibraryThread
from photofind.workers.search_thread import SearchThread
from tests.encoders import tiny

_LONG = 60_000  # milliseconds: a busy machine starts an engine slowly


@pytest.fixture
def registry(tmp_path: Path, library_home: LibraryPaths) -> ModelRegistry:
    """Two very small models: one as the built-in one, one of the user's own."""
    builtin = tiny.save_open_clip(tmp_path / "tiny")
    registry = ModelRegistry(library_home.models, builtin=builtin)
    weights = {name: -value for name, value in tiny.tiny_weights().items()}
    registry.import_path(tiny.save_open_clip(tmp_path / "another", weights))
    return registry


@pytest.fixture
def encoders(registry: ModelRegistry) -> tuple[InstalledEncoder, InstalledEncoder]:
    first, second = sorted(registry.installed(), key=lambda each: each.spec.encoder_id != "builtin")
    return first, second


@pytest.fixture
def slot() -> EncoderSlot:
    return EncoderSlot()


def make_engine(encoder: InstalledEncoder) -> EngineClient:
    return EngineClient(encoder, EngineConfig(device="cpu"))


@pytest.fixture
def library(
    library_home: LibraryPaths,
    encoders: tuple[InstalledEncoder, InstalledEncoder],
    slot: EncoderSlot,
    qtbot: QtBot,
) -> Iterator[LibraryThread]:
    library_home.home.mkdir(parents=True, exist_ok=True)
    thread = LibraryThread(library_home, encoders[0], make_engine, slot)
    with qtbot.waitSignal(thread.opened, timeout=_LONG):
        thread.start()
    yield thread
    thread.stop()


class Folders:
    """What the thread tells about its folders."""

    def __init__(self, library: LibraryThread) -> None:
        self.roots: list[Root] = []
        library.roots_changed.connect(self._on_roots_changed)

    def _on_roots_changed(self, roots: list[Root]) -> None:
        self.roots = roots

    @property
    def photos(self) -> int:
        return sum(root.photos for root in self.roots)


def test_folders_come_and_go(
    library: LibraryThread, drawn_photos: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    told = Folders(library)
    library.add_folders([drawn_photos])
    qtbot.waitUntil(lambda: told.photos == 8, timeout=_LONG)
    library.set_excluded(told.roots[0].root_id, ["*_003.jpg"])
    qtbot.waitUntil(lambda: told.photos == 7, timeout=_LONG)
    assert told.roots[0].excluded == ("*_003.jpg",)
    with qtbot.waitSignal(library.photos_removed, timeout=_LONG) as removed:
        library.remove_root(told.roots[0].root_id)
    assert removed.args is not None
    assert len(removed.args[0]) == 7
    qtbot.waitUntil(lambda: not told.roots, timeout=_LONG)
    assert len(list(drawn_photos.iterdir())) == 8


def test_a_folder_that_cannot_be_added_is_a_notice(
    library: LibraryThread, qtbot: QtBot, tmp_path: Path
) -> None:
    with qtbot.waitSignal(library.noticed, timeout=_LONG) as noticed:
        library.add_folders([tmp_path / "missing"])
    assert noticed.args is not None
    assert "missing" in noticed.args[0]


def test_work_for_another_process_ends_with_a_report(
    library: LibraryThread, drawn_photos: Path
) -> None:
    def index() -> dict[str, Any]:
        answers: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        library.index_folders([drawn_photos], answers.put)
        while "progress" in (answer := answers.get(timeout=_LONG / 1000)):
            pass
        return answer

    first, second = index()["report"], index()["report"]
    assert (first["indexed"], first["unchanged"]) == (8, 0)
    assert (second["indexed"], second["unchanged"]) == (0, 8)


def test_the_old_encoder_answers_until_the_new_one_has_seen_everything(
    library: LibraryThread,
    library_home: LibraryPaths,
    encoders: tuple[InstalledEncoder, InstalledEncoder],
    slot: EncoderSlot,
    drawn_photos: Path,
    qtbot: QtBot,
) -> None:
    told = Folders(library)
    library.add_folders([drawn_photos])
    qtbot.waitUntil(lambda: told.photos == 8, timeout=_LONG)
    library.pause()
    library.use_encoder(encoders[1])
    search = SearchThread(library_home, slot)
    search.start()
    try:
        with qtbot.waitSignal(search.search_finished, timeout=_LONG) as before:
            search.search(Query((TextTerm("a drawing"),)))
        with qtbot.waitSignal(library.encoder_changed, timeout=_LONG) as changed:
            library.resume()
        with qtbot.waitSignal(search.search_finished, timeout=_LONG) as after:
            search.search(Query((TextTerm("a drawing"),)))
    finally:
        search.stop()
    assert before.args is not None
    assert before.args[1].encoder_id == encoders[0].spec.encoder_id
    assert changed.args == [encoders[1]]
    assert after.args is not None
    assert after.args[1].encoder_id == encoders[1].spec.encoder_id
    assert not after.args[1].notice


def test_after_a_restart_the_encoder_that_knows_the_library_answers(
    library_home: LibraryPaths,
    encoders: tuple[InstalledEncoder, InstalledEncoder],
    drawn_photos: Path,
    qtbot: QtBot,
) -> None:
    library_home.home.mkdir(parents=True, exist_ok=True)
    first = LibraryThread(library_home, encoders[0], make_engine, EncoderSlot())
    told = Folders(first)
    first.start()
    first.add_folders([drawn_photos])
    qtbot.waitUntil(lambda: told.photos == 8, timeout=_LONG)
    first.stop()
    slot = EncoderSlot()
    second = LibraryThread(library_home, encoders[1], make_engine, slot, encoders[:1])
    second.pause()
    with qtbot.waitSignal(second.encoder_changed, timeout=_LONG) as changed:
        second.start()
    assert changed.args == [encoders[0]]
    with qtbot.waitSignal(second.encoder_changed, timeout=_LONG) as changed:
        second.resume()
    assert changed.args == [encoders[1]]
    second.stop()
    assert slot.get() is None


def test_a_library_that_cannot_be_opened_is_told_and_refuses_work(
    library_home: LibraryPaths,
    encoders: tuple[InstalledEncoder, InstalledEncoder],
    slot: EncoderSlot,
    qtbot: QtBot,
) -> None:
    library_home.home.mkdir(parents=True, exist_ok=True)
    library_home.catalog.write_bytes(b"this is no database" * 500)
    thread = LibraryThread(library_home, encoders[0], make_engine, slot)
    answers: list[dict[str, Any]] = []
    thread.index_folders([library_home.home], answers.append)
    with qtbot.waitSignal(thread.open_failed, timeout=_LONG) as failed:
        thread.start()
    thread.index_folders([library_home.home], answers.append)
    thread.stop()
    assert failed.args is not None
    assert "catalog" in failed.args[0]
    assert answers == [{"error": failed.args[0]}] * 2
    assert slot.get() is None


def test_pictures_of_nothing_in_the_library_go_when_the_start_is_over(
    library_home: LibraryPaths,
    encoders: tuple[InstalledEncoder, InstalledEncoder],
    slot: EncoderSlot,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(library_thread, "_TIDY_AFTER", 0.0)
    store = ThumbnailStore.open(library_home.thumbnails)
    store.put_many([(b"0123456789abcdef", b"jpeg")])
    store.close()
    Catalog.open(library_home.catalog).close()
    thread = LibraryThread(library_home, encoders[0], make_engine, slot)
    thread.start()
    reader = ThumbnailStore.open_readonly(library_home.thumbnails)
    qtbot.waitUntil(lambda: reader.get(b"0123456789abcdef") is None, timeout=_LONG)
    reader.close()
    thread.stop()
