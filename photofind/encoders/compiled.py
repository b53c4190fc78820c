"""What was found out about a model on this machine, and the files that were made of it.

One folder per model holds the files and `record.json`, which names them with their checksums. The
record is a cache: where anything does not match (versions, weights, machine, a checksum) it is
not used and made anew. Imports neither torch nor onnxruntime.
"""

import contextlib
import hashlib
import json
import platform
import shutil
import tempfile
from collections.abc import Collection, Generator
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from blake3 import blake3

import photofind
from photofind.core.atomic_file import replace_file
from photofind.core.errors import EncoderError
from photofind.core.types import InstalledEncoder
from photofind.encoders.devices import accelerator_drivers
from photofind.encoders.intake import Intake
from photofind.encoders.modes import Figures

RECORD = "record.json"
PICTURES, WORDS = "pictures", "words"
_FORMAT = "2"
_PACKAGES = ("torch", "onnxruntime", "onnx", "onnxscript", "open_clip_torch", "timm")


@dataclass(frozen=True, slots=True)
class CompiledFile:
    """A file beside the record."""

    name: str
    size: int  # bytes
    checksum: str  # blake3


@dataclass(frozen=True, slots=True)
class Compiled:
    """The contents of a record."""

    origin: dict[str, str]  # what it was made with and where
    is_alone: bool  # there was no device but the processor
    wanted: str  # the mode that was asked for
    photos: int  # of the user's own that the comparison used
    pictures: int  # in all
    intake: Intake
    pictures_mode: str
    words_mode: str  # "" for a model without a text side
    figures: dict[str, Figures] = field(default_factory=dict[str, Figures])  # by mode
    words_figures: dict[str, Figures] = field(default_factory=dict[str, Figures])  # by mode
    files: dict[str, CompiledFile] = field(default_factory=dict[str, CompiledFile])
    """PICTURES and WORDS, as far as their modes need a file."""


def origin_of(installed: InstalledEncoder) -> dict[str, str]:
    """All that a record depends on, without importing what it names."""
    names = {name: _version(name) for name in _PACKAGES}
    return {
        "format": _FORMAT,
        "photofind": photofind.__version__,
        "weights": installed.key,
        "processor": _processor(),
        "accelerators": " ".join(accelerator_drivers()),
        **names,
    }


def read_compiled(installed: InstalledEncoder) -> Compiled | None:
    """The model's record; None where there is none, or not one of these versions and machine."""
    if installed.cache is None:
        return None
    try:
        raw: Any = json.loads((installed.cache / RECORD).read_text("utf-8"))
        found = Compiled(
            origin=raw["origin"],
            is_alone=raw["is_alone"],
            wanted=raw["wanted"],
            photos=int(raw["photos"]),
            pictures=int(raw["pictures"]),
            intake=Intake(**raw["intake"]),
            pictures_mode=raw["pictures_mode"],
            words_mode=raw["words_mode"],
            figures={name: Figures(**entry) for name, entry in raw["figures"].items()},
            words_figures={name: Figures(**entry) for name, entry in raw["words_figures"].items()},
            files={name: CompiledFile(**entry) for name, entry in raw["files"].items()},
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    return found if found.origin == origin_of(installed) else None


def answers(compiled: Compiled, wanted: str) -> bool:
    """Whether a record tells how to compute when the mode `wanted` is asked for."""
    return wanted in (compiled.wanted, compiled.pictures_mode)


def write_compiled(folder: Path, compiled: Compiled) -> None:
    """Put a record in the place of the one before, then remove what it does not name.

    Raises OSError, the old record being untouched.
    """
    replace_file(folder / RECORD, json.dumps(asdict(compiled), indent=1).encode())
    _sweep(folder, {RECORD, *(file.name for file in compiled.files.values())})


def forget_compiled(installed: InstalledEncoder) -> None:
    """Let the record be made anew."""
    if installed.cache is not None:
        with contextlib.suppress(OSError):
            (installed.cache / RECORD).unlink()


@contextlib.contextmanager
def workspace(folder: Path) -> Generator[Path]:
    """A folder inside for files that are too many in the end; what a crash left behind goes, too.

    Raises OSError.
    """
    for left in folder.glob(".work-*"):
        shutil.rmtree(left, ignore_errors=True)
    work = Path(tempfile.mkdtemp(dir=folder, prefix=".work-"))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def seal(path: Path, folder: Path) -> CompiledFile:
    """Move a finished file into the folder under a name of its contents. Raises OSError."""
    checksum = _checksum(path)
    target = folder / f"{path.stem}-{checksum[:12]}{path.suffix}"
    path.replace(target)
    return CompiledFile(target.name, target.stat().st_size, checksum)


def file_entry(path: Path) -> CompiledFile:
    """A finished file as a record names it. Raises OSError."""
    return CompiledFile(path.name, path.stat().st_size, _checksum(path))


def open_checked(folder: Path, file: CompiledFile) -> Path:
    """Where a file lies, once its contents are those of the record. Raises EncoderError."""
    path = folder / Path(file.name).name
    try:
        sound = path.stat().st_size == file.size and _checksum(path) == file.checksum
    except OSError as error:
        raise EncoderError(f"{path} cannot be read: {error}") from error
    if not sound:
        raise EncoderError(f"{path} is damaged")
    return path


def _checksum(path: Path) -> str:
    digest = blake3(max_threads=blake3.AUTO)
    if path.stat().st_size:
        digest.update_mmap(path)
    return digest.hexdigest()


def _sweep(folder: Path, keep: Collection[str]) -> None:
    for path in folder.iterdir():
        if path.is_file() and path.name not in keep and not path.name.startswith("."):
            with contextlib.suppress(OSError):  # in use by an engine; gone the next time
                path.unlink()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    """The processor's name, and a digest of its abilities where the system tells them."""
    name = f"{platform.machine()} {platform.processor()}".strip()
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return name
    told = {
        line.split(":")[0].strip(): line.split(":", 1)[1].strip() for line in lines if ":" in line
    }
    abilities = hashlib.sha256(told.get("flags", told.get("Features", "")).encode()).hexdigest()
    return f"{name} {told.get('model name', '')} {abilities[:8]}".strip()
