"""The catalog as a whole: opening, readers, damage, crashes, decisions that survive its loss."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from photofind.core.catalog import Catalog
from photofind.core.catalog_decisions import JOURNAL_NAME
from photofind.core.database import Database
from photofind.core.errors import CatalogCorruptError, LibraryError
from photofind.core.types import Filters, Root
from tests.core.storage import KEY, add_photo, analysis, content


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library" / "catalog.sqlite3"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"


def filled(path: Path, folder: Path, count: int = 50) -> Root:
    with Catalog.open(path) as catalog, catalog.transaction():
        root = catalog.add_root(folder)
        for number in range(count):
            add_photo(catalog, root, f"{number}.jpg", analysis(number))
    return root


def test_a_catalog_is_there_after_it_was_closed(path: Path, folder: Path) -> None:
    filled(path, folder)
    with Catalog.open(path) as catalog:
        assert len(catalog.newest(Filters())) == 50
        assert catalog.check() == []
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_reader_of_a_library_that_is_not_there_is_told_what_to_run(path: Path) -> None:
    with pytest.raises(LibraryError, match=r"no library.*photofind index FOLDER"):
        Catalog.open_readonly(path)
    assert not path.exists()


def test_a_reader_of_a_catalog_without_tables_is_told_what_to_run(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with pytest.raises(LibraryError, match="photofind index FOLDER"):
        Catalog.open_readonly(path)


def test_an_empty_file_is_a_new_catalog(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with Catalog.open(path) as catalog:
        assert catalog.roots() == []


def test_readers_see_what_the_writer_commits(path: Path, folder: Path) -> None:
    with Catalog.open(path) as writer, Catalog.open_readonly(path) as reader:
        root = writer.add_root(folder)
        with writer.transaction():
            photo_id = add_photo(writer, root, "a.jpg")
            assert reader.photo(photo_id) is None
        assert reader.photo(photo_id) is not None
        assert reader.vector_ids(KEY).tolist() == [photo_id]
        with pytest.raises(LibraryError, match="read-only"):
            reader.remove([photo_id])


def test_a_reader_that_stops_half_way_sees_later_commits(path: Path, folder: Path) -> None:
    root = filled(path, folder)
    with Catalog.open(path) as writer, Catalog.open_readonly(path) as reader:
        batches = reader.iter_vectors(KEY, batch=10)
        next(batches)
        add_photo(writer, root, "new.jpg", analysis(99))
        assert len(reader.newest(Filters())) == 51
        assert sum(len(ids) for ids, _, _ in batches) == 41


def test_a_catalog_belongs_to_its_thread(path: Path) -> None:
    raised: list[type] = []

    def use() -> None:
        try:
            catalog.roots()
        except Exception as error:  # noqa: BLE001
            raised.append(type(error))

    with Catalog.open(path) as catalog:
        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
    assert [kind.__name__ for kind in raised] == ["ProgrammingError"]


_INDEXING = """
import sys, time
from pathlib import Path
from photofind.core.catalog import Catalog
from tests.core.storage import add_photo, analysis
catalog = Catalog.open(Path(sys.argv[1]))
root = catalog.add_root(Path(sys.argv[2]))
number = 0
while True:
    with catalog.transaction():
        for _ in range(16):
            add_photo(catalog, root, f"{number}.jpg", analysis(number))
            number += 1
        if number == 160:
            print("in the middle", flush=True)
            time.sleep(60)
    print(number, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a POSIX matter")
def test_indexing_that_is_killed_keeps_every_committed_photo(path: Path, folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _INDEXING, str(path), str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    committed = [line.strip() for line in iter(process.stdout.readline, "in the middle\n")]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert committed[-1] == "144"
    with Catalog.open_readonly(path) as reader:
        assert len(reader.newest(Filters())) == 144
    with Catalog.open(path) as catalog:
        assert len(catalog.newest(Filters())) == len(catalog.vector_ids(KEY)) == 144
        assert catalog.check() == []


def test_a_damaged_catalog_is_reported_to_both_and_never_replaced(path: Path, folder: Path) -> None:
    filled(path, folder, 300)
    damaged = bytearray(path.read_bytes())
    for start in range(4096, len(damaged), 2 * 4096):
        damaged[start : start + 64] = bytes(byte ^ 0x5A for byte in damaged[start : start + 64])
    path.write_bytes(damaged)
    with pytest.raises(CatalogCorruptError, match=r"catalog\.sqlite3.*aside and index"):
        Catalog.open(path)
    with pytest.raises(CatalogCorruptError), Catalog.open_readonly(path) as reader:
        reader.photos(list(range(1, 301)))
    assert path.read_bytes() == damaged


def test_the_check_names_photos_that_cannot_be_found_by_name(path: Path, folder: Path) -> None:
    filled(path, folder, 3)
    database = Database.open(path)
    database.execute("DELETE FROM photo_text WHERE rowid = 2")
    database.close()
    with Catalog.open_readonly(path) as reader:
        assert reader.check() == ["1 photos cannot be found by name"]


def test_a_reader_of_an_older_catalog_is_told_how_to_update_it(path: Path, folder: Path) -> None:
    filled(path, folder)
    database = Database.open(path)
    database.execute("PRAGMA user_version=-1")
    database.close()
    with pytest.raises(LibraryError, match="older photofind"):
        Catalog.open_readonly(path)


def test_not_duplicates_are_kept_by_content_in_any_order(path: Path) -> None:
    one, two, three = content(1), content(2), content(3)
    with Catalog.open(path) as catalog:
        catalog.add_not_duplicates([(one, two), (two, one), (three, three)])
        catalog.add_not_duplicates([(two, one)])
        catalog.add_not_duplicates([])
        assert catalog.not_duplicates() == {(min(one, two), max(one, two))}


def test_a_catalog_that_was_emptied_is_refused_and_left_alone(path: Path) -> None:
    Catalog.open(path).close()
    path.write_bytes(b"")
    Catalog.open(path).close()  # a first start that was cut off looks like this
    path.write_bytes(b"")
    path.with_name("thumbnails.sqlite3").touch()
    for opening in (Catalog.open, Catalog.open_readonly):
        with pytest.raises(CatalogCorruptError, match="the file is empty"):
            opening(path)
    assert path.read_bytes() == b""


def test_saved_searches_are_replaced_listed_and_deleted(path: Path) -> None:
    with Catalog.open(path) as catalog:
        catalog.save_search("beach", '{"v": 1}')
        catalog.save_search("Alps", "{}")
        catalog.save_search("beach", '{"v": 2}')
        assert catalog.saved_searches() == [("Alps", "{}"), ("beach", '{"v": 2}')]
        catalog.delete_saved_search("Alps")
        assert catalog.saved_searches() == [("beach", '{"v": 2}')]


def test_decisions_outlive_the_catalog(path: Path) -> None:
    pair = (min(content(1), content(2)), max(content(1), content(2)))
    with Catalog.open(path) as catalog:
        catalog.add_not_duplicates([pair])
        catalog.save_search("kept", "{}")
        catalog.save_search("dropped", "{}")
        catalog.delete_saved_search("dropped")
    path.unlink()
    with Catalog.open(path) as catalog:
        assert catalog.not_duplicates() == {pair}
        assert catalog.saved_searches() == [("kept", "{}")]


def test_damaged_lines_of_former_decisions_are_left_out(path: Path) -> None:
    pair = (min(content(1), content(2)), max(content(1), content(2)))
    with Catalog.open(path) as catalog:
        catalog.save_search("before", "{}")
    path.unlink()
    journal = path.with_name(JOURNAL_NAME)
    with journal.open("ab") as file:
        file.write(b'{"not_duplicates": ["zz", "00"]}\n[1]\n\xff\xfe\n{"saved_search": "cut of')
    with Catalog.open(path) as catalog:
        assert catalog.saved_searches() == [("before", "{}")]
        catalog.add_not_duplicates([pair])
    path.unlink()
    with Catalog.open(path) as catalog:
        assert catalog.not_duplicates() == {pair}


def test_what_is_settled_needs_no_check_after_an_end_without_warning(tmp_path: Path) -> None:
    path = tmp_path / "library" / "catalog.sqlite3"
    with Catalog.open(path) as catalog:
        folder = tmp_path / "pictures"
        folder.mkdir()
        catalog.add_root(folder)
        catalog.settle()
        assert path.with_name(path.name + "-wal").stat().st_size == 0
        with Catalog.open_readonly(path) as reader:
            assert [root.path for root in reader.roots()] == [folder]
