"""A model of timm that sees pictures only, e.g. DINOv2, from a local folder.

Takes timm's hub layout (config.json and model.safetensors) or an architecture's name in
photofind.json. Never reaches the network. Only the engine's processes import this module.
"""

import logging
from pathlib import Path
from typing import Any, cast

import timm
import torch
from safetensors import SafetensorError
from safetensors import torch as safetensors_torch

from photofind.core.errors import EncoderError
from photofind.core.types import InstalledEncoder
from photofind.encoders.architectures import read_json
from photofind.encoders.manifest import TIMM_CONFIG, find_weights, read_manifest

log = logging.getLogger(__name__)


def build_timm(installed: InstalledEncoder) -> torch.nn.Module:
    """The model of a folder with its weights, in float32 on the processor. Raises EncoderError."""
    manifest = read_manifest(installed.folder)
    config = _config(installed.folder)
    settings, image_size = timm_settings(installed)
    model: Any = _build(_name(installed), cast("dict[str, Any]", config.get("model_args") or {}))
    _load_weights(model, str(find_weights(installed.folder, manifest)))
    if image_size != int(settings["input_size"][-1]) and hasattr(model, "set_input_size"):
        model.set_input_size(img_size=(image_size, image_size))
    return model.eval().float()


def timm_settings(installed: InstalledEncoder) -> tuple[dict[str, Any], int]:
    """How the model wants its pictures prepared, and their side in pixels. Raises EncoderError."""
    library: Any = timm
    known = library.get_pretrained_cfg(_name(installed), allow_unregistered=True)
    settings = known.to_dict() if known is not None else {"input_size": (3, 224, 224)}
    settings |= cast("dict[str, Any]", _config(installed.folder).get("pretrained_cfg") or {})
    size = read_manifest(installed.folder).image_size or int(settings["input_size"][-1])
    return settings, size


def _config(folder: Path) -> dict[str, Any]:
    path = folder / TIMM_CONFIG
    return read_json(path) if path.is_file() else {}


def _name(installed: InstalledEncoder) -> str:
    own = _config(installed.folder).get("architecture")
    return str(own or read_manifest(installed.folder).architecture)


def _build(name: str, arguments: dict[str, Any]) -> torch.nn.Module:
    library: Any = timm
    try:
        return library.create_model(name, pretrained=False, num_classes=0, **arguments)
    except (RuntimeError, TypeError, ValueError) as error:
        raise EncoderError(f"timm cannot build {name!r}: {error}") from error


def _load_weights(model: torch.nn.Module, path: str) -> None:
    """Every weight of the model must be in the file; a classifier that is not used may be more."""
    try:
        library: Any = safetensors_torch
        result: Any = model.load_state_dict(library.load_file(path), strict=False)
        missing: list[str] = result.missing_keys
        surplus: list[str] = result.unexpected_keys
    except (SafetensorError, OSError) as error:
        raise EncoderError(f"the weights {path} cannot be read: {error}") from error
    except RuntimeError as error:
        raise EncoderError(f"the weights {path} do not fit the architecture: {error}") from error
    if missing:
        raise EncoderError(
            f"the weights {path} lack {len(missing)} parts of the model, e.g. {missing[0]}"
        )
    if surplus:
        log.info("%d weights are not used, e.g. %s", len(surplus), surplus[0])
