"""Any open_clip model from a local folder: its configuration, its weights, its tokenizer.

Never reaches the network, and never runs with weights that are missing: open_clip itself would
only warn. Only the engine process imports this module.
"""

# pyright: reportMissingTypeStubs=false

import copy
import logging
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import open_clip
import torch
from open_clip.factory import load_checkpoint
from open_clip.tokenizer import SimpleTokenizer, get_clean_fn
from PIL import Image
from safetensors import SafetensorError

from photofind.core.errors import EncoderError
from photofind.core.types import EncoderSpec, InstalledEncoder, Vectors
from photofind.encoders.architectures import model_config, read_json
from photofind.encoders.base import Backend, Pixels, unit_rows
from photofind.encoders.manifest import (
    CONFIG,
    PICKLE_SUFFIXES,
    TOKENIZER,
    Manifest,
    find_weights,
    read_manifest,
)
from photofind.encoders.preprocess import Preprocessor
from photofind.encoders.squares import encode_looks
from photofind.encoders.torch_backend import TorchBackend

log = logging.getLogger(__name__)

_MISFITS = (
    RuntimeError,
    AssertionError,
    AttributeError,
    IndexError,
    KeyError,
    StopIteration,
    TypeError,
    ValueError,
)
"""What loading raises for weights of another architecture."""

Tokenizer = Callable[[Sequence[str]], npt.NDArray[np.int64]]


class OpenClipEncoder:
    """An `Encoder` with an image tower and a text tower."""

    def __init__(
        self,
        spec: EncoderSpec,
        backend: Backend,
        preprocessor: Preprocessor,
        tokenizer: Tokenizer,
    ) -> None:
        self.spec = spec
        self._backend = backend
        self._preprocessor = preprocessor
        self._tokenizer = tokenizer

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

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return unit_rows(self._backend.encode_tokens(self._tokenizer(texts)))


def load_open_clip(
    installed: InstalledEncoder, device: str, on_notice: Callable[[str], None]
) -> OpenClipEncoder:
    """Build the model of a folder and load its weights. Raises EncoderError."""
    folder = installed.folder
    manifest = read_manifest(folder)
    config = model_config(folder, manifest)
    image_size = _image_size(config)

    def build() -> torch.nn.Module:
        model = _build(config, folder)
        _load_weights(model, find_weights(folder, manifest), manifest)
        return model

    backend = TorchBackend(
        build, device=device, image_size=image_size, tower="visual", on_notice=on_notice
    )
    return OpenClipEncoder(
        installed.spec,
        backend,
        Preprocessor(_preprocess_settings(folder, manifest), image_size),
        _tokenizer(config, folder),
    )


def _build(config: dict[str, Any], folder: Path) -> torch.nn.Module:
    """The architecture with untrained weights, which the caller must replace."""
    config = copy.deepcopy(config)
    text, vision = config.get("text_cfg", {}), config.get("vision_cfg", {})
    if "hf_model_name" in text:
        raise EncoderError(
            f"the text side of {folder.name} comes from the transformers library, "
            "which photofind does not carry; choose another model"
        )
    if "timm_model_name" in vision:
        vision["timm_model_pretrained"] = False
    custom_text = config.pop("custom_text", False)
    kinds: Any = open_clip
    kind = kinds.CoCa if "multimodal_cfg" in config else kinds.CustomTextCLIP
    try:
        return kind(**config) if custom_text or "multimodal_cfg" in config else kinds.CLIP(**config)
    except (TypeError, ValueError, RuntimeError, AssertionError, KeyError) as error:
        raise EncoderError(f"the architecture in {folder} cannot be built: {error}") from error


def _load_weights(model: torch.nn.Module, path: Path, manifest: Manifest) -> None:
    """Every weight of the model must be in the file, in its shape."""
    if path.suffix.lower() in PICKLE_SUFFIXES and not manifest.allow_pickle:
        raise EncoderError(f"{path.name} is a pickle and was not confirmed; import it again")
    try:
        load_checkpoint(cast("Any", model), str(path), strict=True, weights_only=True)
    except (pickle.UnpicklingError, EOFError) as error:
        raise EncoderError(f"{path.name} is damaged, or holds more than plain weights") from error
    except (SafetensorError, OSError) as error:
        raise EncoderError(f"the weights {path} cannot be read: {error}") from error
    except _MISFITS as error:
        raise EncoderError(
            f"the weights {path.name} do not fit the architecture: {_brief(error)}"
        ) from error


def _brief(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:2])[:400] or type(error).__name__


def _image_size(config: dict[str, Any]) -> int:
    size: Any = config.get("vision_cfg", {}).get("image_size", 224)
    if isinstance(size, list) and len(set(cast("list[int]", size))) == 1:
        size = cast("list[int]", size)[0]
    if not isinstance(size, int) or size < 1:
        raise EncoderError(f"the model's image_size {size!r} is not the side of a square")
    return size


def _preprocess_settings(folder: Path, manifest: Manifest) -> dict[str, Any]:
    if manifest.preprocess:
        return manifest.preprocess
    if (folder / CONFIG).is_file():
        return cast("dict[str, Any]", read_json(folder / CONFIG).get("preprocess_cfg") or {})
    return {}


def _tokenizer(config: dict[str, Any], folder: Path) -> Tokenizer:
    text: dict[str, Any] = config.get("text_cfg", {})
    context = int(text.get("context_length", 77))
    options: dict[str, Any] = text.get("tokenizer_kwargs", {})
    if "hf_tokenizer_name" in text:
        return _file_tokenizer(folder / TOKENIZER, context, options)
    simple: Any = SimpleTokenizer(context_length=context, **options)

    def tokenize(texts: Sequence[str]) -> npt.NDArray[np.int64]:
        return simple(list(texts)).numpy().astype(np.int64)

    return tokenize


def _file_tokenizer(path: Path, context: int, options: dict[str, Any]) -> Tokenizer:
    """The tokenizer that lies beside the weights, padded and cut to the context's length."""
    try:
        import tokenizers
    except ImportError as error:
        raise EncoderError(
            "this model needs the package tokenizers: pip install tokenizers"
        ) from error
    if not path.is_file():
        raise EncoderError(f"the model's {path.name} is missing from {path.parent}")
    try:
        encoding: Any = tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises plain Exception
        raise EncoderError(f"{path} cannot be read: {error}") from error
    encoding.enable_truncation(context)
    encoding.enable_padding(length=context, pad_id=encoding.token_to_id("<pad>") or 0)
    clean = cast("Callable[[str], str]", get_clean_fn(options.get("clean", "whitespace")))

    def tokenize(texts: Sequence[str]) -> npt.NDArray[np.int64]:
        rows = encoding.encode_batch([clean(text) for text in texts])
        return np.asarray([row.ids for row in rows], np.int64)

    return tokenize
