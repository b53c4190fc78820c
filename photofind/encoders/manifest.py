"""`photofind.json`: what photofind knows about one model folder, and the check of its weights.

The manifest records size, modification time and sha256 of each file. A file whose size and time
are as recorded is taken as unchanged; otherwise it is hashed again and must match the record.
Knows nothing of where models come from.
"""

import contextlib
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from photofind.core.atomic_file import replace_file
from photofind.core.errors import EncoderError

MANIFEST = "photofind.json"
CONFIG = "open_clip_config.json"
TIMM_CONFIG = "config.json"
TOKENIZER = "tokenizer.json"
SAFE_WEIGHTS = (
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.safetensors",
    "model.safetensors",
)
PICKLE_SUFFIXES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl"})
CALIBRATED = (
    "text_floor",
    "image_floor",
    "text_spread",
    "image_spread",
    "text_centre",
    "text_stands_out",
    "image_stands_out",
)
"""What is measured for a model and says how its scores are to be read; see EncoderSpec."""
OPEN_CLIP = "open_clip"
TIMM = "timm"


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What a file was when it was installed."""

    size: int = 0  # bytes
    sha256: str = ""
    mtime_ns: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """The contents of photofind.json. Everything but the files may be missing."""

    encoder_id: str = ""
    family: str = OPEN_CLIP
    architecture: str = ""  # open_clip's or timm's name; "" where the folder has its own config
    title: str = ""
    licence: str = ""
    languages: str = ""
    weights: str = ""  # file name; "" finds it by the usual names
    allow_pickle: bool = False  # the user confirmed a checkpoint that is a pickle
    image_size: int = 0  # pixels; 0 leaves the architecture's own
    dimension: int = 0
    text_floor: float | None = None
    image_floor: float | None = None
    text_spread: float | None = None
    image_spread: float | None = None
    text_centre: float | None = None
    text_stands_out: float | None = None
    image_stands_out: float | None = None
    preprocess: dict[str, Any] = field(default_factory=dict[str, Any])
    kinds: str = ""  # file name of the kinds of things that the model knows, see `encoders.kinds`
    repository: str = ""
    revision: str = ""  # full commit
    files: dict[str, FileRecord] = field(default_factory=dict[str, FileRecord])


def read_manifest(folder: Path) -> Manifest:
    """The folder's manifest; a missing one is an empty one.

    Raises EncoderError where the file is there but cannot be understood.
    """
    path = folder / MANIFEST
    try:
        raw: Any = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Manifest()
    except (OSError, ValueError) as error:
        raise EncoderError(
            f"{path} cannot be read ({error}); remove the model and add it again"
        ) from error
    if not isinstance(raw, dict):
        raise EncoderError(f"{path} is not a model description; remove the model and add it again")
    given = cast("dict[str, Any]", raw)
    known = {name: given[name] for name in Manifest.__dataclass_fields__ if name in given}
    try:
        for name in CALIBRATED:
            known[name] = None if known.get(name) is None else float(known[name])
        files = {
            name: FileRecord(
                size=int(entry.get("size", 0)),
                sha256=str(entry.get("sha256", "")),
                mtime_ns=int(entry.get("mtime_ns", 0)),
            )
            for name, entry in known.pop("files", {}).items()
        }
        kinds = str(known.pop("kinds", ""))
        return Manifest(files=files, kinds=kinds, **known)
    except (TypeError, LookupError, ValueError, AttributeError) as error:
        raise EncoderError(
            f"{path} is damaged ({error}); remove the model and add it again"
        ) from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it so that a reader sees the old or the new one. Raises OSError."""
    replace_file(folder / MANIFEST, json.dumps(asdict(manifest), indent=1).encode())


def write_calibration(folder: Path, values: Mapping[str, float]) -> None:
    """Put measured values, named as in CALIBRATED, into the folder's manifest; the rest stays.

    Raises OSError; EncoderError where the manifest that is there cannot be understood.
    """
    _amend(folder, {name: values[name] for name in CALIBRATED if name in values})


def write_kinds(folder: Path, kinds: str) -> None:
    """Put the file of the kinds that a model knows, or "", into the folder's manifest; raises as
    `write_calibration`."""
    _amend(folder, {"kinds": kinds})


def _amend(folder: Path, values: Mapping[str, Any]) -> None:
    read_manifest(folder)
    path = folder / MANIFEST
    given: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    replace_file(path, (json.dumps(given | dict(values), indent=1) + "\n").encode())


def find_weights(folder: Path, manifest: Manifest) -> Path:
    """The one file that holds the weights. Raises EncoderError where there is none."""
    if manifest.weights:
        named = folder / Path(manifest.weights).name
        if named.is_file():
            return named
        raise EncoderError(f"the weights {named} are missing; remove the model and add it again")
    for name in SAFE_WEIGHTS:
        if (folder / name).is_file():
            return folder / name
    others = sorted(folder.glob("*.safetensors"))
    if len(others) == 1:
        return others[0]
    if others:
        raise EncoderError(f"{folder} holds several .safetensors files; give the one to use")
    raise EncoderError(f"no weights (.safetensors) were found in {folder}")


def sha256_of(path: Path, cancelled: Callable[[], bool] | None = None) -> str:
    """Hex digest of a file, "" where it was cancelled. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            if cancelled is not None and cancelled():
                return ""
            digest.update(block)
    return digest.hexdigest()


def record_of(path: Path) -> FileRecord:
    """Hash a file as it is now. Raises OSError."""
    stat = path.stat()
    return FileRecord(size=stat.st_size, sha256=sha256_of(path), mtime_ns=stat.st_mtime_ns)


def weights_sha256(folder: Path, manifest: Manifest, *, remember: bool = True) -> str:
    """The weights' sha256, checked against the record.

    `remember` writes a hash that had to be computed into the manifest. Raises EncoderError where
    the weights are missing, unreadable or not those of the record.
    """
    path = find_weights(folder, manifest)
    record = manifest.files.get(path.name, FileRecord())
    try:
        stat = path.stat()
        if record.sha256 and (stat.st_size, stat.st_mtime_ns) == (record.size, record.mtime_ns):
            return record.sha256
        now = record_of(path)
    except OSError as error:
        raise EncoderError(f"the weights {path} cannot be read: {error}") from error
    if record.sha256 and record.sha256 != now.sha256:
        raise EncoderError(
            f"the weights {path} have changed since they were installed; "
            "remove the model and add it again"
        )
    if remember:
        with contextlib.suppress(OSError):
            write_manifest(folder, replace(manifest, files={**manifest.files, path.name: now}))
    return now.sha256
