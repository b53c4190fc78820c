"""Libraries of any size without their photos: rows, words, vectors, hashes and thumbnails.

Everything is written through the program's own catalog and thumbnail store. The vectors imitate a
CLIP model: pictures share one direction, words another; photos come in scenes, scenes in subjects.
Of ten photos one is a copy of an earlier one, of twenty a near copy, and a hundredth has no hash.
The folder the photos are said to lie in is not there, as on a drive that is not connected.
"""

import io
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from photofind.core.catalog import Catalog
from photofind.core.disk import stamp_of
from photofind.core.paths import LibraryPaths
from photofind.core.thumbnails import ThumbnailStore
from photofind.core.types import (
    Analysis,
    FileStamp,
    Hashes,
    InstalledEncoder,
    Metadata,
    Vector,
    Vectors,
)
from photofind.encoders.registry import ModelRegistry

DIMENSION = 512
PER_FOLDER = 400
PER_SCENE = 120
_BATCH = 10_000
_PICTURES = 24  # different thumbnails, shared by all photos
_SUBJECTS = 60
PLACES = ("Norway", "Lisbon", "Garden", "Alps", "Office", "Kyoto", "Wedding", "Lake", "Home")
_CAMERAS = ("NIKON D750", "Canon EOS R6", "Pixel 8", "iPhone 14", "FUJIFILM X-T4", "")
_SHAPES = ((4000, 3000), (3000, 4000), (6000, 4000), (1920, 1080), (3024, 3024))


