"""A search over a small library with vectors that imitate CLIP."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from photofind.core.catalog import Catalog
from photofind.core.errors import QueryError
from photofind.core.query import parse_query
from photofind.core.search import Search
from photofind.core.types import Filters, PhotoTerm, PictureTerm, Query, TextTerm
from photofind.core.vectors import VectorIndex
from tests.core.libraries import SUBJECTS, Library, Shot, ToyEncoder, picture_vector


@pytest.fixture
def library(tmp_path):
    """20 photos of each subject, all with names that say nothing."""
    library = Library(tmp_path)
    seed = 0
    for subject in SUBJECTS:
        for number in range(20):
            seed += 1
            path = f"{subject[0]}{number // 10}/IMG_{2000 + seed}.jpg"
            library.add(Shot(path, picture_vector([subject], seed), mtime_ns=10**18 + seed * 10**9))
    yield library
    library.catalog.close()


def search(library, has_text=True):
    return Search(library.catalog, library.index(), ToyEncoder(has_text))


def run(library, text="", **changes):
    return search(library).run(replace(parse_query(text), **changes))


def subjects(result):
    """Which subject each hit shows, by its id."""
    return [SUBJECTS[(int(i) - 1) // 20] if i <= 120 else "?" for i in result.ids]


def names(library, result):
    return [library.name(i) for i in result.ids]


def test_no_terms_give_the_whole_library_newest_first(library):
    result = run(library)
    assert result.ids.tolist() == list(range(120, 0, -1))
    assert np.isnan(result.scores).all()
    assert result.whys == ()
    assert result.strong == 120
    assert len(search(library).hits(result)) == 120


def test_words_find_photos_and_the_cut_falls_after_them(library):
    result = run(library, "dog")
    assert result.strong == 20
    assert set(subjects(result)[:20]) == {"dog"}
    assert result.whys[0] == ("content",)
    assert list(result.scores) == sorted(result.scores, reverse=True)
    assert result.encoder_id == "toy"
    assert result.aspects[0] == pytest.approx(4 / 3)
    assert len(result.colors) == len(result.whys) == len(result.ids)


def test_words_for_what_is_not_there_have_no_strong_match(library):
    result = run(library, "submarine")
    assert result.strong == 0
    assert len(result.ids) < 60


@pytest.fixture
def foretelling(monkeypatch):
    """How many matches there are is foretold even in a library as small as this one."""
    monkeypatch.setattr("photofind.core.near_photos._FEW", 0)
    monkeypatch.setattr("photofind.core.near_photos._SHORT", 0)
    monkeypatch.setattr("photofind.core.near_photos._BESIDE", 4)


@pytest.mark.parametrize("text", ["dog", "dog -beach", "after:1990 dog", "dog beach", "-dog"])
def test_strong_matches_are_not_limited_to_those_foretold(library, foretelling, monkeypatch, text):
    told = run(library, text)
    monkeypatch.setattr("photofind.core.near_photos._AMPLE", 0.0)
    found = run(library, text)
    assert found.strong >= 20
    assert found.ids[: found.strong].tolist() == told.ids[: told.strong].tolist()


def test_where_few_can_match_they_are_looked_for_at_once(library, foretelling, monkeypatch):
    monkeypatch.setattr("photofind.core.near_photos._BESIDE", 30)
    asked = []
    nearest = VectorIndex.search

    def noting(index, vector, count, allowed=None):
        asked.append(count)
        return nearest(index, vector, count, allowed)

    monkeypatch.setattr(VectorIndex, "search", noting)
    run(library, "submarine")
    assert asked == [30]
    asked.clear()
    run(library, "dog")
    assert len(asked) == 2
    assert asked[0] < 20 < asked[1]


def test_words_find_photos_while_there_is_no_sample_yet(library, foretelling, monkeypatch):
    monkeypatch.setattr(VectorIndex, "_drawn", lambda index, count: np.empty((0, index.dimension)))
    assert run(library, "dog").strong == 20


def test_limit_is_honoured(library):
    result = run(library, "dog", limit=7)
    assert len(result.ids) == len(result.scores) == len(result.whys) == result.strong == 7
    assert len(run(library, limit=5).ids) == 5


def test_picture_finds_its_like(library):
    result = run(library, terms=(PictureTerm(b"car"),))
    assert set(subjects(result)[: result.strong]) == {"car"}
    assert result.strong == 20


def test_photo_of_the_library_leads_its_own_list(library):
    result = run(library, terms=(PhotoTerm(45),))
    assert (int(result.ids[0]), float(result.scores[0])) == (45, 1.0)
    assert set(subjects(result)[: result.strong]) == {"car"}


def test_words_and_picture_together_find_what_has_both(library):
    both, only = library.add(
        Shot("x.jpg", picture_vector(["beach", "dog"], 500)),
        Shot("y.jpg", picture_vector(["beach", "car"], 501)),
    )
    result = run(library, terms=(TextTerm("dog"), PictureTerm(b"beach")))
    assert result.ids[0] == both
    assert only not in result.ids[:5]


def test_unwanted_words_send_their_photos_to_the_back(library):
    pure, mixed = library.add(
        Shot("x.jpg", picture_vector(["dog"], 500)),
        Shot("y.jpg", picture_vector(["dog", "car"], 501)),
    )
    result = run(library, "dog -car")
    strong = result.ids[: result.strong].tolist()
    assert pure in strong
    assert mixed not in strong


def test_only_unwanted_words_leave_the_rest_newest_first(library):
    result = run(library, "-dog")
    assert result.ids.tolist() == list(range(120, 20, -1))


def test_file_name_is_found_first(library):
    result = run(library, "IMG_2034")
    assert names(library, result)[0] == "IMG_2034.jpg"
    assert "name" in result.whys[0]
    assert result.strong == 1


def test_exact_name_comes_before_longer_ones(library):
    exact, longer, _ = library.add(Shot("a/DSC_12.jpg"), Shot("b/DSC_123.jpg"), Shot("DSC_12b.jpg"))
    for text in ("DSC_12", "dsc_12.JPG"):
        result = run(library, text)
        assert result.ids[0] == exact
    assert longer in run(library, "DSC_12").ids[:3]


def test_named_files_stand_among_the_photos_that_show_it(library):
    shows, does_not = library.add(
        Shot("dog.jpg", picture_vector(["dog"], 500)),
        Shot("my dog 2.jpg", picture_vector(["car"], 501)),
    )
    result = run(library, "dog")
    order = result.ids.tolist()
    assert order.index(shows) < 3
    assert result.whys[order.index(shows)] == ("content", "name")
    assert 0 < order.index(does_not) < result.strong
    assert subjects(result)[:10].count("dog") >= 8
    assert result.whys[order.index(does_not)][-1] == "name"


def test_folder_of_that_name_does_not_bury_the_content(library):
    library.add(*(Shot(f"dog/{i}.jpg", picture_vector(["city"], 600 + i)) for i in range(50)))
    result = run(library, "dog")
    assert subjects(result)[:15].count("dog") >= 14
    assert result.strong == 70
    assert result.whys[69] == ("folder",) or "folder" in result.whys[69]


def test_photo_without_vector_is_found_by_name(library):
    (plain,) = library.add(Shot("umbrella.jpg"))
    result = run(library, "umbrella")
    assert plain in result.ids
    assert result.whys[result.ids.tolist().index(plain)] == ("name",)
    assert result.notice == "1 photo is not yet searchable with this model."


def test_model_without_words_searches_names_and_says_so(library):
    (named,) = library.add(Shot("dog.jpg", picture_vector(["dog"], 1)))
    result = search(library, has_text=False).run(parse_query("dog"))
    assert result.ids.tolist() == [named]
    assert result.scores.tolist() == [1.0]
    assert "knows pictures only" in result.notice


def test_model_without_words_still_finds_pictures(library):
    query = Query((TextTerm("dog"), PictureTerm(b"car")))
    result = search(library, has_text=False).run(query)
    assert subjects(result)[0] == "car"
    assert "knows pictures only" in result.notice


@pytest.mark.parametrize("exact", [0, 20_000])
def test_filters_and_meaning_go_together(library, monkeypatch, exact):
    monkeypatch.setattr("photofind.core.search._EXACT", exact)
    filters = Filters(root_id=library.root.root_id, folder="d0")
    result = run(library, "dog", filters=filters)
    assert set(result.ids.tolist()) == set(range(1, 11))
    filters = Filters(after=datetime.fromtimestamp(10**9 + 110))
    assert set(run(library, filters=filters).ids.tolist()) == set(range(110, 121))


def test_filter_that_leaves_only_junk_gives_no_strong_match(library):
    filters = Filters(root_id=library.root.root_id, folder="n1")
    assert run(library, "dog", filters=filters).strong == 0


def test_restrictions_are_met_by_every_hit(library):
    nikon = library.add(
        Shot("trip/a.jpg", picture_vector(["dog"], 1), camera="NIKON D90"),
        Shot("trip/b.jpg", picture_vector(["car"], 2), camera="NIKON D90"),
    )
    assert set(run(library, "camera:nikon").ids.tolist()) == set(nikon)
    assert run(library, "camera:nikon").whys[0] == ("camera",)
    assert run(library, "dog folder:trip").ids.tolist()[0] == nikon[0]
    assert not set(run(library, "dog -folder:trip").ids.tolist()) & set(nikon)
    assert run(library, "camera:leica").ids.tolist() == []


def test_photos_that_have_left_the_catalog_are_not_shown(library):
    finder = search(library)
    library.catalog.remove([1, 2, 3])
    result = finder.run(parse_query("dog"))
    assert not {1, 2, 3} & set(result.ids.tolist())
    assert result.strong == 17


def test_search_needs_no_right_to_write(library):
    with Catalog.open_readonly(library.path) as catalog:
        result = Search(catalog, library.index(), ToyEncoder()).run(parse_query("dog"))
    assert result.strong == 20


def test_photo_that_is_gone_is_explained(library):
    with pytest.raises(QueryError, match="no longer in the library"):
        run(library, terms=(PhotoTerm(999),))


def test_photo_not_yet_encoded_is_encoded_now(library):
    (fresh,) = library.add(Shot("car.jpg"))
    assert subjects(run(library, terms=(PhotoTerm(fresh),)))[0] == "car"


def test_broken_picture_is_explained(library):
    with pytest.raises(QueryError, match=r"The dropped picture cannot .*the file is cut off"):
        run(library, terms=(PictureTerm(b"broken", label="dropped picture"),))


def test_empty_library_answers(tmp_path):
    library = Library(tmp_path)
    for query in (parse_query(""), parse_query("dog"), Query((PictureTerm(b"car"),))):
        result = search(library).run(query)
        assert len(result.ids) == result.strong == 0
    library.catalog.close()


def test_library_of_one_photo_shows_it_as_a_weak_match(tmp_path):
    """Whatever the rounding of its one cosine, which is its own background."""
    shown = []
    for seed in range(20):
        (tmp_path / str(seed)).mkdir()
        library = Library(tmp_path / str(seed))
        library.add(Shot("a.jpg", picture_vector(["car"], seed)))
        result = run(library, "dog")
        shown.append((len(result.ids), result.strong))
        library.catalog.close()
    assert shown == [(1, 0)] * 20


def test_empty_library_answers_with_a_model_whose_dimension_is_unknown(tmp_path):
    library = Library(tmp_path)
    vectors = VectorIndex(tmp_path / "other", "unloaded-0", 0)
    finder = Search(library.catalog, vectors, ToyEncoder(True))
    filtered = replace(parse_query("dog"), filters=Filters(after=datetime(2020, 1, 1)))
    for query in (parse_query("dog"), parse_query("dog -car"), parse_query("-dog"), filtered):
        assert len(finder.run(query).ids) == 0
    library.catalog.close()
