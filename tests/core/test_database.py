"""One SQLite connection: fresh reads, transactions, damage, folders that cannot be written."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from photofind.core.database import Database
from photofind.core.errors import CatalogCorruptError, LibraryError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.sqlite3"


@pytest.fixture
def writer(path: Path) -> Iterator[Database]:
    database = Database.open(path)
    database.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB)")
    yield database
    database.close()


@pytest.fixture
def sealed_folder() -> Iterator[Path]:
    """A folder that this process cannot write to while the test runs its reading part."""
    if not hasattr(os, "geteuid"):
        pytest.skip("needs POSIX permissions")
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)
        if os.getuid() == 0:
            os.seteuid(0)
        Path(name).chmod(0o755)


def seal(folder: Path) -> None:
    folder.chmod(0o555)
    if os.geteuid() == 0:
        os.seteuid(65534)  # permissions do not bind the superuser


def values(database: Database) -> list[int]:
    return [row[0] for row in database.rows("SELECT a FROM t ORDER BY a")]


def test_a_failed_transaction_leaves_nothing(writer: Database) -> None:
    with pytest.raises(RuntimeError), writer.transaction():
        writer.execute("INSERT INTO t(a) VALUES (1)")
        raise RuntimeError
    assert values(writer) == []


def test_a_nested_transaction_can_fail_alone(writer: Database) -> None:
    with writer.transaction():
        writer.execute("INSERT INTO t(a) VALUES (1)")
        with pytest.raises(RuntimeError), writer.transaction():
            writer.execute("INSERT INTO t(a) VALUES (2)")
            raise RuntimeError
        writer.execute("INSERT INTO t(a) VALUES (3)")
    assert values(writer) == [1, 3]


def test_a_durable_transaction_commits_and_goes_back_to_normal(writer: Database) -> None:
    with writer.transaction(durable=True):
        assert writer.value("PRAGMA synchronous") == 2
        writer.execute("INSERT INTO t(a) VALUES (1)")
    assert writer.value("PRAGMA synchronous") == 1
    assert values(writer) == [1]


def test_a_reader_sees_each_commit_at_once_and_nothing_before_it(
    writer: Database, path: Path
) -> None:
    reader = Database.open_readonly(path)
    assert values(reader) == []
    with writer.transaction():
        writer.execute("INSERT INTO t(a) VALUES (1)")
        assert values(reader) == []
    assert values(reader) == [1]
    reader.close()


def test_a_reader_cannot_write(writer: Database, path: Path) -> None:
    reader = Database.open_readonly(path)
    with pytest.raises(LibraryError, match="read-only"):
        reader.execute("INSERT INTO t(a) VALUES (1)")
    reader.close()


def test_a_reader_works_without_a_writer_and_leaves_the_file_alone(
    writer: Database, path: Path
) -> None:
    writer.execute("INSERT INTO t(a) VALUES (1)")
    writer.close()
    before = path.read_bytes()
    assert not path.with_name(path.name + "-shm").exists()
    reader = Database.open_readonly(path)
    assert values(reader) == [1]
    reader.close()
    assert path.read_bytes() == before


def test_a_reader_works_in_a_folder_that_cannot_be_written(sealed_folder: Path) -> None:
    path = sealed_folder / "data.sqlite3"
    writer = Database.open(path)
    writer.execute("CREATE TABLE t(a INTEGER PRIMARY KEY)")
    writer.execute("INSERT INTO t(a) VALUES (1)")
    writer.close()
    seal(sealed_folder)
    reader = Database.open_readonly(path)
    assert values(reader) == [1]
    reader.close()


def test_a_writer_says_that_its_folder_cannot_be_written(sealed_folder: Path) -> None:
    seal(sealed_folder)
    with pytest.raises(LibraryError, match="permissions of its folder"):
        Database.open(sealed_folder / "data.sqlite3")


def test_readers_and_the_writer_run_side_by_side(writer: Database, path: Path) -> None:
    wrong: list[str] = []
    done = threading.Event()

    def read() -> None:
        reader = Database.open_readonly(path)
        while not done.is_set():
            count = reader.value("SELECT count(*) FROM t")
            if count % 10:
                wrong.append(f"saw {count} rows, half a transaction")
        reader.close()

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for start in range(0, 3000, 10):
        with writer.transaction():
            writer.execute_many(
                "INSERT INTO t VALUES (?, ?)", ((n, bytes(2000)) for n in range(start, start + 10))
            )
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert writer.problems(thorough=True) == []


_KILLED = """
import sys, time
from pathlib import Path
from photofind.core.database import Database
database = Database.open(Path(sys.argv[1]))
database.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB)")
for start in range(0, 500, 50):
    with database.transaction():
        database.execute_many(
            "INSERT INTO t VALUES (?, ?)", ((n, bytes(3000)) for n in range(start, start + 50)))
