"""Small models, and a registry of a library of its own."""

import shutil
from pathlib import Path

import pytest

from photofind.encoders.registry import ModelRegistry
from tests.encoders import tiny


@pytest.fixture(scope="session")
def saved_open_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be changed by tests."""
    return tiny.save_open_clip(tmp_path_factory.mktemp("saved") / "tiny-clip")


@pytest.fixture(scope="session")
def saved_timm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be changed by tests."""
    return tiny.save_timm(tmp_path_factory.mktemp("saved") / "tiny-vit")


@pytest.fixture
def open_clip_folder(saved_open_clip: Path, tmp_path: Path) -> Path:
    """A copy that the test may spoil."""
    return Path(shutil.copytree(saved_open_clip, tmp_path / "tiny-clip"))


@pytest.fixture
def registry(tmp_path: Path, saved_open_clip: Path) -> ModelRegistry:
    return ModelRegistry(tmp_path / "models", builtin=saved_open_clip)
