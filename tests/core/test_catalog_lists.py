"""Order, filters, layout, literal search and fingerprints."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from photofind.core.catalog import Catalog
from photofind.core.catalog_lists import CatalogLists
from photofind.core.catalog_text import IndexedWords, asked_words, words_of
from photofind.core.database import Database
from photofind.core.errors import LibraryError
from photofind.core.types import Filters, Root
from tests.core.storage import add_photo, analysis, content, matches, stamp


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library" / "catalog.sqlite3"


@pytest.fixture
def catalog(path: Path) -> Iterator[Catalog]:
    with Catalog.open(path) as opened:
        yield opened


@pytest.fixture
def root(catalog: Catalog, tmp_path: Path) -> Root:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return catalog.add_root(folder)


def dated(year: int, month: int = 1, day: int = 1) -> datetime:
    return datetime(year, month, day)


def test_photos_come_newest_first_by_taken_at_then_by_change(catalog: Catalog, root: Root) -> None:
    changed = datetime(2010, 6, 1).timestamp()
    old = add_photo(catalog, root, "old.jpg", analysis(taken_at=dated(2001)))
    middle = add_photo(catalog, root, "middle.jpg", at=stamp(mtime_s=changed))
    new = add_photo(catalog, root, "new.jpg", analysis(taken_at=dated(2020)))
    same = add_photo(catalog, root, "same.jpg", analysis(taken_at=dated(2020)))
    assert catalog.newest(Filters()).tolist() == [same, new, middle, old]
    assert catalog.newest(Filters(), limit=2).tolist() == [same, new]
    assert catalog.newest(Filters()).dtype == np.int64


def test_the_order_is_that_of_the_dates_photos_show(catalog: Catalog, root: Root) -> None:
    rng = np.random.default_rng(1)
    for number in range(60):
        taken_at = dated(2000) + timedelta(days=float(rng.uniform(0, 8000)))
        add_photo(
            catalog,
            root,
            f"{number}.jpg",
            analysis(number, taken_at=taken_at if number % 2 else None),
            stamp(mtime_s=float(rng.uniform(9e8, 1.6e9))),
        )
    photos = catalog.photos(catalog.newest(Filters()).tolist())
    moments = [photo.when for photo in photos]
    assert moments == sorted(moments, reverse=True)


def test_dates_filter_from_after_up_to_before(catalog: Catalog, root: Root) -> None:
    ids = [
        add_photo(catalog, root, f"{year}.jpg", analysis(taken_at=dated(year)))
        for year in range(2000, 2006)
    ]
    between = Filters(after=dated(2001), before=dated(2004))
    assert catalog.newest(between).tolist() == ids[3:0:-1]
    assert catalog.newest(Filters(before=dated(1999))).tolist() == []
    with_zone = Filters(after=dated(2005).astimezone(UTC))
    assert catalog.newest(with_zone).tolist() == [ids[5]]


def test_folders_filter_whole_names(catalog: Catalog, root: Root, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = catalog.add_root(tmp_path / "other")
    names = ("a/1.jpg", "a/b/2.jpg", "a b/3.jpg", "a.jpg", "A/4.jpg")
    ids = {name: add_photo(catalog, root, name) for name in names}
    elsewhere = add_photo(catalog, other, "a/5.jpg")
    in_a = {ids["a/1.jpg"], ids["a/b/2.jpg"]}
    assert set(catalog.newest(Filters(root_id=root.root_id, folder="a")).tolist()) == in_a
    assert set(catalog.newest(Filters(folder="a/")).tolist()) == in_a | {elsewhere}
    assert catalog.newest(Filters(root_id=other.root_id)).tolist() == [elsewhere]
    nested = Filters(root_id=root.root_id, folder="a/b", after=dated(1990))
    assert catalog.newest(nested).tolist() == [ids["a/b/2.jpg"]]


def test_filter_ids_are_none_where_every_photo_is_allowed(catalog: Catalog, root: Root) -> None:
    ids = [
        add_photo(catalog, root, f"{n}.jpg", analysis(taken_at=dated(2020 - n))) for n in range(3)
    ]
    assert catalog.filter_ids(Filters()) is None
    allowed = catalog.filter_ids(Filters(after=dated(2019)))
    assert allowed is not None
    assert allowed.tolist() == ids[:2]


def test_filter_ids_follow_what_changes_meanwhile(catalog: Catalog, path: Path, root: Root) -> None:
    filters = Filters(after=dated(2000))
    with Catalog.open_readonly(path) as reader:
        for number in range(3):
            photo_id = add_photo(catalog, root, f"{number}.jpg", analysis(taken_at=dated(2020)))
            for each in (catalog, reader):
                ids = each.filter_ids(filters)
                assert ids is not None
                assert ids[-1] == photo_id
                assert len(ids) == number + 1
                assert each.filter_ids(Filters(before=dated(2000))) is not None
    catalog.remove([photo_id])
    left = catalog.filter_ids(filters)
    assert left is not None
    assert photo_id not in left.tolist()


def test_the_order_of_a_million_photos_needs_no_sorting(catalog: Catalog, path: Path) -> None:
    reader = Database.open_readonly(path)
    for extra in ("", " AND +p.root_id = 1", " AND p.sort_time >= 5 AND p.sort_time < 9"):
        plan = reader.rows(
            f"EXPLAIN QUERY PLAN SELECT p.photo_id FROM photos p WHERE p.status = 1{extra}"
            " ORDER BY p.sort_time DESC, p.photo_id DESC LIMIT -1"
        )
        assert [step[3] for step in plan if "COVERING INDEX photos_newest" in step[3]]
        assert not [step[3] for step in plan if "TEMP B-TREE" in step[3]]
    reader.close()


@pytest.mark.parametrize("share", [0, 6])
def test_layout_has_one_entry_per_id_in_order(
    catalog: Catalog, root: Root, share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("photofind.core.catalog_lists._SHARE", share)
    wide = add_photo(catalog, root, "w.jpg", analysis(size=(400, 200), color=0xFF0000))
    tall = add_photo(catalog, root, "t.jpg", analysis(size=(200, 400), color=0x0000FF))
    catalog.store_failure(root.root_id, "f.jpg", b"f.jpg", stamp(), "empty")
    aspects, colors = catalog.layout([tall, 999, wide, tall])
    assert aspects.tolist() == [0.5, 1.0, 2.0, 0.5]
    assert colors.tolist() == [0x0000FF, 0x808080, 0xFF0000, 0x0000FF]
    assert (aspects.dtype, colors.dtype) == (np.float32, np.uint32)
    assert len(catalog.layout(np.empty(0, np.int64))[0]) == 0


def test_words_are_found_by_the_start_in_names_folders_and_cameras(
    catalog: Catalog, root: Root
) -> None:
    photo_id = add_photo(
        catalog,
        root,
        "Italien 2019/Strand/IMG_BeachDay0042.jpg",
        analysis(camera="Canon EOS 5D", lens="EF 50mm"),
    )
    assert matches(catalog, "beach") == {photo_id: ("name",)}
    assert matches(catalog, "day") == {photo_id: ("name",)}
    assert matches(catalog, "IMG_Bea") == {photo_id: ("name",)}
    assert matches(catalog, "img_beachday0042.jpg") == {photo_id: ("name",)}
    assert matches(catalog, "42") == {photo_id: ("name",)}
    assert matches(catalog, "ital") == {photo_id: ("folder",)}
    assert matches(catalog, root.path.name) == {photo_id: ("folder",)}
    assert matches(catalog, "canon 5d") == {photo_id: ("camera",)}
    assert matches(catalog, "50mm strand 0042") == {photo_id: ("name", "folder", "camera")}
    assert matches(catalog, "each") == {}
    assert matches(catalog, "beach nikon") == {}


def test_case_and_accents_do_not_count(catalog: Catalog, root: Root) -> None:
    photo_id = add_photo(catalog, root, "Crème-Brûlée.jpg")
    for words in ("creme", "BRULEE", "crème brûlée", "Cre\u0300me"):
        assert matches(catalog, words) == {photo_id: ("name",)}, words


def test_writing_without_spaces_is_found_in_the_middle(catalog: Catalog, root: Root) -> None:
    photo_id = add_photo(catalog, root, "海辺の写真.jpg")
    assert matches(catalog, "写真") == {photo_id: ("name",)}
    assert matches(catalog, "海辺") == {photo_id: ("name",)}


def test_literal_search_meets_the_filters_and_the_limit(catalog: Catalog, root: Root) -> None:
    ids = [
        add_photo(catalog, root, f"y{year}/cat.jpg", analysis(taken_at=dated(year)))
        for year in range(2000, 2005)
    ]
    assert set(matches(catalog, "cat", Filters(after=dated(2003)))) == set(ids[3:])
    assert set(matches(catalog, "cat", Filters(root_id=root.root_id, folder="y2001"))) == {ids[1]}
    assert catalog.match_text("cat", Filters(), 2)[0].tolist() == ids[:2:-1]


def test_nothing_a_user_types_is_syntax(catalog: Catalog, root: Root) -> None:
    add_photo(catalog, root, "a and b.jpg")
    typed = [
        '"', '""', "'", "a\"b",
        "*", "^a", "a*", "-a", "NOT", "a AND", "OR b", "NEAR(a b)", "name:a",
        "{a b}", "(", ")", "a + b", "\\", "\0", "a\0b", "\udcff", "%_", "🏖", "—", "½",
        "ⅷ", "٣", "ᾳ",
        "\u0301", "a" * 5000, "a " * 300, ";DROP TABLE photos", "", "   ", "\u200b", "\ufffe",
    ]  # fmt: skip
    rng = np.random.default_rng(7)
    typed += ["".join(map(chr, rng.integers(1, 0x3000, 12))) for _ in range(200)]
    for words in typed:
        catalog.match_text(words, Filters())
    assert len(matches(catalog, "AND")) == 1
    assert len(catalog.newest(Filters())) == 1


def test_words_hidden_in_a_name_are_listed_once() -> None:
    assert set(words_of(["HTMLFile007_x007"]).split()) == {
        "HTMLFile007_x007", "HTMLFile", "HTML", "File", "x", "007", "7",
    }  # fmt: skip
    assert words_of(["x007_x007"]).split().count("007") == 1
    assert words_of(["plain name.jpg"]) == "plain name.jpg"


@pytest.fixture
def indexed(catalog: Catalog, root: Root, path: Path) -> Iterator[IndexedWords]:
    """The words of a few photos, as a reader of their catalog sees them."""
    for name in ("beach.jpg", "beaches.jpg", "beachball2024.jpg", "norway.jpg", "d\u00fcnen.jpg"):
        add_photo(catalog, root, name)
    database = Database.open_readonly(path)
    yield IndexedWords(database)
    database.close()


def test_a_beginning_is_told_from_the_words_that_are_indexed(indexed: IndexedWords) -> None:
    assert indexed.beginning_with("Beach") == ["beach", "beachball", "beachball2024", "beaches"]
    assert indexed.beginning_with("beaches") == ["beaches"]
    assert indexed.beginning_with("sunset") == ["sunset"]


def test_short_words_and_other_letters_are_left_to_the_full_text(indexed: IndexedWords) -> None:
    for word in ("bea", "d\u00fcnen", "beach-ball", ""):
        assert indexed.beginning_with(word) is None, word


def test_a_beginning_of_very_many_words_is_left_to_the_full_text(
    catalog: Catalog, root: Root, indexed: IndexedWords
) -> None:
    ids = [add_photo(catalog, root, f"beach{letter}.jpg") for letter in "klmnopqrstuvwx"]
    assert indexed.beginning_with("beach") is None
    assert set(ids) < set(matches(catalog, "beach"))


def test_an_expression_without_letters_or_digits_asks_nothing(indexed: IndexedWords) -> None:
    assert asked_words(" -- ?! ", indexed) == []
    assert asked_words('say "hi" norway', indexed) == ['"say" *', '" hi " *', '("norway")']


def test_words_that_come_later_are_found_too(catalog: Catalog, root: Root) -> None:
    first = add_photo(catalog, root, "beach.jpg")
    assert set(matches(catalog, "beach")) == {first}
    second = add_photo(catalog, root, "Beachcombers.jpg")
    assert set(matches(catalog, "beach")) == {first, second}
    assert set(matches(catalog, "beachc")) == {second}


def test_words_are_found_after_a_transaction_that_was_taken_back(
    catalog: Catalog, root: Root
) -> None:
    photo_id = add_photo(catalog, root, "beach.jpg")
    with pytest.raises(ZeroDivisionError), catalog.transaction():
        assert set(matches(catalog, "beach")) == {photo_id}
        raise ZeroDivisionError
    assert set(matches(catalog, "beach")) == {photo_id}


def test_a_reader_that_has_looked_for_words_still_cannot_write(
    catalog: Catalog, root: Root, path: Path
) -> None:
    photo_id = add_photo(catalog, root, "beach.jpg")
    database = Database.open_readonly(path)
    assert CatalogLists(database).match_text("beach", Filters())[0].tolist() == [photo_id]
    with pytest.raises(LibraryError, match="read-only"):
        database.execute("DELETE FROM photos")
    database.close()


def test_hashes_are_arrays_over_all_photos(catalog: Catalog, root: Root) -> None:
    top = 0xFFFF_0000_0000_0001
    one = add_photo(catalog, root, "1.jpg", analysis(1, phash=top), stamp(11, inode=2**64 - 1))
    two = add_photo(catalog, root, "2.jpg", analysis(2, phash=None), stamp(22, inode=5))
    catalog.store_failure(root.root_id, "f.jpg", b"f.jpg", stamp(), "empty")
    table = catalog.hashes()
    assert table.ids.tolist() == [one, two]
    assert table.phash.tolist() == [top, 0]
    assert table.phash.dtype == np.uint64
    assert table.has_phash.tolist() == [True, False]
    assert table.inodes.tolist() == [2**64 - 1, 5]
    assert table.sizes.tolist() == [11, 22]
    assert table.root_ids.tolist() == [root.root_id] * 2
    assert [row.tobytes() for row in table.content] == [content(1), content(2)]


def test_hashes_of_an_empty_library_are_empty_arrays(catalog: Catalog) -> None:
    table = catalog.hashes()
    assert table.content.shape == (0, 16)
    assert table.phash.shape == (0,)


def test_words_of_a_field_must_all_be_in_that_field(catalog: Catalog, root: Root) -> None:
    both = add_photo(catalog, root, "summer 2020/a.jpg")
    add_photo(catalog, root, "summer/2020.jpg")
    named = add_photo(catalog, root, "b/summer 2020.jpg")
    assert catalog.match_field("summer 2020", "folder").tolist() == [both]
    assert catalog.match_field("summer 2020", "name").tolist() == [named]
    assert catalog.match_field("2020 OR", "folder").tolist() == []
    assert catalog.match_field("?!", "folder").tolist() == []


def test_where_words_were_found_is_told_for_each_photo(catalog: Catalog, root: Root) -> None:
    one = add_photo(catalog, root, "dogs/beach.jpg")
    other = add_photo(catalog, root, "beach/dog at the beach.jpg")
    assert matches(catalog, "dog beach") == {one: ("name", "folder"), other: ("name", "folder")}
    assert matches(catalog, "dog") == {one: ("folder",), other: ("name",)}


def test_tiles_say_which_photos_are_there(catalog: Catalog, root: Root) -> None:
    one = add_photo(catalog, root, "one.jpg")
    gone = add_photo(catalog, root, "gone.jpg")
    other = add_photo(catalog, root, "other.jpg")
    catalog.remove([gone])
    ids = np.array([other, gone, 99, one])
    assert catalog.tiles(ids).known.tolist() == [True, False, False, True]
    assert catalog.still_known(ids).tolist() == [other, one]


def test_photo_count_follows_changes_of_any_connection(
    catalog: Catalog, root: Root, path: Path
) -> None:
    with Catalog.open_readonly(path) as reader:
        assert reader.photo_count() == catalog.photo_count() == 0
        add_photo(catalog, root, "one.jpg")
        assert reader.photo_count() == catalog.photo_count() == 1
        catalog.remove([1])
        assert reader.photo_count() == catalog.photo_count() == 0
