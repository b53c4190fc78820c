from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox

from photofind.core.catalog import TrashBatch
from photofind.gui.photo_actions import TrashCommand
from tests.gui.samples import make_photo
from tests.gui.window_samples import Bench, make_bench, make_report


@pytest.fixture
def bench(qtbot, library_home) -> Bench:
    bench = make_bench(qtbot, library_home)
    bench.show([51, 52, 53])
    bench.window.parts.grid.go_to(51)
    return bench


def question(bench: Bench) -> QMessageBox:
    return bench.window.findChild(QMessageBox)


def test_delete_asks_and_names_photo_and_size(qtbot, bench):
    qtbot.keyClick(bench.window.parts.grid, Qt.Key.Key_Delete)
    assert "picture-51.jpg" in question(bench).text()
    assert "1 kB" in question(bench).informativeText()
    assert bench.library.trashed == []
    question(bench).defaultButton().click()
    assert bench.library.trashed == [[51]]


def test_cancel_keeps_the_photo(qtbot, bench):
    bench.actions.ask_to_trash([51, 52])
    assert "2 photos" in question(bench).text()
    question(bench).reject()
    assert bench.library.trashed == []


def test_delete_in_the_search_field_deletes_letters_only(qtbot, bench):
    bench.window.parts.search.focus_field()
    qtbot.keyClicks(bench.window.focusWidget(), "dog")
    qtbot.keyClick(bench.window.focusWidget(), Qt.Key.Key_Home)
    qtbot.keyClick(bench.window.focusWidget(), Qt.Key.Key_Delete)
    assert bench.window.parts.search._edit.text() == "og"
    assert question(bench) is None


def test_delete_in_the_preview_asks_for_the_photo_on_show(qtbot, bench):
    bench.browsing.preview.open(52)
    qtbot.keyClick(bench.browsing.preview, Qt.Key.Key_Delete)
    question(bench).defaultButton().click()
    assert bench.library.trashed == [[52]]


def test_undo_brings_the_last_move_back_and_then_says_there_is_no_more(bench):
    bench.library.trash_moved.emit(make_report([51], 7))
    bench.library.trash_moved.emit(make_report([52], 8))
    bench.actions.undo()
    bench.actions.undo()
    assert bench.library.restored == [8, 7]
    bench.actions.undo()
    assert bench.library.restored == [8, 7]
    assert "nothing to undo" in bench.window.parts.status.text()


def test_undo_after_a_restart_shows_the_moves_from_before(qtbot, bench):
    bench.library.trash_changed.emit([TrashBatch(3, 1.7e9, 12, 4_000_000)])
    with qtbot.waitSignal(bench.actions.earlier_moves_wanted):
        bench.actions.undo()
    assert bench.library.restored == []


def test_a_move_undone_out_of_turn_is_not_undone_twice(bench):
    bench.library.trash_moved.emit(make_report([51], 7))
    bench.library.trash_moved.emit(make_report([52], 8))
    bench.actions.undo_batch(7)
    bench.actions.undo()
    bench.actions.undo()
    assert bench.library.restored == [7, 8]


def test_the_button_in_the_status_bar_undoes(bench):
    bench.library.trash_moved.emit(make_report([51], 7))
    bench.window.parts.status._undo.click()
    assert bench.library.restored == [7]


def test_an_undo_that_failed_can_be_tried_again(bench):
    bench.library.trash_moved.emit(make_report([51], 7))
    bench.actions.undo()
    bench.library.trash_failed.emit("The drive is not connected.")
    assert bench.library.trashed == []
    bench.actions.undo()
    assert bench.library.restored == [7, 7]


def test_redo_moves_again_and_its_undo_knows_the_new_batch(bench):
    bench.library.trash_moved.emit(make_report([51], 7))
    bench.actions.undo()
    bench.library.trash_restored.emit(make_report([51], 7))
    bench.actions.redo()
    assert bench.library.trashed == [[51]]
    bench.library.trash_moved.emit(make_report([51], 9))
    assert isinstance(bench.actions.undo_stack.command(0), TrashCommand)
    bench.actions.undo()
    assert bench.library.restored == [7, 9]


def test_find_similar_works_again_after_a_menu_for_many(bench):
    grid = bench.window.parts.grid
    grid.selectAll()
    assert not bench.actions._actions["show"].isEnabled()
    grid.go_to(52)
    assert bench.actions._actions["show"].isEnabled()
    assert bench.actions._actions["similar"].isEnabled()


def test_copy_gives_files_to_file_managers_and_paths_to_editors(bench):
    bench.actions._actions["copy"].trigger()
    data = QGuiApplication.clipboard().mimeData()
    path = Path("/photos/picture-51.jpg")
    assert [Path(url.toLocalFile()) for url in data.urls()] == [path]
    assert data.text() == str(path)
    copied = bytes(data.data("x-special/gnome-copied-files").data()).decode()
    assert copied == "copy\nfile:///photos/picture-51.jpg"


def test_an_offline_photo_is_said_to_be_offline(bench):
    bench.readers.lookup.photos_found.emit([make_photo(51, offline=True)])
    bench.window.parts.grid.photo_activated.emit(51)
    assert "not connected" in bench.window.parts.status.text()


def test_a_photo_on_a_drive_that_is_away_is_not_shown_in_its_folder(bench):
    bench.readers.lookup.photos_found.emit([replace(make_photo(51), offline=True)])
    bench.actions.show_photo_in_folder(51)
    assert "drive that is not connected" in bench.window.parts.status.text()
