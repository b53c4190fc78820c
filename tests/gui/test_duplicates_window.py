"""The window for duplicates, worked by keys and buttons as a user does."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton

from photofind.core.types import DuplicateKind, Failure, TrashReport
from photofind.gui.duplicates_window import DuplicatesWindow
from tests.gui.duplicates_samples import group, picture

KEYS = Qt.Key


@pytest.fixture
def window(qtbot):
    made = DuplicatesWindow()
    qtbot.addWidget(made)
    with qtbot.waitSignal(made.search_requested):
        made.show()
    return made


def press(qtbot, window, *keys, modifier=Qt.KeyboardModifier.NoModifier):
    for key in keys:
        qtbot.keyClick(window.board.list, key, modifier)


def answer(window, name: str) -> None:
    box = window.findChild(QMessageBox)
    assert box is not None
    next(button for button in box.buttons() if button.text() == name).click()


def trash_report(*ids: int, failed: tuple[Failure, ...] = ()) -> TrashReport:
    return TrashReport(7, tuple(Path(f"/photos/{i}.jpg") for i in ids), ids, 1000, failed)


def button(window, start: str) -> QPushButton:
    return next(b for b in window.findChildren(QPushButton) if b.text().startswith(start))


def test_first_show_searches_and_a_second_does_not(window, qtbot):
    window.set_groups([group(1, 2)])
    window.hide()
    with qtbot.assertNotEmitted(window.search_requested):
        window.show()


def test_closing_while_searching_cancels(window, qtbot):
    with qtbot.waitSignal(window.search_cancelled):
        window.close()


def test_space_marks_the_first_that_is_not_kept(window, qtbot):
    window.set_groups([group(1, 2, 3)])
    press(qtbot, window, KEYS.Key_Space)
    assert window.review.marked == (2,)
    press(qtbot, window, KEYS.Key_Space)
    assert window.review.marked == ()


def test_the_kept_one_refuses_the_mark_and_says_why(window, qtbot):
    window.set_groups([group(1, 2)])
    press(qtbot, window, KEYS.Key_Left, KEYS.Key_Space)
    assert window.review.marked == ()
    assert "kept" in window._bottom._message.text()


def test_keys_walk_through_groups_and_members(window, qtbot):
    window.set_groups([group(1, 2, 3), group(4, 5)])
    press(qtbot, window, KEYS.Key_Right)
    assert window.board.members.current == 3
    press(qtbot, window, KEYS.Key_Down)
    assert window.board.members.current == 5
    press(qtbot, window, KEYS.Key_Up)
    assert window.board.members.current == 2


def test_k_keeps_another_and_a_marks_the_rest(window, qtbot):
    window.set_groups([group(1, 2, 3)])
    press(qtbot, window, KEYS.Key_K, KEYS.Key_A)
    assert window.review.groups[0].keep == 2
    assert window.review.marked == (1, 3)
    press(qtbot, window, KEYS.Key_U)
    assert window.review.marked == ()


def test_n_remembers_the_pairs_and_goes_on_with_the_next_group(window, qtbot):
    window.set_groups([group(1, 2), group(3, 4)])
    with qtbot.waitSignal(window.not_duplicates_marked) as signal:
        press(qtbot, window, KEYS.Key_N)
    assert len(signal.args[0]) == 1
    assert [g.ids for g in window.review.groups] == [(3, 4)]
    assert window.board.members.group.ids == (3, 4)


def test_shift_n_settles_the_whole_group(window, qtbot):
    window.set_groups([group(1, 2, 3)])
    with qtbot.waitSignal(window.not_duplicates_marked) as signal:
        press(qtbot, window, KEYS.Key_N, modifier=Qt.KeyboardModifier.ShiftModifier)
    assert len(signal.args[0]) == 3
    assert window.review.groups == []


def test_all_groups_of_one_kind_are_marked_from_the_menu(window):
    window.set_groups([group(1, 2, kind=DuplicateKind.IDENTICAL), group(3, 4)])
    menu = button(window, "Select all").menu()
    next(a for a in menu.actions() if "Identical" in a.text()).trigger()
    assert window.review.marked == (2,)


def test_the_confirmation_states_count_and_bytes_before_anything_moves(window, qtbot):
    window.set_groups([group(1, 2, 3)])
    press(qtbot, window, KEYS.Key_A)
    assert button(window, "Move").text() == "Move 2 photos (2 kB) to the trash"
    with qtbot.assertNotEmitted(window.trash_requested):
        press(qtbot, window, KEYS.Key_Delete)
    assert "2 photos (2 kB)" in window.findChild(QMessageBox).text()
    with qtbot.waitSignal(window.trash_requested) as signal:
        answer(window, "Move to the trash")
    assert signal.args == [[2, 3]]


def test_a_no_moves_nothing(window, qtbot):
    window.set_groups([group(1, 2)])
    press(qtbot, window, KEYS.Key_A, KEYS.Key_Delete)
    with qtbot.assertNotEmitted(window.trash_requested):
        window.findChild(QMessageBox).reject()
    assert window.review.marked == (2,)


def test_delete_without_marks_tells_how_to_mark(window, qtbot):
    window.set_groups([group(1, 2)])
    press(qtbot, window, KEYS.Key_Delete)
    assert window.findChild(QMessageBox) is None
    assert "Select photos first" in window._bottom._message.text()


def test_after_the_trash_groups_shrink_and_undo_brings_them_back(window, qtbot):
    window.set_groups([group(1, 2, 3), group(4, 5)])
    window.on_trashed(trash_report(3, 5))
    assert [g.ids for g in window.review.groups] == [(1, 2)]
    with qtbot.waitSignal(window.undo_requested) as signal:
        press(qtbot, window, KEYS.Key_Z, modifier=Qt.KeyboardModifier.ControlModifier)
    assert signal.args == [7]
    window.on_restored(trash_report(3, 5))
    assert [g.ids for g in window.review.groups] == [(1, 2, 3), (4, 5)]


def test_what_could_not_be_moved_is_named_and_stays(window):
    window.set_groups([group(1, 2, 3)])
    window.on_trashed(trash_report(3, failed=(Failure(Path("/photos/2.jpg"), "it changed"),)))
    assert [g.ids for g in window.review.groups] == [(1, 2)]
    assert "2.jpg: it changed" in window._bottom._message.text()


def test_the_slider_asks_to_group_again_and_nothing_settled_returns(window, qtbot):
    window.set_groups([group(1, 2), group(3, 4)])
    window.on_trashed(trash_report(2))
    with qtbot.waitSignal(window.similarity_changed) as signal:
        window._top._slider.setValue(85)
    assert signal.args == [0.85]
    window.set_groups([group(1, 2), group(3, 4, 5)])
    assert [g.ids for g in window.review.groups] == [(3, 4, 5)]


def test_a_regrouping_stays_at_the_group_that_was_shown(window, qtbot):
    window.set_groups([group(1, 2), group(3, 4), group(5, 6)])
    press(qtbot, window, KEYS.Key_Down)
    window.set_groups([group(3, 4), group(5, 6)])
    assert window.board.members.group.ids == (3, 4)


def test_a_kind_shows_only_its_groups(window):
    window.set_groups([group(1, 2, kind=DuplicateKind.IDENTICAL), group(3, 4)])
    window._top._kinds.button(1).click()
    assert window.board.model.rowCount() == 1
    assert window._top._kinds.button(1).text() == "Identical 1"


def test_thumbnails_are_asked_for_what_is_on_screen_and_land_there(window, qtbot):
    with qtbot.waitSignal(window.thumbnails_wanted) as signal:
        window.set_groups([group(2 * i + 1, 2 * i + 2) for i in range(500)])
    wanted = signal.args[0]
    assert wanted[:2] == [1, 2]
    assert len(wanted) < 60
    window.on_thumbnail_loaded(2, picture())
    assert [card.picture.loaded for card in window.board.members.cards] == [False, True]


def test_a_huge_group_gets_widgets_in_portions(window, qtbot):
    window.set_groups([group(*range(1, 301))])
    assert len(window.board.members.cards) == 24
    button(window, "Show 24 of").click()
    assert len(window.board.members.cards) == 48


def test_the_path_of_every_member_is_shown(window):
    window.set_groups([group(1, 2)])
    paths = [card._path.toPlainText() for card in window.board.members.cards]
    assert paths == [str(Path("/photos/1.jpg")), str(Path("/photos/2.jpg"))]


def test_c_compares_with_the_kept_one_and_escape_returns(window, qtbot):
    window.set_groups([group(1, 2, 3)])
    with qtbot.waitSignal(window.images_wanted) as signal:
        press(qtbot, window, KEYS.Key_C)
    assert signal.args == [[1, 2]]
    with qtbot.waitSignal(window.images_wanted) as signal:
        qtbot.keyClick(window.board.compare, KEYS.Key_Right)
    assert signal.args == [[3]]
    qtbot.keyClick(window.board.compare, KEYS.Key_Space)
    assert window.review.marked == (3,)
    qtbot.keyClick(window.board.compare, KEYS.Key_Escape)
    assert not window.board.comparing
    assert window.isVisible()


def test_keeping_the_compared_one_turns_the_comparison_round(window, qtbot):
    window.set_groups([group(1, 2)])
    press(qtbot, window, KEYS.Key_C)
    qtbot.keyClick(window.board.compare, KEYS.Key_K)
    left, right = window.board.compare._photos
    assert (left.photo_id, right.photo_id) == (2, 1)


def test_photos_removed_elsewhere_leave_their_groups(window):
    window.set_groups([group(1, 2), group(3, 4)])
    window.on_photos_removed([4, 99])
    assert [g.ids for g in window.review.groups] == [(1, 2)]


def test_nothing_found_says_so_and_keeps_the_slider(window):
    window.set_groups([])
    assert window.board._nothing.text() == "No duplicates found"
    assert window._top._slider.isVisible()


def test_progress_can_be_cancelled(window, qtbot):
    window.set_progress("Comparing photos", 10, 100)
    with qtbot.waitSignal(window.search_cancelled):
        button(window, "Cancel").click()


def test_an_error_can_be_tried_again(window, qtbot):
    window.set_failed("The library is still being opened.")
    with qtbot.waitSignal(window.search_requested):
        button(window, "Try again").click()


def test_five_thousand_groups_have_widgets_for_one_only(window):
    groups = [group(*range(4 * i + 1, 4 * i + 5)) for i in range(5000)]
    window.set_groups(groups)
    window._on_mark_all_clicked(None)
    assert window.review.marked_count == 15_000
    assert len(window.board.members.cards) == 4


def test_far_down_the_list_pictures_are_asked_for_just_as_soon(window, qtbot):
    window.set_groups([group(2 * i, 2 * i + 1) for i in range(1, 400)])
    bar = window.board.list.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 5000)
    qtbot.waitUntil(lambda: not window.board._lazy.isActive())
    with qtbot.waitSignal(window.thumbnails_wanted, timeout=2000):
        bar.setValue(5000)


def test_what_happens_elsewhere_does_not_end_the_wait_for_a_search(window):
    window.on_trashed(trash_report(1))
    assert window._pages.currentWidget() is window._waiting
