"""The vector index: what it answers, how it survives damage, and how it stays in step."""

import errno
import json
import os

import numpy as np
import pytest

from photofind.core.vector_file import index_path, sidecar_path
from photofind.core.vector_landmarks import LANDMARK_EVERY
from photofind.core.vectors import REBUILT, VectorIndex
from tests.core.libraries import DIMENSION, KEY, SUBJECTS, Library, Shot, picture_vector, unit

EVEN = unit(np.ones(DIMENSION, np.float32))


def random_rows(count, seed=0, dimension=DIMENSION):
    rows = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def index(tmp_path):
    return VectorIndex(tmp_path / "index", KEY, DIMENSION)


@pytest.fixture
def library(tmp_path):
    library = Library(tmp_path)
    library.add(*(Shot(f"{s}{i}.jpg", picture_vector([s], i)) for i in range(5) for s in SUBJECTS))
    yield library
    library.catalog.close()


@pytest.fixture
def saved(library):
    index = library.index()
    index.save(library.catalog)
    return index_path(library.index_folder, KEY)


def reload(library, dimension=DIMENSION, key=KEY):
    index = VectorIndex(library.index_folder, key, dimension)
    return index, index.load(library.catalog)


def assert_complete(index, library):
    np.testing.assert_array_equal(index.ids(), library.catalog.vector_ids(KEY))
    for photo_id, row in zip(*library.catalog.vectors(KEY, index.ids()), strict=True):
        found, scores = index.search(row, 1)
        assert found[0] == photo_id
        assert scores[0] == pytest.approx(1, abs=2e-3)


# -- content


def test_scores_are_cosines_best_first(index):
    rows = random_rows(500)
    index.add(np.arange(500), rows)
    query = unit(rows[7] + 0.3 * rows[8])
    ids, scores = index.search(query, 50)
    np.testing.assert_allclose(scores, rows[ids] @ query, atol=2e-3)
    assert list(scores) == sorted(scores, reverse=True)
    assert set(ids) == set(np.argsort(-(rows @ query))[:50])


def test_rows_without_direction_are_left_out_and_the_batch_goes_on(index, caplog):
    rows = random_rows(5)
    rows[1], rows[3, 0] = 0, np.nan
    index.add([1, 2, 3, 4, 5], rows)
    assert index.ids().tolist() == [1, 3, 5]
    assert "2 vectors without a direction" in caplog.text


def test_the_last_of_a_repeated_id_counts(index):
    rows = random_rows(3)
    index.add([7, 8, 7], rows)
    assert len(index) == 2
    assert index.search(rows[2], 1)[0][0] == 7
    assert index.search(rows[0], 1)[1][0] < 0.9


def test_a_changed_vector_replaces_the_old_one(index):
    rows = random_rows(2)
    index.add([7], rows[:1])
    index.add([7], rows[1:])
    assert len(index) == 1
    assert index.search(rows[1], 5)[1].tolist() == pytest.approx([1], abs=2e-3)


def test_rows_need_not_be_unit_length(index):
    index.add([1], 40 * random_rows(1))
    assert np.linalg.norm(index.vectors(np.array([1]))[1]) == pytest.approx(1, abs=2e-3)


def test_wrong_length_is_refused(index):
    with pytest.raises(ValueError, match="not 64"):
        index.add([1], random_rows(1, dimension=32))
    with pytest.raises(ValueError, match="cannot be searched"):
        index.add([1], random_rows(1))
        index.search(random_rows(1, dimension=32)[0], 1)


def test_removed_photos_are_not_found(index):
    rows = random_rows(100)
    index.add(np.arange(100), rows)
    index.remove([3, 4, 999])
    assert 3 not in index
    assert 5 in index
    assert len(index) == 98
    assert 3 not in index.search(rows[3], 98)[0]


def test_empty_index_answers(index):
    assert len(index) == 0
    assert [len(part) for part in index.search(random_rows(1)[0], 10)] == [0, 0]
    assert len(index.background(EVEN, 10)) == 0
    assert index.vectors(np.array([1]))[1].shape == (0, DIMENSION)


