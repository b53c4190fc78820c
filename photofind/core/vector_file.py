"""The files of a vector index and their sidecars. Owns writing them safely and proving them sound.

USearch files carry no checksum, and damaged ones crash the process that loads them. So a segment
goes out as bytes → temporary file → fsync → rename, the sidecar after it, and nothing is handed
back that the sidecar does not vouch for. The first segment's file is named after the encoder, the
others have a number besides.
"""

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from typing_extensions import Buffer

from photofind.core.atomic_file import replace_file
from photofind.core.memory import own_memory

FORMAT_VERSION = 3


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What the file of a segment must be."""

    key: str  # the encoder's
    dimension: int
    dtype: str
    count: int  # rows in the file
    revision: int  # the catalog's, up to which what is said of these rows holds
    removed: str = ""  # which of them were taken out since: bits in base64
    size: int = 0  # bytes, filled in when written
    sha256: str = ""
    version: int = FORMAT_VERSION


class DamagedIndexError(Exception):
    """The file is not what its sidecar says; the message says why. Stays inside the core."""


class OtherFormatError(Exception):
    """The file is of another version of photofind. Stays inside the core."""


def index_path(folder: Path, key: str, number: int = 0) -> Path:
    """Where a segment of an encoder's index lies. Keys that differ only in odd characters share
    their files; the sidecars tell them apart."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", key)
    return folder / (f"{name}.{number}.usearch" if number else f"{name}.usearch")


def segment_numbers(folder: Path, key: str) -> list[int]:
    """The numbers of the segments of which there is a file or a sidecar, ascending."""
    name = index_path(folder, key).stem
    found = re.compile(re.escape(name) + r"(?:\.([1-9]\d*))?\.(?:usearch|json)")
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return sorted({int(match[1] or 0) for match in map(found.fullmatch, names) if match})


def sidecar_path(path: Path) -> Path:
    return path.with_suffix(".json")


def write_index(path: Path, parts: Sequence[Buffer], sidecar: Sidecar) -> Sidecar:
    """Put a segment and its sidecar in place of the old ones; returns the sidecar as written.

    Raises OSError and leaves the old file where the new one cannot be written.
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    size = sum(memoryview(part).nbytes for part in parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, *parts)
    whole = replace(sidecar, size=size, sha256=digest.hexdigest())
    write_sidecar(path, whole)
    return whole


def write_sidecar(path: Path, sidecar: Sidecar) -> None:
    """Say anew what the file at `path` holds. Raises OSError."""
    replace_file(sidecar_path(path), json.dumps(asdict(sidecar), indent=1).encode())


def remove_index(folder: Path, key: str) -> None:
    """Delete the index of an encoder, as far as it is there."""
    for number in segment_numbers(folder, key):
        delete_index(index_path(folder, key, number))


def delete_index(path: Path) -> None:
    """Delete the file of a segment and its sidecar, as far as they are there."""
    for part in (path, sidecar_path(path)):
        with contextlib.suppress(OSError):
            part.unlink()


def verified_index(path: Path, key: str, dimension: int) -> tuple[Buffer, Sidecar]:
    """The bytes of a segment, in memory and proven sound. `dimension` 0 accepts any.

    Raises FileNotFoundError where there is neither file nor sidecar, OtherFormatError and
    DamagedIndexError where what lies there is not to be used, OSError where it cannot be read.
    """
    sidecar = _read_sidecar(path)
    if sidecar.key != key:
        raise DamagedIndexError(f"it belongs to {sidecar.key}")
    if dimension not in (0, sidecar.dimension):
        raise DamagedIndexError(f"its vectors have {sidecar.dimension} entries, not {dimension}")
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise DamagedIndexError("the index file is missing beside its sidecar") from None
    with file:
        size = os.fstat(file.fileno()).st_size
        if size != sidecar.size or not size:
            raise DamagedIndexError(f"it has {size} bytes instead of {sidecar.size}")
        # Copied, not mapped: a file that is cut off or a disk that fails would be a crash later.
        memory = own_memory(size)
        if file.readinto(memory) != size or _sha256(memory) != sidecar.sha256:
            raise DamagedIndexError("its checksum does not match")
    return memory, sidecar


def _sha256(memory: Buffer) -> str:
    return hashlib.sha256(memory).hexdigest()


def _read_sidecar(path: Path) -> Sidecar:
    try:
        raw: Any = json.loads(sidecar_path(path).read_text("utf-8"))
        if (version := raw["version"]) != FORMAT_VERSION:
            raise OtherFormatError(f"it has version {version}")
        sidecar = Sidecar(**raw)
        wrong = [f.name for f in fields(sidecar) if type(raw[f.name]) is not f.type]
        if wrong or sidecar.count < 1:
            raise ValueError(f"{wrong or 'count'} cannot be")
        return sidecar
    except FileNotFoundError:
        if path.exists():
            raise DamagedIndexError("its sidecar is missing") from None
        raise
    except (ValueError, TypeError, KeyError) as error:
        raise DamagedIndexError(f"its sidecar is damaged: {error}") from None
