"""The file of a vector index and its sidecar. Owns writing them safely and proving them sound.

USearch files carry no checksum, and damaged ones crash the process that loads them. So the index
goes out as bytes → temporary file → fsync → rename, the sidecar after it, and nothing is handed
back that the sidecar does not vouch for.
"""

import contextlib
import hashlib
import json
import mmap
import os
import re
from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from typing_extensions import Buffer

from photofind.core.atomic_file import replace_file

FORMAT_VERSION = 2


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What an index file must be."""

    key: str  # the encoder's
    dimension: int
    dtype: str
    connectivity: int
    count: int
    revision: int  # the catalog's, up to which its vectors are in the file
    removed: int  # rows taken out since the index was built
    size: int = 0  # bytes, filled in when written
    sha256: str = ""
    version: int = FORMAT_VERSION


class DamagedIndexError(Exception):
    """The file is not what its sidecar says; the message says why. Stays inside the core."""


def index_path(folder: Path, key: str) -> Path:
    """Where the index of an encoder lies. Keys that differ only in odd characters share a file;
    the sidecar tells them apart."""
    return folder / (re.sub(r"[^A-Za-z0-9._-]+", "_", key) + ".usearch")


def rebuild_path(folder: Path, key: str) -> Path:
    """Where the part of a new index lies while it is made."""
    return index_path(folder, f"{key}.rebuild")


def sidecar_path(path: Path) -> Path:
    return path.with_suffix(".json")


def write_index(path: Path, data: bytes | bytearray, sidecar: Sidecar) -> None:
    """Put an index and its sidecar in place of the old ones.

    Raises OSError and leaves the old file where the new one cannot be written.
    """
    digest = hashlib.sha256(data).hexdigest()
    whole = asdict(sidecar) | {"size": len(data), "sha256": digest}
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, data)
    replace_file(sidecar_path(path), json.dumps(whole, indent=1).encode())


def remove_index(folder: Path, key: str) -> None:
    """Delete the index of an encoder, as far as it is there."""
    for path in (index_path(folder, key), rebuild_path(folder, key)):
        delete_index(path)


def delete_index(path: Path) -> None:
    """Delete an index file and its sidecar, as far as they are there."""
    for part in (path, sidecar_path(path)):
        with contextlib.suppress(OSError):
            part.unlink()


@contextlib.contextmanager
def verified_index(path: Path, key: str, dimension: int) -> Generator[tuple[Buffer, Sidecar]]:
    """The bytes of an index, proven sound and mapped into memory. `dimension` 0 accepts any.

    Raises FileNotFoundError where there is neither file nor sidecar, DamagedIndexError where what
    lies there cannot be trusted, OSError where it cannot be read.
    """
    sidecar = _read_sidecar(path)
    if (sidecar.key, sidecar.version, sidecar.dtype) != (key, FORMAT_VERSION, "f16"):
        raise DamagedIndexError(f"it belongs to {sidecar.key}, version {sidecar.version}")
    if dimension not in (0, sidecar.dimension):
        raise DamagedIndexError(f"its vectors have {sidecar.dimension} entries, not {dimension}")
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise DamagedIndexError("the index file is missing beside its sidecar") from None
    with file:
        size = os.fstat(file.fileno()).st_size
        if size != sidecar.size:
            raise DamagedIndexError(f"it has {size} bytes instead of {sidecar.size}")
        # Read before it is mapped: a disk that fails is an error here, and a crash there.
        if hashlib.file_digest(file, "sha256").hexdigest() != sidecar.sha256:
            raise DamagedIndexError("its checksum does not match")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data, sidecar


def _read_sidecar(path: Path) -> Sidecar:
    try:
        raw: Any = json.loads(sidecar_path(path).read_text("utf-8"))
        return Sidecar(**raw)
    except FileNotFoundError:
        if path.exists():
            raise DamagedIndexError("its sidecar is missing") from None
        raise
    except (ValueError, TypeError) as error:
        raise DamagedIndexError(f"its sidecar is damaged: {error}") from None
