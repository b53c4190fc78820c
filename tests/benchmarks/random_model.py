"""A model of a known architecture with random weights from one seed, for photofind and for rivals.

Speed does not depend on what a model has learned, and random weights need no download.
"""

from pathlib import Path
from typing import Any

import torch
from open_clip import CLIP
from safetensors.torch import load_file, save_file

from photofind.encoders.architectures import open_clip_config

ARCHITECTURE = "ViT-B-32-256"
_SIDE = 256  # pixels
_SEED = 20260101
_OPSET = 18


def write_weights(folder: Path) -> Path:
    """Write the checkpoint of the seeded model, as a user would bring one along."""
    path = folder / "random-vit-b-32-256.safetensors"
    if not path.exists():
        torch.manual_seed(_SEED)
        model = CLIP(**open_clip_config(ARCHITECTURE))
        save_file({name: value.contiguous() for name, value in model.state_dict().items()}, path)
    return path


def write_image_tower(weights: Path, folder: Path) -> Path:
    """Export the image tower in float32: "input" (n, 3, side, side) to "output" (n, d)."""
    path = folder / "visual.onnx"
    if path.exists():
        return path
    model: Any = CLIP(**open_clip_config(ARCHITECTURE))
    model.load_state_dict(load_file(weights))
    torch.onnx.export(
        model.visual.eval(),
        (torch.zeros(2, 3, _SIDE, _SIDE),),
        path,
        input_names=["input"],
        output_names=["output"],
        dynamic_axes={"input": {0: "count"}, "output": {0: "count"}},
        opset_version=_OPSET,
        dynamo=False,
    )
    return path
