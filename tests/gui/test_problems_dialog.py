"""The list of files that could not be read."""

from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication

from photofind.core.types import Failure
from photofind.gui.problems_dialog import ProblemsDialog

FAILURES = [
    Failure(Path("/p/b.jpg"), "the file is empty", 2),
    Failure(Path("/p/a.jpg"), "the file is cut off", 1),
]


@pytest.fixture
def dialog(qtbot):
    made = ProblemsDialog()
    qtbot.addWidget(made)
    made.set_failures(FAILURES)
    made.show()
    return made


def test_files_are_listed_by_name_with_their_reasons(dialog):
    rows = [[dialog._sorted.index(row, column).data() for column in range(3)] for row in range(2)]
    assert rows == [
        ["a.jpg", "the file is cut off", str(Path("/p"))],
        ["b.jpg", "the file is empty", str(Path("/p"))],
    ]


def test_all_are_tried_again_or_only_the_selected(dialog, qtbot):
    with qtbot.waitSignal(dialog.retry_requested) as signal:
        dialog._retry.click()
    assert signal.args == [[1, 2]]
    dialog._table.selectRow(1)
    assert dialog._retry.text() == "Try again"
    with qtbot.waitSignal(dialog.retry_requested) as signal:
        dialog._retry.click()
    assert signal.args == [[2]]


def test_one_file_can_be_shown_in_its_folder(dialog, qtbot):
    assert not dialog._show.isEnabled()
    dialog._table.selectRow(0)
    with qtbot.waitSignal(dialog.show_in_folder_requested) as signal:
        dialog._show.click()
    assert signal.args == [Path("/p/a.jpg")]


def test_the_list_is_copied_as_paths_and_reasons(dialog):
    dialog._copy.click()
    assert QGuiApplication.clipboard().text().splitlines() == [
        f"{Path('/p/a.jpg')}\tthe file is cut off",
        f"{Path('/p/b.jpg')}\tthe file is empty",
    ]


def test_without_problems_there_is_nothing_to_press(dialog):
    dialog.set_failures([])
    assert dialog._head.text() == "Every file could be read."
    assert not dialog._retry.isEnabled()
    assert not dialog._copy.isEnabled()
