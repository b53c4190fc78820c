"""Bringing real folders and a real catalog together, as `photofind index` does."""

import os
import shutil
import sys
import threading
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from photofind.core.errors import EncoderError, EngineError
from photofind.core.manners import FULL_PACE, HELD_PACE, ON_BATTERY, OTHERS_WORK, SLOW_PACE
from photofind.core.types import Change, ChangeKind, RootState
from photofind.core.vectors import VectorIndex
from tests import samples
from tests.core import indexing
from tests.core.indexing import DIMENSION, Bench, LocalAnalyzer, age, copy, draw, fill, vector_of


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path / "library")
    yield bench
    bench.close()


@pytest.fixture
def folder(tmp_path):
    return fill(tmp_path / "photos", 6)


@pytest.fixture
def root(bench, folder):
    return bench.catalog.add_root(folder)


def test_a_folder_is_indexed_with_thumbnails_and_vectors(bench, root, folder):
    draw(folder / "sub/deep/one.jpg", 99)
    report = bench.run()
    assert (report.indexed, report.unchanged, report.removed, report.moved) == (7, 0, 0, 0)
    assert report.failed == ()
    ids = bench.ids()
    assert set(ids) == {"sub/deep/one.jpg", *(f"{number:03}.jpg" for number in range(6))}
    assert sorted(bench.indexed) == sorted(ids.values())
    photo = bench.catalog.photo(ids["sub/deep/one.jpg"])
    assert bench.thumbnails.get(photo.hashes.content).startswith(b"\xff\xd8")
    found, scores = bench.vectors.search(vector_of(photo.hashes.content), 1)
    assert list(found) == [photo.photo_id]
    assert scores[0] > 0.99


def test_a_second_run_has_nothing_to_do(bench, root):
    bench.run()
    bench.analyzer.analyzed.clear()
    report = bench.run()
    assert (report.indexed, report.unchanged) == (0, 6)
    assert bench.analyzer.analyzed == []


def test_only_the_given_roots_are_looked_at(bench, root, tmp_path):
    other = bench.catalog.add_root(fill(tmp_path / "other", 2))
    assert bench.run(other).indexed == 2
    assert bench.root(root).photos == 0


def test_a_changed_photo_is_analysed_again_under_its_id(bench, root, folder):
    bench.run()
    before = bench.ids()
    draw(folder / "000.jpg", 500)
    report = bench.run()
    assert (report.indexed, report.unchanged) == (1, 5)
    assert bench.ids() == before
    photo = bench.catalog.photo(before["000.jpg"])
    assert bench.vectors.search(vector_of(photo.hashes.content), 1)[0][0] == photo.photo_id


def test_a_new_time_alone_costs_no_analysis(bench, root, folder):
    bench.run()
    bench.analyzer.analyzed.clear()
    age(folder / "000.jpg", 7200)
    assert bench.run().unchanged == 6
    assert bench.analyzer.analyzed == []
    stamp = bench.catalog.photo(bench.ids()["000.jpg"]).stamp
    assert stamp.mtime_ns == (folder / "000.jpg").stat().st_mtime_ns


def test_a_deleted_photo_is_removed(bench, root, folder):
    bench.run()
    gone = bench.ids()["000.jpg"]
    (folder / "000.jpg").unlink()
    report = bench.run()
    assert (report.removed, report.unchanged) == (1, 5)
    assert bench.removed == [gone]
    assert gone not in bench.vectors


@pytest.mark.parametrize("target", ["renamed.jpg", "sub/deep/000.jpg", "000.JPG"])
def test_a_moved_photo_keeps_its_id_and_is_not_analysed(bench, root, folder, target):
    bench.run()
    photo_id = bench.ids()["000.jpg"]
    bench.analyzer.analyzed.clear()
    (folder / target).parent.mkdir(parents=True, exist_ok=True)
    (folder / "000.jpg").rename(folder / target)
    report = bench.run()
    assert (report.moved, report.indexed, report.removed, report.unchanged) == (1, 0, 0, 5)
    assert bench.ids()[target] == photo_id
    assert bench.catalog.photo(photo_id).path == folder / target
    assert bench.analyzer.analyzed == []


