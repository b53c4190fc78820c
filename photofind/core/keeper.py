"""Which of several copies is the one to keep, and why in plain words. Owns that order alone."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from photofind.core.types import Photo

_REENCODED = {"WEBP": 1, "AVIF": 1, "GIF": 2, "BMP": 2}
_COPY_NAME = re.compile(
    r"""\(\d+\) | \bcopy\b | \bcopie\b | \bkopie\b | \bcopia\b | \bkopia\b | [ _-]copy\d*$
        | [_-](?:edited|resized|small|thumb(?:nail)?)\b""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class _Criterion:
    measure: Callable[[Photo], int]  # smaller is better
    reason: Callable[[Photo], str]


_CRITERIA = (
    _Criterion(
        lambda p: int(p.offline), lambda _: "the others are on a drive that is not connected"
    ),
    _Criterion(
        lambda p: -_pixels(p), lambda p: f"largest: {p.metadata.width} × {p.metadata.height}"
    ),
    _Criterion(lambda p: _format(p), lambda p: f"original format: {p.metadata.format}"),
    _Criterion(lambda p: -_camera_data(p), lambda _: "has the camera's data"),
    _Criterion(lambda p: -p.stamp.size, lambda p: f"largest file: {_bytes(p.stamp.size)}"),
    _Criterion(lambda p: p.stamp.mtime_ns, lambda _: "oldest file"),
    _Criterion(lambda p: _copy_name(p), lambda _: "not named as a copy"),
    _Criterion(lambda p: len(p.relpath), lambda _: "shortest path"),
)


def quality(photo: Photo) -> tuple[int | str, ...]:
    """A sort key: the photo to keep comes first. No two photos are equal."""
    return (*(c.measure(photo) for c in _CRITERIA), photo.relpath, photo.photo_id)


def keep_reason(keeper: Photo, rival: Photo) -> str:
    """What sets the keeper apart from the best of the others."""
    for criterion in _CRITERIA:
        if criterion.measure(keeper) < criterion.measure(rival):
            return criterion.reason(keeper)
    return "first by name"


def is_raw(photo: Photo) -> bool:
    return photo.metadata.format == "RAW"


def shot(photo: Photo) -> tuple[int, str]:
    """What the files of one press of the shutter share: IMG_1.CR2 and IMG_1.JPG side by side."""
    path = PurePosixPath(photo.relpath)
    return photo.root_id, str(path.with_suffix("")).casefold()


def _pixels(photo: Photo) -> int:
    return photo.metadata.width * photo.metadata.height


def _format(photo: Photo) -> int:
    return -1 if is_raw(photo) else _REENCODED.get(photo.metadata.format, 0)


def _camera_data(photo: Photo) -> int:
    return (photo.metadata.taken_at is not None) + bool(photo.metadata.camera)


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


def _copy_name(photo: Photo) -> int:
    return int(_COPY_NAME.search(PurePosixPath(photo.relpath).stem) is not None)
