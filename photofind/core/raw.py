"""Camera raw files: the preview that the camera put in, else a quick half-size development.

rawpy is imported on first use, and only in the engine process.
"""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from PIL import Image

from photofind.core.errors import ImageError
from photofind.core.pixels import LeastSize, too_large, turn_upright

if TYPE_CHECKING:
    import rawpy

_FLIP_TO_ORIENTATION = {3: 3, 5: 8, 6: 6}
_BYTES_PER_PIXEL = 8  # LibRaw's sensor data and its half-size picture together


@dataclass(frozen=True, slots=True, eq=False)
class RawPicture:
    """What was found in a raw file: either `jpeg` (not decoded) or `image` (already upright)."""

    size: tuple[int, int]  # pixels of the whole photo, upright
    orientation: int = 1  # EXIF orientation of `jpeg`, for when it says none itself
    jpeg: bytes = b""
    image: Image.Image | None = None


def read_raw(file: BinaryIO, *, least: LeastSize, memory_budget: int) -> RawPicture:
    """Take the largest preview; develop the sensor data only where that is too small.

    Raises ImageError with a plain reason.
    """
    import rawpy

    try:
        with rawpy.imread(file) as raw:
            return _read(raw, least, memory_budget)
    except rawpy.LibRawFileUnsupportedError as error:
        raise ImageError("this kind of raw file cannot be read, or it is damaged") from error
    except rawpy.LibRawIOError as error:
        raise ImageError("the file is cut off") from error
    except (rawpy.LibRawError, rawpy.NotSupportedError) as error:
        raise ImageError("the raw file is damaged") from error


def _read(raw: "rawpy.RawPy", least: LeastSize, memory_budget: int) -> RawPicture:
    size = (raw.sizes.width, raw.sizes.height)
    if raw.sizes.flip in (5, 6):
        size = (size[1], size[0])
    preview, preview_size = _preview(raw, size)
    if preview is not None and _serves(preview_size, size, least):
        return preview
    if raw.sizes.raw_width * raw.sizes.raw_height * _BYTES_PER_PIXEL > memory_budget:
        if preview is None:
            raise too_large(size)
        return preview
    developed = raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8)
    return RawPicture(size, image=Image.fromarray(developed))


def _serves(preview: tuple[int, int], whole: tuple[int, int], least: LeastSize) -> bool:
    """Whether a preview is as large as is needed, or as the whole photo."""
    return max(preview) >= min(least.long, max(whole)) and min(preview) >= min(
        least.short, min(whole)
    )


def _preview(
    raw: "rawpy.RawPy", size: tuple[int, int]
) -> tuple[RawPicture | None, tuple[int, int]]:
    """The largest embedded preview and its size in pixels; None without a usable one."""
    import rawpy

    try:
        thumbnail = raw.extract_thumb()
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
        return None, (0, 0)
    orientation = _FLIP_TO_ORIENTATION.get(raw.sizes.flip, 1)
    if not isinstance(thumbnail.data, bytes):
        image = turn_upright(Image.fromarray(thumbnail.data), orientation)
        return RawPicture(size, image=image), image.size
    try:
        with Image.open(io.BytesIO(thumbnail.data), formats=["JPEG"]) as header:
            width, height = header.size
    except (OSError, SyntaxError, ValueError):
        return None, (0, 0)
    if orientation in (6, 8) and (width > height) == (size[0] > size[1]):
        orientation = 1  # the camera has turned its preview already
    return RawPicture(size, orientation, jpeg=thumbnail.data), (width, height)