def test_a_moved_folder_keeps_all_ids(bench, root, folder):
    fill(folder / "trip", 30)
    bench.run()
    before = bench.ids()
    bench.analyzer.analyzed.clear()
    (folder / "trip").rename(folder / "journey")
    report = bench.run()
    assert (report.moved, report.indexed, report.removed) == (30, 0, 0)
    assert bench.ids() == {name.replace("trip", "journey"): one for name, one in before.items()}
    assert bench.analyzer.analyzed == []


@pytest.mark.parametrize("first", [0, 1])
def test_a_photo_moved_to_another_root_keeps_its_id(bench, root, folder, tmp_path, first):
    other = bench.catalog.add_root(fill(tmp_path / "other", 2))
    bench.run()
    photo_id = bench.ids()["005.jpg"]
    bench.analyzer.analyzed.clear()
    (folder / "005.jpg").rename(tmp_path / "other/moved.jpg")
    report = bench.run(*[(root, other), (other, root)][first])
    assert (report.moved, report.removed) == (1, 0)
    assert bench.catalog.photo(photo_id).root_id == other.root_id
    assert bench.analyzer.analyzed == []


def test_a_photo_moved_over_drives_is_known_by_its_content(bench, root, folder):
    bench.run()
    photo_id = bench.ids()["000.jpg"]
    bench.analyzer.analyzed.clear()
    shutil.copy(folder / "000.jpg", folder / "copied.jpg")  # a new inode and a new time
    age(folder / "copied.jpg")
    (folder / "000.jpg").unlink()
    report = bench.run()
    assert (report.moved, report.indexed, report.removed) == (1, 0, 0)
    assert bench.ids()["copied.jpg"] == photo_id
    assert bench.analyzer.analyzed == []


def test_photos_that_exchange_names_keep_their_ids(bench, root, folder):
    bench.run()
    before = bench.ids()
    bench.analyzer.analyzed.clear()
    (folder / "000.jpg").rename(folder / "swap")
    (folder / "001.jpg").rename(folder / "000.jpg")
    (folder / "swap").rename(folder / "001.jpg")
    report = bench.run()
    assert (report.moved, report.indexed) == (2, 0)
    after = bench.ids()
    assert (after["000.jpg"], after["001.jpg"]) == (before["001.jpg"], before["000.jpg"])
    assert bench.analyzer.analyzed == []


def test_renumbered_photos_keep_their_ids(bench, root, folder):
    bench.run()
    before = bench.ids()
    bench.analyzer.analyzed.clear()
    for number in reversed(range(6)):
        (folder / f"{number:03}.jpg").rename(folder / f"{number + 1:03}.jpg")
    draw(folder / "000.jpg", 77)
    report = bench.run()
    assert (report.moved, report.indexed) == (6, 1)
    after = bench.ids()
    assert all(after[f"{n + 1:03}.jpg"] == before[f"{n:03}.jpg"] for n in range(6))
    assert bench.analyzer.names() == ["000.jpg"]


def test_a_photo_that_replaces_another_keeps_its_id(bench, root, folder):
    bench.run()
    before = bench.ids()
    (folder / "000.jpg").replace(folder / "001.jpg")
    report = bench.run()
    assert (report.moved, report.removed) == (1, 1)
    assert bench.ids()["001.jpg"] == before["000.jpg"]
    assert before["001.jpg"] not in bench.vectors


def test_hard_links_and_copies_are_photos_of_their_own(bench, root, folder):
    os.link(folder / "000.jpg", folder / "link.jpg")
    copy(folder / "000.jpg", folder / "copy.jpg")
    assert bench.run().indexed == 8
    assert bench.run().unchanged == 8
    ids = bench.ids()
    (folder / "000.jpg").unlink()
    report = bench.run()
    assert (report.removed, report.moved) == (1, 0)
    assert bench.ids() == {name: one for name, one in ids.items() if name != "000.jpg"}


