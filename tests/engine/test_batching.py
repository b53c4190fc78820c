from photofind.engine.batching import (
    APART_SECONDS,
    BRIEF_SECONDS,
    LONG_SECONDS,
    SEARCHING,
    BatchSize,
)
from photofind.engine.ledger import WINDOW


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def grown(each: float, device: str = "cpu", clock: Clock | None = None) -> BatchSize:
    """After many full batches with pictures that take `each` seconds."""
    batch = BatchSize(clock or Clock())
    for _ in range(12):
        batch.note(device, batch.size(), batch.size() * each)
    return batch


def test_begins_with_one_and_doubles() -> None:
    batch = BatchSize(Clock())
    sizes = []
    for _ in range(5):
        sizes.append(batch.size())
        batch.note("cpu", sizes[-1], sizes[-1] * 0.001)
    assert sizes == [1, 2, 4, 8, 16]


def test_no_batch_takes_longer_than_a_pause_may_wait() -> None:
    assert grown(each=0.03).size() * 0.03 <= LONG_SECONDS
    assert grown(each=0.03).size() > 8
    assert grown(each=5.0).size() == 1


def test_fast_models_stop_where_more_pays_no_more() -> None:
    assert grown(each=0.0001).size() == 32
    assert grown(each=0.0001, device="cuda (float16)").size() == 128


def test_batches_are_brief_while_someone_searches() -> None:
    clock = Clock()
    batch = grown(each=0.03, clock=clock)
    batch.note_query()
    assert batch.size() * 0.03 <= BRIEF_SECONDS
    clock.now += SEARCHING + 1
    assert batch.size() * 0.03 > BRIEF_SECONDS
    assert batch.size(brief=True) * 0.03 <= BRIEF_SECONDS


def test_a_machine_that_slows_down_gets_smaller_batches_at_once() -> None:
    batch = grown(each=0.01)
    before = batch.size()
    batch.note("cpu", before, before * 0.1)
    assert batch.size() == int(LONG_SECONDS / 0.1) < before


def test_batches_that_were_not_full_do_not_grow() -> None:
    batch = BatchSize(Clock())
    batch.note("cpu", 1, 0.001)
    batch.note("cpu", 1, 0.001)
    assert batch.size() == 2


def test_batches_beside_each_other_are_short_and_few_pictures() -> None:
    assert grown(each=0.05).size(parallel=2) * 0.05 <= APART_SECONDS
    assert grown(each=0.05).size(parallel=2) > 1
    assert grown(each=0.0001).size(parallel=2) == 8
    assert grown(each=5.0).size(parallel=2) == 1
    assert grown(each=0.05).size(parallel=2, brief=True) * 0.05 <= BRIEF_SECONDS


def test_there_are_pictures_for_every_thread() -> None:
    for threads in (2, 8, 12, 16, 32):
        assert threads * grown(each=0.0001).size(parallel=threads) < WINDOW
    assert grown(each=0.0001).size(parallel=2 * WINDOW) == 1


def test_batches_that_no_query_waits_for_are_no_shorter_while_someone_searches() -> None:
    batch = grown(each=0.05)
    before = batch.size(parallel=2)
    batch.note_query()
    assert batch.size(parallel=2) == before
    assert batch.size() * 0.05 <= BRIEF_SECONDS
