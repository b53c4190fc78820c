"""Engines with a very small model, closed after each test, and folders of pictures."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photofind.core.types import InstalledEncoder
from photofind.encoders.registry import ModelRegistry
from photofind.engine.client import EngineClient, EngineConfig
from tests.encoders import tiny
from tests.engine.faults import serve_with_faults

MakeEngine = Callable[..., EngineClient]


@pytest.fixture(scope="session")
def saved_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be changed by tests."""
    return tiny.save_open_clip(tmp_path_factory.mktemp("engine") / "tiny-clip")


@pytest.fixture
def model(saved_model: Path, tmp_path: Path) -> InstalledEncoder:
    folder = Path(shutil.copytree(saved_model, tmp_path / "tiny-clip"))
    return ModelRegistry(tmp_path / "models", builtin=folder).get("builtin")


@pytest.fixture(scope="module")
def engine(saved_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineClient]:
    """One engine for all tests of a module that do it no harm."""
    models = tmp_path_factory.mktemp("models")
    encoder = ModelRegistry(models, builtin=saved_model).get("builtin")
    client = EngineClient(encoder, EngineConfig(device="cpu"))
    yield client
    client.close()


@pytest.fixture
def make_engine(model: InstalledEncoder) -> Iterator[MakeEngine]:
    """An engine of the test's own; keywords are those of EngineConfig, and `target`."""
    made: list[EngineClient] = []

    def make(on_notice=None, target=serve_with_faults, encoder=model, **config) -> EngineClient:
        settings = EngineConfig(**{"device": "cpu", **config})
        client = EngineClient(encoder, settings, on_notice, target=target)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def make_pictures(tmp_path: Path) -> Callable[..., list[Path]]:
    """Files with the given names, or `count` numbered ones."""

    def make(*names: str, count: int = 0, prefix: str = "photo") -> list[Path]:
        folder = tmp_path / "pictures"
        folder.mkdir(exist_ok=True)
        rng = np.random.default_rng(3)
        paths = [folder / name for name in names]
        paths += [folder / f"{prefix}-{number}.jpg" for number in range(count)]
        for path in paths:
            small = rng.integers(0, 255, (6, 9, 3), dtype=np.uint8)
            Image.fromarray(small).resize((90, 60)).save(path, "JPEG")
        return paths

    return make
