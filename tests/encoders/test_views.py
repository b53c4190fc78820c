"""Models that look at each picture several times."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torch.nn.functional import interpolate

from photofind.core.errors import EncoderError
from photofind.encoders.base import Encoder
from photofind.encoders.drawn_pictures import draw_pictures
from photofind.encoders.exporting import export_pictures
from photofind.encoders.loading import build_model, load_encoder
from photofind.encoders.manifest import (
    View,
    read_manifest,
    write_calibration,
    write_manifest,
    write_picture_side,
)
from photofind.encoders.modes import TORCH
from photofind.encoders.onnx_backend import OnnxTower
from photofind.encoders.registry import ModelRegistry
from photofind.encoders.views import Views
from tests.encoders import tiny

WHOLE, TURNED = {"side": 48}, {"side": 48, "mirrored": True}
SMALLER = {"side": 32, "mirrored": True, "weight": 0.7}


def load(folder: Path) -> Encoder:
    installed = ModelRegistry(folder / "none", builtin=folder).get("builtin")
    return load_encoder(installed, device="cpu", mode=TORCH, on_notice=pytest.fail)


def likeness(encoder: Encoder, one: Image.Image, other: Image.Image) -> float:
    rows = encoder.encode_images([one, other])
    return float(rows[0] @ rows[1])


def test_each_view_is_the_picture_scaled_and_mirrored_and_their_mean_comes_out() -> None:
    seen: list[torch.Tensor] = []

    def tower(pixels: torch.Tensor) -> torch.Tensor:
        seen.append(pixels)
        return pixels.mean(3).flatten(1)[:, :6] * len(seen)

    pixels = torch.rand(2, 3, 48, 48)
    rows = Views(tower, [View(48), View(48, mirrored=True), View(32, weight=2)], 48)(pixels)
    assert torch.equal(seen[0], pixels)
    assert torch.equal(seen[1], pixels.flip(3))
    scaled = interpolate(pixels, (32, 32), mode="bilinear")
    torch.testing.assert_close(seen[2], scaled)
    parts = [(count + 1) * each.mean(3).flatten(1)[:, :6] for count, each in enumerate(seen)]
    torch.testing.assert_close(rows, (parts[0] + parts[1] + 2 * parts[2]) / 4)


def test_a_mirrored_copy_is_the_same_picture_to_a_model_that_looks_both_ways(
    tmp_path: Path,
) -> None:
    both = load(tiny.save_views(tmp_path / "both", WHOLE, TURNED))
    one = load(tiny.save_views(tmp_path / "one", WHOLE))
    for picture in draw_pictures(4):
        copy = ImageOps.mirror(picture)
        assert likeness(both, picture, copy) > 0.9999
        assert likeness(one, picture, copy) < 0.9999


@pytest.mark.parametrize("save", [tiny.save_views, tiny.save_kinds])
def test_an_exported_model_looks_as_often(save: Callable[..., Path], tmp_path: Path) -> None:
    folder = save(tmp_path / "views", WHOLE, SMALLER)
    installed = ModelRegistry(tmp_path, builtin=folder).get("builtin")
    export_pictures(build_model(installed), 48, tmp_path / "views.onnx")
    encoder = load(folder)
    pixels = [encoder.prepare(picture) for picture in draw_pictures(5)]
    rows = OnnxTower(tmp_path / "views.onnx", 1).run_pictures(pixels)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(rows, encoder.encode_pixels(pixels), atol=1e-5)


def test_views_stay_in_a_manifest_that_is_written_again(tmp_path: Path) -> None:
    folder = tiny.save_views(tmp_path / "views", WHOLE, SMALLER)
    write_manifest(folder, read_manifest(folder))
    assert read_manifest(folder).views == (View(48), View(32, mirrored=True, weight=0.7))
    write_calibration(folder, {"text_floor": 0.3})
    write_picture_side(folder, [View(48, weight=2)])
    assert read_manifest(folder).views == (View(48, weight=2),)
    assert read_manifest(folder).text_floor == 0.3


@pytest.mark.parametrize(
    "views", [7, [{}], [{"side": "wide"}], [{"side": 0}], [{"side": 8, "weight": 0}], ["48"]]
)
def test_views_that_are_none_are_a_clear_error(tmp_path: Path, views: object) -> None:
    folder = tiny.save_views(tmp_path / "views", WHOLE)
    (folder / "photofind.json").write_text(json.dumps({"views": views}), "utf-8")
    with pytest.raises(EncoderError, match="damaged"):
        read_manifest(folder)
