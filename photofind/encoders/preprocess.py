"""A picture as a model's input: open_clip's own scaling and cropping, the numbers through numpy.

numpy instead of torch for the last step because several decode threads do it at once, and each
would otherwise bring up a thread pool of its own.
"""

# pyright: reportMissingTypeStubs=false

from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from photofind.core.errors import EncoderError
from photofind.encoders.base import Pixels
from photofind.encoders.squares import squares


class Preprocessor:
    """Thread-safe after construction."""

    def __init__(self, settings: dict[str, Any], image_size: int) -> None:
        """settings: open_clip's preprocess_cfg; keys it does not know are ignored.

        Raises EncoderError where they make no sense.
        """
        from open_clip import transform
        from torchvision.transforms import Normalize, ToTensor

        library: Any = transform
        known = {field.name for field in fields(transform.PreprocessCfg)}
        given = {k: v for k, v in settings.items() if k in known and v is not None}
        try:
            config: Any = library.PreprocessCfg(**{**given, "size": image_size})
            steps: list[Any] = list(library.image_transform_v2(config, is_train=False).transforms)
        except (TypeError, ValueError, AssertionError, KeyError) as error:
            raise EncoderError(f"the model's preprocess_cfg is not understood: {error}") from error
        self._steps = [step for step in steps if not isinstance(step, (ToTensor, Normalize))]
        self._mean: npt.NDArray[np.float32] = np.asarray(config.mean, np.float32).reshape(3, 1, 1)
        self._std: npt.NDArray[np.float32] = np.asarray(config.std, np.float32).reshape(3, 1, 1)
        self._crops = config.resize_mode == "shortest"
        self.image_size = image_size

    def __call__(self, image: Image.Image) -> Pixels:
        """An RGB picture of any size to float32 (3, image_size, image_size).

        Where the model's input is cropped, a panorama becomes several: (squares, 3, …).
        """
        looks = [self._pixels(part) for part in (squares(image) if self._crops else [image])]
        return looks[0] if len(looks) == 1 else np.stack(looks)

    def _pixels(self, image: Image.Image) -> Pixels:
        for step in self._steps:
            image = step(image)
        pixels = np.asarray(image, np.float32).transpose(2, 0, 1) / np.float32(255)
        return np.ascontiguousarray((pixels - self._mean) / self._std)
