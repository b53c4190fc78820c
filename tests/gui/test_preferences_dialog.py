"""Preferences are in force at once."""

import pytest
from PySide6.QtWidgets import QPushButton

from photofind.core.settings import Settings
from photofind.gui.preferences_dialog import PreferencesDialog


@pytest.fixture
def dialog(qtbot):
    made = PreferencesDialog(Settings(threads=1))
    qtbot.addWidget(made)
    made.show()
    return made


def choose(box, value) -> None:
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def test_each_choice_is_told_at_once_with_all_others_as_they_were(dialog, qtbot):
    with qtbot.waitSignal(dialog.settings_changed) as signal:
        choose(dialog._theme, "dark")
    assert signal.args == [Settings(threads=1, theme="dark")]
    with qtbot.waitSignal(dialog.settings_changed) as signal:
        choose(dialog._device, "cpu")
    assert signal.args == [Settings(threads=1, theme="dark", device="cpu")]
    with qtbot.waitSignal(dialog.settings_changed) as signal:
        choose(dialog._layout_box, "square")
    assert signal.args[0].layout == "square"
    with qtbot.waitSignal(dialog.settings_changed) as signal:
        dialog._threads.setValue(0)
    assert signal.args[0].threads == 0


def test_slowing_down_can_be_switched_off(dialog, qtbot):
    assert dialog._polite.isChecked()
    with qtbot.waitSignal(dialog.settings_changed) as signal:
        dialog._polite.click()
    assert signal.args[0].polite is False
    with qtbot.assertNotEmitted(dialog.settings_changed):
        dialog.set_settings(Settings())
    assert dialog._polite.isChecked()


def test_choosing_what_is_chosen_says_nothing(dialog, qtbot):
    with qtbot.assertNotEmitted(dialog.settings_changed):
        choose(dialog._theme, "system")


def test_settings_changed_elsewhere_are_shown_and_not_told_back(dialog, qtbot):
    with qtbot.assertNotEmitted(dialog.settings_changed):
        dialog.set_settings(Settings(theme="light", tile_height=300))
    assert dialog._theme.currentText() == "Light"
    with qtbot.waitSignal(dialog.settings_changed) as signal:
        choose(dialog._theme, "dark")
    assert signal.args[0].tile_height == 300


def test_more_threads_than_the_machine_has_are_not_lost(qtbot):
    made = PreferencesDialog(Settings(threads=500))
    qtbot.addWidget(made)
    assert made._threads.value() == 500


def test_a_page_can_be_opened_by_name(dialog):
    dialog.show_page("models")
    assert dialog._pages.currentWidget() is dialog.models


def test_there_is_nothing_to_apply(dialog):
    own = [dialog.findChildren(QPushButton)]
    texts = {button.text() for buttons in own for button in buttons}
    assert "Close" in texts
    assert not texts & {"OK", "Apply"}
