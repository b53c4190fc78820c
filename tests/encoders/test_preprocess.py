"""Pictures of odd shapes as a model's input."""

import numpy as np
import pytest
from PIL import Image

from photofind.encoders.preprocess import Preprocessor

SIDE = 32


def strip(width: int, height: int) -> Image.Image:
    down, across = np.mgrid[0:height, 0:width]
    levels = np.stack([across % 256, down % 256, (across + down) % 256], axis=-1)
    return Image.fromarray(levels.astype(np.uint8))


@pytest.mark.parametrize("size", [(2000, 2), (3, 1500)])
def test_long_strip_is_not_enlarged_as_a_whole(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    resize = Image.Image.resize

    def spy(image: Image.Image, size: tuple[int, int], *rest: object, **more: object):
        made.append(max(size))
        return resize(image, size, *rest, **more)

    monkeypatch.setattr(Image.Image, "resize", spy)
    pixels = Preprocessor({"resize_mode": "shortest"}, SIDE)(strip(*size))
    assert pixels.shape == (3, SIDE, SIDE)
    assert 0 < max(made) <= 10 * SIDE


def test_long_strip_shows_its_middle() -> None:
    picture = strip(2000, 20)
    whole = Preprocessor({"resize_mode": "shortest"}, SIDE)(picture)
    middle = Preprocessor({"resize_mode": "shortest"}, SIDE)(picture.crop((920, 0, 1080, 20)))
    np.testing.assert_array_equal(whole, middle)


def test_model_that_squashes_sees_the_whole_strip() -> None:
    half = Image.new("RGB", (1000, 10), "white")
    half.paste("black", (0, 0, 300, 10))
    pixels = Preprocessor({"resize_mode": "squash"}, SIDE)(half)
    dark = (pixels[0].mean(axis=0) < 0).mean()
    assert dark == pytest.approx(0.3, abs=0.05)
