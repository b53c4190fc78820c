"""Cycles that hold Qt objects are collected in the GUI thread, whoever allocates."""

import gc
import threading

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from photofind.gui.garbage import GarbageCollector


class Knot(QObject):
    """Refers to itself, so that only the cyclic collector can free it."""

    died_in: list[int] = []

    def __init__(self) -> None:
        super().__init__()
        self.me = self

    def __del__(self) -> None:
        Knot.died_in.append(threading.get_ident())


def allocate() -> None:
    kept = [[number] for number in range(200_000)]
    assert len(kept) == 200_000


def test_a_worker_that_allocates_does_not_destroy_qt_objects(qtbot: QtBot) -> None:
    was_enabled = gc.isenabled()
    collector = GarbageCollector()
    try:
        Knot.died_in.clear()
        Knot()
        worker = threading.Thread(target=allocate)
        worker.start()
        worker.join()
        assert Knot.died_in == []
        kept = [[number] for number in range(5_000)]  # makes it the youngest generation's turn
        qtbot.waitUntil(lambda: bool(Knot.died_in), timeout=10_000)
    finally:
        collector.stop()
        if not was_enabled:
            gc.disable()
    assert len(kept) == 5_000
    assert Knot.died_in == [threading.get_ident()]
