"""Very small models with random weights, in the layouts that users and hubs have them in."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import timm
import torch
from open_clip import CLIP
from PIL import Image
from safetensors.torch import load_file, save_file

from photofind.core.types import InstalledEncoder
from photofind.encoders.drawn_pictures import draw_pictures
from photofind.encoders.modes import ONNX, SAMPLES
from photofind.encoders.registry import ModelRegistry
from photofind.encoders.tuning import tune

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
CONVOLUTIONS: dict[str, Any] = {
    "timm_model_name": "test_resnet",
    "timm_model_pretrained": False,
    "timm_pool": "avg",
    "timm_proj": "linear",
    "image_size": 48,
}
"""A `vision_cfg` for pictures of any size."""
PREPROCESS = {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "resize_mode": "shortest"}


def tiny_weights(config: dict[str, Any] = TINY_CONFIG) -> dict[str, torch.Tensor]:
    torch.manual_seed(7)
    model = CLIP(**json.loads(json.dumps(config)))
    return {name: value.contiguous() for name, value in model.state_dict().items()}


def save_open_clip(
    folder: Path,
    weights: dict[str, torch.Tensor] | None = None,
    embed_dim: int = 16,
    vision: dict[str, Any] = TINY_CONFIG["vision_cfg"],
) -> Path:
    """A folder in open_clip's local-dir layout."""
    folder.mkdir(parents=True, exist_ok=True)
    model = TINY_CONFIG | {"embed_dim": embed_dim, "vision_cfg": vision}
    config = {"model_cfg": model, "preprocess_cfg": PREPROCESS}
    (folder / "open_clip_config.json").write_text(json.dumps(config), "utf-8")
    save_file(weights or tiny_weights(model), str(folder / "open_clip_model.safetensors"))
    return folder


def save_convolutions(folder: Path) -> Path:
    """A model of convolutions, the means and spreads of its layers set.

    Untrained ones would hardly change what is normalised.
    """
    weights = tiny_weights(TINY_CONFIG | {"vision_cfg": CONVOLUTIONS})
    torch.manual_seed(8)
    for name, value in weights.items():
        if name.endswith("running_mean"):
            value.sub_(torch.rand(value.shape) / 10)
        if name.endswith("running_var"):
            value.mul_(0.5 + torch.rand(value.shape))
    return save_open_clip(folder, weights, vision=CONVOLUTIONS)


def save_kinds(folder: Path) -> Path:
    """The same, and it sees each picture's middle once more and recognises three kinds of things by
    chance; sixteen numbers more say which picture it is."""
    save_convolutions(folder)
    features = load_file(folder / "open_clip_model.safetensors")["visual.head.proj.weight"].shape[1]
    torch.manual_seed(9)
    weights = {
        "visual.recognise.weight": torch.randn(3, 2 * features),
        "visual.recognise.bias": torch.zeros(3),
        "visual.meanings": torch.randn(3, 16) / 10,
        "visual.instance.weight": torch.randn(16, features),
        "visual.instance.bias": torch.zeros(16),
        "visual.share": torch.tensor(0.5),
        "visual.middle": torch.tensor(0.4),
    }
    save_file(weights, folder / "kinds.safetensors")
    (folder / "photofind.json").write_text(json.dumps({"kinds": "kinds.safetensors"}), "utf-8")
    return folder


def prepare_open_clip(folder: Path) -> InstalledEncoder:
    """That model, with all that is found out about it; ONNX Runtime computes it in float32."""
    saved = save_open_clip(folder / "tiny-clip")
    installed = ModelRegistry(folder / "models", builtin=saved).get("builtin")
    tune(installed, tuning_pictures(), threads=1, wanted=ONNX)
    return installed


@cache
def tuning_pictures() -> list[Image.Image]:
    """As many as a comparison wants to see, a panorama among them."""
    panorama = Image.linear_gradient("L").resize((600, 200)).convert("RGB")
    return [*draw_pictures(SAMPLES - 1), panorama]


def save_timm(folder: Path, *, side: int = 160, outlier: float = 1) -> Path:
    """A folder in timm's hub layout.

    outlier: how many times larger than the others one channel of every layer's input is, which
    changes no result.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(7)
    model = timm.create_model("test_vit", pretrained=False, num_classes=0, img_size=side)
    with torch.no_grad():
        for block in model.blocks:
            for norm, layer in ((block.norm1, block.attn.qkv), (block.norm2, block.mlp.fc1)):
                norm.weight[3] *= outlier
                norm.bias[3] *= outlier
                layer.weight[:, 3] /= outlier
    config = {
        "architecture": "test_vit",
        "num_features": model.num_features,
        "model_args": {"img_size": side},
        "pretrained_cfg": {"input_size": [3, side, side], "mean": [0.5] * 3, "std": [0.5] * 3},
    }
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    save_file(model.state_dict(), str(folder / "model.safetensors"))
    return folder
