"""Comparing two photos with one zoom and one position for both."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from photofind.gui.compare_canvas import CompareMode
from photofind.gui.compare_view import CompareView
from tests.gui.duplicates_samples import photo, picture


@pytest.fixture
def view(qtbot):
    made = CompareView()
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show()
    made.show_pair(photo(1), photo(2))
    made.set_image(1, picture(400, 300, 0xFF0000))
    made.set_image(2, picture(40, 30, 0x0000FF))
    return made


def color(view, share: float) -> str:
    """The colour on the canvas at a share of its width, at half its height."""
    image = view.canvas.grab().toImage()
    return image.pixelColor(round(image.width() * share), image.height() // 2).name()


def wheel(canvas, at: QPointF, steps: int) -> None:
    event = QWheelEvent(
        at,
        canvas.mapToGlobal(at),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def test_both_pictures_are_side_by_side_whatever_their_size(view):
    assert color(view, 0.25) == "#ff0000"
    assert color(view, 0.75) == "#0000ff"


def test_flicker_swaps_in_place(view, qtbot):
    qtbot.keyClick(view, Qt.Key.Key_F)
    assert color(view, 0.5) == "#ff0000"
    qtbot.keyClick(view, Qt.Key.Key_F)
    assert color(view, 0.5) == "#0000ff"
    qtbot.keyClick(view, Qt.Key.Key_S)
    assert color(view, 0.25) == "#ff0000"


def test_the_difference_is_black_where_both_are_the_same(view, qtbot):
    qtbot.keyClick(view, Qt.Key.Key_D)
    assert color(view, 0.5) == "#ff00ff"
    view.set_image(2, picture(400, 300, 0xFF0000))
    assert color(view, 0.5) == "#000000"


def test_keys_zoom_both_and_zero_fits_again(view, qtbot):
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert view.canvas.zoom == pytest.approx(1.25)
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert view.canvas.zoom == 1.0
    assert view.canvas.center == QPointF(0.5, 0.5)


def test_zoom_never_goes_below_a_whole_picture(view, qtbot):
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    assert view.canvas.zoom == 1.0


def test_the_wheel_keeps_what_is_under_the_pointer(view):
    canvas = view.canvas
    point = QPointF(canvas.width() * 0.2, canvas.height() * 0.45)
    pane = canvas._panes()[0]

    def under_pointer() -> QPointF:
        place = canvas._place(0, pane)
        return QPointF(
            (point.x() - place.left()) / place.width(), (point.y() - place.top()) / place.height()
        )

    wheel(canvas, point, 2)  # far enough that no edge holds it back
    before = under_pointer()
    wheel(canvas, point, 2)
    assert canvas.zoom > 1.5
    assert under_pointer().x() == pytest.approx(before.x(), abs=1e-3)
    assert under_pointer().y() == pytest.approx(before.y(), abs=1e-3)


def test_dragging_moves_both_and_stops_at_the_edge(view, qtbot):
    view.canvas.zoom_by(4)
    qtbot.mousePress(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    qtbot.mouseMove(view.canvas, QPoint(50, 100))
    assert view.canvas.center.x() > 0.5
    qtbot.mouseMove(view.canvas, QPoint(-9000, 100))
    assert view.canvas.center.x() == pytest.approx(1 - 0.5 / 4)


def test_only_the_photo_that_changed_is_asked_for(view, qtbot):
    with qtbot.waitSignal(view.images_wanted) as signal:
        view.show_pair(photo(1), photo(3))
    assert signal.args == [[3]]
    with qtbot.assertNotEmitted(view.images_wanted):
        view.show_pair(photo(1), photo(3))


def test_a_late_image_is_left_out(view):
    view.show_pair(photo(1), photo(3))
    view.set_image(2, picture(40, 30, 0x00FF00))
    assert color(view, 0.75) != "#00ff00"


def test_escape_closes(view, qtbot):
    with qtbot.waitSignal(view.closed):
        qtbot.keyClick(view, Qt.Key.Key_Escape)


def test_a_mode_button_does_what_its_key_does(view):
    button = view._buttons.buttons()[2]
    button.click()
    assert view.canvas.mode is CompareMode.DIFFERENCE
