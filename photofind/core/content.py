"""Opening a file of the user's, and the fingerprint of its bytes.

Owns what the system's errors mean in plain words. Knows nothing of pictures.
"""

import contextlib
import errno
import io
import os
import stat
from collections.abc import Generator
from pathlib import Path
from typing import BinaryIO

from blake3 import blake3

from photofind.core.errors import ImageError

_CHUNK = 1 << 20
_LENGTH = 16  # bytes
_HELD = 64 << 20  # bytes; larger files are read twice rather than held in memory
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


def content_hash(path: Path) -> bytes:
    """BLAKE3 of the whole file, 16 bytes. Raises ImageError where it cannot be read."""
    with opened_file(path) as file:
        return _digest(file)


def hashed(file: BinaryIO) -> tuple[BinaryIO, bytes]:
    """The same bytes from their start, and their content hash; a small file is read only once."""
    if os.fstat(file.fileno()).st_size > _HELD:
        content = _digest(file)
        file.seek(0)
        return file, content
    data = file.read()
    return io.BytesIO(data), blake3(data).digest(length=_LENGTH)


@contextlib.contextmanager
def opened_file(source: Path | bytes) -> Generator[BinaryIO]:
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
        raise ImageError(file_reason(error)) from error


def file_reason(error: OSError) -> str:
    if error.errno in _FILE_REASONS:
        return _FILE_REASONS[error.errno]
    return f"it could not be read: {error.strerror or error}"


def _digest(file: BinaryIO) -> bytes:
    hasher = blake3()
    while chunk := file.read(_CHUNK):
        hasher.update(chunk)
    return hasher.digest(length=_LENGTH)
