"""The ways in which a processor can compute a model, how they compare, and which one is taken.

Pure numbers and rules; computes no model.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from photofind.core.types import Vectors
from photofind.encoders.base import unit_rows

AUTO = "auto"
TORCH = "torch"
TORCH_BF16 = "torch-bf16"
ONNX = "onnx"
ONNX_INT8 = "onnx-int8"
ONNX_INT8_MIXED = "onnx-int8-mixed"

TITLES = {
    TORCH: "PyTorch",
    TORCH_BF16: "PyTorch, bfloat16",
    ONNX: "ONNX Runtime",
    ONNX_INT8: "ONNX Runtime, 8 bit",
    ONNX_INT8_MIXED: "ONNX Runtime, 8 bit and float",
}
"""Every mode, with its name for people."""

SAMPLES = 96
"""How many of the user's own photos a comparison wants to see; with fewer it is provisional."""

_MEAN, _LEAST, _OVERLAP = 0.995, 0.98, 0.95
_WORDS_LEAST = 0.999
_NEIGHBOURS = 10
_TIE = 0.95
_PREFERENCE = (ONNX, ONNX_INT8_MIXED, ONNX_INT8, TORCH, TORCH_BF16)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a mode did here. The cosines and the overlap are against torch in float32."""

    rate: float = 0.0  # pictures, or phrases, per second
    mean: float = 0.0  # cosine
    least: float = 0.0  # cosine
    overlap: float = 0.0  # of the ten nearest neighbours; 1 for phrases
    problem: str = ""  # why it could not be used at all
    apart: bool = False  # faster where each thread computes pictures of its own

    @property
    def is_faithful(self) -> bool:
        """Whether vectors of this mode may stand beside those of any other."""
        return (
            not self.problem
            and self.mean >= _MEAN
            and self.least >= _LEAST
            and self.overlap >= _OVERLAP
        )

    @property
    def is_faithful_to_words(self) -> bool:
        """A phrase is one vector that everything is compared with: no approximation."""
        return not self.problem and self.least >= _WORDS_LEAST


def compare(reference: Vectors, rows: Vectors, rate: float) -> Figures:
    """The figures of vectors (n, d) beside the reference (n, d), n more than ten."""
    one, other = unit_rows(reference), unit_rows(rows)
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return Figures(rate, problem="it gave unusable numbers")
    cosines = (one * other).sum(axis=1)
    overlap = _overlap(one, other)
    return Figures(rate, float(cosines.mean()), float(cosines.min()), overlap)


def choose(figures: Mapping[str, Figures], wanted: str = AUTO) -> str:
    """The wanted mode where it is faithful, else the fastest faithful one.

    Of modes that are equally fast within 5 %, the one that is exact and quick to load.
    """
    faithful = {mode: found for mode, found in figures.items() if found.is_faithful}
    if wanted in faithful:
        return wanted
    if not faithful:
        return TORCH
    fastest = max(found.rate for found in faithful.values())
    return next(
        mode for mode in _PREFERENCE if mode in faithful and faithful[mode].rate >= _TIE * fastest
    )


def _overlap(one: Vectors, other: Vectors) -> float:
    """Mean share of the ten nearest other rows that both agree on."""
    return float(
        np.mean([len(a & b) / len(a) for a, b in zip(_near(one), _near(other), strict=True)])
    )


def _near(rows: Vectors) -> list[set[int]]:
    scores = rows @ rows.T
    np.fill_diagonal(scores, -2)
    count = min(_NEIGHBOURS, len(rows) - 1)
    return [set(row.tolist()) for row in np.argsort(-scores, axis=1)[:, :count]]