with database.transaction():
    database.execute("PRAGMA cache_spill=1")
    database.execute_many(
        "INSERT INTO t VALUES (?, ?)", ((n, bytes(30000)) for n in range(1000, 3000)))
    print("in the middle", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a POSIX matter")
def test_a_killed_writer_loses_nothing_that_was_committed(path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "in the middle\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    reader = Database.open_readonly(path)
    assert values(reader) == list(range(500))
    reader.close()
    writer = Database.open(path)
    assert values(writer) == list(range(500))
    assert writer.problems(thorough=True) == []
    writer.close()


def test_a_file_that_is_no_database_is_reported_and_kept(path: Path) -> None:
    path.write_bytes(b"my notes about the holiday " * 500)
    before = path.read_bytes()
    with pytest.raises(CatalogCorruptError, match=r"data\.sqlite3.*left as it is.*index your"):
        Database.open(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("seed", range(12))
def test_flipped_bytes_are_reported_and_the_file_is_kept(path: Path, seed: int) -> None:
    database = Database.open(path)
    database.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)")
    database.execute("CREATE INDEX t_b ON t(b)")
    database.execute_many("INSERT INTO t VALUES (?, ?)", ((n, f"row {n}") for n in range(2000)))
    database.close()
    damaged = bytearray(path.read_bytes())
    page = np.random.default_rng(seed).integers(len(damaged) // 4096)
    start = int(page) * 4096 + (100 if page == 0 else 0)
    damaged[start : start + 16] = bytes(byte ^ 0xFF for byte in damaged[start : start + 16])
    path.write_bytes(damaged)
    with pytest.raises(CatalogCorruptError):
        Database.open(path)
    assert path.read_bytes() == damaged


def test_a_cut_off_file_is_reported(writer: Database, path: Path) -> None:
    writer.execute_many("INSERT INTO t VALUES (?, ?)", ((n, bytes(3000)) for n in range(50)))
    writer.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CatalogCorruptError):
        Database.open(path)


def test_damage_met_while_reading_is_a_known_error(writer: Database, path: Path) -> None:
    writer.execute_many("INSERT INTO t VALUES (?, ?)", ((n, bytes(3000)) for n in range(50)))
    writer.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    reader = Database.open_readonly(path)
    with pytest.raises(CatalogCorruptError):
        reader.rows("SELECT * FROM t")
    assert reader.problems()
    reader.close()


def test_a_copy_is_complete_and_sound(writer: Database, tmp_path: Path) -> None:
    writer.execute("INSERT INTO t(a) VALUES (1)")
    target = tmp_path / "copy.sqlite3"
    writer.copy_to(target)
    copy = Database.open_readonly(target)
    assert values(copy) == [1]
    copy.close()
    assert not list(tmp_path.glob(".copy*"))


def test_integers_come_as_an_array_of_rows(writer: Database) -> None:
    writer.execute_many("INSERT INTO t VALUES (?, ?)", ((n, None) for n in range(3)))
    array = writer.integers("SELECT a, a * 2 FROM t ORDER BY a", columns=2)
    assert array.tolist() == [[0, 0], [1, 2], [2, 4]]
    assert writer.integers("SELECT a, a FROM t WHERE a > 9", columns=2).shape == (0, 2)


def test_a_clean_end_beside_an_open_reader_does_not_look_like_a_crash(path: Path) -> None:
    writer = Database.open(path)
    writer.execute("CREATE TABLE t(a)")
    reader = Database.open_readonly(path)
    assert values(reader) == []
    writer.execute("INSERT INTO t VALUES (1)")
    writer.close()
    reader.close()
    assert path.with_name(path.name + "-wal").stat().st_size == 0
    assert values(Database.open_readonly(path)) == [1]


def test_a_reader_in_the_middle_of_its_rows_does_not_hold_up_the_end(path: Path) -> None:
    writer = Database.open(path)
    writer.execute("CREATE TABLE t(a)")
    writer.execute_many("INSERT INTO t VALUES (?)", ((number,) for number in range(5000)))
    reader = Database.open_readonly(path)
    rows = reader.chunks("SELECT a FROM t", size=10)
    next(rows)
    writer.execute("INSERT INTO t VALUES (-1)")
    writer.close()
    assert len(next(rows)) == 10
    del rows
    reader.close()


def test_very_many_integers_come_as_they_are_and_in_order(writer: Database) -> None:
    numbers = np.random.default_rng(0).integers(-(2**63), 2**63 - 1, 60_000)
    writer.execute_many("INSERT INTO t VALUES (?, ?)", enumerate(numbers.tolist()))
    found = writer.integers("SELECT a, b FROM t ORDER BY a DESC", columns=2)
    assert found.shape == (60_000, 2)
    assert (found[:, 0] == np.arange(60_000)[::-1]).all()
    assert (found[:, 1] == numbers[::-1]).all()
