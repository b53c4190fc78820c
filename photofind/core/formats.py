"""Which files are pictures: by name for the scanner, by content for the decoders.

Owns suffixes and magic bytes. Knows nothing of pixels and imports no decoder.
"""

import re
from typing import BinaryIO

from photofind.core.errors import ImageError

RAW = "RAW"
"""The format name of camera raw files; all other names are Pillow's."""

_RAW_ENDINGS = """
3fr arw cr2 cr3 crw dcr dng erf fff iiq kdc mef mos mrw nef nrw orf pef raf rw2 rwl sr2 srf srw x3f
"""
_PLAIN_ENDINGS = "avif bmp gif heic heif hif jfif jpe jpeg jpg mpo png tif tiff webp"
RAW_SUFFIXES = frozenset(f".{ending}" for ending in _RAW_ENDINGS.split())
SUFFIXES = RAW_SUFFIXES | frozenset(f".{ending}" for ending in _PLAIN_ENDINGS.split())
"""Lower-case suffixes of the files that are looked at. What is in them decides the rest."""

HEAD_BYTES = 4096
"""How much of a file's start `identify` wants to see."""

_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"FUJIFILMCCD-RAW", RAW),
    (b"FOVb", RAW),
    (b"IIRO", RAW),
    (b"IIRS", RAW),
    (b"MMOR", RAW),
    (b"IIU\x00", RAW),
    (b"\x00MRM", RAW),
    (b"II\x1a\x00\x00\x00HEAPCCDR", RAW),
)
_TIFF_MAGIC = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_HEIF_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
)
_STRANGERS = (
    (b"%!PS", "a PostScript file"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript file"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"8BPS", "a Photoshop document"),
    (b"\xff\x0a", "a JPEG XL file, which photofind cannot read yet"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL file, which photofind cannot read yet"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 file, which photofind cannot read"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"\x00\x00\x01\xba", "a video"),
    (b"RIFF", "a sound or a video"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)


def is_photo_name(name: str) -> bool:
    """Whether a file of this name is looked at. Hidden files are not photos."""
    dot = name.rfind(".")
    return dot > 0 and not name.startswith(".") and name[dot:].lower() in SUFFIXES


def identify(head: bytes, suffix: str = "") -> str:
    """The format of a file, from its first HEAD_BYTES: Pillow's name, or RAW.

    The suffix only tells raw files from TIFF, whose start they share.
    Raises ImageError with a plain reason where it is no picture.
    """
    if not head:
        raise ImageError("the file is empty")
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith(_TIFF_MAGIC):
        return RAW if suffix.lower() in RAW_SUFFIXES or head[8:10] == b"CR" else "TIFF"
    if head[4:8] == b"ftyp":
        return _identify_boxes(head)
    raise ImageError(f"this is not a picture ({_describe(head)})")


def is_cut_off(file: BinaryIO, kind: str) -> bool:
    """Whether a file that could not be decoded ends before its own structure does."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 64))
    tail = file.read()
    if kind == "JPEG":
        return b"\xff\xd9" not in tail
    if kind == "PNG":
        return b"IEND" not in tail
    if kind == "GIF":
        return not tail.rstrip(b"\x00").endswith(b"\x3b")
    file.seek(0)
    head = file.read(16)
    if kind == "WEBP":
        return int.from_bytes(head[4:8], "little") + 8 > size
    if kind in ("AVIF", "HEIF"):
        return _boxes_end(file, size) > size
    return False


def _identify_boxes(head: bytes) -> str:
    """Formats that share ISO's box structure, by the brands in their first box."""
    length = min(int.from_bytes(head[:4], "big"), len(head))
    major = head[8:12]
    brands = {major} | {head[at : at + 4] for at in range(16, length - 3, 4)}
    if major == b"crx ":
        return RAW
    if brands & _AVIF_BRANDS:
        return "AVIF"
    if brands & _HEIF_BRANDS:
        return "HEIF"
    raise ImageError("this is not a picture (it is a video)")


def _boxes_end(file: BinaryIO, size: int) -> int:
    """Where the last top-level box of an ISO file says that it ends."""
    position = 0
    while position + 8 <= size:
        file.seek(position)
        header = file.read(16)
        length = int.from_bytes(header[:4], "big")
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        if length < 8:  # 0 is "until the end"
            return size
        position += length
    return position


def _describe(head: bytes) -> str:
    """What a file that is no picture seems to be, as "it is …"."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for magic, what in _STRANGERS:
        if start.startswith(magic) or head.startswith(magic):
            return f"it is {what}"
    if not head.strip(b"\x00"):
        return "it holds only zeros"
    lowered = start[:1024].lower()
    if b"<svg" in lowered:
        return "it is an SVG drawing"
    if lowered.startswith((b"<!doctype html", b"<html")):
        return "it is a web page"
    if _is_text(head):
        return "it looks like text"
    return "its content is of no known kind"


def _is_text(head: bytes) -> bool:
    if b"\x00" in head or re.search(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]", head):
        return False
    try:
        head[:-4].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
