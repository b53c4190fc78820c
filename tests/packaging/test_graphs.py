"""Graphs that point into a weights file: of a small model, written and run for real."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import graphs
import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import load_file, save_file

from photofind.core.types import Vectors
from photofind.encoders.base import Encoder, Pixels
from photofind.encoders.drawn_pictures import draw_pictures
from photofind.encoders.exporting import quantise
from photofind.encoders.loading import load_encoder
from photofind.encoders.manifest import MANIFEST
from photofind.encoders.modes import AUTO, ONNX, TORCH
from photofind.encoders.registry import ModelRegistry
from photofind.encoders.shipped import SHIPPED, read_shipped, weights_header
from tests.encoders import tiny

pytestmark = pytest.mark.timeout(600)  # an export takes seconds; on a busy machine, minutes
PHRASES = ("a red boat", "two people on a very long wooden bench in the park by the lake", "")
WEIGHTS = "open_clip_model.safetensors"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model in float16, as the built-in one is, with its graphs."""
    halves = {name: half(value) for name, value in tiny.tiny_weights().items()}
    folder = tiny.save_open_clip(tmp_path_factory.mktemp("graphs") / "tiny-clip", halves)
    graphs.write_graphs(folder)
    return folder


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "tiny-clip"))


def half(weight: torch.Tensor) -> torch.Tensor:
    return weight.half() if weight.is_floating_point() else weight


@pytest.fixture(scope="module")
def with_kinds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of convolutions that knows kinds, and its pictures' side in 8 bit as well."""
    folder = tiny.save_kinds(tmp_path_factory.mktemp("kinds") / "kinds")
    paths = graphs.write_graphs(folder, draw_pictures(32))
    assert {path.name for path in paths} == {path.name for path in folder.glob("*.onnx")} | {
        SHIPPED
    }
    return folder


def load(folder: Path, mode: str = AUTO) -> Encoder:
    installed = ModelRegistry(folder / "none", builtin=folder).get("builtin")
    return load_encoder(installed, device="cpu", threads=1, mode=mode, on_notice=pytest.fail)


def all_vectors(encoder: Encoder) -> Vectors:
    pictures = encoder.encode_images(draw_pictures(9))
    return np.concatenate([pictures, encoder.encode_texts(PHRASES)])


def test_vectors_are_those_of_torch(made: Path) -> None:
    fast, exact = load(made), load(made, TORCH)
    assert (fast.device, exact.device) == ("cpu (onnx)", "cpu")
    np.testing.assert_allclose(all_vectors(fast), all_vectors(exact), atol=1e-5)


def test_8_bit_is_what_computes_unless_another_way_is_asked_for(with_kinds: Path) -> None:
    fast, plain, exact = (load(with_kinds, mode) for mode in (AUTO, ONNX, TORCH))
    assert (fast.device, plain.device, exact.device) == ("cpu (onnx-int8)", "cpu (onnx)", "cpu")
    np.testing.assert_allclose(all_vectors(plain), all_vectors(exact), atol=1e-5)
    likeness = (all_vectors(fast) * all_vectors(exact)).sum(axis=1)
    assert likeness.mean() > 0.995


def test_kinds_are_referred_to_in_their_own_file_and_stand_in_8_bit_as_they_were(
    with_kinds: Path, tmp_path: Path
) -> None:
    exact = load(with_kinds, TORCH)
    folder = Path(shutil.copytree(with_kinds, tmp_path / "kinds"))
    path = folder / "kinds.safetensors"
    save_file({name: 2 * value for name, value in load_file(path).items()}, path)
    others = load(folder)
    assert others.device == "cpu (onnx)"
    np.testing.assert_allclose(all_vectors(others), all_vectors(load(folder, TORCH)), atol=1e-5)
    assert (all_vectors(others) * all_vectors(exact)).sum(axis=1).min() < 0.99


def test_8_bit_is_not_used_with_other_weights(with_kinds: Path, tmp_path: Path) -> None:
    """It has the old ones in itself."""
    folder = Path(shutil.copytree(with_kinds, tmp_path / "others"))
    weights = load_file(folder / WEIGHTS)
    others = {name: value * 1.1 if value.dim() else value for name, value in weights.items()}
    save_file(others, folder / WEIGHTS)
    fast, exact = load(folder), load(folder, TORCH)
    assert fast.device == "cpu (onnx)"
    np.testing.assert_allclose(all_vectors(fast), all_vectors(exact), atol=1e-5)


def test_graphs_of_a_model_that_knows_kinds_are_not_used_for_one_that_knows_none(
    with_kinds: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(with_kinds, tmp_path / "none"))
    (folder / MANIFEST).write_text("{}", "utf-8")
    assert "onnx" not in load(folder).device


