"""The details panel: one photo, several, none."""

import dataclasses
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QToolButton

from photofind.core.types import FileStamp, Hit, Metadata
from photofind.gui.details_panel import DetailsPanel
from photofind.gui.text_widgets import WrappedText
from tests.gui.duplicates_samples import photo, picture


@pytest.fixture
def panel(qtbot):
    made = DetailsPanel()
    qtbot.addWidget(made)
    made.resize(280, 600)
    made.show()
    return made


def field(panel, name: str) -> WrappedText:
    return next(f for f in panel.findChildren(WrappedText) if f.accessibleName() == name)


def tool(panel, name: str) -> QToolButton:
    return next(b for b in panel.findChildren(QToolButton) if b.accessibleName() == name)


def sample():
    metadata = Metadata(
        4000, 3000, "JPEG", datetime(2021, 7, 14, 16, 5), "Canon EOS", "50mm", 41.15794, -8.62911
    )
    return dataclasses.replace(photo(1), metadata=metadata)


def test_a_photo_shows_everything_that_is_known(panel):
    panel.show_photo(sample())
    assert field(panel, "Name").toPlainText() == "1.jpg"
    assert field(panel, "Folder").toPlainText() == str(Path("/photos"))
    assert field(panel, "Taken").toPlainText() == "14 Jul 2021, 16:05"
    assert field(panel, "Camera").toPlainText() == "Canon EOS"
    assert field(panel, "Lens").toPlainText() == "50mm"
    assert field(panel, "Pixels").toPlainText() == "4000 × 3000 (12.0 MP)"
    assert field(panel, "File").toPlainText() == "1 kB, JPEG"
    assert field(panel, "Place").toPlainText() == "41.15794, -8.62911"


def test_what_is_not_known_takes_no_room(panel):
    panel.show_photo(photo(1))
    assert not field(panel, "Camera").isVisible()
    assert not tool(panel, "Copy the place").isVisible()
    assert field(panel, "Taken").toPlainText().endswith("(file date)")


def test_an_impossible_file_date_is_left_out(panel):
    panel.show_photo(dataclasses.replace(photo(1), stamp=FileStamp(5, 10**30, 1)))
    assert not field(panel, "Taken").isVisible()


def test_a_hit_says_why_it_was_found(panel):
    panel.show_photo(photo(1), Hit(1, 0.312, ("content", "folder")))
    assert panel._page._why.text() == "Found by what it shows and its folder · score 0.31"
    panel.show_photo(photo(2), Hit(2, 1.0, ("name",)))
    assert panel._page._why.text() == "Found by its file name"
    panel.show_photo(photo(3))
    assert not panel._page._why.isVisible()


def test_a_preview_is_asked_for_once_and_a_late_one_left_out(panel, qtbot):
    with qtbot.waitSignal(panel.preview_wanted) as signal:
        panel.show_photo(photo(1))
    assert signal.args == [1]
    with qtbot.assertNotEmitted(panel.preview_wanted):
        panel.show_photo(photo(1))
    panel.set_preview(2, picture())
    assert not panel._page.picture.loaded
    panel.set_preview(1, picture())
    assert panel._page.picture.loaded


def test_the_place_and_the_folder_can_be_copied(panel):
    panel.show_photo(sample())
    tool(panel, "Copy the place").click()
    assert QGuiApplication.clipboard().text() == "41.15794, -8.62911"
    tool(panel, "Copy the folder's path").click()
    assert QGuiApplication.clipboard().text() == str(Path("/photos"))


def test_show_in_folder_names_the_photo(panel, qtbot):
    panel.show_photo(photo(5))
    with qtbot.waitSignal(panel.show_in_folder_requested) as signal:
        tool(panel, "Show in folder").click()
    assert signal.args == [5]


def test_several_are_a_count_and_a_sum(panel):
    panel.show_photos([photo(1), photo(2)])
    assert panel._message.text() == "2 photos selected\n2 kB in all"
    assert panel.photo is None
    panel.show_photos([])
    assert "Select a photo" in panel._message.text()


def test_a_long_name_is_wrapped_and_not_cut(panel, qtbot):
    long = dataclasses.replace(photo(1), path=Path("/photos") / ("x" * 200 + ".jpg"))
    panel.show_photo(long)
    name = field(panel, "Name")
    qtbot.waitUntil(lambda: name.height() > 3 * name.fontMetrics().height())
    assert name.verticalScrollBar().maximum() == 0