def test_query_without_direction_finds_nothing(index):
    index.add([1], random_rows(1))
    assert len(index.search(np.full(DIMENSION, np.nan, np.float32), 1)[0]) == 0


def test_unknown_dimension_is_taken_from_the_first_vectors(tmp_path):
    index = VectorIndex(tmp_path, KEY, 0)
    assert len(index.search(random_rows(1)[0], 1)[0]) == 0
    index.add([1], random_rows(1))
    assert index.dimension == DIMENSION


def test_vectors_come_in_the_order_asked_for(index):
    rows = random_rows(20)
    index.add(np.arange(20), rows)
    ids, found = index.vectors(np.array([9, 77, 2]))
    assert ids.tolist() == [9, 2]
    np.testing.assert_allclose(found, rows[[9, 2]], atol=1e-3)


# -- the graph of large libraries


def scenes(count, seed=0):
    """Rows in groups of forty, as photos come."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((count // 40 + 1, DIMENSION))
    rows = centres[np.arange(count) // 40] + 0.5 * random.standard_normal((count, DIMENSION))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def maintain(index):
    while index.maintain():
        pass


@pytest.fixture
def large(tmp_path, monkeypatch):
    """So few rows that the rules of large libraries hold from the beginning."""
    monkeypatch.setattr("photofind.core.vector_segment._MARGIN_MOST", 200)
    monkeypatch.setattr("photofind.core.vectors._UNSAVED_LEAST", 500)
    monkeypatch.setattr("photofind.core.vectors._UNSAVED_AT_END", 100)
    folder = tmp_path / "index"
    return lambda: VectorIndex(folder, KEY, DIMENSION, flat_components=0, capacity=900)


@pytest.fixture
def graph(large):
    index = large()
    index.add(np.arange(4000), scenes(4000))
    return index


def recall(index, queries, allowed=None):
    rows = scenes(4000)
    choice = np.arange(4000) if allowed is None else allowed
    found = 0
    for query in queries:
        best = choice[np.argsort(-(rows[choice] @ query))[:20]]
        found += len(set(index.search(query, 20, allowed)[0].tolist()) & set(best.tolist()))
    return found / (20 * len(queries))


def test_graph_finds_what_a_scan_finds(graph):
    rows = scenes(4000)
    assert graph.waiting == 0
    assert recall(graph, rows[::80]) >= 0.98
    between = [unit(one + other) for one, other in zip(rows[::80], rows[40::80], strict=True)]
    assert recall(graph, between) >= 0.98


def test_graphs_that_were_written_find_what_a_scan_finds(graph):
    rows = scenes(4000)
    graph.save()
    assert recall(graph, rows[::20]) >= 0.98
    between = [unit(one + other) for one, other in zip(rows[::80], rows[40::80], strict=True)]
    assert recall(graph, between) >= 0.98


@pytest.mark.parametrize("share", [2, 10, 100])
def test_filtered_search_finds_the_nearest_of_those_allowed(graph, share):
    assert recall(graph, scenes(4000)[::80], np.arange(0, 4000, share)) >= 0.98


@pytest.mark.parametrize("count", [50, 400])
def test_filter_far_from_the_query_still_gives_what_it_allows(graph, count):
    rows = scenes(4000)
    far = np.sort(np.argsort(rows @ rows[0])[:count])
    assert set(graph.search(rows[0], 20, far)[0].tolist()) <= set(far.tolist())
    assert recall(graph, rows[:1], far) == 1


def test_filter_leaves_out_no_match_where_those_that_match_are_rare_in_it(large):
    rows = scenes(9000)
    rows[:900] = rows[0] + 0.5 * random_rows(900)  # 900 match, a third of them allowed
    allowed = np.concatenate([np.arange(0, 900, 3), np.arange(900, 9000)])
    index = large()
    index.add(np.arange(9000), rows)
    found, scores = index.search(rows[0], 300, allowed)
    assert len(found) == 300
    assert len(set(found.tolist()) & set(range(0, 900, 3))) >= 0.98 * 300
    assert scores[-1] > 0.5


def test_ids_that_are_not_there_can_be_allowed(graph):
    found, _ = graph.search(scenes(4000)[0], 20, np.array([3, 7, 99_999]))
    assert sorted(found.tolist()) == [3, 7]


def test_cosines_to_several_vectors_are_those_of_the_rows(graph):
    rows = scenes(4000)
    held, scores = graph.cosines(np.array([9, 4711, 2]), rows[5:7])
    assert held.tolist() == [9, 2]
    np.testing.assert_allclose(scores, rows[5:7] @ rows[[9, 2]].T, atol=2e-3)


def unlinked(large, library):
    """An index that has just been filled from a catalog of 1,500 photos."""
    library.add(*(Shot(f"s{i}.jpg", row) for i, row in enumerate(scenes(1500))))
    index = large()
    assert index.load(library.catalog) == []
    assert index.waiting == len(index)
    return index


def test_rows_of_the_catalog_are_found_before_the_graph_has_them(large, library):
    assert_complete(unlinked(large, library), library)


def test_graph_grows_in_steps_while_changes_go_on(large, library):
    index = unlinked(large, library)
    rows, last = scenes(1500), int(index.ids()[-1])
    assert index.maintain(1e-6)
    linked, waits = index.ids()[[0, -1]].tolist()
    index.remove([linked, waits])
    index.add([linked + 1, last + 1], np.stack([rows[7], rows[9]]))
    assert index.search(rows[7], 2)[1].tolist() == pytest.approx([1, 1], abs=2e-3)
    maintain(index)
    assert index.waiting == 0
    assert {linked, waits}.isdisjoint(index.ids().tolist())
    assert linked + 1 in index.search(rows[7], 2)[0]
    assert last + 1 in index.search(rows[9], 2)[0]


def test_graph_that_was_cut_off_goes_on_where_it_stood(large, library):
    index = unlinked(large, library)
    while not files(library):
        assert index.maintain(1e-6)
    again = large()
    assert again.load(library.catalog) == []
    assert 0 < again.waiting < 1600
    assert_complete(again, library)
    maintain(again)
    assert_complete(again, library)


def files(library):
    return sorted(library.index_folder.glob("*.usearch")) if library.index_folder.exists() else []


def segment_sizes(index):
    return [len(each) for each in index._content.segments]


def test_full_segments_are_written_once(large, library):
    index = unlinked(large, library)
    maintain(index)
    index.save(library.catalog)
    assert segment_sizes(index) == [900, 630]
    first, second = (index_path(library.index_folder, KEY, number) for number in (0, 1))
    before = first.stat().st_mtime_ns, second.stat().st_mtime_ns
    library.add(*(Shot(f"t{i}.jpg", row) for i, row in enumerate(scenes(600, seed=1))))
    again = large()
    again.load(library.catalog)
    assert again.waiting == 600
    maintain(again)
    again.remove([int(again.ids()[0])])
    library.catalog.remove([int(library.catalog.vector_ids(KEY)[0])])
    again.save(library.catalog)
    assert segment_sizes(again) == [899, 900, 330]
    assert first.stat().st_mtime_ns == before[0]
    assert second.stat().st_mtime_ns > before[1]
    last = large()
    assert last.load(library.catalog) == []
    assert segment_sizes(last)[:2] == [899, 900]
    assert_complete(last, library)


def test_nearest_of_all_segments_are_found_where_one_holds_them_all(large):
    rows = scenes(4000)
    rows[1000:1400] = rows[1000] + 0.05 * random_rows(400)  # more than one segment is asked for
    index = large()
    index.add(np.arange(4000), rows)
    assert len(index._content.segments) == 5
    found, scores = index.search(rows[1000], 100)
    assert set(found.tolist()) <= set(range(1000, 1400))
    assert scores[-1] > 0.9


@pytest.fixture
def worn(large, library):
    """A written index of two segments, of which the first has just lost most rows."""
    index = unlinked(large, library)
    maintain(index)
    index.save()
    gone = index.ids()[:700].tolist()
    library.catalog.remove(gone)
    index.remove(gone)
    return index


def test_segment_that_lost_many_rows_is_dissolved_and_all_are_found_meanwhile(worn, library):
    assert segment_sizes(worn) == [200, 630]
    assert worn.needs_upkeep
    assert worn.maintain(1e-6)
    assert_complete(worn, library)
    late = library.add(Shot("late.jpg", picture_vector(["dog", "city"], 5)))
    worn.remove(worn.ids()[-3:-1].tolist())
    library.catalog.remove(np.setdiff1d(library.catalog.vector_ids(KEY), [*worn.ids(), *late]))
    worn.refresh(library.catalog)
    assert_complete(worn, library)
    maintain(worn)
    assert segment_sizes(worn) == [len(worn)]
    assert_complete(worn, library)


def test_dissolved_segment_leaves_no_file(large, worn, library):
    maintain(worn)
    worn.save(library.catalog)
    assert len(files(library)) == 1
    again = large()
    assert again.load(library.catalog) == []
    assert len(again) == len(worn)
    assert_complete(again, library)


def test_dissolving_that_was_cut_off_loses_nothing(large, worn, library):
    worn._write()
    worn.maintain(1e-6)
    changed, gone, *_ = library.catalog.vector_ids(KEY).tolist()
    library.catalog.store_vectors(KEY, [changed], picture_vector(["city", "night"], 78)[None])
    library.catalog.remove([gone])
    again = large()
    assert again.load(library.catalog) == []
    assert_complete(again, library)
    maintain(again)
    assert segment_sizes(again) == [len(again)]
    assert_complete(again, library)


def test_row_that_two_files_hold_is_there_once_and_as_the_catalog_has_it(large, worn, library):
    stale = {path: path.read_bytes() for path in library.index_folder.iterdir()}
    maintain(worn)
    changed = int(worn.ids()[0])
    row = picture_vector(["city", "night"], 78)
    library.catalog.store_vectors(KEY, [changed], row[None])
    worn.refresh(library.catalog)
    maintain(worn)
    worn._write()
    assert len(files(library)) == 1
    for path, data in stale.items():  # as if the old segment's files had not been deleted
        if not path.exists():
            path.write_bytes(data)
    assert len(files(library)) == 2
    again = large()
    assert again.load(library.catalog) == []
    assert_complete(again, library)


def test_one_damaged_segment_leaves_the_others(large, library):
    index = unlinked(large, library)
    maintain(index)
    index.save(library.catalog)
    flip_bytes(files(library)[0])
    again = large()
    assert again.load(library.catalog) == [REBUILT]
    assert sum(segment_sizes(again)) in (630, 900)
    assert_complete(again, library)
    maintain(again)
    assert_complete(again, library)


def test_large_index_is_not_written_for_a_few_rows(graph, library):
    graph.save()
    before = {path: path.stat().st_mtime_ns for path in library.index_folder.iterdir()}
    graph.add([5000], random_rows(1))
    graph.save()
    assert before == {path: path.stat().st_mtime_ns for path in library.index_folder.iterdir()}
    graph.save(at_end=True)
    assert before == {path: path.stat().st_mtime_ns for path in library.index_folder.iterdir()}
    graph.add(np.arange(6000, 6400), random_rows(400))
    graph.save()
    assert before == {path: path.stat().st_mtime_ns for path in library.index_folder.iterdir()}
    graph.save(at_end=True)
    before_last = before
    before = {path: path.stat().st_mtime_ns for path in library.index_folder.iterdir()}
    assert before != before_last
    graph.add(np.arange(7000, 8000), random_rows(1000))
    graph.save()
    assert before != {path: path.stat().st_mtime_ns for path in library.index_folder.iterdir()}


def test_full_disk_stops_no_upkeep(large, library, monkeypatch, caplog):
    index = unlinked(large, library)

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    maintain(index)
    assert index.waiting == 0
    assert caplog.text.count("could not be written") == 1
    caplog.clear()


# -- file and catalog


def test_saved_index_comes_back_without_notice(library, saved):
    index, notices = reload(library)
    assert notices == []
    assert_complete(index, library)


def test_missing_file_is_filled_from_the_catalog_silently(library):
    index, notices = reload(library)
    assert notices == []
    assert_complete(index, library)


def flip_bytes(path):
    data = bytearray(path.read_bytes())
    for position in range(100, len(data), len(data) // 8):
        data[position] ^= 0xFF
    path.write_bytes(data)


def cut_off(path):
    os.truncate(path, path.stat().st_size // 2)


def empty(path):
    os.truncate(path, 0)


def lose_sidecar(path):
    sidecar_path(path).unlink()


def garble_sidecar(path):
    sidecar_path(path).write_text("{")


def lose_index(path):
    path.unlink()


def rewrite_sidecar(path, **changes):
    raw = json.loads(sidecar_path(path).read_text())
    sidecar_path(path).write_text(json.dumps(raw | changes))


def other_encoder(path):
    rewrite_sidecar(path, key="toy-9999")


def other_version(path):
    rewrite_sidecar(path, version=99)


def unknown_entry(path):
    rewrite_sidecar(path, surprise=1)


def other_dimension(path):
    rewrite_sidecar(path, dimension=32)


@pytest.mark.parametrize(
    "damage",
    [
        flip_bytes,
        cut_off,
        empty,
        lose_sidecar,
        garble_sidecar,
        lose_index,
        other_encoder,
        unknown_entry,
        other_dimension,
    ],
)
def test_damaged_index_is_rebuilt_with_a_notice(library, saved, damage):
    damage(saved)
    index, notices = reload(library)
    assert notices == [REBUILT]
    assert_complete(index, library)
    index.save(library.catalog)
    assert reload(library)[1] == []


def test_index_of_another_version_is_made_anew_silently(library, saved):
    other_version(saved)
    index, notices = reload(library)
    assert notices == []
    assert_complete(index, library)
    index.save(library.catalog)
    assert json.loads(sidecar_path(saved).read_text())["version"] != 99


@pytest.mark.parametrize(
    "change",
    [{"removed": "?"}, {"count": "5"}, {"count": -1}, {"count": 10**9}, {"revision": None}],
)
def test_sidecar_that_makes_no_sense_is_damage(library, saved, change):
    rewrite_sidecar(saved, **change)
    assert reload(library)[1] == [REBUILT]


def test_sound_file_that_usearch_refuses_is_rebuilt(library, saved):
    import hashlib

    saved.write_bytes(b"not an index")
    digest = hashlib.sha256(b"not an index").hexdigest()
    rewrite_sidecar(saved, size=12, sha256=digest)
    index, notices = reload(library)
    assert notices == [REBUILT]
    assert_complete(index, library)


def test_what_happened_since_the_save_is_caught_up(library, saved):
    changed, gone, *_ = library.catalog.vector_ids(KEY).tolist()
    library.add(Shot("new.jpg", picture_vector(["dog", "beach"], 77)))
    library.catalog.store_vectors(KEY, [changed], picture_vector(["city", "night"], 78)[None])
    library.catalog.remove([gone])
    index, notices = reload(library)
    assert notices == []
    assert gone not in index
    assert_complete(index, library)


def test_removal_of_the_latest_photo_is_no_damage(library, saved):
    library.catalog.remove([int(library.catalog.vector_ids(KEY)[-1])])
    index, notices = reload(library)
    assert notices == []
    assert_complete(index, library)


def test_full_disk_leaves_the_old_file(library, saved, monkeypatch):
    before = saved.read_bytes()
    index, _ = reload(library)
    index.remove([int(index.ids()[0])])

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        index.save()
    assert saved.read_bytes() == before
    assert sorted(p.name for p in saved.parent.iterdir()) == [
        saved.with_suffix(".json").name,
        saved.name,
    ]
    assert reload(library)[1] == []


def test_unchanged_index_is_not_written_again(library, saved):
    index, _ = reload(library)
    saved.unlink()
    index.save(library.catalog)
    assert not saved.exists()


def test_reading_process_loads_without_writing(library, saved):
    from photofind.core.catalog import Catalog

    flip_bytes(saved)
    before = saved.read_bytes()
    with Catalog.open_readonly(library.path) as catalog:
        index = VectorIndex(library.index_folder, KEY, DIMENSION)
        assert index.load(catalog) == [REBUILT]
    assert_complete(index, library)
    assert saved.read_bytes() == before


def test_background_is_told_by_landmarks_where_they_are_enough(tmp_path):
    index = VectorIndex(tmp_path, KEY, DIMENSION, flat_components=0)
    rows = random_rows(64 * LANDMARK_EVERY)
    index.add(np.arange(len(rows)), rows)
    index.save()
    query = unit(rows[0] + rows[1])
    cosines = rows @ query
    np.testing.assert_allclose(index.background(query, 64), cosines[::LANDMARK_EVERY], atol=0.02)
    drawn = index.background(query, 65)
    assert len(drawn) == 65
    assert np.abs(cosines[:, None] - drawn[None]).min(axis=0).max() < 1e-3
    np.testing.assert_array_equal(index.background(query, 65), drawn)
    assert len(index.background(0 * query, 64)) == 0


def test_background_is_drawn_anew_where_many_rows_have_no_landmark_yet(tmp_path):
    index = VectorIndex(tmp_path, KEY, DIMENSION, flat_components=0)
    rows = random_rows(64 * LANDMARK_EVERY)
    index.add(np.arange(len(rows)), rows)
    index.save()
    others = -np.abs(random_rows(1000, seed=1))
    index.add(np.arange(len(rows), len(rows) + 1000), others)
    assert index.background(EVEN, 32).min() < -0.5


def test_sample_from_before_the_loading_is_not_kept(library, saved):
    index = VectorIndex(library.index_folder, KEY, DIMENSION)
    assert len(index.background(EVEN, 10)) == 0
    index.load(library.catalog)
    assert len(index.background(EVEN, 10)) == 10


def test_sample_holds_what_has_been_loaded_so_far(library, saved, monkeypatch):
    index = VectorIndex(library.index_folder, KEY, DIMENSION)
    assert len(index.background(EVEN, 10)) == 0
    refresh, drawn = index.refresh, []

    def observed(catalog):
        drawn.append(len(index.background(EVEN, 10)))
        return refresh(catalog)

    monkeypatch.setattr(index, "refresh", observed)
    index.load(library.catalog)
    assert drawn == [10]


def test_catalog_that_is_older_than_a_part_of_the_index_is_right(large, library):
    index = unlinked(large, library)
    maintain(index)
    index.save(library.catalog)
    late = index_path(library.index_folder, KEY, 1)
    sidecar = json.loads(sidecar_path(late).read_text())
    replaced = int(library.catalog.vector_ids(KEY)[-1])
    wrong = large()
    wrong.load(library.catalog)
    wrong.add([replaced], picture_vector(["city", "night"], 78)[None])
    maintain(wrong)
    wrong._write()
    for number in (0, 2):
        path = index_path(library.index_folder, KEY, number)
        if path.exists():
            rewrite_sidecar(path, revision=sidecar["revision"])
    rewrite_sidecar(late, revision=sidecar["revision"] + 1)
    again = large()
    again.load(library.catalog)
    assert_complete(again, library)


def test_refresh_follows_the_catalog(library):
    index = library.index()
    library.add(Shot("later.jpg", picture_vector(["dog"], 90)))
    library.catalog.remove([1])
    index.refresh(library.catalog)
    assert_complete(index, library)


def test_searches_and_changes_from_several_threads_do_not_disturb_each_other(index):
    import threading

    rows = random_rows(3000)
    index.add(np.arange(1000), rows[:1000])
    failures = []

    def search():
        for query in rows[:200]:
            ids, scores = index.search(query, 5)
            if not (len(ids) == 5 and scores[0] > 0.99):
                failures.append(ids)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for start in range(1000, 3000, 50):
        index.add(np.arange(start, start + 50), rows[start : start + 50])
        index.remove(range(start, start + 10))
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(index) == 1000 + 40 * 40
