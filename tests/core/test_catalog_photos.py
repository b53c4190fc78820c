"""Photos and failures in the catalog, and what the scanner and the indexer ask about them."""

import os
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from photofind.core.catalog import Catalog
from photofind.core.types import FileStamp, Filters, Root
from tests.core.storage import KEY, add_photo, analysis, content, matches, stamp


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "library" / "catalog.sqlite3") as opened:
        yield opened


@pytest.fixture
def root(catalog: Catalog, tmp_path: Path) -> Root:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return catalog.add_root(folder)


def test_a_photo_comes_back_as_it_was_stored(catalog: Catalog, root: Root) -> None:
    found = analysis(
        3,
        taken_at=datetime(2019, 7, 14, 12, 30, 5, 250000),
        camera="Canon EOS 5D",
        lens="EF 50mm",
        phash=0xFEDCBA9876543210,
    )
    at = FileStamp(123456, 1_563_100_000_123_456_789, 2**64 - 5)
    photo_id = add_photo(catalog, root, "2019/summer/a.jpg", found, at)
    photo = catalog.photo(photo_id)
    assert photo is not None
    assert photo.path == root.path / "2019" / "summer" / "a.jpg"
    assert photo.relpath == "2019/summer/a.jpg"
    assert photo.stamp == at
    assert photo.metadata == found.metadata
    assert photo.hashes == found.hashes
    assert photo.average_color == found.average_color
    assert not photo.offline


def test_storing_again_keeps_the_id(catalog: Catalog, root: Root) -> None:
    first = add_photo(catalog, root, "a.jpg", analysis(1))
    assert add_photo(catalog, root, "a.jpg", analysis(2)) == first
    assert catalog.photos([first])[0].hashes.content == content(2)
    assert len(catalog.newest(Filters())) == 1


def test_new_content_drops_the_vectors_of_other_encoders(catalog: Catalog, root: Root) -> None:
    photo_id = add_photo(catalog, root, "a.jpg", analysis(1), key="old")
    add_photo(catalog, root, "a.jpg", analysis(1), key="new")
    assert catalog.vector_ids("old").tolist() == [photo_id]
    add_photo(catalog, root, "a.jpg", analysis(2), key="new")
    assert catalog.vector_ids("old").tolist() == []
    assert catalog.vector_ids("new").tolist() == [photo_id]


def test_photos_keep_the_order_asked_for_beyond_one_chunk(catalog: Catalog, root: Root) -> None:
    with catalog.transaction():
        ids = [add_photo(catalog, root, f"{n}.jpg", key=None) for n in range(1203)]
    wanted = [*reversed(ids), 10**9, ids[5]]
    assert [photo.photo_id for photo in catalog.photos(wanted)] == [*reversed(ids), ids[5]]


def test_names_in_both_unicode_forms_are_one_file(catalog: Catalog, root: Root) -> None:
    composed, decomposed = (unicodedata.normalize(form, "Käse/Öl.jpg") for form in ("NFC", "NFD"))
    assert composed != decomposed
    first = catalog.store(
        root.root_id, decomposed, os.fsencode(decomposed), stamp(), analysis(), None
    )
    assert add_photo(catalog, root, composed) == first
    catalog.store(root.root_id, decomposed, os.fsencode(decomposed), stamp(), analysis(), None)
    assert list(catalog.known_files(root.root_id)) == [composed]
    assert catalog.photos([first])[0].path == root.path / decomposed


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode on Windows")
def test_a_name_that_is_not_utf8_survives(catalog: Catalog, root: Root) -> None:
    raw = b"ferien/caf\xe9 \xff.jpg"
    key = os.fsdecode(raw)
    photo_id = catalog.store(root.root_id, key, raw, stamp(), analysis(), KEY)
    assert list(catalog.known_files(root.root_id)) == [key]
    photo = catalog.photos([photo_id])[0]
    assert os.fsencode(photo.path) == os.fsencode(root.path) + b"/" + raw
    assert matches(catalog, "caf") == {photo_id: ("name",)}
    assert catalog.without_vector("other", 10) == [(photo_id, photo.path)]
    catalog.store_failure(root.root_id, key, raw, stamp(), f"cannot read {key}")
    assert catalog.failures()[0].path == photo.path


def test_names_come_in_the_order_asked_for(catalog: Catalog, root: Root) -> None:
    one = add_photo(catalog, root, "alps/1 ä.jpg")
    two = add_photo(catalog, root, "2.jpg")
    assert catalog.names([two, 99, one, two]) == ["2.jpg", "", "1 ä.jpg", "2.jpg"]
    assert catalog.names([]) == []


