"""Following changes as they happen: hints in any order, and the real watcher."""

import shutil
import threading
import time

import pytest

from photofind.core.errors import EngineError
from photofind.core.timing import Timing
from photofind.core.types import Change, ChangeKind, RootState
from photofind.core.watcher import Watcher
from tests.core.indexing import QUICK, Bench, age, copy, draw, fill

TOUCHED, GONE, FOLDER = ChangeKind.TOUCHED, ChangeKind.GONE, ChangeKind.FOLDER


@pytest.fixture
def bench(tmp_path, request):
    timing = WATCHED if "watched" in request.fixturenames else QUICK
    bench = Bench(tmp_path / "library", timing)
    yield bench
    bench.close()


@pytest.fixture
def folder(tmp_path):
    return fill(tmp_path / "photos", 6)


@pytest.fixture
def root(bench, folder):
    """A root whose photos are indexed."""
    root = bench.catalog.add_root(folder)
    bench.settle()
    bench.analyzer.analyzed.clear()
    bench.indexed.clear()
    return root


def test_the_first_step_scans_every_root(bench, folder, tmp_path):
    bench.catalog.add_root(folder)
    bench.catalog.add_root(fill(tmp_path / "other", 2))
    bench.settle()
    assert [root.photos for root in bench.catalog.roots()] == [6, 2]


def test_a_new_photo_is_indexed_once_it_has_settled(bench, root, folder):
    draw(folder / "new.jpg", 50, old=False)
    bench.tell(root, TOUCHED, "new.jpg")
    assert bench.indexer.step(0.0)
    assert bench.analyzer.analyzed == []
    bench.settle()
    assert bench.analyzer.names() == ["new.jpg"]
    assert bench.indexed == [bench.ids()["new.jpg"]]


def test_a_file_that_is_written_slowly_is_analysed_once(bench, root, folder, tmp_path):
    content = draw(tmp_path / "whole.jpg", 50).read_bytes()
    step = len(content) // 8 + 1
    for start in range(0, len(content), step):
        with (folder / "slow.jpg").open("ab") as file:
            file.write(content[start : start + step])
        if start == 0:
            bench.tell(root, TOUCHED, "slow.jpg")  # no further hint: the stamp is what counts
        for _ in range(3):
            bench.indexer.step(0.05)
        assert bench.analyzer.analyzed == []
    bench.settle()
    assert bench.analyzer.names() == ["slow.jpg"]
    assert bench.reasons() == {}


@pytest.mark.parametrize("order", [(GONE, TOUCHED), (TOUCHED, GONE)])
@pytest.mark.parametrize("apart", [0.0, 0.15])
def test_a_rename_keeps_the_id_whatever_the_order_of_hints(bench, root, folder, order, apart):
    photo_id = bench.ids()["000.jpg"]
    (folder / "000.jpg").rename(folder / "new.jpg")
    for kind in order:
        bench.tell(root, kind, "000.jpg" if kind is GONE else "new.jpg")
        until = time.monotonic() + apart
        while time.monotonic() < until:
            bench.indexer.step(0.02)
    bench.settle()
    assert bench.ids()["new.jpg"] == photo_id
    assert len(bench.ids()) == 6
    assert bench.removed == []
    assert bench.analyzer.analyzed == []
    assert bench.indexed == [photo_id]


def test_a_rename_is_seen_at_once(bench, root, folder):
    (folder / "000.jpg").rename(folder / "new.jpg")
    bench.tell(root, GONE, "000.jpg")
    bench.tell(root, TOUCHED, "new.jpg")
    bench.indexer.step(0.0)
    assert "new.jpg" in bench.ids()


def test_a_copy_to_another_root_and_deletion_here_is_a_move(bench, root, folder, tmp_path):
    other = bench.catalog.add_root(fill(tmp_path / "other", 1))
    bench.tell(other, FOLDER, "")
    bench.settle()
    bench.analyzer.analyzed.clear()
    photo_id = bench.ids()["003.jpg"]
    shutil.copy(folder / "003.jpg", tmp_path / "other/here.jpg")
    bench.tell(other, TOUCHED, "here.jpg")
    bench.indexer.step(0.0)
    (folder / "003.jpg").unlink()
    bench.tell(root, GONE, "003.jpg")
    bench.settle()
    assert bench.catalog.photo(photo_id).path == tmp_path / "other/here.jpg"
    assert bench.analyzer.analyzed == []