def test_new_inodes_after_a_drive_was_plugged_in_cost_nothing(bench, root, folder):
    bench.run()
    bench.analyzer.analyzed.clear()
    for path in list(folder.iterdir()):
        copy(path, folder / "new").rename(path)
    report = bench.run()
    assert (report.unchanged, report.indexed, report.moved) == (6, 0, 0)
    assert bench.analyzer.analyzed == []


def test_every_bad_file_is_listed_with_a_reason(bench, root, folder):
    (folder / "empty.jpg").touch()
    (folder / "text.jpg").write_text("this is no picture at all")
    (folder / "cut.jpg").write_bytes((folder / "000.jpg").read_bytes()[:1000])
    for name in ("empty.jpg", "text.jpg", "cut.jpg"):
        age(folder / name)
    report = bench.run()
    assert report.indexed == 6
    assert {item.path.name for item in report.failed} == {"empty.jpg", "text.jpg", "cut.jpg"}
    assert all(item.reason for item in report.failed)
    assert "empty" in bench.reasons()["empty.jpg"]


def test_a_failed_file_is_tried_again_when_it_changes_and_only_then(bench, root, folder):
    age_of = folder / "empty.jpg"
    age_of.touch()
    age(age_of)
    bench.run()
    bench.analyzer.analyzed.clear()
    report = bench.run()
    assert bench.analyzer.analyzed == []
    assert [item.path.name for item in report.failed] == ["empty.jpg"]
    assert report.unchanged == 6
    draw(folder / "empty.jpg", 42)
    report = bench.run()
    assert (report.indexed, report.failed) == (1, ())


def test_retry_tries_every_failed_file_once_more(bench, root, folder):
    (folder / "empty.jpg").touch()
    age(folder / "empty.jpg")
    bench.run()
    bench.analyzer.analyzed.clear()
    bench.indexer.retry_failed()
    bench.settle()
    assert bench.analyzer.names() == ["empty.jpg"]
    assert "empty" in bench.reasons()["empty.jpg"]


def test_a_photo_that_became_bad_is_listed_and_no_longer_found(bench, root, folder):
    bench.run()
    (folder / "000.jpg").write_bytes(b"")
    age(folder / "000.jpg")
    report = bench.run()
    assert [item.path.name for item in report.failed] == ["000.jpg"]
    assert "000.jpg" not in bench.ids()


def test_the_odd_files_of_a_library_end_up_indexed_or_named(bench, root, folder):
    (folder / "loop").symlink_to(folder)
    (folder / "nowhere.jpg").symlink_to(folder / "missing.jpg")
    long = "n" * 240 + ".jpg"
    draw(folder / long, 50)
    report = bench.run()
    assert report.indexed == 7
    assert long in bench.ids()
    assert report.failed == ()


@pytest.mark.skipif(sys.platform != "linux", reason="names are not bytes here")
def test_names_that_are_not_utf8_are_indexed_and_moved(bench, root, folder):
    name = os.fsdecode(b"caf\xe9.jpg")
    draw(folder / name, 50)
    bench.run()
    photo = bench.catalog.photo(bench.ids()[name])
    assert photo.path == folder / name
    (folder / name).rename(folder / os.fsdecode(b"th\xe9.jpg"))
    assert bench.run().moved == 1
    assert bench.catalog.photo(photo.photo_id).path.exists()


def test_excluded_photos_are_forgotten_even_when_they_are_many(bench, root, folder):
    fill(folder / "private", 30)
    bench.run()
    bench.catalog.set_excluded(root.root_id, ["private"])
    report = bench.run()
    assert (report.removed, report.unchanged) == (30, 6)
    assert bench.root(root).state is RootState.ONLINE


# Roots that are not there.


