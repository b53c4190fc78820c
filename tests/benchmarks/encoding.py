"""Pictures of a set as vectors, by what the engine itself runs: its decoder and its encoder.

Without the engine's process, thumbnails and hashes, so that whole sets take a minute.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from photofind.core.types import InstalledEncoder, Vectors
from photofind.encoders.base import Encoder
from photofind.encoders.loading import load_encoder
from photofind.engine.decoder import Decoder
from tests.benchmarks.photo_sets import ZippedSet

_BATCH = 64
_DECODERS = 2

T = TypeVar("T")
Change = Callable[[Image.Image, int], Image.Image]
"""Makes another picture of a picture and its number."""


def load(installed: InstalledEncoder, threads: int = 0) -> Encoder:
    return load_encoder(
        installed, threads=threads, on_notice=lambda text: print(text, file=sys.stderr)
    )


def decode(source: bytes | Path, encoder: Encoder) -> Image.Image:
    return Decoder().open_for_model(source, encoder.image_size).image


def encode_set(encoder: Encoder, pictures: ZippedSet, change: Change | None = None) -> Vectors:
    """Unit vectors (n, d) of a set's pictures, or of what `change` makes of them."""

    def prepared(number_and_data: tuple[int, bytes]) -> np.ndarray:
        number, data = number_and_data
        image = decode(data, encoder)
        return encoder.prepare(image if change is None else change(image, number))

    rows: list[Vectors] = []
    with ThreadPoolExecutor(_DECODERS) as pool:
        for batch in _batches(enumerate(pictures.pictures())):
            rows.append(encoder.encode_pixels(list(pool.map(prepared, batch))))
            print(f"\r{pictures.name}: {len(rows) * _BATCH:,} pictures", end="", file=sys.stderr)
    print(f"\r{pictures.name}: {len(pictures.files):,} pictures   ", file=sys.stderr)
    return np.concatenate(rows)


def encode_phrases(encoder: Encoder, phrases: Iterable[str]) -> Vectors:
    """Unit vectors (n, d)."""
    return np.concatenate([encoder.encode_texts(batch) for batch in _batches(phrases)])


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch
