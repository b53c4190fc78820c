"""SQLite's errors as known errors, with what the user can do about each."""

import sqlite3
from pathlib import Path

from photofind.core.errors import CatalogCorruptError, LibraryBusyError, LibraryError

_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_UNUSABLE = {
    sqlite3.SQLITE_FULL: "the disk is full; make room and try again",
    sqlite3.SQLITE_READONLY: "it is read-only; check the permissions of its folder",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check the permissions of its folder",
    sqlite3.SQLITE_PERM: "there is no permission to use it",
    sqlite3.SQLITE_AUTH: "there is no permission to use it",
    sqlite3.SQLITE_IOERR: "reading or writing it failed; check the drive",
}


def explained(path: Path, error: sqlite3.Error) -> LibraryError | None:
    """The known error that stands for SQLite's; None where it is a bug of ours."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code in _CORRUPT:
        return CatalogCorruptError(corrupt_message(path, str(error)))
    if code in _BUSY:
        return LibraryBusyError(f"{path} is being used by another program; close it and try again.")
    if code in _UNUSABLE:
        return LibraryError(f"{path} is unusable: {_UNUSABLE[code]}.")
    return None


def corrupt_message(path: Path, detail: str) -> str:
    """What is wrong and what can be done about it."""
    aside = f'Move the files that begin with "{path.name}" aside and index your folders again'
    saved = backups(path)
    advice = f'{aside}, or put the backup "{saved[0].name}" in their place' if saved else aside
    return f"{path} is damaged ({detail}) and was left as it is. {advice}; your photos are safe."


def backups(path: Path) -> list[Path]:
    """Copies that were made of a file before its layout was changed, the newest first."""
    found = list(path.parent.glob(f"{path.stem}.before-v*{path.suffix}"))
    return sorted(found, key=lambda backup: backup.stat().st_mtime_ns, reverse=True)
