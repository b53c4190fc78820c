"""A small model really exported, compared, kept and loaded; and all that may go wrong with it."""

import dataclasses
import json
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock
from PIL import Image

from photofind.core.errors import EncoderError
from photofind.core.types import InstalledEncoder, Vectors
from photofind.encoders import compiled, exporting, tuning
from photofind.encoders.base import Encoder
from photofind.encoders.compiled import PICTURES, RECORD, WORDS, Compiled, read_compiled
from photofind.encoders.drawn_pictures import draw_pictures
from photofind.encoders.loading import load_encoder
from photofind.encoders.modes import (
    AUTO,
    ONNX,
    ONNX_INT8,
    ONNX_INT8_MIXED,
    SAMPLES,
    TORCH,
    compare,
)
from photofind.encoders.onnx_backend import OnnxTower
from photofind.encoders.preprocess import Preprocessor
from photofind.encoders.registry import ModelRegistry
from photofind.encoders.tuning import tune
from tests.encoders import tiny

pytestmark = pytest.mark.timeout(600)  # an export takes seconds; on a busy machine, minutes
PHRASES = ("a red boat", "two people on a very long wooden bench in the park by the lake", "")


@pytest.fixture(autouse=True)
def no_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "_LEAST_SECONDS", 0.0)


@pytest.fixture
def few_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests in which their number plays no part."""
    monkeypatch.setattr(tuning, "SAMPLES", 20)
    monkeypatch.setattr(tuning, "CALIBRATED", 8)


@pytest.fixture
def photos() -> list[Image.Image]:
    return tiny.tuning_pictures()


@pytest.fixture
def prepared(prepared_clip: InstalledEncoder) -> InstalledEncoder:
    return prepared_clip


@pytest.fixture
def exported_before(prepared_clip: InstalledEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exporter copies what it made of the same model before."""
    made, folder = record(prepared_clip).files, prepared_clip.cache
    assert folder is not None

    def copy_of(side: str) -> Callable[..., None]:
        return lambda _model, _size, path: shutil.copy(folder / made[side].name, path) and None

    monkeypatch.setattr(exporting, "export_pictures", copy_of(PICTURES))
    monkeypatch.setattr(exporting, "export_words", copy_of(WORDS))


@pytest.fixture
def not_to_be_exported(few_pictures: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise EncoderError("it cannot be exported: a loop")

    monkeypatch.setattr(exporting, "export_pictures", fail)
    monkeypatch.setattr(exporting, "export_words", fail)


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
    installed: InstalledEncoder,
    mode: str = ONNX,
    notices: list[str] | None = None,
    threads: int = 1,
) -> Encoder:
    told = [] if notices is None else notices
    return load_encoder(installed, device="cpu", threads=threads, mode=mode, on_notice=told.append)


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


def test_8_bit_that_is_not_faithful_is_refused_and_what_is_left_is_used(
    tmp_path: Path, photos: list[Image.Image]
) -> None:
    """In a model that sees pictures only, with outliers as large trained ones have them."""
    folder = tiny.save_timm(tmp_path / "tiny-vit", side=32, outlier=1000)
    installed = ModelRegistry(tmp_path / "models").import_path(folder)
    found = tune(installed, photos, threads=1, wanted=ONNX_INT8)
    assert (found.photos, found.words_mode) == (SAMPLES, "")
    assert not found.figures[ONNX_INT8].problem
    assert not found.figures[ONNX_INT8].is_faithful
    assert found.figures[ONNX].is_faithful
    assert found.pictures_mode not in (ONNX_INT8, ONNX_INT8_MIXED)
    encoder = load(installed, ONNX_INT8)
    assert encoder.device == f"cpu ({found.pictures_mode})"
    assert encoder.tuning == "done", "a wish that is refused is not tried for ever"
    likeness = encoder.encode_images(photos[:8]) * load(installed, TORCH).encode_images(photos[:8])
    assert likeness.sum(axis=1).min() > 0.99
    with pytest.raises(EncoderError, match="pictures only"):
        encoder.encode_texts(["a dog"])


def test_8_bit_of_a_convolutional_model_learns_its_ranges_from_pictures(tmp_path: Path) -> None:
    torch.manual_seed(5)
    layers: list[torch.nn.Module] = []
    for before, after in ((3, 8), (8, 16), (16, 32), (32, 32), (32, 24)):
        layers += [torch.nn.Conv2d(before, after, 3, stride=2, padding=1), torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1], torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    plain, good, bad = (tmp_path / f"{name}.onnx" for name in ("plain", "good", "bad"))
    exporting.export_pictures(net, 32, plain)
    prepare = Preprocessor({}, 32)
    pixels = [prepare(picture) for picture in tiny.tuning_pictures()[:-1]]
    exporting.quantise(plain, good, pixels[:32])
    exporting.quantise(plain, bad, [one / 20 for one in pixels[:32]])
    exact = OnnxTower(plain, 1).run_pictures(pixels[32:])
    assert compare(exact, OnnxTower(good, 1).run_pictures(pixels[32:]), 1).is_faithful
    assert not compare(exact, OnnxTower(bad, 1).run_pictures(pixels[32:]), 1).is_faithful
    apart = OnnxTower(plain, 3, apart=True).run_pictures(pixels[32:])
    np.testing.assert_allclose(apart, exact, atol=1e-5)
    here = OnnxTower(plain, 3, apart=True).run_pictures_here(pixels[32:])
    np.testing.assert_allclose(here, exact, atol=1e-5)