def test_8_bit_that_is_not_faithful_is_not_written(
    with_kinds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(with_kinds, tmp_path / "unfaithful"))
    (folder / graphs.EIGHT_BIT).unlink()

    def quantise_badly(source: Path, target: Path, pixels: Sequence[Pixels]) -> None:
        quantise(source, target, [each / 20 for each in pixels])

    monkeypatch.setattr(graphs, "quantise", quantise_badly)
    with pytest.raises(ValueError, match="not faithful"):
        graphs.write_graphs(folder, draw_pictures(32))
    assert not (folder / graphs.EIGHT_BIT).exists()
    assert read_shipped(ModelRegistry(folder, builtin=folder).get("builtin")) is None


def test_first_layer_and_all_that_follow_the_network_stay_in_float32(with_kinds: Path) -> None:
    nodes = onnx.load(with_kinds / graphs.EIGHT_BIT).graph.node
    made = {name: node.op_type for node in nodes for name in node.output}
    layers = [node for node in nodes if node.op_type in ("Conv", "Gemm")]
    in_float = [node for node in layers if made.get(node.input[1]) != "DequantizeLinear"]
    assert sorted(node.op_type for node in in_float) == ["Conv", "Gemm", "Gemm", "Gemm"]
    assert len(layers) > 20


def test_other_weights_of_the_same_layout_need_no_new_graphs(copied: Path) -> None:
    before = all_vectors(load(copied))
    weights = load_file(copied / WEIGHTS)
    torch.manual_seed(8)
    others = {
        name: value + (value.std() * torch.randn(value.shape)).half() if value.dim() else value
        for name, value in weights.items()
    }
    save_file(others, copied / WEIGHTS)
    fast = all_vectors(load(copied))
    assert load(copied).device == "cpu (onnx)"
    np.testing.assert_allclose(fast, all_vectors(load(copied, TORCH)), atol=1e-5)
    assert (fast * before).sum(axis=1).max() < 0.99


def test_weights_in_full_precision_are_referred_to_as_well(tmp_path: Path) -> None:
    folder = tiny.save_open_clip(tmp_path / "whole")
    graphs.write_graphs(folder)
    fast = load(folder)
    assert fast.device == "cpu (onnx)"
    np.testing.assert_allclose(all_vectors(fast), all_vectors(load(folder, TORCH)), atol=1e-5)


def test_graphs_in_float32_hold_no_weights(made: Path) -> None:
    for path in made.glob("*.onnx"):
        graph = onnx.load(path, load_external_data=False).graph
        inline = [tensor for tensor in graph.initializer if not tensor.external_data]
        assert sum(len(tensor.raw_data) for tensor in inline) < 10_000


def test_graphs_have_no_trace_of_where_they_were_made(made: Path, with_kinds: Path) -> None:
    here = str(Path(graphs.__file__).parents[2]).encode()
    paths = [*made.glob("*.onnx"), *with_kinds.glob("*.onnx")]
    assert len(paths) == 5
    for path in paths:
        assert b".py" not in path.read_bytes()
        assert here not in path.read_bytes()


def test_writing_them_again_changes_nothing(made: Path, copied: Path) -> None:
    paths = graphs.write_graphs(copied)
    assert {path.name for path in paths} == {"pictures.onnx", "words.onnx", SHIPPED}
    assert all(path.read_bytes() == (made / path.name).read_bytes() for path in paths)


def test_weight_that_the_exporter_has_changed_is_refused(made: Path) -> None:
    weights = graphs.WeightsFiles(made / WEIGHTS)
    stored = weights.find("model.text.tower.text_projection")
    assert stored is not None
    tensor = onnx.numpy_helper.from_array(np.zeros(stored.shape, np.float32), stored.name)
    with pytest.raises(ValueError, match="text_projection is no longer"):
        weights.check(stored, tensor)


def test_weights_that_are_not_found_in_the_file_are_refused(copied: Path) -> None:
    """They would stand in the graph a second time."""
    header, _ = weights_header(copied / WEIGHTS)
    content = (copied / WEIGHTS).read_bytes()
    assert "token_embedding.weight" in json.loads(header)
    weights = graphs.WeightsFiles(copied / WEIGHTS)
    del weights._entries["token_embedding.weight"]
    whole = copied / "whole.onnx"
    model = graphs.build_model(ModelRegistry(copied, builtin=copied).get("builtin"))
    graphs.export_words(model, 16, whole, plain=True)
    with pytest.raises(ValueError, match="would stand in the graph"):
        graphs.refer(onnx.load(whole), weights)
    assert (copied / WEIGHTS).read_bytes() == content
