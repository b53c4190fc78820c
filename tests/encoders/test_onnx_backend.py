"""Two threads with one backend, of which one finds its file missing."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from photofind.core.types import InstalledEncoder, Vectors
from photofind.encoders.base import Pixels
from photofind.encoders.compiled import PICTURES, Compiled, CompiledFile
from photofind.encoders.intake import Intake
from photofind.encoders.modes import ONNX, TORCH, Figures
from photofind.encoders.onnx_backend import CompiledBackend
from tests.core.libraries import SPEC

PATIENCE = 30


class Torch:
    """Computes in a mode that it only names."""

    tuning, parallel = "done", 1

    def __init__(self, mode: str) -> None:
        self.device = f"cpu ({mode or 'its own choice'})"

    def encode_pixels(self, pixels: Sequence[Pixels]) -> Vectors:
        return np.ones((len(pixels), 2), np.float32)

    def encode_apart(self, pixels: Sequence[Pixels]) -> Vectors:
        return self.encode_pixels(pixels)

    def encode_tokens(self, tokens: npt.NDArray[np.int64]) -> Vectors:
        return np.ones((len(tokens), 2), np.float32)


def test_file_found_missing_while_torch_comes_up_for_words_leaves_torch_its_choice(
    tmp_path: Path,
) -> None:
    coming_up, may_come, told = threading.Event(), threading.Event(), threading.Event()
    modes: list[str] = []

    def bring_up(mode: str, _words: bool) -> Torch:
        modes.append(mode)
        coming_up.set()
        assert may_come.wait(PATIENCE)
        return Torch(mode)

    backend = CompiledBackend(
        InstalledEncoder(SPEC, tmp_path, "tiny-1"),
        Compiled(
            *({}, True, ONNX, 0, 0, Intake(1, {}, None), ONNX, TORCH),
            figures={ONNX: Figures(apart=True)},
            files={PICTURES: CompiledFile("missing.onnx", 1, "")},
        ),
        bring_up,
        folder=tmp_path,
        threads=2,
        tuning="done",
        on_notice=lambda _: told.set(),
    )
    with ThreadPoolExecutor(2) as pool:
        words = pool.submit(backend.encode_tokens, np.zeros((1, 4), np.int64))
        assert coming_up.wait(PATIENCE)
        pictures = pool.submit(backend.encode_apart, [np.zeros((3, 1, 1), np.float32)])
        told.wait(0.2)  # as long as words are computed nobody should be told
        may_come.set()
        assert words.result(PATIENCE).shape == pictures.result(PATIENCE).shape == (1, 2)
    assert (modes, backend.device) == ([TORCH, ""], "cpu (its own choice)")
    assert told.is_set()
