"""What open_clip's and timm's model configurations say, read as JSON without importing torch."""

import importlib.util
import json
from pathlib import Path
from typing import Any, cast

from photofind.core.errors import EncoderError
from photofind.encoders.manifest import CONFIG, TIMM, TIMM_CONFIG, Manifest


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file. Raises EncoderError."""
    try:
        raw: Any = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise EncoderError(f"{path} cannot be read: {error}") from error
    if not isinstance(raw, dict):
        raise EncoderError(f"{path} is not a model configuration")
    return cast("dict[str, Any]", raw)


def open_clip_names() -> list[str]:
    """The architectures that the installed open_clip knows."""
    return sorted(path.stem for path in _configs().glob("*.json"))


def open_clip_config(architecture: str) -> dict[str, Any]:
    """open_clip's configuration of an architecture. Raises EncoderError for an unknown one."""
    if architecture not in open_clip_names():
        near = [name for name in open_clip_names() if name.startswith(architecture[:5])]
        hint = f"; near it: {', '.join(near[:6])}" if near else ""
        raise EncoderError(f"open_clip knows no architecture {architecture!r}{hint}")
    return read_json(_configs() / f"{architecture}.json")


def model_config(folder: Path, manifest: Manifest) -> dict[str, Any]:
    """The open_clip model configuration of a folder: its own, else its architecture's."""
    if (folder / CONFIG).is_file():
        own = read_json(folder / CONFIG)
        return cast("dict[str, Any]", own.get("model_cfg", own))
    if not manifest.architecture:
        raise EncoderError(f"{folder} has no {CONFIG}: the architecture's name is needed")
    return open_clip_config(manifest.architecture)


def dimension(folder: Path, manifest: Manifest) -> int:
    """Length of the model's vectors, 0 where only loading will tell."""
    try:
        if manifest.family == TIMM:
            return int(read_json(folder / TIMM_CONFIG).get("num_features", 0))
        parts = 2 if manifest.kinds else 1  # see `encoders.kinds`
        return parts * int(model_config(folder, manifest).get("embed_dim", 0))
    except (EncoderError, TypeError, ValueError):
        return 0


def _configs() -> Path:
    found = importlib.util.find_spec("open_clip")
    if found is None or found.origin is None:
        raise EncoderError("open_clip is not installed; install photofind again")
    return Path(found.origin).parent / "model_configs"