def test_an_unplugged_root_keeps_its_photos(bench, root, folder, tmp_path):
    bench.run()
    folder.rename(tmp_path / "unplugged")
    report = bench.run()
    assert report.removed == 0
    assert bench.root(root).state is RootState.OFFLINE
    assert "drive" in bench.root(root).state_reason
    assert bench.root(root).photos == 6
    assert report.notices
    assert bench.root_changes
    (tmp_path / "unplugged").rename(folder)
    report = bench.run()
    assert (report.unchanged, report.indexed) == (6, 0)
    assert bench.root(root).state is RootState.ONLINE


def test_an_emptied_root_keeps_its_photos_until_it_is_confirmed(bench, root, folder):
    bench.run()
    for path in folder.iterdir():
        path.unlink()
    assert bench.run().removed == 0
    assert bench.root(root).state is RootState.OFFLINE
    assert bench.run().removed == 0
    bench.indexer.accept_losses(root.root_id)
    assert bench.run().removed == 6
    assert bench.root(root).state is RootState.ONLINE


def test_a_root_that_lost_more_than_a_fifth_keeps_its_photos(bench, tmp_path):
    folder = fill(tmp_path / "many", 30)
    root = bench.catalog.add_root(folder)
    bench.run()
    for number in range(7):
        (folder / f"{number:03}.jpg").rename(tmp_path / f"{number:03}.jpg")
    draw(folder / "new.jpg", 99)
    assert bench.run().removed == 0
    assert bench.root(root).state is RootState.OFFLINE
    assert "7 of its 30" in bench.root(root).state_reason
    assert bench.root(root).photos == 30
    (tmp_path / "000.jpg").rename(folder / "000.jpg")
    report = bench.run()
    assert (report.removed, report.indexed) == (6, 1)
    assert bench.root(root).state is RootState.ONLINE


def test_a_confirmation_is_good_for_one_loss(bench, tmp_path):
    folder = fill(tmp_path / "many", 60)
    root = bench.catalog.add_root(folder)
    bench.run()
    for number in range(30):
        (folder / f"{number:03}.jpg").unlink()
    bench.run()
    bench.indexer.accept_losses(root.root_id)
    assert bench.run().removed == 30
    for number in range(30, 45):
        (folder / f"{number:03}.jpg").unlink()
    assert bench.run().removed == 0
    assert bench.root(root).state is RootState.OFFLINE


def test_a_confirmation_for_a_missing_root_removes_nothing(bench, root, folder, tmp_path):
    bench.run()
    folder.rename(tmp_path / "unplugged")
    bench.indexer.accept_losses(root.root_id)
    assert bench.run().removed == 0
    folder.mkdir()
    assert bench.run().removed == 0


def test_a_few_photos_of_a_small_root_may_go(bench, root, folder):
    bench.run()
    for number in range(5):
        (folder / f"{number:03}.jpg").unlink()
    assert bench.run().removed == 5


def test_all_photos_moved_to_another_root_is_no_loss(bench, root, folder, tmp_path):
    other = bench.catalog.add_root(fill(tmp_path / "other", 1))
    bench.run()
    for path in list(folder.iterdir()):
        path.rename(tmp_path / "other" / f"moved-{path.name}")
    report = bench.run()
    assert (report.moved, report.removed) == (6, 0)
    assert bench.root(root).state is RootState.ONLINE
    assert bench.root(other).photos == 7


@pytest.mark.skipif(
    hasattr(os, "geteuid") and os.geteuid() == 0, reason="permissions do not bind this user"
)
def test_a_folder_without_permission_keeps_its_photos(bench, root, folder):
    draw(folder / "closed/one.jpg", 50)
    bench.run()
    (folder / "closed").chmod(0)
    try:
        report = bench.run()
    finally:
        (folder / "closed").chmod(0o755)
    assert report.removed == 0
    assert "closed/one.jpg" in bench.ids()
    assert any("permission" in notice for notice in report.notices)


def test_what_lies_behind_a_link_to_an_unplugged_drive_is_kept(bench, root, folder, tmp_path):
    fill(tmp_path / "drive", 2)
    (folder / "link").symlink_to(tmp_path / "drive")
    assert bench.run().indexed == 8
    (tmp_path / "drive").rename(tmp_path / "unplugged")
    report = bench.run()
    assert (report.removed, report.unchanged) == (0, 6)
    assert "link/000.jpg" in bench.ids()


