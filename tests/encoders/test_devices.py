"""Whether it is worth to bring torch up only to ask it for a device."""

import platform

import pytest

from photofind.encoders import devices


@pytest.mark.parametrize(
    ("system", "machine", "build", "has_driver", "expected"),
    [
        ("Linux", "x86_64", "2.15.0+cu132", True, True),
        ("Linux", "x86_64", "2.15.0+cu132", False, False),
        ("Linux", "x86_64", "2.15.0+cpu", True, False),
        ("Linux", "x86_64", "2.15.0+xpu", False, True),
        ("Windows", "AMD64", "2.15.0", True, True),
        ("Darwin", "arm64", "2.15.0", False, True),
        ("Darwin", "x86_64", "2.15.0", False, False),
    ],
)
def test_driver_and_build_of_torch_tell_of_an_accelerator(
    monkeypatch: pytest.MonkeyPatch,
    system: str,
    machine: str,
    build: str,
    has_driver: bool,
    expected: bool,
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(devices, "version", lambda name: build)
    monkeypatch.setattr(devices, "_DRIVERS", (__file__ if has_driver else "/no/such/driver",))
    assert devices.may_have_accelerator() is expected
