"""What becomes of layers in 8 bit, in graphs made for the purpose."""

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn
from typing_extensions import override

from photofind.encoders.exporting import export_pictures, quantise
from photofind.encoders.modes import compare
from photofind.encoders.onnx_backend import OnnxTower

pytestmark = pytest.mark.timeout(600)  # an export takes seconds; on a busy machine, minutes
SIDE = 36


class Averaging(nn.Module):
    """A small network of convolutions with a pooling between them."""

    def __init__(self, pooling: nn.Module) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.layers = nn.Sequential(
            nn.Conv2d(3, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            pooling,
            nn.Conv2d(16, 32, 3),
            nn.ReLU(),
        )
        self.head = nn.Linear(32, 24)

    @override
    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.head(self.layers(pixels).amax((2, 3)))


@pytest.mark.parametrize(
    ("pooling", "left"),
    [
        (nn.AvgPool2d(2, ceil_mode=True, count_include_pad=False), 0),
        (nn.AvgPool2d((3, 2)), 0),
        (nn.AvgPool2d(4), 1),  # 18 cells: two of them are left over
        (nn.AvgPool2d(2, stride=1), 1),
        (nn.AvgPool2d(2, padding=1), 1),
    ],
    ids=str,
)
def test_averages_of_squares_side_by_side_become_convolutions(
    pooling: nn.Module, left: int, tmp_path: Path
) -> None:
    exact, small = tmp_path / "exact.onnx", tmp_path / "small.onnx"
    export_pictures(Averaging(pooling), SIDE, exact)
    pixels = list(np.random.default_rng(1).standard_normal((40, 3, SIDE, SIDE), np.float32))
    quantise(exact, small, pixels[:16])
    kinds = Counter(node.op_type for node in onnx.load(small).graph.node)
    assert kinds["AveragePool"] == left
    assert kinds["Conv"] == 3 - left
    rows = [OnnxTower(path, 1).run_pictures(pixels[16:]) for path in (exact, small)]
    assert compare(*rows, 0.0).mean > 0.995


def test_averages_of_a_map_of_unknown_size_stay(tmp_path: Path) -> None:
    exact, small = tmp_path / "exact.onnx", tmp_path / "small.onnx"
    export_pictures(Averaging(nn.AvgPool2d(2)), SIDE, exact)
    model = onnx.load(exact)
    model.graph.ClearField("value_info")
    onnx.save(model, exact)
    quantise(exact, small, list(np.zeros((8, 3, SIDE, SIDE), np.float32)))
    assert "AveragePool" in {node.op_type for node in onnx.load(small).graph.node}
