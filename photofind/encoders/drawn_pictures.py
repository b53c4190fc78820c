"""Pictures that are drawn where there are no photos yet to compare modes with."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

_SIDE = 256
_SEED = 20260101


def draw_pictures(count: int) -> list[Image.Image]:
    """Scenes of skies, hills, houses, balls and noise, each another; the same ones every time."""
    return [_scene(np.random.default_rng([_SEED, number])) for number in range(count)]


def _scene(rng: np.random.Generator) -> Image.Image:
    width, height = (int(side) for side in rng.integers(_SIDE * 3 // 4, _SIDE * 3 // 2, 2))
    image = _sky(rng, width, height)
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(0, 4)):
        draw.polygon(_hill(rng, width, height), fill=_colour(rng))
    for _ in range(rng.integers(1, 12)):
        _thing(rng, draw, width, height)
    image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0, 2))))
    grain = rng.normal(0, rng.uniform(0, 18), (height, width, 1))
    return Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))


def _sky(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    top, bottom = rng.uniform(0, 255, (2, 3))
    share = np.linspace(0, 1, height)[:, None, None]
    rows = np.repeat((1 - share) * top + share * bottom, width, axis=1)
    return Image.fromarray(rows.astype(np.uint8))


def _hill(rng: np.random.Generator, width: int, height: int) -> list[tuple[float, float]]:
    across = np.linspace(0, width, 24)
    waves = sum(
        rng.uniform(0, height / 8) * np.sin(across * rng.uniform(0.005, 0.06) + rng.uniform(0, 6))
        for _ in range(3)
    )
    line = np.asarray(rng.uniform(0.3, 0.9) * height + waves)
    return [
        (0.0, float(height)),
        *zip(across.tolist(), line.tolist(), strict=True),
        (float(width), float(height)),
    ]


def _thing(rng: np.random.Generator, draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
    x, y = rng.uniform(0, width), rng.uniform(0, height)
    wide, high = rng.uniform(6, width / 2), rng.uniform(6, height / 2)
    box = (x, y, x + wide, y + high)
    kind = rng.integers(0, 4)
    if kind == 0:
        draw.ellipse(box, fill=_colour(rng), outline=_colour(rng), width=int(rng.integers(1, 9)))
    elif kind == 1:
        draw.rectangle(box, fill=_colour(rng), outline=_colour(rng), width=int(rng.integers(1, 9)))
    elif kind == 2:
        draw.polygon([(x, y + high), (x + wide / 2, y), (x + wide, y + high)], fill=_colour(rng))
    else:
        draw.line(box, fill=_colour(rng), width=int(rng.integers(1, 14)))


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = (int(part) for part in rng.integers(0, 256, 3))
    return red, green, blue
