"""How well and how quickly an installed model finds photos: one table for any encoder.

It measures the sets it finds in the folder, of each the split that no model learned from, through
the program's own decoder and encoder. Keys of the flat document (SET is the set's name with `_`
for `-`, such as tiny_imagenet; what a model or a folder does not have is left out):

    model, encoder_key, device          what was measured
    SET_split, SET_pictures             which pictures, how many
    SET_zero_shot_top1_percent          labelled sets: pictures nearest to "a photo of a LABEL."
    SET_precision_at_10                 labelled sets: share of the label among the ten nearest
                                        other pictures, 0 to 1, where labels have enough pictures
    SET_recall_at_K_percent             captioned sets, K = 1, 5, 10: captions whose own picture
                                        is among the first K of the set
    copies_KIND_percent                 damaged copies of caltech101's pictures that find their
                                        original first of all; KIND: jpeg_quality_20, half_size,
                                        crop_20, brighter_30, darker_30, mirrored
    copies_percent                      the mean of those but mirrored
    pictures_per_second                 decoded pictures to vectors, median of the repeats; by as
                                        many threads as the engine would hand them out to
    pictures_per_second_prepared        the same, scaled and cropped before
    milliseconds_per_phrase             one phrase to its vector, median
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from photofind.core.paths import LibraryPaths
from photofind.core.types import InstalledEncoder, Vectors
from photofind.encoders.base import Encoder
from photofind.encoders.registry import ModelRegistry
from tests.benchmarks.damage import DAMAGES
from tests.benchmarks.encoding import decode, encode_phrases, encode_set, load
from tests.benchmarks.measures import (
    found_first_percent,
    precision_at,
    recall_percents,
    zero_shot_percent,
)
from tests.benchmarks.photo_sets import ZippedSet, find_sets

_NEAREST = 10
_RECALL_AT = (1, 5, 10)
_FEWEST_ALIKE = 5  # pictures per label, on average, for a precision to mean anything
_DAMAGED = "caltech101"
_TIMED_PICTURES = 256
_TIMED_BATCH = 32
_TIMED_PHRASES = 60


def measure(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    registry = ModelRegistry(LibraryPaths.default().models)
    sets = find_sets(options.photos, options.split)
    if not sets:
        sys.exit(f"{options.photos} has no NAME-SPLIT.zip with its .tsv; say --photos DIR")
    return measure_model(registry.get(options.model), sets, options.repeats)


def measure_model(
    installed: InstalledEncoder, sets: list[ZippedSet], repeats: int
) -> dict[str, object]:
    """The whole table for one model."""
    encoder = load(installed)
    figures: dict[str, object] = {
        "model": installed.spec.encoder_id,
        "encoder_key": installed.key,
        "device": encoder.device,
    }
    for pictures in sets:
        figures |= _measure_set(encoder, pictures)
    return figures | _speed(encoder, sets, repeats)


def _measure_set(encoder: Encoder, pictures: ZippedSet) -> dict[str, object]:
    key = pictures.name.replace("-", "_")
    vectors = encode_set(encoder, pictures)
    figures: dict[str, object] = {
        f"{key}_split": pictures.split,
        f"{key}_pictures": len(pictures.files),
    }
    if pictures.has_captions:
        if encoder.spec.has_text:
            owners = [row for row, texts in enumerate(pictures.texts) for _ in texts]
            captions = encode_phrases(encoder, (text for texts in pictures.texts for text in texts))
            found = recall_percents(captions, vectors, owners, _RECALL_AT)
            names = [f"{key}_recall_at_{count}_percent" for count in _RECALL_AT]
            figures |= dict(zip(names, found, strict=True))
        return figures
    if encoder.spec.has_text:
        figures[f"{key}_zero_shot_top1_percent"] = _zero_shot(encoder, pictures, vectors)
    if len(pictures.files) >= _FEWEST_ALIKE * len(set(pictures.labels)):
        figures[f"{key}_precision_at_10"] = precision_at(_NEAREST, vectors, pictures.labels)
    if pictures.name == _DAMAGED:
        figures |= _copies(encoder, pictures, vectors)
    return figures


def _zero_shot(encoder: Encoder, pictures: ZippedSet, vectors: Vectors) -> float:
    labels = sorted(set(pictures.labels))
    phrases = [f"a photo of a {label.split(', ')[0]}." for label in labels]
    truth = [labels.index(label) for label in pictures.labels]
    return zero_shot_percent(vectors, encode_phrases(encoder, phrases), truth)


def _copies(encoder: Encoder, pictures: ZippedSet, originals: Vectors) -> dict[str, object]:
    found = {
        kind: found_first_percent(encode_set(encoder, pictures, damage), originals)
        for kind, damage in DAMAGES.items()
    }
    upright = [percent for kind, percent in found.items() if kind != "mirrored"]
    return {
        **{f"copies_{kind}_percent": percent for kind, percent in found.items()},
        "copies_percent": round(statistics.mean(upright), 2),
    }


def _speed(encoder: Encoder, sets: list[ZippedSet], repeats: int) -> dict[str, object]:
    images = [
        decode(data, encoder)
        for pictures in sets
        for data in islice(pictures.pictures(), _TIMED_PICTURES // len(sets) + 1)
    ][:_TIMED_PICTURES]
    prepared = [encoder.prepare(image) for image in images]
    batches = range(0, len(images), _TIMED_BATCH)

    def apart(at: int) -> None:
        encoder.encode_apart([encoder.prepare(image) for image in images[at : at + _TIMED_BATCH]])

    def whole() -> None:
        if encoder.parallel > 1:
            list(pool.map(apart, batches))
            return
        for at in batches:
            encoder.encode_images(images[at : at + _TIMED_BATCH])

    def alone() -> None:
        for at in batches:
            encoder.encode_pixels(prepared[at : at + _TIMED_BATCH])

    with ThreadPoolExecutor(encoder.parallel) as pool:
        figures: dict[str, object] = {
            "pictures_per_second": round(len(images) / _median_seconds(whole, repeats), 1),
            "pictures_per_second_prepared": round(len(images) / _median_seconds(alone, repeats), 1),
        }
    if encoder.spec.has_text:
        figures["milliseconds_per_phrase"] = round(1000 * _phrase_seconds(encoder), 2)
    return figures


def _median_seconds(work: Callable[[], None], repeats: int) -> float:
    work()
    seconds: list[float] = []
    for _ in range(max(1, repeats)):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def _phrase_seconds(encoder: Encoder) -> float:
    """Each phrase once and by itself, as a person asks; all of about the same length."""
    seconds: list[float] = []
    for number in range(_TIMED_PHRASES):
        start = time.perf_counter()
        encoder.encode_texts([f"a dog with {number} balls running on the grass"])
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)
