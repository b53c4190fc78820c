"""What lies below a root right now: names and stamps of the files that are looked at.

Owns walking the file system and how names become keys. Opens no file, knows no catalog: what a
difference means is decided in `reconcile`.
"""

import errno
import os
import time
import unicodedata
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from photofind.core.disk import is_listed, stamp_of, why_unusable
from photofind.core.exclusions import Exclusions, is_cloud_only, is_hidden, own_folders
from photofind.core.types import FileStamp, Root

TWIN_MARK = "\0"  # in no name; what follows it in a key is no part of the name

_PAUSE_EVERY = 1000  # entries of one folder between two looks at the clock


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file below a root. `cloud_only`: its content is elsewhere and must not be fetched."""

    raw_relpath: bytes  # os.fsencode of its path below the root, with "/" between parts
    stamp: FileStamp
    cloud_only: bool = False


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What one scan found, by key.

    `unread` holds the keys of folders whose content could not be seen ("" is everything): of what
    is below them nothing is known. `missing` says in plain words why the root cannot be used.
    """

    root_id: int
    below: str  # key of the folder that was scanned, "" for the root
    files: dict[str, FoundFile]
    errors: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    missing: str = ""

    @property
    def complete(self) -> bool:
        """Whether absence from `files` means absence from the disk, everywhere."""
        return not self.unread and not self.missing

    def has_seen(self, key: str) -> bool:
        """Whether the scan knows if there is a file of this key."""
        return not self.missing and not any(is_below(key, folder) for folder in self.unread)


def key_of(relpath: str) -> str:
    """The key of a relative path: NFC, so that one name has one key on every file system."""
    return relpath if relpath.isascii() else unicodedata.normalize("NFC", relpath)


def key_at(base: Path, relpath: str) -> str:
    """The key of a path below `base`, which need not be there (any more).

    Where a folder holds both forms of one name, as folders from a Mac may on other systems, the
    NFC one has the plain key. Looks at the disk only for names that are in another form.
    """
    if key_of(relpath) == relpath:
        return relpath
    parts: list[str] = []
    folder = base
    for name in relpath.split("/"):
        plain = key_of(name)
        has_twin = plain != name and is_listed(folder / plain)
        parts.append(_twin_key(name) if has_twin else plain)
        folder /= name
    return "/".join(parts)


def _twin_key(name: str) -> str:
    """The key of a name whose NFC form is another file's: told apart by its bytes."""
    return f"{key_of(name)}{TWIN_MARK}{os.fsencode(name).hex()}"


def is_below(key: str, folder: str) -> bool:
    """Whether a key is that of a folder, or of something in it. "" is the root."""
    return not folder or key == folder or key.startswith(folder + "/")


class Scanner:
    """Walks roots. `cancelled` is asked now and then; a cancelled scan is not complete."""

    def __init__(self, cancelled: Callable[[], bool] = lambda: False) -> None:
        self._cancelled = cancelled

    def scan(self, root: Root, below: str = "") -> ScanResult:
        """Look at a root, or at one folder of it (its real relative path, "/" between parts)."""
        scan = self.start(root, below)
        while not scan.advance(60.0):
            pass
        return scan.result()

    def start(self, root: Root, below: str = "") -> "Scan":
        """A scan that is carried out piece by piece."""
        return Scan(root, below, self._cancelled)


