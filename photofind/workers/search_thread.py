"""Runs searches. Owns a read-only view of the catalog; the latest request wins."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from typing_extensions import override

from photofind.core.errors import PhotofindError
from photofind.core.paths import LibraryPaths
from photofind.core.types import Query, SearchResult
from photofind.workers.catalog_thread import CatalogThread
from photofind.workers.encoder_slot import EncoderSlot


@dataclass(frozen=True, slots=True)
class _Request:
    token: int
    query: Query


class SearchThread(CatalogThread[_Request]):
    """Answers each `search` with one `search_finished` or `search_failed`, or, when a newer one
    has come meanwhile, not at all."""

    search_finished = Signal(int, object)  # token, SearchResult
    search_failed = Signal(int, str)

    def __init__(
        self, paths: LibraryPaths, slot: EncoderSlot, parent: QObject | None = None
    ) -> None:
        super().__init__(paths, parent)
        self._slot = slot
        self._tokens = 0
        self.prepare: Callable[[SearchResult], object] = _ignore
        """What else is to be done in this thread with an answer before it is told."""

    def search(self, query: Query) -> int:
        """Ask for a search and return the token that its answer will carry."""
        self._tokens += 1
        self.post(_Request(self._tokens, query))
        return self._tokens

    @override
    def work(self, job: _Request) -> None:
        from photofind.core.search import Search

        request = self.newest(job)
        pair = self._slot.get()
        try:
            if pair is None:
                raise PhotofindError("The library is still being opened.")
            result = Search(self._catalog, pair.vectors, pair.engine).run(request.query)
            self.prepare(result)
        except PhotofindError as error:
            self.search_failed.emit(request.token, str(error))
        else:
            self.search_finished.emit(request.token, result)


def _ignore(result: SearchResult) -> None:
    """Nothing is to be prepared."""
