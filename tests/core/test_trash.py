"""Moving to the trash and back, with the system's own trash in a folder of the test's."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from photofind.core import trash_places
from photofind.core.catalog import Catalog
from photofind.core.errors import TrashError
from photofind.core.trash import Trash
from photofind.core.trash_places import FileMark, TrashPlace, locate_in
from photofind.core.types import FileStamp, Filters, Root, RootState
from tests.core.storage import KEY, add_file, add_photo, analysis, matches

if sys.platform in ("win32", "darwin"):
    pytest.skip("the trash of this system cannot be put aside", allow_module_level=True)

from send2trash import plat_other


@pytest.fixture(autouse=True)
def home_trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a trash of the test's own; Send2Trash reads the environment only once."""
    data = tmp_path / "home" / "data"
    data.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr("photofind.core.trash.send2trash", plat_other.send2trash)
    monkeypatch.setattr(plat_other, "XDG_DATA_HOME", os.fsencode(data))
    monkeypatch.setattr(plat_other, "HOMETRASH_B", os.fsencode(data / "Trash"))
    monkeypatch.setattr(plat_other, "HOMETRASH", str(data / "Trash"))
    return data / "Trash"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library" / "catalog.sqlite3"


@pytest.fixture
def catalog(path: Path) -> Iterator[Catalog]:
    with Catalog.open(path) as opened:
        yield opened


@pytest.fixture
def root(catalog: Catalog, tmp_path: Path) -> Root:
    (tmp_path / "pictures").mkdir()
    return catalog.add_root(tmp_path / "pictures")


@pytest.fixture
def trash(catalog: Catalog) -> Trash:
    return Trash(catalog)


def files_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_photo_moves_to_the_trash_and_out_of_the_catalog(
    catalog: Catalog, root: Root, trash: Trash, home_trash: Path
) -> None:
    gone = add_file(catalog, root, "a/one.jpg", 1)
    stays = add_file(catalog, root, "a/two.jpg", 2)
    report = trash.move([gone])
    assert report.moved == (root.path / "a" / "one.jpg",)
    assert (report.photo_ids, report.bytes, report.failed) == ((gone,), 101, ())
    assert report.restorable
    assert files_in(root.path / "a") == ["two.jpg"]
    assert (home_trash / "files" / "one.jpg").read_bytes() == bytes([1]) * 101
    assert catalog.newest(Filters()).tolist() == [stays]
    assert catalog.vector_ids(KEY).tolist() == [stays]


def test_a_photo_comes_back_with_all_that_was_known(
    catalog: Catalog, root: Root, trash: Trash, home_trash: Path
) -> None:
    photo_id = add_file(catalog, root, "Alps 2020/one.jpg", 1)
    add_photo(catalog, root, "Alps 2020/one.jpg", analysis(1), at=_stamp(root), key="second")
    before = catalog.photo(photo_id)
    vector = catalog.vectors(KEY, [photo_id])[1].tolist()
    revision = catalog.vector_revision(KEY)
    report = trash.restore(trash.move([photo_id]).batch_id)
    assert report.moved == (root.path / "Alps 2020" / "one.jpg",)
    assert (report.photo_ids, report.failed, report.bytes) == ((photo_id,), (), 101)
    assert catalog.photo(photo_id) == before
    assert catalog.vectors(KEY, [photo_id])[1].tolist() == vector
    assert catalog.vector_revision(KEY) > revision
    assert catalog.without_vector("second", 9) == []
    assert matches(catalog, "alps") == {photo_id: ("folder",)}
    assert (root.path / "Alps 2020" / "one.jpg").read_bytes() == bytes([1]) * 101
    assert files_in(home_trash / "files") == files_in(home_trash / "info") == []
    assert catalog.check() == []


def _stamp(root: Root) -> FileStamp:
    status = (root.path / "Alps 2020" / "one.jpg").stat()
    return FileStamp(status.st_size, status.st_mtime_ns, status.st_ino)


def test_a_batch_comes_back_after_a_restart(
    path: Path, tmp_path: Path, catalog: Catalog, root: Root, trash: Trash
) -> None:
    ids = [add_file(catalog, root, f"{n}/same.jpg", n) for n in range(4)]
    trash.move(ids[:2])
    trash.move(ids[2:])
    catalog.close()
    with Catalog.open(path) as again:
        batches = again.last_trash_batches(10)
        assert [(batch.photos, batch.bytes) for batch in batches] == [(2, 205), (2, 201)]
        for batch in batches:
            Trash(again).restore(batch.batch_id)
        assert again.last_trash_batches(10) == []
        assert sorted(again.newest(Filters()).tolist()) == ids
        for number in range(4):
            file = root.path / str(number) / "same.jpg"
            assert file.read_bytes() == bytes([number]) * (100 + number)