def test_a_false_hint_changes_nothing(bench, root, folder):
    bench.tell(root, GONE, "000.jpg")
    bench.tell(root, TOUCHED, "001.jpg", "missing.jpg", "notes.txt")
    bench.tell(root, FOLDER, "nowhere")
    bench.tell(root, GONE, "never.jpg")
    bench.settle()
    assert len(bench.ids()) == 6
    assert bench.analyzer.analyzed == []
    assert bench.removed == []


def test_a_hint_for_a_root_that_is_not_known_is_ignored(bench, root):
    bench.indexer.enqueue(Change(999, "", FOLDER))
    bench.indexer.enqueue(Change(999, "000.jpg", GONE))
    bench.settle()
    assert len(bench.ids()) == 6


def test_deleted_photos_are_removed_after_a_moment(bench, root, folder):
    gone = [bench.ids()[name] for name in ("000.jpg", "001.jpg")]
    for name in ("000.jpg", "001.jpg"):
        (folder / name).unlink()
        bench.tell(root, GONE, name)
    bench.indexer.step(0.0)
    assert bench.removed == []
    bench.settle()
    assert sorted(bench.removed) == sorted(gone)
    assert bench.root(root).state is RootState.ONLINE


def test_an_editor_that_replaces_the_file_changes_the_photo(bench, root, folder):
    photo_id = bench.ids()["000.jpg"]
    draw(folder / "save.tmp", 60).replace(folder / "000.jpg")
    bench.tell(root, TOUCHED, "000.jpg")
    bench.settle()
    assert bench.ids()["000.jpg"] == photo_id
    assert bench.analyzer.names() == ["000.jpg"]


def test_deleted_and_made_again_is_a_change(bench, root, folder):
    photo_id = bench.ids()["000.jpg"]
    (folder / "000.jpg").unlink()
    bench.tell(root, GONE, "000.jpg")
    bench.indexer.step(0.0)
    draw(folder / "000.jpg", 61, old=False)
    bench.tell(root, TOUCHED, "000.jpg")
    bench.settle()
    assert bench.ids()["000.jpg"] == photo_id
    assert bench.removed == []
    assert bench.analyzer.names() == ["000.jpg"]


def test_a_file_moved_to_the_trash_and_back_is_unchanged(bench, root, folder, tmp_path):
    (folder / "000.jpg").rename(tmp_path / "trashed.jpg")
    bench.tell(root, GONE, "000.jpg")
    bench.indexer.step(0.0)
    (tmp_path / "trashed.jpg").rename(folder / "000.jpg")
    bench.tell(root, TOUCHED, "000.jpg")
    bench.settle()
    assert len(bench.ids()) == 6
    assert bench.analyzer.analyzed == []


def test_touching_a_failed_file_tries_it_again(bench, root, folder):
    (folder / "empty.jpg").touch()
    age(folder / "empty.jpg")
    bench.tell(root, TOUCHED, "empty.jpg")
    bench.settle()
    assert bench.analyzer.names() == ["empty.jpg"]
    bench.tell(root, TOUCHED, "empty.jpg")
    bench.settle()
    assert bench.analyzer.names() == ["empty.jpg", "empty.jpg"]


def test_a_burst_of_deletions_takes_the_root_offline(bench, tmp_path):
    folder = fill(tmp_path / "many", 30)
    root = bench.catalog.add_root(folder)
    bench.settle()
    for number in range(15):
        (folder / f"{number:03}.jpg").unlink()
        bench.tell(root, GONE, f"{number:03}.jpg")
    bench.settle()
    assert bench.removed == []
    assert bench.root(root).state is RootState.OFFLINE
    bench.indexer.accept_losses(root.root_id)
    bench.settle()
    assert len(bench.removed) == 15
    assert bench.root(root).state is RootState.ONLINE


