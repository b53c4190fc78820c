"""The folders panel: roots, their states, and what can be asked for."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton, QToolButton

from photofind.core.types import Root, RootState
from photofind.gui.folders_panel import FoldersPanel


@pytest.fixture
def panel(qtbot):
    made = FoldersPanel(lazy_subfolders=True)
    qtbot.addWidget(made)
    made.resize(260, 600)
    made.show()
    made.set_roots(roots())
    return made


def roots(first_photos: int = 12) -> list[Root]:
    return [
        Root(1, Path("/home/Photos"), RootState.ONLINE, ("private/*",), first_photos, 2),
        Root(2, Path("/media/Drive"), RootState.OFFLINE, (), 30, 0, "the folder is missing"),
    ]


def tool(panel, name: str) -> QToolButton:
    return next(b for b in panel.findChildren(QToolButton) if b.accessibleName() == name)


def button(panel, text: str) -> QPushButton:
    return next(b for b in panel.findChildren(QPushButton) if b.text() == text)


def pick(panel, row: int):
    item = panel._tree.topLevelItem(row)
    panel._tree.setCurrentItem(item)
    return item


def test_all_photos_are_the_sum_of_the_roots(panel):
    assert panel._all.text(1) == "42"


def test_selecting_a_folder_filters(panel, qtbot):
    with qtbot.waitSignal(panel.folder_selected) as signal:
        pick(panel, 1)
    assert signal.args == [1, None]
    with qtbot.waitSignal(panel.folder_selected) as signal:
        pick(panel, 0)
    assert signal.args == [None, None]


def test_subfolders_are_asked_for_when_unfolded_and_filter_by_path(panel, qtbot):
    item = panel._tree.topLevelItem(1)
    with qtbot.waitSignal(panel.subfolders_wanted) as signal:
        item.setExpanded(True)
    assert signal.args == [1, ""]
    panel.set_subfolders(1, "", [("2020", 3), ("2021", 9)])
    child = item.child(1)
    child.setExpanded(True)
    panel.set_subfolders(1, "2021", [("Summer", 4)])
    with qtbot.waitSignal(panel.folder_selected) as signal:
        panel._tree.setCurrentItem(child.child(0))
    assert signal.args == [1, "2021/Summer"]


def test_new_counts_keep_the_selection_and_say_nothing(panel, qtbot):
    pick(panel, 1)
    with qtbot.assertNotEmitted(panel.folder_selected):
        panel.set_roots(roots(first_photos=99))
    assert panel._tree.currentItem().text(1) == "99"


def test_a_removed_root_that_was_selected_gives_way_to_all_photos(panel, qtbot):
    pick(panel, 2)
    with qtbot.waitSignal(panel.folder_selected) as signal:
        panel.set_roots(roots()[:1])
    assert signal.args == [None, None]
    assert panel._tree.topLevelItemCount() == 2


def test_an_offline_root_says_the_newest_reason_in_whole_sentences(panel):
    pick(panel, 2)
    for reason in ("Is its drive connected?", "None of its photos is there"):
        panel.set_roots([replace(root, state_reason=reason) for root in roots()])
        ending = "" if reason.endswith("?") else "."
        said = panel._card._offline._reason.text()
        assert said == f"Offline. {reason}{ending} Its photos stay in the library."


def test_an_offline_root_says_why_and_that_nothing_is_lost(panel):
    pick(panel, 2)
    note = panel._card._offline
    assert note.isVisible()
    assert note._reason.text() == (
        "Offline. The folder is missing. Its photos stay in the library."
    )


def test_losses_are_accepted_only_at_the_second_click(panel, qtbot):
    pick(panel, 2)
    with qtbot.assertNotEmitted(panel.losses_accepted):
        button(panel, "These photos are really gone").click()
    with qtbot.waitSignal(panel.losses_accepted) as signal:
        button(panel, "Forget the missing ones").click()
    assert signal.args == [2]


def test_losses_can_be_thought_over(panel, qtbot):
    pick(panel, 2)
    button(panel, "These photos are really gone").click()
    with qtbot.assertNotEmitted(panel.losses_accepted):
        button(panel, "Keep them").click()
    assert button(panel, "These photos are really gone").isVisible()


def test_removing_asks_and_says_that_files_are_not_touched(panel, qtbot):
    pick(panel, 1)
    with qtbot.assertNotEmitted(panel.removal_confirmed):
        tool(panel, "Remove from photofind").click()
    box = panel.window().findChild(QMessageBox)
    assert "not touched" in box.informativeText()
    assert "12 photos" in box.informativeText()
    with qtbot.waitSignal(panel.removal_confirmed) as signal:
        next(b for b in box.buttons() if b.text() == "Remove").click()
    assert signal.args == [1]


def test_removing_can_be_cancelled(panel, qtbot):
    pick(panel, 1)
    tool(panel, "Remove from photofind").click()
    with qtbot.assertNotEmitted(panel.removal_confirmed):
        panel.window().findChild(QMessageBox).reject()


def test_rescan_names_the_root(panel, qtbot):
    pick(panel, 1)
    with qtbot.waitSignal(panel.rescan_requested) as signal:
        tool(panel, "Look for changes now").click()
    assert signal.args == [1]


def test_patterns_are_edited_in_place(panel, qtbot):
    pick(panel, 1)
    tool(panel, "Leave files out").click()
    editor = panel._card._editor
    assert editor._text.toPlainText() == "private/*"
    editor._text.setPlainText("private/*\n\n  *.tmp \nprivate/*")
    with qtbot.waitSignal(panel.excluded_changed) as signal:
        button(panel, "Save").click()
    assert signal.args == [1, ["private/*", "*.tmp"]]
    assert not editor.isVisible()


def test_new_counts_leave_an_open_editor_alone(panel):
    pick(panel, 1)
    tool(panel, "Leave files out").click()
    panel._card._editor._text.setPlainText("half a thought")
    panel.set_roots(roots(first_photos=13))
    assert panel._card._editor.isVisible()
    assert panel._card._editor._text.toPlainText() == "half a thought"


def test_a_chosen_folder_is_told(panel, qtbot, tmp_path):
    tool(panel, "Add a folder").click()
    dialog = panel.window().findChild(QFileDialog)
    with qtbot.waitSignal(panel.folders_chosen) as signal:
        dialog.fileSelected.emit(str(tmp_path))
    dialog.reject()
    assert signal.args == [[tmp_path]]


def test_a_selection_made_elsewhere_says_nothing_back(panel, qtbot):
    with qtbot.assertNotEmitted(panel.folder_selected):
        panel.select(2)
    assert panel._card._path.toPlainText() == str(Path("/media/Drive"))
