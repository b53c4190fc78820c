"""Runs a model's towers with torch: device, precision, memory shortage, the way back to the CPU.

On a processor lower precision means weights of that precision; on a CUDA device it is autocast,
which leaves the sensitive operations in float32. Either is used only where a check at loading finds
it faithful and faster. Only the engine's processes import this module.
"""

import contextlib
import copy
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from photofind.core.types import Vectors
from photofind.encoders.base import Pixels, unit_rows
from photofind.encoders.modes import TORCH, TORCH_BF16
from photofind.encoders.tokenizing import shortened

log = logging.getLogger(__name__)

_FAITHFUL = 0.9990  # least cosine between a vector in full and in lower precision
_DEVICE_FAITHFUL = 0.995  # least cosine between a device and the processor
_WORTHWHILE = 1.2  # times faster
_PROBES = 2
_MODES = {TORCH: torch.float32, TORCH_BF16: torch.bfloat16}


class TorchBackend:
    """One torch model whose image tower is its attribute `tower`, or with "" the model itself.

    `build` makes the model with its weights; it is called again when a device fails, because then
    not even the weights may be had back from it.
    """

    def __init__(
        self,
        build: Callable[[], torch.nn.Module],
        *,
        device: str,
        image_size: int,
        tower: str = "visual",
        mode: str = "",
        tuning: str = "done",
        on_notice: Callable[[str], None],
    ) -> None:
        """mode: TORCH or TORCH_BF16 on the processor, "" finds out by a short trial."""
        self._build = build
        self._model = build().eval().float()
        self._tower = tower
        self._size = image_size
        self._on_notice = on_notice
        self._dtype = torch.float32
        self._device = "cpu"
        self._largest = 1 << 16  # pictures at once; lowered when memory runs out
        self._mode = mode
        self.tuning = tuning
        self._place(device)

    @property
    def device(self) -> str:
        if self._dtype == torch.float32:
            return self._device
        return f"{self._device} ({str(self._dtype).removeprefix('torch.')})"

    @property
    def parallel(self) -> int:
        return 1

    def encode_pixels(self, pixels: Sequence[Pixels]) -> Vectors:
        """float32 (n, d). Halves the batch when memory runs out, then moves to the processor."""
        batch = _tensor(np.stack(pixels))
        parts: list[Vectors] = []
        start = 0
        while start < len(pixels):
            count = min(self._largest, len(pixels) - start)
            try:
                parts.append(self._image_rows(batch[start : start + count]))
            except RuntimeError as error:
                self._retreat(error, count)
                continue
            start += count
        return np.concatenate(parts)

    def encode_apart(self, pixels: Sequence[Pixels]) -> Vectors:
        return self.encode_pixels(pixels)

    def encode_tokens(self, tokens: npt.NDArray[np.int64]) -> Vectors:
        try:
            return self._text_rows(tokens)
        except RuntimeError as error:
            self._retreat(error, 1)
            return self._text_rows(tokens)

    def _image_rows(self, batch: torch.Tensor) -> Vectors:
        rows = self._compute(batch)
        if self._dtype != torch.float32 and not np.isfinite(rows).all():
            self._on_notice("lower precision gave unusable numbers: computing in full precision")
            self._use_precision(torch.float32)
            return self._image_rows(batch)
        return rows

    def _compute(self, batch: torch.Tensor) -> Vectors:
        """float32 rows (n, d) of a batch that lies in the processor's memory."""
        count = len(batch)
        with torch.inference_mode(), self._autocast():
            rows = self._run_images(self._moved(self._padded(batch)))
            return rows[:count].float().cpu().numpy()

    def _padded(self, batch: torch.Tensor) -> torch.Tensor:
        """MPS compiles a program for every shape it meets: it only meets powers of two."""
        missing = _power_of_two(len(batch)) - len(batch) if self._device == "mps" else 0
        return torch.cat([batch, batch[-1:].expand(missing, -1, -1, -1)]) if missing else batch

    def _moved(self, batch: torch.Tensor) -> torch.Tensor:
        """The batch on the device, through pinned memory where that makes the way shorter."""
        if self._device == "cuda":
            batch = batch.pin_memory()
            return batch.to("cuda", memory_format=torch.channels_last, non_blocking=True)
        return batch.to(
            self._device, dtype=self._weights_dtype(), memory_format=torch.channels_last
        )

    def _autocast(self) -> AbstractContextManager[Any]:
        if self._device != "cuda" or self._dtype == torch.float32:
            return contextlib.nullcontext()
        return torch.autocast("cuda", dtype=self._dtype)

    def _weights_dtype(self) -> torch.dtype:
        return torch.float32 if self._device == "cuda" else self._dtype

    def _text_rows(self, tokens: npt.NDArray[np.int64]) -> Vectors:
        model: Any = self._model
        text = getattr(model, "text", None)
        if getattr(text, "any_length", False) and self._device != "mps":
            tokens = shortened(tokens)
        with torch.inference_mode():
            rows = model.encode_text(_tensor(tokens).to(self._device))
            return rows.float().cpu().numpy()

    def _run_images(self, batch: torch.Tensor) -> torch.Tensor:
        model: Any = self._model
        return model.encode_image(batch) if self._tower else model(batch)

    def _retreat(self, error: RuntimeError, count: int) -> None:
        """Make the next try cheaper or safer; raises the error where nothing is left to try."""
        if _is_shortage(error) and count > 1:
            self._largest = max(1, count // 2)
            log.info("memory ran out at %d pictures at once, now %d", count, self._largest)
            if self._device == "cuda":
                torch.cuda.empty_cache()
            return
        if self._device == "cpu":
            raise error
        self._fall_back(error)

    def _fall_back(self, error: Exception) -> None:
        self._on_notice(f"{self._device} failed ({_first_line(error)}): using the processor")
        self._model = self._build().eval().float()
        self._dtype = torch.float32
        self._move("cpu")

    def _place(self, device: str) -> None:
        """Find the fastest faithful way to compute on a device, or settle for the processor."""
        if device == "cpu" and self._mode:
            self._move("cpu")
            self._use_precision(_MODES[self._mode])
            return
        probe = _tensor(_probes(self._size))
        self._move("cpu")
        reference, seconds = self._timed(probe)
        if device != "cpu":
            try:
                self._move(device)
                there, seconds = self._timed(probe, warm=True)
                if _likeness(reference, there) < _DEVICE_FAITHFUL:
                    raise RuntimeError("it computes other results than the processor")
            except RuntimeError as error:  # NotImplementedError is one
                self._device = device
                self._fall_back(error)
                return
        for dtype in _candidates(self._device):
            if self._try_precision(dtype, probe, reference, seconds):
                return

    def _try_precision(
        self, dtype: torch.dtype, probe: torch.Tensor, reference: Vectors, seconds: float
    ) -> bool:
        """Keep a lower precision where it is faithful and faster."""
        full = self._visual()
        try:
            if self._device == "cpu":
                self._set_visual(copy.deepcopy(full))
            self._use_precision(dtype)
            rows, lower_seconds = self._timed(probe, warm=True)
        except (RuntimeError, TypeError, NotImplementedError) as error:
            log.info("%s does not work for this model: %s", dtype, error)
            rows, lower_seconds = np.full_like(reference, np.nan), 0.0
        likeness = _likeness(reference, rows)
        gain = seconds / lower_seconds if lower_seconds else 0.0
        log.info("%s: likeness %.5f, %.1f times as fast", dtype, likeness, gain)
        if likeness >= _FAITHFUL and gain >= _WORTHWHILE:
            return True
        self._set_visual(full)
        self._dtype = torch.float32
        return False

    def _timed(self, probe: torch.Tensor, *, warm: bool = False) -> tuple[Vectors, float]:
        if warm:
            self._compute(probe)
        started = time.perf_counter()
        rows = self._compute(probe)
        return rows, time.perf_counter() - started

    def _visual(self) -> torch.nn.Module:
        return getattr(self._model, self._tower) if self._tower else self._model

    def _set_visual(self, module: torch.nn.Module) -> None:
        if self._tower:
            setattr(self._model, self._tower, module)
        else:
            self._model = module

    def _use_precision(self, dtype: torch.dtype) -> None:
        self._dtype = dtype
        self._visual().to(dtype=self._weights_dtype())

    def _move(self, device: str) -> None:
        self._model.to(device=device)
        self._visual().to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self._device = device


def _tensor(array: npt.NDArray[Any]) -> torch.Tensor:
    library: Any = torch
    return library.from_numpy(array)


def has_fast_bf16() -> bool:
    """Whether this processor multiplies bfloat16 faster than float32."""
    for ability in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        known: Any = getattr(torch.cpu, ability, None)
        if known is not None and known():
            return True
    return False


def _candidates(device: str) -> tuple[torch.dtype, ...]:
    """Lower precisions that are worth a try on a device."""
    if device == "cuda":
        return (torch.float16, torch.bfloat16)
    return (torch.bfloat16,) if device == "cpu" and has_fast_bf16() else ()


def _power_of_two(count: int) -> int:
    return 1 << (count - 1).bit_length()


def _probes(size: int) -> npt.NDArray[np.float32]:
    """Smooth coloured patterns in the range of normalised pictures: (n, 3, size, size)."""
    rng = np.random.default_rng(20260101)
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32) / size
    pictures = np.zeros((_PROBES, 3, size, size), np.float32)
    for picture in pictures:
        for channel in picture:
            for wave in rng.uniform(-12, 12, size=(6, 3)).astype(np.float32):
                channel += np.sin(wave[0] * rows + wave[1] * columns + wave[2])
    return pictures / np.float32(2)


def _likeness(one: Vectors, other: Vectors) -> float:
    """Least cosine between rows; 0 where a row is unusable."""
    cosines = (unit_rows(one) * unit_rows(other)).sum(axis=1)
    return float(np.nan_to_num(cosines, nan=0.0).min())


def _is_shortage(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "allocate" in str(error)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
