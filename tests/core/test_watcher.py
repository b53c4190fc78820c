"""Watching real folders, with the system's own means and by polling."""

import errno
import logging
import os
import shutil
import sys
import time
from pathlib import Path

import pytest
from watchdog.observers import Observer

from photofind.core.types import Change, ChangeKind, Root, RootState
from photofind.core.watcher import Watcher, is_network

PATIENCE = 10.0


class Ears:
    """Everything a watcher says."""

    def __init__(self):
        self.changes = []
        self.notices = []

    def told(self, relpath, kind):
        return Change(1, relpath, kind) in list(self.changes)

    def wait_for(self, relpath, kind):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self.told(relpath, kind):
                return
            time.sleep(0.02)
        pytest.fail(f"no {kind} for {relpath!r} among {self.changes}")


def wait_until(condition):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def ears():
    return Ears()


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "photos"
    path.mkdir()
    return path


def start(ears, folder, **options):
    watcher = Watcher(ears.changes.append, ears.notices.append, check_seconds=0.1, **options)
    watcher.watch(Root(1, folder, RootState.ONLINE))
    wait_until(watcher.alive)
    ears.wait_for("", ChangeKind.FOLDER)
    ears.changes.clear()
    return watcher


@pytest.fixture
def watcher(ears, folder):
    watcher = start(ears, folder)
    yield watcher
    watcher.close()


def test_new_changed_and_deleted_photos(ears, folder, watcher):
    path = folder / "one.jpg"
    path.write_bytes(b"1")
    ears.wait_for("one.jpg", ChangeKind.TOUCHED)
    ears.changes.clear()
    path.write_bytes(b"22")
    ears.wait_for("one.jpg", ChangeKind.TOUCHED)
    path.unlink()
    ears.wait_for("one.jpg", ChangeKind.GONE)


def test_a_renamed_photo_is_gone_here_and_touched_there(ears, folder, watcher):
    (folder / "sub").mkdir()
    (folder / "one.jpg").write_bytes(b"1")
    ears.wait_for("one.jpg", ChangeKind.TOUCHED)
    (folder / "one.jpg").rename(folder / "sub" / "two.jpg")
    ears.wait_for("one.jpg", ChangeKind.GONE)
    ears.wait_for("sub/two.jpg", ChangeKind.TOUCHED)


def test_a_save_by_temporary_file_touches_the_photo_only(ears, folder, watcher):
    (folder / "save.tmp").write_bytes(b"1")
    (folder / "save.tmp").rename(folder / "one.jpg")
    ears.wait_for("one.jpg", ChangeKind.TOUCHED)
    assert {change.relpath for change in ears.changes} == {"one.jpg"}


