"""Any open_clip model from a local folder: its configuration, its weights.

Never reaches the network, and never runs with weights that are missing: open_clip itself would
only warn. Only the engine's processes import this module.
"""

# pyright: reportMissingTypeStubs=false

import copy
import pickle
from pathlib import Path
from typing import Any, cast

import open_clip
import torch
from open_clip.factory import load_checkpoint
from safetensors import SafetensorError
from torch.func import functional_call  # pyright: ignore[reportUnknownVariableType]

from photofind.core.errors import EncoderError
from photofind.core.types import InstalledEncoder
from photofind.encoders.architectures import model_config
from photofind.encoders.kinds import Padded, with_kinds
from photofind.encoders.manifest import PICKLE_SUFFIXES, Manifest, find_weights, read_manifest

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


class Phrases(torch.nn.Module):
    """A causal text tower for token ids (n, length) of any length up to its context.

    No token sees those behind it, so that what follows a phrase's end changes nothing.
    """

    any_length = True

    def __init__(self, tower: Any) -> None:
        super().__init__()
        self.tower = tower

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        length = tokens.shape[1]
        run: Any = functional_call
        return run(self.tower, {"attn_mask": self.tower.attn_mask[:length, :length]}, (tokens,))


def build_open_clip(installed: InstalledEncoder) -> torch.nn.Module:
    """The model of a folder with its weights, in float32 on the processor. Raises EncoderError."""
    folder = installed.folder
    manifest = read_manifest(folder)
    config = model_config(folder, manifest)
    model: Any = _build(config, folder)
    _load_weights(model, find_weights(folder, manifest), manifest)
    if hasattr(model, "text") and "multimodal_cfg" not in config and _is_causal(model.text):
        model.text = Phrases(model.text)
    if manifest.kinds:
        model.visual = with_kinds(model.visual, folder / Path(manifest.kinds).name)
        model.text = Padded(model.text, model.visual.dimension)
    return model.eval().float()


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
    config.pop("custom_text", None)
    kinds: Any = open_clip
    # CustomTextCLIP reads the weights of a plain CLIP too, and has its text side as a part
    kind = kinds.CoCa if "multimodal_cfg" in config else kinds.CustomTextCLIP
    try:
        return kind(**config)
    except (TypeError, ValueError, RuntimeError, AssertionError, KeyError) as error:
        raise EncoderError(f"the architecture in {folder} cannot be built: {error}") from error


def _is_causal(tower: Any) -> bool:
    return (
        getattr(tower, "attn_mask", None) is not None
        and getattr(tower, "cls_emb", None) is None
        and getattr(tower, "pool_type", "") in ("argmax", "eos")
    )


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
