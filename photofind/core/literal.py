"""Literal matches of words with file names, folders and cameras, and what they are worth.

Owns the meeting of exact names with meaning: "IMG_2034" must give that file first, while "dog"
gives photos of dogs first, with dog.jpg among them.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from photofind.core.catalog import Catalog
from photofind.core.ranking import Scale, Scores
from photofind.core.types import Filters
from photofind.core.whys import NO_WHYS, Whys

Ids = npt.NDArray[np.int64]

_MOST_RANKED = 10_000
_NAME_BONUS = 1.0  # spreads
_OTHER_BONUS = 0.25
_FILE_LIKE = re.compile(r"\S*(\d|_|\.(?:jpe?g|png|heic|tiff?|webp|gif|dng|cr2|nef|arw)$)\S*", re.I)


@dataclass(frozen=True, slots=True, eq=False)
class Literals:
    """Photos whose name, folders or camera hold the words, the latest additions first."""

    ids: Ids
    whys: Whys
    named: Ids
    """For a query that looks like a file name, else empty: 3 this name, 2 its beginning, 1 name,
    0 other."""

    def among(self, allowed: Ids) -> "Literals":
        """Those that are allowed."""
        kept = np.isin(self.ids, allowed)
        named = self.named[kept] if len(self.named) else self.named
        return Literals(self.ids[kept], self.whys.at(kept), named)


NONE = Literals(np.empty(0, np.int64), NO_WHYS, np.empty(0, np.int64))


def find_literals(catalog: Catalog, phrases: Sequence[str], filters: Filters) -> Literals:
    """Photos that match every phrase literally. One that looks like a file name means that file."""
    if not phrases:
        return NONE
    ids, whys = catalog.match_text(phrases[0], filters, _MOST_RANKED)
    if len(phrases) == 1 and is_file_like(phrases[0]):
        return Literals(ids, whys, _how_named(catalog, phrases[0], ids, whys))
    for phrase in phrases[1:]:
        others, their_whys = catalog.match_text(phrase, filters, _MOST_RANKED)
        both, here, there = np.intersect1d(ids, others, assume_unique=True, return_indices=True)
        ids = both[::-1]
        whys = whys.at(here[::-1]).followed_by(their_whys.at(there[::-1]))
    return Literals(ids, whys, NONE.named)


def is_file_like(phrase: str) -> bool:
    """Whether a phrase looks like a part of a file name rather than a description."""
    return _FILE_LIKE.fullmatch(phrase.strip()) is not None


def literal_scores(scores: Scores, whys: Whys, cut: float, scale: Scale) -> Scores:
    """What literal matches are worth on the scale of `scores` (NaN: not scored by content).

    Each is a match and so at least as good as the cut, those by name somewhat better; a bonus on
    top of a good content score puts dog.jpg among the dogs, and a folder of thousands behind them.
    """
    bonus = np.where(whys.holding("name"), _NAME_BONUS, _OTHER_BONUS) * scale.spread
    content = np.where(np.isnan(scores), -np.inf, scores)
    return np.maximum(content, cut).astype(np.float32) + bonus.astype(np.float32)


def _how_named(catalog: Catalog, phrase: str, ids: Ids, whys: Whys) -> Ids:
    wanted = _folded(phrase)
    named = np.zeros(len(ids), np.int64)
    by_name = np.flatnonzero(whys.holding("name"))
    names = map(_folded, catalog.names(ids[by_name].tolist()))
    for place, name in zip(by_name.tolist(), names, strict=True):
        exact = wanted in (name, name.rpartition(".")[0])
        named[place] = 3 if exact else 2 if name.startswith(wanted) else 1
    return named


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold().strip()
