import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from photofind.core.errors import EncoderError
from photofind.core.types import InstalledEncoder
from photofind.encoders.base import Encoder, unit_rows
from photofind.encoders.loading import load_encoder
from photofind.encoders.registry import ModelRegistry
from tests.encoders import tiny


def load(installed: InstalledEncoder, device: str = "cpu") -> Encoder:
    return load_encoder(installed, device=device, on_notice=lambda text: None)


def pictures(count: int = 3) -> list[Image.Image]:
    rng = np.random.default_rng(5)
    return [
        Image.fromarray(rng.integers(0, 255, (50 + 30 * n, 90, 3), dtype=np.uint8))
        for n in range(count)
    ]


@pytest.fixture(scope="module")
def encoder(saved_open_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    models = tmp_path_factory.mktemp("models")
    return load(ModelRegistry(models, builtin=saved_open_clip).get("builtin"))


def test_rows_are_unit_vectors_of_the_stated_dimension(encoder: Encoder) -> None:
    for rows in (encoder.encode_images(pictures()), encoder.encode_texts(["a dog", "a cat"])):
        assert rows.dtype == np.float32
        assert rows.shape[1] == encoder.spec.dimension
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_vectors_are_those_of_open_clip_itself(encoder: Encoder, saved_open_clip: Path) -> None:
    name = f"local-dir:{saved_open_clip}"
    model, _, preprocess = open_clip.create_model_and_transforms(name)
    model.eval()
    batch = torch.stack([preprocess(picture) for picture in pictures()])
    tokens = open_clip.get_tokenizer(name)(["a red boat", "two people"])
    with torch.inference_mode():
        images = unit_rows(model.encode_image(batch).numpy())
        texts = unit_rows(model.encode_text(tokens).numpy())
    assert (encoder.encode_images(pictures()) * images).sum(axis=1).min() > 0.998
    np.testing.assert_allclose(encoder.encode_texts(["a red boat", "two people"]), texts, atol=1e-5)


def test_prepared_picture_is_what_open_clip_prepares(
    encoder: Encoder, saved_open_clip: Path
) -> None:
    preprocess = open_clip.create_model_and_transforms(f"local-dir:{saved_open_clip}")[2]
    for picture in pictures():
        np.testing.assert_allclose(encoder.prepare(picture), preprocess(picture).numpy(), atol=1e-5)


def test_user_checkpoint_with_an_architecture_name_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = tmp_path / "trained.safetensors"
    save_file(tiny.tiny_weights(), str(checkpoint))
    configs = tmp_path / "model_configs"
    configs.mkdir()
    (configs / "Tiny.json").write_text(json.dumps(tiny.TINY_CONFIG), "utf-8")
    monkeypatch.setattr("photofind.encoders.architectures._configs", lambda: configs)
    installed = ModelRegistry(tmp_path / "models").import_path(checkpoint, "Tiny")
    assert load(installed).encode_texts(["a"]).shape == (1, 16)


def test_confirmed_pickle_is_read_without_running_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configs = tmp_path / "model_configs"
    configs.mkdir()
    (configs / "Tiny.json").write_text(json.dumps(tiny.TINY_CONFIG), "utf-8")
    monkeypatch.setattr("photofind.encoders.architectures._configs", lambda: configs)
    registry = ModelRegistry(tmp_path / "models")
    good = tmp_path / "good.pt"
    torch.save({"state_dict": tiny.tiny_weights()}, good)
    imported = registry.import_path(good, "Tiny", allow_pickle=True)
    assert load(imported).encode_texts(["a"]).shape == (1, 16)

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str, ...]]:
            return Path.touch, (str(tmp_path / "sprung"),)

    torch.save({"state_dict": Trap()}, tmp_path / "evil.pt")
    trapped = registry.import_path(tmp_path / "evil.pt", "Tiny", allow_pickle=True)
    with pytest.raises(EncoderError):
        load(trapped)
    assert not (tmp_path / "sprung").exists()


def spoil(folder: Path, names: Sequence[str], how: str) -> None:
    weights = tiny.tiny_weights()
    for name in names:
        if how == "missing":
            del weights[name]
        elif how == "shape":
            weights[name] = torch.zeros(3)
        else:
            weights[name] = torch.full_like(weights[name], float("nan"))
    tiny.save_open_clip(folder, weights)


