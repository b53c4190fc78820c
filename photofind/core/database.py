"""One SQLite connection: how it is opened, its transactions, and its errors in plain words.

Knows nothing of tables. Only the writing connection changes or checkpoints a file; readers are
opened `mode=ro`, because SQLite before 3.51.3 can damage a file that two connections checkpoint.
A connection belongs to the thread that opened it.
"""

import contextlib
import os
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from photofind.core.database_errors import backups, corrupt_message, explained
from photofind.core.errors import CatalogCorruptError, LibraryError

Value = int | float | str | bytes | None
Parameters = Sequence[Value] | dict[str, Value]
Row = tuple[Any, ...]

BUSY_SECONDS = 10.0
_PARSED = 1 << 19  # characters of joined numbers that are read at once
ALWAYS_CHECKED_BYTES = 64 << 20
"""Files up to this size are checked at every opening."""


class Database:
    """One connection in autocommit: outside `transaction` every statement sees fresh data."""

    def __init__(self, path: Path, connection: sqlite3.Connection, *, writable: bool) -> None:
        self.path = path
        self.writable = writable
        self._connection = connection
        self._depth = 0

    @classmethod
    def open(cls, path: Path, *, check_after_crash: bool = True) -> "Database":
        """Open for reading and writing; the file is made where there is none.

        What is there is checked first, through a connection that cannot change it: a small file
        always, a large one after an unclean end where `check_after_crash` says so.
        Raises CatalogCorruptError or LibraryError.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
            raise LibraryError(f"The folder {path.parent} cannot be made: {reason}.") from error
        _check_before_writing(path, check_after_crash)
        database = cls(path, _connect(path, "mode=rwc"), writable=True)
        with database.closed_on_error():
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
                database.execute(f"PRAGMA {pragma}")
            database.execute("PRAGMA journal_size_limit=67108864")
            database.execute("PRAGMA cache_size=-32768")
        return database

    @classmethod
    def open_readonly(cls, path: Path) -> "Database":
        """Open a file that exists, for reading. Works beside a writer and without one.

        Raises CatalogCorruptError or LibraryError.
        """
        database = cls(path, _connect(path, "mode=ro"), writable=False)
        try:
            database.execute("SELECT count(*) FROM sqlite_schema")
        except LibraryError as error:
            database.close()
            if isinstance(error, CatalogCorruptError) or _is_busy(error) or not _is_at_rest(path):
                raise
            # A folder that cannot be written takes no -shm file; nobody writes here then.
            database = cls(path, _connect(path, "mode=ro&immutable=1"), writable=False)
        with database.closed_on_error():
            database.execute("SELECT count(*) FROM sqlite_schema")
            database.execute("PRAGMA query_only=ON")
            database.execute("PRAGMA cache_size=-16384")
        return database

    def close(self) -> None:
        """A writer first moves all that was committed into the main file. Without that, readers
        that are still open would leave a file behind that looks like a crash to the next start."""
        if self.writable:
            self.settle()
        with self._errors():
            self._connection.close()

    def settle(self) -> None:
        """Move what was committed into the main file, as far as no reader is in the way, and give
        back the memory of pages that were read."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("PRAGMA shrink_memory")
            self._connection.execute("PRAGMA busy_timeout=0")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute(f"PRAGMA busy_timeout={round(1000 * BUSY_SECONDS)}")

    @contextlib.contextmanager
    def closed_on_error(self) -> Generator[None, None, None]:
        """Close the connection where the block fails."""
        try:
            yield
        except BaseException:
            self._connection.close()
            raise

    def execute(self, sql: str, parameters: Parameters = ()) -> int:
        """Run one statement. Returns the number of rows changed."""
        with self._errors():
            return self._connection.execute(sql, parameters).rowcount

    def make_temporary(self, sql: str) -> None:
        """Run a statement that makes a table in `temp`, which is this connection's alone, so that
        a reader may have one too."""
        if not self.writable:
            self.execute("PRAGMA query_only=OFF")
        try:
            self.execute(sql)
        finally:
            if not self.writable:
                self.execute("PRAGMA query_only=ON")

    def execute_many(self, sql: str, rows: Iterable[Parameters]) -> None:
        with self._errors():
            self._connection.executemany(sql, rows)

    def insert(self, sql: str, parameters: Parameters) -> int:
        """Run one INSERT. Returns the new row's id."""
        with self._errors():
            row_id = self._connection.execute(sql, parameters).lastrowid
        assert row_id is not None
        return row_id

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        with self._errors():
            return self._connection.execute(sql, parameters).fetchall()

    def chunks(
        self, sql: str, parameters: Parameters = (), size: int = 65536
    ) -> Iterator[list[Row]]:
        """Rows in lists of at most `size`, for results that are too large to be held as objects."""
        with self._errors():
            cursor = self._connection.execute(sql, parameters)
            while chunk := cursor.fetchmany(size):
                yield chunk

    def row(self, sql: str, parameters: Parameters = ()) -> Row | None:
        with self._errors():
            cursor = self._connection.execute(sql, parameters)
            found = cursor.fetchone()
            cursor.close()
        return found

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """First column of the first row, None where there is no row."""
        found = self.row(sql, parameters)
        return found[0] if found is not None else None

    def integers(
        self, sql: str, parameters: Parameters = (), *, columns: int = 1
    ) -> npt.NDArray[np.int64]:
        """Rows of non-null integers, in their order, as an int64 array of shape (n, columns)."""
        return np.stack(self.integer_columns(sql, parameters, columns=columns), axis=1)

    def integer_columns(
        self, sql: str, parameters: Parameters = (), *, columns: int
    ) -> list[npt.NDArray[np.int64]]:
        """The same, each column by itself: int64 (n,).

        SQLite joins them to one text per column: for a million rows that takes a third of the time
        that as many Python objects would, and other threads run meanwhile.
        """
        names = [f"c{number}" for number in range(columns)]
        joined = self.row(
            f"WITH found({', '.join(names)}) AS ({sql})"
            f" SELECT {', '.join(f'group_concat({name})' for name in names)} FROM found",
            parameters,
        )
        if joined is None or joined[0] is None:
            return [np.empty(0, np.int64) for _ in names]
        return [_numbers(text) for text in joined]

    @property
    def in_transaction(self) -> bool:
        return self._depth > 0

    def version(self) -> tuple[int, int]:
        """Changes whenever the file has changed, through this connection or another."""
        return self.value("PRAGMA data_version"), self._connection.total_changes

    @contextlib.contextmanager
    def transaction(self, *, durable: bool = False) -> Generator[None, None, None]:
        """Everything in the block happens or nothing; a nested block can fail by itself.

        `durable` (outermost only) waits until the commit would survive a power cut.
        """
        if self._depth == 0 and durable:
            self.execute("PRAGMA synchronous=FULL")
        name = f"level_{self._depth}"
        self.execute("BEGIN IMMEDIATE" if self._depth == 0 else f"SAVEPOINT {name}")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            self._undo(name)
            raise
        else:
            self._depth -= 1
            self._commit(name)
        finally:
            if self._depth == 0 and durable:
                self.execute("PRAGMA synchronous=NORMAL")

    def _commit(self, name: str) -> None:
        try:
            self.execute("COMMIT" if self._depth == 0 else f"RELEASE {name}")
        except BaseException:
            self._undo(name)
            raise

    def _undo(self, name: str) -> None:
        if not self._connection.in_transaction:
            return  # SQLite has rolled everything back by itself, as it does on a full disk
        if self._depth == 0:
            self.execute("ROLLBACK")
        else:
            self.execute(f"ROLLBACK TO {name}")
            self.execute(f"RELEASE {name}")

    def problems(self, *, thorough: bool = False) -> list[str]:
        """What SQLite's own check finds wrong with the file; empty where it is sound."""
        pragma = "integrity_check" if thorough else "quick_check"
        try:
            found = [str(row[0]) for row in self.rows(f"PRAGMA {pragma}(20)")]
        except CatalogCorruptError as error:
            return [str(error.__cause__ or error)]
        return [line for line in found if line != "ok"]

    def copy_to(self, target: Path) -> None:
        """Write a consistent copy; `target` is complete or not there at all."""
        temporary = target.with_name(f".{target.name}.new")
        try:
            temporary.unlink(missing_ok=True)
            copy = sqlite3.connect(temporary)
            try:
                with self._errors():
                    self._connection.backup(copy)
            finally:
                copy.close()
            _flush(temporary)
            temporary.replace(target)
        except OSError as error:
            reason = error.strerror or str(error)
            raise LibraryError(f"No copy of {self.path} could be made: {reason}.") from error
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _errors(self) -> Generator[None, None, None]:
        try:
            yield
        except sqlite3.Error as error:
            known = explained(self.path, error)
            if known is None:
                raise
            raise known from error


