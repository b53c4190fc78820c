"""The status bar: what is going on, and what can be done about it."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QSlider

from photofind.core.types import EncoderSpec, Failure, IndexProgress, TrashReport
from photofind.gui.status_bar import StatusBar

BUILTIN = EncoderSpec("builtin", "Built-in", "", "MIT", 25_000_000, 256, "English", "very fast")


@pytest.fixture
def bar(qtbot):
    made = StatusBar()
    qtbot.addWidget(made)
    made.resize(900, 32)
    made.show()
    return made


def report(count: int, failed: int = 0, restorable: bool = True) -> TrashReport:
    moved = tuple(Path(f"/p/{i}.jpg") for i in range(count))
    failures = tuple(Failure(Path(f"/p/f{i}.jpg"), "it changed") for i in range(failed))
    return TrashReport(9, moved, tuple(range(count)), 5, failures, restorable)


def test_idle_shows_the_library(bar):
    bar.set_library(1234)
    assert bar.text() == "1,234 photos"
    bar.set_library(1234, shown=12)
    assert bar.text() == "12 of 1,234 photos"
    assert not bar._pause.isVisible()


def test_indexing_shows_how_far_how_fast_how_long(bar):
    bar.set_progress(IndexProgress("indexing", 120, 4300, 0, 35.2, 118.0))
    assert bar.text() == "Indexing 120 of 4,300 · 35 photos/s · about 2 min left"
    assert (bar._bar.value(), bar._bar.maximum()) == (120, 4300)


def test_before_the_first_photo_it_says_that_it_gets_ready(bar):
    bar.set_progress(IndexProgress("indexing", 0, 4300))
    assert bar.text() == "Getting ready to index 4,300 photos…"


def test_going_slowly_on_purpose_is_said_with_its_reason(bar):
    bar.set_progress(IndexProgress("indexing", 120, 4300, 0, 3.2, None, slow="on battery"))
    assert bar.text() == "Indexing 120 of 4,300 · 3.2 photos/s · on battery: slower"


def test_the_button_pauses_and_then_resumes(bar, qtbot):
    bar.set_progress(IndexProgress("indexing", 1, 10))
    with qtbot.waitSignal(bar.pause_requested):
        bar._pause.click()
    bar.set_progress(IndexProgress("paused", 1, 10))
    assert bar.text() == "Paused at 1 of 10"
    assert bar._pause.accessibleName() == "Resume indexing"
    with qtbot.waitSignal(bar.resume_requested):
        bar._pause.click()


def test_problems_appear_only_when_there_are_some(bar, qtbot):
    assert not bar._problems.isVisible()
    bar.set_problems(3)
    assert bar._problems.text() == "3 problems"
    with qtbot.waitSignal(bar.problems_requested):
        bar._problems.click()
    bar.set_problems(0)
    assert not bar._problems.isVisible()


def test_the_built_in_model_is_called_light(bar, qtbot):
    bar.set_model(BUILTIN)
    assert bar._model.text() == "Built-in · light model"
    with qtbot.waitSignal(bar.model_requested):
        bar._model.click()


def test_a_trash_can_be_undone_from_the_line(bar, qtbot):
    bar.show_undo(report(12))
    assert bar.text() == "12 photos moved to the trash"
    with qtbot.waitSignal(bar.undo_requested) as signal:
        bar._undo.click()
    assert signal.args == [9]
    assert not bar._undo.isVisible()


def test_what_cannot_be_restored_offers_no_undo(bar):
    bar.show_undo(report(1, failed=2, restorable=False))
    assert bar.text() == "1 photo moved to the trash, 2 could not be moved"
    assert not bar._undo.isVisible()


def test_an_offer_to_undo_stays_while_the_line_tells_what_goes_on(bar):
    bar.show_undo(report(2))
    bar.set_progress(IndexProgress("indexing", 1, 10))
    assert bar.text() == "2 photos moved to the trash"
    bar._message_timer.timeout.emit()
    assert bar.text() == "Indexing 1 of 10"
    assert bar._undo.isVisible()
    assert "2 photos moved to the trash" in bar._undo.toolTip()
    bar.set_progress(IndexProgress("idle"))
    assert bar.text() == "2 photos moved to the trash"
    bar.clear_undo()
    assert not bar._undo.isVisible()


def test_another_message_does_not_stand_beside_the_offer_to_undo_for_good(bar):
    bar.show_undo(report(2))
    bar.show_message("1 path copied")
    bar._message_timer.timeout.emit()
    assert bar.text() == "2 photos moved to the trash"


def test_indexing_can_be_paused_whatever_the_line_says(bar):
    bar.set_progress(IndexProgress("indexing", 1, 10))
    bar.show_message("The index was rebuilt")
    bar.show_undo(report(2))
    assert bar._pause.isVisible()
    assert bar._bar.isVisible()


def test_a_message_gives_way_to_what_goes_on(bar):
    bar.set_library(5)
    bar.show_message("The index was rebuilt")
    assert bar.text() == "The index was rebuilt"
    bar._message_timer.timeout.emit()
    assert bar.text() == "5 photos"


def test_a_widget_can_be_put_at_the_right(bar, qtbot):
    slider = QSlider()
    bar.add_right_widget(slider)
    qtbot.waitUntil(lambda: slider.x() > bar._text.x())
