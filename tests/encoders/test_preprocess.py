"""Pictures of odd shapes as a model's input."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image

from photofind.core.errors import EncoderError
from photofind.core.types import Vectors
from photofind.encoders.base import Pixels
from photofind.encoders.preprocess import Preprocessor
from photofind.encoders.squares import encode_looks

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

    def spy(image: Image.Image, size: tuple[int, int], *rest: Any, **more: Any) -> Image.Image:
        made.append(max(size))
        return resize(image, size, *rest, **more)

    monkeypatch.setattr(Image.Image, "resize", spy)
    pixels = Preprocessor({"resize_mode": "shortest"}, SIDE)(strip(*size))
    assert pixels.shape == (8, 3, SIDE, SIDE)
    assert 0 < max(made) <= 10 * SIDE


def test_long_strip_shows_its_middle() -> None:
    picture = strip(2000, 20)
    whole = Preprocessor({"resize_mode": "shortest"}, SIDE)(picture)
    middle = Preprocessor({"resize_mode": "shortest"}, SIDE)(picture.crop((920, 0, 1080, 20)))
    np.testing.assert_array_equal(whole, middle)


@pytest.mark.parametrize(
    ("size", "count"),
    [((300, 200), 1), ((1920, 1080), 1), ((1000, 2000), 2), ((2200, 1000), 2), ((600, 200), 3)],
)
def test_panorama_is_looked_at_from_end_to_end(size: tuple[int, int], count: int) -> None:
    picture = Image.new("RGB", size, "white")
    wide, high = (40, size[1]) if size[0] > size[1] else (size[0], 40)
    picture.paste("black", (0, 0, wide, high))
    picture.paste("black", (size[0] - wide, size[1] - high, *size))
    pixels = Preprocessor({"resize_mode": "shortest"}, SIDE)(picture)
    looks = pixels if pixels.ndim == 4 else pixels[None]
    assert len(looks) == count
    ends = looks[[0, -1]] if count > 1 else looks[:0]
    assert all(look.min() < 0 for look in ends)
    assert (looks.max(axis=(1, 2, 3)) > 0).all()


def test_vector_of_a_panorama_is_the_mean_of_its_squares() -> None:
    class Mean:
        device, tuning, parallel = "cpu", "done", 1

        def encode_pixels(self, pixels: Sequence[Pixels]) -> Vectors:
            return np.stack([square.mean(axis=(1, 2)) for square in pixels])

        def encode_tokens(self, tokens: object) -> Vectors:
            raise NotImplementedError

    red, green = (np.zeros((3, SIDE, SIDE), np.float32) for _ in range(2))
    red[0], green[1] = 0.5, 2.0
    vectors = encode_looks(Mean().encode_pixels, [red, np.stack([red, green]), green])
    np.testing.assert_allclose(vectors[1], [0.5**0.5, 0.5**0.5, 0], atol=1e-6)
    np.testing.assert_allclose(vectors[[0, 2]], np.eye(3)[:2], atol=1e-6)


def test_model_that_squashes_sees_the_whole_strip() -> None:
    half = Image.new("RGB", (1000, 10), "white")
    half.paste("black", (0, 0, 300, 10))
    pixels = Preprocessor({"resize_mode": "squash"}, SIDE)(half)
    dark = (pixels[0].mean(axis=0) < 0).mean()
    assert dark == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize("resize_mode", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("size", [(90, 50), (51, 33), (32, 32), (20, 31), (63, 32), (33, 65)])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_numbers_are_those_of_open_clip(
    resize_mode: str, size: tuple[int, int], interpolation: str
) -> None:
    settings = {"resize_mode": resize_mode, "interpolation": interpolation, "fill_color": 7}
    theirs: Any = image_transform_v2(PreprocessCfg(size=SIDE, **settings), is_train=False)
    picture = strip(*size)
    np.testing.assert_allclose(
        Preprocessor(settings, SIDE)(picture), theirs(picture).numpy(), atol=1e-5
    )


@pytest.mark.parametrize(
    "settings",
    [{"mean": "grey"}, {"std": [1, 2]}, {"interpolation": "nearest"}, {"resize_mode": "bend"},
     {"mode": "L"}, {"fill_color": "red"}],
)  # fmt: skip
def test_settings_that_make_no_sense_are_a_clear_error(settings: dict[str, object]) -> None:
    with pytest.raises(EncoderError):
        Preprocessor(settings, SIDE)
