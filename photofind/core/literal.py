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

Ids = npt.NDArray[np.int64]
Why = tuple[str, ...]

_MOST_RANKED = 10_000
_NAME_BONUS = 1.0  # spreads
_OTHER_BONUS = 0.25
_FILE_LIKE = re.compile(r"\S*(\d|_|\.(?:jpe?g|png|heic|tiff?|webp|gif|dng|cr2|nef|arw)$)\S*", re.I)


@dataclass(frozen=True, slots=True)
class Literals:
    """Photos whose name, folders or camera hold the words."""

    whys: dict[int, Why]  # by photo id
    named: dict[int, int]  # for a file-like query: 3 this name, 2 its beginning, 1 name, 0 other

    @property
    def ids(self) -> Ids:
        return np.fromiter(self.whys, np.int64, len(self.whys))


NONE = Literals({}, {})


def find_literals(catalog: Catalog, phrases: Sequence[str], filters: Filters) -> Literals:
    """Photos that match every phrase literally. One that looks like a file name means that file."""
    if not phrases:
        return NONE
    whys: dict[int, Why] | None = None
    for phrase in phrases:
        found = dict(catalog.match_text(phrase, filters, _MOST_RANKED))
        if whys is not None:
            found = {i: (*whys[i], *why) for i, why in found.items() if i in whys}
        whys = found
    assert whys is not None
    named: dict[int, int] = {}
    if len(phrases) == 1 and is_file_like(phrases[0]):
        named = _how_named(catalog, phrases[0], whys)
    return Literals({i: tuple(dict.fromkeys(why)) for i, why in whys.items()}, named)


def is_file_like(phrase: str) -> bool:
    """Whether a phrase looks like a part of a file name rather than a description."""
    return _FILE_LIKE.fullmatch(phrase.strip()) is not None


def literal_scores(scores: Scores, whys: Sequence[Why], cut: float, scale: Scale) -> Scores:
    """What literal matches are worth on the scale of `scores` (NaN: not scored by content).

    Each is a match and so at least as good as the cut, those by name somewhat better; a bonus on
    top of a good content score puts dog.jpg among the dogs, and a folder of thousands behind them.
    """
    by_name = np.array(["name" in why for why in whys], np.bool_)
    bonus = np.where(by_name, _NAME_BONUS, _OTHER_BONUS) * scale.spread
    content = np.where(np.isnan(scores), -np.inf, scores)
    return np.maximum(content, cut).astype(np.float32) + bonus.astype(np.float32)


def _how_named(catalog: Catalog, phrase: str, whys: dict[int, Why]) -> dict[int, int]:
    wanted = _folded(phrase)
    named = dict.fromkeys(whys, 0)
    for photo in catalog.photos([i for i, why in whys.items() if "name" in why]):
        name = _folded(photo.name)
        exact = wanted in (name, name.rpartition(".")[0])
        named[photo.photo_id] = 3 if exact else 2 if name.startswith(wanted) else 1
    return named


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold().strip()
