import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget

from photofind.gui.photo_model import PhotoModel
from photofind.gui.preview import Preview
from tests.gui.samples import make_image, make_photo, make_result


@pytest.fixture
def preview(qtbot):
    host = QWidget()
    qtbot.addWidget(host)
    host.resize(800, 600)
    model = PhotoModel(host)
    model.set_result(make_result([11, 12, 13]))
    preview = Preview(model, host)
    preview.model = model
    host.show()
    return preview


def test_space_opens_with_the_thumbnail_and_asks_for_the_sharp_picture(qtbot, preview):
    preview.model.on_thumbnail_loaded(12, make_image(150, 100, "#cc2222"))
    with qtbot.waitSignal(preview.image_wanted) as wanted:
        preview.open(12)
    assert wanted.args[0] == 12
    assert wanted.args[1] >= 500
    assert preview.isVisible()
    assert preview.size() == preview.parentWidget().size()
    assert preview.grab().toImage().pixelColor(400, 280).name() == "#cc2222"


def test_the_sharp_picture_replaces_the_thumbnail(preview):
    preview.model.on_thumbnail_loaded(12, make_image(color="#cc2222"))
    preview.open(12)
    preview.on_image_loaded(12, make_image(1500, 1000, "#22cc22"))
    assert preview.grab().toImage().pixelColor(400, 280).name() == "#22cc22"
    preview.model.on_thumbnail_loaded(12, make_image(color="#cc2222"))
    assert preview.grab().toImage().pixelColor(400, 280).name() == "#22cc22"


def test_a_picture_that_comes_too_late_is_ignored(preview):
    preview.open(12)
    preview.step(1)
    preview.on_image_loaded(12, make_image(1500, 1000, "#22cc22"))
    assert preview.grab().toImage().pixelColor(400, 280).name() == "#336699"


def test_the_average_colour_stands_in(preview):
    preview.open(11)
    assert preview.grab().toImage().pixelColor(400, 280).name() == "#336699"


def test_a_thumbnail_that_comes_later_is_shown(qtbot, preview):
    preview.open(11)
    preview.model.on_thumbnail_loaded(11, make_image(color="#cc2222"))
    qtbot.waitUntil(lambda: preview.grab().toImage().pixelColor(400, 280).name() == "#cc2222")


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Escape])
def test_space_and_escape_close(qtbot, preview, key):
    preview.open(12)
    with qtbot.waitSignal(preview.closed):
        qtbot.keyClick(preview, key)
    assert not preview.isVisible()
    assert preview.photo_id == 0


def test_arrows_walk_and_stop_at_the_ends(qtbot, preview):
    preview.open(12)
    with qtbot.waitSignal(preview.current_changed) as changed:
        qtbot.keyClick(preview, Qt.Key.Key_Right)
    assert changed.args == [13]
    with qtbot.assertNotEmitted(preview.current_changed):
        qtbot.keyClick(preview, Qt.Key.Key_Right)
    qtbot.keyClick(preview, Qt.Key.Key_Home)
    assert preview.photo_id == 11
    assert not preview._buttons["back"].isEnabled()


def test_the_next_photo_follows_one_that_is_gone_and_after_the_last_it_closes(qtbot, preview):
    preview.open(12)
    preview.model.remove_ids([11])
    assert preview.photo_id == 12
    preview.model.remove_ids([12])
    assert preview.photo_id == 13
    with qtbot.waitSignal(preview.closed):
        preview.model.remove_ids([13])


def test_it_closes_when_a_new_answer_lacks_its_photo(qtbot, preview):
    preview.open(12)
    preview.model.set_result(make_result([12, 13]))
    assert preview.photo_id == 12
    with qtbot.waitSignal(preview.closed):
        preview.model.set_result(make_result([13]))


def test_tab_stays_within(qtbot, preview):
    preview.open(12)
    for _ in range(7):
        qtbot.keyClick(preview.window().focusWidget(), Qt.Key.Key_Tab)
        focused = preview.window().focusWidget()
        assert focused is preview or preview.isAncestorOf(focused)


def test_a_photo_that_is_not_shown_opens_nothing(preview):
    preview.open(99)
    assert not preview.isVisible()


def test_a_click_beside_the_picture_closes_and_on_it_does_not(qtbot, preview):
    preview.model.on_thumbnail_loaded(12, make_image())
    preview.open(12)
    qtbot.mouseClick(preview, Qt.MouseButton.LeftButton, pos=QPoint(400, 280))
    assert preview.isVisible()
    qtbot.mouseClick(preview, Qt.MouseButton.LeftButton, pos=QPoint(400, 3))
    assert not preview.isVisible()


def test_why_a_picture_cannot_be_shown_is_said(preview):
    preview.open(12)
    before = preview.grab().toImage()
    preview.on_image_failed(12, "the file is cut off")
    assert preview.grab().toImage() != before


def test_it_is_named_for_those_who_listen(qtbot, preview):
    preview.model.on_photo_loaded(12, make_photo(12))
    preview.open(12)
    assert preview.accessibleName() == "Preview: picture-12.jpg, 17 May 2024"


def test_it_covers_its_window_when_that_grows(qtbot, preview):
    preview.open(12)
    preview.parentWidget().resize(1000, 700)
    assert preview.size() == preview.parentWidget().size()
