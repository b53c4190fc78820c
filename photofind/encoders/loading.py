"""From an installed model to one that computes. Only the engine process imports this module."""

import os
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image

from photofind.core.errors import EncoderError
from photofind.core.types import InstalledEncoder
from photofind.encoders.base import Encoder
from photofind.encoders.devices import choose_device
from photofind.encoders.manifest import TIMM, read_manifest


def load_encoder(
    installed: InstalledEncoder,
    *,
    device: str = "auto",
    threads: int = 0,
    on_notice: Callable[[str], None],
) -> Encoder:
    """Load a model on the wanted device, or say by `on_notice` which one it is instead.

    threads: processors to compute with, 0 leaves torch's choice. Raises EncoderError.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    if threads > 0:
        torch.set_num_threads(threads)
    choice = choose_device(device)
    if choice.notice:
        on_notice(choice.notice)
    if read_manifest(installed.folder).family == TIMM:
        from photofind.encoders.timm_encoder import load_timm

        encoder: Encoder = load_timm(installed, choice.device, on_notice)
    else:
        from photofind.encoders.open_clip import load_open_clip

        encoder = load_open_clip(installed, choice.device, on_notice)
    _check(encoder)
    return encoder


def _check(encoder: Encoder) -> None:
    """One real picture must give a usable vector, or the weights are no good."""
    ramp = np.linspace(0, 255, 64 * 64 * 3, dtype=np.float32).astype(np.uint8)
    vector = encoder.encode_images([Image.fromarray(ramp.reshape(64, 64, 3))])[0]
    if not np.isfinite(vector).all():
        raise EncoderError(
            f"{encoder.spec.title} gives no usable results: its weights are damaged; "
            "remove the model and add it again"
        )
    if encoder.spec.dimension not in (0, len(vector)):
        raise EncoderError(
            f"{encoder.spec.title} gives vectors of {len(vector)} numbers, "
            f"but says {encoder.spec.dimension}"
        )