def test_a_folder_that_is_gone_is_made_again(catalog: Catalog, root: Root, trash: Trash) -> None:
    photo_id = add_file(catalog, root, "deep/down/a.jpg")
    batch = trash.move([photo_id]).batch_id
    shutil.rmtree(root.path / "deep")
    assert trash.restore(batch).photo_ids == (photo_id,)
    assert (root.path / "deep" / "down" / "a.jpg").exists()


def test_a_file_in_the_way_is_never_overwritten(
    catalog: Catalog, root: Root, trash: Trash, home_trash: Path
) -> None:
    photo_id = add_file(catalog, root, "a.jpg")
    batch = trash.move([photo_id]).batch_id
    (root.path / "a.jpg").write_bytes(b"another picture")
    report = trash.restore(batch)
    assert report.moved == ()
    assert "another file is in its place" in report.failed[0].reason
    assert (root.path / "a.jpg").read_bytes() == b"another picture"
    assert files_in(home_trash / "files") == ["a.jpg"]
    (root.path / "a.jpg").unlink()
    assert trash.restore(batch).photo_ids == (photo_id,)


def test_a_batch_comes_back_once(catalog: Catalog, root: Root, trash: Trash) -> None:
    batch = trash.move([add_file(catalog, root, "a.jpg")]).batch_id
    trash.restore(batch)
    with pytest.raises(TrashError, match="already been restored"):
        trash.restore(batch)
    with pytest.raises(TrashError, match="no longer known"):
        trash.restore(999)


def test_a_photo_that_changed_since_it_was_indexed_stays(
    catalog: Catalog, root: Root, trash: Trash, home_trash: Path
) -> None:
    edited = add_file(catalog, root, "edited.jpg", 1)
    fine = add_file(catalog, root, "fine.jpg", 2)
    (root.path / "edited.jpg").write_bytes(b"edited in another program")
    report = trash.move([edited, fine])
    assert report.photo_ids == (fine,)
    assert [failure.photo_id for failure in report.failed] == [edited]
    assert "changed since it was indexed" in report.failed[0].reason
    assert (root.path / "edited.jpg").read_bytes() == b"edited in another program"
    assert files_in(home_trash / "files") == ["fine.jpg"]
    assert catalog.photo(edited) is not None


def test_a_photo_that_was_replaced_by_one_of_the_same_size_and_time_stays(
    catalog: Catalog, root: Root, trash: Trash
) -> None:
    photo_id = add_file(catalog, root, "a.jpg")
    file = root.path / "a.jpg"
    status = file.stat()
    (root.path / "b.tmp").write_bytes(bytes([9]) * status.st_size)
    os.utime(root.path / "b.tmp", ns=(status.st_atime_ns, status.st_mtime_ns))
    (root.path / "b.tmp").replace(file)
    report = trash.move([photo_id])
    assert (report.moved, report.batch_id, report.restorable) == ((), 0, False)
    assert file.exists()


def test_missing_and_unknown_photos_are_no_bug(catalog: Catalog, root: Root, trash: Trash) -> None:
    missing = add_file(catalog, root, "a.jpg")
    (root.path / "a.jpg").unlink()
    report = trash.move([missing, missing, 12345])
    assert report.photo_ids == ()
    assert [failure.reason for failure in report.failed] == ["it is no longer there"]
    assert catalog.last_trash_batches() == []


def test_a_link_stays_because_its_target_would(
    catalog: Catalog, root: Root, trash: Trash, tmp_path: Path
) -> None:
    (tmp_path / "target.jpg").write_bytes(b"x" * 50)
    (root.path / "link.jpg").symlink_to(tmp_path / "target.jpg")
    photo_id = add_photo(catalog, root, "link.jpg")
    assert "link" in trash.move([photo_id]).failed[0].reason
    assert (root.path / "link.jpg").is_symlink()


@pytest.mark.parametrize(
    "raw",
    [b"caf\xe9 \xff.jpg", "Käse & 50% #1 [x].jpg".encode(), b"a\nb.jpg", b"x" * 240 + b".jpg"],
)
def test_awkward_names_go_and_come_back(
    catalog: Catalog, root: Root, trash: Trash, raw: bytes
) -> None:
    key = os.fsdecode(raw)
    file = root.path / key
    file.write_bytes(b"picture")
    status = file.stat()
    at = FileStamp(status.st_size, status.st_mtime_ns, status.st_ino)
    photo_id = catalog.store(root.root_id, key, raw, at, analysis(), KEY)
    report = trash.move([photo_id])
    assert report.moved == (file,)
    assert report.restorable
    assert trash.restore(report.batch_id).photo_ids == (photo_id,)
    assert file.read_bytes() == b"picture"


