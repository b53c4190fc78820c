"""A small model really exported, compared, kept and loaded; and all that may go wrong with it."""

import dataclasses
import json
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from photofind.core.errors import EncoderError
from photofind.core.types import InstalledEncoder
from photofind.encoders import compiled, exporting, tuning
from photofind.encoders.base import Encoder
from photofind.encoders.compiled import PICTURES, RECORD, WORDS, Compiled, read_compiled
from photofind.encoders.drawn_pictures import draw_pictures
from photofind.encoders.loading import SAMPLES, load_encoder
from photofind.encoders.modes import AUTO, ONNX, ONNX_INT8, ONNX_INT8_MIXED, TORCH
from photofind.encoders.registry import ModelRegistry
from photofind.encoders.tuning import tune

pytestmark = pytest.mark.timeout(600)  # an export takes seconds; on a busy machine, minutes
PHRASES = ("a red boat", "two people on a very long wooden bench in the park by the lake", "")


@pytest.fixture(scope="module", autouse=True)
def no_repeats() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tuning, "_LEAST_SECONDS", 0.0)
        yield


@pytest.fixture(scope="module")
def photos() -> list[Image.Image]:
    panorama = Image.linear_gradient("L").resize((600, 200)).convert("RGB")
    return [*draw_pictures(SAMPLES - 1), panorama]


@pytest.fixture(scope="module")
def prepared(
    saved_open_clip: Path, tmp_path_factory: pytest.TempPathFactory, photos: list[Image.Image]
) -> InstalledEncoder:
    """Not to be changed by tests: ONNX Runtime in float32 computes it."""
    models = tmp_path_factory.mktemp("tuned")
    installed = ModelRegistry(models, builtin=saved_open_clip).get("builtin")
    tune(installed, photos, threads=2, wanted=ONNX)
    return installed


@pytest.fixture
def copied(prepared: InstalledEncoder, tmp_path: Path) -> InstalledEncoder:
    """A prepared model that the test may spoil."""
    assert prepared.cache is not None
    cache = Path(shutil.copytree(prepared.cache, tmp_path / "cache"))
    return dataclasses.replace(prepared, cache=cache)


def record(installed: InstalledEncoder) -> Compiled:
    found = read_compiled(installed)
    assert found is not None
    return found


def load(
    installed: InstalledEncoder, mode: str = ONNX, notices: list[str] | None = None
) -> Encoder:
    told = [] if notices is None else notices
    return load_encoder(installed, device="cpu", threads=2, mode=mode, on_notice=told.append)


def test_every_mode_is_compared_and_the_wanted_one_is_used(prepared: InstalledEncoder) -> None:
    found = record(prepared)
    assert {TORCH, ONNX, ONNX_INT8, ONNX_INT8_MIXED} <= set(found.figures)
    assert all(mode.rate > 0 for mode in found.figures.values() if not mode.problem)
    assert (found.photos, found.pictures) == (SAMPLES, SAMPLES - tuning.CALIBRATED)
    assert found.pictures >= 64
    assert (found.pictures_mode, found.words_mode) == (ONNX, ONNX)
    assert found.figures[ONNX].least > 0.9999


def test_only_the_files_in_use_are_kept(prepared: InstalledEncoder) -> None:
    assert prepared.cache is not None
    names = {path.name for path in prepared.cache.iterdir() if not path.name.startswith(".")}
    assert names == {RECORD, *(file.name for file in record(prepared).files.values())}
    assert set(record(prepared).files) == {PICTURES, WORDS}


def test_vectors_are_those_of_torch(prepared: InstalledEncoder, photos: list[Image.Image]) -> None:
    exact, fast = load(prepared, TORCH), load(prepared)
    assert (exact.device, fast.device) == ("cpu", "cpu (onnx)")
    assert (exact.tuning, fast.tuning) == ("done", "done")
    np.testing.assert_allclose(
        fast.encode_images(photos[:40]), exact.encode_images(photos[:40]), atol=1e-4
    )
    np.testing.assert_allclose(fast.encode_texts(PHRASES), exact.encode_texts(PHRASES), atol=1e-4)


def test_prepared_model_comes_up_without_torch(prepared: InstalledEncoder) -> None:
    """What makes the first answer after a start quick."""
    code = """
import pickle, sys
from PIL import Image
from photofind.encoders.loading import load_encoder
installed = pickle.loads(sys.stdin.buffer.read())
encoder = load_encoder(installed, device="cpu", mode="onnx", on_notice=print)
encoder.encode_texts(["a dog"])
encoder.encode_images([Image.new("RGB", (50, 40))])
print(sorted({"torch", "torchvision", "open_clip", "timm"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(prepared), capture_output=True, check=True
    )
    assert done.stdout.decode().strip() == "[]"


def test_pictures_only_model_is_prepared_too(saved_timm: Path, tmp_path: Path) -> None:
    installed = ModelRegistry(tmp_path / "models").import_path(saved_timm)
    found = tune(installed, [], wanted=ONNX)
    assert (found.pictures_mode, found.words_mode) == (ONNX, "")
    picture = draw_pictures(1)
    np.testing.assert_allclose(
        load(installed).encode_images(picture),
        load(installed, TORCH).encode_images(picture),
        atol=1e-4,
    )
    with pytest.raises(EncoderError, match="pictures only"):
        load(installed).encode_texts(["a dog"])


def test_convolutional_model_is_quantised_with_learned_ranges(
    tmp_path: Path, photos: list[Image.Image]
) -> None:
    """The built-in model itself: its pictures' side is a convolutional network."""
    installed = ModelRegistry(tmp_path / "models").get("builtin")
    found = tune(installed, photos, threads=2)
    assert found.figures[ONNX].least > 0.9999
    assert found.figures[ONNX_INT8].mean > 0.98
    assert found.figures[found.pictures_mode].is_faithful
    rows = load(installed, AUTO).encode_images(photos[:8])
    assert (rows * load(installed, TORCH).encode_images(photos[:8])).sum(axis=1).min() > 0.98


