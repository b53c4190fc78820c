import json
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from photofind.core.errors import EncoderError
from photofind.encoders.base import Encoder, unit_rows
from photofind.encoders.loading import load_encoder
from photofind.encoders.manifest import MANIFEST
from photofind.encoders.registry import ModelRegistry


def load(folder: Path, tmp_path: Path) -> Encoder:
    installed = ModelRegistry(tmp_path / "models").import_path(folder)
    return load_encoder(installed, device="cpu", on_notice=lambda text: None)


def picture() -> Image.Image:
    rng = np.random.default_rng(5)
    return Image.fromarray(rng.integers(0, 255, (200, 300, 3), dtype=np.uint8))


def test_vectors_are_those_of_timm_itself(saved_timm: Path, tmp_path: Path) -> None:
    encoder = load(saved_timm, tmp_path)
    model = timm.create_model("test_vit", pretrained=False, num_classes=0).eval()
    model.load_state_dict(load_file(str(saved_timm / "model.safetensors")))
    with torch.inference_mode():
        expected = unit_rows(model(torch.from_numpy(encoder.prepare(picture())[None])).numpy())
    rows = encoder.encode_images([picture()])
    assert float((rows * expected).sum()) > 0.998
    assert encoder.image_size == 160


def test_words_are_refused_with_a_reason(saved_timm: Path, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="pictures only"):
        load(saved_timm, tmp_path).encode_texts(["a dog"])


def test_smaller_input_can_be_asked_for(saved_timm: Path, tmp_path: Path) -> None:
    folder = ModelRegistry(tmp_path / "models").import_path(saved_timm).folder
    manifest = json.loads((folder / MANIFEST).read_text("utf-8")) | {"image_size": 96}
    (folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    installed = ModelRegistry(tmp_path / "models").get(folder.name)
    encoder = load_encoder(installed, device="cpu", on_notice=lambda text: None)
    assert encoder.image_size == 96
    assert np.isfinite(encoder.encode_images([picture()])).all()


def test_missing_weights_are_an_error_and_a_classifier_too_many_is_not(
    saved_timm: Path, tmp_path: Path
) -> None:
    weights = load_file(str(saved_timm / "model.safetensors"))
    more = tmp_path / "more"
    more.mkdir()
    (more / "config.json").write_bytes((saved_timm / "config.json").read_bytes())
    save_file(weights | {"head.weight": torch.zeros(4, 64)}, str(more / "model.safetensors"))
    assert load(more, tmp_path).encode_images([picture()]).shape == (1, 64)
    del weights["norm.weight"]
    save_file(weights, str(more / "model.safetensors"))
    with pytest.raises(EncoderError, match="lack 1 parts"):
        load(more, tmp_path)
