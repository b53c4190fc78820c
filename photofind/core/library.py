"""The writing side of one library: opens its parts, puts them together, closes them.

Belongs to the one thread and process that holds the writer's lock. The window's index thread and
`photofind index` both use it.
"""

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from photofind.core.catalog import Catalog
from photofind.core.errors import FolderError
from photofind.core.indexer import Analyzer, Indexer
from photofind.core.paths import LibraryPaths
from photofind.core.scanner import key_at
from photofind.core.thumbnails import ThumbnailStore
from photofind.core.trash import Trash
from photofind.core.types import (
    IndexProgress,
    IndexReport,
    InstalledEncoder,
    PhotoId,
    Root,
    RootState,
)
from photofind.core.vector_file import remove_index
from photofind.core.vectors import VectorIndex

BUILTIN = "builtin"  # the model that is no folder of the library


def _ignore(*_: object) -> None:
    """The default for events that nobody waits for."""


@dataclass(slots=True)
class Library:
    """Catalog, thumbnails, index, indexer and trash of one library, opened for writing."""

    catalog: Catalog
    thumbnails: ThumbnailStore
    vectors: VectorIndex
    indexer: Indexer
    trash: Trash
    paths: LibraryPaths

    @classmethod
    def open(
        cls,
        paths: LibraryPaths,
        encoder: InstalledEncoder,
        analyzer: Analyzer,
        *,
        on_progress: Callable[[IndexProgress], None] = _ignore,
        on_indexed: Callable[[list[int]], None] = _ignore,
        on_removed: Callable[[list[int]], None] = _ignore,
        on_notice: Callable[[str], None] = _ignore,
        on_roots_changed: Callable[[], None] = _ignore,
    ) -> "Library":
        """Open or create. Raises LibraryError where the catalog cannot be used."""
        paths.home.mkdir(parents=True, exist_ok=True)
        catalog = Catalog.open(paths.catalog)
        thumbnails = ThumbnailStore.open(paths.thumbnails)
        vectors = VectorIndex(paths.index, encoder.key, encoder.spec.dimension)
        indexer = Indexer(
            catalog,
            thumbnails,
            vectors,
            analyzer,
            on_progress=on_progress,
            on_indexed=on_indexed,
            on_removed=on_removed,
            on_notice=on_notice,
            on_roots_changed=on_roots_changed,
        )
        return cls(catalog, thumbnails, vectors, indexer, Trash(catalog), paths)

    def load_index(self) -> list[str]:
        """Read the search index, or build it anew; returns what the user should know."""
        return self.vectors.load(self.catalog)

    def index_folders(self, folders: Sequence[Path]) -> IndexReport:
        """Add the folders where they are new, and bring them up to date."""
        ids = {self.root_for(folder).root_id for folder in folders}
        # A folder may have been taken in by one that came after it.
        roots = [root.root_id for root in self.catalog.roots() if root.root_id in ids]
        report = self.indexer.run_until_idle(roots)
        self.tidy()
        return report

    def root_for(self, folder: Path) -> Root:
        """The root that is or holds this folder; a new one where there is none yet, which takes in
        the roots inside it.

        Raises FolderError where the folder cannot be added.
        """
        folder = folder.resolve()
        for root in self.catalog.roots():
            if folder == root.path or root.path in folder.parents:
                return root
        if not folder.is_dir():
            raise FolderError(f"{folder} is not a folder.")
        inside = [root for root in self.catalog.roots() if folder in root.path.parents]
        if not inside or not all(_can_be_part(root, folder) for root in inside):
            return self.catalog.add_root(folder)
        for root in inside:
            self.indexer.forget_root(root.root_id)
        keys = {
            root.root_id: key_at(folder, root.path.relative_to(folder).as_posix())
            for root in inside
        }
        return self.catalog.absorb_roots(folder, keys)

    def remove_root(self, root_id: int) -> list[PhotoId]:
        """Forget a folder and its photos; the files are not touched. Returns their ids."""
        self.indexer.forget_root(root_id)
        removed = self.catalog.remove_root(root_id)
        self.vectors.remove(removed)
        return removed

    def readmit(self, ids: Sequence[PhotoId]) -> None:
        """Photos are back from the trash: their vectors, kept by the journal, are found again."""
        known, rows = self.catalog.vectors(self.vectors.key, ids)
        self.vectors.add(known, rows)

    def use_encoder(self, vectors: VectorIndex, analyzer: Analyzer) -> list[str]:
        """Fill another index with another encoder from now on; returns notices."""
        self.vectors.save(self.catalog, at_end=True)
        self.vectors = vectors
        notices = vectors.load(self.catalog)
        self.indexer.use_encoder(analyzer, vectors)
        return notices

    def tidy(self, others: Collection[str] = ()) -> None:
        """Drop cached thumbnails of photos that are known no longer, and what was made for models
        that were removed. `others` are keys of encoders that may still answer."""
        self.thumbnails.remove_unused(self.catalog.contents)
        for key in self.catalog.encoder_keys():
            if key not in others and self._is_removed(key):
                self.catalog.drop_vectors(key)
                remove_index(self.paths.index, key)

    def _is_removed(self, key: str) -> bool:
        """Whether the model of these vectors is gone, or has other weights by now."""
        name, present = (each.rpartition("-")[0] for each in (key, self.vectors.key))
        if name == present:
            return key != self.vectors.key
        return self.paths.models.is_dir() and not (
            name == BUILTIN or os.path.lexists(self.paths.models / name)
        )

    def close(self) -> None:
        self.indexer.close()
        self.thumbnails.close()
        self.catalog.close()


def _can_be_part(root: Root, folder: Path) -> bool:
    """Whether a root may become a part of a folder around it. One that is offline, or on a drive
    of its own, may not: its photos would count as deleted whenever the drive is unplugged."""
    try:
        same_drive = root.path.stat().st_dev == folder.stat().st_dev
    except OSError:
        return False
    return root.state is RootState.ONLINE and same_drive


def report_document(report: IndexReport) -> dict[str, Any]:
    """The JSON shape of `photofind index --json`."""
    return {
        "indexed": report.indexed,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "failed": [{"path": str(item.path), "reason": item.reason} for item in report.failed],
        "seconds": round(report.seconds, 3),
    }