def test_hints_below_an_offline_root_remove_nothing(bench, root, folder):
    for path in folder.iterdir():
        path.unlink()
    bench.tell(root, FOLDER, "")
    bench.settle()
    assert bench.root(root).state is RootState.OFFLINE
    bench.tell(root, GONE, "000.jpg", "001.jpg")
    bench.settle()
    assert bench.root(root).photos == 6


def test_an_unplugged_root_goes_offline_and_comes_back_by_itself(bench, root, folder, tmp_path):
    folder.rename(tmp_path / "unplugged")
    bench.step_until(lambda: bench.root(root).state is RootState.OFFLINE)
    assert bench.root(root).photos == 6
    (tmp_path / "unplugged").rename(folder)
    bench.step_until(lambda: bench.root(root).state is RootState.ONLINE)
    bench.settle()
    assert bench.analyzer.analyzed == []
    assert bench.removed == []


def test_an_unplugged_root_stops_its_part_of_the_work(bench, tmp_path):
    folder = fill(tmp_path / "many", 120)
    root = bench.catalog.add_root(folder)
    bench.analyzer.gate.clear()
    bench.step_until(lambda: any(item.phase == "indexing" for item in bench.progress))
    folder.rename(tmp_path / "unplugged")
    bench.analyzer.gate.set()
    bench.tell(root, FOLDER, "")
    bench.settle()
    assert bench.catalog.failures() == []
    assert bench.root(root).state is RootState.OFFLINE
    (tmp_path / "unplugged").rename(folder)
    bench.step_until(lambda: bench.root(root).photos == 120)


def test_photos_found_while_paused_are_indexed_afterwards(bench, root, folder):
    bench.indexer.pause()
    draw(folder / "new.jpg", 50)
    bench.tell(root, TOUCHED, "new.jpg")
    for _ in range(10):
        bench.indexer.step(0.05)
    assert bench.analyzer.analyzed == []
    bench.indexer.resume()
    bench.settle()
    assert "new.jpg" in bench.ids()


def test_an_engine_that_comes_back_is_used_again(bench, root, folder):
    bench.analyzer.trouble = EngineError("no memory")
    draw(folder / "new.jpg", 50)
    bench.tell(root, TOUCHED, "new.jpg")
    bench.step_until(lambda: bench.notices)
    for _ in range(5):
        bench.indexer.step(0.02)
    assert bench.progress[-1].phase == "paused"
    assert "no memory" in bench.notices[0]
    bench.analyzer.trouble = None
    bench.indexer.resume()
    bench.settle()
    assert "new.jpg" in bench.ids()
    assert len(bench.notices) == 1


def test_photos_missing_while_an_unrelated_file_is_analysed_are_still_removed(bench, root, folder):
    bench.analyzer.gate.clear()
    draw(folder / "new.jpg", 50)
    bench.tell(root, TOUCHED, "new.jpg")
    (folder / "000.jpg").unlink()
    bench.tell(root, GONE, "000.jpg")
    bench.step_until(lambda: len(bench.removed) == 1)
    bench.analyzer.gate.set()
    bench.settle()
    assert len(bench.ids()) == 6


def test_a_move_into_a_new_folder_is_no_new_photo_when_its_hint_is_late(bench, root, folder):
    photo_id = bench.ids()["000.jpg"]
    (folder / "sub").mkdir()
    (folder / "000.jpg").rename(folder / "sub/moved.jpg")
    bench.tell(root, FOLDER, "sub")
    until = time.monotonic() + 0.2
    while time.monotonic() < until:
        bench.indexer.step(0.02)
    bench.tell(root, GONE, "000.jpg")
    bench.settle()
    assert bench.ids()["sub/moved.jpg"] == photo_id
    assert bench.analyzer.analyzed == []


# With the real watcher, which tells half a second later what has left a folder.

WATCHED = Timing(settle=1.0, hold=1.0, gather=0.05, check=0.2)


