from collections import Counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QApplication

from photofind.gui.keys_dialog import KeysDialog
from photofind.gui.window_actions import KEYS
from tests.gui.samples import make_image
from tests.gui.window_samples import Bench, make_bench


@pytest.fixture
def bench(qtbot, library_home) -> Bench:
    bench = make_bench(qtbot, library_home)
    bench.show([51, 52, 53])
    with qtbot.waitActive(bench.window):
        bench.window.activateWindow()
    bench.window.parts.grid.setFocus()
    return bench


def press(bench: Bench, key: Qt.Key, *keys: Qt.KeyboardModifier) -> None:
    modifiers = Qt.KeyboardModifier.NoModifier
    for each in keys:
        modifiers |= each
    bench.qtbot.keyClick(QApplication.focusWidget(), key, modifiers)


CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.mark.parametrize(
    ("key", "modifiers", "command"),
    [
        (Qt.Key.Key_O, (CTRL,), "add_folder"),
        (Qt.Key.Key_P, (CTRL, SHIFT), "search_with_picture"),
        (Qt.Key.Key_D, (CTRL,), "find_duplicates"),
        (Qt.Key.Key_Z, (CTRL,), "undo"),
        (Qt.Key.Key_Z, (CTRL, SHIFT), "redo"),
        (Qt.Key.Key_Comma, (CTRL,), "preferences"),
        (Qt.Key.Key_F1, (), "shortcuts"),
    ],
)
def test_keys_do_what_the_menu_says(bench, key, modifiers, command):
    press(bench, key, *modifiers)
    assert bench.called == [command]


def test_no_key_belongs_to_two_actions(bench):
    actions = [*bench.window.actions(), *bench.window.parts.grid.actions()]
    keys = Counter(each.toString() for action in actions for each in action.shortcuts())
    assert [key for key, count in keys.items() if count > 1] == []


def test_ctrl_z_in_the_field_undoes_typing_and_not_the_trash(qtbot, bench):
    bench.window.parts.search.focus_field()
    qtbot.keyClicks(QApplication.focusWidget(), "dog")
    press(bench, Qt.Key.Key_Z, CTRL)
    assert bench.called == []
    assert bench.window.parts.search._edit.text() != "dog"


def test_ctrl_a_in_the_field_selects_words_and_not_photos(qtbot, bench):
    bench.window.parts.search.focus_field()
    qtbot.keyClicks(QApplication.focusWidget(), "dog")
    press(bench, Qt.Key.Key_A, CTRL)
    press(bench, Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == "dog"
    assert bench.window.parts.grid.selected_ids() == []


def test_ctrl_f_goes_into_the_field_even_from_the_preview(bench):
    bench.browsing.preview.open(51)
    press(bench, Qt.Key.Key_F, CTRL)
    assert QApplication.focusWidget() is bench.window.parts.search._edit
    assert not bench.browsing.preview.isVisible()


def test_a_picture_is_pasted_from_the_grid(bench):
    QGuiApplication.clipboard().setImage(make_image(32, 32))
    press(bench, Qt.Key.Key_V, CTRL)
    (chip,) = bench.window.parts.search.chips
    assert chip.label == "pasted picture"


def test_words_pasted_from_the_grid_land_in_the_field(bench):
    QGuiApplication.clipboard().setText("a red car")
    press(bench, Qt.Key.Key_V, CTRL)
    assert bench.window.parts.search._edit.text() == "a red car"


def test_panels_fold_by_key(bench):
    press(bench, Qt.Key.Key_F8)
    press(bench, Qt.Key.Key_F9)
    assert bench.window.parts.folders.isVisible()
    assert bench.window.parts.details.isVisible()
    press(bench, Qt.Key.Key_F9)
    assert not bench.window.parts.details.isVisible()


def test_every_key_that_is_listed_can_be_read_by_qt(qtbot):
    dialog = KeysDialog(KEYS)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    for keys, _meaning in KEYS:
        for key in keys.replace("Arrows", "Left").split(", "):
            sequence = QKeySequence("Ctrl+," if keys == "Ctrl+," else key)
            assert sequence[0].key() != Qt.Key.Key_unknown, key
