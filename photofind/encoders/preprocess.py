"""A picture as a model's input: scaled and cropped as open_clip does it, through Pillow and numpy.

Without torchvision, whose import costs seconds, and without torch, which would bring up a thread
pool for each of the several decode threads that do this at once.
"""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from PIL import Image

from photofind.core.errors import EncoderError
from photofind.encoders.base import Pixels
from photofind.encoders.squares import squares

_OPENAI_MEAN = (0.48145466, 0.4578275, 0.40821073)
_OPENAI_STD = (0.26862954, 0.26130258, 0.27577711)
_FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "random": Image.Resampling.BICUBIC,  # chance is for training
}


class Preprocessor:
    """Thread-safe after construction."""

    def __init__(self, settings: dict[str, Any], image_size: int) -> None:
        """settings: open_clip's preprocess_cfg; keys it does not know are ignored.

        Raises EncoderError where they make no sense.
        """
        given = {name: value for name, value in settings.items() if value is not None}
        try:
            mean = _channels(given.get("mean", _OPENAI_MEAN))
            std = _channels(given.get("std", _OPENAI_STD))
            self._factor, self._shift = 1 / (255 * std), mean / std
            self._filter = _FILTERS[given.get("interpolation", "bicubic")]
            resize_mode = given.get("resize_mode", "shortest")
            self._scale = self._scalings()[resize_mode]
            self._crops = resize_mode == "shortest"
            self._fill = int(given.get("fill_color", 0))
        except (TypeError, ValueError, KeyError) as error:
            raise EncoderError(f"the model's preprocess_cfg is not understood: {error}") from error
        if given.get("mode", "RGB") != "RGB":
            raise EncoderError(f"the model wants {given['mode']} pictures; photofind gives RGB")
        self.image_size = image_size

    def __call__(self, image: Image.Image) -> Pixels:
        """An RGB picture of any size to float32 (3, image_size, image_size).

        Where the model's input is cropped, a panorama becomes several: (squares, 3, …).
        """
        looks = [self._pixels(part) for part in (squares(image) if self._crops else [image])]
        return looks[0] if len(looks) == 1 else np.stack(looks)

    def _pixels(self, image: Image.Image) -> Pixels:
        scaled = self._scale(image)
        if scaled.mode != "RGB":
            scaled = scaled.convert("RGB")
        # turned round as bytes, then in place: a quarter of the time of the formula as it stands
        pixels = np.ascontiguousarray(np.asarray(scaled).transpose(2, 0, 1)).astype(np.float32)
        pixels *= self._factor
        pixels -= self._shift
        return pixels

    def _scalings(self) -> dict[str, Callable[[Image.Image], Image.Image]]:
        return {"shortest": self._fill_square, "longest": self._fit_in, "squash": self._squash}

    def _fill_square(self, image: Image.Image) -> Image.Image:
        """The short side becomes the square's; what the long one has more is cut off."""
        size = self.image_size
        short = min(image.size)
        width, height = (size if side == short else int(size * side / short) for side in image.size)
        return _centre(self._resized(image, width, height), size)

    def _fit_in(self, image: Image.Image) -> Image.Image:
        """The long side becomes the square's; what the short one lacks is filled up."""
        size = self.image_size
        ratio = max(image.size) / size
        width, height = (max(1, round(side / ratio)) for side in image.size)
        square = Image.new(image.mode, (size, size), (self._fill,) * len(image.getbands()))
        square.paste(
            self._resized(image, width, height), ((size - width) // 2, (size - height) // 2)
        )
        return square

    def _squash(self, image: Image.Image) -> Image.Image:
        return self._resized(image, self.image_size, self.image_size)

    def _resized(self, image: Image.Image, width: int, height: int) -> Image.Image:
        return (
            image if image.size == (width, height) else image.resize((width, height), self._filter)
        )


def _channels(value: Any) -> npt.NDArray[np.float32]:
    """One number for all channels, or three, as (3, 1, 1). Raises TypeError, ValueError."""
    numbers = [float(value)] * 3 if isinstance(value, int | float) else cast("list[float]", value)
    return np.asarray(numbers, np.float32).reshape(3, 1, 1)


def _centre(image: Image.Image, size: int) -> Image.Image:
    left, top = (round((side - size) / 2) for side in image.size)
    return image if image.size == (size, size) else image.crop((left, top, left + size, top + size))
