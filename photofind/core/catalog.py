"""The catalog of a library, the truth of what is known: one object over its tables.

Bound to the thread that opened it. Each topic's methods stand in a module of their own
(`catalog_roots`, `catalog_photos`, …); this one opens, closes and checks the whole.
"""

from contextlib import AbstractContextManager
from pathlib import Path

from photofind.core.catalog_decisions import CatalogDecisions
from photofind.core.catalog_files import CatalogFiles, Counts
from photofind.core.catalog_lists import CatalogLists, HashTable
from photofind.core.catalog_photos import CatalogPhotos
from photofind.core.catalog_roots import CatalogRoots
from photofind.core.catalog_rows import KnownFile
from photofind.core.catalog_trash import CatalogTrash, TrashBatch, TrashEntry, TrashState
from photofind.core.catalog_vectors import CatalogVectors
from photofind.core.database import Database
from photofind.core.database_errors import corrupt_message
from photofind.core.errors import CatalogCorruptError, LibraryError
from photofind.core.migrations import CURRENT_VERSION, migrate, refuse_newer, version_of
from photofind.core.paths import LibraryPaths

__all__ = [
    "Catalog",
    "Counts",
    "HashTable",
    "KnownFile",
    "TrashBatch",
    "TrashEntry",
    "TrashState",
]


class Catalog(
    CatalogRoots,
    CatalogPhotos,
    CatalogFiles,
    CatalogVectors,
    CatalogLists,
    CatalogDecisions,
    CatalogTrash,
):
    """Everything a library knows. The parts share nothing but the connection."""

    @classmethod
    def open(cls, path: Path) -> "Catalog":
        """Open for reading and writing; a missing catalog is made, an older one brought up to date.

        Raises CatalogCorruptError, CatalogTooNewError, or LibraryError.
        """
        _refuse_emptied(path)
        database = Database.open(path)
        with database.closed_on_error():
            taken = migrate(database)
            catalog = cls(database)
            if 1 in taken:
                catalog.take_over_decisions()
        return catalog

    @classmethod
    def open_readonly(cls, path: Path) -> "Catalog":
        """Open for reading, beside a writer or without one. Each call sees what is committed.

        Raises LibraryError where there is no catalog yet, and as `open` does.
        """
        if not path.exists():
            raise _no_library(path)
        _refuse_emptied(path)
        database = Database.open_readonly(path)
        with database.closed_on_error():
            refuse_newer(database)
            version = version_of(database)
            if version == 0:
                raise _no_library(path)
            if version < CURRENT_VERSION:
                raise LibraryError(
                    f"The library {path.parent} is from an older photofind. Open it in the window "
                    "or run `photofind index` once to bring it up to date."
                )
        return cls(database)

    def close(self) -> None:
        self._db.close()

    def settle(self) -> None:
        """Have all that was committed in the main file: an end without warning does no harm now,
        and the next start need not check the whole catalog."""
        self._db.settle()

    def transaction(self) -> AbstractContextManager[None]:
        """Group calls: all of them happen or none. Transactions can be nested."""
        return self._db.transaction()

    def check(self) -> list[str]:
        """What is wrong with the catalog, in plain words; empty where it is sound."""
        problems = self._db.problems(thorough=True)
        if problems:
            return problems
        try:
            return [
                *(f"row {row[1]} of {row[0]} refers to nothing" for row in self._dangling()),
                *self._damaged_vectors(),
                *self._words_astray(),
            ]
        except CatalogCorruptError as error:
            return [str(error)]

    def _dangling(self) -> list[tuple[str, int]]:
        return [(row[0], row[1]) for row in self._db.rows("PRAGMA foreign_key_check")]

    def _damaged_vectors(self) -> list[str]:
        problems: list[str] = []
        for key, count in self.counts().with_vector.items():
            sound = sum(len(ids) for ids, _, _ in self.iter_vectors(key))
            if sound < count:
                problems.append(f"{count - sound} of {count} vectors of {key} are damaged")
        return problems

    def _words_astray(self) -> list[str]:
        missing = self._db.value(
            "SELECT count(*) FROM photos WHERE status = 1"
            " AND photo_id NOT IN (SELECT rowid FROM photo_text)"
        )
        return [f"{missing} photos cannot be found by name"] if missing else []

    def __enter__(self) -> "Catalog":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _refuse_emptied(path: Path) -> None:
    """Raise CatalogCorruptError for an empty file in a library that has been in use.

    The thumbnails come after the catalog is made, so beside them it cannot be a beginning.
    """
    try:
        emptied = path.stat().st_size == 0 and LibraryPaths(path.parent).thumbnails.exists()
    except OSError:
        return
    if emptied:
        raise CatalogCorruptError(corrupt_message(path, "the file is empty"))


def _no_library(path: Path) -> LibraryError:
    return LibraryError(
        f"There is no library in {path.parent} yet; run `photofind index FOLDER` first."
    )
