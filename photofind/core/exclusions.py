"""Which files and folders below a root are left alone.

Owns the built-in rules (hidden things, trash folders, other programs' caches and libraries) and
the user's glob patterns. It looks at names and file attributes only and opens nothing.
"""

import fnmatch
import os
import re
import stat
from collections.abc import Iterable, Sequence, Set

from photofind.core.formats import is_photo_name

_SKIPPED_FOLDERS = frozenset(
    {
        "@eadir",  # Synology's thumbnails
        "#recycle",
        "#snapshot",
        "@recycle",
        "@recently-snapshot",
        "$recycle.bin",
        "recycler",
        "system volume information",
        "lost+found",
        "__macosx",
        "__pycache__",
        "node_modules",
    }
)
_SKIPPED_SUFFIXES = (".lrdata", ".lrlibrary", ".cocatalogdb", ".app", ".bundle")
_ORIGINALS = frozenset({"originals", "masters"})
_PACKAGES = (".photoslibrary", ".migratedphotolibrary", ".photolibrary", ".aplibrary")
_LIBRARY_FILES = frozenset({"catalog.sqlite3", "thumbnails.sqlite3"})
_LIBRARY_FOLDERS = frozenset({"index", "models"})

_HIDDEN = stat.FILE_ATTRIBUTE_HIDDEN | stat.FILE_ATTRIBUTE_SYSTEM
_RECALL_ON_OPEN = 0x00040000
_RECALL_ON_DATA_ACCESS = 0x00400000
_CLOUD_ONLY = stat.FILE_ATTRIBUTE_OFFLINE | _RECALL_ON_OPEN | _RECALL_ON_DATA_ACCESS
_UF_HIDDEN = 0x00008000
_SF_DATALESS = 0x40000000


class Exclusions:
    """The rules for one root. Relative paths use "/" and are case-insensitive in patterns.

    A pattern without "/" is compared with every part of the path, one with "/" with the whole
    path from the root; a folder that matches is left out with everything below it.
    """

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        cleaned = [pattern.strip().removesuffix("/**").strip("/") for pattern in patterns]
        self._names = _compiled(pattern for pattern in cleaned if "/" not in pattern)
        self._paths = _compiled(pattern for pattern in cleaned if "/" in pattern)

    def skips_folder(self, name: str, relpath: str, parent: str = "") -> bool:
        """Whether a folder is left out; `parent` is the name of the folder that holds it."""
        folded = name.casefold()
        if name.startswith(".") or folded in _SKIPPED_FOLDERS:
            return True
        if folded.endswith(_SKIPPED_SUFFIXES):
            return True
        if parent.casefold().endswith(_PACKAGES) and folded not in _ORIGINALS:
            return True
        return self._matches(name, relpath)

    def skips_file(self, name: str, relpath: str) -> bool:
        """Whether a file is left out; true for everything that is not named like a photo."""
        return name.startswith(".") or not is_photo_name(name) or self._matches(name, relpath)

    def skips(self, relpath: str, *, folder: bool = False) -> bool:
        """Whether a path is left out, itself or through a folder above it."""
        parts = relpath.split("/") if relpath else []
        folders = parts if folder else parts[:-1]
        parent = ""
        for depth, name in enumerate(folders, start=1):
            if self.skips_folder(name, "/".join(parts[:depth]), parent):
                return True
            parent = name
        return bool(parts) and not folder and self.skips_file(parts[-1], relpath)

    def _matches(self, name: str, relpath: str) -> bool:
        if self._names is not None and self._names.match(name):
            return True
        return self._paths is not None and self._paths.match(relpath) is not None


def is_hidden(status: os.stat_result) -> bool:
    """Whether the system marks a file as hidden by an attribute (Windows, macOS)."""
    attributes = getattr(status, "st_file_attributes", 0) & _HIDDEN
    return bool(attributes or getattr(status, "st_flags", 0) & _UF_HIDDEN)


def is_cloud_only(status: os.stat_result) -> bool:
    """Whether reading the file would download it first (iCloud, OneDrive, Dropbox)."""
    attributes = getattr(status, "st_file_attributes", 0) & _CLOUD_ONLY
    return bool(attributes or getattr(status, "st_flags", 0) & _SF_DATALESS)


def own_folders(names: Set[str], *, is_root: bool) -> frozenset[str] | None:
    """Folders to leave out where photofind keeps its own data, told by its files.

    None: the whole folder is photofind's. A root is never left out as a whole.
    """
    if not names >= _LIBRARY_FILES:
        return frozenset()
    return _LIBRARY_FOLDERS if is_root else None


def _compiled(patterns: Iterable[str]) -> re.Pattern[str] | None:
    sources = [fnmatch.translate(pattern) for pattern in patterns if pattern]
    return re.compile("|".join(sources), re.IGNORECASE) if sources else None
