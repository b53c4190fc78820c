from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt

from photofind.core.types import Filters, PhotoTerm, PictureTerm, TextTerm
from photofind.gui.chips import Chip, FilterPart, date_parts
from tests.gui.samples import make_image


@pytest.fixture
def show(qtbot):
    def _show(part, name: str = "") -> Chip:
        chip = Chip(part, name)
        qtbot.addWidget(chip)
        chip.resize(chip.sizeHint())
        chip.show()
        return chip

    return _show


@pytest.mark.parametrize(
    ("part", "label"),
    [
        (TextTerm("dog"), "dog"),
        (TextTerm("people", -1.0), "not people"),
        (PictureTerm(Path("/x/beach.jpg")), "beach.jpg"),
        (PictureTerm(b"...", "pasted picture"), "pasted picture"),
        (PhotoTerm(7, -0.5), "not this photo"),
        (FilterPart(Filters(root_id=1), "in Holiday"), "in Holiday"),
    ],
)
def test_a_chip_says_what_it_stands_for(show, part, label):
    chip = show(part)
    assert chip.label == label
    assert chip.accessibleName() == label
    assert not chip.grab().isNull()


def test_a_click_turns_wanted_into_not_wanted_and_back(qtbot, show):
    chip = show(TextTerm("dog", 0.7))
    with qtbot.waitSignal(chip.turned):
        qtbot.mouseClick(chip, Qt.MouseButton.LeftButton, pos=QPoint(10, 14))
    assert chip.part == TextTerm("dog", -0.7)
    assert chip.accessibleName() == "not dog"
    qtbot.keyClick(chip, Qt.Key.Key_Space)
    assert chip.part == TextTerm("dog", 0.7)


def test_the_cross_removes_and_turns_nothing(qtbot, show):
    chip = show(TextTerm("dog"))
    with qtbot.assertNotEmitted(chip.turned), qtbot.waitSignal(chip.removed):
        cross = QPoint(chip.width() - 10, 14)
        qtbot.mouseClick(chip, Qt.MouseButton.LeftButton, pos=cross)


@pytest.mark.parametrize("key", [Qt.Key.Key_Delete, Qt.Key.Key_Backspace])
def test_delete_and_backspace_remove(qtbot, show, key):
    chip = show(TextTerm("dog"))
    with qtbot.waitSignal(chip.removed):
        qtbot.keyClick(chip, key)


def test_a_restriction_has_no_other_side(qtbot, show):
    chip = show(FilterPart(Filters(root_id=1), "in Holiday"))
    with qtbot.assertNotEmitted(chip.turned):
        qtbot.keyClick(chip, Qt.Key.Key_Space)
    assert chip.wanted


def test_arrow_keys_ask_for_the_neighbour(qtbot, show):
    chip = show(TextTerm("dog"))
    with qtbot.waitSignal(chip.stepped) as stepped:
        qtbot.keyClick(chip, Qt.Key.Key_Left)
    assert stepped.args == [-1]


def test_a_picture_chip_shows_its_picture(show):
    chip = show(PictureTerm(Path("/x/beach.jpg")))
    chip.set_picture(make_image(300, 100, "#cc2222"))
    assert chip.grab().toImage().pixelColor(14, 14).name() == "#cc2222"


def test_a_very_long_phrase_stays_a_chip(show):
    assert show(TextTerm("word " * 200)).width() < 260


def test_a_span_of_time_is_a_chip_for_each_end(qapp):
    filters = Filters(after=datetime(2020, 5, 1), before=datetime(2021, 1, 1))
    assert [part.label for part in date_parts(filters)] == ["from 1 May 2020", "before 1 Jan 2021"]
    assert date_parts(Filters()) == []
