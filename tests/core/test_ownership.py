"""One writer per library, and a way to reach it."""

import multiprocessing
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from photofind.core.errors import LibraryBusyError, LibraryError
from photofind.core.ownership import LibraryLock, Message, OwnerServer, Reply, ask_owner, read_owner
from photofind.core.paths import LibraryPaths


@pytest.fixture
def paths(tmp_path: Path) -> LibraryPaths:
    return LibraryPaths(tmp_path / "library")


@pytest.fixture
def lock(paths: LibraryPaths) -> Iterator[LibraryLock]:
    with LibraryLock(paths) as lock:
        lock.acquire("the test")
        yield lock


def hold_and_die(home: Path) -> None:
    LibraryLock(LibraryPaths(home)).acquire("a process that dies")
    os._exit(9)


def test_second_writer_is_told_who_holds_the_library(
    paths: LibraryPaths, lock: LibraryLock
) -> None:
    with pytest.raises(LibraryBusyError, match=rf"the test \(process {os.getpid()}\)"):
        LibraryLock(paths).acquire("another")


def test_released_lock_can_be_taken_again(paths: LibraryPaths, lock: LibraryLock) -> None:
    lock.release()
    assert read_owner(paths) is None
    with LibraryLock(paths) as second:
        second.acquire("the second")
        owner = read_owner(paths)
    assert owner is not None
    assert owner.program == "the second"


def test_lock_of_a_dead_process_is_free(paths: LibraryPaths) -> None:
    process = multiprocessing.get_context("spawn").Process(target=hold_and_die, args=(paths.home,))
    process.start()
    process.join(30)
    assert process.exitcode == 9
    with LibraryLock(paths) as lock:
        lock.acquire("the survivor")


def test_unwritable_library_folder_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(LibraryError, match="cannot be written"):
        LibraryLock(LibraryPaths(tmp_path / "file" / "library")).acquire("the test")


def test_messages_reach_the_owner_and_progress_comes_back(
    paths: LibraryPaths, lock: LibraryLock
) -> None:
    def handle(message: Message, reply: Reply) -> None:
        reply({"progress": 1})
        reply({"progress": 2})
        reply({"report": message["folders"]})

    server = OwnerServer(paths, "the test", handle)
    progress: list[Message] = []
    answer = ask_owner(paths, {"command": "index", "folders": ["ä b"]}, progress.append)
    server.close()
    assert answer == {"report": ["ä b"]}
    assert progress == [{"progress": 1}, {"progress": 2}]


def test_note_with_the_key_is_private(paths: LibraryPaths, lock: LibraryLock) -> None:
    server = OwnerServer(paths, "the test", lambda _, reply: reply({}))
    server.close()
    assert stat.S_IMODE(paths.owner.stat().st_mode) == 0o600


def test_owner_that_does_not_listen_is_named(paths: LibraryPaths, lock: LibraryLock) -> None:
    with pytest.raises(LibraryBusyError, match="the test"):
        ask_owner(paths, {"command": "index"})


def test_owner_that_went_away_is_a_clear_error(paths: LibraryPaths, lock: LibraryLock) -> None:
    server = OwnerServer(paths, "the test", lambda _, reply: reply({}))
    server.close()
    with pytest.raises(LibraryBusyError, match="did not answer"):
        ask_owner(paths, {"command": "index"})
