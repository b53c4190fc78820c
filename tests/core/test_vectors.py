"""The vector index: what it answers, how it survives damage, and how it stays in step."""

import errno
import json
import os

import numpy as np
import pytest

from photofind.core.vector_file import index_path, sidecar_path
from photofind.core.vector_graph import Layout
from photofind.core.vectors import REBUILT, VectorIndex
from tests.core.libraries import DIMENSION, KEY, SUBJECTS, Library, Shot, picture_vector, unit


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
    assert index.sample(10).shape == (0, DIMENSION)
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


@pytest.fixture
def graph(tmp_path):
    index = VectorIndex(tmp_path / "index", KEY, DIMENSION, flat_components=1000 * DIMENSION)
    index.add(np.arange(4000), random_rows(4000))
    while index.maintain():
        pass
    return index


def test_large_library_becomes_a_graph_with_high_recall(graph):
    assert graph.layout is Layout.GRAPH
    rows = random_rows(4000)
    hits = 0
    for query in random_rows(50, seed=1):
        hits += len(set(graph.search(query, 10)[0]) & set(np.argsort(-(rows @ query))[:10]))
    assert hits / 500 > 0.97


def test_rebuild_goes_in_steps_and_the_old_rows_answer_meanwhile(tmp_path):
    index = VectorIndex(tmp_path, KEY, DIMENSION, flat_components=1000 * DIMENSION)
    rows = random_rows(1200)
    index.add(np.arange(900), rows[:900])
    index.add(np.arange(900, 1200), rows[900:])
    assert index.layout is Layout.FLAT
    assert index.search(rows[1199], 1)[0][0] == 1199
    index.remove([5])
    index.add([6, 1200], np.stack([rows[5], rows[6]]))
    while index.maintain(0.01):
        pass
    assert index.layout is Layout.GRAPH
    assert len(index) == 1200
    assert index.search(rows[5], 1)[0][0] == 6
    assert index.search(rows[6], 1)[0][0] == 1200


def test_graph_survives_its_file(graph, library):
    graph.save()
    again = VectorIndex(graph._path.parent, KEY, DIMENSION, flat_components=1000)
    data = again._read(library.catalog)[0]
    assert data.layout is Layout.GRAPH
    assert len(data) == 4000


def test_many_removals_lead_to_a_rebuild_without_gaps(index):
    rows = random_rows(2000)
    index.add(np.arange(2000), rows)
    index.remove(range(1200))
    while index.maintain():
        pass
    assert index._removed == 0
    assert index.ids().tolist() == list(range(1200, 2000))
    assert index.search(rows[1500], 1)[0][0] == 1500


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
        other_version,
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
