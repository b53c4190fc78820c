"""From any pixel format to sRGB: shrinking, deep grey, transparency, colour profiles.

Works on decoded pictures; knows nothing of files.
"""

import functools
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from photofind.core.errors import ImageError

_cms: Any = ImageCms  # its annotations leave much unknown
_LARGEST_PROFILE = 4_000_000  # bytes; real ones end at about a tenth
_WHITE_POINTS = (255.0, 1023.0, 4095.0, 16383.0, 65535.0)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def too_large(size: tuple[int, int]) -> ImageError:
    return ImageError(f"too large for the memory: {size[0]:,} × {size[1]:,} pixels")


@dataclass(frozen=True, slots=True)
class LeastSize:
    """How large a decoded picture must be to serve; smaller ones keep their size.

    The short side counts by itself because an encoder that cuts out a square needs it, however
    long a panorama is.
    """

    long: int  # pixels
    short: int

    def shrink_ratio(self, size: tuple[int, int]) -> float:
        """By how much a picture may shrink; below 1 where it is too small already."""
        return min(max(size) / self.long, min(size) / self.short)


def to_srgb(image: Image.Image, least: LeastSize) -> Image.Image:
    """An RGB picture in sRGB over white, shrunk by a whole factor as far as `least` allows.

    Raises what Pillow raises on data it cannot convert.
    """
    factor = max(1, int(least.shrink_ratio(image.size)))
    result = _plain_mode(image, factor)
    if result.mode in ("RGBA", "LA"):
        result = _over_white(result)
    result = _through_profile(result, image.info.get("icc_profile"))
    if result.mode != "RGB":
        result = result.convert("RGB")
    elif result is image:  # which is bound to its file
        result = image.copy()
    result.info = {}
    return result


def turn_upright(image: Image.Image, orientation: int) -> Image.Image:
    """Undo EXIF orientation 1 to 8."""
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def _plain_mode(image: Image.Image, factor: int) -> Image.Image:
    """Shrunk, and of mode L, LA, RGB, RGBA, CMYK or LAB."""
    if image.mode.startswith("I") or image.mode == "F":
        return _deep_grey(image, factor)
    if image.has_transparency_data:
        if image.mode not in ("LA", "RGBA"):
            image = image.convert("LA" if image.mode == "La" else "RGBA")
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode not in ("L", "RGB", "CMYK", "LAB"):
        image = image.convert("RGB")
    return image.reduce(factor) if factor > 1 else image


def _deep_grey(image: Image.Image, factor: int) -> Image.Image:
    """16 or 32 bits per pixel to 8, by the range in use and not by clipping.

    PNG always means 0 to 65535. Elsewhere 10, 12 and 14 bits are common in 16: the smallest of
    those ranges that holds the brightest pixel is taken.
    """
    is_float, is_png = image.mode == "F", image.format == "PNG"
    deep = image.convert("F")
    values = np.nan_to_num(np.asarray(deep.reduce(factor) if factor > 1 else deep))
    black, peak = min(0.0, float(values.min())), float(values.max())
    if is_png:
        white = _WHITE_POINTS[-1]
    elif is_float and peak <= 1.0:
        white = 1.0
    else:
        white = next((point for point in _WHITE_POINTS if peak <= point), peak)
    scaled = (values.astype(np.float64) - black) * (255.0 / (white - black))
    return Image.fromarray(np.clip(scaled.round(), 0, 255).astype(np.uint8))


def _over_white(image: Image.Image) -> Image.Image:
    mode = image.mode.removesuffix("A")
    mode = "RGB" if mode == "RGB" else "L"
    base = Image.new(mode, image.size, "white")
    base.paste(image.convert(mode), mask=image.getchannel("A"))
    return base


def _through_profile(image: Image.Image, profile: object) -> Image.Image:
    if image.mode == "LAB":
        return ImageCms.applyTransform(image, _lab_transform()) or image
    if not isinstance(profile, bytes) or not 128 < len(profile) <= _LARGEST_PROFILE:
        return image
    transform = _transform(profile, image.mode)
    if transform is None:
        return image
    try:
        return ImageCms.applyTransform(image, transform) or image
    except (ImageCms.PyCMSError, ValueError):
        return image


@functools.lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The way from a profile to sRGB; None where it is sRGB, broken, or for another mode."""
    space = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}.get(mode)
    try:
        source = _cms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != space:
            return None
        if mode == "RGB" and _cms.getProfileDescription(source).startswith("sRGB"):
            return None
        return _cms.buildTransform(source, _cms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


@functools.lru_cache(maxsize=1)
def _lab_transform() -> ImageCms.ImageCmsTransform:
    lab, srgb = _cms.createProfile("LAB"), _cms.createProfile("sRGB")
    return _cms.buildTransform(lab, srgb, "LAB", "RGB")
