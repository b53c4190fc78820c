"""Folders of the library: adding, refusing, forgetting, offline."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from photofind.core.catalog import Catalog
from photofind.core.catalog_roots import volume_of
from photofind.core.errors import FolderError
from photofind.core.types import Filters, RootState
from tests.core.storage import KEY, add_photo, matches, stamp


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "library" / "catalog.sqlite3") as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "pictures"
    (path / "2020" / "summer").mkdir(parents=True)
    return path


def test_a_folder_that_is_added_twice_is_one_root(catalog: Catalog, folder: Path) -> None:
    first = catalog.add_root(folder)
    assert catalog.add_root(folder) == first
    assert catalog.add_root(folder / "2020" / "..").root_id == first.root_id
    assert [root.path for root in catalog.roots()] == [folder]


def test_a_link_to_a_known_folder_is_that_root(
    catalog: Catalog, folder: Path, tmp_path: Path
) -> None:
    first = catalog.add_root(folder)
    link = tmp_path / "link"
    link.symlink_to(folder, target_is_directory=True)
    assert catalog.add_root(link).root_id == first.root_id


def test_a_known_folder_is_found_again_while_it_is_unplugged(
    catalog: Catalog, folder: Path, tmp_path: Path
) -> None:
    first = catalog.add_root(folder)
    folder.rename(tmp_path / "away")
    assert catalog.add_root(folder).root_id == first.root_id


def test_a_folder_inside_a_root_is_refused_by_name(catalog: Catalog, folder: Path) -> None:
    catalog.add_root(folder)
    with pytest.raises(FolderError, match=f"already in the library, as a part of {folder}"):
        catalog.add_root(folder / "2020" / "summer")


def test_a_folder_around_a_root_is_refused_with_a_way_out(catalog: Catalog, folder: Path) -> None:
    catalog.add_root(folder / "2020")
    with pytest.raises(FolderError, match=f"Remove {folder / '2020'} first"):
        catalog.add_root(folder)


def test_a_link_into_a_root_is_refused(catalog: Catalog, folder: Path, tmp_path: Path) -> None:
    catalog.add_root(folder)
    (tmp_path / "link").symlink_to(folder / "2020", target_is_directory=True)
    with pytest.raises(FolderError, match="part of"):
        catalog.add_root(tmp_path / "link")


def test_a_neighbour_with_a_longer_name_is_allowed(catalog: Catalog, folder: Path) -> None:
    catalog.add_root(folder)
    neighbour = folder.with_name("pictures-2")
    neighbour.mkdir()
    catalog.add_root(neighbour)
    assert len(catalog.roots()) == 2


def test_what_is_no_folder_is_refused(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    with pytest.raises(FolderError, match="not a folder"):
        catalog.add_root(tmp_path / "a.jpg")
    with pytest.raises(FolderError, match="does not exist"):
        catalog.add_root(tmp_path / "nowhere")


def test_roots_count_their_photos_and_failures(catalog: Catalog, folder: Path) -> None:
    root = catalog.add_root(folder)
    add_photo(catalog, root, "a.jpg")
    add_photo(catalog, root, "b.jpg")
    catalog.store_failure(root.root_id, "c.jpg", b"c.jpg", stamp(), "the file is empty")
    (found,) = catalog.roots()
    assert (found.photos, found.failed) == (2, 1)


def test_removing_a_root_forgets_its_photos_and_no_others(
    catalog: Catalog, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    root, other = catalog.add_root(folder), catalog.add_root(tmp_path / "other")
    gone = add_photo(catalog, root, "a.jpg")
    stays = add_photo(catalog, other, "a.jpg")
    assert catalog.remove_root(root.root_id) == [gone]
    assert catalog.newest(Filters()).tolist() == [stays]
    assert catalog.vector_ids(KEY).tolist() == [stays]
    assert list(matches(catalog, "a")) == [stays]
    assert catalog.check() == []


def test_an_offline_root_keeps_its_photos_and_marks_them(catalog: Catalog, folder: Path) -> None:
    root = catalog.add_root(folder)
    photo_id = add_photo(catalog, root, "a.jpg")
    catalog.set_root_state(root.root_id, RootState.OFFLINE, "the drive is not connected")
    (found,) = catalog.roots()
    assert (found.state, found.state_reason) == (RootState.OFFLINE, "the drive is not connected")
    assert catalog.newest(Filters()).tolist() == [photo_id]
    photo = catalog.photo(photo_id)
    assert photo is not None
    assert photo.offline
    catalog.set_root_state(root.root_id, RootState.ONLINE)
    assert not catalog.photos([photo_id])[0].offline


def test_excluded_patterns_are_kept(catalog: Catalog, folder: Path) -> None:
    root = catalog.add_root(folder)
    catalog.set_excluded(root.root_id, ["*/thumbs/*", "Ablage – alt/*"])
    assert catalog.roots()[0].excluded == ("*/thumbs/*", "Ablage – alt/*")


def test_the_volume_is_remembered(catalog: Catalog, folder: Path) -> None:
    catalog.add_root(folder, "ABCD-1234")
    with contextlib.closing(
        sqlite3.connect(folder.parent / "library" / "catalog.sqlite3")
    ) as database:
        assert database.execute("SELECT volume_id FROM roots").fetchall() == [("ABCD-1234",)]
    assert volume_of(folder) == volume_of(folder / "2020")


def test_root_ids_are_never_used_again(catalog: Catalog, folder: Path) -> None:
    first = catalog.add_root(folder)
    catalog.remove_root(first.root_id)
    assert catalog.add_root(folder).root_id > first.root_id


def test_counts_of_roots_follow_every_change_also_one_that_is_taken_back(
    catalog: Catalog, tmp_path: Path
) -> None:
    folder = tmp_path / "counted"
    folder.mkdir()
    root = catalog.add_root(folder)
    add_photo(catalog, root, "a.jpg")
    with pytest.raises(RuntimeError), catalog.transaction():
        add_photo(catalog, root, "b.jpg")
        assert [each.photos for each in catalog.roots()] == [2]
        raise RuntimeError
    assert [each.photos for each in catalog.roots()] == [1]
    with Catalog.open_readonly(tmp_path / "library" / "catalog.sqlite3") as reader:
        assert [each.photos for each in reader.roots()] == [1]
        add_photo(catalog, root, "c.jpg")
        assert [each.photos for each in reader.roots()] == [2]
