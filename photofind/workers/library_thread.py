"""The index thread: the only place that writes a library while the window is open.

Commands are posted from any thread and carried out between two slices of indexing; what happened
comes back as signals. Holds no widgets and decides nothing about how things look.
"""

from __future__ import annotations

import logging
import math
import queue
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread, Signal
from typing_extensions import override

from photofind.core.errors import FolderError, PhotofindError
from photofind.core.memory import give_back
from photofind.core.paths import LibraryPaths
from photofind.core.types import (
    Change,
    ChangeKind,
    IndexProgress,
    InstalledEncoder,
    PhotoId,
    Root,
)
from photofind.workers.awaited_runs import Answer, AwaitedRuns
from photofind.workers.encoder_slot import EncoderSlot

if TYPE_CHECKING:  # imported by the thread itself: the window starts sooner without them
    from photofind.core.library import Library
    from photofind.core.manners import Manners
    from photofind.core.watcher import Watcher
    from photofind.engine.client import EngineConfig
    from photofind.workers.encoder_handover import EncoderHandover, EngineFactory

log = logging.getLogger(__name__)

_SLICE = 0.05  # seconds one step may wait for news while busy: the longest delay of a command
_IDLE = 0.25  # seconds between two looks for changes otherwise; commands come at once
_UPKEEP = 0.02  # the same while the search index is being rebuilt
_TIDY_AFTER = 30.0  # seconds: what nobody waits for must not slow down the first searches
_COUNTS = 2.0  # seconds between two counts of the photos while indexing


