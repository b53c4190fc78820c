"""The engine prepares its model by itself, and computes with what was found."""

import dataclasses
import shutil
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest

from photofind.core.types import InstalledEncoder, Vectors
from photofind.encoders.modes import SAMPLES
from photofind.engine.client import EngineClient
from photofind.engine.protocol import (
    Analyze,
    EngineConfig,
    Loaded,
    TunerSetup,
    WarmUp,
)
from photofind.engine.tuner import Tuner, TuningRun, prepare_now
from tests.engine.conftest import MakeEngine
from tests.engine.faults import copy_prepared, end_at_once, prepare_in_no_time

LONGEST = 250  # seconds


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


class Owner:
    """Stands in for the engine's client."""

    def __init__(self) -> None:
        self.quiet: float | None = 1.0
        self.problems: list[str] = []
        self.held = threading.Event()

    def quiet_since(self) -> float | None:
        return self.quiet

    def on_hold(self) -> None:
        self.held.set()

    def on_tuned(self, problem: str) -> None:
        self.problems.append(problem)


@pytest.fixture
def tuner(model: InstalledEncoder):
    """A tuner whose process is `prepare_in_no_time`, and its owner."""
    owner = Owner()
    made = Tuner(model, owner, target=prepare_in_no_time)
    made.rest_seconds = 30
    yield made, owner
    made.stop()


def vectors(engine: EngineClient, paths: list[Path]) -> Vectors:
    found = [engine.analyze(path).result(LONGEST).vector for path in paths]
    return np.stack([vector for vector in found if vector is not None])


def show(made: Tuner, count: int) -> None:
    for number in range(count):
        made.note_answer(Analyze(number, Path(f"{number}.jpg"), True))


def test_resting_engine_prepares_its_model_and_then_computes_without_torch(
    make_engine: MakeEngine,
    make_pictures: Callable[..., list[Path]],
    monkeypatch: pytest.MonkeyPatch,
    prepared_clip: InstalledEncoder,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(Tuner, "rest_seconds", 0.3)
    encoder = dataclasses.replace(prepared_clip, cache=tmp_path / "made")
    engine = make_engine(encoder=encoder, mode="onnx")
    monkeypatch.setattr(engine._tuner, "_target", partial(copy_prepared, prepared_clip.cache))
    paths = make_pictures(count=3)
    before = vectors(engine, paths)
    words = engine.encode_texts(["a red boat"]).result(LONGEST)
    wait_for(lambda: engine.status().device == "cpu (onnx)")
    after = vectors(engine, paths)
    np.testing.assert_allclose(after, before, atol=0.02)  # bfloat16 may have come before
    np.testing.assert_allclose(
        engine.encode_texts(["a red boat"]).result(LONGEST), words, atol=1e-4
    )


def test_long_indexing_does_not_wait_for_a_rest(tuner, monkeypatch: pytest.MonkeyPatch) -> None:
    made, owner = tuner
    made.note_loaded(Loaded("cpu", "missing"))
    show(made, SAMPLES)
    made.consider(EngineConfig(), rest=0)
    assert not made.holds
    monkeypatch.setattr(Tuner, "long_seconds", 0)
    made.consider(EngineConfig(mode="onnx"), rest=0)
    wait_for(lambda: bool(owner.problems))
    assert owner.problems == [f"{SAMPLES} photos, onnx"]


def test_long_indexing_is_held_while_the_modes_are_measured(
    tuner, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, owner = tuner
    owner.quiet = None
    monkeypatch.setattr(Tuner, "long_seconds", 0)
    made.note_loaded(Loaded("cpu", "missing"))
    show(made, SAMPLES)
    made.consider(EngineConfig(), rest=0)
    assert owner.held.wait(LONGEST)
    assert made.holds
    assert not owner.problems
    owner.quiet = 1.0
    wait_for(lambda: bool(owner.problems))
    assert not made.holds


def test_preparing_in_a_rest_waits_for_what_comes_and_does_not_hold_it(tuner) -> None:
    made, owner = tuner
    owner.quiet = None
    made.note_loaded(Loaded("cpu", "missing"))
    made.consider(EngineConfig(), rest=99)
    show(made, SAMPLES)
    wait_for(lambda: made._run._waits)
    assert not owner.held.wait(0.5)
    assert not made.holds
    assert not owner.problems
    owner.quiet = 1.0
    wait_for(lambda: bool(owner.problems))
    assert not owner.held.is_set()


def test_photos_that_come_now_and_then_are_no_long_indexing(
    tuner, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _ = tuner
    monkeypatch.setattr(Tuner, "long_seconds", 0)
    made.note_loaded(Loaded("cpu", "missing"))
    show(made, SAMPLES)
    made.consider(EngineConfig(), rest=9)
    made.consider(EngineConfig(), rest=0)
    assert made._run is None


def test_nothing_is_prepared_once_the_engine_is_closed(tuner) -> None:
    made, owner = tuner
    owner.quiet = None
    made.note_loaded(Loaded("cpu", "missing"))
    made.consider(EngineConfig(), rest=99)
    pid = made._run._process.pid
    made.close()
    assert not psutil.pid_exists(pid)
    made.consider(EngineConfig(), rest=99)
    assert made._run is None
    assert not owner.problems


@pytest.mark.parametrize(
    ("loaded", "photos", "starts"),
    [
        (Loaded("cpu", "missing"), 0, True),
        (Loaded("cpu", "done"), SAMPLES, False),
        (Loaded("cpu", "provisional"), SAMPLES - 1, False),
        (Loaded("cpu", "provisional"), SAMPLES, True),
        (Loaded("cuda", "missing"), SAMPLES, False),
    ],
)
def test_preparing_starts_where_there_is_something_to_find_out(
    tuner, loaded: Loaded, photos: int, starts: bool
) -> None:
    made, owner = tuner
    made.note_loaded(loaded)
    show(made, photos)
    made.consider(EngineConfig(), rest=99)
    assert (made._run is not None) == starts
    if starts:
        wait_for(lambda: bool(owner.problems))
        made.consider(EngineConfig(), rest=99)
        assert made._run is None, "it is not tried a second time"


def test_photos_to_compare_with_are_any_not_the_first(tuner) -> None:
    made, _ = tuner
    made.note_loaded(Loaded("cpu", "missing"))
    made.note_answer(WarmUp(1))
    made.note_answer(Analyze(2, Path("no-vector.jpg"), False))
    show(made, 10 * SAMPLES)
    numbers = sorted(int(path.stem) for path in made._photos)
    assert len(set(numbers)) == SAMPLES
    assert numbers[-1] > 5 * SAMPLES


def test_process_that_dies_is_a_problem_not_a_hang(model: InstalledEncoder) -> None:
    run = TuningRun(TunerSetup(model, (), 1, "auto"), target=end_at_once)
    run.begin()
    assert "ended" in run.result().problem


def test_what_cannot_be_prepared_has_a_reason(model: InstalledEncoder, tmp_path: Path) -> None:
    shutil.rmtree(model.folder)
    problem = prepare_now(TunerSetup(model, (tmp_path / "none.jpg",), 1, "auto")).problem
    assert "weights" in problem or "cannot be read" in problem
