"""A model of a known architecture with random weights from one seed, for photofind and for rivals.

Speed does not depend on what a model has learned, and random weights need no download.
"""

import subprocess
import sys
import warnings
from pathlib import Path

ARCHITECTURE = "ViT-B-32-256"
_SEED = 20260101
_ROOT = Path(__file__).resolve().parents[2]
_OPSET = 18


def write_weights(folder: Path) -> Path:
    """Write the checkpoint of the seeded model, as a user would bring one along."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(_SEED)
    with warnings.catch_warnings(action="ignore"):
        model = open_clip.create_model(ARCHITECTURE)
    path = folder / "random-vit-b-32-256.safetensors"
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, path)
    return path


def write_image_tower(weights: Path, folder: Path) -> Path:
    """Export the image tower in float32: "input" (n, 3, side, side) to "output" (n, d)."""
    import open_clip
    import torch

    with warnings.catch_warnings(action="ignore"):
        model = open_clip.create_model(ARCHITECTURE, pretrained=str(weights)).eval()
        path = folder / "visual.onnx"
        torch.onnx.export(
            model.visual,
            (torch.zeros(2, 3, 256, 256),),
            path,
            input_names=["input"],
            output_names=["output"],
            dynamic_axes={"input": {0: "count"}, "output": {0: "count"}},
            opset_version=_OPSET,
            dynamo=False,
        )
    return path


def import_model(weights: Path, library: Path) -> str:
    """Bring the checkpoint into a library by photofind's own command; its id."""
    command = [sys.executable, "-m", "photofind", "models", "--library", str(library)]
    command += ["import", str(weights), "--architecture", ARCHITECTURE]
    subprocess.run(command, check=True, cwd=_ROOT, stdout=sys.stderr)
    return f"local-{weights.stem}"
