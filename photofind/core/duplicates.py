"""Finds photos of which one is enough: identical files, the same photo, similar shots.

`collect` reads the library once and keeps every pair that could matter; `group` forms groups for
one position of the slider from those arrays alone. Files of the same bytes go through the search
as one; where they are part of a larger group they stand behind their keeper. So a photo is offered
for removal in one group only, and a keeper may keep for one group of each kind.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from photofind.core.catalog import Catalog
from photofind.core.duplicate_likeness import MOST_BITS, Likeness, confirmed
from photofind.core.duplicate_pairs import Pairs, near_hashes, near_vectors, no_pairs
from photofind.core.duplicate_stars import stars
from photofind.core.keeper import is_raw, keep_reason, quality, shot
from photofind.core.presence import still_known
from photofind.core.types import (
    DuplicateGroup,
    DuplicateKind,
    DuplicateMember,
    Photo,
)

SLIDER_FLOOR = 0.80
"""The least similarity that `group` can be asked for."""

_CHUNK = 4096

OnProgress = Callable[[str, int, int], None]
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Everything that groups are formed from. A node is one content: a file and its exact copies.

    `same` and `similar` hold positions of nodes; `same.value` is a similarity of 0 to 1.
    """

    nodes: tuple[tuple[Photo, ...], ...]  # each sorted, the one to keep first
    node_rank: npt.NDArray[np.int64]  # order of the nodes' keepers, 0 is the best
    same: Pairs
    similar: Pairs
    floor: float  # pairs less similar than this are not among `similar`


NOTHING = Candidates((), np.empty(0, np.int64), no_pairs(), no_pairs(), SLIDER_FLOOR)


class DuplicateFinder:
    """Looks for duplicates in one library, with the vectors of one encoder."""

    def __init__(self, catalog: Catalog, key: str) -> None:
        self._catalog = catalog
        self._key = key

    def collect(
        self, on_progress: OnProgress | None = None, cancelled: Callable[[], bool] | None = None
    ) -> Candidates:
        """Compare all photos. Cancelled, it returns no candidates."""

        def tell(what: str) -> Callable[[int, int], bool]:
            def goes_on(done: int, total: int) -> bool:
                if on_progress is not None:
                    on_progress(what, done, total)
                return cancelled is None or not cancelled()

            return goes_on

        table = self._catalog.hashes()
        contents = np.ascontiguousarray(table.content).view("V16").ravel()
        _, first, node_of, copies = np.unique(
            contents, return_index=True, return_inverse=True, return_counts=True
        )
        ids = np.asarray(table.ids, np.int64)
        rows, has_row = self._rows(ids[first])
        with_row = np.flatnonzero(has_row).astype(np.int32)
        likeness = Likeness.of(rows[with_row])
        hashed = np.flatnonzero(table.has_phash[first]).astype(np.int32)
        near = near_hashes(table.phash[first][hashed], MOST_BITS, tell("Comparing pictures"))
        near = Pairs(hashed[near.left], hashed[near.right], near.value)
        same = confirmed(near, rows, has_row, likeness)
        near, floor = near_vectors(
            rows[with_row], likeness.cosine(SLIDER_FLOOR), tell("Looking for similar shots")
        )
        if cancelled is not None and cancelled():
            return NOTHING
        similar = Pairs(with_row[near.left], with_row[near.right], likeness.similarity(near.value))
        floor = max(SLIDER_FLOOR, float(likeness.similarity(np.float32(floor))))
        used = copies > 1
        for pairs in (same, similar):
            used[pairs.left] = used[pairs.right] = True
        found = self._candidates(ids, node_of, used, same, similar, floor)
        tell("Looking for similar shots")(len(ids), len(ids))
        return found

    def group(self, candidates: Candidates, similarity: float = 0.92) -> list[DuplicateGroup]:
        """Groups for one threshold of similarity, those that free most bytes first.

        What was decided or removed since `collect` is honoured. No group is a chain: every member
        matches the one that is kept.
        """
        nodes = self._remaining(candidates)
        rank = candidates.node_rank
        free = np.array([bool(photos) for photos in nodes], np.bool_)
        refused = self._refused(nodes)
        groups: list[DuplicateGroup] = [
            group
            for photos in nodes
            if (group := _group(DuplicateKind.IDENTICAL, photos, [1.0] * len(photos)))
        ]
        similar = candidates.similar.where(candidates.similar.value >= similarity)
        for kind, pairs in (
            (DuplicateKind.SAME_PHOTO, candidates.same),
            (DuplicateKind.SIMILAR, similar),
        ):
            if refused:
                pairs = pairs.where(_not_refused(pairs, refused))
            for centre, members, values in stars(pairs, rank, free):
                photos = [nodes[centre][0], *(nodes[i][0] for i in members)]
                if group := _group(kind, photos, [1.0, *values]):
                    groups.append(group)
                    free[members] = False
        return sorted(groups, key=freed_bytes, reverse=True)

    def _rows(self, ids: Ids) -> tuple[npt.NDArray[np.float16], npt.NDArray[np.bool_]]:
        """One float16 row per id, zeros where it has no vector, and which have one."""
        order = np.argsort(ids)
        ordered = ids[order]
        rows: npt.NDArray[np.float16] | None = None
        has_row = np.zeros(len(ids), np.bool_)
        for found, vectors, _ in self._catalog.iter_vectors(self._key):
            if rows is None:
                rows = np.zeros((len(ids), vectors.shape[1]), np.float16)
            at = np.minimum(np.searchsorted(ordered, found), max(len(ids) - 1, 0))
            known = ordered[at] == found if len(ids) else np.zeros(len(found), np.bool_)
            rows[order[at[known]]] = vectors[known]
            has_row[order[at[known]]] = True
        return (np.zeros((len(ids), 1), np.float16) if rows is None else rows), has_row

    def _candidates(
        self,
        ids: Ids,
        node_of: npt.NDArray[np.int64],
        used: npt.NDArray[np.bool_],
        same: Pairs,
        similar: Pairs,
        floor: float,
    ) -> Candidates:
        """Keep only the nodes that occur in a pair or have copies, and read their photos."""
        wanted = used[node_of]
        position = np.cumsum(used) - 1
        photos: list[list[Photo]] = [[] for _ in range(int(used.sum()))]
        nodes_wanted: list[int] = position[node_of[wanted]].tolist()
        place: dict[int, int] = dict(zip(ids[wanted].tolist(), nodes_wanted, strict=True))
        chosen = np.fromiter(place, np.int64, len(place))
        for start in range(0, len(chosen), _CHUNK):
            for photo in self._catalog.photos(chosen[start : start + _CHUNK].tolist()):
                photos[place[photo.photo_id]].append(photo)
        nodes = tuple(tuple(_without_links(node)) for node in photos)
        best = sorted(range(len(nodes)), key=lambda i: quality(nodes[i][0]) if nodes[i] else (9,))
        rank = np.empty(len(nodes), np.int64)
        rank[best] = np.arange(len(nodes))
        same, similar = (
            pairs.where(_different_shots(pairs, nodes))
            for pairs in (_moved(same, position), _moved(similar, position))
        )
        return Candidates(nodes, rank, same, similar, floor)

    def _remaining(self, candidates: Candidates) -> list[tuple[Photo, ...]]:
        """The nodes without photos that have left the library meanwhile."""
        ids = np.array([p.photo_id for node in candidates.nodes for p in node], np.int64)
        left = set(still_known(self._catalog, ids).tolist())
        if len(left) == len(ids):
            return list(candidates.nodes)
        return [tuple(p for p in node if p.photo_id in left) for node in candidates.nodes]

    def _refused(self, nodes: list[tuple[Photo, ...]]) -> set[tuple[int, int]]:
        """Pairs of nodes, the lower first, that the user has told apart."""
        decisions = self._catalog.not_duplicates()
        if not decisions:
            return set()
        at = {node[0].hashes.content: i for i, node in enumerate(nodes) if node}
        pairs = ((at.get(a), at.get(b)) for a, b in decisions)
        return {(min(a, b), max(a, b)) for a, b in pairs if a is not None and b is not None}


