"""The thumbnail cache: what goes in comes out, and damage costs nothing but time."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from photofind.core.database import Database
from photofind.core.errors import CatalogCorruptError, LibraryError
from photofind.core.thumbnails import ThumbnailStore
from tests.core.storage import content


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library" / "thumbnails.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[ThumbnailStore]:
    opened = ThumbnailStore.open(path)
    yield opened
    opened.close()


def pictures(count: int) -> list[tuple[bytes, bytes]]:
    return [(content(number), bytes([number % 256]) * 9000) for number in range(count)]


def between(*known: bytes) -> Callable[[bytes, bytes], set[bytes]]:
    return lambda first, last: {each for each in known if first <= each <= last}


def damage(path: Path) -> None:
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


def test_thumbnails_come_back(store: ThumbnailStore) -> None:
    store.put_many(pictures(1200))
    assert store.get(content(7)) == bytes([7]) * 9000
    assert store.get(content(99999)) is None
    wanted = [content(number) for number in range(1100, 1300)]
    assert store.get_many(wanted) == dict(pictures(1200)[1100:])
    assert store.get_many([]) == {}


def test_a_thumbnail_that_is_stored_again_is_replaced(store: ThumbnailStore) -> None:
    store.put_many([(content(1), b"old"), (content(1), b"new")])
    assert store.get(content(1)) == b"new"


def test_they_are_there_after_closing(path: Path) -> None:
    store = ThumbnailStore.open(path)
    store.put_many(pictures(3))
    store.close()
    again = ThumbnailStore.open(path)
    assert again.get_many([content(2)]) == {content(2): bytes([2]) * 9000}
    again.close()


def test_a_reader_may_come_before_the_file(path: Path) -> None:
    reader = ThumbnailStore.open_readonly(path)
    assert reader.get(content(1)) is None
    store = ThumbnailStore.open(path)
    store.put_many(pictures(2))
    assert reader.get(content(1)) == bytes([1]) * 9000
    reader.close()
    store.close()


def test_unused_thumbnails_go_and_their_room_is_given_back(
    store: ThumbnailStore, path: Path
) -> None:
    store.put_many(pictures(1000))
    assert store.remove_unused(between(content(5), content(6))) == 998
    assert store.get(content(5)) is not None
    assert store.get(content(7)) is None
    assert store.remove_unused(between(content(5), content(6))) == 0
    store.close()
    assert path.stat().st_size < 500_000


def test_unused_ones_among_very_many_are_found(store: ThumbnailStore) -> None:
    store.put_many([(content(number), b"jpeg") for number in range(10_000)])
    kept = {content(number) for number in range(0, 10_000, 3)}
    asked: list[int] = []

    def known(first: bytes, last: bytes) -> set[bytes]:
        found = {each for each in kept if first <= each <= last}
        asked.append(len(found))
        return found

    assert store.remove_unused(known) == 10_000 - len(kept)
    assert set(store.get_many(list(kept))) == kept
    assert sum(asked) == len(kept)
    assert max(asked) < len(kept)


def test_damage_of_the_catalog_costs_no_thumbnails(store: ThumbnailStore) -> None:
    def known(first: bytes, last: bytes) -> set[bytes]:
        raise CatalogCorruptError("the catalog")

    store.put_many(pictures(50))
    with pytest.raises(CatalogCorruptError, match="the catalog"):
        store.remove_unused(known)
    assert len(store.get_many([content(number) for number in range(50)])) == 50


@pytest.mark.parametrize("rubbish", [b"not a database at all" * 400, b"", b"SQLite format 3\0"])
def test_a_damaged_file_is_made_anew_at_the_start(path: Path, rubbish: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(rubbish)
    store = ThumbnailStore.open(path)
    assert store.get(content(1)) is None
    store.put_many(pictures(2))
    assert store.get(content(1)) == bytes([1]) * 9000
    store.close()


def test_flipped_bytes_are_noticed_at_the_start(path: Path) -> None:
    store = ThumbnailStore.open(path)
    store.put_many(pictures(50))
    store.close()
    damage(path)
    store = ThumbnailStore.open(path)
    store.put_many(pictures(1))
    assert store.get_many([content(0), content(1)]) == dict(pictures(1))
    store.close()


def test_damage_while_it_is_open_is_repaired_by_the_writer(path: Path) -> None:
    store = ThumbnailStore.open(path)
    store.put_many(pictures(2000))
    store.close()
    store = ThumbnailStore.open(path)
    damage(path)
    assert store.get_many([content(number) for number in range(2000)]) == {}
    store.put_many(pictures(3))
    assert store.get(content(2)) == bytes([2]) * 9000
    store.close()


def test_a_reader_survives_damage_and_follows_to_the_new_file(path: Path) -> None:
    store = ThumbnailStore.open(path)
    store.put_many(pictures(200))
    store.close()
    reader = ThumbnailStore.open_readonly(path)
    assert reader.get(content(1)) is not None
    damage(path)
    store = ThumbnailStore.open(path)
    store.put_many([(content(1), b"fresh")])
    assert reader.get(content(1)) == b"fresh"
    reader.close()
    store.close()


def test_a_reader_of_a_damaged_file_has_no_thumbnails_and_leaves_it(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"rubbish" * 1000)
    reader = ThumbnailStore.open_readonly(path)
    assert reader.get(content(1)) is None
    assert path.read_bytes() == b"rubbish" * 1000


def test_a_file_of_another_layout_is_made_anew(path: Path) -> None:
    path.parent.mkdir()
    database = Database.open(path)
    database.execute("CREATE TABLE thumbnails(something)")
    database.execute("PRAGMA user_version=77")
    database.close()
    store = ThumbnailStore.open(path)
    store.put_many(pictures(1))
    assert store.get(content(0)) == bytes(9000)
    store.close()


def test_a_place_that_cannot_be_used_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LibraryError, match="cannot be made"):
        ThumbnailStore.open(tmp_path / "file" / "thumbnails.sqlite3")
