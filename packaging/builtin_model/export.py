"""Writes the trained model as a folder that plain open_clip loads.

The averaged weights in float16, the architecture, the preprocessing and the tokenizer, each written
beside its target, which it then replaces, so that a reader never sees half a file; and the graphs
that point into the weights (see `graphs`).
"""

import argparse
import json
from pathlib import Path
from typing import Any

import torch
from augment import MEAN, STD
from config import CONTEXT_LENGTH, IMAGE_SIZE, KINDS_FILE, WEIGHTS_FILE, model_cfg
from device import read_state
from graphs import training_pictures, write_graphs
from safetensors.torch import save
from torch import Tensor
from train import CHECKPOINT
from tune import TUNED
from vocabulary import PADDING

from photofind.encoders.manifest import TOKENIZER, write_kinds

CONFIG_FILE = "open_clip_config.json"
TOKENIZER_CONFIG_FILE = "tokenizer_config.json"
LARGEST = 25_000_000

# The shorter side fills the square and the middle is kept: most photos have their subject there,
# and bars beside a longer side would spend a quarter to a third of a small input on nothing. Scaled
# as in training: small pictures that are enlarged more sharply look like none that were seen there.
PREPROCESS_CFG = {
    "size": IMAGE_SIZE,
    "mode": "RGB",
    "mean": list(MEAN),
    "std": list(STD),
    "interpolation": "bilinear",
    "resize_mode": "shortest",
}

# How open_clip's own loader, which takes the transformers package, reads the tokenizer.
TOKENIZER_CFG = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "model_max_length": CONTEXT_LENGTH,
    "pad_token": PADDING,
}


def weights_to_ship(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The model's part of a training state, float16."""
    prefix = "clip."
    weights = {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
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


def _as_json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()


def main(args: argparse.Namespace) -> None:
    """Exports the checkpoint in `args.work` to the folder `args.model`."""
    work = Path(args.work)
    finished = work / TUNED
    state = read_state(finished if finished.exists() else work / CHECKPOINT)
    weights = weights_to_ship(state["average"])
    vocabulary = len(weights["token_embedding.weight"])
    data = save(weights, metadata={"format": "pt"})
    if len(data) >= LARGEST:
        raise ValueError(f"the weights are {len(data)} bytes, more than {LARGEST}")
    config = {"model_cfg": model_cfg(vocabulary), "preprocess_cfg": PREPROCESS_CFG}
    folder = Path(args.model)
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / CONFIG_FILE, _as_json(config))
    replace_file(folder / TOKENIZER_CONFIG_FILE, _as_json(TOKENIZER_CFG))
    replace_file(folder / TOKENIZER, state["tokenizer"].encode())
    replace_file(folder / WEIGHTS_FILE, data)
    print(f"{folder / WEIGHTS_FILE}: {len(data)} bytes after {state['steps']} steps")
    write_kinds(folder, "")  # `kinds` are those of the weights before
    (folder / KINDS_FILE).unlink(missing_ok=True)
    write_graphs(folder, training_pictures(Path(args.photos)))
