import copy

import numpy as np
import pytest
import torch

from photofind.encoders.torch_backend import TorchBackend

SIZE = 32


class Tower(torch.nn.Module):
    """A small image tower that can be told to run out of memory."""

    def __init__(self, most: int = 1000) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.convolution = torch.nn.Conv2d(3, 8, 8, stride=8)
        self.most = most
        self.batches: list[int] = []

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        self.batches.append(len(batch))
        if len(batch) > self.most:
            raise torch.OutOfMemoryError("out of memory")
        return self.convolution(batch).flatten(1)


def pixels(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(2)
    return [rng.normal(size=(3, SIZE, SIZE)).astype(np.float32) for _ in range(count)]


def backend(tower: torch.nn.Module, notices: list[str], device: str = "cpu") -> TorchBackend:
    def build() -> torch.nn.Module:
        return copy.deepcopy(tower) if device != "cpu" else tower

    return TorchBackend(build, device=device, image_size=SIZE, tower="", on_notice=notices.append)


def test_device_that_fails_gives_way_to_the_processor() -> None:
    notices: list[str] = []
    made = backend(Tower(), notices, device="meta")  # a device that holds no numbers
    assert made.device.startswith("cpu")
    assert len(notices) == 1
    assert "meta failed" in notices[0]
    assert np.isfinite(made.encode_pixels(pixels(3))).all()


def test_batch_is_halved_when_memory_runs_out() -> None:
    notices: list[str] = []
    small, large = Tower(most=3), Tower()
    rows = backend(small, notices).encode_pixels(pixels(10))
    expected = backend(large, notices).encode_pixels(pixels(10))
    assert not notices
    assert max(size for size in small.batches[-4:]) <= 3
    cosines = (rows * expected).sum(1) / np.linalg.norm(rows, axis=1)
    assert (cosines / np.linalg.norm(expected, axis=1)).min() > 0.998


def test_lower_precision_that_is_not_faithful_is_not_used() -> None:
    class Picky(Tower):
        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            rows = super().forward(batch)
            return rows if rows.dtype == torch.float32 else torch.flip(rows, [1])

    made = backend(Picky(), [])
    assert made.device == "cpu"
    assert np.isfinite(made.encode_pixels(pixels(2))).all()


def test_asked_precision_is_used_without_a_trial() -> None:
    def build() -> torch.nn.Module:
        return Tower()

    for mode, device in (("torch", "cpu"), ("torch-bf16", "cpu (bfloat16)")):
        made = TorchBackend(
            build, device="cpu", image_size=SIZE, tower="", mode=mode, on_notice=print
        )
        assert made.device == device
        assert made.encode_pixels(pixels(2)).dtype == np.float32


def test_mps_meets_only_batches_of_a_power_of_two() -> None:
    tower = Tower()
    made = backend(tower, [])
    made._device = "mps"  # no such device here: only the padding is looked at
    batch = torch.arange(5.0).reshape(5, 1, 1, 1).expand(5, 3, 4, 4)
    padded = made._padded(batch)
    assert len(padded) == 8
    torch.testing.assert_close(padded[:5], batch)
    torch.testing.assert_close(padded[5:], batch[4:].expand(3, -1, -1, -1))
    assert made._padded(batch[:4]) is not None
    assert len(made._padded(batch[:4])) == 4


def test_batch_that_never_fits_is_an_error_not_a_loop() -> None:
    made = backend(Tower(), [])
    made._model = Tower(most=0)
    made._dtype = torch.float32
    with pytest.raises(torch.OutOfMemoryError):
        made.encode_pixels(pixels(4))
