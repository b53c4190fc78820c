import pytest
from PySide6.QtCore import Qt

from photofind.core.catalog import TrashBatch
from photofind.gui.trash_dialog import TrashDialog

MOVES = [TrashBatch(9, 1.7e9, 12, 4_000_000), TrashBatch(4, 1.6e9, 1, 812)]


@pytest.fixture
def dialog(qtbot):
    made = TrashDialog()
    qtbot.addWidget(made)
    made.show()
    made.set_batches(MOVES)
    return made


def rows(dialog: TrashDialog) -> list[list[str]]:
    shown = dialog._list
    items = [shown.topLevelItem(row) for row in range(shown.topLevelItemCount())]
    return [[item.text(column) for column in (1, 2)] for item in items]


def test_every_move_has_a_line_with_its_photos_and_size(dialog):
    assert rows(dialog) == [["12 photos", "4 MB"], ["1 photo", "812 bytes"]]


def test_the_latest_move_comes_back_unless_another_one_is_picked(qtbot, dialog):
    with qtbot.waitSignal(dialog.restore_requested) as asked:
        dialog._restore.click()
    assert asked.args == [9]
    qtbot.keyClick(dialog._list, Qt.Key.Key_Down)
    with qtbot.waitSignal(dialog.restore_requested) as asked:
        dialog._restore.click()
    assert asked.args == [4]


def test_what_was_picked_stays_picked_when_another_move_is_added(dialog):
    dialog._list.setCurrentItem(dialog._list.topLevelItem(1))
    dialog.set_batches([TrashBatch(10, 1.8e9, 2, 99), *MOVES])
    assert dialog._selected() == 4


def test_without_moves_there_is_nothing_to_bring_back(dialog):
    dialog.set_batches([])
    assert not dialog._restore.isEnabled()
    assert not dialog._list.isVisible()
    assert "nothing" in dialog._head.text()
