"""The state of one review of duplicates: what is kept, marked for the trash, or settled.

Owns the rule that the last copy of anything can never be marked. Knows no widgets and no files;
the window shows it and sends off what it decides.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from photofind.core.types import DuplicateGroup, DuplicateKind, DuplicateMember, Photo, PhotoId

KEPT = "This one is kept. Choose another to keep first (K)."
KEPT_ELSEWHERE = "This one is kept in another group."
LAST_COPY = "This is the last copy that can be reached."
OFFLINE = "Its drive is not connected."

ContentPair = tuple[bytes, bytes]
"""Two content hashes, the smaller first."""


@dataclass(frozen=True, slots=True)
class ReviewGroup:
    """A group as it stands in the review: two members or more, the one to keep among them."""

    kind: DuplicateKind
    keep: PhotoId
    keep_reason: str
    members: tuple[Photo, ...]
    similarities: tuple[float | None, ...]  # to the kept one; None where nobody measured it

    @property
    def ids(self) -> tuple[PhotoId, ...]:
        return tuple(photo.photo_id for photo in self.members)

    def position(self, photo_id: PhotoId) -> int:
        """Where a photo stands among the members; ValueError for a stranger."""
        return self.ids.index(photo_id)

    @property
    def spare_bytes(self) -> int:
        """What would be freed if only the kept one stayed."""
        return sum(p.stamp.size for p in self.members if p.photo_id != self.keep)


class DuplicateReview:
    """Decisions over groups of duplicates. Survives regrouping: nothing settled comes back."""

    def __init__(self) -> None:
        self._source: tuple[DuplicateGroup, ...] = ()
        self._gone: set[PhotoId] = set()
        self._trashed_from: list[frozenset[PhotoId]] = []
        self._dismissed: set[ContentPair] = set()
        self._dismissed_contents: set[bytes] = set()
        self._chosen: set[PhotoId] = set()
        self._marked: set[PhotoId] = set()
        self._photos: dict[PhotoId, Photo] = {}
        self._groups: list[ReviewGroup] = []
        self._sources: list[DuplicateGroup] = []  # one per group: what it was made from
        self._kept: Counter[PhotoId] = Counter()
        self._guards: list[frozenset[PhotoId]] = []  # the groups' first, in their order
        self._guards_of: dict[PhotoId, list[int]] = {}
        self._free: list[int] = []

    @property
    def groups(self) -> Sequence[ReviewGroup]:
        """Every group that still needs a decision."""
        return self._groups

    @property
    def settled(self) -> bool:
        """Whether anything was decided for good in this review."""
        return bool(self._gone or self._dismissed)

    @property
    def marked(self) -> tuple[PhotoId, ...]:
        """Photos marked for the trash, in the order of their groups."""
        order = dict.fromkeys(i for group in self._groups for i in group.ids)
        return tuple(photo_id for photo_id in order if photo_id in self._marked)

    @property
    def marked_count(self) -> int:
        return len(self._marked)

    @property
    def marked_bytes(self) -> int:
        return sum(self._photos[photo_id].stamp.size for photo_id in self._marked)

    def set_groups(self, groups: Iterable[DuplicateGroup]) -> None:
        """Take a new grouping; marks and chosen keepers stay where they still make sense."""
        self._source = tuple(groups)
        self._rebuild()

    def is_marked(self, photo_id: PhotoId) -> bool:
        return photo_id in self._marked

    def counts(self) -> dict[DuplicateKind, int]:
        """Number of groups by kind; every kind has an entry."""
        return {kind: sum(g.kind is kind for g in self._groups) for kind in DuplicateKind}

    def why_not(self, photo_id: PhotoId, group: ReviewGroup | None = None) -> str:
        """Why a photo cannot be marked, in words for the user; "" when it can be."""
        photo = self._photos.get(photo_id)
        if photo is None or photo_id in self._gone:
            return "It is no longer here."
        if self._kept[photo_id]:
            here = group is None or group.keep == photo_id
            return KEPT if here else KEPT_ELSEWHERE
        if photo.offline:
            return OFFLINE
        if photo_id not in self._marked and self._is_last(photo_id):
            return LAST_COPY
        return ""

    def mark(self, photo_id: PhotoId) -> bool:
        """Mark for the trash; False where the rule forbids it."""
        if photo_id in self._marked:
            return True
        if self.why_not(photo_id):
            return False
        self._marked.add(photo_id)
        self._count_free(photo_id, -1)
        return True

    def unmark(self, photo_id: PhotoId) -> None:
        if photo_id in self._marked:
            self._marked.remove(photo_id)
            self._count_free(photo_id, +1)

    def mark_all_but_keeper(self, group: ReviewGroup) -> int:
        """Mark what may be marked in one group; returns how many are marked in it."""
        return sum(self.mark(photo_id) for photo_id in group.ids)

    def mark_all_but_keepers(self, kind: DuplicateKind | None = None) -> int:
        """The same for every group of a kind (None: of all); returns how many marks there are."""
        for group in self._groups:
            if kind is None or group.kind is kind:
                self.mark_all_but_keeper(group)
        return self.marked_count

    def unmark_group(self, group: ReviewGroup) -> None:
        for photo_id in group.ids:
            self.unmark(photo_id)

    def unmark_all(self) -> None:
        for photo_id in tuple(self._marked):
            self.unmark(photo_id)

    def set_keeper(self, group: ReviewGroup, photo_id: PhotoId) -> None:
        """Keep another one. If it was marked, the mark changes places with it."""
        if photo_id == group.keep or photo_id not in group.ids:
            return
        swap = photo_id in self._marked
        self.unmark(photo_id)
        self._chosen -= set(group.ids)
        self._chosen.add(photo_id)
        guards = {index for each in group.ids for index in self._guards_of[each]}
        for index in guards & set(range(len(self._groups))):
            self._groups[index] = self._reviewed(self._sources[index]) or self._groups[index]
        self._kept = Counter(each.keep for each in self._groups)
        for kept in self._marked & self._kept.keys():
            self.unmark(kept)
        if swap:
            self.mark(group.keep)

    def dismiss_photo(self, group: ReviewGroup, photo_id: PhotoId) -> list[ContentPair]:
        """Say that one member is not a duplicate of the others; returns the pairs to remember."""
        outsider = group.members[group.position(photo_id)]
        others = (photo for photo in group.members if photo.photo_id != photo_id)
        return self._dismiss(_pair(outsider, other) for other in others)

    def dismiss_group(self, group: ReviewGroup) -> list[ContentPair]:
        """Say that no two members are duplicates; returns the pairs to remember."""
        return self._dismiss(
            _pair(one, other)
            for index, one in enumerate(group.members)
            for other in group.members[index + 1 :]
        )

    def remove(self, ids: Iterable[PhotoId]) -> None:
        """Photos have left, to the trash or otherwise: groups shrink, groups of one vanish."""
        leaving = set(ids)
        self._trashed_from += [
            frozenset(group.ids) for group in self._groups if not leaving.isdisjoint(group.ids)
        ]
        self._gone |= leaving
        self._rebuild(self._contents(leaving))

    def restore(self, ids: Iterable[PhotoId]) -> None:
        """Photos are back from the trash, and so are their groups."""
        back = set(ids)
        self._gone -= back
        self._trashed_from = [g for g in self._trashed_from if not g.isdisjoint(self._gone)]
        self._rebuild(self._contents(back))

    def _dismiss(self, pairs: Iterable[ContentPair]) -> list[ContentPair]:
        remembered = sorted(set(pairs))
        contents = {content for pair in remembered for content in pair}
        self._dismissed.update(remembered)
        self._dismissed_contents |= contents
        self._rebuild(contents)
        return remembered

    def _contents(self, ids: Iterable[PhotoId]) -> set[bytes]:
        return {self._photos[i].hashes.content for i in ids if i in self._photos}

    def _rebuild(self, changed: set[bytes] | None = None) -> None:
        """Make the groups anew; with `changed`, only those that hold one of these contents."""
        wanted, self._marked = self._marked, set()
        before = dict(zip(map(id, self._sources), self._groups, strict=True))
        reviewed = [
            (source, group)
            for source in self._source
            if (group := self._unchanged(source, before, changed) or self._reviewed(source))
        ]
        self._sources = [source for source, _ in reviewed]
        self._groups = [group for _, group in reviewed]
        self._photos.update((p.photo_id, p) for group in self._groups for p in group.members)
        here = {photo_id for group in self._groups for photo_id in group.ids}
        self._kept = Counter(group.keep for group in self._groups)
        self._guards = [frozenset(group.ids) for group in self._groups]
        self._guards += [group - self._gone for group in self._trashed_from]
        self._guards_of = defaultdict(list)
        for index, guard in enumerate(self._guards):
            for photo_id in guard:
                self._guards_of[photo_id].append(index)
        self._free = [sum(map(self._can_be_reached, guard)) for guard in self._guards]
        for photo_id in wanted & here:
            self.mark(photo_id)

    @staticmethod
    def _unchanged(
        source: DuplicateGroup, before: dict[int, ReviewGroup], changed: set[bytes] | None
    ) -> ReviewGroup | None:
        if changed is None or any(m.photo.hashes.content in changed for m in source.members):
            return None
        return before.get(id(source))

    def _reviewed(self, source: DuplicateGroup) -> ReviewGroup | None:
        members = self._undismissed(
            [m for m in source.members if m.photo.photo_id not in self._gone]
        )
        if len(members) < 2:
            return None
        photos = tuple(member.photo for member in members)
        keep, reason = self._keeper(source, photos)
        return ReviewGroup(source.kind, keep, reason, photos, _similarities(source, members, keep))

    def _undismissed(self, members: list[DuplicateMember]) -> list[DuplicateMember]:
        """Leave out, most contradicted first, until no two members were called no duplicates."""
        suspects = [m for m in members if m.photo.hashes.content in self._dismissed_contents]
        if not suspects:
            return members
        conflicts = {
            m.photo.photo_id: {
                other.photo.photo_id
                for other in suspects
                if other is not m and _pair(m.photo, other.photo) in self._dismissed
            }
            for m in suspects
        }
        out: set[PhotoId] = set()
        while conflicts and max(map(len, conflicts.values())):
            worst = max(reversed(conflicts), key=lambda photo_id: len(conflicts[photo_id]))
            for other in conflicts.pop(worst):
                conflicts[other].discard(worst)
            out.add(worst)
        return [m for m in members if m.photo.photo_id not in out]

    def _keeper(self, source: DuplicateGroup, photos: Sequence[Photo]) -> tuple[PhotoId, str]:
        ids = [photo.photo_id for photo in photos]
        for photo_id in ids:
            if photo_id in self._chosen:
                return photo_id, "your choice"
        if source.keep in ids:
            return source.keep, source.keep_reason
        return ids[0], "next best"

    def _can_be_reached(self, photo_id: PhotoId) -> bool:
        photo = self._photos.get(photo_id)
        return photo is not None and not photo.offline and photo_id not in self._gone

    def _is_last(self, photo_id: PhotoId) -> bool:
        return any(self._free[index] < 2 for index in self._guards_of.get(photo_id, ()))

    def _count_free(self, photo_id: PhotoId, change: int) -> None:
        for index in self._guards_of.get(photo_id, ()):
            self._free[index] += change


def _pair(one: Photo, other: Photo) -> ContentPair:
    first, second = sorted((one.hashes.content, other.hashes.content))
    return first, second


def _similarities(
    source: DuplicateGroup, members: Sequence[DuplicateMember], keep: PhotoId
) -> tuple[float | None, ...]:
    """Cosines to the kept photo. The finder measured them to its own choice only."""
    if source.kind is DuplicateKind.IDENTICAL or keep == source.keep:
        return tuple(member.similarity for member in members)
    kept = next(m for m in members if m.photo.photo_id == keep)
    to_keep = {keep: 1.0, source.keep: kept.similarity}
    return tuple(to_keep.get(member.photo.photo_id) for member in members)