# Trouble on the way.


def test_a_file_that_vanishes_while_it_is_analysed_is_no_failure(bench, root, folder):
    bench.analyzer.gate.clear()
    worker = threading.Timer(
        0.3, lambda: ((folder / "000.jpg").unlink(), bench.analyzer.gate.set())
    )
    worker.start()
    report = bench.run()
    worker.join()
    assert (report.indexed, report.failed) == (5, ())


def test_a_file_that_changes_while_it_is_analysed_is_analysed_again(bench, root, folder):
    bench.analyzer.gate.clear()
    target = folder / "000.jpg"
    worker = threading.Timer(0.3, lambda: (draw(target, 88), bench.analyzer.gate.set()))
    worker.start()
    report = bench.run()
    worker.join()
    assert report.indexed == 6
    photo = bench.catalog.photo(bench.ids()["000.jpg"])
    assert photo.stamp.mtime_ns == target.stat().st_mtime_ns


def test_a_file_from_the_far_future_is_indexed_and_then_left_alone(bench, root, folder):
    os.utime(folder / "000.jpg", ns=(10**19, 10**19))
    if (folder / "000.jpg").stat().st_mtime_ns < 2**63:
        pytest.skip("this file system knows no such time")
    assert bench.run().indexed == 6
    report = bench.run()
    assert (report.indexed, report.unchanged, report.failed) == (0, 6, ())
    assert bench.catalog.photo(bench.ids()["000.jpg"]).when.year == 2262


def test_a_vector_without_a_direction_is_a_failure_of_its_file_alone(bench, root, monkeypatch):
    vectors = iter([np.full(DIMENSION, np.nan, np.float32)])
    monkeypatch.setattr(indexing, "vector_of", lambda c: next(vectors, vector_of(c)))
    report = bench.run()
    assert report.indexed == 5
    assert [failure.reason for failure in report.failed] == [
        "the model gave no usable result for it"
    ]


def test_without_an_engine_nothing_is_marked_as_failed(bench, root):
    bench.analyzer.trouble = EngineError("the engine could not be started")
    with pytest.raises(EngineError, match="could not be started"):
        bench.run()
    assert bench.catalog.failures() == []
    assert len(bench.notices) == 1
    bench.analyzer.trouble = None
    bench.indexer.resume()
    assert bench.run().indexed == 6


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path):
    folder = fill(tmp_path / "photos", 150)
    first = Bench(tmp_path / "library")
    first.catalog.add_root(folder)
    first.step_until(lambda: len(first.indexed) >= 64)
    first.analyzer.gate.clear()
    first.analyzer.close()  # the process dies: nothing is closed in order
    done = set(first.ids())
    first.catalog.close()
    first.thumbnails.close()
    assert len(done) >= 64
    second = Bench(tmp_path / "library")
    try:
        report = second.run()
        assert report.indexed == 150 - len(done)
        assert report.unchanged == len(done)
        assert not done & {path.name for path in second.analyzer.analyzed}
        assert len(second.vectors) == 150
    finally:
        second.close()


def test_one_run_gives_another_encoder_all_photos_however_few_are_queued_at_once(
    bench, root, tmp_path, monkeypatch
):
    bench.run()
    monkeypatch.setattr("photofind.core.backlog._ADOPT", 2)
    vectors = VectorIndex(tmp_path / "library/index", "local-2", DIMENSION)
    bench.use_analyzer(LocalAnalyzer("local-2"), vectors)
    report = bench.run()
    assert (report.indexed, report.unchanged) == (6, 0)
    assert bench.catalog.counts().with_vector["local-2"] == 6
    bench.settle()


