import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from photofind.core.errors import EncoderError, EncoderMissingError
from photofind.encoders.manifest import CALIBRATED, MANIFEST, write_calibration
from photofind.encoders.registry import ModelRegistry


def test_recommended_model_is_offered_first(registry: ModelRegistry) -> None:
    offered = registry.curated()
    assert offered[0].recommended
    assert [spec.recommended for spec in offered].count(True) == 1
    assert any(not spec.has_text for spec in offered)


def test_curated_files_are_pinned_where_the_docstring_says_so(registry: ModelRegistry) -> None:
    for spec in registry.curated():
        model = registry.curated_model(spec.encoder_id)
        if spec.encoder_id == "siglip2-b-16-256":
            continue
        assert len(model.revision) == 40
        assert all(len(file.sha256) == 64 and file.size for file in model.files)
        assert sum(file.size for file in model.files) == spec.size_bytes


def test_builtin_is_installed_and_needs_no_library(registry: ModelRegistry) -> None:
    assert [model.spec.encoder_id for model in registry.installed()] == ["builtin"]
    builtin = registry.get("builtin")
    assert builtin.key.startswith("builtin-")
    assert builtin.spec.dimension == 16
    assert not (builtin.folder / MANIFEST).exists(), "the shipped folder must stay untouched"


def test_floors_come_from_the_manifest(open_clip_folder: Path, tmp_path: Path) -> None:
    (open_clip_folder / MANIFEST).write_text('{"text_floor": 0.3, "image_floor": 0.7}', "utf-8")
    spec = ModelRegistry(tmp_path / "models", builtin=open_clip_folder).get("builtin").spec
    assert (spec.text_floor, spec.image_floor) == (0.3, 0.7)
    assert (spec.text_spread, spec.text_stands_out) == (0.05, 2.0)


def test_calibration_is_kept_with_the_model_and_leaves_the_rest(
    registry: ModelRegistry, saved_open_clip: Path
) -> None:
    model = registry.import_path(saved_open_clip)
    before = json.loads((model.folder / MANIFEST).read_text("utf-8"))
    values = dict(zip(CALIBRATED, (0.3, 0.7, 0.04, 0.1, 0.05, 2.5, 3.0), strict=True))
    write_calibration(model.folder, values)
    spec = registry.get(model.spec.encoder_id).spec
    assert {name: getattr(spec, name) for name in CALIBRATED} == values
    assert json.loads((model.folder / MANIFEST).read_text("utf-8")) == before | values


def test_missing_curated_model_tells_how_to_fetch_it(registry: ModelRegistry) -> None:
    with pytest.raises(EncoderMissingError, match="photofind models download vit-b-32"):
        registry.get("vit-b-32-256-datacomp")


@pytest.mark.parametrize("name", ["", "../outside", "A/B", ".hidden", "no such"])
def test_impossible_names_are_refused(registry: ModelRegistry, name: str) -> None:
    with pytest.raises(EncoderMissingError):
        registry.get(name)


def test_imported_folder_is_installed_under_a_key_of_its_weights(
    registry: ModelRegistry, saved_open_clip: Path
) -> None:
    first = registry.import_path(saved_open_clip)
    second = registry.import_path(saved_open_clip)
    assert first.spec.encoder_id == "local-tiny-clip"
    assert second.spec.encoder_id == "local-tiny-clip-2"
    assert first.key.split("-")[-1] == second.key.split("-")[-1]
    assert first.folder.parent == registry.models_dir
    assert len(registry.installed()) == 3


def test_timm_folder_is_a_model_for_pictures_only(
    registry: ModelRegistry, saved_timm: Path
) -> None:
    model = registry.import_path(saved_timm)
    assert not model.spec.has_text
    assert model.spec.dimension == 64


