"""Searches against the plainest way to answer them: photo by photo, with dicts and sorting.

Cosines and limits are the program's own; what is compared is which photos match literally, where,
and how everything is brought into one order.
"""

import functools
import itertools
import re
from datetime import datetime, timedelta

import numpy as np
import pytest

from photofind.core.catalog_text import words_of
from photofind.core.literal import is_file_like
from photofind.core.query_vectors import encode_terms
from photofind.core.ranking import (
    MOST_WEAK,
    Cut,
    count_shown,
    find_cut,
    fuse,
    fuse_scales,
    measure,
)
from photofind.core.search import Search
from photofind.core.types import Filters, Query, TextTerm
from tests.core.libraries import SUBJECTS, Library, Shot, ToyEncoder, picture_vector

PHOTOS = 240
CAMERAS = ("NIKON D750", "Canon EOS 5D", "Dog Cam 7", "")
PLACES = ("norway", "Lisbon", "dog park", "beach 2020")
WORDS = (*SUBJECTS, "norway", "lis", "park", "20", "0", "IMG_00", "img", "1", "nikon", "d", "jpg")
FIRST = datetime(2019, 1, 1)
MIDDLE = FIRST + timedelta(days=PHOTOS // 2)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    library = Library(tmp_path_factory.mktemp("reference"))
    random = np.random.default_rng(5)
    for number in range(PHOTOS):
        subject = str(random.choice(SUBJECTS))
        names = [f"IMG_{number:04d}", subject, f"{subject}_{number}", f"{number}"]
        folder = str(random.choice(PLACES))
        library.add(
            Shot(
                f"{folder}/{number % 7}/{random.choice(names)}.jpg",
                picture_vector([subject], number) if number % 11 else None,
                camera=str(random.choice(CAMERAS)),
                taken_at=FIRST + timedelta(days=int(random.integers(PHOTOS))),
            )
        )
    library.catalog.remove([3, 50, 51, PHOTOS])
    yield library
    library.catalog.close()


def phrases():
    """Of one to three words; some are names of files or folders, some describe pictures."""
    random = np.random.default_rng(6)
    whole = [" ".join(random.choice(WORDS, random.integers(1, 4), False)) for _ in range(30)]
    return [*whole, "dog", "IMG_0017", "img_001", "17", "dog_1", "zzz", "dog.jpg", "2020"]


FILTERS = {
    "whole library": Filters(),
    "later half": Filters(after=MIDDLE),
    "folder": Filters(folder="norway"),
}


@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS)
@pytest.mark.parametrize("has_text", [True, False], ids=["by meaning", "by name alone"])
def test_searches_are_answered_as_photo_by_photo(library, filters, has_text):
    encoder, index = ToyEncoder(has_text), library.index()
    search = Search(library.catalog, index, encoder)
    typed = phrases()
    queries = [Query((TextTerm(phrase),), filters) for phrase in typed]
    queries += [
        Query((TextTerm(one), TextTerm(other)), filters) for one, other in itertools.pairwise(typed)
    ]
    matches = 0
    for query in queries:
        result = search.run(query)
        ids, scores, whys, strong = answer(library, index, encoder, query)
        assert result.ids.tolist() == ids, query
        assert result.scores == pytest.approx(scores, abs=1e-6), query
        assert result.whys == tuple(whys), query
        assert result.strong == strong, query
        matches += len(ids)
    assert matches > 5 * len(queries)


def answer(library, index, encoder, query):
    photos = {photo.photo_id: photo for photo in library.catalog.photos(range(1, PHOTOS + 1))}
    wanted = {i: photo for i, photo in photos.items() if is_wanted(photo, query.filters)}
    texts = [term.text for term in query.terms]
    literal = {}
    for photo_id, photo in sorted(wanted.items(), reverse=True):
        found = [where_found(photo, text) for text in texts]
        if None not in found:
            literal[photo_id] = tuple(dict.fromkeys(sum(found, ())))
    named = {}
    if len(texts) == 1 and is_file_like(texts[0]):
        named = {i: how_named(photos[i], texts[0], why) for i, why in literal.items()}
    terms = encode_terms(query.terms, library.catalog, index, encoder)
    if not terms:
        order = sorted(literal, key=lambda i: (-named.get(i, 0), "name" not in literal[i]))
        return order, [1.0] * len(order), [literal[i] for i in order], len(order)
    return merged(*by_meaning(index, terms, sorted(wanted)), literal, named)


def is_wanted(photo, filters):
    below = photo.relpath.startswith(f"{filters.folder}/") if filters.folder else True
    return below and (filters.after is None or photo.metadata.taken_at >= filters.after)


def where_found(photo, text):
    """The columns that hold a word of the text; None where a word is in none of them."""
    *folders, name = photo.relpath.split("/")
    root = photo.path.parents[len(folders)].name
    camera = photo.metadata.camera
    columns = {"name": [name], "folder": [root, *folders], "camera": [camera]}
    held = {
        word: [column for column, parts in columns.items() if holds(words(*parts), word)]
        for word in text.split()
    }
    if not all(held.values()):
        return None
    return tuple(column for column in columns if any(column in found for found in held.values()))


@functools.cache
def words(*parts):
    return words_of(parts)


def holds(text, word):
    """Whether the tokens of a word follow each other in the text, the last as a beginning."""
    tokens = tokens_of(text)
    *whole, last = tokens_of(word)
    return any(
        tokens[at : at + len(whole)] == whole and tokens[at + len(whole)].startswith(last)
        for at in range(len(tokens) - len(whole))
    )


@functools.cache
def tokens_of(text):
    return re.findall(r"[^\W_]+", text.lower())


def how_named(photo, text, why):
    if "name" not in why:
        return 0
    name, text = photo.name.lower(), text.lower()
    if text in (name, name.rpartition(".")[0]):
        return 3
    return 2 if name.startswith(text) else 1


def by_meaning(index, terms, ids):
    held, cosines = index.cosines(
        np.array(ids, np.int64), np.stack([term.vector for term in terms])
    )
    scales = [measure(index.background(term.vector, 2048), term.usual) for term in terms]
    weights = [term.weight for term in terms]
    scores = dict(zip(held.tolist(), fuse(cosines, scales, weights), strict=True))
    order = sorted(scores, key=lambda i: (-scores[i], i))
    whole = fuse_scales(scales, weights)
    sorted_scores = np.array([scores[i] for i in order], np.float32)
    cut = find_cut(sorted_scores, whole)
    _, shown = count_shown(sorted_scores, cut)
    return {i: scores[i] for i in order[:shown]}, cut, whole


def merged(scores, cut, scale, literal, named):
    if named:
        cut = Cut(1.0, 1.0, 1.0)
    values, whys = {}, {}
    for i in [*scores, *(i for i in literal if i not in scores)]:
        values[i] = np.float32(scores.get(i, -np.inf))
        if i in literal:
            bonus = (1.0 if "name" in literal[i] else 0.25) * scale.spread
            values[i] = np.maximum(values[i], np.float32(cut.strong)) + np.float32(bonus)
        whys[i] = (*(("content",) if i in scores else ()), *literal.get(i, ()))
    order = sorted(values, key=lambda i: -(min(values[i], np.float32(1)) + named.get(i, 0)))
    strong = sum(value >= cut.strong for value in values.values())
    order = order[: strong + MOST_WEAK]
    return order, [min(values[i], 1.0) for i in order], [whys[i] for i in order], strong
