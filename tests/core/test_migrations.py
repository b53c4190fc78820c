"""Numbered steps: backup, one transaction, integrity check; newer catalogs are refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from photofind.core.catalog import Catalog
from photofind.core.database import Database
from photofind.core.errors import CatalogCorruptError, CatalogTooNewError, LibraryError
from photofind.core.migrations import CURRENT_VERSION, MIGRATIONS, Migration, migrate, version_of

FIRST = Migration(1, "one table", ("CREATE TABLE a(x INTEGER PRIMARY KEY, y TEXT UNIQUE)",))
SECOND = Migration(2, "another", ("CREATE TABLE b(z)", "INSERT INTO b SELECT y FROM a"))
BROKEN = Migration(2, "fails half-way", ("CREATE TABLE b(z)", "INSERT INTO nowhere VALUES (1)"))
DANGLING = Migration(
    2, "leaves a dangling row", ("CREATE TABLE b(z REFERENCES a)", "INSERT INTO b VALUES (99)")
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalog.sqlite3"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    opened = Database.open(path)
    migrate(opened, (FIRST,))
    opened.execute("INSERT INTO a VALUES (1, 'kept')")
    yield opened
    opened.close()


def test_steps_are_numbered_without_gaps() -> None:
    assert [step.version for step in MIGRATIONS] == list(range(1, CURRENT_VERSION + 1))


def test_a_new_catalog_takes_every_step_and_needs_no_backup(path: Path) -> None:
    Catalog.open(path).close()
    reader = Database.open_readonly(path)
    assert version_of(reader) == CURRENT_VERSION
    reader.close()
    assert not list(path.parent.glob("*.before-*"))


def test_only_missing_steps_are_taken(database: Database) -> None:
    assert migrate(database, (FIRST, SECOND)) == [2]
    assert migrate(database, (FIRST, SECOND)) == []
    assert database.value("SELECT z FROM b") == "kept"


def test_a_step_leaves_a_backup_of_what_was_before(database: Database, path: Path) -> None:
    migrate(database, (FIRST, SECOND))
    backup = Database.open_readonly(path.with_name("catalog.before-v2.sqlite3"))
    assert version_of(backup) == 1
    assert backup.value("SELECT y FROM a") == "kept"
    backup.close()


def test_a_step_that_fails_leaves_the_catalog_as_it_was(database: Database) -> None:
    with pytest.raises(Exception, match="nowhere"):
        migrate(database, (FIRST, BROKEN))
    assert version_of(database) == 1
    assert database.rows("SELECT name FROM sqlite_schema WHERE name = 'b'") == []
    assert database.value("PRAGMA foreign_keys") == 1


def test_a_step_that_would_leave_dangling_rows_is_not_taken(database: Database) -> None:
    with pytest.raises(CatalogCorruptError, match="refer to others"):
        migrate(database, (FIRST, DANGLING))
    assert version_of(database) == 1


def test_a_step_is_not_taken_where_no_backup_can_be_written(database: Database, path: Path) -> None:
    blocked = path.with_name("catalog.before-v2.sqlite3")
    (blocked / "something").mkdir(parents=True)
    with pytest.raises(LibraryError, match="no backup could be written"):
        migrate(database, (FIRST, SECOND))
    assert version_of(database) == 1


@pytest.mark.parametrize("opener", [Catalog.open, Catalog.open_readonly])
def test_a_newer_catalog_is_refused_and_kept(path: Path, opener) -> None:
    Catalog.open(path).close()
    database = Database.open(path)
    database.execute(f"PRAGMA user_version={CURRENT_VERSION + 1}")
    database.close()
    before = path.read_bytes()
    with pytest.raises(CatalogTooNewError, match=r"newer photofind.*Update photofind"):
        opener(path)
    assert path.read_bytes() == before


def test_a_damaged_catalog_names_the_backup(database: Database, path: Path) -> None:
    migrate(database, (FIRST, SECOND))
    database.close()
    path.write_bytes(b"\xff" * 8192)
    with pytest.raises(CatalogCorruptError, match=r"catalog\.before-v2\.sqlite3"):
        Catalog.open(path)


def test_a_catalog_that_became_empty_is_not_taken_for_a_new_one(
    database: Database, path: Path
) -> None:
    migrate(database, (FIRST, SECOND))
    database.close()
    path.write_bytes(b"")
    with pytest.raises(CatalogCorruptError, match="empty"):
        Catalog.open(path)