@pytest.mark.parametrize("changed", ["torch", "onnxruntime", "photofind", "weights", "processor"])
def test_record_of_other_versions_is_not_used(copied: InstalledEncoder, changed: str) -> None:
    assert copied.cache is not None
    path = copied.cache / RECORD
    raw = json.loads(path.read_text("utf-8"))
    raw["origin"][changed] += "-other"
    path.write_text(json.dumps(raw), "utf-8")
    assert read_compiled(copied) is None
    encoder = load(copied)
    assert "onnx" not in encoder.device
    assert encoder.tuning == "missing"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"origin": 3}', "\x00"])
def test_damaged_record_is_as_none(copied: InstalledEncoder, text: str) -> None:
    assert copied.cache is not None
    (copied.cache / RECORD).write_text(text, "utf-8")
    assert read_compiled(copied) is None


@pytest.mark.parametrize("side", [PICTURES, WORDS])
@pytest.mark.parametrize("how", ["flipped", "cut", "gone"])
def test_damaged_file_gives_way_to_torch_and_is_made_anew(
    copied: InstalledEncoder, photos: list[Image.Image], side: str, how: str
) -> None:
    assert copied.cache is not None
    path = copied.cache / record(copied).files[side].name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(content if how == "flipped" else content[:-9])
    notices: list[str] = []
    encoder = load(copied, notices=notices)
    exact = load(copied, TORCH)
    assert (encoder.encode_images(photos[:3]) * exact.encode_images(photos[:3])).sum(1).min() > 0.99
    np.testing.assert_allclose(
        encoder.encode_texts(PHRASES), exact.encode_texts(PHRASES), atol=1e-4
    )
    assert len(notices) == 1
    assert encoder.tuning == "missing"
    assert "onnx" not in encoder.device
    assert read_compiled(copied) is None


def test_preparing_again_replaces_what_was_damaged_and_without_photos_is_provisional(
    copied: InstalledEncoder,
) -> None:
    assert copied.cache is not None
    (copied.cache / record(copied).files[WORDS].name).write_bytes(b"not a model")
    (copied.cache / ".work-left").mkdir()
    found = tune(copied, draw_pictures(3))
    assert ONNX_INT8 not in found.figures
    assert found.photos == 3
    assert found.pictures >= 64
    encoder = load(copied, AUTO)
    assert np.isfinite(encoder.encode_texts(PHRASES)).all()
    assert encoder.tuning == "provisional"
    assert not (copied.cache / ".work-left").exists()


def test_wish_that_was_not_measured_for_is_made_up_later(copied: InstalledEncoder) -> None:
    assert load(copied, ONNX).tuning == "done"
    assert load(copied, ONNX_INT8).tuning == "missing"
    assert load(copied, AUTO).tuning == "missing"


def test_wish_for_torch_needs_no_preparing(copied: InstalledEncoder) -> None:
    encoder = load(copied, TORCH)
    assert (encoder.device, encoder.tuning) == ("cpu", "done")


def test_model_that_cannot_be_exported_stays_with_torch_and_says_why(
    saved_open_clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise EncoderError("it cannot be exported: a loop")

    monkeypatch.setattr(exporting, "export_pictures", fail)
    monkeypatch.setattr(exporting, "export_words", fail)
    installed = ModelRegistry(tmp_path / "models", builtin=saved_open_clip).get("builtin")
    found = tune(installed, [])
    assert found.pictures_mode.startswith("torch")
    assert found.figures[ONNX].problem == "it cannot be exported: a loop"
    assert found.words_figures[ONNX].problem
    encoder = load(installed, AUTO)
    assert np.isfinite(encoder.encode_texts(PHRASES)).all()
    assert np.isfinite(encoder.encode_images(draw_pictures(1))).all()
    assert encoder.tuning == "provisional"  # it is not tried again at every start


def test_real_exporter_that_fails_is_a_reason(tmp_path: Path) -> None:
    import torch

    class Undecided(torch.nn.Module):
        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            return pixels if pixels.sum() > 0 else -pixels

    with pytest.raises(EncoderError, match="cannot be exported"):
        exporting.export_pictures(Undecided(), 8, tmp_path / "x.onnx")


def test_two_do_not_prepare_one_model_at_once(copied: InstalledEncoder) -> None:
    assert copied.cache is not None
    with (
        FileLock(copied.cache / ".lock"),
        pytest.raises(EncoderError, match="another photofind"),
    ):
        tune(copied, [])


def test_too_little_memory_or_room_is_a_reason_and_leaves_the_record(
    copied: InstalledEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "_MEMORY", 1 << 40)
    with pytest.raises(EncoderError, match="memory"):
        tune(copied, [])
    monkeypatch.setattr(tuning, "_DISK", 1 << 50)
    with pytest.raises(EncoderError, match="room"):
        tune(copied, [])
    assert read_compiled(copied) is not None


def test_record_knows_what_it_depends_on(prepared: InstalledEncoder) -> None:
    origin = compiled.origin_of(prepared)
    assert origin["weights"] == prepared.key
    assert all(origin[name] for name in ("torch", "onnxruntime", "photofind", "processor"))


def test_drawn_pictures_are_the_same_ones_every_time_and_each_another() -> None:
    one, other = draw_pictures(12), draw_pictures(12)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))
    assert len({picture.tobytes() for picture in one}) == 12
