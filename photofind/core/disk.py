"""Looks at single paths on the disk. Where something cannot be known, it is not called absent."""

import os
from pathlib import Path

from photofind.core.types import FileStamp

_LATEST = (1 << 63) - 1  # ns since 1970 that a 64-bit number holds: the year 2262


def stamp_of(status: os.stat_result) -> FileStamp:
    """The stamp of a file from its status; a broken clock's time is kept within 64 bits."""
    mtime_ns = max(-_LATEST, min(status.st_mtime_ns, _LATEST))
    return FileStamp(status.st_size, mtime_ns, status.st_ino)


def current_stamp(path: Path) -> FileStamp | None:
    """A file's stamp at this moment; None where there is no such file to be seen."""
    try:
        return stamp_of(path.stat())
    except (OSError, ValueError):
        return None


def same_time(one: FileStamp, other: FileStamp) -> bool:
    """Whether size and time agree, whatever the inode."""
    return one.size == other.size and one.mtime_ns == other.mtime_ns


def is_absent(path: Path) -> bool:
    """Whether a file is certainly not there."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return True
    except OSError:
        return False
    return False


def is_listed(path: Path) -> bool:
    """Whether a file of exactly this name may be there, also where case is ignored."""
    if is_absent(path):
        return False
    try:
        with os.scandir(path.parent) as entries:
            return any(entry.name == path.name for entry in entries)
    except OSError:
        return True


def why_unusable(folder: str) -> str:
    """Why a root cannot be scanned, in plain words; "" where it can."""
    try:
        with os.scandir(folder):
            return ""
    except FileNotFoundError:
        return "The folder is not there. Is its drive connected?"
    except NotADirectoryError:
        return "It is a file now, no longer a folder."
    except PermissionError:
        return "There is no permission to read the folder."
    except OSError as error:
        return f"The folder cannot be read: {error.strerror}."
