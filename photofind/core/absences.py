"""Photos of the catalog whose file is no longer where it was.

Owns the holding time in which such a photo may turn up elsewhere, and the rule when so many are
missing that a drive is more likely to be at fault than the user. Absence is not deletion.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from photofind.core.catalog import KnownFile
from photofind.core.types import FileStamp

_Key = TypeVar("_Key")
Place = tuple[int, str]
"""A root's id and a key below it."""

LOSS_LIMIT = 0.20  # share of a root's photos that may vanish at once
LOSS_LEAST = 20  # roots with fewer photos may lose any number but all


@dataclass(frozen=True, slots=True)
class Absence:
    """One missing file. `meant`: the user excluded it, so it counts as no loss."""

    place: Place
    known: KnownFile
    since: float
    meant: bool = False


class Absences:
    """Missing files, by place, by identity and by size."""

    def __init__(self) -> None:
        self._items: dict[Place, Absence] = {}
        self._roots: defaultdict[int, dict[Place, Absence]] = defaultdict(dict)
        self._identities: defaultdict[tuple[int, int, int], set[Place]] = defaultdict(set)
        self._sizes: defaultdict[int, set[Place]] = defaultdict(set)
        self._latest: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, place: object) -> bool:
        return place in self._items

    def add(self, absence: Absence) -> None:
        self.discard(absence.place)
        self._items[absence.place] = absence
        self._roots[absence.place[0]][absence.place] = absence
        self._identities[identity(absence.known.stamp)].add(absence.place)
        self._sizes[absence.known.stamp.size].add(absence.place)
        root_id = absence.place[0]
        self._latest[root_id] = max(absence.since, self._latest.get(root_id, absence.since))

    def discard(self, place: Place) -> Absence | None:
        """It is there after all, or has been dealt with."""
        absence = self._items.pop(place, None)
        if absence is not None:
            stamp = absence.known.stamp
            del self._roots[place[0]][place]
            if not self._roots[place[0]]:
                del self._roots[place[0]]
            _leave(self._identities, identity(stamp), place)
            _leave(self._sizes, stamp.size, place)
        return absence

    def discard_root(self, root_id: int) -> None:
        for absence in list(self.of_root(root_id)):
            self.discard(absence.place)
        self._latest.pop(root_id, None)

    def roots(self) -> set[int]:
        return set(self._roots)

    def of_root(self, root_id: int) -> Iterator[Absence]:
        return iter(self._roots[root_id].values() if root_id in self._roots else ())

    def quiet_since(self, root_id: int) -> float:
        """When the latest absence of a root was noticed."""
        return self._latest.get(root_id, 0.0)

    def identical(self, stamp: FileStamp) -> Absence | None:
        """A missing file with this inode, size and time: the same file under another name."""
        if not stamp.inode:
            return None
        places = self._identities.get(identity(stamp))
        return self._items[min(places)] if places else None

    def has_size(self, size: int) -> bool:
        """Whether a file of this size is missing."""
        return size in self._sizes

    def has_any_size(self, root_id: int, sizes: set[int]) -> bool:
        """Whether a file of one of these sizes is missing below a root."""
        common = (size for size in sizes if size in self._sizes)
        return any(place[0] == root_id for size in common for place in self._sizes[size])

    def sizes(self) -> set[int]:
        return set(self._sizes)

    def same_content(self, size: int, content: bytes) -> Absence | None:
        """A missing file with this content."""
        same = (
            self._items[place]
            for place in sorted(self._sizes.get(size, ()))
            if self._items[place].known.content_hash == content
        )
        return next(same, None)


def _leave(places: defaultdict[_Key, set[Place]], key: _Key, place: Place) -> None:
    places[key].discard(place)
    if not places[key]:
        del places[key]


def identity(stamp: FileStamp) -> tuple[int, int, int]:
    """What stays the same when a file is renamed."""
    return stamp.inode, stamp.size, stamp.mtime_ns


def loss_reason(lost: int, known: int) -> str:
    """Why a root that lost `lost` of its `known` photos must be treated as offline; "" if not."""
    if not lost:
        return ""
    if lost >= known:
        return (
            f"None of its {known:,} photos is there any more."
            if known > 1
            else ("Its only photo is not there any more.")
        )
    if known >= LOSS_LEAST and lost > LOSS_LIMIT * known:
        return f"{lost:,} of its {known:,} photos are not there any more."
    return ""
