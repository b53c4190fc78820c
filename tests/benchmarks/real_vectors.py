"""Vectors of real photos by a real model for a made-up library of any size.

Photos come in scenes, as in `synthetic`. Each scene has one real photo, and its photos differ from
that as the model's vectors differ: by a part of the way from one real photo to another.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from photofind.core.catalog import Catalog
from photofind.core.types import Filters, InstalledEncoder, Vectors
from tests.benchmarks.encoding import encode_set, load
from tests.benchmarks.photo_sets import ZippedSet, find_sets
from tests.benchmarks.synthetic import PER_SCENE, PLACES, mixed, unit

_APART = 0.5  # of a unit: photos of one scene then have cosines of about 0.8
_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class RealScenes:
    """rows: unit vectors of real photos, float32 (n, d)."""

    rows: Vectors

    def pictures(self, start: int, count: int) -> Vectors:
        """Vectors of the photos `start` to `start + count`; each depends on its number alone."""
        numbers = np.arange(start, start + count)
        one, other = self._drawn(3 * numbers + 1), self._drawn(3 * numbers + 2)
        return unit(self._drawn(3 * (numbers // PER_SCENE)) + _APART * unit(one - other))

    def _drawn(self, numbers: np.ndarray) -> Vectors:
        return self.rows[(mixed(numbers.astype(np.uint64)) % len(self.rows)).astype(np.int64)]


def add_real_vectors(
    catalog_path: Path, photos: int, installed: InstalledEncoder, folder: Path
) -> None:
    """Give the first `photos` photos of a library vectors of a model, from the sets in a folder.

    Ends the program with a message where there are none.
    """
    encoder = load(installed)
    scenes = RealScenes(np.concatenate([encode_set(encoder, each) for each in _sets(folder)]))
    with Catalog.open(catalog_path) as catalog:
        ids = np.sort(catalog.newest(Filters()))[:photos]
        for start in range(0, len(ids), _BATCH):
            part = ids[start : start + _BATCH]
            rows = scenes.pictures(start, len(part))
            catalog.store_vectors(installed.key, part.tolist(), rows)
            print(f"\r{start + len(part):,} vectors", end="", file=sys.stderr)
    print(file=sys.stderr)


def phrases(folder: Path, count: int) -> list[str]:
    """What people might type: labels and sentences, and every eighth a place in folders' names."""
    texts = [text for each in _sets(folder) for text in _texts(each)]
    chosen = [texts[number * len(texts) // count] for number in range(count)]
    return [text if n % 8 else PLACES[n % 9].lower() for n, text in enumerate(chosen)]


def _texts(pictures: ZippedSet) -> list[str]:
    """As many of each set."""
    different = sorted({texts[0] for texts in pictures.texts})
    return [different[number * len(different) // 100] for number in range(100)]


def _sets(folder: Path) -> list[ZippedSet]:
    return find_sets(folder) or sys.exit(f"{folder} has no NAME-SPLIT.zip; say --photos DIR")
