"""From an installed model to one that computes. Only the engine's processes import this module.

torch is imported only where it is to compute: where a record says that ONNX Runtime computes a
side of the model on this machine, or where the model was shipped with graphs for it and there is no
record yet, that side comes up without it.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from photofind.core.errors import EncoderError
from photofind.core.types import InstalledEncoder
from photofind.encoders.base import Backend, Encoder
from photofind.encoders.compiled import Compiled, answers, read_compiled
from photofind.encoders.devices import choose_device, may_have_accelerator
from photofind.encoders.intake import Intake, intake_of
from photofind.encoders.manifest import TIMM, read_manifest
from photofind.encoders.modes import AUTO, SAMPLES, TORCH, TORCH_BF16
from photofind.encoders.shipped import read_shipped
from photofind.encoders.tower_encoder import TowerEncoder

if TYPE_CHECKING:
    import torch


def load_encoder(
    installed: InstalledEncoder,
    *,
    device: str = "auto",
    threads: int = 0,
    mode: str = AUTO,
    on_notice: Callable[[str], None],
) -> Encoder:
    """Load a model on the wanted device, or say by `on_notice` which one it is instead.

    threads: processors to compute with, 0 leaves it to the library that computes. mode: how the
    processor shall compute, see `modes`. Raises EncoderError.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    ready = _ready(installed, device, mode)
    if ready is not None:
        backend = _compiled_backend(installed, *ready, mode, threads, on_notice)
        return _encoder(installed, ready[0].intake, backend)
    choice = choose_device(device)
    if choice.notice:
        on_notice(choice.notice)
    intake = intake_of(installed)
    backend = torch_backend(
        installed,
        intake,
        device=choice.device,
        mode=mode if mode in (TORCH, TORCH_BF16) else "",
        threads=threads,
        tuning="done" if choice.device != "cpu" or mode in (TORCH, TORCH_BF16) else "missing",
        on_notice=on_notice,
    )
    encoder = _encoder(installed, intake, backend)
    _check(encoder)
    return encoder


def torch_backend(
    installed: InstalledEncoder,
    intake: Intake,
    *,
    device: str,
    mode: str,
    threads: int,
    on_notice: Callable[[str], None],
    tuning: str = "done",
    words: bool = True,
    build: "Callable[[], torch.nn.Module] | None" = None,
) -> Backend:
    """The model computed by torch; without `words` its text side is left away.

    build: makes the model where it is not to be read from its folder.
    """
    import torch

    from photofind.encoders.torch_backend import TorchBackend, has_fast_bf16

    if threads > 0:
        torch.set_num_threads(threads)
    pictures_only = read_manifest(installed.folder).family == TIMM

    return TorchBackend(
        build or (lambda: build_model(installed, words=words)),
        device=device,
        image_size=intake.image_size,
        tower="" if pictures_only else "visual",
        mode="" if mode == TORCH_BF16 and not has_fast_bf16() else mode,
        tuning=tuning,
        on_notice=on_notice,
    )


def build_model(installed: InstalledEncoder, *, words: bool = True) -> "torch.nn.Module":
    """The model with its weights, in float32 on the processor. Raises EncoderError."""
    if read_manifest(installed.folder).family == TIMM:
        from photofind.encoders.timm_model import build_timm

        return build_timm(installed)
    from photofind.encoders.open_clip import build_open_clip

    model: Any = build_open_clip(installed)
    if not words and hasattr(model, "text"):
        model.text = None
    return model


def _ready(installed: InstalledEncoder, device: str, mode: str) -> tuple[Compiled, Path] | None:
    """What is there to compute with on the processor at once, and the folder it lies in.

    The record of this machine; before there is one, the graphs that came with the model. None where
    torch is to compute, or an accelerator.
    """
    if mode in (TORCH, TORCH_BF16) or device not in ("cpu", "auto"):
        return None
    compiled = read_compiled(installed)
    if compiled is not None and installed.cache is not None:
        return (compiled, installed.cache) if device == "cpu" or compiled.is_alone else None
    if device == "auto" and may_have_accelerator():
        return None
    shipped = read_shipped(installed, mode)
    return None if shipped is None else (shipped, installed.folder)


def _compiled_backend(
    installed: InstalledEncoder,
    compiled: Compiled,
    folder: Path,
    mode: str,
    threads: int,
    on_notice: Callable[[str], None],
) -> Backend:
    from photofind.encoders.onnx_backend import CompiledBackend

    def in_torch(torch_mode: str, words: bool) -> Backend:
        return torch_backend(
            installed,
            compiled.intake,
            device="cpu",
            mode=torch_mode,
            threads=threads,
            on_notice=on_notice,
            words=words,
        )

    if not (compiled.figures and answers(compiled, mode)):
        tuning = "missing"
    else:
        tuning = "done" if compiled.photos >= SAMPLES else "provisional"
    return CompiledBackend(
        installed,
        compiled,
        in_torch,
        folder=folder,
        threads=threads,
        tuning=tuning,
        on_notice=on_notice,
    )


def _encoder(installed: InstalledEncoder, intake: Intake, backend: Backend) -> TowerEncoder:
    return TowerEncoder(installed.spec, backend, intake.preprocessor(), intake.tokenizer(installed))


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