def test_metadata_that_sqlite_cannot_hold_does_not_stop_a_photo(
    catalog: Catalog, root: Root
) -> None:
    photo_id = add_photo(catalog, root, "a.jpg", analysis(camera="Ca\0non\udcff"))
    assert catalog.photos([photo_id])[0].metadata.camera == "Canon?"


@pytest.mark.parametrize("mtime_s", [-(10**11), -1, 0, 2**33 + 0.5, 9 * 10**9])
def test_any_time_of_change_can_be_stored(catalog: Catalog, root: Root, mtime_s: float) -> None:
    at = FileStamp(1, int(mtime_s * 10**9) if mtime_s > -(10**10) else -(2**62), 1)
    photo_id = add_photo(catalog, root, "a.jpg", at=at)
    assert catalog.photos([photo_id])[0].stamp == at


def test_a_failure_is_named_counted_and_no_photo(catalog: Catalog, root: Root) -> None:
    photo_id = add_photo(catalog, root, "a.jpg")
    for _ in range(2):
        failed_id = catalog.store_failure(root.root_id, "a.jpg", b"a.jpg", stamp(), "cut off")
        assert failed_id == photo_id
    assert catalog.photo(photo_id) is None
    assert len(catalog.newest(Filters())) == 0
    assert matches(catalog, "a") == {}
    assert len(catalog.vector_ids(KEY)) == 0
    (failure,) = catalog.failures()
    assert (failure.path, failure.reason) == (root.path / "a.jpg", "cut off")
    known = catalog.known_files(root.root_id)["a.jpg"]
    assert (known.ok, known.failed_reason, known.attempts) == (False, "cut off", 2)


def test_a_success_clears_the_failure(catalog: Catalog, root: Root) -> None:
    failed_id = catalog.store_failure(root.root_id, "a.jpg", b"a.jpg", stamp(), "cut off")
    assert add_photo(catalog, root, "a.jpg") == failed_id
    assert catalog.failures() == []
    known = catalog.known_files(root.root_id)["a.jpg"]
    assert (known.ok, known.attempts, known.failed_reason) == (True, 0, "")


def test_cleared_failures_are_returned_to_be_tried_again(catalog: Catalog, root: Root) -> None:
    ids = [
        catalog.store_failure(root.root_id, name, name.encode(), stamp(), "empty")
        for name in ("a.jpg", "b.jpg", "c.jpg")
    ]
    photo_id = add_photo(catalog, root, "fine.jpg")
    assert catalog.clear_failures([ids[1], photo_id]) == [(root.root_id, "b.jpg")]
    assert sorted(catalog.clear_failures()) == [(root.root_id, "a.jpg"), (root.root_id, "c.jpg")]
    assert list(catalog.known_files(root.root_id)) == ["fine.jpg"]


def test_known_files_below_a_folder_are_those_and_no_neighbours(
    catalog: Catalog, root: Root
) -> None:
    for name in ("a/1.jpg", "a/b/2.jpg", "a.jpg", "a b/3.jpg", "a0/4.jpg", "A/5.jpg"):
        add_photo(catalog, root, name)
    assert set(catalog.known_files(root.root_id, "a")) == {"a/1.jpg", "a/b/2.jpg"}
    assert set(catalog.known_files(root.root_id, "a.jpg")) == {"a.jpg"}
    assert len(catalog.known_files(root.root_id)) == 6


def test_known_files_carry_stamp_and_content(catalog: Catalog, root: Root) -> None:
    at = FileStamp(5, 6, 7)
    photo_id = add_photo(catalog, root, "a.jpg", analysis(4), at)
    known = catalog.known_files(root.root_id)["a.jpg"]
    assert (known.photo_id, known.stamp, known.content_hash) == (photo_id, at, content(4))


def test_a_name_apart_from_its_twin_is_found_by_its_words_alone(
    catalog: Catalog, root: Root
) -> None:
    photo_id = add_photo(catalog, root, "Öl\0cafe.jpg")
    assert matches(catalog, "öl") == {photo_id: ("name",)}
    assert matches(catalog, "cafe") == {}