def _numbers(text: str) -> npt.NDArray[np.int64]:
    """Numbers with commas between; other threads get a turn after each part of a long text."""
    parts: list[npt.NDArray[np.int64]] = []
    start = 0
    while start < len(text):
        end = text.find(",", start + _PARSED)
        end = len(text) if end < 0 else end
        parts.append(np.fromstring(text[start:end], np.int64, sep=","))
        start = end + 1
    return np.concatenate(parts)


def _connect(path: Path, options: str) -> sqlite3.Connection:
    try:
        return sqlite3.connect(
            f"{path.absolute().as_uri()}?{options}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
        )
    except sqlite3.Error as error:
        known = explained(path, error)
        if known is None:
            raise
        raise known from error


def _check_before_writing(path: Path, check_after_crash: bool) -> None:
    """Refuse a damaged file before a connection that could change it is opened."""
    wal = path.with_name(path.name + "-wal")
    unclean = _size(wal) > 0
    size = _size(path)
    if size == 0:
        if unclean or backups(path):
            raise CatalogCorruptError(corrupt_message(path, "the file is empty"))
        return
    database = Database.open_readonly(path)
    try:
        if (unclean and check_after_crash) or size <= ALWAYS_CHECKED_BYTES:
            problems = database.problems()
            if problems:
                raise CatalogCorruptError(corrupt_message(path, problems[0]))
    finally:
        database.close()


def _is_at_rest(path: Path) -> bool:
    """Whether all that was committed stands in the main file."""
    return path.is_file() and _size(path.with_name(path.name + "-wal")) == 0


def _is_busy(error: LibraryError) -> bool:
    """Whether somebody is writing just now."""
    code = getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF  # without its details
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
