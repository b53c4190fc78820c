"""Where training computes, and what stays on the processor."""

import device
import pytest
import torch
from device import AUTO, CPU, CUDA, lower_precision, placed, use_device
from texts import Tokens
from timm.optim import muon
from vocabulary import make_tokenizer

from photofind.encoders.devices import DeviceChoice

pytestmark = pytest.mark.usefixtures("restored")
OTHER = "meta"  # a device that every machine has, though it computes nothing


def give(monkeypatch: pytest.MonkeyPatch, chosen: str, notice: str = "") -> list[str]:
    """Every device that is asked for turns out to be `chosen`; returns what is asked for."""
    asked: list[str] = []

    def choose(wanted: str) -> DeviceChoice:
        asked.append(wanted)
        return DeviceChoice(chosen, notice)

    monkeypatch.setattr(device, "choose_device", choose)
    return asked


def test_what_is_made_anew_is_made_on_the_gpu_that_was_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = give(monkeypatch, OTHER)
    use_device(AUTO, 1)
    assert asked == [CUDA]
    assert torch.rand(2).device.type == OTHER
    assert placed(torch.zeros(2, device=CPU)).device.type == OTHER


def test_token_rows_are_put_together_on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = Tokens(make_tokenizer([("a dog", 2), ("the dog runs", 2)], 8))
    give(monkeypatch, OTHER)
    use_device(AUTO, 1)
    rows = tokens.rows(["a dog", "the dog runs"], forget=0.5)
    assert rows.device.type == CPU
    assert (rows != 0).sum(1).tolist() == [4, 5]


@pytest.mark.parametrize(("wanted", "said"), [(AUTO, ""), (CUDA, "no GPU\n")])
def test_a_missing_gpu_is_only_told_to_who_asked_for_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wanted: str, said: str
) -> None:
    give(monkeypatch, CPU, "no GPU")
    use_device(wanted, 1)
    assert torch.rand(2).device.type == CPU
    assert capsys.readouterr().out == said


@pytest.mark.parametrize(("fast", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_bfloat16_is_only_used_where_it_is_fast(
    monkeypatch: pytest.MonkeyPatch, fast: bool, dtype: torch.dtype
) -> None:
    monkeypatch.setattr(device, "has_fast_bf16", lambda: fast)
    use_device(CPU, 1)
    matrix = torch.eye(3)
    with lower_precision():
        assert (matrix @ matrix).dtype == dtype
    coefficients = [(3.4445, -4.7750, 2.0315)]
    assert muon.zeropower_via_newtonschulz(matrix, 5, coefficients).dtype == dtype
