from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication

from photofind.core.types import Filters, PhotoTerm, PictureTerm, Query, TextTerm
from photofind.gui.search_pane import SearchPane
from tests.gui.samples import make_image

PHOTO = PhotoTerm(7)
PICTURE = PictureTerm(Path("/x/beach.jpg"), "picture")


@pytest.fixture
def pane(qtbot):
    pane = SearchPane()
    qtbot.addWidget(pane)
    pane.resize(900, 60)
    pane.show()
    pane.queries = []
    pane.query_changed.connect(pane.queries.append)
    return pane


def labels(pane: SearchPane) -> list[str]:
    return [chip.label for chip in pane.chips]


def test_typing_searches_after_a_pause_once(qtbot, pane):
    qtbot.keyClicks(pane._edit, "dog")
    assert pane.queries == []
    qtbot.waitUntil(lambda: bool(pane.queries))
    assert pane.queries == [Query((TextTerm("dog"),))]
    assert labels(pane) == []


def test_enter_searches_at_once_and_makes_chips(qtbot, pane):
    qtbot.keyClicks(pane._edit, '"red car" -snow')
    qtbot.keyClick(pane._edit, Qt.Key.Key_Return)
    assert labels(pane) == ["red car", "not snow"]
    assert pane._edit.text() == ""
    assert pane.queries == [Query((TextTerm("red car"), TextTerm("snow", -1.0)))]


def test_enter_after_the_pause_does_not_search_again(qtbot, pane):
    qtbot.keyClicks(pane._edit, "dog")
    qtbot.waitUntil(lambda: bool(pane.queries))
    qtbot.keyClick(pane._edit, Qt.Key.Key_Return)
    assert labels(pane) == ["dog"]
    assert len(pane.queries) == 1


def test_typed_dates_become_restrictions_with_chips_of_their_own(qtbot, pane):
    qtbot.keyClicks(pane._edit, "sea after:2020")
    qtbot.keyClick(pane._edit, Qt.Key.Key_Return)
    assert labels(pane) == ["sea", "from 1 Jan 2020"]
    after = Filters(after=datetime(2020, 1, 1))
    assert pane.queries == [Query((TextTerm("sea"),), after)]


def test_words_that_make_no_sense_are_refused_with_the_reason(qtbot, pane):
    with qtbot.waitSignal(pane.query_refused) as refused:
        qtbot.keyClicks(pane._edit, "after:someday")
        qtbot.keyClick(pane._edit, Qt.Key.Key_Return)
    assert "is not a date" in refused.args[0]
    assert pane._edit.text() == "after:someday"
    assert pane.queries == []


def test_backspace_takes_the_last_chip_only_before_the_words(qtbot, pane):
    pane.add_term(TextTerm("dog"))
    pane.add_term(TextTerm("beach"))
    qtbot.keyClicks(pane._edit, "x")
    qtbot.keyClick(pane._edit, Qt.Key.Key_Backspace)
    assert labels(pane) == ["dog", "beach"]
    qtbot.keyClick(pane._edit, Qt.Key.Key_Backspace)
    assert labels(pane) == ["dog"]
    assert pane.queries[-1] == Query((TextTerm("dog"),))


def test_escape_returns_to_the_whole_library_then_leaves_the_field(qtbot, pane):
    pane.add_term(TextTerm("dog"))
    qtbot.keyClicks(pane._edit, "beach")
    qtbot.keyClick(pane._edit, Qt.Key.Key_Escape)
    assert labels(pane) == []
    assert pane._edit.text() == ""
    assert pane.queries[-1] == Query()
    with qtbot.waitSignal(pane.cleared):
        qtbot.keyClick(pane._edit, Qt.Key.Key_Escape)


def test_a_chip_can_be_removed_and_turned(qtbot, pane):
    pane.add_term(TextTerm("dog"))
    pane.add_term(TextTerm("beach"))
    qtbot.keyClick(pane.chips[1], Qt.Key.Key_Space)
    assert pane.queries[-1] == Query((TextTerm("dog"), TextTerm("beach", -1.0)))
    qtbot.keyClick(pane.chips[0], Qt.Key.Key_Delete)
    assert pane.queries[-1] == Query((TextTerm("beach", -1.0),))
    assert pane._edit.hasFocus() or not pane.isActiveWindow()


