"""Finds out how this machine computes a model best: exports it, measures every mode, keeps one.

The comparison is with torch in float32, on the user's own photos where there are enough, else on
drawn ones; 8 bit is only considered on the user's own. Runs once per model and set of versions, in
a process of its own: it takes memory, and what it runs may crash.
"""

import copy
import gc
import logging
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from filelock import FileLock, Timeout
from PIL import Image

from photofind.core.errors import EncoderError
from photofind.core.types import InstalledEncoder, Vectors
from photofind.encoders.compiled import (
    PICTURES,
    WORDS,
    Compiled,
    CompiledFile,
    origin_of,
    seal,
    workspace,
    write_compiled,
)
from photofind.encoders.devices import choose_device
from photofind.encoders.drawn_pictures import draw_pictures
from photofind.encoders.intake import intake_of
from photofind.encoders.loading import build_model
from photofind.encoders.manifest import find_weights, read_manifest
from photofind.encoders.modes import (
    AUTO,
    ONNX,
    ONNX_INT8,
    ONNX_INT8_MIXED,
    SAMPLES,
    TORCH,
    TORCH_BF16,
    Figures,
    choose,
    compare,
)
from photofind.encoders.phrases import PHRASES
from photofind.encoders.squares import middle_look

log = logging.getLogger(__name__)

CALIBRATED = 32
"""How many of the pictures the 8-bit ranges are learned from; the others are compared."""

_BATCH = 16
_LEAST_SECONDS = 0.5  # that a mode is timed
_TRIES = 5  # to find quiet for it
_DISK = 3  # times the weights' size
_MEMORY = 5

Run = Callable[[Any], Vectors]


def tune(
    installed: InstalledEncoder,
    photos: Sequence[Image.Image],
    *,
    threads: int = 0,
    wanted: str = AUTO,
    quiet: Callable[[], object] = lambda: None,
) -> Compiled:
    """Compare the modes, keep the files of the best one and write the record.

    photos: the user's own, RGB. quiet: called before and after anything is measured; waits until
    that makes sense, and returns something else when there was no quiet in between. Raises
    EncoderError where nothing can be found out now. What never can be (a model that cannot be
    exported, say) is part of the record, so that it is not tried at every start.
    """
    if installed.cache is None:
        raise EncoderError("there is no folder for the model's prepared files")
    try:
        find_weights(installed.folder, read_manifest(installed.folder))  # or it was removed
        installed.cache.mkdir(parents=True, exist_ok=True)
        with FileLock(installed.cache / ".lock", timeout=0), workspace(installed.cache) as work:
            _check_room(installed)
            bench = Bench(installed, photos, work, threads=threads, quiet=quiet)
            bench.export()
            bench.measure()
            compiled = bench.settle(wanted)
            write_compiled(installed.cache, compiled)
            return compiled
    except Timeout:
        raise EncoderError("another photofind is preparing this model") from None
    except OSError as error:
        raise EncoderError(f"the model's prepared files cannot be written: {error}") from error


