"""What is told of models, and in which order. The jobs are done without starting the thread."""

from pathlib import Path

import pytest

from photofind.encoders.registry import ModelRegistry
from photofind.workers.model_thread import ModelThread
from tests.encoders import tiny


@pytest.fixture
def told(qapp, tmp_path: Path) -> tuple[ModelThread, list[str]]:
    thread = ModelThread(ModelRegistry(tmp_path / "models"))
    heard: list[str] = []
    thread.listed.connect(lambda curated, installed: heard.append(f"{len(installed)} listed"))
    thread.installed.connect(lambda encoder: heard.append(f"{encoder.spec.encoder_id} installed"))
    thread.failed.connect(lambda name, reason: heard.append(f"{Path(name).name} failed"))
    return thread, heard


def do(thread: ModelThread, path: Path) -> None:
    thread.import_path(path)
    thread.work(thread._inbox.get_nowait())


def test_a_failure_is_the_last_that_is_heard_of_it(told, tmp_path):
    thread, heard = told
    do(thread, tmp_path / "missing")
    assert heard == ["missing failed"]


def test_a_new_model_is_in_the_list_before_it_is_announced(told, tmp_path):
    thread, heard = told
    do(thread, tiny.save_open_clip(tmp_path / "tiny-clip"))
    assert heard[0] == "2 listed"
    assert heard[1].endswith("installed")
