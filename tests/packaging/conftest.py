"""The training code is no package: it runs as a folder, so its modules are found the same way."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from timm.optim import muon

sys.path.append(str(Path(__file__).resolve().parents[2] / "packaging" / "builtin_model"))


@pytest.fixture
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What `device.use_device` sets is as before after the test."""
    monkeypatch.setattr(
        muon, "zeropower_via_newtonschulz", muon.zeropower_via_newtonschulz
    )  # so that it is put back
    threads = torch.get_num_threads()
    yield
    torch.set_default_device(None)
    torch.set_num_threads(threads)
