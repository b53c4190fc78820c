"""Cycles that hold Qt objects are collected by the GUI thread's timer alone."""

import gc

import pytest
from pytestqt.qtbot import QtBot

from photofind.gui.garbage import GarbageCollector


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
