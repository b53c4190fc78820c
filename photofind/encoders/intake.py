"""How a model takes pictures and phrases in. Imports torch only for a model of timm."""

from dataclasses import dataclass
from typing import Any, cast

from photofind.core.errors import EncoderError
from photofind.core.types import InstalledEncoder
from photofind.encoders.architectures import model_config, read_json
from photofind.encoders.manifest import CONFIG, TIMM, Manifest, read_manifest
from photofind.encoders.preprocess import Preprocessor
from photofind.encoders.tokenizing import Tokenize, tokenizer_of

_KEYS = ("mode", "mean", "std", "interpolation", "resize_mode", "fill_color")


@dataclass(frozen=True, slots=True)
class Intake:
    """`preprocess` as open_clip's preprocess_cfg, `text` its text_cfg, None without a text side."""

    image_size: int  # side of the square input in pixels
    preprocess: dict[str, Any]
    text: dict[str, Any] | None

    def preprocessor(self) -> Preprocessor:
        return Preprocessor(self.preprocess, self.image_size)

    def tokenizer(self, installed: InstalledEncoder) -> Tokenize | None:
        return None if self.text is None else tokenizer_of(self.text, installed.folder)


def intake_of(installed: InstalledEncoder) -> Intake:
    """Read from the model's folder. Raises EncoderError."""
    manifest = read_manifest(installed.folder)
    if manifest.family == TIMM:
        from photofind.encoders.timm_model import timm_settings

        settings, image_size = timm_settings(installed)
        return Intake(image_size, _plain(settings), None)
    config = model_config(installed.folder, manifest)
    text = cast("dict[str, Any]", config.get("text_cfg", {}))
    return Intake(_image_size(config), _plain(_settings(installed, manifest)), text)


def _settings(installed: InstalledEncoder, manifest: Manifest) -> dict[str, Any]:
    if manifest.preprocess:
        return manifest.preprocess
    if (installed.folder / CONFIG).is_file():
        return read_json(installed.folder / CONFIG).get("preprocess_cfg") or {}
    return {}


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """What a Preprocessor reads, as JSON can hold it."""
    known = {key: settings[key] for key in _KEYS if settings.get(key) is not None}
    return {
        key: list(cast("tuple[Any, ...]", value)) if isinstance(value, tuple) else value
        for key, value in known.items()
    }


def _image_size(config: dict[str, Any]) -> int:
    size: Any = config.get("vision_cfg", {}).get("image_size", 224)
    if isinstance(size, list) and len(set(cast("list[int]", size))) == 1:
        size = cast("list[int]", size)[0]
    if not isinstance(size, int) or size < 1:
        raise EncoderError(f"the model's image_size {size!r} is not the side of a square")
    return size
