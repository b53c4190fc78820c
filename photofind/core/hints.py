"""Hints on their way to the indexer: the inbox other threads write to, and what waits to settle.

Owns the thread-safe queue and the rule that a file counts only when it has stood still for a
while. Looks at file stamps; compares nothing with the catalog.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from photofind.core.types import Change, FileStamp

RealPlace = tuple[int, str]
"""A root's id and a real relative path, not yet a key."""


class Inbox:
    """Changes from any thread, and one bell for everything that wakes the index thread."""

    def __init__(self) -> None:
        self._changes: deque[Change] = deque()
        self._bell = threading.Event()

    def put(self, change: Change) -> None:
        """Thread-safe."""
        self._changes.append(change)
        self._bell.set()

    def ring(self) -> None:
        """Wake the index thread. Thread-safe."""
        self._bell.set()

    def take(self) -> list[Change]:
        """All changes that have come, once each, in order."""
        taken: dict[Change, None] = {}
        while self._changes:
            taken[self._changes.popleft()] = None
        return list(taken)

    def wait(self, timeout: float) -> None:
        """Sleep until the bell rings or the time is over."""
        self._bell.wait(timeout)
        self._bell.clear()

    def __len__(self) -> int:
        return len(self._changes)


@dataclass(slots=True)
class _Waiting:
    stamp: FileStamp | None
    since: float
    insist: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """A file that has stood still. `stamp` None: it is not there (any more).

    `insist`: someone did something to it just now, so a former failure is worth another try.
    """

    root_id: int
    relpath: str
    stamp: FileStamp | None
    insist: bool


class Settling:
    """Files that may still be written to, until size and time have not moved for `seconds`."""

    def __init__(self, seconds: float, stamp_at: Callable[[RealPlace], FileStamp | None]) -> None:
        self._seconds = seconds
        self._stamp_at = stamp_at
        self._waiting: dict[RealPlace, _Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, place: RealPlace, now: float, *, insist: bool) -> FileStamp | None:
        """Begin, or begin again, to wait for a file; returns its stamp at this moment."""
        stamp = self._stamp_at(place)
        earlier = self._waiting.get(place)
        insist = insist or (earlier is not None and earlier.insist)
        self._waiting[place] = _Waiting(stamp, now, insist)
        return stamp

    def drop(self, places: Iterable[RealPlace]) -> None:
        for place in places:
            self._waiting.pop(place, None)

    def drop_root(self, root_id: int) -> None:
        self.drop([place for place in self._waiting if place[0] == root_id])

    def stamps(self) -> dict[RealPlace, FileStamp]:
        """What waits and is there, as it was when last looked at."""
        return {place: item.stamp for place, item in self._waiting.items() if item.stamp}

    def sizes(self) -> set[int]:
        return {item.stamp.size for item in self._waiting.values() if item.stamp}

    def take(self, now: float) -> list[Settled]:
        """Files that have stood still long enough; those that moved wait again."""
        settled: list[Settled] = []
        for place, item in list(self._waiting.items()):
            if now - item.since < self._seconds:
                continue
            stamp = self._stamp_at(place)
            if stamp is not None and stamp != item.stamp:
                item.stamp, item.since = stamp, now
                continue
            del self._waiting[place]
            settled.append(Settled(*place, stamp, item.insist))
        return settled
