"""What a model of square input is shown of a picture: its middle, or all along a panorama.

The middle square of an ordinary photo holds what it is about, and more looks at it find nothing
better. A panorama's ends are another matter: it is looked at square by square, and its vector is
the mean of theirs, so that it still has one. Bars beside it (letterboxing) were far worse.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from photofind.core.types import Vectors
from photofind.encoders.base import Pixels, unit_rows

_LONG = 2.0  # long side to short side: from here on a picture is looked at in several squares
_LONGEST = 8  # what a strip has beyond that is left out at both ends
_GAP = 0.25  # of a square that may be left out between squares rather than take one more


def squares(image: Image.Image) -> list[Image.Image]:
    """The parts to look at: the picture itself, or squares evenly along a long one.

    They are cut before anything is scaled: enlarged whole, a line of 1 × 30,000 takes gigabytes.
    """
    short, long = min(image.size), max(image.size)
    if long < _LONG * short:
        return [image]
    kept = min(long, _LONGEST * short)
    count = math.ceil(kept / short - _GAP)
    first, step = (long - kept) / 2, (kept - short) / (count - 1)
    return [_square(image, round(first + step * number), short) for number in range(count)]


def encode_looks(
    encode: Callable[[Sequence[Pixels]], Vectors], pixels: Sequence[Pixels]
) -> Vectors:
    """Unit vectors (n, d), NaN where a look gave nothing usable; pixels as `Encoder.prepare` gave.

    encode: a backend's, of single squares. The vector of a picture of several squares is the mean
    of their unit vectors, made a unit again.
    """
    looks = [look if look.ndim == 4 else look[None] for look in pixels]
    rows = unit_rows(encode([square for look in looks for square in look]))
    if len(rows) == len(looks):
        return rows
    starts = np.cumsum([0, *(len(look) for look in looks[:-1])])
    return unit_rows(np.add.reduceat(rows, starts, axis=0))


def middle_look(pixels: Pixels) -> Pixels:
    """The one square of a picture, or the middle one of a panorama: (3, side, side)."""
    return pixels if pixels.ndim == 3 else pixels[len(pixels) // 2]


def _square(image: Image.Image, at: int, side: int) -> Image.Image:
    wide = image.width >= image.height
    left, top = (at, 0) if wide else (0, at)
    return image.crop((left, top, left + side, top + side))
