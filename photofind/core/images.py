"""Opening pictures: any supported file to one small, upright sRGB picture with its metadata.

The only place that decodes. Used by the engine process alone, because decoders may crash or hang
on hostile files; `is_photo_name` and SUFFIXES are the exception.
"""

import contextlib
import errno
import functools
import io
import logging
import math
import re
import stat
import warnings
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from blake3 import blake3
from PIL import Image, ImageFile

from photofind.core.errors import ImageError
from photofind.core.formats import HEAD_BYTES, RAW, SUFFIXES, identify, is_cut_off, is_photo_name
from photofind.core.metadata import EXIF_ERRORS, read_metadata, read_orientation
from photofind.core.pixels import shrink_ratio, to_srgb, too_large, turn_upright
from photofind.core.raw import read_raw
from photofind.core.types import THUMBNAIL_SIDE, Metadata

__all__ = [
    "SUFFIXES",
    "OpenedPicture",
    "average_color",
    "content_hash",
    "is_photo_name",
    "make_thumbnail",
    "open_picture",
]

MEMORY_BUDGET = 1_500_000_000  # bytes

_THUMBNAIL_QUALITY = 85
_CHUNK = 1 << 20
# Bytes per pixel, measured at 24 megapixels: in Pillow with its conversions, and in the decoder.
_STORED_BYTES = {"1": 1, "L": 1, "P": 5, "I;16": 6, "I;16B": 6, "I;16L": 6, "I": 8, "F": 8}
_DECODER_BYTES = {"WEBP": 12, "AVIF": 6, "HEIF": 3, "TIFF": 4}
_DECODER_ERRORS = (*EXIF_ERRORS, RuntimeError, MemoryError, Image.DecompressionBombError)
_FILE_REASONS = {
    errno.ENOENT: "the file is no longer there",
    errno.EACCES: "no permission to read it",
    errno.EPERM: "no permission to read it",
    errno.ELOOP: "it is a link that leads to itself",
    errno.ENAMETOOLONG: "its path is too long for this system",
    errno.EISDIR: "it is a folder, not a file",
    errno.ENOTDIR: "the file is no longer there",
    errno.EIO: "the disk could not read it",
    errno.ESTALE: "the network drive no longer knows it",
    errno.ENOTCONN: "the network drive is not connected",
    errno.ETIMEDOUT: "the network drive did not answer",
}
_PASSING = (errno.EACCES, errno.EPERM, errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT)
PASSING_REASONS = frozenset(_FILE_REASONS[number] for number in _PASSING)
"""Why a file may be unreadable now and readable later without having changed."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenedPicture:
    """A decoded picture: RGB, sRGB, upright, first frame, as small as was asked for."""

    image: Image.Image
    metadata: Metadata


def open_picture(
    source: Path | bytes, *, min_side: int, memory_budget: int = MEMORY_BUDGET
) -> OpenedPicture:
    """Decode a file, or the bytes of one, to a long side of at least `min_side` pixels.

    Smaller pictures keep their size; larger ones are decoded only as far as that costs least.
    The format is told by the content. `memory_budget` (bytes) is checked against the header,
    before anything is decoded. Raises ImageError with the reason in plain words.
    """
    _prepare_pillow()
    with _opened(source) as file:
        head = file.read(HEAD_BYTES)
        kind = identify(head, "" if isinstance(source, bytes) else source.suffix)
        try:
            file.seek(0)
            if kind == RAW:
                return _open_raw(file, min_side, memory_budget)
            return _open_plain(file, kind, min_side, memory_budget)
        except _DECODER_ERRORS as error:
            raise ImageError(_decoder_reason(error, file, kind)) from error


def content_hash(path: Path) -> bytes:
    """BLAKE3 of the whole file, 16 bytes. Raises ImageError where it cannot be read."""
    hasher = blake3()
    with _opened(path) as file:
        while chunk := file.read(_CHUNK):
            hasher.update(chunk)
    return hasher.digest(length=16)


def make_thumbnail(image: Image.Image, side: int = THUMBNAIL_SIDE) -> bytes:
    """A JPEG whose long side is at most `side` pixels; small pictures are not enlarged."""
    small = image.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=_THUMBNAIL_QUALITY)
    return buffer.getvalue()


def average_color(image: Image.Image) -> int:
    """The mean colour of an RGB picture as 0xRRGGBB."""
    red, green, blue = image.resize((1, 1), Image.Resampling.BOX).tobytes()
    return red << 16 | green << 8 | blue


@contextlib.contextmanager
def _opened(source: Path | bytes) -> Generator[BinaryIO]:
    """A readable file; system errors, also later ones, become ImageError."""
    if isinstance(source, bytes):
        yield io.BytesIO(source)
        return
    try:
        mode = source.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ImageError(_FILE_REASONS[errno.EISDIR])
        if not stat.S_ISREG(mode):  # opening a pipe would wait for ever
            raise ImageError("it is not an ordinary file")
        with source.open("rb") as file:
            yield file
    except OSError as error:
        raise ImageError(_file_reason(error)) from error


def _file_reason(error: OSError) -> str:
    if error.errno in _FILE_REASONS:
        return _FILE_REASONS[error.errno]
    return f"it could not be read: {error.strerror or error}"


def _open_plain(
    file: BinaryIO, kind: str, min_side: int, memory_budget: int, orientation: int = 0
) -> OpenedPicture:
    """Everything that Pillow decodes. `orientation` stands in where EXIF has none."""
    if kind == "HEIF":
        _register_heif()
    with Image.open(file, formats=[kind]) as image:
        if kind == "TIFF" and _is_raw_tiff(image):
            file.seek(0)
            return _open_raw(file, min_side, memory_budget)
        full_size, format_name = image.size, image.format or kind
        _draft(image, min_side)
        if _needed_bytes(image, full_size) > memory_budget:
            raise too_large(full_size)
        image.load()
        exif, frames = _exif(image), _frames(image)
        if kind == "TIFF":  # Pillow has turned it upright
            full_size = image.size
        small = to_srgb(image, min_side)
    turn = read_orientation(exif)
    if turn == 1 and orientation:
        turn = orientation
    if turn >= 5:
        full_size = (full_size[1], full_size[0])
    metadata = read_metadata(exif, size=full_size, format_name=format_name, frames=frames)
    return OpenedPicture(turn_upright(small, turn), metadata)


def _open_raw(file: BinaryIO, min_side: int, memory_budget: int) -> OpenedPicture:
    raw = read_raw(file, min_side=min_side, memory_budget=memory_budget)
    metadata = read_metadata(_container_exif(file), size=raw.size, format_name=RAW)
    if raw.image is not None:
        return OpenedPicture(to_srgb(raw.image, min_side), metadata)
    preview = _open_plain(io.BytesIO(raw.jpeg), "JPEG", min_side, memory_budget, raw.orientation)
    if metadata.taken_at is None and not metadata.camera:
        width, height = raw.size
        metadata = replace(preview.metadata, width=width, height=height, format=RAW, frames=1)
    return OpenedPicture(preview.image, metadata)


def _container_exif(file: BinaryIO) -> Image.Exif | None:
    """EXIF of raw files that are TIFF inside; None for the others."""
    exif = Image.Exif()
    try:
        file.seek(0)
        exif.load_from_fp(file)
    except EXIF_ERRORS:
        return None
    return exif


def _is_raw_tiff(image: Image.Image) -> bool:
    """A raw file without its suffix: DNG says so; Nikon's first picture is marked reduced."""
    tags = getattr(image, "tag_v2", {})
    dng_version, sub_pictures, kind_of_picture = 50706, 330, 254
    return dng_version in tags or (sub_pictures in tags and tags.get(kind_of_picture) == 1)


