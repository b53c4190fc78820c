"""The photos nearest to a term: how many of them a search needs, and those.

The index finds as many as it is asked for, and takes longer the more that are. So how many match is
foretold from the background, the cosines of photos that stand for all.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from photofind.core.query_vectors import EncodedTerm
from photofind.core.ranking import (
    LEAST_SHOWN,
    MOST_WEAK,
    Scale,
    Scores,
    count_shown,
    find_cut,
    foretell_cut,
    measure,
    unwanted_from,
)
from photofind.core.vector_rows import Ids
from photofind.core.vectors import VectorIndex

SAMPLE = 4096  # photos that make up a term's background, at least
_NEAREST = 4  # photos, the first of which may be copies of what is looked for
_FEW = 20_000  # photos, of which all are asked for: where good matches end is then exact
_SHORT = 2000  # photos, which do not take longer than a first look for the nearest
_AMPLE = 1.25  # times as many as foretold are asked for
_BESIDE = MOST_WEAK + 100  # asked for beside those that match


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredTerm:
    """A term and how near it photos are."""

    term: EncodedTerm
    background: Scores
    scale: Scale

    def matching(self, nearest: Scores, photos: int) -> int:
        """How many of so many photos match well, told by the nearest ones, or some more."""
        if not len(nearest):
            return 0
        return self.reaching(foretell_cut(nearest, self.scale), photos)

    def reaching(self, level: float, photos: int) -> int:
        """How many of so many photos have at least this cosine, or some more."""
        share = np.count_nonzero(self.background >= level) / max(len(self.background), 1)
        return math.ceil(_AMPLE * share * photos)


class NearPhotos:
    """Asks an index; `allowed`, ascending, are the only photos that count, None means all."""

    def __init__(self, vectors: VectorIndex) -> None:
        self._vectors = vectors

    def measured(self, term: EncodedTerm) -> MeasuredTerm:
        """The term with its background, which is empty while the index is being loaded."""
        background = self._vectors.background(term.vector, SAMPLE)
        return MeasuredTerm(term, background, measure(background, term.usual))

    def to_be_shown(
        self, measured: MeasuredTerm, allowed: Ids | None, spare: int = 0
    ) -> tuple[Ids, Scores]:
        """The photos that match the term well, and the next nearest: mostly as many as would be
        shown, and at least `spare`. Best first, with their cosines.

        Of more than `_FEW` photos only those are looked at that good matches probably end among.
        """

        def are_enough(scores: Scores) -> bool:
            strong, _ = count_shown(scores, find_cut(scores, measured.scale))
            return strong + max(spare, LEAST_SHOWN) <= len(scores)

        count = self._foretold(measured, allowed) + spare
        return self._fetch(measured.term, count, allowed, are_enough)

    def unwanted(self, measured: MeasuredTerm, allowed: Ids | None) -> Ids:
        """All photos that show what a negative term names."""
        level = unwanted_from(measured.scale)
        count = measured.reaching(level, self._count(allowed)) + _BESIDE
        ids, scores = self._fetch(measured.term, count, allowed, lambda s: bool(s[-1] < level))
        return ids[scores >= level]

    def _fetch(
        self,
        term: EncodedTerm,
        count: int,
        allowed: Ids | None,
        are_enough: Callable[[Scores], bool],
    ) -> tuple[Ids, Scores]:
        """The `count` nearest photos, or more until they are enough."""
        while True:
            ids, scores = self._vectors.search(term.vector, count, allowed)
            if len(ids) < count or are_enough(scores):
                return ids, scores
            count *= 2

    def _foretold(self, measured: MeasuredTerm, allowed: Ids | None) -> int:
        """How many of the nearest photos are probably enough.

        The nearest ones say how near a match must be, and the background how many are. Those of the
        background are enough where by them few match; else the nearest of all are looked for first,
        because looking for too few of thousands costs more.
        """
        photos = self._count(allowed)
        if photos <= _FEW:
            return max(photos, 1)
        nearest = measured.background if allowed is None else np.empty(0, np.float32)
        if not len(nearest) or measured.matching(nearest, photos) > _SHORT:
            _, nearest = self._vectors.search(measured.term.vector, _NEAREST, allowed)
        return measured.matching(nearest, photos) + _BESIDE

    def _count(self, allowed: Ids | None) -> int:
        return len(self._vectors) if allowed is None else len(allowed)
