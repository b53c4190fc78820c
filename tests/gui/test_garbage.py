"""Cycles that hold Qt objects are collected by the GUI thread's timer alone."""

import gc
import threading

import pytest
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
    kept: list[list[int]] = []

    def died_meanwhile() -> bool:
        # Python counts what is allocated less what is freed, and the event loop may still be
        # freeing the widgets of earlier tests: only going on to allocate makes it a turn.
        kept.extend([number] for number in range(1_000))
        return bool(Knot.died_in)

    try:
        Knot.died_in.clear()
        Knot()
        worker = threading.Thread(target=allocate)
        worker.start()
        worker.join()
        assert Knot.died_in == []
        qtbot.waitUntil(died_meanwhile, timeout=10_000)
    finally:
        collector.stop()
        if not was_enabled:
            gc.disable()
    assert Knot.died_in == [threading.get_ident()]


def test_the_automatic_collector_is_off_while_the_timer_works(qtbot: QtBot) -> None:
    was_enabled = gc.isenabled()
    gc.enable()
    collector = GarbageCollector()
    try:
        assert not gc.isenabled()
    finally:
        collector.stop()
    assert gc.isenabled()
    if not was_enabled:
        gc.disable()


def test_the_generation_whose_turn_it_is_is_collected(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = GarbageCollector()
    collected: list[int] = []
    try:
        monkeypatch.setattr(gc, "collect", collected.append)
        for counts in ((1, 0, 0), (10_000, 0, 0), (10_000, 50, 0), (10_000, 50, 50)):
            monkeypatch.setattr(gc, "get_count", lambda counts=counts: counts)
            collector.collect()
    finally:
        collector.stop()
        gc.disable()
    assert collected == [0, 1, 2]


def test_what_the_start_has_left_alive_is_not_looked_through_again(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = GarbageCollector()
    try:
        later = [[number] for number in range(10_000)]  # as modules that threads import
        before = gc.get_freeze_count()
        monkeypatch.setattr(gc, "get_count", lambda: (10_000, 50, 50))
        collector.collect()
        frozen = gc.get_freeze_count()
        more = [[number] for number in range(10_000)]
        collector.collect()
        assert frozen > before + len(later) - 100
        assert gc.get_freeze_count() < frozen + len(more) - 100
    finally:
        collector.stop()
        gc.disable()
