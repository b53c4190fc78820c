"""Runs a model's towers on the processor in the way that was found best, without torch if it can.

A tower is brought up when it is first needed: a phrase does not wait for the pictures' side. What
cannot be used gives way to torch. Only the engine's processes import this module.
"""

import logging
import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from photofind.core.types import InstalledEncoder, Vectors
from photofind.encoders.base import Backend, Pixels
from photofind.encoders.compiled import (
    PICTURES,
    WORDS,
    Compiled,
    forget_compiled,
    open_checked,
)
from photofind.encoders.devices import usable_cpus
from photofind.encoders.modes import TITLES, TORCH, TORCH_BF16
from photofind.encoders.tokenizing import shortened

log = logging.getLogger(__name__)

_APART = 16  # pictures of one thread: a model's weights come from memory once for all of them
_AT_ONCE = 32  # pictures; more takes memory and gains nothing on a processor


class OnnxTower:
    """One exported tower: an array in, float32 vectors (n, d) out."""

    def __init__(self, path: Path, threads: int, *, apart: bool = False) -> None:
        """threads: processors to compute with, 0 for all. Raises what onnxruntime raises.

        apart: each thread computes pictures of its own, so that none waits for another after every
        layer. Which is faster depends on the model and the machine.
        """
        import onnxruntime  # pyright: ignore[reportMissingTypeStubs] - it may fail to, too

        library: Any = onnxruntime
        options = library.SessionOptions()
        self._threads = threads or usable_cpus()
        self._pool = ThreadPoolExecutor(self._threads, "encoder") if apart else None
        options.intra_op_num_threads = 1 if apart else threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # a thread that spins keeps the decoders from the processor
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = library.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name
        self._any_length = isinstance(self._session.get_inputs()[0].shape[-1], str)

    def run_pictures(self, pixels: Sequence[Pixels]) -> Vectors:
        batches = [np.stack(pixels[each.start : each.stop]) for each in self._batches(len(pixels))]
        rows = map(self._run, batches) if self._pool is None else self._pool.map(self._run, batches)
        return np.concatenate(list(rows))

    def run_pictures_here(self, pixels: Sequence[Pixels]) -> Vectors:
        """`run_pictures` in this very thread, where each thread has pictures of its own."""
        starts = range(0, len(pixels), _AT_ONCE)
        rows = [self._run(np.stack(pixels[start : start + _AT_ONCE])) for start in starts]
        return np.concatenate(rows)

    def _batches(self, count: int) -> list[range]:
        """Which pictures are computed together. Apart, each thread gets as many batches."""
        parts = math.ceil(count / _AT_ONCE)
        if self._pool is not None:
            parts = self._threads * math.ceil(count / (_APART * self._threads))
        ends = [round(part * count / parts) for part in range(parts + 1)]
        return [range(start, end) for start, end in pairwise(ends) if start < end]

    def run_tokens(self, tokens: npt.NDArray[np.int64]) -> Vectors:
        return self._run(shortened(tokens) if self._any_length else tokens)

    def _run(self, batch: npt.NDArray[Any]) -> Vectors:
        return np.asarray(self._session.run(None, {self._input: batch})[0], np.float32)


class CompiledBackend:
    """The `Backend` of a record whose files lie in a folder."""

    def __init__(
        self,
        installed: InstalledEncoder,
        compiled: Compiled,
        make_torch: Callable[[str, bool], Backend],
        *,
        folder: Path,
        threads: int,
        tuning: str,
        on_notice: Callable[[str], None],
    ) -> None:
        """make_torch: brings torch up in one of its modes, "" being its own choice, and with the
        words' side or without."""
        self._installed = installed
        self._compiled = compiled
        self._make_torch = make_torch
        self._folder = folder
        self._threads = threads
        self._tuning = tuning
        self._on_notice = on_notice
        self._towers: dict[str, OnnxTower] = {}
        self._torch: Backend | None = None
        self._failed = False
        self._bringing_up = threading.Lock()
        self._computing_in_torch = threading.Lock()

    @property
    def device(self) -> str:
        in_torch = self._torch
        if self._failed and in_torch is not None:
            return in_torch.device
        return f"cpu ({self._compiled.pictures_mode})"

    @property
    def tuning(self) -> str:
        return "missing" if self._failed else self._tuning

    @property
    def parallel(self) -> int:
        if self._failed or not self._is_apart:
            return 1
        return self._threads or usable_cpus()

    def encode_pixels(self, pixels: Sequence[Pixels]) -> Vectors:
        return self._pictures(OnnxTower.run_pictures, pixels)

    def encode_apart(self, pixels: Sequence[Pixels]) -> Vectors:
        return self._pictures(OnnxTower.run_pictures_here, pixels)

    def encode_tokens(self, tokens: npt.NDArray[np.int64]) -> Vectors:
        return self._computed(
            WORDS, lambda tower: tower.run_tokens(tokens), lambda t: t.encode_tokens(tokens)
        )

    def _pictures(
        self, run: Callable[[OnnxTower, Sequence[Pixels]], Vectors], pixels: Sequence[Pixels]
    ) -> Vectors:
        return self._computed(
            PICTURES, lambda tower: run(tower, pixels), lambda torch: torch.encode_pixels(pixels)
        )

    def _computed(
        self,
        side: str,
        exported: Callable[[OnnxTower], Vectors],
        in_torch: Callable[[Backend], Vectors],
    ) -> Vectors:
        tower = self._tower(side)
        if tower is not None:
            try:
                return exported(tower)
            except Exception as error:  # noqa: BLE001 - onnxruntime raises plain ones of its own
                self._give_up(error)
        with self._computing_in_torch:
            return in_torch(self._in_torch())

    def _tower(self, side: str) -> OnnxTower | None:
        """The exported tower of a side; None where torch computes it."""
        file = self._compiled.files.get(side)
        if file is None:
            return None
        try:
            with self._bringing_up:
                if self._failed:
                    return None
                if side not in self._towers:
                    path = open_checked(self._folder, file)
                    apart = side == PICTURES and self._is_apart
                    self._towers[side] = OnnxTower(path, self._threads, apart=apart)
                return self._towers[side]
        except Exception as error:  # noqa: BLE001 - onnxruntime raises plain ones of its own
            self._give_up(error)
            return None

    @property
    def _is_apart(self) -> bool:
        """Without figures, too: a model that comes with its graphs is a small one."""
        figures = self._compiled.figures.get(self._compiled.pictures_mode)
        return (figures is None or figures.apart) and PICTURES in self._compiled.files

    def _in_torch(self) -> Backend:
        if self._torch is None:
            chosen = self._compiled.pictures_mode
            mode = "" if self._failed else chosen if chosen == TORCH_BF16 else TORCH
            self._torch = self._make_torch(mode, self._failed or WORDS not in self._compiled.files)
        return self._torch

    def _give_up(self, error: Exception) -> None:
        """Compute with torch from now on, and have the files made anew."""
        with self._computing_in_torch, self._bringing_up:
            if self._failed:
                return
            self._failed = True
            self._towers.clear()
            self._torch = None
        log.warning("the prepared files of %s: %s", self._installed.spec.title, error)
        title = TITLES[self._compiled.pictures_mode]
        self._on_notice(f"{title} failed: using PyTorch until it is prepared anew")
        forget_compiled(self._installed)
