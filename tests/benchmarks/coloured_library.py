"""A library whose pictures can be told from their names, without any picture files.

Each thumbnail is one plain colour and each file is named after it, so that whatever the window
shows can be checked against the name it shows it under. The average colour, which stands in until
a thumbnail has come, is the same grey for all. The folder is not there, as with an unplugged drive.
"""

import io
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from photofind.core.catalog import Catalog
from photofind.core.paths import LibraryPaths
from photofind.core.thumbnails import ThumbnailStore
from photofind.core.types import Analysis, FileStamp, Hashes, Metadata

PLACEHOLDER = 0x808080
TOLERANCE = 3  # levels that a JPEG may be off
_STEP = 5  # levels between two colours
_LEVELS = 256 // _STEP
_BATCH = 5000
_SIZE = (32, 24)  # pixels of a thumbnail
_QUALITY = 95
_PER_FOLDER = 500
MOST = _LEVELS**3


def fill(paths: LibraryPaths, folder: Path, count: int) -> None:
    """Write `count` photos through the program's own code; `folder` is there for a moment only."""
    assert count <= MOST
    paths.home.mkdir(parents=True, exist_ok=True)
    catalog = Catalog.open(paths.catalog)
    thumbnails = ThumbnailStore.open(paths.thumbnails)
    folder.mkdir()
    root = catalog.add_root(folder)
    folder.rmdir()
    now = time.time_ns()
    for start in range(0, count, _BATCH):
        numbers = range(start, min(count, start + _BATCH))
        analyses = [(number, _analysis(number)) for number in numbers]
        with catalog.transaction():
            for number, analysis in analyses:
                relpath = f"{number // _PER_FOLDER:04}/{name_of(color_of(number))}"
                stamp = FileStamp(1000 + number, now - number * 10**9, number + 1)
                catalog.store(root.root_id, relpath, relpath.encode(), stamp, analysis, None)
        thumbnails.put_many([(a.hashes.content, a.thumbnail) for _, a in analyses])
    thumbnails.close()
    catalog.close()


def color_of(number: int) -> int:
    """0xRRGGBB; neighbours in number look very different."""
    number = number * 48_611 % MOST  # a prime that does not divide it
    red, rest = divmod(number, _LEVELS * _LEVELS)
    green, blue = divmod(rest, _LEVELS)
    return red * _STEP << 16 | green * _STEP << 8 | blue * _STEP


def name_of(color: int) -> str:
    return f"{color:06x}.jpg"


def color_in(name: str) -> int:
    return int(name.removesuffix(".jpg"), 16)


def is_near(one: int, other: int) -> bool:
    """Whether two colours are the same but for what JPEG does to them."""
    return all(abs(a - b) <= TOLERANCE for a, b in zip(_parts(one), _parts(other), strict=True))


def _parts(color: int) -> Iterator[int]:
    return iter((color >> 16 & 255, color >> 8 & 255, color & 255))


def _analysis(number: int) -> Analysis:
    color = color_of(number)
    buffer = io.BytesIO()
    Image.new("RGB", _SIZE, tuple(_parts(color))).save(
        buffer, "JPEG", quality=_QUALITY, subsampling=0
    )
    return Analysis(
        Metadata(width=4000, height=3000, format="JPEG"),
        Hashes(number.to_bytes(16, "big"), None),
        buffer.getvalue(),
        PLACEHOLDER,
        None,
    )
