import numpy as np
import pytest

from photofind.encoders.modes import (
    AUTO,
    ONNX,
    ONNX_INT8,
    TORCH,
    TORCH_BF16,
    Figures,
    choose,
    compare,
)

EXACT = Figures(rate=10, mean=1, least=1, overlap=1)


def rows(noise: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(4)
    clear = rng.normal(size=(64, 32)).astype(np.float32)
    return clear + noise * rng.normal(size=clear.shape).astype(np.float32)


def test_same_vectors_of_other_length_are_faithful() -> None:
    found = compare(rows(), 3 * rows(), rate=5)
    assert found.is_faithful
    assert (found.rate, found.overlap) == (5, 1)
    assert found.least == pytest.approx(1)


def test_noise_makes_vectors_unfaithful() -> None:
    assert compare(rows(), rows(0.001), 1).is_faithful
    assert not compare(rows(), rows(0.3), 1).is_faithful


def test_one_bad_picture_is_enough() -> None:
    spoiled = rows()
    spoiled[7] = -spoiled[7]
    found = compare(rows(), spoiled, 1)
    assert found.least == pytest.approx(-1)
    assert not found.is_faithful


def test_unusable_numbers_are_a_problem() -> None:
    spoiled = rows()
    spoiled[3, 3] = np.nan
    assert compare(rows(), spoiled, 1).problem


@pytest.mark.parametrize(
    "worse", [{"mean": 0.99}, {"least": 0.97}, {"overlap": 0.94}, {"problem": "no"}]
)
def test_fast_but_unfaithful_mode_is_not_taken(worse: dict[str, object]) -> None:
    fast = Figures(**{"rate": 99, "mean": 1, "least": 1, "overlap": 1, **worse})
    figures = {TORCH: EXACT, ONNX_INT8: fast}
    assert choose(figures) == TORCH
    assert choose(figures, ONNX_INT8) == TORCH


def test_fastest_faithful_mode_is_taken_and_a_wish_goes_first() -> None:
    figures = {
        TORCH: EXACT,
        ONNX: Figures(20, 1, 1, 1),
        ONNX_INT8: Figures(60, 0.999, 0.99, 0.96),
    }
    assert choose(figures, AUTO) == ONNX_INT8
    assert choose(figures, ONNX) == ONNX
    assert choose(figures, TORCH_BF16) == ONNX_INT8


def test_of_equally_fast_modes_the_exact_one_is_taken() -> None:
    figures = {TORCH: EXACT, ONNX_INT8: Figures(10.2, 1, 1, 1), ONNX: Figures(9.8, 1, 1, 1)}
    assert choose(figures) == ONNX


def test_without_any_figures_torch_computes() -> None:
    assert choose({}) == TORCH