def test_folders_that_come_move_and_go_are_reported_as_folders(ears, folder, watcher, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/one.jpg").write_bytes(b"1")
    (tmp_path / "outside").rename(folder / "inside")
    ears.wait_for("inside", ChangeKind.FOLDER)
    (folder / "inside").rename(folder / "elsewhere")
    ears.wait_for("elsewhere", ChangeKind.FOLDER)
    shutil.rmtree(folder / "elsewhere")
    ears.wait_for("elsewhere", ChangeKind.FOLDER)


def test_reading_and_other_files_say_nothing(ears, folder, watcher):
    (folder / "one.jpg").write_bytes(b"1")
    ears.wait_for("one.jpg", ChangeKind.TOUCHED)
    time.sleep(0.5)
    ears.changes.clear()
    (folder / "one.jpg").read_bytes()
    (folder / "notes.txt").write_text("x")
    (folder / ".hidden.jpg").write_bytes(b"1")
    (folder / "@eaDir").mkdir()
    (folder / "last.jpg").write_bytes(b"1")
    ears.wait_for("last.jpg", ChangeKind.TOUCHED)
    assert {change.relpath for change in ears.changes} == {"last.jpg"}


@pytest.mark.skipif(sys.platform != "linux", reason="names are not bytes here")
def test_names_that_are_not_utf8(ears, folder, watcher):
    path = Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.jpg"))
    path.write_bytes(b"1")
    ears.wait_for(os.fsdecode(b"caf\xe9.jpg"), ChangeKind.TOUCHED)


def test_a_handler_that_fails_does_not_end_the_watch(ears, folder, caplog):
    caplog.set_level(logging.CRITICAL)
    failed = []

    def fail_once(change):
        if change.relpath == "one.jpg" and not failed:
            failed.append(change)
            raise RuntimeError("a bug")
        ears.changes.append(change)

    watcher = Watcher(fail_once, ears.notices.append, check_seconds=0.1)
    try:
        watcher.watch(Root(1, folder, RootState.ONLINE))
        wait_until(watcher.alive)
        (folder / "one.jpg").write_bytes(b"1")
        wait_until(lambda: failed)
        (folder / "two.jpg").write_bytes(b"1")
        ears.wait_for("two.jpg", ChangeKind.TOUCHED)
    finally:
        watcher.close()


def test_a_dead_observer_is_started_again(ears, folder):
    made = []

    def observer():
        made.append(Observer())
        return made[-1]

    watcher = start(ears, folder, native=observer)
    try:
        made[0].stop()
        wait_until(lambda: len(made) == 2 and watcher.alive())
        ears.wait_for("", ChangeKind.FOLDER)
        (folder / "one.jpg").write_bytes(b"1")
        ears.wait_for("one.jpg", ChangeKind.TOUCHED)
    finally:
        watcher.close()


def test_a_root_that_comes_back_is_watched_again(ears, folder, watcher, tmp_path):
    folder.rename(tmp_path / "unplugged")
    ears.wait_for("", ChangeKind.FOLDER)
    ears.changes.clear()
    (tmp_path / "unplugged").rename(folder)
    ears.wait_for("", ChangeKind.FOLDER)
    wait_until(watcher.alive)
    (folder / "one.jpg").write_bytes(b"1")
    ears.wait_for("one.jpg", ChangeKind.TOUCHED)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EMFILE])
def test_where_the_system_cannot_watch_the_folder_is_polled(ears, folder, number):
    def exhausted():
        raise OSError(number, "inotify limit reached")

    watcher = start(ears, folder, native=exhausted, poll_seconds=0.1)
    try:
        assert len(ears.notices) == 1
        assert str(folder) in ears.notices[0]
        (folder / "one.jpg").write_bytes(b"1")
        ears.wait_for("one.jpg", ChangeKind.TOUCHED)
        (folder / "one.jpg").rename(folder / "two.jpg")
        ears.wait_for("one.jpg", ChangeKind.GONE)
        ears.wait_for("two.jpg", ChangeKind.TOUCHED)
    finally:
        watcher.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only inotify is silent about its limit")
def test_a_limit_reached_below_the_root_is_noticed(ears, folder):
    class Limited(Observer):
        def schedule(self, *arguments, **options):
            if self.is_alive():
                raise OSError(errno.ENOSPC, "inotify watch limit reached")
            return super().schedule(*arguments, **options)

    watcher = start(ears, folder, native=Limited, poll_seconds=0.1)
    try:
        assert len(ears.notices) == 1
        (folder / "one.jpg").write_bytes(b"1")
        ears.wait_for("one.jpg", ChangeKind.TOUCHED)
    finally:
        watcher.close()


def test_nothing_is_said_about_a_root_that_is_no_longer_watched(ears, folder, watcher):
    watcher.unwatch(1)
    time.sleep(0.5)
    ears.changes.clear()
    (folder / "one.jpg").write_bytes(b"1")
    time.sleep(1.0)
    assert ears.changes == []


def test_a_root_that_is_not_there_is_waited_for(ears, tmp_path):
    watcher = Watcher(ears.changes.append, ears.notices.append, check_seconds=0.1)
    try:
        watcher.watch(Root(1, tmp_path / "later", RootState.OFFLINE))
        time.sleep(0.3)
        assert ears.changes == []
        (tmp_path / "later").mkdir()
        ears.wait_for("", ChangeKind.FOLDER)
    finally:
        watcher.close()


def test_a_local_folder_is_no_network_drive(tmp_path):
    assert not is_network(tmp_path)
