"""Where training computes: on a GPU where there is one, else on the processor.

Everything that is made anew is made there (torch's default device), except what is put together
item by item, such as token rows: that is made on the processor and then placed. Lower precision is
bfloat16, where the device is fast at it.
"""

import functools
from pathlib import Path
from typing import Any

import torch
from timm.optim import muon
from torch import Tensor

from photofind.encoders.devices import choose_device
from photofind.encoders.torch_backend import has_fast_bf16

AUTO, CUDA, CPU = DEVICES = ("auto", "cuda", "cpu")


def use_device(wanted: str, threads: int) -> None:
    """Compute on one of DEVICES from now on; says where another than the wanted one is taken."""
    choice = choose_device(CUDA if wanted == AUTO else wanted)
    if choice.notice and wanted != AUTO:
        print(choice.notice, flush=True)
    torch.set_default_device(choice.device)
    torch.set_num_threads(threads)
    if not _is_fast_at_bfloat16():
        # Muon has no setting for it, and would take 20 seconds of a step on the processor
        muon.zeropower_via_newtonschulz = functools.partial(
            muon.zeropower_via_newtonschulz, dtype=torch.float32
        )


def placed(tensor: Tensor) -> Tensor:
    """The same on the device that computes."""
    return tensor.to(torch.get_default_device())


def read_state(path: Path) -> dict[str, Any]:
    """A checkpoint, wherever it was computed, on the device that computes."""
    return torch.load(path, map_location=torch.get_default_device(), weights_only=True)


def lower_precision() -> torch.autocast:
    """bfloat16 where the device is fast at it; where it is not, that is several times slower."""
    device = torch.get_default_device().type
    return torch.autocast(device, torch.bfloat16, enabled=_is_fast_at_bfloat16())


def _is_fast_at_bfloat16() -> bool:
    if torch.get_default_device().type == CUDA:
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return has_fast_bf16()
