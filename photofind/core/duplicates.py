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
from photofind.core.catalog_lists import HashTable
from photofind.core.duplicate_likeness import MOST_BITS, Likeness, confirmed
from photofind.core.duplicate_pairs import Pairs, Progress, near_vectors, no_pairs
from photofind.core.duplicate_rows import CopiedRows
from photofind.core.duplicate_stars import stars
from photofind.core.keeper import is_raw, keep_reason, quality, shot
from photofind.core.near_hashes import near_hashes
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
        ids = table.ids
        node_of, first = _by_content(table.content)
        copies = np.bincount(node_of, minlength=len(first))
        with CopiedRows(self._catalog, self._key, ids[first]) as rows:
            same, similar, floor = self._pairs(table, first, rows, tell)
        if cancelled is not None and cancelled():
            return NOTHING
        used = copies > 1
        for pairs in (same, similar):
            used[pairs.left] = used[pairs.right] = True
        found = self._candidates(ids, node_of, used, same, similar, floor)
        tell("Looking for similar shots")(len(ids), len(ids))
        return found

    def _pairs(
        self, table: HashTable, first: Ids, rows: CopiedRows, tell: Callable[[str], Progress]
    ) -> tuple[Pairs, Pairs, float]:
        """Nodes that are the same photo, those that are similar, and how similar at least."""
        with_row = np.flatnonzero(rows.present).astype(np.int32)
        likeness = Likeness.of(rows.only(with_row))
        hashed = np.flatnonzero(table.has_phash[first])
        # Of many equal hashes the largest pictures are preferred.
        hashed = hashed[np.argsort(-table.pixels[first][hashed], kind="stable")].astype(np.int32)
        near = near_hashes(table.phash[first][hashed], MOST_BITS, tell("Comparing pictures"))
        near = _ordered(Pairs(hashed[near.left], hashed[near.right], near.value))
        same = confirmed(near, rows, rows.present, likeness)
        near, floor = near_vectors(
            rows.only(with_row), likeness.cosine(SLIDER_FLOOR), tell("Looking for similar shots")
        )
        similar = Pairs(with_row[near.left], with_row[near.right], likeness.similarity(near.value))
        return same, similar, max(SLIDER_FLOOR, float(likeness.similarity(np.float32(floor))))

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
        left = set(self._catalog.still_known(ids).tolist())
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


def _by_content(content: npt.NDArray[np.uint8]) -> tuple[Ids, Ids]:
    """Photos (n, 16) of the same bytes as one: the node of each, and the first photo of a node."""
    halves = np.ascontiguousarray(content).view(np.uint64)
    order = np.lexsort((halves[:, 1], halves[:, 0]))
    ordered = halves[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    node_of = np.empty(len(order), np.int64)
    node_of[order] = np.cumsum(new) - 1
    return node_of, order[new]


def _ordered(pairs: Pairs) -> Pairs:
    return Pairs(
        np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right), pairs.value
    )


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
