"""Ready-made values for the tests of catalog, thumbnails and trash."""

import hashlib
from datetime import datetime
from pathlib import Path

import numpy as np

from photofind.core.catalog import Catalog
from photofind.core.types import (
    Analysis,
    FileStamp,
    Filters,
    Hashes,
    Metadata,
    PhotoId,
    Root,
    Vector,
)

KEY = "builtin-1234"
DIMENSION = 8


def unit(seed: int, dimension: int = DIMENSION) -> Vector:
    """A unit vector that float16 can hold well."""
    values = np.random.default_rng(seed).standard_normal(dimension).astype(np.float32)
    return values / np.linalg.norm(values)


def content(seed: int) -> bytes:
    return hashlib.md5(str(seed).encode(), usedforsecurity=False).digest()


def analysis(
    seed: int = 0,
    *,
    taken_at: datetime | None = None,
    camera: str = "",
    lens: str = "",
    size: tuple[int, int] = (400, 300),
    phash: int | None = None,
    vector: bool = True,
    color: int = 0x102030,
) -> Analysis:
    return Analysis(
        Metadata(*size, "JPEG", taken_at, camera, lens, 48.25, 11.5),
        Hashes(content(seed), phash),
        b"jpeg",
        color,
        unit(seed) if vector else None,
    )


def stamp(size: int = 100, mtime_s: float = 1e9, inode: int = 7) -> FileStamp:
    return FileStamp(size, int(mtime_s * 1e9), inode)


def add_photo(
    catalog: Catalog,
    root: Root,
    relpath: str,
    found: Analysis | None = None,
    at: FileStamp | None = None,
    key: str | None = KEY,
) -> PhotoId:
    """Store a photo that needs no file."""
    return catalog.store(
        root.root_id, relpath, relpath.encode(), at or stamp(), found or analysis(), key
    )


def add_file(catalog: Catalog, root: Root, relpath: str, seed: int = 0) -> PhotoId:
    """Write a file of 100 + seed bytes and store it under its real stamp."""
    path = Path(root.path, relpath)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes([seed % 256]) * (100 + seed))
    status = path.stat()
    real = FileStamp(status.st_size, status.st_mtime_ns, status.st_ino)
    return add_photo(catalog, root, relpath, analysis(seed), real)


def matches(
    catalog: Catalog, words: str, filters: Filters | None = None
) -> dict[PhotoId, tuple[str, ...]]:
    """Photos that match words literally, and where."""
    ids, whys = catalog.match_text(words, filters or Filters())
    return dict(zip(ids.tolist(), whys.each(), strict=True))