def _draft(image: ImageFile.ImageFile, min_side: int) -> None:
    """Let the JPEG decoder shrink by 2, 4 or 8 while it decodes."""
    ratio = shrink_ratio(image.size, min_side)
    if image.format in ("JPEG", "MPO") and ratio >= 2:
        width, height = image.size
        image.draft(None, (math.ceil(width / ratio), math.ceil(height / ratio)))


def _needed_bytes(image: Image.Image, full_size: tuple[int, int]) -> int:
    """Memory that decoding and shrinking will take at most, from the header (bytes)."""
    pixels = image.size[0] * image.size[1]
    needed = pixels * _STORED_BYTES.get(image.mode, 4)
    needed += pixels * _DECODER_BYTES.get(image.format or "", 0)
    if image.has_transparency_data:
        needed += pixels * 4
    if image.info.get("progressive"):  # libjpeg keeps every coefficient of the whole picture
        needed += full_size[0] * full_size[1] * 2 * len(image.getbands())
    return needed


def _exif(image: Image.Image) -> Image.Exif | None:
    """Read after loading: PNG may carry it behind its pixels, TIFF turns itself upright."""
    try:
        return image.getexif()
    except EXIF_ERRORS:
        return None


def _frames(image: Image.Image) -> int:
    try:
        return int(getattr(image, "n_frames", 1))
    except EXIF_ERRORS:  # a later frame is damaged; the first one has been decoded
        return 1


def _decoder_reason(error: BaseException, file: BinaryIO, kind: str) -> str:
    if isinstance(error, OSError) and error.errno is not None:
        return _file_reason(error)
    if isinstance(error, MemoryError):
        return "too large for the memory"
    if "truncated" in str(error).lower() or isinstance(error, EOFError) or is_cut_off(file, kind):
        return "the file is cut off"
    return f"the {kind} file is damaged, or of a kind that cannot be read"


_QUIET = ("ignore", None, Warning, re.compile(r"(PIL|pillow_heif)\b"), 0)


def _prepare_pillow() -> None:
    """Make Pillow leave the decision on sizes to us, and keep its remarks to itself.

    Both settings are the process's: Pillow has no others. Warning filters are put back at each
    call, because code that saves and restores them may have taken ours away.
    """
    _configure_pillow()
    if _QUIET not in warnings.filters:
        warnings.filterwarnings("ignore", module=r"(PIL|pillow_heif)\b")


@functools.lru_cache(maxsize=1)
def _configure_pillow() -> None:
    Image.MAX_IMAGE_PIXELS = None  # _needed_bytes decides
    logging.getLogger("PIL").setLevel(logging.CRITICAL)


@functools.lru_cache(maxsize=1)
def _register_heif() -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()  # pyright: ignore[reportUnknownMemberType]