@pytest.fixture
def watched(bench, root):
    watcher = Watcher(bench.indexer.enqueue, bench.notices.append, check_seconds=0.1)
    watcher.watch(root)
    bench.step_until(watcher.alive)
    bench.settle()
    yield watcher
    watcher.close()


def test_copied_changed_renamed_moved_and_deleted(bench, root, folder, watched):
    copy(folder / "000.jpg", folder / "copy.jpg")
    bench.step_until(lambda: "copy.jpg" in bench.ids())
    photo_id = bench.ids()["copy.jpg"]

    draw(folder / "copy.jpg", 70, old=False)
    content = bench.catalog.photo(photo_id).hashes.content
    bench.step_until(lambda: bench.catalog.photo(photo_id).hashes.content != content)
    bench.settle()
    bench.analyzer.analyzed.clear()

    (folder / "copy.jpg").rename(folder / "renamed.jpg")
    bench.step_until(lambda: bench.ids().get("renamed.jpg") == photo_id)
    (folder / "renamed.jpg").rename(folder / "Renamed.JPG")
    bench.step_until(lambda: bench.ids().get("Renamed.JPG") == photo_id)
    (folder / "sub").mkdir()
    (folder / "Renamed.JPG").rename(folder / "sub/moved.jpg")
    bench.step_until(lambda: bench.ids().get("sub/moved.jpg") == photo_id)
    (folder / "sub").rename(folder / "sub2")
    bench.step_until(lambda: bench.ids().get("sub2/moved.jpg") == photo_id)
    assert bench.analyzer.analyzed == []

    (folder / "sub2/moved.jpg").unlink()
    bench.step_until(lambda: photo_id in bench.removed)
    bench.settle()
    assert len(bench.ids()) == 6


def test_a_folder_copied_in_is_indexed_whole(bench, root, folder, watched, tmp_path):
    shutil.copytree(fill(tmp_path / "card/DCIM", 20).parent, folder / "card")
    bench.step_until(lambda: len(bench.ids()) == 26)
    bench.settle()
    assert len(bench.analyzer.analyzed) == 20


def test_a_folder_deleted_with_few_photos_is_removed(bench, folder, tmp_path, watched, root):
    fill(folder / "sub", 4)
    bench.step_until(lambda: len(bench.ids()) == 10)
    shutil.rmtree(folder / "sub")
    bench.step_until(lambda: len(bench.ids()) == 6)


def test_a_drive_pulled_and_plugged_in_again(bench, root, folder, watched, tmp_path):
    folder.rename(tmp_path / "unplugged")
    bench.step_until(lambda: bench.root(root).state is RootState.OFFLINE)
    (tmp_path / "unplugged").rename(folder)
    bench.step_until(lambda: bench.root(root).state is RootState.ONLINE)
    bench.step_until(watched.alive)
    draw(folder / "new.jpg", 50)
    bench.step_until(lambda: "new.jpg" in bench.ids())
    assert bench.removed == []


def test_with_the_waiting_times_of_the_program_all_shows_up_soon(tmp_path):
    bench = Bench(tmp_path / "library", Timing())
    folder = fill(tmp_path / "photos", 6)
    root = bench.catalog.add_root(folder)
    watcher = Watcher(bench.indexer.enqueue, bench.notices.append)
    try:
        watcher.watch(root)
        bench.step_until(watcher.alive)
        bench.settle()
        photo_id = bench.ids()["000.jpg"]
        writer = threading.Thread(target=draw, args=(folder / "new.jpg", 50))
        writer.start()
        writer.join()
        (folder / "000.jpg").rename(folder / "renamed.jpg")
        (folder / "001.jpg").unlink()
        bench.step_until(
            lambda: (
                {"new.jpg", "renamed.jpg"} <= bench.ids().keys() and "001.jpg" not in bench.ids()
            ),
            seconds=10.0,  # 3 s on an idle machine
        )
        assert bench.ids()["renamed.jpg"] == photo_id
    finally:
        watcher.close()
        bench.close()
