"""Small libraries with made-up vectors, for tests of search and duplicates.

The vectors imitate CLIP: pictures share one direction and words another (the modality gap), and
subjects are further directions, so words meet pictures at cosines of 0.2 to 0.35, pictures each
other at 0.5 to 0.95.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from photofind.core.catalog import Catalog
from photofind.core.errors import ImageError
from photofind.core.types import (
    Analysis,
    EncoderSpec,
    FileStamp,
    Hashes,
    InstalledEncoder,
    Metadata,
)
from photofind.core.vectors import VectorIndex

KEY = "toy-0123"
DIMENSION = 64
SUBJECTS = ("dog", "beach", "car", "flower", "city", "night")
SPEC = EncoderSpec(
    "toy", "Toy", "", "MIT", 0, DIMENSION, "English", "fast", text_floor=0.15, image_floor=0.55
)


def unit(row):
    return (row / np.linalg.norm(row)).astype(np.float32)


def _axis(position):
    return np.eye(DIMENSION, dtype=np.float32)[position]


def _mix(subjects):
    return sum((_axis(2 + SUBJECTS.index(s)) for s in subjects), np.zeros(DIMENSION, np.float32))


def picture_vector(subjects: Sequence[str], seed: int):
    """A picture of some subjects, a little different for each seed."""
    noise = np.random.default_rng(seed).standard_normal(DIMENSION)
    noise[: 2 + len(SUBJECTS)] = 0
    return unit(_axis(0) + 0.75 * _mix(subjects) + 0.5 * unit(noise))


def text_vector(text: str):
    """A phrase; words that are no subject say nothing in particular."""
    known = [word for word in text.lower().split() if word in SUBJECTS]
    noise = np.random.default_rng(len(text)).standard_normal(DIMENSION)
    noise[: 2 + len(SUBJECTS)] = 0
    return unit(_axis(1) * 1.5 + 0.75 * _mix(known) + 0.3 * unit(noise))


class ToyEncoder:
    """Answers at once; a picture is bytes that name its subjects, such as b"dog beach"."""

    def __init__(self, has_text: bool = True) -> None:
        spec = replace(SPEC, has_text=has_text)
        self.encoder = InstalledEncoder(spec, Path(), KEY)

    def encode_texts(self, texts):
        future = Future()
        future.set_result(np.stack([text_vector(text) for text in texts]))
        return future

    def encode_picture(self, source):
        future = Future()
        if source == b"broken":
            future.set_exception(ImageError("the file is cut off"))
        elif isinstance(source, Path):
            future.set_result(picture_vector([source.stem.rstrip("0123456789")], 9999))
        else:
            future.set_result(picture_vector(source.decode().split(), 9999))
        return future


@dataclass
class Shot:
    """One photo to put into a library."""

    relpath: str
    vector: np.ndarray | None = None
    content: bytes = b""  # empty: unlike any other
    phash: int | None = None
    width: int = 400
    height: int = 300
    format: str = "JPEG"
    camera: str = ""
    taken_at: datetime | None = None
    size: int = 1000
    mtime_ns: int = 10**18
    inode: int = 0


class Library:
    """A real catalog below a temporary folder, and its index."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "library" / "catalog.sqlite3"
        self.path.parent.mkdir()
        self.catalog = Catalog.open(self.path)
        self.index_folder = folder / "index"
        self.root_folder = folder / "photos"
        self.root_folder.mkdir(exist_ok=True)
        self.root = self.catalog.add_root(self.root_folder)
        self._count = 0

    def add(self, *shots: Shot) -> list[int]:
        with self.catalog.transaction():
            return [self._store(shot) for shot in shots]

    def index(self) -> VectorIndex:
        index = VectorIndex(self.index_folder, KEY, DIMENSION)
        assert index.load(self.catalog) == []
        return index

    def name(self, photo_id) -> str:
        photo = self.catalog.photo(int(photo_id))
        assert photo is not None
        return photo.name

    def _store(self, shot: Shot) -> int:
        self._count += 1
        content = shot.content or self._count.to_bytes(16, "big")
        analysis = Analysis(
            Metadata(shot.width, shot.height, shot.format, shot.taken_at, shot.camera),
            Hashes(content.ljust(16, b"\0"), shot.phash),
            b"",
            0x102030,
            shot.vector,
        )
        stamp = FileStamp(shot.size, shot.mtime_ns, shot.inode)
        return self.catalog.store(
            self.root.root_id, shot.relpath, shot.relpath.encode(), stamp, analysis, KEY
        )