def test_single_checkpoint_needs_its_architecture(
    registry: ModelRegistry, saved_open_clip: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "mine.safetensors"
    alone.write_bytes((saved_open_clip / "open_clip_model.safetensors").read_bytes())
    with pytest.raises(EncoderError, match="which architecture"):
        registry.import_path(alone)
    with pytest.raises(EncoderError, match="knows no architecture"):
        registry.import_path(alone, "ViT-B-99")
    assert registry.import_path(alone, "ViT-B-32").spec.architecture == "ViT-B-32"


def test_pickle_is_refused_unless_the_user_confirmed(
    registry: ModelRegistry, tmp_path: Path
) -> None:
    pickle = tmp_path / "mine.pt"
    pickle.write_bytes(b"\x80\x04.")
    with pytest.raises(EncoderError, match="can run code"):
        registry.import_path(pickle, "ViT-B-32")
    assert registry.import_path(pickle, "ViT-B-32", allow_pickle=True).key


def test_folder_with_only_a_pickle_is_explained(registry: ModelRegistry, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(EncoderError, match="pickle"):
        registry.import_path(tmp_path / "mine")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not tensors at all",
        b"\xff" * 64,
        (2).to_bytes(8, "little") + b"[]",
        (9).to_bytes(8, "little") + b'{"a": {}}',
    ],
)
def test_file_that_is_no_safetensors_is_refused(
    registry: ModelRegistry, open_clip_folder: Path, content: bytes
) -> None:
    (open_clip_folder / "open_clip_model.safetensors").write_bytes(content)
    with pytest.raises(EncoderError, match=r"safetensors|cut off"):
        registry.import_path(open_clip_folder)
    assert not registry.models_dir.exists() or not any(registry.models_dir.iterdir())


def test_cut_off_weights_are_refused(registry: ModelRegistry, open_clip_folder: Path) -> None:
    weights = open_clip_folder / "open_clip_model.safetensors"
    os.truncate(weights, weights.stat().st_size - 1)
    with pytest.raises(EncoderError, match="cut off"):
        registry.import_path(open_clip_folder)


def test_model_of_another_library_is_refused(registry: ModelRegistry, saved_timm: Path) -> None:
    other = registry.models_dir.parent / "other"
    other.mkdir(parents=True)
    (other / "config.json").write_text('{"model_type": "clip"}', "utf-8")
    (other / "model.safetensors").write_bytes((saved_timm / "model.safetensors").read_bytes())
    with pytest.raises(EncoderError, match="another library"):
        registry.import_path(other)


def test_changed_weights_are_noticed(registry: ModelRegistry, saved_open_clip: Path) -> None:
    model = registry.import_path(saved_open_clip)
    weights = model.folder / "open_clip_model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(EncoderError, match="have changed"):
        registry.get(model.spec.encoder_id)
    assert [m.spec.encoder_id for m in registry.installed()] == ["builtin"]


def test_copied_model_is_checked_once_and_then_known(
    registry: ModelRegistry, saved_open_clip: Path
) -> None:
    model = registry.import_path(saved_open_clip)
    weights = model.folder / "open_clip_model.safetensors"
    os.utime(weights, ns=(1_000_000_000, 1_000_000_000))
    assert registry.get(model.spec.encoder_id).key == model.key
    manifest = json.loads((model.folder / MANIFEST).read_text("utf-8"))
    assert manifest["files"][weights.name]["mtime_ns"] == 1_000_000_000


def test_damaged_manifest_is_a_clear_error(registry: ModelRegistry, saved_open_clip: Path) -> None:
    model = registry.import_path(saved_open_clip)
    for text in ("{", "[]", '{"text_floor": "much"}', '{"files": 3}'):
        (model.folder / MANIFEST).write_text(text, "utf-8")
        with pytest.raises(EncoderError, match="add it again"):
            registry.get(model.spec.encoder_id)


def test_removed_model_is_gone(registry: ModelRegistry, saved_open_clip: Path) -> None:
    model = registry.import_path(saved_open_clip)
    registry.remove(model.spec.encoder_id)
    with pytest.raises(EncoderMissingError):
        registry.get(model.spec.encoder_id)
    with pytest.raises(EncoderError, match="cannot be removed"):
        registry.remove("builtin")


def test_registry_and_download_import_no_torch() -> None:
    code = (
        "import sys, photofind.encoders.registry, photofind.encoders.download, "
        "photofind.engine.client\n"
        "loaded = {'torch', 'open_clip', 'timm', 'torchvision', 'rawpy', 'pillow_heif'}\n"
        "assert not loaded & set(sys.modules), loaded & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
