"""Finds duplicates once, and groups them again for each position of the slider."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from typing_extensions import override

from photofind.core.errors import PhotofindError
from photofind.core.paths import LibraryPaths
from photofind.workers.catalog_thread import CatalogThread
from photofind.workers.encoder_slot import EncoderSlot

if TYPE_CHECKING:
    from photofind.core.duplicates import Candidates


@dataclass(frozen=True, slots=True)
class _Request:
    similarity: float
    scan: bool  # look for pairs anew, else only group those that are known
    cancelled: threading.Event


class DuplicateThread(CatalogThread[_Request]):
    """Answers with `groups_found`, the newest slider position winning."""

    progressed = Signal(str, int, int)  # what, done, total
    groups_found = Signal(list)  # list[DuplicateGroup]
    cancelled = Signal()
    failed = Signal(str)

    def __init__(
        self, paths: LibraryPaths, slot: EncoderSlot, parent: QObject | None = None
    ) -> None:
        super().__init__(paths, parent)
        self._slot = slot
        self._candidates: Candidates | None = None
        self._cancel = threading.Event()
        self._scan_waits = False  # also where a newer slider position takes the request's place

    def find(self, similarity: float) -> None:
        """Look at the whole library."""
        self._cancel = threading.Event()  # one that an earlier search is not looking at
        self._scan_waits = True
        self.post(_Request(similarity, True, self._cancel))

    def regroup(self, similarity: float) -> None:
        """Group what `find` found with another threshold (cosine, 0.8 to 1)."""
        self.post(_Request(similarity, False, self._cancel))

    def cancel(self) -> None:
        self._cancel.set()

    @override
    def work(self, job: _Request) -> None:
        from photofind.core.duplicates import DuplicateFinder

        request = job if job.scan else self.newest(job)
        pair = self._slot.get()
        if pair is None:
            self.failed.emit("The library is still being opened.")
            return
        finder = DuplicateFinder(self._catalog, pair.engine.encoder_key)
        try:
            if request.scan or self._scan_waits or self._candidates is None:
                self._scan_waits = False
                self._candidates = finder.collect(self.progressed.emit, request.cancelled.is_set)
            if request.cancelled.is_set():
                self._candidates = None
                self.cancelled.emit()
                return
            self.groups_found.emit(finder.group(self._candidates, request.similarity))
        except PhotofindError as error:
            self.failed.emit(str(error))
