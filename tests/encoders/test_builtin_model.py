"""What the shipped model makes of real pictures. The limits leave room for other weights."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from photofind.core.ranking import Scale, in_library
from photofind.core.types import Vectors
from photofind.encoders.base import Encoder
from photofind.encoders.registry import ModelRegistry
from tests import samples
from tests.benchmarks.damage import DAMAGES, cropped
from tests.benchmarks.encoding import encode_set, load
from tests.benchmarks.measures import found_first_percent
from tests.benchmarks.photo_sets import ZippedSet, read_set

SUBJECTS = list(samples.SAMPLE_SOURCES)


@pytest.fixture(scope="module")
def encoder() -> Iterator[Encoder]:
    """With one thread: two wait for each other where the processor is busy with other tests."""
    before = torch.get_num_threads()
    yield load(ModelRegistry(Path("no models")).get("builtin"), threads=1)
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def sample_vectors(encoder: Encoder) -> Vectors:
    return encoder.encode_images([samples.sample_picture(subject) for subject in SUBJECTS])


@pytest.fixture(scope="module")
def flickr(shared_photos: Path) -> ZippedSet:
    return every(read_set(shared_photos, "flickr8k", "dev"), list(range(0, 800, 2)))


@pytest.fixture(scope="module")
def flickr_vectors(encoder: Encoder, flickr: ZippedSet) -> Vectors:
    return encode_set(encoder, flickr)


def ranked(encoder: Encoder, phrase: str, vectors: Vectors) -> list[int]:
    return np.argsort(-(vectors @ encoder.encode_texts([phrase])[0])).tolist()


def floor_among(encoder: Encoder, photos: int) -> float:
    """The cosine from which the search calls words a match in a library of so many photos."""
    spec = encoder.spec
    return in_library(Scale(spec.text_floor, spec.text_spread, spec.text_floor), photos).floor


def every(pictures: ZippedSet, rows: list[int]) -> ZippedSet:
    return replace(
        pictures,
        files=tuple(pictures.files[row] for row in rows),
        texts=tuple(pictures.texts[row] for row in rows),
    )


def side_by_side(images: list[Image.Image], side: int = 224) -> Image.Image:
    panorama = Image.new("RGB", (side * len(images), side))
    for place, image in enumerate(images):
        panorama.paste(image.resize((side, side)), (side * place, 0))
    return panorama


@pytest.mark.parametrize(
    ("phrase", "subject"),
    [("a cat", "cat"), ("a flower", "flower"), ("woman smiling", "astronaut")],
)
def test_words_find_their_sample_among_the_first(
    encoder: Encoder, sample_vectors: Vectors, phrase: str, subject: str
) -> None:
    assert SUBJECTS.index(subject) in ranked(encoder, phrase, sample_vectors)[:3]


@pytest.mark.parametrize("phrase", ["a cup of coffee", "sky", "a motorcycle"])
def test_what_a_sample_plainly_shows_is_a_match(
    encoder: Encoder, sample_vectors: Vectors, phrase: str
) -> None:
    best = (sample_vectors @ encoder.encode_texts([phrase])[0]).max()
    assert best >= floor_among(encoder, len(sample_vectors))


@pytest.mark.parametrize("phrase", ["qwrtzpl", "vrrk tilm", "annual general meeting"])
def test_letters_and_words_without_a_picture_match_nothing(
    encoder: Encoder, sample_vectors: Vectors, phrase: str
) -> None:
    best = (sample_vectors @ encoder.encode_texts([phrase])[0]).max()
    assert best < floor_among(encoder, len(sample_vectors))


@pytest.mark.parametrize("kind", DAMAGES)
def test_damaged_copy_of_a_sample_finds_its_original(
    encoder: Encoder, sample_vectors: Vectors, kind: str
) -> None:
    copies = encoder.encode_images(
        [
            DAMAGES[kind](samples.sample_picture(subject), number)
            for number, subject in enumerate(SUBJECTS)
        ]
    )
    assert found_first_percent(copies, sample_vectors) > 90


@pytest.mark.parametrize("subject", ["cat", "photographer", "rocket"])
def test_panorama_is_nearer_to_its_left_end_than_its_middle_alone(
    encoder: Encoder, sample_vectors: Vectors, subject: str
) -> None:
    parts = [samples.sample_picture(name) for name in (subject, "bricks", "page")]
    vector = encoder.encode_images([side_by_side(parts)])[0]
    left, middle = (sample_vectors[SUBJECTS.index(name)] for name in (subject, "bricks"))
    assert vector @ left > middle @ left + 0.15


def test_dog_on_grass_ranks_dogs_above_the_rest(
    encoder: Encoder, flickr: ZippedSet, flickr_vectors: Vectors
) -> None:
    order = ranked(encoder, "a dog running on grass", flickr_vectors)
    shows_dog = np.array(["dog" in " ".join(texts).lower() for texts in flickr.texts])[order]
    assert shows_dog[:15].sum() >= 10
    places = np.flatnonzero(shows_dog)
    ahead = 1 - (places - np.arange(len(places))).mean() / (~shows_dog).sum()
    assert ahead > 0.8, "how often a dog stands before a picture without one"


def test_pizza_finds_pizzas(encoder: Encoder, shared_photos: Path) -> None:
    dishes = read_set(shared_photos, "food101", "dev")
    rows = [row for row, label in enumerate(dishes.labels) if label == "pizza" or row % 10 == 0]
    few = every(dishes, rows)
    order = ranked(encoder, "pizza", encode_set(encoder, few))
    assert sum(few.labels[row] == "pizza" for row in order[:10]) >= 4
    assert few.labels[order[0]] == "pizza" or few.labels[order[1]] == "pizza"


def test_cropped_copies_find_their_originals(encoder: Encoder, shared_photos: Path) -> None:
    objects = every(read_set(shared_photos, "caltech101", "dev"), list(range(0, 1000, 5)))
    originals, copies = encode_set(encoder, objects), encode_set(encoder, objects, cropped)
    assert found_first_percent(copies, originals) > 85


def test_dog_at_the_left_end_of_a_panorama_is_found_by_words(
    encoder: Encoder, flickr: ZippedSet, flickr_vectors: Vectors
) -> None:
    dogs = [sum("dog" in text.lower() for text in texts) for texts in flickr.texts]
    without = [row for row, count in enumerate(dogs) if count == 0]
    with_dog = [row for row, count in enumerate(dogs) if count == 5][:12]
    contents = list(flickr.pictures())
    panoramas = [
        side_by_side(
            [
                Image.open(io.BytesIO(contents[row]))
                for row in (dog, without[2 * number], without[2 * number + 1])
            ]
        )
        for number, dog in enumerate(with_dog)
    ]
    library = np.concatenate([encoder.encode_images(panoramas), flickr_vectors[without[24:224]]])
    order = ranked(encoder, "a dog", library)
    assert sum(row < len(panoramas) for row in order[:24]) >= 6