@dataclass(slots=True)
class Scan:
    """One scan under way. Real folders come first, links to folders after all of them."""

    root: Root
    below: str
    cancelled: Callable[[], bool]
    _files: dict[str, FoundFile] = field(default_factory=dict[str, FoundFile])
    _errors: list[str] = field(default_factory=list[str])
    _unread: list[str] = field(default_factory=list[str])
    _missing: str = ""
    _base: str = ""
    _real_base: str = ""
    _rules: Exclusions = field(default_factory=Exclusions)
    _folders: list[str] = field(default_factory=list[str])
    _links: deque[str] = field(default_factory=deque[str])
    _keys: dict[str, str] = field(default_factory=dict[str, str])  # of folders to be looked into
    _seen: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    _walk: Iterator[None] | None = None

    @property
    def found(self) -> int:
        """Files found so far."""
        return len(self._files)

    def result(self) -> ScanResult:
        return ScanResult(
            root_id=self.root.root_id,
            below=self._below_key(),
            files=self._files,
            errors=tuple(self._errors),
            unread=tuple(self._unread),
            missing=self._missing,
        )

    def _below_key(self) -> str:
        return key_at(self.root.path, self.below)

    def advance(self, seconds: float) -> bool:
        """Go on for about this long; True when there is nothing left to look at."""
        deadline = time.monotonic() + seconds
        if self._walk is None:
            self._walk = self._look_around()
        for _ in self._walk:
            if self.cancelled():
                self._unread.append(self._below_key())
                return True
            if time.monotonic() >= deadline:
                return False
        return True

    def _look_around(self) -> Iterator[None]:
        """Look at everything; yields now and then."""
        self._base = str(self.root.path)
        self._rules = Exclusions(self.root.excluded)
        self._missing = why_unusable(self._base)
        if self._missing:
            return
        self._real_base = os.path.realpath(self._base)
        if not self._rules.skips(self.below, folder=True):
            self._keys[self.below] = self._below_key()
            self._folders.append(self.below)
        while (relpath := self._next_folder()) is not None:
            yield from self._look_into(relpath)
            yield

    def _next_folder(self) -> str | None:
        if self._folders:
            return self._folders.pop()
        while self._links:
            link = self._links.popleft()
            if not self._leads_inside(link):
                return link
        return None

    def _leads_inside(self, link: str) -> bool:
        """Whether a link leads into the root or to a folder above it: that would be a loop."""
        target = os.path.realpath(self._absolute(link))
        return _contains(self._real_base, target) or _contains(target, self._real_base)

    def _absolute(self, relpath: str) -> str:
        return os.path.join(self._base, relpath) if relpath else self._base  # noqa: PTH118

    def _look_into(self, relpath: str) -> Iterator[None]:
        path = self._absolute(relpath)
        folder_key = self._keys.pop(relpath)
        try:
            status = os.stat(path)  # noqa: PTH116
            identity = (status.st_dev, status.st_ino)
            if status.st_ino and identity in self._seen:
                return
            self._seen.add(identity)
            with os.scandir(path) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self._could_not_read(relpath, folder_key, error)
            return
        names = {entry.name for entry in listed}
        skipped = own_folders(names, is_root=not relpath)
        if skipped is None:
            return
        parent = relpath.rpartition("/")[2]
        for position, entry in enumerate(listed, start=1):
            if position % _PAUSE_EVERY == 0:
                yield
            if entry.name not in skipped:
                place = f"{relpath}/{entry.name}" if relpath else entry.name
                plain = key_of(entry.name)
                name = _twin_key(entry.name) if plain != entry.name and plain in names else plain
                self._consider(entry, place, f"{folder_key}/{name}" if folder_key else name, parent)

    def _could_not_read(self, relpath: str, key: str, error: OSError) -> None:
        gone = error.errno in (errno.ENOENT, errno.ENOTDIR)
        if gone and not os.path.lexists(self._absolute(relpath)):
            return
        self._unread.append(key)
        reason = "no permission" if isinstance(error, PermissionError) else error.strerror
        self._errors.append(f"{self._absolute(relpath)} could not be read: {reason}")

    def _consider(self, entry: "os.DirEntry[str]", relpath: str, key: str, parent: str) -> None:
        try:
            if entry.is_dir(follow_symlinks=False):
                if not self._skips_folder(entry, relpath, parent):
                    self._keys[relpath] = key
                    self._folders.append(relpath)
            elif not self._rules.skips_file(entry.name, relpath):
                if entry.is_file():
                    self._add(relpath, key, entry.stat())
                elif entry.is_symlink():
                    self._consider_link(entry, relpath, key, parent)
            elif entry.is_symlink():
                self._consider_link(entry, relpath, key, parent)
        except FileNotFoundError:
            pass
        except OSError as error:
            self._could_not_read(relpath, key, error)

    def _consider_link(
        self, entry: "os.DirEntry[str]", relpath: str, key: str, parent: str
    ) -> None:
        if self._rules.skips_folder(entry.name, relpath, parent):
            return
        if entry.is_dir():
            self._keys[relpath] = key
            self._links.append(relpath)
        elif not entry.is_file():
            self._unread.append(key)  # leads nowhere now: maybe an unplugged drive

    def _skips_folder(self, entry: "os.DirEntry[str]", relpath: str, parent: str) -> bool:
        if self._rules.skips_folder(entry.name, relpath, parent):
            return True
        return os.name == "nt" and is_hidden(entry.stat(follow_symlinks=False))

    def _add(self, relpath: str, key: str, status: os.stat_result) -> None:
        if not is_hidden(status):
            raw = os.fsencode(relpath)
            self._files[key] = FoundFile(raw, stamp_of(status), is_cloud_only(status))


def _contains(folder: str, path: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
