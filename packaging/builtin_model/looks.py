"""Colours and light of pictures: making some pictures have them, and telling what a picture has.

A look is measured on the pixels that training sees, never assumed from what was done to them: a
scan is grey by itself, and a darkened photo of snow may still be bright. Looks that are neither
plainly there nor plainly absent are unsure, and nothing is learned from those. Owns no words
(phrasing.py). Costs about a hundredth of a training step.
"""

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

LOOKS: Final = (
    "grey",
    "dark",
    "bright",
    "blurred",
    "warm",
    "cool",
    "red",
    "orange",
    "yellow",
    "green",
    "blue",
    "purple",
    "brown",
    "white",
    "black",
)
PRESENT, UNSURE, ABSENT = 1, 0, -1

_MADE_SHARE = 0.03  # of the pictures, for each look that can be made
_CELLS = 16
_LUMA = (0.299, 0.587, 0.114)
# Hue in degrees (from, up to), least saturation, least and highest value.
_COLOURS: Final[dict[str, tuple[float, float, float, float, float]]] = {
    "red": (-18, 14, 0.45, 0.2, 1.01),
    "orange": (14, 42, 0.55, 0.6, 1.01),
    "yellow": (42, 70, 0.4, 0.5, 1.01),
    "green": (70, 165, 0.25, 0.15, 1.01),
    "blue": (165, 258, 0.25, 0.2, 1.01),
    "purple": (258, 342, 0.25, 0.2, 1.01),
    "brown": (8, 46, 0.3, 0.15, 0.62),
}
# Where a look is plainly there and where it is plainly absent, in the units of `_measures`.
_LIMITS: Final[dict[str, tuple[float, float]]] = {
    "grey": (-0.03, -0.08),
    "dark": (-0.22, -0.34),
    "bright": (0.72, 0.58),
    "blurred": (-0.17, -0.26),
    "warm": (0.7, 0.35),
    "cool": (0.3, 0.08),
    "white": (0.6, 0.25),
    "black": (0.6, 0.25),
}
_COLOUR_LIMITS = (0.45, 0.15)


def give_looks(pictures: Tensor, share: float = _MADE_SHARE) -> Tensor:
    """Makes a `share` of the pictures (n, 3, h, w, 0..1) dark, another bright, blurred, warm and
    cool. Grey ones come from the colour changes. Changes `pictures` in place."""
    chance = torch.rand(len(pictures))
    for number, change in enumerate((_darken, _brighten, _blur, _warm, _cool)):
        rows = (chance >= number * share) & (chance < (number + 1) * share)
        if rows.any():
            pictures[rows] = change(pictures[rows])
    return pictures


def measure_looks(pictures: Tensor) -> Tensor:
    """(n, LOOKS) int8 PRESENT, UNSURE or ABSENT for pictures (n, 3, h, w) of values 0..1."""
    measures = _measures(pictures)
    rows = []
    for look in LOOKS:
        present, absent = _LIMITS.get(look, _COLOUR_LIMITS)
        value = measures[look]
        rows.append((value >= present).to(torch.int8) - (value < absent).to(torch.int8))
    return torch.stack(rows, 1)


def _measures(pictures: Tensor) -> dict[str, Tensor]:
    """One number per picture and look; the higher, the more plainly the look is there."""
    small = functional.adaptive_avg_pool2d(pictures, _CELLS)
    red, green, blue = small.unbind(1)
    value, low = small.max(1).values, small.min(1).values
    chroma = value - low
    saturation = chroma / value.clamp(min=1e-3)
    luma = sum(weight * plane for weight, plane in zip(_LUMA, (red, green, blue), strict=True))
    light = luma.mean((1, 2))
    tone = (red - blue).mean((1, 2)) / light.clamp(min=0.05)
    result = {
        "grey": -chroma.mean((1, 2)),
        "dark": -light,
        "bright": light,
        "blurred": -_detail(pictures),
        "warm": tone,
        "cool": -tone,
        "white": ((value > 0.75) & (saturation < 0.12)).float().mean((1, 2)),
        "black": (value < 0.15).float().mean((1, 2)),
    }
    hue = _hue(small, value, chroma)
    for name, (start, end, least, dim, top) in _COLOURS.items():
        inside = (hue - start) % 360 < end - start
        shown = inside & (saturation > least) & (value > dim) & (value < top)
        result[name] = shown.float().mean((1, 2))
    return result


def _hue(small: Tensor, value: Tensor, chroma: Tensor) -> Tensor:
    """Hue in degrees (n, h, w), as in the usual colour hexagon."""
    red, green, blue = small.unbind(1)
    scale = 60 / chroma.clamp(min=1e-4)
    blueish = torch.where(value == green, (blue - red) * scale + 120, (red - green) * scale + 240)
    return torch.where(value == red, (green - blue) * scale, blueish)


def _detail(pictures: Tensor) -> Tensor:
    """How much pixels a 64th of a side apart differ, relative to the picture's contrast (n,)."""
    grey = pictures[:, 1]
    steps = (grey[:, :, 1:] - grey[:, :, :-1]).abs().mean((1, 2))
    steps = steps + (grey[:, 1:] - grey[:, :-1]).abs().mean((1, 2))
    # A picture without contrast is plain rather than blurred.
    return steps / grey.std((1, 2)).clamp(min=0.04) * (pictures.shape[-1] / 64)


def _between(pictures: Tensor, low: float, high: float) -> Tensor:
    return torch.empty(len(pictures), 1, 1, 1).uniform_(low, high)


def _darken(pictures: Tensor) -> Tensor:
    return pictures * _between(pictures, 0.2, 0.5)


def _brighten(pictures: Tensor) -> Tensor:
    return 1 - (1 - pictures) * _between(pictures, 0.25, 0.55)


def _blur(pictures: Tensor) -> Tensor:
    side = pictures.shape[-1]
    small = functional.adaptive_avg_pool2d(pictures, int(torch.randint(7, 11, ())))
    return functional.interpolate(small, (side, side), mode="bicubic").clamp_(0, 1)


def _warm(pictures: Tensor) -> Tensor:
    return _tinted(pictures, (1.15, 0.9, 0.55))


def _cool(pictures: Tensor) -> Tensor:
    return _tinted(pictures, (0.65, 0.9, 1.15))


def _tinted(pictures: Tensor, factors: tuple[float, float, float]) -> Tensor:
    return (pictures * torch.tensor(factors).view(1, 3, 1, 1)).clamp_(0, 1)


MAKERS: Final[dict[str, Callable[[Tensor], Tensor]]] = {
    "dark": _darken,
    "bright": _brighten,
    "blurred": _blur,
    "warm": _warm,
    "cool": _cool,
}
