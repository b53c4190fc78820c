import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QToolButton, QWidget

from photofind.gui.theme import apply_theme
from tests.gui.window_samples import Bench, make_bench


@pytest.fixture
def bench(qtbot, library_home) -> Bench:
    bench = make_bench(qtbot, library_home)
    bench.show([51, 52, 53])
    return bench


def test_geometry_and_panels_are_remembered(bench):
    bench.window.show_folders(True)
    bench.window.resize(740, 560)
    bench.window._splitter.setSizes([260, 480, 0])
    geometry, state = bench.window.geometry_text(), bench.window.state_text()
    sizes = bench.window._splitter.sizes()
    bench.window.resize(700, 500)
    bench.window._splitter.setSizes([200, 500, 0])
    bench.window.restore(geometry, state)
    assert (bench.window.width(), bench.window.height()) == (740, 560)
    assert bench.window._splitter.sizes()[0] == sizes[0]


def test_damaged_memories_are_left_alone(bench):
    before = bench.window.size()
    bench.window.restore("no base64!", "bm9uc2Vuc2U=")
    assert bench.window.size() == before


def test_the_first_size_fits_the_screen(bench):
    room = bench.window.screen().availableGeometry()
    assert bench.window.width() <= room.width()
    assert bench.window.height() <= room.height()


def test_slider_and_grid_follow_each_other(bench):
    bench.window.zoom.setValue(150)
    assert bench.window.parts.grid.tile_height == 150
    bench.window.parts.grid.zoom_by(1)
    assert bench.window.zoom.value() == bench.window.parts.grid.tile_height > 150


def test_tab_goes_from_the_field_to_the_buttons_beside_it(qtbot, bench):
    bench.window.parts.search.focus_field()
    reached: list[QWidget] = []
    for _ in range(6):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        reached.append(QApplication.focusWidget())
    names = [widget.accessibleName() for widget in reached]
    place = names.index("Find duplicates…")
    assert names[place : place + 4] == ["Find duplicates…", "Details", "Menu", "Photos"]


@pytest.mark.parametrize("width", [700, 1400])
def test_the_field_stands_in_the_middle_of_the_window(qtbot, bench, width):
    bench.window.resize(width, 600)
    field, window = bench.window.parts.search.field, bench.window
    qtbot.waitUntil(lambda: window.width() == width)
    centre = field.mapTo(window, field.rect().center()).x()
    assert abs(centre - width / 2) <= 2


def test_everything_that_takes_the_keyboard_has_a_name(bench):
    bench.window.show_folders(True)
    bench.window.show_details(True)
    nameless = [
        widget
        for widget in bench.window.findChildren(QWidget)
        if widget.isVisible()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not (widget.accessibleName() or getattr(widget, "text", str)())
    ]
    assert nameless == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_buttons_are_seen_on_either_ground(qapp, bench, theme):
    apply_theme(qapp, theme)
    menu = next(
        button
        for button in bench.window.findChildren(QToolButton)
        if button.accessibleName() == "Menu"
    )
    place = QRect(menu.mapTo(bench.window, QPoint(0, 0)), menu.size())
    picture = bench.window.grab(place).toImage()
    shades = {
        picture.pixelColor(x, y).lightness()
        for x in range(picture.width())
        for y in range(picture.height())
    }
    assert max(shades) - min(shades) > 120


def test_closing_is_announced_once(qtbot, bench):
    closed: list[None] = []
    bench.window.closed.connect(lambda: closed.append(None))
    bench.window.close()
    assert closed == [None]
