"""Thumbnails by content hash, in a SQLite file of their own.

The file is a cache: one that is damaged is deleted and made anew, which costs time only.
"""

import contextlib
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from photofind.core.database import Database
from photofind.core.errors import CatalogCorruptError, LibraryError

log = logging.getLogger(__name__)

_VERSION = 1
_CHUNK = 500
_LOOKED_THROUGH = 4096  # hashes compared at once
_TABLE = "CREATE TABLE thumbnails(content BLOB PRIMARY KEY, jpeg BLOB NOT NULL)"
_PARTS = ("", "-wal", "-shm", "-journal")


class ThumbnailStore:
    """JPEG bytes by content hash. Bound to the thread that opened it.

    A reader may be opened before the file exists, and follows when the file is made anew.
    """

    def __init__(self, path: Path, *, writable: bool) -> None:
        self._path = path
        self._writable = writable
        self._database: Database | None = None
        self._opened_inode = 0

    @classmethod
    def open(cls, path: Path) -> "ThumbnailStore":
        """Open for reading and writing. Raises LibraryError where the folder is unusable."""
        store = cls(path, writable=True)
        store._database = store._open_or_renew()
        return store

    @classmethod
    def open_readonly(cls, path: Path) -> "ThumbnailStore":
        return cls(path, writable=False)

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def get(self, content: bytes) -> bytes | None:
        return self.get_many([content]).get(content)

    def get_many(self, contents: Sequence[bytes]) -> dict[bytes, bytes]:
        """The thumbnails that are there; none at all while the file is missing or damaged."""
        if not self._writable and self._is_outdated():
            self.close()
        try:
            return self._read(contents)
        except CatalogCorruptError:
            if self._writable:
                self._renew()
            else:
                self.close()
        except LibraryError as error:
            if self._writable:
                raise
            log.info("thumbnails cannot be read: %s", error)
            self.close()
        return {}

    def put_many(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        """Store (content hash, JPEG) pairs. Raises LibraryError, for example on a full disk."""
        try:
            self._write(items)
        except CatalogCorruptError:
            self._renew()
            self._write(items)

    def remove_unused(self, known: Callable[[bytes, bytes], set[bytes]]) -> int:
        """Forget thumbnails of unknown content; returns how many.

        `known` gives the known content hashes from one to another, both included.
        """
        unused: list[bytes] = []
        for stored in self._stored():
            there = known(stored[0], stored[-1])
            unused += [content for content in stored if content not in there]
        try:
            self._delete(unused)
        except CatalogCorruptError:
            self._renew()
        return len(unused)

    def _stored(self) -> Iterator[list[bytes]]:
        """All content hashes, some at a time."""
        try:
            yield from _contents(self._writer())
        except CatalogCorruptError:
            self._renew()

    def _read(self, contents: Sequence[bytes]) -> dict[bytes, bytes]:
        database = self._database if self._database is not None else self._open_reader()
        if database is None:
            return {}
        found: dict[bytes, bytes] = {}
        for start in range(0, len(contents), _CHUNK):
            chunk = list(contents[start : start + _CHUNK])
            found.update(
                database.rows(
                    "SELECT content, jpeg FROM thumbnails"
                    f" WHERE content IN ({','.join('?' * len(chunk))})",
                    chunk,
                )
            )
        return found

    def _write(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        database = self._writer()
        with database.transaction():
            database.execute_many("INSERT OR REPLACE INTO thumbnails VALUES (?, ?)", items)

    def _delete(self, contents: Sequence[bytes]) -> None:
        database = self._writer()
        for start in range(0, len(contents), _CHUNK):
            with database.transaction():
                database.execute_many(
                    "DELETE FROM thumbnails WHERE content = ?",
                    ((content,) for content in contents[start : start + _CHUNK]),
                )

    def _writer(self) -> Database:
        assert self._writable
        assert self._database is not None
        return self._database

    def _open_reader(self) -> Database | None:
        """The file as a reader sees it; None while it is missing or not filled yet."""
        try:
            inode = self._path.stat().st_ino
            database = Database.open_readonly(self._path)
        except FileNotFoundError:
            return None
        if not _is_current(database):
            database.close()
            return None
        self._database, self._opened_inode = database, inode
        return database

    def _is_outdated(self) -> bool:
        if self._database is None:
            return False
        try:
            return self._path.stat().st_ino != self._opened_inode
        except OSError:
            return True

    def _open_or_renew(self) -> Database:
        try:
            database = Database.open(self._path, check_after_crash=False)
            with database.closed_on_error():
                if _is_current(database):
                    return database
                if not database.rows("SELECT 1 FROM sqlite_schema"):
                    _create(database)
                    return database
            database.close()
        except CatalogCorruptError as error:
            log.info("thumbnails cannot be read: %s", error)
            log.warning("the thumbnails in %s were damaged and are made anew", self._path)
        _delete(self._path)
        database = Database.open(self._path, check_after_crash=False)
        with database.closed_on_error():
            _create(database)
        return database

    def _renew(self) -> None:
        log.warning("the thumbnails in %s were damaged and are made anew", self._path)
        if self._database is not None:
            with contextlib.suppress(LibraryError):
                self._database.close()
        _delete(self._path)
        self._database = self._open_or_renew()


def _contents(database: Database) -> Iterator[list[bytes]]:
    """What there are thumbnails of, ascending, in lists of some thousands."""
    after = b""
    while rows := database.rows(
        "SELECT content FROM thumbnails WHERE content > ? ORDER BY content LIMIT ?",
        (after, _LOOKED_THROUGH),
    ):
        contents = [row[0] for row in rows]
        yield contents
        after = contents[-1]


def _is_current(database: Database) -> bool:
    return database.value("PRAGMA user_version") == _VERSION


def _create(database: Database) -> None:
    database.execute("PRAGMA auto_vacuum=FULL")
    database.execute("VACUUM")
    with database.transaction():
        database.execute(_TABLE)
        database.execute(f"PRAGMA user_version={_VERSION}")


def _delete(path: Path) -> None:
    for part in _PARTS:
        try:
            os.unlink(f"{os.fspath(path)}{part}")  # noqa: PTH108 - the name is put together
        except FileNotFoundError:
            continue
        except OSError as error:
            reason = error.strerror or str(error)
            raise LibraryError(
                f"The damaged cache {path} cannot be replaced: {reason}. Close other programs "
                "that use it, or delete it; it holds nothing but thumbnails."
            ) from error