class Bench:
    """One comparison; `work` is a folder for files that are too many in the end.

    `export`, then `measure`, then `settle`.
    """

    def __init__(
        self,
        installed: InstalledEncoder,
        photos: Sequence[Image.Image],
        work: Path,
        *,
        threads: int,
        quiet: Callable[[], object] = lambda: None,
    ) -> None:
        self._installed = installed
        self._intake = intake_of(installed)
        self._work = work
        self._threads = threads
        self._quiet = quiet
        self._own = len(photos)
        self._model: Any = build_model(installed)
        prepare = self._intake.preprocessor()
        pictures = [*photos, *draw_pictures(max(0, SAMPLES - len(photos)))]
        pixels = [middle_look(prepare(picture)) for picture in pictures]
        self._learned, self._compared = pixels[:CALIBRATED], pixels[CALIBRATED:]
        tokenize = self._intake.tokenizer(installed)
        self._tokens = None if tokenize is None else tokenize(PHRASES)
        self._files: dict[str, Path] = {}
        self.figures: dict[str, Figures] = {}
        self.words_figures: dict[str, Figures] = {}

    def export(self) -> None:
        """Make every mode's file; what fails has its reason among the figures."""
        try:
            from photofind.encoders import exporting
        except ImportError as error:
            self._note_problem(ONNX, error)
            return
        model, size = self._model, self._intake.image_size
        self._make(ONNX, lambda path: exporting.export_pictures(model, size, path))
        if self._tokens is not None:
            context = self._tokens.shape[1]
            self._make(WORDS, lambda path: exporting.export_words(model, context, path))
        if ONNX not in self._files or self._own < SAMPLES:
            return
        source, learned = self._files[ONNX], self._learned
        self._make(ONNX_INT8, lambda path: exporting.quantise(source, path, learned))
        self._make(
            ONNX_INT8_MIXED,
            lambda path: exporting.quantise(source, path, learned, leave_sensitive=True),
        )

    def measure(self) -> None:
        """Time every mode one after the other, and compare it with torch in float32."""
        reference, words = self._measure_torch()
        for mode in (ONNX, ONNX_INT8, ONNX_INT8_MIXED):
            if mode in self._files:
                self._measure_file(self.figures, mode, mode, reference)
        if words is not None and WORDS in self._files:
            self._measure_file(self.words_figures, ONNX, WORDS, words)

    def settle(self, wanted: str) -> Compiled:
        """Move the best mode's files beside the record that is returned. Raises OSError."""
        mode = choose(self.figures, wanted)
        words = self.words_figures.get(ONNX, Figures(problem="none"))
        words_mode = ONNX if words.is_faithful_to_words else TORCH
        kept = {PICTURES: mode} | ({WORDS: WORDS} if words_mode == ONNX else {})
        return Compiled(
            origin=origin_of(self._installed),
            is_alone=choose_device("auto").device == "cpu",
            wanted=wanted,
            photos=self._own,
            pictures=len(self._compared),
            intake=self._intake,
            pictures_mode=mode,
            words_mode="" if self._tokens is None else words_mode,
            figures=self.figures,
            words_figures=self.words_figures,
            files={
                side: self._sealed(side, self._files[name])
                for side, name in kept.items()
                if name in self._files
            },
        )

    def _make(self, mode: str, write: Callable[[Path], None]) -> None:
        path = self._work / f"{mode}.onnx"
        try:
            write(path)
        except Exception as error:  # noqa: BLE001 - exporter and quantiser raise what they like
            self._note_problem(mode, error)
        else:
            self._files[mode] = path

    def _note_problem(self, mode: str, error: Exception) -> None:
        reason = (
            str(error) if isinstance(error, EncoderError) else f"{type(error).__name__}: {error}"
        )
        log.info("%s of %s: %s", mode, self._installed.spec.title, reason)
        if mode == WORDS:
            self.words_figures[ONNX] = Figures(problem=reason[:300])
        else:
            self.figures[mode] = Figures(problem=reason[:300])

    def _measure_torch(self) -> tuple[Vectors, Vectors | None]:
        """The reference for pictures and for phrases; the model is let go of afterwards."""
        from photofind.encoders.loading import torch_backend
        from photofind.encoders.torch_backend import has_fast_bf16

        model, self._model = self._model, None

        def run_torch(mode: str) -> Any:
            return torch_backend(
                self._installed,
                self._intake,
                device="cpu",
                mode=mode,
                threads=self._threads,
                build=lambda: copy.deepcopy(model) if mode != TORCH else model,
                on_notice=log.info,
            )

        exact = run_torch(TORCH)
        reference, rate = self._timed(exact.encode_pixels, self._compared)
        self.figures[TORCH] = compare(reference, reference, rate)
        if self.figures[TORCH].problem:
            raise EncoderError(f"{self._installed.spec.title} gives no usable results")
        words: Vectors | None = None
        if self._tokens is not None:
            words, rate = self._timed(exact.encode_tokens, self._tokens, at_once=1)
            self.words_figures[TORCH] = compare(words, words, rate)
        if has_fast_bf16():
            rows, rate = self._timed(run_torch(TORCH_BF16).encode_pixels, self._compared)
            self.figures[TORCH_BF16] = compare(reference, rows, rate)
        return reference, words

    def _measure_file(
        self, figures: dict[str, Figures], mode: str, name: str, reference: Vectors
    ) -> None:
        try:
            found = figures[mode] = self._figures_of(name, reference)
            if name != WORDS:
                apart = self._figures_of(name, reference, apart=True)
                figures[mode] = max(found, apart, key=lambda each: each.rate)
        except Exception as error:  # noqa: BLE001 - onnxruntime raises plain ones of its own
            if mode not in figures:
                self._note_problem(name, error)

    def _figures_of(self, name: str, reference: Vectors, *, apart: bool = False) -> Figures:
        from photofind.encoders.onnx_backend import OnnxTower

        gc.collect()
        tower = OnnxTower(self._files[name], self._threads, apart=apart)
        if name == WORDS:
            rows, rate = self._timed(tower.run_tokens, self._tokens, at_once=1)
        else:
            rows, rate = self._timed(tower.run_pictures, self._compared)
        return replace(compare(reference, rows, rate), apart=apart)

    def _timed(self, run: Run, inputs: Any, *, at_once: int = _BATCH) -> tuple[Vectors, float]:
        """As `_timed`; once more where something else computed meanwhile."""
        before, tries = self._quiet(), 1
        found = _timed(run, inputs, at_once)
        while (after := self._quiet()) != before and tries < _TRIES:
            before, tries = after, tries + 1
            found = _timed(run, inputs, at_once)
        return found

    def _sealed(self, side: str, path: Path) -> CompiledFile:
        assert self._installed.cache is not None
        return seal(path.rename(path.with_name(f"{side}{path.suffix}")), self._installed.cache)


def _timed(run: Run, inputs: Any, at_once: int) -> tuple[Vectors, float]:
    """All rows, and how many a second come out: by the best batch, which nothing disturbed."""
    batches = [inputs[start : start + at_once] for start in range(0, len(inputs), at_once)]
    run(batches[0])
    rates: list[float] = []
    rows: list[Vectors] = []
    started = time.perf_counter()
    while not rates or time.perf_counter() - started < _LEAST_SECONDS:
        rows = []
        for batch in batches:
            before = time.perf_counter()
            rows.append(run(batch))
            rates.append(len(batch) / (time.perf_counter() - before))
    return np.concatenate(rows), max(rates)


def _check_room(installed: InstalledEncoder) -> None:
    """Raise EncoderError where disk or memory would run out."""
    weights = find_weights(installed.folder, read_manifest(installed.folder)).stat().st_size
    assert installed.cache is not None
    if shutil.disk_usage(installed.cache).free < _DISK * weights:
        raise EncoderError(f"{installed.cache} has too little room to prepare the model")
    if psutil.virtual_memory().available < _MEMORY * weights:
        raise EncoderError("there is too little free memory to prepare the model")
