"""Which device computes and how many threads it gets. Imports torch inside functions only."""

import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

DEVICES = ("auto", "cpu", "cuda", "mps", "xpu")
_MOST_DECODERS = 16
_DRIVERS = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd", "C:/Windows/System32/nvcuda.dll")


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    """A device that has just computed something right; `notice` says why it is not the asked."""

    device: str
    notice: str = ""


@dataclass(frozen=True, slots=True)
class ThreadPlan:
    """How the processor is shared out."""

    compute: int
    decode: int


def usable_cpus() -> int:
    """Processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def plan_threads(threads: int) -> ThreadPlan:
    """Share out `threads` processors, 0 for all that this process may use.

    Computing and decoding each get all of them: one waits while the other works, and the system
    shares what both want at once.
    """
    count = threads if threads > 0 else usable_cpus()
    return ThreadPlan(compute=count, decode=min(max(count, 2), _MOST_DECODERS))


def choose_device(wanted: str) -> DeviceChoice:
    """The wanted device where it works, else the best that does; at last the processor."""
    if wanted == "cpu":
        return DeviceChoice("cpu")
    if wanted not in DEVICES:
        choice = choose_device("auto")
        return DeviceChoice(
            choice.device, f"there is no device {wanted!r}: using {choice.device} instead"
        )
    if wanted != "auto":
        problem = _problem(wanted)
        notice = f"{wanted} cannot be used ({problem}): using the processor" if problem else ""
        return DeviceChoice("cpu" if problem else wanted, notice)
    for device in ("cuda", "mps", "xpu"):
        if not _problem(device):
            return DeviceChoice(device)
    return DeviceChoice("cpu")


def accelerator_drivers() -> list[str]:
    """What a driver of an accelerator leaves in the file system, as far as it is there."""
    return [path for path in _DRIVERS if Path(path).exists()]


def may_have_accelerator() -> bool:
    """Whether torch might find a device better than the processor, told without importing it."""
    if platform.system() == "Darwin":
        return platform.machine() == "arm64"
    try:
        build = version("torch").partition("+")[2]
    except PackageNotFoundError:
        return False
    return build == "xpu" or (build != "cpu" and bool(accelerator_drivers()))


def _problem(device: str) -> str:
    """Why a device cannot compute, "" where it can. A driver may fail in any way."""
    import torch

    try:
        if device == "mps":
            present = torch.backends.mps.is_available()
        else:
            present = bool(getattr(torch, device).is_available())
        if not present:
            return "this computer has none, or its driver is missing"
        ones = torch.ones(8, 8, device=device)
        return "" if float((ones @ ones).sum()) == 512.0 else "it computes wrongly"
    except Exception as error:  # noqa: BLE001 - drivers raise what they like
        return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