@dataclass(frozen=True, slots=True)
class Space:
    """Where pictures and words lie; unit rows in `dimension` entries."""

    dimension: int
    seed: int = 0

    def pictures(self, start: int, count: int) -> Vectors:
        """Vectors of the photos `start` to `start + count`; each depends on its number alone."""
        numbers = np.arange(start, start + count)
        source = numbers - np.where(_is_near(numbers), 1, 0)
        noise = np.stack([self._noise(int(number)) for number in source])
        scenes = np.stack([self._scene(int(s)) for s in np.unique(source // PER_SCENE)])
        at = np.searchsorted(np.unique(source // PER_SCENE), source // PER_SCENE)
        rows = self._axis(0) + scenes[at] + 0.6 * noise
        if count and (near := _is_near(numbers)).any():
            rows[near] += 0.1 * np.stack([self._noise(-int(n) - 1) for n in numbers[near]])
        return unit(rows)

    def words(self, number: int, scenes: int) -> Vector:
        """A phrase for one of the first `scenes` scenes, as far from pictures as CLIP's are."""
        random = np.random.default_rng((self.seed, 2, number))
        scene, other = (self._scene(int(random.integers(scenes))) for _ in range(2))
        scene = scene + random.uniform(0, 0.9) * other
        return unit(1.4 * self._axis(1) + scene + 0.35 * self._noise(-(10**9) - number))[0]

    def _scene(self, number: int) -> Vector:
        random = np.random.default_rng((self.seed, 3, number))
        subject = self._axis(2 + int(random.integers(_SUBJECTS)))
        return (0.45 * subject + 0.45 * unit(random.standard_normal(self.dimension))[0]).astype(
            np.float32
        )

    def _axis(self, number: int) -> Vector:
        random = np.random.default_rng((self.seed, 4, number))
        return unit(random.standard_normal(self.dimension, np.float32))[0]

    def _noise(self, number: int) -> Vector:
        """Of unit length; most of it in few directions, as with real photos."""
        random = np.random.default_rng((self.seed, 5, number & (2**63 - 1)))
        row = random.standard_normal(self.dimension, np.float32)
        row[self.dimension // 8 :] *= 0.4
        return unit(row)[0]


class SyntheticEncoder:
    """Answers for phrases of `Space.words`; what it is asked is a number written as text."""

    def __init__(self, encoder: InstalledEncoder, space: Space, scenes: int) -> None:
        self.encoder = encoder
        self._space = space
        self._scenes = scenes

    def encode_texts(self, texts: Sequence[str]) -> "Future[Vectors]":
        answer: Future[Vectors] = Future()
        numbers = [int("".join(filter(str.isdigit, text)) or 0) for text in texts]
        answer.set_result(np.stack([self._space.words(n, self._scenes) for n in numbers]))
        return answer

    def encode_picture(self, source: Path | bytes) -> "Future[Vector]":
        raise NotImplementedError


def install_encoder(paths: LibraryPaths, folder: Path) -> InstalledEncoder:
    """A very small model whose vectors are as long as those of ViT-B/32."""
    from tests.encoders.tiny import save_open_clip  # brings torch, which would count as memory

    source = save_open_clip(folder / "small-clip", embed_dim=DIMENSION)
    return ModelRegistry(paths.models).import_path(source)


def scene_count(photos: int) -> int:
    return max(1, photos // PER_SCENE)


def photo_day(number: int) -> datetime:
    """When a photo was taken."""
    return datetime(2008, 1, 1) + timedelta(minutes=8 * number)


def fill_with_files(
    paths: LibraryPaths, photos: int, encoder: InstalledEncoder, folder: Path
) -> None:
    """Make real, tiny files and a library that knows them all."""
    rows = Space(encoder.spec.dimension).pictures(0, PER_SCENE)
    (picture, *_) = _pictures()
    paths.home.mkdir(parents=True)
    folder.mkdir(parents=True)
    with Catalog.open(paths.catalog) as catalog:
        root_id = catalog.add_root(folder).root_id
        for start in range(0, photos, PER_FOLDER):
            below = folder / f"{start // PER_FOLDER:04d}"
            below.mkdir()
            ids: list[int] = []
            with catalog.transaction():
                for shot in _shots(start, min(PER_FOLDER, photos - start)):
                    file = below / Path(shot.relpath).name
                    file.write_bytes(picture + shot.analysis.hashes.content)
                    os.utime(file, (1e9, 1e9))
                    relpath = f"{below.name}/{file.name}"
                    stamp = stamp_of(file.stat())
                    ids.append(
                        catalog.store(
                            root_id, relpath, relpath.encode(), stamp, shot.analysis, None
                        )
                    )
                catalog.store_vectors(encoder.key, ids, rows[np.arange(len(ids)) % PER_SCENE])


def fill(paths: LibraryPaths, photos: int, encoder: InstalledEncoder, folder: Path) -> None:
    """Make a library of `photos` photos said to lie below `folder`, which is removed again."""
    space = Space(encoder.spec.dimension)
    roots = [folder / name for name in ("Pictures", "Phone")]
    for root in roots:
        root.mkdir(parents=True)
    paths.home.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with Catalog.open(paths.catalog) as catalog:
        root_ids = [catalog.add_root(root).root_id for root in roots]
        thumbnails = ThumbnailStore.open(paths.thumbnails)
        for start in range(0, photos, _BATCH):
            _fill_batch(catalog, thumbnails, encoder.key, space, root_ids, start, photos)
            rate = min(start + _BATCH, photos) / (time.monotonic() - started)
            print(f"\r{start:,} of {photos:,} photos, {rate:,.0f}/s", end="", file=sys.stderr)
        thumbnails.close()
    print(f"\r{photos:,} photos in {time.monotonic() - started:.0f} s      ", file=sys.stderr)
    for root in roots:
        root.rmdir()


def _fill_batch(
    catalog: Catalog,
    thumbnails: ThumbnailStore,
    key: str,
    space: Space,
    root_ids: Sequence[int],
    start: int,
    photos: int,
) -> None:
    count = min(_BATCH, photos - start)
    rows = space.pictures(start, count)
    pictures = _pictures()
    shown: list[tuple[bytes, bytes]] = []
    ids: list[int] = []
    with catalog.transaction():
        for number, shot in enumerate(_shots(start, count), start):
            root_id = root_ids[number % 100 == 50]
            raw = shot.relpath.encode()
            ids.append(catalog.store(root_id, shot.relpath, raw, shot.stamp, shot.analysis, None))
            shown.append((shot.analysis.hashes.content, pictures[number % _PICTURES]))
        catalog.store_vectors(key, ids, rows)
    thumbnails.put_many(shown)


@dataclass(frozen=True, slots=True)
class _Shot:
    relpath: str
    stamp: FileStamp
    analysis: Analysis


def _shots(start: int, count: int) -> Iterator[_Shot]:
    hashes = _hashes(start, count)
    for number, phash in enumerate(hashes.tolist(), start):
        day = photo_day(number)
        group = number // PER_FOLDER
        relpath = f"{day:%Y}/{day:%Y-%m} {PLACES[group % len(PLACES)]} {group}/IMG_{number:07d}.jpg"
        width, height = _SHAPES[number // 7 % len(_SHAPES)]
        metadata = Metadata(width, height, "JPEG", day, _CAMERAS[group % len(_CAMERAS)])
        original = number - 10 if number % 10 == 3 and number > 10 else number
        content = original.to_bytes(16, "big")
        has_hash = number % 100 != 77
        stamp = FileStamp(2_000_000 + original % 999_983, 10**18 + number * 10**9, number + 1)
        yield _Shot(
            relpath,
            stamp,
            Analysis(
                metadata,
                Hashes(content, phash if has_hash else None),
                b"",
                (number * 2_654_435_761) & 0xFFFFFF,
                None,
            ),
        )


def _hashes(start: int, count: int) -> npt.NDArray[np.uint64]:
    """64 bits per photo: scattered, but near copies differ in three from the photo before them."""
    numbers = np.arange(start, start + count)
    near = _is_near(numbers)
    values = mixed((numbers - near).astype(np.uint64))
    flips = np.zeros(count, np.uint64)
    for turn in range(3):
        flips |= np.uint64(1) << (mixed((numbers + 7_000_000 * (turn + 1)).astype(np.uint64)) >> 58)
    return np.where(near, values ^ flips, values)


def mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """SplitMix64 (Steele et al. 2014)."""
    z = numbers * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _is_near(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    return numbers % 20 == 19


def _pictures() -> list[bytes]:
    """Small JPEGs: thumbnails need not be large to take their way through the program."""
    made: list[bytes] = []
    for number in range(_PICTURES):
        random = np.random.default_rng(number)
        pixels = random.integers(0, 255, (3, 4, 3), np.uint8)
        image = Image.fromarray(pixels).resize((96, 72), Image.Resampling.BICUBIC)
        file = io.BytesIO()
        image.save(file, "JPEG", quality=70)
        made.append(file.getvalue())
    return made


def unit(rows: npt.NDArray[np.floating]) -> Vectors:
    """Rows of unit length; a row of zeros stays one."""
    rows = np.atleast_2d(rows)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.maximum(lengths, 1e-9)).astype(np.float32)
