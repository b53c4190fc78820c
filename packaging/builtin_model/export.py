"""Writes the trained model as a folder that plain open_clip loads.

The averaged weights in float16, the architecture and the preprocessing, each written beside its
target, which it then replaces, so that a reader never sees half a file; and the graphs that point
into the weights (see `graphs`).
"""

import argparse
import json
from pathlib import Path

import torch
from augment import MEAN, STD
from config import IMAGE_SIZE, MODEL_CFG
from graphs import write_graphs
from safetensors.torch import save
from torch import Tensor
from train import CHECKPOINT
from tune import TUNED
from unseen import fill_unseen

WEIGHTS_FILE = "open_clip_model.safetensors"
CONFIG_FILE = "open_clip_config.json"
LARGEST = 25_000_000

# The shorter side fills the square and the middle is kept: most photos have their subject there,
# and bars beside a longer side would spend a quarter to a third of a small input on nothing.
PREPROCESS_CFG = {
    "size": IMAGE_SIZE,
    "mode": "RGB",
    "mean": list(MEAN),
    "std": list(STD),
    "interpolation": "bicubic",
    "resize_mode": "shortest",
}


def weights_to_ship(state: dict[str, Tensor], seen: Tensor) -> dict[str, Tensor]:
    """The model's part of a training state, float16, with rows for the words never seen.

    seen (49408,) bool: the tokens that some training phrase used.
    """
    prefix = "clip."
    weights = {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
    weights["token_embedding.weight"] = fill_unseen(weights["token_embedding.weight"], seen)
    return {
        k: (v.half() if v.is_floating_point() else v).contiguous(
            memory_format=torch.contiguous_format
        )
        for k, v in weights.items()
    }


def replace_file(path: Path, data: bytes) -> None:
    """Writes a file so that at any moment the old or the new content is there in full."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(data)
    partial.replace(path)


def main(args: argparse.Namespace) -> None:
    """Exports the checkpoint in `args.work` to the folder `args.model`."""
    work = Path(args.work)
    finished = work / TUNED
    state = torch.load(finished if finished.exists() else work / CHECKPOINT, weights_only=True)
    weights = save(weights_to_ship(state["average"], state["seen"]), metadata={"format": "pt"})
    if len(weights) >= LARGEST:
        raise ValueError(f"the weights are {len(weights)} bytes, more than {LARGEST}")
    config = {"model_cfg": MODEL_CFG, "preprocess_cfg": PREPROCESS_CFG}
    folder = Path(args.model)
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / CONFIG_FILE, (json.dumps(config, indent=2) + "\n").encode())
    replace_file(folder / WEIGHTS_FILE, weights)
    print(f"{folder / WEIGHTS_FILE}: {len(weights)} bytes after {state['steps']} steps")
    write_graphs(folder)