class LibraryThread(QThread):
    """Owns catalog, thumbnails, index, watcher and the engine that fills them."""

    opened = Signal()
    open_failed = Signal(str)
    photos_indexed = Signal(list)
    photos_removed = Signal(list)
    progress_changed = Signal(IndexProgress)
    roots_changed = Signal(list)  # list[Root]
    failures_changed = Signal(list)  # list[Failure]
    noticed = Signal(str)
    trash_moved = Signal(object)  # TrashReport
    trash_restored = Signal(object)  # TrashReport
    trash_failed = Signal(str)
    trash_changed = Signal(list)  # list[TrashBatch] that can be brought back, the latest first
    encoder_changed = Signal(object)  # InstalledEncoder that answers searches from now on
    index_loaded = Signal()

    def __init__(
        self,
        paths: LibraryPaths,
        encoder: InstalledEncoder,
        engine_factory: EngineFactory,
        slot: EncoderSlot,
        others: Sequence[InstalledEncoder] = (),
        parent: QObject | None = None,
    ) -> None:
        """`others` may answer searches while the index of `encoder` is being filled."""
        super().__init__(parent)
        self._paths = paths
        self._encoder = encoder
        self._others = others
        self._engine_factory = engine_factory
        self._slot = slot
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._library: Library
        self._encoders: EncoderHandover
        self._watcher: Watcher
        self._manners: Manners
        self._has_engine = self._is_open = False
        self._failure = ""  # why the library could not be opened
        self._awaited = AwaitedRuns()
        self._polite = True
        self._tidy_from = math.inf  # monotonic seconds
        self._told = 0.0  # when the counts of the roots were told last, monotonic seconds

    # Commands, callable from any thread; each returns at once.

    def add_folders(self, folders: Sequence[Path]) -> None:
        self._commands.put(lambda: self._add_folders(folders))

    def remove_root(self, root_id: int) -> None:
        self._commands.put(lambda: self._remove_root(root_id))

    def rescan(self, root_id: int | None = None) -> None:
        self._commands.put(lambda: self._rescan(root_id))

    def set_excluded(self, root_id: int, patterns: Sequence[str]) -> None:
        self._commands.put(lambda: self._set_excluded(root_id, patterns))

    def accept_losses(self, root_id: int) -> None:
        self._commands.put(lambda: self._library.indexer.accept_losses(root_id))

    def pause(self) -> None:
        self._commands.put(lambda: self._library.indexer.pause())

    def resume(self) -> None:
        self._commands.put(lambda: self._library.indexer.resume())

    def retry_failed(self, ids: Sequence[PhotoId] | None = None) -> None:
        """Try files again that could not be read; None: all of them."""
        self._commands.put(lambda: self._library.indexer.retry_failed(ids))

    def move_to_trash(self, ids: Sequence[PhotoId]) -> None:
        self._commands.put(lambda: self._move_to_trash(ids))

    def restore_trash(self, batch_id: int) -> None:
        self._commands.put(lambda: self._restore_trash(batch_id))

    def add_not_duplicates(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        pairs = tuple(pairs)
        self._commands.put(lambda: self._library.catalog.add_not_duplicates(pairs))

    def refresh_thumbnails(self, ids: Sequence[PhotoId]) -> None:
        self._commands.put(lambda: self._library.indexer.remake_thumbnails(ids))

    def use_encoder(self, encoder: InstalledEncoder) -> None:
        self._commands.put(lambda: self._use_encoder(encoder))

    def set_polite(self, polite: bool) -> None:
        """Whether to go slowly on battery and while other programs are busy."""
        self._commands.put(lambda: self._set_polite(polite))

    def set_engine_config(self, config: EngineConfig) -> None:
        """Use another device or number of threads from now on."""
        self._commands.put(lambda: self._encoders.engine.set_config(config))

    def index_folders(self, folders: Sequence[Path], answer: Answer) -> None:
        """Index for another process; `answer` gets progress messages, then a report or error."""
        self._awaited.expect(answer)
        self._commands.put(lambda: self._index_folders(folders, answer))
        if self._failure:
            self._awaited.refuse(self._failure)

    def stop(self) -> None:
        """Save and close everything; waits for it."""
        self.requestInterruption()
        self._commands.put(lambda: None)
        self.wait()

    @override
    def run(self) -> None:
        try:
            self._begin()
            self._open()
        except Exception as error:  # noqa: BLE001 - whatever it is, the window must be told
            if not isinstance(error, PhotofindError):
                sys.excepthook(type(error), error, error.__traceback__)
            self._give_up(str(error))
            return
        try:
            self._work()
        finally:
            self._close()

    # The thread itself.

    def _begin(self) -> None:
        from photofind.core.manners import Manners
        from photofind.workers.encoder_handover import EncoderHandover

        self._manners = Manners()
        self._encoders = EncoderHandover(
            self._paths,
            self._encoder,
            self._others,
            self._engine_factory,
            self._slot,
            self.encoder_changed.emit,
        )
        self._has_engine = True

    def _open(self) -> None:
        self._encoders.engine.warm_up()  # meanwhile: the first search is answered sooner
        from photofind.core.library import Library
        from photofind.core.watcher import Watcher

        self._library = Library.open(
            self._paths,
            self._encoder,
            self._encoders.engine,
            on_progress=self._on_progress,
            on_indexed=self._on_indexed,
            on_removed=self.photos_removed.emit,
            on_notice=self.noticed.emit,
            on_roots_changed=self._tell_roots,
        )
        self._is_open = True
        # The grid can show photos, and search what is there, before the index is loaded.
        self._encoders.answer_with(self._library)
        self.opened.emit()
        self._tell_roots()
        self._tell_failures()
        self._tell_trash()
        for notice in self._library.load_index():
            self.noticed.emit(notice)
        self._encoders.let_another_answer(self._library)
        self.index_loaded.emit()
        give_back()
        self._watcher = Watcher(self._library.indexer.enqueue, self.noticed.emit)
        for root in self._library.catalog.roots():
            self._watcher.watch(root)
        self._tidy_from = time.monotonic() + _TIDY_AFTER

    def _give_up(self, reason: str) -> None:
        """The library cannot be used: close what was opened, and refuse what was asked for."""
        if self._has_engine:
            self._encoders.close()
        if self._is_open:
            self._library.close()
        self._failure = reason or "The library could not be opened."
        self._awaited.refuse(self._failure)
        self.open_failed.emit(self._failure)

    def _work(self) -> None:
        busy, upkeep, slow = True, False, ""
        while not self.isInterruptionRequested():
            try:
                self._carry_out_commands(wait=_UPKEEP if upkeep else _IDLE if not busy else 0.0)
                if busy or slow:
                    slow = self._reason_to_wait()
                    self._library.indexer.make_way(slow)
                was_busy, busy = busy, self._library.indexer.step(0.0 if not busy else _SLICE)
                upkeep = not busy and self._library.vectors.needs_upkeep
                if not busy and (was_busy or self._awaited):
                    self._on_idle()
                elif (trouble := self._library.indexer.trouble) is not None:
                    self._awaited.end(self._library.indexer, str(trouble))
                elif not busy and time.monotonic() >= self._tidy_from:
                    self._tidy()
            except PhotofindError as error:
                self.noticed.emit(str(error))
            except Exception as error:  # noqa: BLE001 - a bug in one step must not end the library
                sys.excepthook(type(error), error, error.__traceback__)
                self.msleep(200)

    def _set_polite(self, polite: bool) -> None:
        self._polite = polite

    def _reason_to_wait(self) -> str:
        """Why to go slowly. Another process that waits for its folders wants them soon."""
        if not self._polite or self._awaited:
            return ""
        return self._manners.reason()

    def _carry_out_commands(self, *, wait: float) -> None:
        """Do what was asked for; where there is nothing else to do, `wait` some seconds for it."""
        try:
            if wait:
                self._commands.get(timeout=wait)()
            while True:
                self._commands.get_nowait()()
        except queue.Empty:
            return

    def _close(self) -> None:
        self._failure = "The window was closed before the work was done."
        self._awaited.end(self._library.indexer, self._failure)
        self._awaited.refuse(self._failure)
        self._watcher.close()
        self._library.close()
        self._encoders.close()

    # Commands.

    def _add_folders(self, folders: Sequence[Path]) -> None:
        for folder in folders:
            try:
                root = self._root_for(folder)
            except FolderError as error:
                self.noticed.emit(str(error))
                continue
            self._scan(root.root_id)
        self._tell_roots()

    def _root_for(self, folder: Path) -> Root:
        """The root of a folder, which is watched from now on."""
        before = self._library.catalog.root_ids()
        root = self._library.root_for(folder)
        for taken_in in before - self._library.catalog.root_ids():
            self._watcher.unwatch(taken_in)
        self._watcher.watch(root)
        return root

    def _remove_root(self, root_id: int) -> None:
        self._watcher.unwatch(root_id)
        removed = self._library.remove_root(root_id)
        self.photos_removed.emit(removed)
        self._tell_roots()
        self._tell_failures()

    def _rescan(self, root_id: int | None) -> None:
        for root in self._library.catalog.roots():
            if root_id in (None, root.root_id):
                self._scan(root.root_id)

    def _set_excluded(self, root_id: int, patterns: Sequence[str]) -> None:
        self._library.catalog.set_excluded(root_id, patterns)
        self._tell_roots()
        self._scan(root_id)

    def _move_to_trash(self, ids: Sequence[PhotoId]) -> None:
        try:
            report = self._library.trash.move(ids)
        except PhotofindError as error:
            self.trash_failed.emit(str(error))
            return
        self._library.vectors.remove(report.photo_ids)
        self.photos_removed.emit(list(report.photo_ids))
        self.trash_moved.emit(report)
        self._tell_roots()
        self._tell_trash()

    def _restore_trash(self, batch_id: int) -> None:
        try:
            report = self._library.trash.restore(batch_id)
        except PhotofindError as error:
            self.trash_failed.emit(str(error))
            return
        self._library.readmit(report.photo_ids)
        self.photos_indexed.emit(list(report.photo_ids))
        self.trash_restored.emit(report)
        self._tell_roots()
        self._tell_trash()

    def _index_folders(self, folders: Sequence[Path], answer: Answer) -> None:
        self._awaited.forget(answer)
        try:
            ids = dict.fromkeys(self._root_for(folder).root_id for folder in folders)
        except FolderError as error:
            answer({"error": str(error)})
            return
        self._tell_roots()
        # A folder may have been taken in by one that came after it.
        roots = [root for root in self._library.catalog.roots() if root.root_id in ids]
        run = self._library.indexer.start_run([root.root_id for root in roots])
        self._awaited.begin(run, answer)

    def _use_encoder(self, encoder: InstalledEncoder) -> None:
        if encoder.key == self._encoders.encoder.key:
            return
        for notice in self._encoders.use(encoder, self._library):
            self.noticed.emit(notice)
        self._encoders.hand_over(self._library)

    # What happened.

    def _on_indexed(self, ids: list[PhotoId]) -> None:
        self.photos_indexed.emit(ids)
        if time.monotonic() - self._told > _COUNTS:
            self._tell_roots()
            self._tell_failures()

    def _on_progress(self, progress: IndexProgress) -> None:
        self.progress_changed.emit(progress)
        self._awaited.tell(progress)

    def _on_idle(self) -> None:
        self._awaited.finish(self._library.indexer)
        self._encoders.hand_over(self._library)
        self._tell_roots()
        self._tell_failures()
        self._library.catalog.settle()

    def _tidy(self) -> None:
        self._tidy_from = math.inf
        self._library.tidy([item.key for item in self._others])
        self._library.catalog.settle()
        give_back()

    def _tell_roots(self) -> None:
        self._told = time.monotonic()
        self.roots_changed.emit(self._library.catalog.roots())

    def _tell_failures(self) -> None:
        self.failures_changed.emit(self._library.catalog.failures())

    def _tell_trash(self) -> None:
        self.trash_changed.emit(self._library.catalog.last_trash_batches())

    def _scan(self, root_id: int) -> None:
        self._library.indexer.enqueue(Change(root_id, "", ChangeKind.FOLDER))