def test_another_encoder_gets_vectors_of_all_photos(bench, root, tmp_path):
    bench.run()
    ids = bench.ids()
    vectors = VectorIndex(tmp_path / "library/index", "local-2", DIMENSION)
    bench.use_analyzer(LocalAnalyzer("local-2"), vectors)
    report = bench.run()
    assert (report.indexed, report.unchanged) == (6, 0)
    assert bench.ids() == ids
    assert len(vectors) == 6
    assert bench.catalog.counts().with_vector == {"local-1": 6, "local-2": 6}


def test_a_photo_that_gets_no_vector_does_not_keep_the_run_from_ending(
    bench, root, folder, tmp_path
):
    bench.run()
    vectors = VectorIndex(tmp_path / "library/index", "local-2", DIMENSION)
    bench.use_analyzer(LocalAnalyzer("local-2"), vectors)
    stat = (folder / "000.jpg").stat()
    (folder / "000.jpg").write_bytes(bytes(stat.st_size))
    os.utime(folder / "000.jpg", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    bench.run()
    assert bench.catalog.counts().with_vector["local-2"] == 5


def test_lost_thumbnails_are_made_again(bench, root):
    bench.run()
    ids = list(bench.ids().values())
    bench.thumbnails.remove_unused(lambda first, last: set())
    bench.indexed.clear()
    bench.indexer.remake_thumbnails(ids)
    bench.settle()
    contents = [photo.hashes.content for photo in bench.catalog.photos(ids)]
    assert len(bench.thumbnails.get_many(contents)) == 6
    assert sorted(bench.indexed) == sorted(ids)
    assert len(bench.vectors) == 6


def test_a_root_removed_while_it_is_indexed_leaves_nothing_behind(bench, root, tmp_path):
    other = bench.catalog.add_root(fill(tmp_path / "other", 3))
    bench.analyzer.gate.clear()
    bench.step_until(lambda: any(item.phase == "indexing" for item in bench.progress))
    bench.indexer.forget_root(root.root_id)
    bench.catalog.remove_root(root.root_id)
    bench.analyzer.gate.set()
    bench.settle()
    assert len(bench.ids()) == 3
    assert bench.root(other).photos == 3
    assert bench.catalog.failures() == []


# Progress.


def test_progress_counts_from_nothing_to_all(bench, root, folder):
    (folder / "empty.jpg").touch()
    age(folder / "empty.jpg")
    bench.run()
    assert bench.progress[-1].phase == "idle"
    assert (bench.progress[-1].done, bench.progress[-1].total) == (7, 7)
    assert bench.progress[-1].failed == 1
    done = [item.done for item in bench.progress]
    assert done == sorted(done)


def test_pause_stops_within_a_second_and_resume_goes_on(bench, tmp_path):
    root = bench.catalog.add_root(fill(tmp_path / "many", 150))
    bench.step_until(lambda: len(bench.analyzer.analyzed) >= 5)
    bench.indexer.pause()
    for _ in range(5):
        bench.indexer.step(0.05)
    begun = len(bench.analyzer.analyzed)
    assert begun < 150
    assert bench.progress[-1].phase == "paused"
    for _ in range(10):
        bench.indexer.step(0.05)
    assert len(bench.analyzer.analyzed) == begun
    bench.indexer.resume()
    bench.settle()
    assert bench.root(root).photos == 150
    assert len(bench.analyzer.analyzed) == 150


def test_the_engine_is_told_to_hold_to_slow_down_and_to_go_on(bench, root, tmp_path):
    indexer, paces = bench.indexer, bench.analyzer.paces
    indexer.make_way(ON_BATTERY)
    indexer.pause()
    indexer.make_way(OTHERS_WORK)
    indexer.resume()
    indexer.make_way("")
    assert paces == [SLOW_PACE, HELD_PACE, HELD_PACE, SLOW_PACE, FULL_PACE]
    indexer.make_way(ON_BATTERY)
    vectors = VectorIndex(tmp_path / "library/index", "local-2", DIMENSION)
    bench.use_analyzer(LocalAnalyzer("local-2"), vectors)
    assert bench.analyzer.paces == [SLOW_PACE]


def test_progress_says_why_it_is_slow_and_knows_the_bytes(bench, root, folder):
    bench.indexer.make_way(ON_BATTERY)
    bench.settle()
    assert ON_BATTERY in {item.slow for item in bench.progress if item.phase == "indexing"}
    assert bench.progress[-1].slow == ""
    assert bench.indexer._queue.bytes_left == 0


def test_a_cancelled_run_ends_and_keeps_what_it_found(bench, tmp_path):
    bench.catalog.add_root(fill(tmp_path / "many", 150))
    bench.indexer.enqueue(Change(1, "", ChangeKind.FOLDER))
    worker = threading.Thread(
        target=lambda: (_wait_for(lambda: len(bench.analyzer.analyzed) > 5), bench.indexer.cancel())
    )
    worker.start()
    report = bench.run()
    worker.join()
    assert 0 < report.indexed < 150
    assert len(bench.ids()) == report.indexed


def _wait_for(condition):
    while not condition():
        threading.Event().wait(0.001)


def test_the_real_samples_are_indexed(bench, sample_photos):
    bench.catalog.add_root(sample_photos)
    for path in sample_photos.iterdir():
        age(path)
    assert bench.run().indexed == len(samples.SAMPLE_NAMES)


def test_an_engine_that_is_closed_for_another_one_is_no_trouble(bench, root, tmp_path):
    bench.analyzer.gate.clear()
    bench.step_until(lambda: any(item.phase == "indexing" for item in bench.progress))
    former = bench.analyzer
    vectors = VectorIndex(tmp_path / "library/index", "local-2", DIMENSION)
    bench.use_analyzer(LocalAnalyzer("local-2"), vectors)
    former.trouble = EngineError("the engine was closed")
    former.gate.set()
    bench.settle()
    assert len(vectors) == 6
    assert bench.notices == []


def test_a_model_that_cannot_be_loaded_marks_no_file_as_failed(bench, root):
    bench.analyzer.trouble = EncoderError("the model's files are damaged")
    with pytest.raises(EncoderError, match="damaged"):
        bench.run()
    assert bench.catalog.failures() == []


def test_a_run_among_steps_is_counted_by_itself(bench, root, tmp_path):
    other = bench.catalog.add_root(fill(tmp_path / "other", 2))
    run = bench.indexer.start_run([root.root_id])
    bench.settle()
    assert bench.indexer.finish_run(run).indexed == 6
    run = bench.indexer.start_run([other.root_id])
    bench.settle()
    report = bench.indexer.finish_run(run)
    assert (report.indexed, report.unchanged) == (0, 2)


def test_a_file_that_is_still_written_is_waited_for(bench, root, folder):
    draw(folder / "fresh.jpg", 60, old=False)
    assert bench.run().indexed == 7
    assert isinstance(bench.catalog.photo(bench.ids()["fresh.jpg"]).path, Path)


@pytest.mark.skipif(sys.platform != "linux", reason="names are not bytes here")
def test_names_that_look_alike_are_photos_of_their_own(bench, folder):
    names = [unicodedata.normalize(form, "é.jpg") for form in ("NFC", "NFD")]
    for number, name in enumerate(names):
        draw(folder / name, 50 + number, old=False)
    bench.catalog.add_root(folder)
    assert bench.run().indexed == 8
    again = bench.run()
    assert (again.indexed, again.unchanged, again.removed) == (0, 8, 0)
    (folder / names[0]).unlink()
    last = bench.run()
    assert (last.indexed, last.moved, last.removed) == (0, 1, 1)


def test_a_file_that_could_not_be_opened_is_tried_again_by_the_next_run(bench, root, folder):
    stuck = folder / "003.jpg"
    bench.analyzer.refused.add(stuck)
    assert [failure.path for failure in bench.run().failed] == [stuck]
    assert [failure.path for failure in bench.run().failed] == [stuck]
    bench.analyzer.refused.clear()
    report = bench.run()
    assert (report.indexed, report.failed) == (1, ())
