"""A model of timm that sees pictures only, e.g. DINOv2, from a local folder.

Takes timm's hub layout (config.json and model.safetensors) or an architecture's name in
photofind.json. Never reaches the network. Only the engine process imports this module.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any, cast

import timm
import torch
from PIL import Image
from safetensors import SafetensorError
from safetensors import torch as safetensors_torch

from photofind.core.errors import EncoderError
from photofind.core.types import EncoderSpec, InstalledEncoder, Vectors
from photofind.encoders.architectures import read_json
from photofind.encoders.base import Backend, Pixels
from photofind.encoders.manifest import TIMM_CONFIG, find_weights, read_manifest
from photofind.encoders.preprocess import Preprocessor
from photofind.encoders.squares import encode_looks
from photofind.encoders.torch_backend import TorchBackend

log = logging.getLogger(__name__)


class TimmEncoder:
    """An `Encoder` without a text side."""

    def __init__(self, spec: EncoderSpec, backend: Backend, preprocessor: Preprocessor) -> None:
        self.spec = spec
        self._backend = backend
        self._preprocessor = preprocessor

    @property
    def image_size(self) -> int:
        return self._preprocessor.image_size

    @property
    def device(self) -> str:
        return self._backend.device

    def prepare(self, image: Image.Image) -> Pixels:
        return self._preprocessor(image)

    def encode_pixels(self, pixels: Sequence[Pixels]) -> Vectors:
        return encode_looks(self._backend, pixels)

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        return self.encode_pixels([self.prepare(image) for image in images])

    def encode_texts(self, texts: Sequence[str]) -> Vectors:  # noqa: ARG002
        raise EncoderError(
            f"{self.spec.title} sees pictures only and knows no words; choose another model"
        )


def load_timm(
    installed: InstalledEncoder, device: str, on_notice: Callable[[str], None]
) -> TimmEncoder:
    """Build the model of a folder and load its weights. Raises EncoderError."""
    manifest = read_manifest(installed.folder)
    path = installed.folder / TIMM_CONFIG
    config = read_json(path) if path.is_file() else {}
    name = str(config.get("architecture") or manifest.architecture)
    own_settings = cast("dict[str, Any]", config.get("pretrained_cfg") or {})
    settings = {**_library_settings(name), **own_settings}
    own_size = int(settings["input_size"][-1])
    image_size = manifest.image_size or own_size

    def build() -> torch.nn.Module:
        model: Any = _build(name, cast("dict[str, Any]", config.get("model_args") or {}))
        _load_weights(model, str(find_weights(installed.folder, manifest)))
        if image_size != own_size and hasattr(model, "set_input_size"):
            model.set_input_size(img_size=(image_size, image_size))
        return model

    backend = TorchBackend(
        build, device=device, image_size=image_size, tower="", on_notice=on_notice
    )
    return TimmEncoder(installed.spec, backend, Preprocessor(settings, image_size))


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


def _library_settings(name: str) -> dict[str, Any]:
    library: Any = timm
    known = library.get_pretrained_cfg(name, allow_unregistered=True)
    return known.to_dict() if known is not None else {"input_size": (3, 224, 224)}
