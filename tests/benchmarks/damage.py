"""What happens to photos on their way: pressed, shrunk, cut, brightened, darkened, mirrored."""

import io

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from tests.benchmarks.encoding import Change

_KEPT = 0.8  # of each side, where a fifth is cut away


def pressed(image: Image.Image, number: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=20)
    return Image.open(buffer).convert("RGB")


def halved(image: Image.Image, number: int) -> Image.Image:
    size = (max(1, image.width // 2), max(1, image.height // 2))
    return image.resize(size, Image.Resampling.LANCZOS)


def cropped(image: Image.Image, number: int) -> Image.Image:
    """Four fifths of each side, from a place that differs from picture to picture."""
    width, height = round(image.width * _KEPT), round(image.height * _KEPT)
    right, down = np.random.default_rng(number).random(2)
    left, top = round(right * (image.width - width)), round(down * (image.height - height))
    return image.crop((left, top, left + width, top + height))


def brighter(image: Image.Image, number: int) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(1.3)


def darker(image: Image.Image, number: int) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(0.7)


def mirrored(image: Image.Image, number: int) -> Image.Image:
    return ImageOps.mirror(image)


DAMAGES: dict[str, Change] = {
    "jpeg_quality_20": pressed,
    "half_size": halved,
    "crop_20": cropped,
    "brighter_30": brighter,
    "darker_30": darker,
    "mirrored": mirrored,
}
