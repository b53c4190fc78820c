"""What a look at the disk means for the catalog: new, changed, unchanged, missing, moved.

Pure comparisons of values; touches neither disk nor catalog.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from photofind.core.absences import Absence, Absences, Place, identity
from photofind.core.catalog import KnownFile
from photofind.core.disk import same_time
from photofind.core.scanner import FoundFile
from photofind.core.types import PhotoId


@dataclass(frozen=True, slots=True)
class Move:
    """A known photo that lies at another place now."""

    photo_id: PhotoId
    source: Place
    target: Place
    file: FoundFile


@dataclass(slots=True)
class Difference:
    """Found files against known ones. Each found file is in exactly one of the first five."""

    unchanged: list[KnownFile] = field(default_factory=list[KnownFile])
    restamped: list[tuple[KnownFile, FoundFile]] = field(
        default_factory=list[tuple[KnownFile, FoundFile]]
    )
    fresh: dict[Place, FoundFile] = field(default_factory=dict[Place, FoundFile])
    changed: dict[Place, tuple[FoundFile, KnownFile]] = field(
        default_factory=dict[Place, tuple[FoundFile, KnownFile]]
    )
    moves: list[Move] = field(default_factory=list[Move])
    missing: dict[Place, KnownFile] = field(default_factory=dict[Place, KnownFile])
    overwritten: list[PhotoId] = field(default_factory=list[PhotoId])


def compare(
    root_id: int, files: Mapping[str, FoundFile], known: Mapping[str, KnownFile]
) -> Difference:
    """Compare by size and time. An inode alone says nothing: some drives give new ones each time
    they are plugged in."""
    difference = Difference()
    for key, file in files.items():
        there = known.get(key)
        if there is None:
            if not file.cloud_only:
                difference.fresh[root_id, key] = file
        elif file.cloud_only or there.stamp == file.stamp:
            difference.unchanged.append(there)
        elif same_time(there.stamp, file.stamp):
            if file.stamp.inode:
                difference.restamped.append((there, file))
            else:
                difference.unchanged.append(there)
        else:
            difference.changed[root_id, key] = file, there
    for key, there in known.items():
        if key not in files:
            difference.missing[root_id, key] = there
    return difference


def find_moves(difference: Difference, absences: Absences) -> None:
    """Find missing photos among the new files by inode, size and time.

    Takes them out of `fresh`, `changed` and `absences` and puts them into `moves`. A photo whose
    place was taken by another file may have moved, too; where it has not, and its place was taken
    by a photo that did, it is `overwritten`.
    """
    displaced = {
        identity(there.stamp): (place, there)
        for place, (file, there) in difference.changed.items()
        if there.stamp.inode and there.stamp.inode != file.stamp.inode
    }
    targets = {
        **difference.fresh,
        **{
            place: file
            for place, (file, there) in difference.changed.items()
            if there.stamp.inode != file.stamp.inode
        },
    }
    gone_away: set[Place] = set()
    for target, file in targets.items():
        source = _source(file, absences, displaced)
        if source is None:
            continue
        place, there = source
        gone_away.add(place)
        difference.moves.append(Move(there.photo_id, place, target, file))
    _settle_places(difference, gone_away)


def _source(
    file: FoundFile,
    absences: Absences,
    displaced: dict[tuple[int, int, int], tuple[Place, KnownFile]],
) -> tuple[Place, KnownFile] | None:
    absence = absences.identical(file.stamp)
    if absence is not None:
        absences.discard(absence.place)
        return absence.place, absence.known
    return displaced.pop(identity(file.stamp), None) if file.stamp.inode else None


def _settle_places(difference: Difference, gone_away: set[Place]) -> None:
    reached = {move.target for move in difference.moves}
    for target in reached:
        difference.fresh.pop(target, None)
        occupied = difference.changed.pop(target, None)
        if occupied is not None and target not in gone_away:
            difference.overwritten.append(occupied[1].photo_id)
    for place in gone_away - reached:
        left = difference.changed.pop(place, None)
        if left is not None:
            difference.fresh[place] = left[0]


def likely_lost(absences: Iterable[Absence], fresh: Mapping[Place, FoundFile]) -> int:
    """How many are missing for sure: a new file of the same size may be a photo that moved."""
    sizes = Counter(file.stamp.size for file in fresh.values())
    lost = 0
    for absence in absences:
        size = absence.known.stamp.size
        if sizes[size] > 0:
            sizes[size] -= 1
        elif not absence.meant:
            lost += 1
    return lost