@pytest.mark.parametrize(
    ("how", "message"),
    [("missing", "do not fit"), ("shape", "do not fit"), ("nan", "no usable results")],
)
def test_incomplete_or_broken_weights_are_an_error_not_random_ones(
    tmp_path: Path, how: str, message: str
) -> None:
    spoil(tmp_path / "bad", ["visual.proj"], how)
    installed = ModelRegistry(tmp_path / "models", builtin=tmp_path / "bad").get("builtin")
    with pytest.raises(EncoderError, match=message):
        load(installed)


def test_weights_of_another_architecture_are_a_clear_error(tmp_path: Path) -> None:
    weights = tiny.tiny_weights()
    positions = weights["positional_embedding"]
    weights["positional_embedding"] = torch.zeros(len(positions), positions.shape[1] + 1)
    tiny.save_open_clip(tmp_path / "bad", weights)
    installed = ModelRegistry(tmp_path / "models", builtin=tmp_path / "bad").get("builtin")
    with pytest.raises(EncoderError, match="do not fit"):
        load(installed)


def test_folder_without_weights_is_an_error(open_clip_folder: Path, tmp_path: Path) -> None:
    (open_clip_folder / "open_clip_model.safetensors").unlink()
    with pytest.raises(EncoderError, match="no weights"):
        ModelRegistry(tmp_path / "models", builtin=open_clip_folder).get("builtin")


@pytest.mark.parametrize("change", [{"width": "wide"}, {"layers": None}, {"nonsense": 1}])
def test_configuration_that_makes_no_sense_is_a_clear_error(
    open_clip_folder: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    config = json.loads((open_clip_folder / "open_clip_config.json").read_text("utf-8"))
    config["model_cfg"]["vision_cfg"].update(change)
    (open_clip_folder / "open_clip_config.json").write_text(json.dumps(config), "utf-8")
    installed = ModelRegistry(tmp_path / "models", builtin=open_clip_folder).get("builtin")
    with pytest.raises(EncoderError):
        load(installed)


def test_device_that_is_not_there_gives_way_to_the_processor(saved_open_clip: Path) -> None:
    installed = ModelRegistry(saved_open_clip.parent, builtin=saved_open_clip).get("builtin")
    notices: list[str] = []
    missing = "xpu" if not torch.xpu.is_available() else "mps"
    encoder = load_encoder(installed, device=missing, on_notice=notices.append)
    assert encoder.device.startswith("cpu")
    assert notices == [
        f"{missing} cannot be used (this computer has none, or its driver is missing): "
        "using the processor"
    ]
    load_encoder(installed, device="toaster", on_notice=notices.append)
    assert "no device 'toaster'" in notices[-1]


def test_tokenizer_beside_the_weights_is_used(saved_open_clip: Path, tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    words = {"<pad>": 0, "<eos>": 1, "<unk>": 2, "red": 3, "boat": 4}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    folder = tmp_path / "clip"
    tiny.save_open_clip(folder)
    config = json.loads((folder / "open_clip_config.json").read_text("utf-8"))
    config["model_cfg"]["text_cfg"] |= {
        "hf_tokenizer_name": "anyone/anything",
        "tokenizer_kwargs": {"clean": "canonicalize"},
    }
    (folder / "open_clip_config.json").write_text(json.dumps(config), "utf-8")
    installed = ModelRegistry(tmp_path / "models", builtin=folder).get("builtin")
    with pytest.raises(EncoderError, match=r"tokenizer\.json is missing"):
        load(installed)
    tokenizer.save(str(folder / "tokenizer.json"))
    rows = load(installed).encode_texts(["Red boat!", "red boat", "boat red"])
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-6)
    assert np.abs(rows[0] - rows[2]).max() > 1e-3


def test_unusable_rows_are_marked_not_hidden() -> None:
    rows = unit_rows(np.array([[3, 4], [0, 0], [np.inf, 1], [np.nan, 1]], np.float32))
    np.testing.assert_allclose(rows[0], [0.6, 0.8])
    assert np.isnan(rows[1:]).all()
