"""Models that recognise kinds of things, and draw what shows one to what it means."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import load_file, save_file
from torch.nn.functional import normalize

from photofind.core.errors import EncoderError
from photofind.encoders.base import Encoder
from photofind.encoders.drawn_pictures import draw_pictures
from photofind.encoders.exporting import export_pictures
from photofind.encoders.kinds import Kinds, Pooled
from photofind.encoders.loading import build_model, load_encoder
from photofind.encoders.manifest import (
    CONFIG,
    read_manifest,
    write_calibration,
    write_kinds,
    write_manifest,
)
from photofind.encoders.modes import TORCH
from photofind.encoders.onnx_backend import OnnxTower
from photofind.encoders.registry import ModelRegistry
from tests.encoders import tiny


def load(folder: Path) -> Encoder:
    installed = ModelRegistry(folder / "none", builtin=folder).get("builtin")
    return load_encoder(installed, device="cpu", mode=TORCH, on_notice=pytest.fail)


def key(folder: Path) -> str:
    return ModelRegistry(folder / "none", builtin=folder).get("builtin").key


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny.save_kinds(tmp_path / "kinds")


def test_what_is_recognised_is_drawn_to_its_meaning_and_nothing_else_changes() -> None:
    """Two features; one kind is where the first spreads, the other is "nothing known"."""
    recognise = torch.nn.Linear(4, 2)
    recognise.weight.data = torch.tensor([[0.0, 0, 90, 0], [0, 0, 0, 0]])
    recognise.bias.data = torch.tensor([-45.0, 0])
    meanings = torch.tensor([[0.0, 2.0], [0.0, 0.0]])
    instance, share = torch.nn.Linear(2, 2), torch.tensor(0.5)
    torch.nn.init.eye_(instance.weight)
    torch.nn.init.zeros_(instance.bias)
    tower = Kinds(torch.nn.Identity(), torch.nn.Identity(), recognise, meanings, instance, share)
    rows = tower(torch.tensor([[3.0, 0, 1, 0], [3.0, 0, 0, 1], [3.0, 3, 0, 0]]))
    shown, which = rows.chunk(2, dim=1)
    torch.testing.assert_close(shown[0], normalize(torch.tensor([1.0, 2.0]), dim=0))
    torch.testing.assert_close(which[0], normalize(torch.tensor([0.5, 2.0]), dim=0))
    for part in (shown, which):
        torch.testing.assert_close(part[1], torch.tensor([1.0, 0.0]))
        torch.testing.assert_close(part[2], normalize(torch.ones(2), dim=0))


def test_second_part_is_as_long_as_the_first_and_no_phrase_reaches_it(folder: Path) -> None:
    encoder = load(folder)
    pictures, phrases = encoder.encode_images(draw_pictures(4)), encoder.encode_texts(["a dog"])
    assert encoder.spec.dimension == pictures.shape[1] == phrases.shape[1] == 32
    lengths = np.linalg.norm(pictures[:, 16:], axis=1) / np.linalg.norm(pictures[:, :16], axis=1)
    np.testing.assert_allclose(lengths, 1, rtol=1e-4)
    assert np.linalg.norm(phrases[:, :16]) == pytest.approx(1)
    assert not phrases[:, 16:].any()


@pytest.fixture
def trunk() -> torch.nn.Module:
    torch.manual_seed(3)
    return timm.create_model("test_resnet", num_classes=0).eval()


def test_features_are_their_mean_and_spread_over_the_last_map(trunk: Any) -> None:
    pixels = torch.rand(2, 3, 96, 64)
    with torch.inference_mode():
        cells = trunk.forward_features(pixels).flatten(2)
        assert cells.shape[2] > 1
        means, spreads = Pooled(trunk, torch.tensor(0.0))(pixels).chunk(2, dim=1)
        torch.testing.assert_close(means, trunk(pixels))
    expected = cells.std(2, correction=0).clamp(min=1e-3)
    torch.testing.assert_close(spreads, expected, atol=1e-5, rtol=1e-3)


def test_last_stage_sees_the_middle_once_more_whatever_is_around_it(trunk: Any) -> None:
    pixels = torch.rand(2, 3, 192, 192)
    maps: list[torch.Tensor] = []
    trunk.layer4.register_forward_hook(lambda _stage, given, _made: maps.append(given[0]))
    with torch.inference_mode():
        whole, middle, both = (
            Pooled(trunk, torch.tensor(share))(pixels) for share in (0.0, 1.0, 0.25)
        )
    torch.testing.assert_close(both, 0.75 * whole + 0.25 * middle)
    assert not torch.allclose(whole, middle)
    seen, cut = maps[:2]
    side = seen.shape[-1]
    edge = side // 6
    assert side == 12
    torch.testing.assert_close(cut, seen[:, :, edge : side - edge, edge : side - edge])


def test_an_exported_model_sees_as_much(folder: Path, tmp_path: Path) -> None:
    installed = ModelRegistry(tmp_path, builtin=folder).get("builtin")
    export_pictures(build_model(installed), 48, tmp_path / "pictures.onnx")
    encoder = load(folder)
    pixels = [encoder.prepare(picture) for picture in draw_pictures(5)]
    rows = OnnxTower(tmp_path / "pictures.onnx", 1).run_pictures(pixels)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(rows, encoder.encode_pixels(pixels), atol=1e-5)


def test_pictures_of_one_kind_come_closer_than_they_were(folder: Path, tmp_path: Path) -> None:
    """Here each of two pictures is made a kind of its own, and a copy of it is recognised."""
    pictures = draw_pictures(2)
    plain = load(tiny.save_convolutions(tmp_path / "plain"))
    features = trunk_features(folder, pictures)
    weights = load_file(folder / "kinds.safetensors")
    between = features[0] - features[1]
    weights["visual.recognise.weight"] = 1e3 * torch.stack([between, -between]).contiguous()
    middle = 1e3 * between @ (features[0] + features[1]) / 2
    weights["visual.recognise.bias"] = torch.stack([-middle, middle])
    weights["visual.meanings"] = torch.eye(2, 16)
    save_file(weights, folder / "kinds.safetensors")
    before, after = (encoder.encode_images(pictures) for encoder in (plain, load(folder)))
    after = normalize(torch.from_numpy(after[:, :16])).numpy()
    assert after[0] @ after[1] < before[0] @ before[1] - 0.1


def trunk_features(folder: Path, pictures: list) -> torch.Tensor:
    installed = ModelRegistry(folder / "none", builtin=folder).get("builtin")
    encoder = load(folder)
    pixels = np.stack([encoder.prepare(picture) for picture in pictures])
    with torch.inference_mode():
        return build_model(installed).visual.trunk(torch.from_numpy(pixels))


def test_other_kinds_make_another_model(folder: Path) -> None:
    before = key(folder)
    assert key(folder) == before
    weights = load_file(folder / "kinds.safetensors")
    weights["visual.meanings"] += 1
    save_file(weights, folder / "kinds.safetensors")
    assert key(folder) != before


def test_model_that_knows_kinds_is_another_where_it_is_shown_something_else(folder: Path) -> None:
    before = key(folder)
    config = json.loads((folder / CONFIG).read_text("utf-8"))
    config["preprocess_cfg"]["interpolation"] = "bilinear"
    (folder / CONFIG).write_text(json.dumps(config), "utf-8")
    assert key(folder) != before


def test_kinds_stay_in_a_manifest_that_is_written_again(folder: Path) -> None:
    write_manifest(folder, read_manifest(folder))
    write_calibration(folder, {"text_floor": 0.3})
    assert read_manifest(folder).kinds == "kinds.safetensors"


def test_kinds_are_written_into_a_manifest_whose_rest_stays(folder: Path) -> None:
    write_calibration(folder, {"text_floor": 0.3})
    write_kinds(folder, "")
    assert (read_manifest(folder).kinds, read_manifest(folder).text_floor) == ("", 0.3)
    write_kinds(folder, "kinds.safetensors")
    assert read_manifest(folder).kinds == "kinds.safetensors"


Change = Callable[[Path], None]


def lose(path: Path) -> None:
    path.unlink()


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def without(name: str) -> Change:
    def change(path: Path) -> None:
        weights = load_file(path)
        del weights[name]
        save_file(weights, path)

    return change


def cut(name: str) -> Change:
    """Takes the first column of a matrix away."""

    def change(path: Path) -> None:
        weights = load_file(path)
        save_file(weights | {name: weights[name][:, 1:].contiguous()}, path)

    return change


def twice(name: str) -> Change:
    """Makes a vector of a number."""

    def change(path: Path) -> None:
        weights = load_file(path)
        save_file(weights | {name: weights[name].repeat(2)}, path)

    return change


def belong_to_a_transformer(path: Path) -> None:
    tiny.save_open_clip(path.parent)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lose, "cannot be read"),
        (damage, "cannot be read"),
        (without("visual.meanings"), "do not fit"),
        (without("visual.share"), "do not fit"),
        (without("visual.middle"), "do not fit"),
        (cut("visual.meanings"), "do not fit"),
        (cut("visual.recognise.weight"), "do not fit"),
        (cut("visual.instance.weight"), "do not fit"),
        (twice("visual.share"), "do not fit"),
        (twice("visual.middle"), "do not fit"),
        (belong_to_a_transformer, "do not fit"),
    ],
)
def test_kinds_that_cannot_be_used_are_a_clear_error(
    folder: Path, change: Change, said: str
) -> None:
    change(folder / "kinds.safetensors")
    with pytest.raises(EncoderError, match=said):
        load(folder)
