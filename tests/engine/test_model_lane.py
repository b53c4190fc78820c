"""The model's thread with others that compute for it, and an encoder that waits when told to."""

import queue
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image
from typing_extensions import override

from photofind.core.errors import EncoderError
from photofind.core.manners import FULL_PACE, HELD_PACE
from photofind.core.types import InstalledEncoder, Vectors
from photofind.encoders.base import Encoder, Pixels
from photofind.engine.model_lane import ModelJob, ModelLane
from photofind.engine.protocol import Answer, EngineSetup, Failed, Message, Reports

PATIENCE = 30
UNFIT = 1000  # the number of a picture that the model cannot compute


class WaitingEncoder:
    """Two threads may compute. A picture is its number; one that is held back takes its time."""

    image_size, device, tuning, parallel = 1, "cpu (onnx)", "done", 2

    def __init__(self, installed: InstalledEncoder) -> None:
        self.spec = installed.spec
        self.begun: queue.Queue[int] = queue.Queue()
        self._held: dict[int, threading.Event] = {}

    def hold_back(self, *numbers: int) -> None:
        self._held.update((number, threading.Event()) for number in numbers)

    def let_go(self, *numbers: int) -> None:
        for number in numbers or tuple(self._held):
            self._held[number].set()

    def prepare(self, image: Image.Image) -> Pixels:
        return np.full((3, 1, 1), np.asarray(image)[0, 0], np.float32)

    def encode_pixels(self, pixels: Sequence[Pixels]) -> Vectors:
        assert len(pixels) == 1, "only for what a person waits for"
        return self.encode_apart(pixels)

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        return self.encode_pixels([self.prepare(image) for image in images])

    def encode_apart(self, pixels: Sequence[Pixels]) -> Vectors:
        for each in pixels:
            number = int(each[0, 0, 0])
            self.begun.put(number)
            if number in self._held:
                assert self._held[number].wait(PATIENCE)
            if number == UNFIT:
                raise EncoderError("not this one")
        return np.ones((len(pixels), 2), np.float32)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return np.ones((len(texts), 2), np.float32)


class Lane(ModelLane):
    """With an encoder that is there already."""

    def __init__(self, setup: EngineSetup, encoder: Encoder) -> None:
        self.answered: queue.Queue[Message] = queue.Queue()
        self._given = encoder
        super().__init__(setup, 2, self._sort)

    @override
    def _load(self) -> Encoder:
        return self._given

    def _sort(self, message: Message) -> None:
        for report in message.items if isinstance(message, Reports) else (message,):
            if isinstance(report, (Answer, Failed)):
                self.answered.put(report)

    def next_answer(self) -> int:
        """The number of the request that was answered next, negative where it failed."""
        report = self.answered.get(timeout=PATIENCE)
        assert isinstance(report, (Answer, Failed))
        return report.request if isinstance(report, Answer) else -report.request

    def ask(self, *numbers: int) -> None:
        """Pictures of the background, by their numbers."""
        for number in numbers:
            self.put(ModelJob(number, pixels=np.full((3, 1, 1), number, np.float32)))

    def search(self, number: int) -> None:
        self.put(ModelJob(number, texts=("a phrase",), urgent=True))


@pytest.fixture
def encoder(model: InstalledEncoder) -> Iterator[WaitingEncoder]:
    made = WaitingEncoder(model)
    yield made
    made.let_go()


@pytest.fixture
def lane(model: InstalledEncoder, encoder: WaitingEncoder) -> Lane:
    made = Lane(EngineSetup(model, "cpu", 2, ""), encoder)
    threading.Thread(target=made.run, daemon=True).start()
    made.put(ModelJob(99, urgent=True))  # load
    assert made.next_answer() == 99
    return made


def test_no_thread_waits_for_what_another_has_not_finished(
    lane: Lane, encoder: WaitingEncoder
) -> None:
    encoder.hold_back(1)
    lane.ask(1)
    assert encoder.begun.get(timeout=PATIENCE) == 1
    lane.ask(*range(2, 30))
    assert sorted(lane.next_answer() for _ in range(28)) == list(range(2, 30))
    encoder.let_go(1)
    assert lane.next_answer() == 1


def test_search_is_answered_while_all_threads_compute(lane: Lane, encoder: WaitingEncoder) -> None:
    encoder.hold_back(1, 2)
    lane.ask(1)
    assert encoder.begun.get(timeout=PATIENCE) == 1
    lane.ask(2)
    assert encoder.begun.get(timeout=PATIENCE) == 2
    lane.ask(3)
    lane.search(4)
    assert lane.next_answer() == 4
    lane.put(ModelJob(5, image=Image.new("L", (1, 1), 5), urgent=True))
    assert lane.next_answer() == 5
    assert encoder.begun.get(timeout=PATIENCE) == 5
    assert encoder.begun.empty(), "a third batch was begun by two threads"
    encoder.let_go(2)
    assert {lane.next_answer(), lane.next_answer()} == {2, 3}


def test_nothing_is_begun_on_hold_by_a_thread_that_has_finished(
    lane: Lane, encoder: WaitingEncoder
) -> None:
    encoder.hold_back(1)
    lane.ask(1)
    assert encoder.begun.get(timeout=PATIENCE) == 1
    lane.set_pace(HELD_PACE)
    lane.ask(2)
    encoder.let_go(1)
    assert lane.next_answer() == 1
    lane.search(3)
    assert lane.next_answer() == 3
    assert encoder.begun.empty()
    lane.set_pace(FULL_PACE)
    assert lane.next_answer() == 2


def test_batch_that_fails_takes_no_other_with_it(lane: Lane, encoder: WaitingEncoder) -> None:
    encoder.hold_back(1)
    lane.ask(1)
    assert encoder.begun.get(timeout=PATIENCE) == 1
    lane.ask(UNFIT)
    assert lane.next_answer() == -UNFIT
    lane.ask(2)
    assert lane.next_answer() == 2
    encoder.let_go(1)
    assert lane.next_answer() == 1


def test_where_no_thread_can_be_started_pictures_are_computed_all_the_same(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(ThreadPoolExecutor, "submit", refuse)
    lane.ask(1, 2)
    assert sorted([lane.next_answer(), lane.next_answer()]) == [1, 2]
