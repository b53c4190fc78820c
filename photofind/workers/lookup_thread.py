"""Small questions to the catalog that a panel asks: rows of photos, folders, sums. Only reads."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from typing_extensions import override

from photofind.core.paths import LibraryPaths
from photofind.core.types import PhotoId
from photofind.workers.catalog_thread import CatalogThread

MOST_ROWS = 2000  # of a selection whose rows are looked up one by one


@dataclass(frozen=True, slots=True)
class _Selection:
    token: int
    ids: tuple[PhotoId, ...]


@dataclass(frozen=True, slots=True)
class _Rows:
    ids: tuple[PhotoId, ...]


@dataclass(frozen=True, slots=True)
class _All:
    token: int
    ids: tuple[PhotoId, ...]


@dataclass(frozen=True, slots=True)
class _Folders:
    root_id: int
    relpath: str


_Task = _Selection | _Rows | _All | _Folders


class LookupThread(CatalogThread[_Task]):
    """Answers in the order of the questions."""

    selection_found = Signal(int, list, object)  # token, list[Photo] (the first), bytes in all
    photos_found = Signal(list)  # list[Photo]
    all_found = Signal(int, list)  # token, list[Photo]
    subfolders_found = Signal(int, str, list)  # root_id, relpath, list[(name, photos)]

    def __init__(self, paths: LibraryPaths, parent: QObject | None = None) -> None:
        super().__init__(paths, parent)
        self._tokens = 0
        self._collections = 0

    def look_at_selection(self, ids: tuple[PhotoId, ...]) -> int:
        """Rows of up to `MOST_ROWS` of these photos and the bytes of all of them."""
        self._tokens += 1
        self.post(_Selection(self._tokens, ids))
        return self._tokens

    def look_up(self, ids: tuple[PhotoId, ...]) -> None:
        self.post(_Rows(ids))

    def collect(self, ids: tuple[PhotoId, ...]) -> int:
        """Every row of these photos, in their order; `all_found` carries the token returned."""
        self._collections += 1
        self.post(_All(self._collections, ids))
        return self._collections

    def list_subfolders(self, root_id: int, relpath: str) -> None:
        self.post(_Folders(root_id, relpath))

    @override
    def work(self, job: _Task) -> None:
        catalog = self._catalog
        if isinstance(job, _Selection):
            if job.token == self._tokens:  # an older selection interests nobody
                photos = catalog.photos(job.ids[:MOST_ROWS])
                self.selection_found.emit(job.token, photos, catalog.total_bytes(job.ids))
        elif isinstance(job, _Rows):
            self.photos_found.emit(catalog.photos(job.ids))
        elif isinstance(job, _All):
            self.all_found.emit(job.token, catalog.photos(job.ids))
        else:
            folders = catalog.subfolders(job.root_id, job.relpath)
            self.subfolders_found.emit(job.root_id, job.relpath, folders)
