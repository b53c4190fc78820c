"""Where the system's trash is, and where in it a file went.

Send2Trash moves files but does not say where to. On Linux the freedesktop trash is read back
(https://specifications.freedesktop.org/trash-spec): `files/NAME` beside `info/NAME.trashinfo`,
in the home trash or at the top of the file's volume. On macOS the trash folders are looked
through for the file itself. Windows renames what it takes, so nothing is found there.
"""

import importlib
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from photofind.core.disk import stamp_of
from photofind.core.errors import TrashError

_INFO_SUFFIX = ".trashinfo"
_PATH_LINE = re.compile(rb"^Path=(.*)$", re.MULTILINE)
_NUMBERS_TRIED = 100
CAN_RESTORE = sys.platform != "win32"


@dataclass(frozen=True, slots=True)
class TrashPlace:
    """One trash folder. Relative paths in its notes start at `base`."""

    folder: Path
    base: Path

    @property
    def files(self) -> Path:
        return self.folder / "files"

    @property
    def info(self) -> Path:
        return self.folder / "info"


@dataclass(frozen=True, slots=True)
class FileMark:
    """What a file still has after it moved within its volume."""

    size: int
    mtime_ns: int

    @classmethod
    def of(cls, path: Path) -> "FileMark":
        stamp = stamp_of(path.lstat())
        return cls(stamp.size, stamp.mtime_ns)


def require_trash(path: Path) -> None:
    """Raise TrashError where "moving to the trash" would delete the file for good."""
    if sys.platform == "win32":
        _require_windows_recycler(path)
    elif sys.platform != "darwin" and not home_trash().is_absolute():
        raise TrashError(
            "The environment variable XDG_DATA_HOME is not an absolute path, so the trash cannot "
            "be found. Unset it, or set it to a full path."
        )


def locate(original: Path, mark: FileMark) -> Path | None:
    """Where in the trash a file lies that was at `original`; None where that cannot be told."""
    if sys.platform == "win32":
        return None
    if sys.platform == "darwin":
        return _locate_by_name(original, mark, _mac_places(original))
    for place in freedesktop_places(original):
        found = locate_in(place, original, mark)
        if found is not None:
            return found
    return None


def home_trash() -> Path:
    """The home trash that Send2Trash uses; it reads the environment once."""
    used: Any = importlib.import_module("send2trash.plat_other")
    return Path(used.HOMETRASH)


def freedesktop_places(original: Path) -> list[TrashPlace]:
    """The trash folders a file may be in, the likeliest first."""
    home = home_trash()
    top = mount_point(original.parent)
    user = str(os.getuid()) if sys.platform != "win32" else ""
    return [
        TrashPlace(home, home.parent),
        TrashPlace(top / ".Trash" / user, top),
        TrashPlace(top / f".Trash-{user}", top),
    ]


def mount_point(folder: Path) -> Path:
    """The top of the volume that holds a folder; of its nearest parent where it is gone."""
    folder = folder.resolve()
    while folder != folder.parent and not (folder.exists() and folder.is_mount()):
        folder = folder.parent
    return folder


def locate_in(place: TrashPlace, original: Path, mark: FileMark) -> Path | None:
    """The file in one freedesktop trash whose note names `original` and whose mark fits."""
    for name in _likely_names(place, original):
        file = place.files / name
        if _has_mark(file, mark) and _noted_path(place, name) == _comparable(original):
            return file
    return None


def forget_note(file: Path) -> None:
    """Remove the note of a file that has left a freedesktop trash."""
    note = file.parent.parent / "info" / (file.name + _INFO_SUFFIX)
    if file.parent.name == "files":
        note.unlink(missing_ok=True)


def _likely_names(place: TrashPlace, original: Path) -> Iterator[str]:
    """Names in the trash: those Send2Trash gives, then whatever begins alike."""
    yield original.name
    for number in range(1, _NUMBERS_TRIED):
        name = f"{original.stem} {number}{original.suffix}"
        if not os.path.lexists(place.files / name):
            break
        yield name
    try:
        with os.scandir(place.info) as notes:
            names = [note.name for note in notes if note.name.startswith(original.stem[:20])]
    except OSError:
        return
    for name in names:
        yield name.removesuffix(_INFO_SUFFIX)


def _noted_path(place: TrashPlace, name: str) -> Path | None:
    """The original path in a file's note, made comparable; None where there is none."""
    try:
        found = _PATH_LINE.search((place.info / (name + _INFO_SUFFIX)).read_bytes())
    except OSError:
        return None
    if found is None:
        return None
    return _comparable(place.base / os.fsdecode(unquote_to_bytes(found.group(1))))


def _comparable(path: Path) -> Path:
    return path.parent.resolve() / path.name


def _has_mark(file: Path, mark: FileMark) -> bool:
    try:
        return FileMark.of(file) == mark
    except OSError:
        return False


def _mac_places(original: Path) -> list[Path]:
    user = str(os.getuid()) if sys.platform != "win32" else ""
    return [Path.home() / ".Trash", mount_point(original.parent) / ".Trashes" / user]


def _locate_by_name(original: Path, mark: FileMark, folders: list[Path]) -> Path | None:
    for folder in folders:
        if _has_mark(folder / original.name, mark):
            return folder / original.name
        try:
            with os.scandir(folder) as entries:
                names = [entry.name for entry in entries if entry.name.startswith(original.stem)]
        except OSError:
            continue
        for name in names:
            if _has_mark(folder / name, mark):
                return folder / name
    return None


def _require_windows_recycler(path: Path) -> None:
    """Only fixed drives have a recycle bin; elsewhere Windows deletes for good."""
    if sys.platform == "win32":
        import ctypes

        fixed = 3
        kind = ctypes.windll.kernel32.GetDriveTypeW(f"{path.drive}\\")
        if path.drive.startswith("\\\\") or kind != fixed:
            raise TrashError(
                f"{path.drive} has no recycle bin: Windows would delete {path.name} for good, "
                "which photofind never does. Delete it in the Explorer if you are sure."
            )
