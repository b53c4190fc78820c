"""The shipped model with its graphs: the same vectors as torch, and what makes them be refused."""

import dataclasses
import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file, save_file

from photofind.core.errors import EncoderError
from photofind.core.types import InstalledEncoder
from photofind.encoders import loading
from photofind.encoders.base import Encoder
from photofind.encoders.compiled import Compiled, origin_of, write_compiled
from photofind.encoders.loading import load_encoder
from photofind.encoders.manifest import MANIFEST
from photofind.encoders.modes import (
    AUTO,
    ONNX,
    ONNX_INT8,
    ONNX_INT8_MIXED,
    TORCH,
    TORCH_BF16,
    Figures,
)
from photofind.encoders.registry import ModelRegistry
from photofind.encoders.shipped import SHIPPED, read_shipped
from tests import samples

WEIGHTS, CONFIG = "open_clip_model.safetensors", "open_clip_config.json"
PHRASES = (
    "a dog",
    "A Photo of two people on a very long wooden bench in the park by the lake, at night",
    "grün 你好",
    "",
    *(f"a photo of a {subject}" for subject in samples.SAMPLE_SOURCES),
)


@pytest.fixture(scope="module")
def shipped() -> InstalledEncoder:
    return ModelRegistry(Path("no models")).get("builtin")


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    found = [samples.sample_picture(subject) for subject in samples.SAMPLE_SOURCES]
    return [*found, found[0].resize((600, 150))]


@pytest.fixture
def copied(shipped: InstalledEncoder, tmp_path: Path) -> Path:
    """A folder that the test may spoil, at a place that not every program likes."""
    return Path(shutil.copytree(shipped.folder, tmp_path / "mein Modell ü 犬"))


def of(folder: Path) -> InstalledEncoder:
    return ModelRegistry(folder.parent / "models", builtin=folder).get("builtin")


def load(
    installed: InstalledEncoder,
    mode: str = AUTO,
    device: str = "cpu",
    on_notice: Callable[[str], object] = pytest.fail,
) -> Encoder:
    return load_encoder(
        installed, device=device, threads=1, mode=mode, on_notice=lambda text: on_notice(text)
    )


@pytest.mark.parametrize(
    ("mode", "device", "least"), [(AUTO, "cpu (onnx-int8)", 0.995), (ONNX, "cpu (onnx)", 0.9999)]
)
def test_vectors_are_those_of_torch(
    shipped: InstalledEncoder, pictures: list[Image.Image], mode: str, device: str, least: float
) -> None:
    fast, exact = load(shipped, mode), load(shipped, TORCH)
    assert (fast.device, fast.tuning, exact.device) == (device, "missing", "cpu")
    likeness = fast.encode_images(pictures) * exact.encode_images(pictures)
    assert likeness.sum(axis=1).min() > least
    likeness = fast.encode_texts(PHRASES) * exact.encode_texts(PHRASES)
    assert likeness.sum(axis=1).min() > 0.9999


def test_each_thread_computes_pictures_of_its_own(
    shipped: InstalledEncoder, pictures: list[Image.Image]
) -> None:
    encoder = load_encoder(shipped, device="cpu", threads=2, on_notice=pytest.fail)
    assert encoder.parallel == 2
    rows = encoder.encode_apart([encoder.prepare(picture) for picture in pictures])
    np.testing.assert_allclose(rows, load(shipped).encode_images(pictures), atol=1e-5)


def test_folder_that_cannot_be_written_is_enough(
    copied: Path, shipped: InstalledEncoder, pictures: list[Image.Image]
) -> None:
    for path in (*copied.iterdir(), copied):
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    try:
        encoder = load(of(copied))
        assert encoder.device == "cpu (onnx-int8)"
        rows = encoder.encode_images(pictures[:2])
        np.testing.assert_array_equal(rows, load(shipped).encode_images(pictures[:2]))
        assert np.isfinite(encoder.encode_texts(PHRASES)).all()
    finally:
        copied.chmod(stat.S_IRWXU)


def lay_weights_out_anew(folder: Path) -> None:
    weights = load_file(folder / WEIGHTS)
    save_file({**weights, "one_more": weights["ln_final.bias"].clone()}, folder / WEIGHTS)


