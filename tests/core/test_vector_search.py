"""How segments are searched side by side."""

import threading

import pytest

from photofind.core.vector_search import SegmentSearch


def test_none_goes_on_when_one_has_failed() -> None:
    finished = threading.Event()
    failed = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            failed.set()
            raise MemoryError
        failed.wait(10)
        finished.set()
        return number

    with pytest.raises(MemoryError):
        SegmentSearch().side_by_side(work, [0, 1])
    assert finished.is_set()


def test_results_come_in_the_order_of_the_items() -> None:
    assert SegmentSearch().side_by_side(lambda number: number * number, range(20)) == [
        number * number for number in range(20)
    ]
