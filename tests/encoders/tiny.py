"""Very small models with random weights, in the layouts that users and hubs have them in."""

import json
from pathlib import Path
from typing import Any

import timm
import torch
from open_clip import CLIP
from safetensors.torch import save_file

TINY_CONFIG: dict[str, Any] = {
    "embed_dim": 16,
    "vision_cfg": {
        "image_size": 32,
        "layers": 1,
        "width": 32,
        "head_width": 16,
        "patch_size": 16,
    },
    "text_cfg": {
        "context_length": 16,
        "vocab_size": 49408,
        "width": 16,
        "heads": 2,
        "layers": 1,
    },
}
PREPROCESS = {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "resize_mode": "shortest"}


def tiny_weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(7)
    model = CLIP(**json.loads(json.dumps(TINY_CONFIG)))
    return {name: value.contiguous() for name, value in model.state_dict().items()}


def save_open_clip(folder: Path, weights: dict[str, torch.Tensor] | None = None) -> Path:
    """A folder in open_clip's local-dir layout."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_cfg": TINY_CONFIG, "preprocess_cfg": PREPROCESS}
    (folder / "open_clip_config.json").write_text(json.dumps(config), "utf-8")
    save_file(weights or tiny_weights(), str(folder / "open_clip_model.safetensors"))
    return folder


def save_timm(folder: Path) -> Path:
    """A folder in timm's hub layout."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(7)
    model = timm.create_model("test_vit", pretrained=False, num_classes=0)
    config = {
        "architecture": "test_vit",
        "num_features": model.num_features,
        "pretrained_cfg": {"input_size": [3, 160, 160], "mean": [0.5] * 3, "std": [0.5] * 3},
    }
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    save_file(model.state_dict(), str(folder / "model.safetensors"))
    return folder
