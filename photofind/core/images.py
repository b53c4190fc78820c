"""Opening pictures: any supported file to one small, upright sRGB picture with its metadata.

The only place that decodes. Used by the engine process alone, because decoders may crash or hang
on hostile files; `is_photo_name` and SUFFIXES are the exception.
"""

import functools
import io
import logging
import math
import re
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageFile

from photofind.core.content import file_reason, hashed, opened_file
from photofind.core.errors import ImageError
from photofind.core.formats import HEAD_BYTES, RAW, SUFFIXES, identify, is_cut_off, is_photo_name
from photofind.core.metadata import EXIF_ERRORS, read_metadata, read_orientation
from photofind.core.pixels import LeastSize, to_srgb, too_large, turn_upright
from photofind.core.raw import read_raw
from photofind.core.types import THUMBNAIL_SIDE, Metadata

__all__ = [
    "SUFFIXES",
    "OpenedPicture",
    "average_color",
    "is_photo_name",
    "make_thumbnail",
    "open_hashed",
    "open_picture",
    "shrunk",
]

MEMORY_BUDGET = 1_500_000_000  # bytes

_THUMBNAIL_QUALITY = 85
# Bytes per pixel, measured at 24 megapixels: in Pillow with its conversions, and in the decoder.
_STORED_BYTES = {"1": 1, "L": 1, "P": 5, "I;16": 6, "I;16B": 6, "I;16L": 6, "I": 8, "F": 8}
_DECODER_BYTES = {"WEBP": 12, "AVIF": 6, "HEIF": 3, "TIFF": 4}
_DECODER_ERRORS = (*EXIF_ERRORS, RuntimeError, MemoryError, Image.DecompressionBombError)


@dataclass(frozen=True, slots=True, eq=False)
class OpenedPicture:
    """A decoded picture: RGB, sRGB, upright, first frame, as small as was asked for."""

    image: Image.Image
    metadata: Metadata


def open_picture(
    source: Path | bytes,
    *,
    min_side: int,
    min_short: int | None = None,
    memory_budget: int = MEMORY_BUDGET,
) -> OpenedPicture:
    """Decode a file, or the bytes of one, to a long side of at least `min_side` pixels.

    min_short: least short side, half of `min_side` where it is not said. Smaller pictures keep
    their size; larger ones are decoded only as far as that costs least. The format is told by
    the content. `memory_budget` (bytes) is checked against the header, before anything is
    decoded. Raises ImageError with the reason in plain words.
    """
    least = _least(min_side, min_short)
    with opened_file(source) as file:
        return _decode(file, _suffix(source), least, memory_budget)


def open_hashed(
    path: Path,
    *,
    min_side: int,
    min_short: int | None = None,
    memory_budget: int = MEMORY_BUDGET,
) -> tuple[OpenedPicture, bytes]:
    """`open_picture` and `content_hash` of a file that is read once. Raises ImageError."""
    least = _least(min_side, min_short)
    with opened_file(path) as file:
        same, content = hashed(file)
        return _decode(same, path.suffix, least, memory_budget), content


def make_thumbnail(image: Image.Image, side: int = THUMBNAIL_SIDE) -> bytes:
    """A JPEG whose long side is at most `side` pixels; small pictures are not enlarged."""
    buffer = io.BytesIO()
    shrunk(image, side).save(buffer, "JPEG", quality=_THUMBNAIL_QUALITY)
    return buffer.getvalue()


def shrunk(image: Image.Image, side: int = THUMBNAIL_SIDE) -> Image.Image:
    """The picture with a long side of at most `side` pixels: itself where it has that already."""
    if max(image.size) <= side:
        return image
    small = image.copy()
    small.thumbnail((side, side), Image.Resampling.BICUBIC)
    return small


def average_color(image: Image.Image) -> int:
    """The mean colour of an RGB picture as 0xRRGGBB."""
    red, green, blue = image.resize((1, 1), Image.Resampling.BOX).tobytes()
    return red << 16 | green << 8 | blue


def _least(min_side: int, min_short: int | None) -> LeastSize:
    return LeastSize(min_side, max(1, min_side // 2) if min_short is None else min_short)


def _suffix(source: Path | bytes) -> str:
    return "" if isinstance(source, bytes) else source.suffix


def _decode(file: BinaryIO, suffix: str, least: LeastSize, memory_budget: int) -> OpenedPicture:
    _prepare_pillow()
    kind = identify(file.read(HEAD_BYTES), suffix)
    try:
        file.seek(0)
        if kind == RAW:
            return _open_raw(file, least, memory_budget)
        return _open_plain(file, kind, least, memory_budget)
    except _DECODER_ERRORS as error:
        raise ImageError(_decoder_reason(error, file, kind)) from error


def _open_plain(
    file: BinaryIO, kind: str, least: LeastSize, memory_budget: int, orientation: int = 0
) -> OpenedPicture:
    """Everything that Pillow decodes. `orientation` stands in where EXIF has none."""
    if kind == "HEIF":
        _register_heif()
    with Image.open(file, formats=[kind]) as image:
        if kind == "TIFF" and _is_raw_tiff(image):
            file.seek(0)
            return _open_raw(file, least, memory_budget)
        full_size, format_name = image.size, image.format or kind
        _draft(image, least)
        if _needed_bytes(image, full_size) > memory_budget:
            raise too_large(full_size)
        image.load()
        exif, frames = _exif(image), _frames(image)
        if kind == "TIFF":  # Pillow has turned it upright
            full_size = image.size
        small = to_srgb(image, least)
    turn = read_orientation(exif)
    if turn == 1 and orientation:
        turn = orientation
    if turn >= 5:
        full_size = (full_size[1], full_size[0])
    metadata = read_metadata(exif, size=full_size, format_name=format_name, frames=frames)
    return OpenedPicture(turn_upright(small, turn), metadata)


def _open_raw(file: BinaryIO, least: LeastSize, memory_budget: int) -> OpenedPicture:
    raw = read_raw(file, least=least, memory_budget=memory_budget)
    metadata = read_metadata(_container_exif(file), size=raw.size, format_name=RAW)
    if raw.image is not None:
        return OpenedPicture(to_srgb(raw.image, least), metadata)
    preview = _open_plain(io.BytesIO(raw.jpeg), "JPEG", least, memory_budget, raw.orientation)
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


def _draft(image: ImageFile.ImageFile, least: LeastSize) -> None:
    """Let the JPEG decoder shrink by 2, 4 or 8 while it decodes."""
    ratio = least.shrink_ratio(image.size)
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
        return file_reason(error)
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