@pytest.fixture
def computed_apart(copied: InstalledEncoder) -> InstalledEncoder:
    """A prepared model of which threads were found to be faster each by itself."""
    assert copied.cache is not None
    path = copied.cache / RECORD
    raw = json.loads(path.read_text("utf-8"))
    raw["figures"][ONNX]["apart"] = True
    path.write_text(json.dumps(raw), "utf-8")
    return copied


def in_two_threads(encoder: Encoder, pictures: list[Image.Image]) -> list[Vectors]:
    """Both halves, at the same time."""
    pixels, half = [encoder.prepare(picture) for picture in pictures], len(pictures) // 2
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(encoder.encode_apart, (pixels[:half], pixels[half:])))


def test_threads_that_compute_apart_do_so_at_the_same_time(
    computed_apart: InstalledEncoder, photos: list[Image.Image]
) -> None:
    encoder = load(computed_apart, threads=2)
    assert encoder.parallel == 2
    rows = np.concatenate(in_two_threads(encoder, photos[:80]))
    np.testing.assert_allclose(rows, encoder.encode_images(photos[:80]), atol=1e-5)
    assert load(computed_apart, TORCH).parallel == 1


def test_threads_that_find_their_file_damaged_compute_with_torch_in_turn(
    computed_apart: InstalledEncoder, photos: list[Image.Image]
) -> None:
    assert computed_apart.cache is not None
    (computed_apart.cache / record(computed_apart).files[PICTURES].name).write_bytes(b"not a model")
    notices: list[str] = []
    encoder = load(computed_apart, notices=notices, threads=2)
    rows = np.concatenate(in_two_threads(encoder, photos[:6]))
    exact = load(computed_apart, TORCH).encode_images(photos[:6])
    assert (rows * exact).sum(1).min() > 0.99
    assert (encoder.parallel, len(notices)) == (1, 1)


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
    copied: InstalledEncoder, exported_before: None
) -> None:
    assert copied.cache is not None
    (copied.cache / record(copied).files[WORDS].name).write_bytes(b"not a model")
    (copied.cache / ".work-left").mkdir()
    found = tune(copied, draw_pictures(3), threads=1)
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
    saved_open_clip: Path, tmp_path: Path, not_to_be_exported: None
) -> None:
    installed = ModelRegistry(tmp_path / "models", builtin=saved_open_clip).get("builtin")
    found = tune(installed, [], threads=1)
    assert found.pictures_mode.startswith("torch")
    assert found.figures[ONNX].problem == "it cannot be exported: a loop"
    assert found.words_figures[ONNX].problem
    encoder = load(installed, AUTO)
    assert np.isfinite(encoder.encode_texts(PHRASES)).all()
    assert np.isfinite(encoder.encode_images(draw_pictures(1))).all()
    assert encoder.tuning == "provisional"  # it is not tried again at every start


@pytest.mark.parametrize(("disturbed", "calls"), [(False, 2), (True, 1 + tuning._TRIES)])
def test_what_was_measured_in_no_quiet_is_measured_again(
    copied: InstalledEncoder, not_to_be_exported: None, disturbed: bool, calls: int
) -> None:
    asked: list[int] = []

    def quiet() -> int:
        asked.append(len(asked))
        return asked[-1] if disturbed else 0

    found = tune(copied, [], threads=1, quiet=quiet)
    measured = [*found.figures.values(), *found.words_figures.values()]
    assert len(asked) == calls * sum(not figures.problem for figures in measured)


def test_without_onnxruntime_torch_computes_and_the_reason_is_kept(
    copied: InstalledEncoder,
    few_pictures: None,
    monkeypatch: pytest.MonkeyPatch,
    photos: list[Image.Image],
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.delitem(sys.modules, "photofind.encoders.exporting")
    monkeypatch.delattr("photofind.encoders.exporting")
    notices: list[str] = []
    encoder = load(copied, notices=notices)  # it was prepared when there was one
    exact = load(copied, TORCH)
    assert (encoder.encode_images(photos[:3]) * exact.encode_images(photos[:3])).sum(1).min() > 0.99
    assert len(notices) == 1
    found = tune(copied, [], threads=1)
    assert "onnxruntime" in found.figures[ONNX].problem
    assert found.pictures_mode.startswith("torch")
    encoder = load(copied, AUTO)
    assert np.isfinite(encoder.encode_images(photos[:1])).all()
    assert np.isfinite(encoder.encode_texts(PHRASES)).all()
    assert encoder.tuning == "provisional"


def test_folder_that_cannot_be_written_is_a_reason(
    prepared: InstalledEncoder, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EncoderError, match="cannot be written"):
        tune(dataclasses.replace(prepared, cache=tmp_path / "file" / "compiled"), [])


def test_real_exporter_that_fails_is_a_reason(tmp_path: Path) -> None:
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
        tune(copied, [], threads=1)


def test_too_little_memory_or_room_is_a_reason_and_leaves_the_record(
    copied: InstalledEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "_MEMORY", 1 << 40)
    with pytest.raises(EncoderError, match="memory"):
        tune(copied, [], threads=1)
    monkeypatch.setattr(tuning, "_DISK", 1 << 50)
    with pytest.raises(EncoderError, match="room"):
        tune(copied, [], threads=1)
    assert read_compiled(copied) is not None


def test_record_knows_what_it_depends_on(prepared: InstalledEncoder) -> None:
    origin = compiled.origin_of(prepared)
    assert origin["weights"] == prepared.key
    assert all(origin[name] for name in ("torch", "onnxruntime", "photofind", "processor"))


def test_drawn_pictures_are_the_same_ones_every_time_and_each_another() -> None:
    one, other = draw_pictures(12), draw_pictures(12)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))
    assert len({picture.tobytes() for picture in one}) == 12