def test_a_moved_photo_keeps_id_vectors_hashes_and_changes_its_words(
    catalog: Catalog, root: Root
) -> None:
    photo_id = add_photo(catalog, root, "alps/a.jpg", analysis(1, phash=5))
    revision = catalog.vector_revision(KEY)
    catalog.move(photo_id, root.root_id, "beach/b.jpg", b"beach/b.jpg", stamp(inode=9))
    photo = catalog.photos([photo_id])[0]
    assert (photo.relpath, photo.stamp.inode, photo.hashes.phash) == ("beach/b.jpg", 9, 5)
    assert catalog.vector_revision(KEY) == revision
    assert matches(catalog, "alps") == {}
    assert matches(catalog, "beach") == {photo_id: ("folder",)}
    assert list(catalog.known_files(root.root_id)) == ["beach/b.jpg"]


def test_photos_whose_names_were_exchanged_keep_what_is_known(catalog: Catalog, root: Root) -> None:
    one = add_photo(catalog, root, "1.jpg", analysis(1))
    two = add_photo(catalog, root, "2.jpg", analysis(2))
    catalog.move(one, root.root_id, "2.jpg", b"2.jpg", stamp())
    assert catalog.photos([two]) == []
    assert catalog.newest(Filters()).tolist() == [one]
    catalog.move(two, root.root_id, "1.jpg", b"1.jpg", stamp())
    assert [photo.relpath for photo in catalog.photos([one, two])] == ["2.jpg", "1.jpg"]
    assert [photo.hashes.content for photo in catalog.photos([one, two])] == [
        content(1),
        content(2),
    ]
    assert sorted(catalog.vector_ids(KEY).tolist()) == [one, two]
    assert catalog.check() == []


def test_a_photo_whose_place_was_taken_is_found_gone_by_the_next_scan(
    catalog: Catalog, root: Root
) -> None:
    one = add_photo(catalog, root, "1.jpg")
    two = add_photo(catalog, root, "2.jpg")
    catalog.move(one, root.root_id, "2.jpg", b"2.jpg", stamp())
    leftovers = catalog.known_files(root.root_id)
    assert leftovers.pop("2.jpg").photo_id == one
    assert [known.photo_id for known in leftovers.values()] == [two]
    assert not (root.path / "2.jpg").exists()


def test_a_failure_gives_its_place_to_a_moved_photo(catalog: Catalog, root: Root) -> None:
    photo_id = add_photo(catalog, root, "1.jpg")
    catalog.store_failure(root.root_id, "2.jpg", b"2.jpg", stamp(), "empty")
    catalog.move(photo_id, root.root_id, "2.jpg", b"2.jpg", stamp())
    assert catalog.failures() == []
    assert list(catalog.known_files(root.root_id)) == ["2.jpg"]


def test_touch_changes_the_stamp_and_the_place_in_time(catalog: Catalog, root: Root) -> None:
    dated = add_photo(catalog, root, "a.jpg", analysis(taken_at=datetime(2001, 1, 1)))
    undated = add_photo(catalog, root, "b.jpg", at=stamp(mtime_s=1e9))
    later = FileStamp(100, int(1.6e18), 8)
    catalog.touch(dated, later)
    catalog.touch(undated, later)
    assert catalog.photos([undated])[0].stamp == later
    assert catalog.newest(Filters(after=datetime(2015, 1, 1))).tolist() == [undated]


def test_counts_add_up(catalog: Catalog, root: Root) -> None:
    assert catalog.counts().photos == 0
    add_photo(catalog, root, "a.jpg", at=stamp(size=100))
    add_photo(catalog, root, "b.jpg", at=stamp(size=50), key=None)
    catalog.store_failure(root.root_id, "c.jpg", b"c.jpg", stamp(size=999), "empty")
    counts = catalog.counts()
    assert (counts.photos, counts.failed, counts.bytes) == (2, 1, 150)
    assert counts.with_vector == {KEY: 1}


def test_removed_photos_leave_nothing_behind(catalog: Catalog, root: Root) -> None:
    ids = [add_photo(catalog, root, f"{n}.jpg", analysis(n)) for n in range(4)]
    catalog.remove(ids[:2])
    catalog.remove([])
    assert catalog.vector_ids(KEY).tolist() == ids[2:]
    assert catalog.contents() == {content(2), content(3)}
    assert catalog.contents(content(2), content(2)) == {content(2)}
    assert catalog.check() == []
    assert add_photo(catalog, root, "new.jpg") > ids[-1]


def test_a_failed_group_of_calls_leaves_the_catalog_as_it_was(catalog: Catalog, root: Root) -> None:
    with pytest.raises(RuntimeError), catalog.transaction():
        add_photo(catalog, root, "a.jpg")
        raise RuntimeError
    assert catalog.known_files(root.root_id) == {}
    assert len(catalog.vector_ids(KEY)) == 0