def test_a_name_too_long_for_the_trash_stays(catalog: Catalog, root: Root, trash: Trash) -> None:
    photo_id = add_file(catalog, root, "y" * 250 + ".j")
    with pytest.raises(TrashError, match="did not take"):
        trash.move([photo_id])
    assert catalog.photo(photo_id) is not None
    assert len(files_in(root.path)) == 1


def test_a_volume_without_a_trash_keeps_every_photo(
    catalog: Catalog, root: Root, trash: Trash, home_trash: Path
) -> None:
    ids = [add_file(catalog, root, f"{n}.jpg", n) for n in range(3)]
    home_trash.write_bytes(b"a file where the trash should be")
    with pytest.raises(TrashError, match=r"and 2 more.*never deletes photos for good"):
        trash.move(ids)
    assert files_in(root.path) == ["0.jpg", "1.jpg", "2.jpg"]
    assert len(catalog.photos(ids)) == 3
    assert catalog.last_trash_batches() == []


def test_a_trash_that_cannot_be_found_is_refused(
    catalog: Catalog, root: Root, trash: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo_id = add_file(catalog, root, "a.jpg")
    monkeypatch.setattr(plat_other, "HOMETRASH", "Trash")  # XDG_DATA_HOME="" does this
    with pytest.raises(TrashError, match="XDG_DATA_HOME"):
        trash.move([photo_id])
    assert (root.path / "a.jpg").exists()


def test_photos_restored_by_hand_get_their_knowledge_back(
    catalog: Catalog, root: Root, trash: Trash, home_trash: Path
) -> None:
    photo_id = add_file(catalog, root, "a.jpg")
    batch = trash.move([photo_id]).batch_id
    (home_trash / "files" / "a.jpg").rename(root.path / "a.jpg")
    (home_trash / "info" / "a.jpg.trashinfo").unlink()
    assert trash.restore(batch).photo_ids == (photo_id,)
    assert catalog.vector_ids(KEY).tolist() == [photo_id]


def test_what_was_indexed_in_between_is_kept(
    catalog: Catalog, root: Root, trash: Trash, home_trash: Path
) -> None:
    photo_id = add_file(catalog, root, "a.jpg")
    batch = trash.move([photo_id]).batch_id
    (home_trash / "files" / "a.jpg").rename(root.path / "a.jpg")
    newer = add_photo(catalog, root, "a.jpg")
    assert trash.restore(batch).photo_ids == (newer,)
    assert catalog.newest(Filters()).tolist() == [newer]


def test_an_emptied_trash_is_a_plain_failure(
    catalog: Catalog, root: Root, trash: Trash, home_trash: Path
) -> None:
    batch = trash.move([add_file(catalog, root, "a.jpg")]).batch_id
    shutil.rmtree(home_trash)
    report = trash.restore(batch)
    assert [failure.reason for failure in report.failed] == ["it is no longer in the trash"]


def test_nothing_is_restored_to_a_drive_that_is_not_there(
    catalog: Catalog, root: Root, trash: Trash, tmp_path: Path
) -> None:
    photo_id = add_file(catalog, root, "a.jpg")
    batch = trash.move([photo_id]).batch_id
    root.path.rename(tmp_path / "unplugged")
    assert "connect its drive" in trash.restore(batch).failed[0].reason
    assert not root.path.exists()
    (tmp_path / "unplugged").rename(root.path)
    catalog.set_root_state(root.root_id, RootState.OFFLINE)
    assert trash.restore(batch).moved == ()
    catalog.set_root_state(root.root_id, RootState.ONLINE)
    assert trash.restore(batch).photo_ids == (photo_id,)


def test_a_file_comes_back_even_if_its_folder_left_the_library(
    catalog: Catalog, root: Root, trash: Trash
) -> None:
    batch = trash.move([add_file(catalog, root, "a.jpg")]).batch_id
    catalog.remove_root(root.root_id)
    report = trash.restore(batch)
    assert report.moved == (root.path / "a.jpg",)
    assert report.photo_ids == ()


_CRASHING = """
import os, sys
from pathlib import Path
os.environ["HOME"], os.environ["XDG_DATA_HOME"] = sys.argv[2], sys.argv[3]
import photofind.core.trash as trash
from send2trash import plat_other
moved = 0
def move_and_crash(name):
    global moved
    plat_other.send2trash(name)
    moved += 1
    if moved == 2:
        os._exit(9)
trash.send2trash = move_and_crash
from photofind.core.catalog import Catalog
trash.Trash(Catalog.open(Path(sys.argv[1]))).move([1, 2, 3])
"""


def test_a_crash_in_the_middle_can_be_undone(
    path: Path, catalog: Catalog, root: Root, home_trash: Path, tmp_path: Path
) -> None:
    ids = [add_file(catalog, root, f"{n}.jpg", n) for n in range(3)]
    assert ids == [1, 2, 3]
    catalog.close()
    command = [sys.executable, "-c", _CRASHING, path, tmp_path / "home", home_trash.parent]
    assert subprocess.run(command, check=False).returncode == 9
    assert files_in(root.path) == ["2.jpg"]
    with Catalog.open(path) as again:
        again.remove(ids[:2])  # what the scan after the crash does
        (batch,) = again.last_trash_batches()
        report = Trash(again).restore(batch.batch_id)
        assert (report.failed, report.photo_ids) == ((), tuple(ids))
        assert files_in(root.path) == ["0.jpg", "1.jpg", "2.jpg"]
        assert sorted(again.vector_ids(KEY).tolist()) == ids


def test_hundreds_of_photos_move_and_come_back(catalog: Catalog, root: Root, trash: Trash) -> None:
    with catalog.transaction():
        ids = [add_file(catalog, root, f"{n:04}.jpg", n) for n in range(300)]
    report = trash.move(ids)
    assert len(report.moved) == 300
    assert report.restorable
    assert len(catalog.newest(Filters())) == 0
    assert trash.restore(report.batch_id).photo_ids == tuple(ids)
    assert catalog.check() == []


def test_a_trash_on_another_volume_gives_its_files_back(
    catalog: Catalog, root: Root, trash: Trash, tmp_path: Path
) -> None:
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second volume")
    photo_id = add_file(catalog, root, "a.jpg")
    batch = trash.move([photo_id]).batch_id
    (entry,) = catalog.trash_batch(batch)
    elsewhere = other / f"photofind-test-{os.getpid()}.jpg"
    shutil.move(entry.trashed_to, elsewhere)
    try:
        catalog.settle_trash([replace(entry, trashed_to=str(elsewhere))], [])
        assert trash.restore(batch).photo_ids == (photo_id,)
        assert not elsewhere.exists()
    finally:
        elsewhere.unlink(missing_ok=True)
    assert files_in(root.path) == ["a.jpg"]


def test_a_file_in_the_trash_of_a_volume_is_found_by_its_note(tmp_path: Path) -> None:
    top = tmp_path / "volume"
    place = TrashPlace(top / ".Trash-1000", top)
    place.files.mkdir(parents=True)
    place.info.mkdir()
    original = top / "pictures" / "a b.jpg"
    original.parent.mkdir()
    for number, size in enumerate((10, 20, 30), start=1):
        (place.files / f"a b.{number}.jpg").write_bytes(b"x" * size)
        (place.info / f"a b.{number}.jpg.trashinfo").write_text(
            "[Trash Info]\nPath=pictures/a%20b.jpg\nDeletionDate=2024-01-01T00:00:00\n"
        )
    mark = FileMark.of(place.files / "a b.2.jpg")
    assert locate_in(place, original, mark) == place.files / "a b.2.jpg"
    assert locate_in(place, top / "a b.jpg", mark) is None
    assert locate_in(place, original, FileMark(21, mark.mtime_ns)) is None


def test_a_note_that_names_another_file_is_not_taken(tmp_path: Path, home_trash: Path) -> None:
    place = TrashPlace(home_trash, home_trash.parent)
    place.files.mkdir(parents=True)
    place.info.mkdir()
    (place.files / "a.jpg").write_bytes(b"x")
    mark = FileMark.of(place.files / "a.jpg")
    assert trash_places.locate(tmp_path / "a.jpg", mark) is None
    (place.info / "a.jpg.trashinfo").write_bytes(b"\xff\xfe rubbish")
    assert trash_places.locate(tmp_path / "a.jpg", mark) is None


def test_old_batches_leave_the_journal(
    catalog: Catalog, root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("photofind.core.catalog_trash._KEPT_BATCHES", 2)
    photo_id = add_photo(catalog, root, "a.jpg")
    photo = catalog.photos([photo_id])[0]
    batches = [catalog.journal_trash([catalog.trash_entry(photo)]) for _ in range(4)]
    assert [batch.batch_id for batch in catalog.last_trash_batches()] == batches[:1:-1]
    assert catalog.trash_batch(batches[0]) == []
