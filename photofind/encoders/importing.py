"""Copies a model of the user's own into the library. Decides what is a model; loads none."""

import json
import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from photofind.core.errors import EncoderError
from photofind.encoders import architectures
from photofind.encoders.manifest import (
    CONFIG,
    MANIFEST,
    OPEN_CLIP,
    PICKLE_SUFFIXES,
    SAFE_WEIGHTS,
    TIMM,
    TIMM_CONFIG,
    TOKENIZER,
    Manifest,
    find_weights,
    read_manifest,
    record_of,
    write_manifest,
)

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_LARGEST_HEADER = 100_000_000  # bytes; safetensors' own limit
_TAGS = frozenset({"", "model", "open-clip-model", "open-clip-pytorch-model"})


def is_encoder_id(text: str) -> bool:
    """Whether a text may name a model's folder."""
    return _ID.fullmatch(text) is not None and ".." not in text


def import_model(
    path: Path, models_dir: Path, architecture: str | None, allow_pickle: bool
) -> Path:
    """Copy the model at `path` below `models_dir`; returns its new folder. Raises EncoderError."""
    path = path.expanduser()
    if path.is_dir():
        manifest, files = _read_folder(path, architecture)
    elif path.is_file():
        manifest, files = _read_file(path, architecture, allow_pickle)
    else:
        raise EncoderError(f"there is nothing at {path}")
    for file in files:
        if file.suffix == ".safetensors":
            check_safetensors(file)
    try:
        return _copy(manifest, files, models_dir, _encoder_id(path, models_dir))
    except OSError as error:
        raise EncoderError(f"the model could not be copied into the library: {error}") from error


def check_safetensors(path: Path) -> None:
    """Raise EncoderError where a file does not begin as safetensors do."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            size = path.stat().st_size
            if not 2 <= length <= min(_LARGEST_HEADER, size - 8):
                raise EncoderError(f"{path} is not a safetensors file, or it is cut off")
            header: Any = json.loads(file.read(length))
    except OSError as error:
        raise EncoderError(f"{path} cannot be read: {error}") from error
    except ValueError:
        raise EncoderError(f"{path} is not a safetensors file") from None
    try:
        ends = [int(header[name]["data_offsets"][1]) for name in header if name != "__metadata__"]
    except (LookupError, TypeError, ValueError):
        raise EncoderError(f"{path} is not a safetensors file") from None
    if not ends or max(ends) + 8 + length != size:
        raise EncoderError(f"{path} is cut off or damaged")


def _read_folder(folder: Path, architecture: str | None) -> tuple[Manifest, list[Path]]:
    own = read_manifest(folder)
    manifest = replace(own, architecture=architecture or own.architecture, encoder_id="", files={})
    weights = _safe_weights(folder, manifest)
    files = [weights]
    if (folder / CONFIG).is_file() or manifest.architecture:
        if manifest.family == OPEN_CLIP:
            architectures.model_config(folder, manifest)
        files += [folder / name for name in (CONFIG, TOKENIZER) if (folder / name).is_file()]
        return replace(manifest, weights=weights.name), files
    if not (folder / TIMM_CONFIG).is_file():
        raise EncoderError(
            f"{folder} has neither {CONFIG} nor {TIMM_CONFIG}; "
            "give the architecture's name of open_clip with it"
        )
    config = architectures.read_json(folder / TIMM_CONFIG)
    if "pretrained_cfg" not in config or not isinstance(config.get("architecture"), str):
        raise EncoderError(
            f"{folder} is a model of another library; photofind reads those of open_clip and timm"
        )
    manifest = replace(manifest, family=TIMM, architecture=config["architecture"])
    return replace(manifest, weights=weights.name), [weights, folder / TIMM_CONFIG]


def _safe_weights(folder: Path, manifest: Manifest) -> Path:
    try:
        return find_weights(folder, manifest)
    except EncoderError:
        pickles = [p for p in sorted(folder.iterdir()) if p.suffix.lower() in PICKLE_SUFFIXES]
        if not pickles:
            raise
        raise EncoderError(
            f"{folder} holds its weights as a pickle ({pickles[0].name}), which can run code; "
            "look for a .safetensors of the same model, or import that one file"
        ) from None


def _read_file(
    path: Path, architecture: str | None, allow_pickle: bool
) -> tuple[Manifest, list[Path]]:
    pickle = path.suffix.lower() in PICKLE_SUFFIXES
    if not pickle and path.suffix.lower() != ".safetensors":
        raise EncoderError(f"{path.name} is not a checkpoint: photofind reads .safetensors")
    if pickle and not allow_pickle:
        raise EncoderError(
            f"{path.name} is a pickle, which can run code when it is read. "
            "Use a .safetensors of the same model; or, if you trust where it comes from, "
            "confirm that (on the command line: --allow-pickle)"
        )
    if not architecture:
        if path.name in SAFE_WEIGHTS and (path.parent / CONFIG).is_file():
            return _read_folder(path.parent, None)
        raise EncoderError(
            f"{path.name} does not say which architecture it is of; give open_clip's name of it "
            "(on the command line: --architecture ViT-B-32, say)"
        )
    config = architectures.open_clip_config(architecture)
    files = [path]
    if "hf_tokenizer_name" in config.get("text_cfg", {}):
        if not (path.parent / TOKENIZER).is_file():
            raise EncoderError(f"{architecture} also needs its {TOKENIZER} beside {path.name}")
        files.append(path.parent / TOKENIZER)
    title = f"{path.stem} ({architecture})"
    manifest = Manifest(
        architecture=architecture, title=title, weights=path.name, allow_pickle=pickle
    )
    return manifest, files


def _encoder_id(path: Path, models_dir: Path) -> str:
    stem = path.stem if path.is_file() else path.name
    slug = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")
    if slug in _TAGS:
        parent = path.resolve().parent.name
        slug = re.sub(r"[^a-z0-9]+", "-", parent.lower()).strip("-") or "model"
    base = f"local-{slug[:60]}"
    taken = {entry.name for entry in models_dir.iterdir()} if models_dir.is_dir() else set[str]()
    return next(
        name
        for name in [base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))]
        if name not in taken
    )


def _copy(manifest: Manifest, files: list[Path], models_dir: Path, encoder_id: str) -> Path:
    models_dir.mkdir(parents=True, exist_ok=True)
    needed = sum(file.stat().st_size for file in files)
    if shutil.disk_usage(models_dir).free < needed:
        raise EncoderError(f"{models_dir} has too little room for {needed / 1e6:,.0f} MB")
    staging = Path(tempfile.mkdtemp(dir=models_dir, prefix=".import-"))
    try:
        for file in files:
            shutil.copyfile(file, staging / file.name)
        records = {file.name: record_of(staging / file.name) for file in files}
        title = manifest.title or encoder_id.removeprefix("local-")
        write_manifest(
            staging, replace(manifest, encoder_id=encoder_id, title=title, files=records)
        )
        (staging / MANIFEST).chmod(0o644)
        staging.chmod(0o755)
        return staging.rename(models_dir / encoder_id)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