def freed_bytes(group: DuplicateGroup) -> int:
    """What removing all but the keeper frees."""
    return sum(m.photo.stamp.size for m in group.members[1:] if not m.photo.offline)


def _without_links(photos: list[Photo]) -> list[Photo]:
    """Best first; of several names of one file only the best: removing one frees nothing, and
    where the others are links to it, nothing would be left."""
    kept: list[Photo] = []
    by_inode: defaultdict[int, list[Photo]] = defaultdict(list)
    for photo in sorted(photos, key=quality):
        others = by_inode[photo.stamp.inode]
        if photo.stamp.inode and any(_is_one_file(photo, other) for other in others):
            continue
        others.append(photo)
        kept.append(photo)
    return kept


def _is_one_file(one: Photo, other: Photo) -> bool:
    """Whether two photos of one inode are names of one file, and not files of two volumes."""
    if one.root_id == other.root_id:
        return True
    try:
        return one.path.samefile(other.path)
    except OSError:
        return False


def _moved(pairs: Pairs, position: npt.NDArray[np.int64]) -> Pairs:
    return Pairs(
        position[pairs.left].astype(np.int32), position[pairs.right].astype(np.int32), pairs.value
    )


def _different_shots(pairs: Pairs, nodes: Sequence[Sequence[Photo]]) -> npt.NDArray[np.bool_]:
    """Which pairs are not just RAW and JPEG of one press of the shutter."""
    raw = np.array([any(map(is_raw, node)) for node in nodes], np.bool_)
    keep = np.ones(len(pairs), np.bool_)
    for i in np.flatnonzero(raw[pairs.left] != raw[pairs.right]).tolist():
        left, right = nodes[int(pairs.left[i])], nodes[int(pairs.right[i])]
        keep[i] = not {shot(p) for p in left} & {shot(p) for p in right}
    return keep


def _not_refused(pairs: Pairs, refused: set[tuple[int, int]]) -> npt.NDArray[np.bool_]:
    a, b = np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right)
    codes = np.array([x << 32 | y for x, y in refused], np.int64)
    return ~np.isin(a.astype(np.int64) << 32 | b, codes)


def _group(
    kind: DuplicateKind, photos: Sequence[Photo], similarities: Iterable[float]
) -> DuplicateGroup | None:
    """A group of photos sorted best first; None where nothing in it could be removed."""
    if len(photos) < 2 or all(photo.offline for photo in photos[1:]):
        return None
    members = tuple(map(DuplicateMember, photos, map(float, similarities)))
    return DuplicateGroup(kind, photos[0].photo_id, keep_reason(*photos[:2]), members)
