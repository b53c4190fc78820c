"""Turning cosines into one order with a cut. Pure arithmetic: no catalog, no index, no models.

Cosines of different terms cannot be added: CLIP puts words and pictures in different parts of its
space (Liang et al. 2022, "Mind the Gap"), a good match is 0.25 to words and 0.8 to a picture. So
each term is measured against its own background, its cosines to a sample of the library, and the
standardised scores are what is averaged. The same background tells where a match begins.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]

MOST_WEAK = 500
"""Weaker matches shown after the good ones."""
ANY_CENTRE = 1.0
"""No cosine is higher."""
LEAST_SHOWN = 24
"""Filled up with the next best where fewer are good, unless they mean nothing at all."""

_FITTED_PHOTOS = 10_000  # in the library that the encoders' floors are fitted to
_PRIOR_ROWS = 16  # how many library photos the assumed background counts for
_HALF_WAY = 0.5  # between the background and the best match
_GAP_BELOW, _GAP_ABOVE = 0.5, 0.25  # spreads: how far from it a cut may be moved into a gap
_USUAL_GAP = 0.15
_ROUNDING = 1e-3  # a cosine of the index (float16) against the same one in the background
_COPY = 0.97  # the queried picture itself or a copy: no measure for what is similar
_UNWANTED_FROM = 1.0  # spreads: what matches a negative term less than that is not touched


@dataclass(frozen=True, slots=True)
class Scale:
    """How the cosines of one term, or of a whole query, are spread over the library."""

    centre: float  # of what is usual: at most; ANY_CENTRE where that is not known
    spread: float
    floor: float  # a cosine under which a match means nothing for this encoder
    stands_out: float = 2.0  # how many spreads above the centre a match begins


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a list of scores, best first, ends."""

    strong: float  # good matches reach this score
    shown: float  # nothing below this is shown, apart from the least number
    nothing: float  # nothing below this is ever shown


def in_library(usual: Scale, photos: int) -> Scale:
    """The scale of words in a library of so many photos.

    The best of many chance matches reaches more than the best of few, by as much as the highest of
    n normal draws grows with n. Both limits are fitted to a large library; in a small one a match
    begins lower. Half of that growth gave a better F (precision counting twice) at every size from
    12 to 1,000 photos.
    """
    growth = max(_highest_draw(_FITTED_PHOTOS) - _highest_draw(photos), 0.0) / 2
    return replace(
        usual,
        floor=usual.floor - growth * usual.spread,
        stands_out=max(usual.stands_out - growth, 0.0),
    )


def _highest_draw(count: int) -> float:
    """About how many standard deviations the highest of `count` normal draws lies above them."""
    return math.sqrt(2 * math.log(max(count, 2)))


def measure(sample: Scores, usual: Scale) -> Scale:
    """The background of a term from its cosines to a sample of the library.

    Median and lower spread, because the upper end holds the matches. The spread of a small library
    is topped up with what is usual for the encoder. Neither is believed to be more than usual where
    the median is: in a library full of dogs it is a dog.
    """
    count = len(sample)
    if not count:
        return replace(usual, centre=min(usual.centre, usual.floor))
    centre, low = np.quantile(sample, (0.5, 0.1587))
    share = count / (count + _PRIOR_ROWS)
    variance = share * float(centre - low) ** 2 + (1 - share) * usual.spread**2
    spread = max(math.sqrt(variance), 1e-4)
    if centre <= usual.centre:
        return replace(usual, centre=float(centre), spread=spread)
    return replace(usual, spread=min(spread, usual.spread))


def fuse_scales(scales: Sequence[Scale], weights: Sequence[float]) -> Scale:
    """The scale on which `fuse` puts a query of these positive terms."""
    share = np.asarray(weights, np.float64) / np.sum(weights)
    centre = float(share @ [s.centre for s in scales])
    spread = float(share @ [s.spread for s in scales])
    floor = centre + spread * float(share @ [(s.floor - s.centre) / s.spread for s in scales])
    stands_out = float(share @ [s.stands_out for s in scales])
    return Scale(centre, spread * float(np.sqrt(share @ share)), floor, stands_out)


def fuse(scores: Scores, scales: Sequence[Scale], weights: Sequence[float]) -> Scores:
    """One score per photo from `scores` (terms, photos); a single positive term keeps its cosine.

    Weights below zero mark what is not wanted: it costs a photo only what it matches beyond the
    background, so photos that have nothing to do with it keep their place.
    """
    signs = np.asarray(weights, np.float64)
    wanted = signs > 0
    centres = np.array([s.centre for s in scales])
    spreads = np.array([s.spread for s in scales])
    standard = (scores - centres[:, None]) / spreads[:, None]
    share = signs[wanted] / signs[wanted].sum()
    excess = np.maximum(standard[~wanted] - _UNWANTED_FROM, 0.0)
    level = share @ standard[wanted] + signs[~wanted] @ excess
    return (share @ centres[wanted] + level * (share @ spreads[wanted])).astype(np.float32)


def find_cut(scores: Scores, scale: Scale) -> Cut:
    """Where good matches end in `scores`, sorted best first.

    A good match reaches the encoder's floor, stands out of the background, and comes nearer to the
    best match than to the background; thereabouts the cut falls into the widest gap, but never
    below the floor. Where none is good, none is called good, however far the best stands out.
    """
    noise = min(scale.centre, scale.floor)
    shown = scale.floor - scale.spread
    nothing = min(noise, scale.floor - 2 * scale.spread) - _ROUNDING
    if not len(scores):
        return Cut(scale.floor, shown, nothing)
    strong = _into_gap(scores, _line(_best(scores), scale), scale)
    return Cut(strong, shown, nothing)


def foretell_cut(nearest: Scores, scale: Scale) -> float:
    """Where good matches will probably end if there are thousands, told from the nearest ones.

    The widest gap is then near the upper end of where it may be, because scores lie sparser there.
    """
    return _line(_best(nearest), scale) + _USUAL_GAP * scale.spread


def _line(best: float, scale: Scale) -> float:
    """Where good matches begin, as far as the best one's score tells."""
    noise = min(scale.centre, scale.floor)
    stands_out = noise + scale.stands_out * scale.spread
    half_way = noise + _HALF_WAY * (best - noise)
    return max(scale.floor, stands_out, half_way)


def count_shown(scores: Scores, cut: Cut) -> tuple[int, int]:
    """How many of `scores`, sorted best first, are good, and how many are shown at all."""
    strong, shown, possible = (
        int(np.count_nonzero(scores >= level)) for level in (cut.strong, cut.shown, cut.nothing)
    )
    return strong, min(max(shown, min(LEAST_SHOWN, possible)), strong + MOST_WEAK)


def unwanted_from(scale: Scale) -> float:
    """The cosine from which a photo counts as showing what is not wanted."""
    return max(scale.floor, scale.centre + scale.stands_out * scale.spread)


def _best(scores: Scores) -> float:
    others = scores[scores < _COPY]
    return float((others if len(others) else scores).max())


def _into_gap(scores: Scores, cut: float, scale: Scale) -> float:
    """Move a cut a little into the widest gap between neighbouring scores, rather down than up."""
    lowest = max(cut - _GAP_BELOW * scale.spread, scale.floor)
    near = scores[(scores >= lowest) & (scores <= cut + _GAP_ABOVE * scale.spread)]
    if len(near) < 2:
        return cut
    gaps = near[:-1] - near[1:]
    widest = int(np.argmax(gaps))
    return float(near[widest] + near[widest + 1]) / 2
