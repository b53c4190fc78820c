"""Loads thumbnails and photo rows for the grid, newest request first.

Reads the catalog and the thumbnail cache; never a user's file.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread, Signal
from PySide6.QtGui import QImage
from typing_extensions import override

from photofind.core.paths import LibraryPaths
from photofind.core.types import Photo

if TYPE_CHECKING:  # imported by the thread: the window starts sooner without them
    from photofind.core.catalog import Catalog
    from photofind.core.thumbnails import ThumbnailStore

_BATCH = 24  # about one screen row or two: small enough that newer requests overtake


class ThumbnailThread(QThread):
    """A stack of wanted photos; `want` puts ids on top, `forget` takes them out."""

    photos_loaded = Signal(list)  # list[Photo]
    thumbnail_loaded = Signal(int, QImage)
    thumbnails_missing = Signal(list)  # list[PhotoId]: cached pictures that are not there

    def __init__(self, paths: LibraryPaths, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._paths = paths
        self._wake = threading.Condition()
        self._wanted: dict[int, bool] = {}  # and whether `forget` must leave it
        self._stopped = False

    def want(self, ids: Sequence[int], *, keep: bool = False) -> None:
        """Load these photos before all others, the first of them first. Thread-safe.

        With `keep` no `forget` drops them: another view than the one that forgets waits for them.
        """
        with self._wake:
            for photo_id in reversed(ids):
                kept = self._wanted.pop(photo_id, False)
                self._wanted[photo_id] = keep or kept
            self._wake.notify()

    def forget(self, ids: Iterable[int]) -> None:
        """Drop requests for photos that are out of sight. Thread-safe."""
        with self._wake:
            for photo_id in ids:
                if not self._wanted.get(photo_id, True):
                    del self._wanted[photo_id]

    def stop(self) -> None:
        with self._wake:
            self._stopped = True
            self._wake.notify()
        self.wait()

    @override
    def run(self) -> None:
        from photofind.core.catalog import Catalog
        from photofind.core.thumbnails import ThumbnailStore

        catalog = Catalog.open_readonly(self._paths.catalog)
        store = ThumbnailStore.open_readonly(self._paths.thumbnails)
        try:
            while batch := self._next():
                self._load(catalog, store, batch)
        finally:
            store.close()
            catalog.close()

    def _next(self) -> list[int]:
        """The topmost requests; waits for one, and is empty only at the end."""
        with self._wake:
            while not self._wanted and not self._stopped:
                self._wake.wait()
            if self._stopped:
                return []
            batch = list(islice(reversed(self._wanted), _BATCH))
            for photo_id in batch:
                del self._wanted[photo_id]
            return batch

    def _load(self, catalog: Catalog, store: ThumbnailStore, batch: list[int]) -> None:
        photos = catalog.photos(batch)
        if photos:
            self.photos_loaded.emit(photos)
        missing = [photo.photo_id for photo in photos if not self._show(store, photo)]
        if missing:
            self.thumbnails_missing.emit(missing)

    def _show(self, store: ThumbnailStore, photo: Photo) -> bool:
        data = store.get(photo.hashes.content)
        image = QImage() if data is None else QImage.fromData(data)
        if image.isNull():
            return False
        self.thumbnail_loaded.emit(photo.photo_id, image)
        return True