def test_left_and_right_walk_over_the_chips(qtbot, pane):
    pane.add_term(TextTerm("dog"))
    pane.add_term(TextTerm("beach"))
    pane.activateWindow()
    pane.focus_field()
    focused = QGuiApplication.focusObject
    qtbot.keyClick(pane._edit, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: focused() is pane.chips[1])
    qtbot.keyClick(pane.chips[1], Qt.Key.Key_Left)
    assert focused() is pane.chips[0]
    qtbot.keyClick(pane.chips[0], Qt.Key.Key_Right)
    qtbot.keyClick(pane.chips[1], Qt.Key.Key_Right)
    assert focused() is pane._edit


def test_a_search_by_pictures_replaces_words_and_keeps_restrictions(qtbot, pane):
    pane.set_filter(Filters(root_id=1), "in Holiday")
    pane.add_term(TextTerm("dog"))
    pane.search_with_pictures([PICTURE.source])
    assert labels(pane) == ["in Holiday", "beach.jpg"]
    assert pane.queries[-1] == Query((PICTURE,), Filters(root_id=1))


def test_words_and_a_picture_are_one_query(qtbot, pane):
    pane.search_like_photo(7, "IMG_7.jpg")
    qtbot.keyClicks(pane._edit, "at night")
    qtbot.waitUntil(lambda: len(pane.queries) == 2)
    assert pane.queries[-1] == Query((PHOTO, TextTerm("at night")))
    assert labels(pane) == ["IMG_7.jpg"]


def test_a_picture_chip_asks_for_its_picture_and_gets_it(qtbot, pane):
    with qtbot.waitSignal(pane.picture_wanted) as wanted:
        pane.search_with_pictures([PICTURE.source])
    assert wanted.args == [PICTURE]
    qtbot.keyClick(pane.chips[0], Qt.Key.Key_Space)
    pane.on_picture_loaded(PICTURE, make_image(color="#cc2222"))
    assert pane.chips[0].grab().toImage().pixelColor(14, 14).name() == "#cc2222"


def test_a_folder_replaces_the_folder_before(pane):
    pane.set_filter(Filters(root_id=1), "in Holiday")
    pane.set_filter(Filters(root_id=2, folder="a"), "in a")
    assert labels(pane) == ["in a"]
    assert pane.queries[-1].filters == Filters(root_id=2, folder="a")


def test_a_given_query_is_shown_without_being_announced(pane):
    query = Query((TextTerm("dog"), PHOTO), Filters(before=datetime(2021, 1, 1)))
    pane.set_query(query)
    assert labels(pane) == ["dog", "this photo", "before 1 Jan 2021"]
    assert pane.query() == query
    assert pane.queries == []


def paste(qtbot, pane: SearchPane, data: QMimeData) -> None:
    QGuiApplication.clipboard().setMimeData(data)
    qtbot.keyClick(pane._edit, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)


def test_a_pasted_picture_joins_the_search(qtbot, pane):
    data = QMimeData()
    data.setImageData(make_image(30, 20))
    paste(qtbot, pane, data)
    (term,) = pane.queries[-1].terms
    assert isinstance(term, PictureTerm)
    assert isinstance(term.source, bytes)
    assert labels(pane) == ["pasted picture"]


def test_pasted_words_are_typed(qtbot, pane):
    data = QMimeData()
    data.setText("a dog")
    paste(qtbot, pane, data)
    assert pane._edit.text() == "a dog"
    assert labels(pane) == []


def test_a_pasted_address_is_for_others_to_decide(qtbot, pane):
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/a.jpg")])
    with qtbot.waitSignal(pane.pasted) as pasted:
        paste(qtbot, pane, data)
    assert pasted.args[0].urls == ("https://example.org/a.jpg",)
    assert pane._edit.text() == ""


def test_many_chips_leave_room_for_typing(qtbot, pane):
    pane.search_with_pictures([Path(f"/x/a rather long name {each}.jpg") for each in range(12)])
    qtbot.wait(20)
    assert pane._edit.width() >= 120
    assert pane.field.width() <= pane.width()


def test_every_control_has_a_name(pane):
    from PySide6.QtWidgets import QAbstractButton, QLineEdit

    pane.add_term(TextTerm("dog"))
    controls = [*pane.findChildren(QAbstractButton), *pane.findChildren(QLineEdit)]
    assert len(controls) >= 4
    assert all(control.accessibleName() for control in controls)
