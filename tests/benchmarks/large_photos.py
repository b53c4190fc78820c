"""12-megapixel JPEGs made from small photos: enlarged, with a sensor's grain so that they weigh
what such files weigh (about 2 MB)."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

_PIXELS = 12e6
_QUALITY = 88
_GRAIN = 4.0  # standard deviation, in levels
_TILE = 512  # pixels


def enlarge(photos: Sequence[Path], folder: Path) -> list[Path]:
    """Write one large picture for each photo that has none yet; returns all in the same order."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor() as pool:
        return list(pool.map(partial(_enlarge_one, folder=folder), photos, chunksize=8))


def _enlarge_one(photo: Path, folder: Path) -> Path:
    target = folder / f"{photo.stem}.jpg"
    if target.exists():
        return target
    with Image.open(photo) as opened:
        small = opened.convert("RGB")
    scale = (_PIXELS / (small.width * small.height)) ** 0.5
    size = (round(small.width * scale), round(small.height * scale))
    large = np.asarray(small.resize(size, Image.Resampling.BICUBIC), np.int16)
    tile = np.random.default_rng(0).normal(0, _GRAIN, (_TILE, _TILE)).astype(np.int16)
    repeats = (size[1] // _TILE + 1, size[0] // _TILE + 1)
    grain = np.tile(tile, repeats)[: size[1], : size[0], None]
    Image.fromarray(np.clip(large + grain, 0, 255).astype(np.uint8)).save(target, quality=_QUALITY)
    return target
