"""What a picture's EXIF block says: when, with which camera, where. Never raises for bad EXIF."""

import math
import re
import struct
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from PIL import Image

from photofind.core.types import Metadata

EXIF_ERRORS = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    OSError,
    SyntaxError,
    EOFError,
    struct.error,
)
"""What Pillow raises on broken EXIF blocks."""

_ORIENTATION, _MAKE, _MODEL, _DATE_TIME = 0x0112, 0x010F, 0x0110, 0x0132
_EXIF_BLOCK, _GPS_BLOCK = 0x8769, 0x8825
_DATE_TIME_ORIGINAL, _DATE_TIME_DIGITIZED = 0x9003, 0x9004
_LENS_MODEL = 0xA434
_DATE = re.compile(r"(\d{4})[:\-/.](\d\d)[:\-/.](\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d))?)?")
_COMPANY = re.compile(
    r"\b(corporation|corp|company|co|ltd|inc|ag|gmbh|imaging|optical|electric|techwin)\b[.,]*",
    re.IGNORECASE,
)
_LONGEST_TEXT = 120


def read_metadata(
    exif: Image.Exif | None, *, size: tuple[int, int], format_name: str, frames: int = 1
) -> Metadata:
    """Read what is there and sensible; `size` is the picture's, after EXIF orientation."""
    main: Mapping[int, Any] = exif if exif is not None else {}
    inner = _block(exif, _EXIF_BLOCK)
    latitude, longitude = _place(_block(exif, _GPS_BLOCK))
    return Metadata(
        width=size[0],
        height=size[1],
        format=format_name,
        taken_at=(
            _date(_value(inner, _DATE_TIME_ORIGINAL))
            or _date(_value(inner, _DATE_TIME_DIGITIZED))
            or _date(_value(main, _DATE_TIME))
        ),
        camera=_camera(_text(_value(main, _MAKE)), _text(_value(main, _MODEL))),
        lens=_lens(_text(_value(inner, _LENS_MODEL))),
        latitude=latitude,
        longitude=longitude,
        frames=frames,
    )


def read_orientation(exif: Image.Exif | None) -> int:
    """EXIF orientation 1 to 8; 1 where it is missing or nonsense."""
    value = _value(exif if exif is not None else {}, _ORIENTATION)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _block(exif: Image.Exif | None, tag: int) -> Mapping[int, Any]:
    if exif is None:
        return {}
    try:
        return exif.get_ifd(tag)
    except EXIF_ERRORS:
        return {}


def _value(block: Mapping[int, Any], tag: int) -> Any:
    """One entry; Pillow parses lazily, so looking may fail."""
    try:
        return block.get(tag)
    except EXIF_ERRORS:
        return None


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    printable = "".join(char if char.isprintable() else " " for char in value.split("\x00")[0])
    return " ".join(printable.split())[:_LONGEST_TEXT]


def _date(value: Any) -> datetime | None:
    """EXIF's "2021:07:14 18:30:05" and its usual misspellings; None for nonsense."""
    match = _DATE.match(_text(value))
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        date = datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
    return date if date.year >= 1800 else None


def _camera(make: str, model: str) -> str:
    """Maker and model without saying the maker twice: "Canon EOS R5", "Apple iPhone 13"."""
    if not model:
        return _COMPANY.sub("", make).strip(" ,")
    words = {word.casefold().strip(",.") for word in make.split()}
    if model.split()[0].casefold() in words:
        return model
    return f"{_COMPANY.sub('', make).strip(' ,')} {model}".strip()


def _lens(name: str) -> str:
    """A lens that has a name; cameras fill the field with dashes or zeros where there is none."""
    return "" if re.fullmatch(r"[-0. /mf]*|unknown", name.casefold()) else name


def _place(gps: Mapping[int, Any]) -> tuple[float | None, float | None]:
    """Degrees (latitude, longitude); both None unless both are valid and not the null island."""
    latitude = _degrees(_value(gps, 2), _text(_value(gps, 1)), "NS", 90)
    longitude = _degrees(_value(gps, 4), _text(_value(gps, 3)), "EW", 180)
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return None, None
    return latitude, longitude


def _degrees(value: Any, reference: str, references: str, limit: int) -> float | None:
    reference = reference[:1].upper()
    if not reference or reference not in references:
        return None
    try:
        parts = [float(part) for part in value]
    except EXIF_ERRORS:
        return None
    if not 1 <= len(parts) <= 3 or not all(math.isfinite(part) and part >= 0 for part in parts):
        return None
    degrees = sum(part / 60**position for position, part in enumerate(parts))
    if degrees > limit:
        return None
    return round(-degrees if reference == references[1] else degrees, 7)