def change_architecture(folder: Path) -> None:
    config = json.loads((folder / CONFIG).read_text("utf-8"))
    config["model_cfg"]["text_cfg"]["heads"] = 2
    (folder / CONFIG).write_text(json.dumps(config), "utf-8")


def know_no_kinds(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    del manifest["kinds"]
    (folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")


def remove_record(folder: Path) -> None:
    (folder / SHIPPED).unlink()


def damage_record(folder: Path) -> None:
    (folder / SHIPPED).write_text('{"layout": 7, "files": []}', "utf-8")


@pytest.mark.parametrize(
    "spoil",
    [lay_weights_out_anew, change_architecture, know_no_kinds, remove_record, damage_record],
)
def test_graphs_that_do_not_fit_are_not_used(copied: Path, spoil: Callable[[Path], None]) -> None:
    assert read_shipped(of(copied)) is not None
    spoil(copied)
    assert read_shipped(of(copied)) is None


def test_without_graphs_torch_computes(copied: Path, shipped: InstalledEncoder) -> None:
    remove_record(copied)
    encoder = load(of(copied))
    assert "onnx" not in encoder.device
    assert encoder.tuning == "missing"
    likeness = encoder.encode_texts(PHRASES) * load(shipped).encode_texts(PHRASES)
    assert likeness.sum(axis=1).min() > 0.999


@pytest.mark.parametrize("content", [None, b"no graph at all"])
@pytest.mark.parametrize("name", ["words.onnx", "pictures-int8.onnx"])
def test_graph_that_is_gone_or_damaged_gives_way_to_torch(
    copied: Path,
    name: str,
    content: bytes | None,
    shipped: InstalledEncoder,
    pictures: list[Image.Image],
) -> None:
    graph = copied / name
    graph.unlink() if content is None else graph.write_bytes(content)
    notices: list[str] = []
    encoder = load(of(copied), on_notice=notices.append)
    likeness = encoder.encode_images(pictures) * load(shipped).encode_images(pictures)
    assert likeness.sum(axis=1).min() > 0.995
    likeness = encoder.encode_texts(PHRASES) * load(shipped).encode_texts(PHRASES)
    assert likeness.sum(axis=1).min() > 0.999
    assert "onnx" not in encoder.device
    assert len(notices) == 1


def test_weights_that_are_cut_off_are_an_error(copied: Path) -> None:
    content = (copied / WEIGHTS).read_bytes()
    (copied / WEIGHTS).write_bytes(content[: len(content) // 2])
    assert read_shipped(of(copied)) is None
    with pytest.raises(EncoderError, match="weights"):
        load(of(copied))


@pytest.mark.parametrize(
    ("mode", "device"),
    [(ONNX_INT8, "cpu (onnx-int8)"), (ONNX_INT8_MIXED, "cpu (onnx)")],
)
def test_whatever_is_to_be_found_out_later_graphs_compute_at_once(
    shipped: InstalledEncoder, mode: str, device: str
) -> None:
    encoder = load(shipped, mode)
    assert (encoder.device, encoder.tuning) == (device, "missing")


@pytest.mark.parametrize("mode", [TORCH, TORCH_BF16])
def test_torch_computes_where_it_was_asked_for(shipped: InstalledEncoder, mode: str) -> None:
    assert "onnx" not in load(shipped, mode).device


def test_what_was_found_out_here_is_preferred(shipped: InstalledEncoder, tmp_path: Path) -> None:
    installed = dataclasses.replace(shipped, cache=tmp_path)
    intake = loading.intake_of(installed)
    figures = {TORCH: Figures(rate=100, mean=1, least=1, overlap=1)}
    found = Compiled(
        origin_of(installed), True, AUTO, 96, 64, intake, TORCH, TORCH, figures, figures
    )
    write_compiled(tmp_path, found)
    encoder = load(installed)
    assert (encoder.device, encoder.tuning) == ("cpu (torch)", "done")


@pytest.mark.parametrize("present", [True, False])
def test_accelerator_is_left_to_torch(
    shipped: InstalledEncoder, monkeypatch: pytest.MonkeyPatch, present: bool
) -> None:
    monkeypatch.setattr(loading, "may_have_accelerator", lambda: present)
    monkeypatch.setattr("photofind.encoders.devices._problem", lambda device: "there is none")
    assert ("onnx" in load(shipped, device="auto").device) is not present
