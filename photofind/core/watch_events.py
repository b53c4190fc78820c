"""From watchdog's events to changes below one root. Starts and stops nothing."""

import logging
import os
from collections.abc import Callable, Iterator

from typing_extensions import override
from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)

from photofind.core.exclusions import Exclusions
from photofind.core.types import Change, ChangeKind, Root

log = logging.getLogger(__name__)

WATCHED_EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
]
_RULES = Exclusions()


class ChangeHandler(FileSystemEventHandler):
    """Turns watchdog's events into changes. Runs in the observer's thread: never raises."""

    def __init__(self, root: Root, on_change: Callable[[Change], None]) -> None:
        self._root_id = root.root_id
        self._on_change = on_change
        base = str(root.path)
        self._bases = tuple({base, os.path.realpath(base)})

    @override
    def dispatch(self, event: FileSystemEvent) -> None:
        try:
            for change in self._changes(event):
                self._on_change(change)
        except Exception:
            log.exception("a change could not be reported")

    def _changes(self, event: FileSystemEvent) -> Iterator[Change]:
        source = self._relative(event.src_path)
        if event.event_type == "moved":
            yield from self._gone(source, folder=event.is_directory)
            yield from self._touched(self._relative(event.dest_path), folder=event.is_directory)
        elif event.event_type == "deleted":
            yield from self._gone(source, folder=event.is_directory)
        elif event.event_type in ("created", "modified", "closed", "attrib"):
            yield from self._touched(source, folder=event.is_directory)

    def _gone(self, relpath: str | None, *, folder: bool) -> Iterator[Change]:
        if relpath is None:
            return
        # Windows does not say whether what was deleted was a folder.
        if folder or (os.name == "nt" and _RULES.skips(relpath)):
            yield from self._folder(relpath)
        elif not _RULES.skips(relpath):
            yield Change(self._root_id, relpath, ChangeKind.GONE)

    def _touched(self, relpath: str | None, *, folder: bool) -> Iterator[Change]:
        if relpath is None:
            return
        if folder:
            yield from self._folder(relpath)
        elif not _RULES.skips(relpath):
            yield Change(self._root_id, relpath, ChangeKind.TOUCHED)

    def _folder(self, relpath: str) -> Iterator[Change]:
        if not _RULES.skips(relpath, folder=True):
            yield Change(self._root_id, relpath, ChangeKind.FOLDER)

    def _relative(self, path: bytes | str) -> str | None:
        """The path below the root with "/" between parts; None where it is elsewhere."""
        text = os.fsdecode(path)
        for base in self._bases:
            if text == base:
                return ""
            prefix = base if base.endswith(os.sep) else base + os.sep
            if text.startswith(prefix):
                return text[len(prefix) :].replace(os.sep, "/")
        return None
