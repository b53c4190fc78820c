"""ONNX graphs that lie beside a model's weights, and mostly hold none: they point into their file.

With them a model computes at once, before anything was found out about it on this machine. One has
the pictures' side in 8 bit and so its own weights: whoever makes a model has shown that it is
faithful. A record says which weights and which architecture they were made for; to others they are
refused. Writing them is the business of whoever makes the weights. Imports neither torch nor
onnxruntime.
"""

import json
from pathlib import Path
from typing import Any

from blake3 import blake3

from photofind.core.errors import EncoderError
from photofind.core.types import InstalledEncoder
from photofind.encoders.architectures import model_config
from photofind.encoders.compiled import PICTURES, WORDS, Compiled, CompiledFile
from photofind.encoders.intake import intake_of
from photofind.encoders.manifest import OPEN_CLIP, find_weights, read_manifest
from photofind.encoders.modes import AUTO, ONNX, ONNX_INT8

SHIPPED = "graphs.json"
"""The record: a digest of the weights' layout, and name, size and checksum of each graph.

Under "eight_bit" the same of the pictures' side in 8 bit, with the key of the very model."""

_LENGTH = 8  # bytes, of the number that a safetensors file begins with
_LONGEST = 100_000_000  # bytes of header that safetensors itself accepts


def read_shipped(installed: InstalledEncoder, mode: str = AUTO) -> Compiled | None:
    """The model's graphs as a record that compared nothing; None where there are none that fit.

    Those of float32 where `mode` asks for another way than 8 bit. The files lie in the model's own
    folder.
    """
    try:
        raw: Any = json.loads((installed.folder / SHIPPED).read_text("utf-8"))
        files = {side: CompiledFile(**raw["files"][side]) for side in (PICTURES, WORDS)}
        if raw["layout"] != layout_of(installed.folder):
            return None
        pictures_mode = ONNX
        if mode in (AUTO, ONNX_INT8) and raw.get("eight_bit", {}).get("key") == installed.key:
            files[PICTURES] = CompiledFile(**raw["eight_bit"]["file"])
            pictures_mode = ONNX_INT8
        intake = intake_of(installed)
    except (EncoderError, OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    return Compiled(
        origin={},
        is_alone=False,
        wanted=AUTO,
        photos=0,
        pictures=0,
        intake=intake,
        pictures_mode=pictures_mode,
        words_mode=ONNX,
        files=files,
    )


def layout_of(folder: Path) -> str:
    """A digest of where in its file each weight lies, of the architecture and its kinds.

    Only that must be the same for graphs to fit; the weights' values are read through them. Raises
    OSError, EncoderError, and ValueError for weights that are no whole safetensors file.
    """
    manifest = read_manifest(folder)
    if manifest.family != OPEN_CLIP:
        raise EncoderError("only models of open_clip have such graphs")
    header, _ = weights_header(find_weights(folder, manifest))
    if manifest.kinds:
        header += weights_header(folder / Path(manifest.kinds).name)[0]
    architecture = json.dumps(model_config(folder, manifest), sort_keys=True)
    return blake3(header + architecture.encode()).hexdigest()


def weights_header(path: Path) -> tuple[bytes, int]:
    """A safetensors file's header (JSON), and at which byte the weights begin.

    Raises OSError; ValueError where the file is none, or is cut off.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH), "little")
        header = file.read(length) if length <= _LONGEST else b""
    entries: dict[str, Any] = json.loads(header)
    ends = [entry["data_offsets"][1] for name, entry in entries.items() if name != "__metadata__"]
    start = _LENGTH + length
    if path.stat().st_size != start + max(ends, default=0):
        raise ValueError(f"{path} is cut off")
    return header, start
