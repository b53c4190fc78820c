"""How values stand in the catalog's rows: paths, times, 64-bit numbers, photos."""

import json
import os
import unicodedata
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from pathlib import Path
from typing import Any, TypeVar, cast

from photofind.core.database import Database, Row, Value
from photofind.core.types import FileStamp, Hashes, Metadata, Photo, PhotoId, RootState, local_time

_Found = TypeVar("_Found")


class Status(IntEnum):
    """What a row of photos stands for."""

    FAILED = 0
    PHOTO = 1
    DISPLACED = 2  # another file took its name; waits to be found under a new one


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What the catalog knows of one file, enough to tell whether it has to be looked at."""

    photo_id: PhotoId
    stamp: FileStamp
    ok: bool
    failed_reason: str
    content_hash: bytes | None  # None for a file that could not be read
    attempts: int  # failures in a row


class CatalogPart:
    """The tables of one topic, reached through the catalog's one connection."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._kept: dict[str, tuple[tuple[int, int], Hashable, Any]] = {}

    def _unchanged(self, name: str, about: Hashable, find: Callable[[], _Found]) -> _Found:
        """What `find` found, looked for anew only when the catalog has changed since.

        The last answer under each name is kept, and belongs to what it was `about`.
        """
        version = self._db.version()
        kept = self._kept.get(name)
        if kept is not None and kept[:2] == (version, about):
            return kept[2]
        found = find()
        if not self._db.in_transaction:  # what is taken back leaves no trace in the version
            self._kept[name] = version, about, found
        return found


PHOTO_COLUMNS = (
    "p.photo_id, p.root_id, r.path, r.state, p.relpath, p.raw_relpath, p.size, p.mtime_ns, "
    "p.inode, p.width, p.height, p.format, p.taken_at, p.camera, p.lens, p.latitude, "
    "p.longitude, p.frames, p.content, p.phash, p.color"
)
PHOTO_SOURCE = "photos p JOIN roots r ON r.root_id = p.root_id"

_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)


def to_signed(number: int) -> int:
    """An unsigned 64-bit number as the signed one SQLite can hold."""
    number &= (1 << 64) - 1
    return number - (1 << 64) if number >= 1 << 63 else number


def to_unsigned(number: int) -> int:
    return number & ((1 << 64) - 1)


def path_key(relpath: str) -> bytes:
    """The bytes under which a relative path is known: NFC, whatever form the disk has."""
    return os.fsencode(unicodedata.normalize("NFC", relpath))


def full_path(root: bytes, raw_relpath: bytes) -> Path:
    return Path(os.fsdecode(root), os.fsdecode(raw_relpath))


def microseconds(moment: datetime) -> int:
    """A moment as µs of local time since 1970; one with a time zone becomes local first."""
    if moment.tzinfo is not None:
        moment = moment.astimezone().replace(tzinfo=None)
    return (moment - _EPOCH) // _MICROSECOND


def sort_time(taken_at: datetime | None, mtime_ns: int) -> int:
    """Where a photo stands on the time line, in µs of local time since 1970."""
    return microseconds(taken_at or local_time(mtime_ns))


def stamp_values(stamp: FileStamp) -> tuple[int, int, int]:
    return stamp.size, stamp.mtime_ns, to_signed(stamp.inode)


def file_stamp(size: int, mtime_ns: int, inode: int) -> FileStamp:
    return FileStamp(size, mtime_ns, to_unsigned(inode))


def id_list(ids: Iterable[int]) -> str:
    """Ids as one parameter for json_each, however many there are."""
    return json.dumps([int(number) for number in ids])


def photo_from_row(row: Row) -> Photo:
    """A photo from PHOTO_COLUMNS."""
    (photo_id, root_id, root_path, state, relpath, raw, size, mtime_ns, inode, *rest) = row
    (width, height, kind, taken_at, camera, lens, latitude, longitude, frames, *rest) = rest
    content, phash, color = rest
    return Photo(
        photo_id=photo_id,
        root_id=root_id,
        path=full_path(root_path, raw),
        relpath=os.fsdecode(relpath),
        stamp=file_stamp(size, mtime_ns, inode),
        metadata=Metadata(
            width=width,
            height=height,
            format=kind,
            taken_at=_moment(taken_at),
            camera=camera,
            lens=lens,
            latitude=latitude,
            longitude=longitude,
            frames=frames,
        ),
        hashes=Hashes(content, to_unsigned(phash) if phash is not None else None),
        average_color=color,
        offline=state == RootState.OFFLINE,
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def metadata_values(metadata: Metadata, hashes: Hashes, color: int) -> dict[str, Value]:
    """The columns of photos that an analysis fills."""
    taken_at = metadata.taken_at
    return {
        "width": metadata.width,
        "height": metadata.height,
        "format": storable(metadata.format),
        "taken_at": taken_at.isoformat() if taken_at is not None else None,
        "camera": storable(metadata.camera),
        "lens": storable(metadata.lens),
        "latitude": metadata.latitude,
        "longitude": metadata.longitude,
        "frames": metadata.frames,
        "content": hashes.content,
        "phash": to_signed(hashes.phash) if hashes.phash is not None else None,
        "color": color,
    }


def storable(text: str) -> str:
    """Text that SQLite can hold: EXIF blocks carry zero bytes and broken surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def snapshot_of(columns: list[str], row: Row) -> str:
    """A whole row as JSON; bytes as {"hex": …}."""
    return json.dumps(
        {
            name: {"hex": value.hex()} if isinstance(value, bytes) else value
            for name, value in zip(columns, row, strict=True)
        }
    )


def row_of(snapshot: str) -> dict[str, Value]:
    """The columns and values that `snapshot_of` wrote."""
    raw: dict[str, Any] = json.loads(snapshot)
    return {
        name: bytes.fromhex(cast("dict[str, str]", value)["hex"])
        if isinstance(value, dict)
        else value
        for name, value in raw.items()
    }
