"""Reads what is dropped on the window or pasted into it: files, folders, pictures, addresses.

Says what is there; fetches nothing and decodes nothing.
"""

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from PySide6.QtCore import QBuffer, QIODevice, QMimeData, QSize, Qt, QUrl
from PySide6.QtGui import QImage, QPixmap
from typing_extensions import override

PHOTO_IDS_FORMAT = "application/x-photofind-ids"
"""Marks drags that start in the grid: a JSON list of photo ids."""
MAX_BYTES = 20 * 2**20
_LONGEST_SIDE = 1536  # of a picture that comes as pixels; models look at far less
_QT_IMAGE = "application/x-qt-image"
_BYTES_FORMATS = (
    "application/octet-stream",
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/gif",
    "image/tiff",
    "image/bmp",
    "image/avif",
    "image/heic",
)
_MAGIC = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF8",
    b"BM",
    b"II*\x00",
    b"MM\x00*",
)


@dataclass(frozen=True, slots=True)
class Drop:
    """What came: at most one of the kinds, except that files and folders may come together."""

    pictures: tuple[Path | bytes, ...] = ()  # files, or the bytes of an encoded picture
    folders: tuple[Path, ...] = ()
    urls: tuple[str, ...] = ()  # http and https only
    photo_ids: tuple[int, ...] = ()  # dragged out of photofind's own grid

    def __bool__(self) -> bool:
        return bool(self.pictures or self.folders or self.urls or self.photo_ids)


def read_drop(data: QMimeData) -> Drop:
    """Read everything now: after the drop event the other program may take its data back."""
    return _read(data, peek=False)


def peek_drop(data: QMimeData) -> Drop:
    """The same without moving pictures across: their bytes stand as b""."""
    return _read(data, peek=True)


def _read(data: QMimeData, *, peek: bool) -> Drop:
    if data.hasFormat(PHOTO_IDS_FORMAT):
        return Drop(photo_ids=_photo_ids(data))
    if drop := _local_files(data):
        return drop
    if picture := _encoded(data, peek=peek):
        return Drop(pictures=picture)
    if data.hasFormat(_QT_IMAGE) and (picture := _pixels(data, peek=peek)):
        return Drop(pictures=picture)
    if drop := _linked(data):
        return drop
    if data.hasImage():
        return Drop(pictures=_pixels(data, peek=peek))
    return Drop()


def _photo_ids(data: QMimeData) -> tuple[int, ...]:
    try:
        ids = json.loads(bytes(data.data(PHOTO_IDS_FORMAT).data()))
    except ValueError:
        return ()
    return tuple(each for each in ids if type(each) is int) if isinstance(ids, list) else ()


def _local_files(data: QMimeData) -> Drop:
    paths = dict.fromkeys(
        Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile() and url.toLocalFile()
    )
    folders = tuple(path for path in paths if path.is_dir())
    return Drop(pictures=tuple(path for path in paths if path not in folders), folders=folders)


def _encoded(data: QMimeData, *, peek: bool) -> tuple[bytes, ...]:
    """The picture file that browsers hand over as it is, so its quality is untouched."""
    for each in _BYTES_FORMATS:
        if not data.hasFormat(each):
            continue
        if peek and each.startswith("image/"):
            return (b"",)
        found = bytes(data.data(each).data())
        if len(found) <= MAX_BYTES and _looks_like_picture(found):
            return (b"" if peek else found,)
    return ()


def _looks_like_picture(found: bytes) -> bool:
    if found[:4] == b"RIFF":
        return found[8:12] == b"WEBP"
    return found.startswith(_MAGIC) or found[4:8] == b"ftyp"


def _pixels(data: QMimeData, *, peek: bool) -> tuple[bytes, ...]:
    """A picture that came as pixels, as PNG."""
    if peek:
        return (b"",)
    image = data.imageData()
    if isinstance(image, QPixmap):
        image = image.toImage()
    if not isinstance(image, QImage) or image.isNull():
        return ()
    room = QSize(_LONGEST_SIDE, _LONGEST_SIDE)
    if image.width() > room.width() or image.height() > room.height():
        smooth = Qt.TransformationMode.SmoothTransformation
        image = image.scaled(room, Qt.AspectRatioMode.KeepAspectRatio, smooth)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):  # pyright: ignore[reportCallIssue, reportArgumentType]
        return ()
    return (bytes(buffer.data().data()),)


def _linked(data: QMimeData) -> Drop:
    """The first address of a picture: in the page's own text, else as a link, else as words."""
    for source in _sources(data):
        if source.startswith("data:image/"):
            if picture := _inline(source):
                return Drop(pictures=(picture,))
        elif is_web_address(source):
            return Drop(urls=(source,))
    return Drop()


def _sources(data: QMimeData) -> Iterator[str]:
    if data.hasHtml():
        yield from _image_sources(data.html())
    for url in data.urls():
        yield url.toString(QUrl.ComponentFormattingOption.FullyEncoded)
    if data.hasText():
        text = data.text().strip()
        if len(text) < 4096 and not any(letter.isspace() for letter in text):
            yield text


def is_web_address(text: str) -> bool:
    """Whether this is an http or https address with a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _inline(source: str) -> bytes | None:
    head, _, body = source.partition(",")
    if len(body) > 2 * MAX_BYTES:
        return None
    try:
        raw = unquote_to_bytes(body)
        found = base64.b64decode(raw, validate=False) if head.endswith(";base64") else raw
    except (binascii.Error, ValueError):
        return None
    return found if len(found) <= MAX_BYTES and _looks_like_picture(found) else None


def _image_sources(html: str) -> list[str]:
    finder = _ImageFinder()
    finder.feed(html)
    return finder.sources


class _ImageFinder(HTMLParser):
    """Collects the `src` of each `img`."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        source = dict(attrs).get("src") if tag == "img" else None
        if source:
            self.sources.append(source.strip())
