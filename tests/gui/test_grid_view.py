import json
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QItemSelectionModel, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QContextMenuEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from photofind.core.types import TextTerm
from photofind.gui.drag_out import photo_data
from photofind.gui.drops import PHOTO_IDS_FORMAT
from photofind.gui.grid_view import MAX_TILE, MIN_TILE, GridView
from photofind.gui.photo_model import PhotoModel
from tests.gui.samples import make_image, make_photo, make_result

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot):
    model = PhotoModel()
    view = GridView(model, lambda ids: [Path(f"/photos/{each}.jpg") for each in ids])
    model.setParent(view)
    qtbot.addWidget(view)
    view.resize(800, 600)
    view.show()
    model.set_result(make_result(range(1, 501)))
    return view


def middle(view: GridView, row: int) -> QPoint:
    return view.visualRect(view.model().index(row)).center()


def click(qtbot, view: GridView, row: int, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.mouseClick(view.viewport(), LEFT, modifiers, middle(view, row))


def test_every_visible_photo_is_found_under_its_middle(view):
    view.verticalScrollBar().setValue(1234)
    rows = [row for row in range(500) if view.viewport().rect().contains(middle(view, row))]
    assert len(rows) > 5
    assert [view.indexAt(middle(view, row)).row() for row in rows] == rows
    assert not view.indexAt(QPoint(799, 0)).isValid()


def test_a_click_selects_one_and_shift_a_range_in_order(qtbot, view):
    click(qtbot, view, 1)
    assert view.selected_ids() == [2]
    click(qtbot, view, 6, SHIFT)
    assert view.selected_ids() == [2, 3, 4, 5, 6, 7]
    click(qtbot, view, 0, SHIFT)
    assert view.selected_ids() == [1, 2]
    click(qtbot, view, 4, CTRL)
    assert view.selected_ids() == [1, 2, 5]
    click(qtbot, view, 4, CTRL)
    assert view.selected_ids() == [1, 2]


def test_a_rubber_band_selects_what_it_touches(qtbot, view):
    port, start = view.viewport(), QPoint(1, 1)
    end = view.visualRect(view.model().index(1)).topLeft() + QPoint(30, 30)
    qtbot.mousePress(port, LEFT, pos=start)
    qtbot.mouseMove(port, end)
    _drag(view, start, end)
    qtbot.mouseRelease(port, LEFT, pos=end)
    assert view.selected_ids() == [1, 2]


def _drag(view: GridView, start: QPoint, end: QPoint) -> None:
    """Move with the button held; qtbot's mouseMove holds none."""
    from PySide6.QtGui import QMouseEvent

    for step in (0.5, 0.9, 1.0):
        point = QPointF(start) + (QPointF(end) - QPointF(start)) * step
        moved = QMouseEvent(
            QEvent.Type.MouseMove,
            point,
            QPointF(view.viewport().mapToGlobal(point.toPoint())),
            LEFT,
            LEFT,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(view.viewport(), moved)


def test_arrows_walk_by_geometry(qtbot, view):
    click(qtbot, view, 0)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.current_id() == 2
    here = view.visualRect(view.currentIndex())
    qtbot.keyClick(view, Qt.Key.Key_Down)
    below = view.visualRect(view.currentIndex())
    assert below.top() > here.bottom()
    assert below.left() <= here.center().x() <= below.right()
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert view.visualRect(view.currentIndex()).top() == here.top()
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert view.current_id() == 500
    assert view.viewport().rect().contains(view.visualRect(view.currentIndex()))
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.current_id() == 500
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert view.current_id() == 1
    assert view.verticalOffset() == 0


def test_page_keys_move_by_about_a_screen(qtbot, view):
    click(qtbot, view, 0)
    qtbot.keyClick(view, Qt.Key.Key_PageDown)
    moved = view.verticalOffset() + view.visualRect(view.currentIndex()).top()
    assert 200 < moved <= 600
    qtbot.keyClick(view, Qt.Key.Key_PageUp)
    assert view.current_id() == 1


def test_shift_and_arrows_grow_the_selection_from_its_start(qtbot, view):
    click(qtbot, view, 3)
    for _ in range(3):
        qtbot.keyClick(view, Qt.Key.Key_Right, SHIFT)
    assert view.selected_ids() == [4, 5, 6, 7]
    qtbot.keyClick(view, Qt.Key.Key_Home, SHIFT)
    assert view.selected_ids() == [1, 2, 3, 4]
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.selected_ids() == [2]


def test_keys_say_what_they_ask_for(qtbot, view):
    click(qtbot, view, 2)
    with qtbot.waitSignal(view.photo_activated) as activated:
        qtbot.keyClick(view, Qt.Key.Key_Return)
    with qtbot.waitSignal(view.preview_requested) as preview:
        qtbot.keyClick(view, Qt.Key.Key_Space)
    click(qtbot, view, 4, SHIFT)
    with qtbot.waitSignal(view.delete_requested) as delete:
        qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert activated.args == [3]
    assert preview.args == [3]
    assert delete.args == [[3, 4, 5]]
    with qtbot.waitSignal(view.text_typed) as typed:
        qtbot.keyClick(view, Qt.Key.Key_D)
    assert typed.args == ["d"]


def test_control_space_picks_photos_one_by_one(qtbot, view):
    click(qtbot, view, 0)
    qtbot.keyClick(view, Qt.Key.Key_Right, CTRL)
    qtbot.keyClick(view, Qt.Key.Key_Right, CTRL)
    qtbot.keyClick(view, Qt.Key.Key_Space, CTRL)
    assert view.selected_ids() == [1, 3]


def test_control_a_selects_all_and_reports_it_once_counted(qtbot, view):
    counts = []
    view.selection_changed.connect(lambda _, count: counts.append(count))
    qtbot.keyClick(view, Qt.Key.Key_A, CTRL)
    assert counts[-1] == 500
    assert len(view.selected_ids()) == 500


def test_keys_do_nothing_in_an_empty_grid(qtbot, view):
    view.model().clear()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_End, Qt.Key.Key_Return, Qt.Key.Key_Delete):
        qtbot.keyClick(view, key)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert view.current_id() == 0
    assert view.selected_ids() == []


def test_a_right_click_beside_the_selection_selects_that_photo(qtbot, view):
    click(qtbot, view, 0)
    with qtbot.waitSignal(view.context_menu_requested) as menu:
        _right_click(view, middle(view, 2))
    assert menu.args[1] == [3]
    click(qtbot, view, 4, SHIFT)
    with qtbot.waitSignal(view.context_menu_requested) as menu:
        _right_click(view, middle(view, 3))
    assert menu.args[1] == view.selected_ids()
    assert len(menu.args[1]) > 1


def _right_click(view: GridView, point: QPoint) -> None:
    port = view.viewport()
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(port, QContextMenuEvent(reason, point, port.mapToGlobal(point)))


def test_the_menu_key_opens_the_menu_at_the_current_photo(qtbot, view):
    click(qtbot, view, 2)
    with qtbot.waitSignal(view.context_menu_requested) as menu:
        event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint())
        QApplication.sendEvent(view.viewport(), event)
    assert view.viewport().mapFromGlobal(menu.args[0]) == middle(view, 2)


def test_resizing_keeps_the_first_photo_in_view(view):
    view.verticalScrollBar().setValue(3000)
    row = view._first_visible()
    top = view.visualRect(view.model().index(row)).top()
    for width in (700, 520, 910, 800):
        view.resize(width, 600)
        assert view.visualRect(view.model().index(row)).top() == pytest.approx(top, abs=1)


def test_zooming_keeps_the_photo_under_the_pointer(view):
    view.verticalScrollBar().setValue(3000)
    row, top = view.indexAt(QPoint(300, 300)).row(), 0
    top = view.visualRect(view.model().index(row)).top()
    event = QWheelEvent(
        QPointF(300, 300),
        QPointF(view.viewport().mapToGlobal(QPoint(300, 300))),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        CTRL,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)
    assert view.tile_height == 242
    assert view.visualRect(view.model().index(row)).top() == pytest.approx(top, abs=1)


def test_zoom_stays_in_its_bounds_and_is_announced(qtbot, view):
    with qtbot.waitSignal(view.tile_height_changed) as changed:
        view.set_tile_height(5000)
    assert changed.args == [MAX_TILE]
    view.zoom_by(-100)
    assert view.tile_height == MIN_TILE
    with qtbot.assertNotEmitted(view.tile_height_changed):
        view.zoom_by(-1)


def test_new_photos_on_top_do_not_push_away_what_one_looks_at(view):
    view.verticalScrollBar().setValue(2000)
    row = view._first_visible()
    photo_id, top = view.model().id_at(row), view.visualRect(view.model().index(row)).top()
    view.model().insert_newest(range(1000, 1040), [1.5] * 40, [0] * 40)
    moved = view.model().index(view.model().row_of(photo_id))
    assert view.visualRect(moved).top() == pytest.approx(top, abs=1)


def test_new_photos_show_at_once_at_the_top(view):
    view.model().insert_newest([1000], [1.5], [0])
    assert view.verticalOffset() == 0


def test_selection_follows_its_photos_through_inserts_and_removals(qtbot, view):
    click(qtbot, view, 3)
    view.model().insert_newest([1000, 1001], [1.5, 1.0], [0, 0])
    assert view.selected_ids() == [4]
    view.model().remove_ids([1000, 2])
    assert view.selected_ids() == [4]
    view.model().remove_ids([4])
    assert 4 not in view.selected_ids()


def test_a_new_answer_to_the_same_query_keeps_selection_and_place(qtbot, view):
    view.verticalScrollBar().setValue(2000)
    row = view._first_visible()
    view.go_to(view.model().id_at(row))
    offset, current = view.verticalOffset(), view.current_id()
    view.model().set_result(make_result(range(1, 520)))
    assert view.verticalOffset() == offset
    assert view.current_id() == current
    assert view.selected_ids() == [current]


def test_an_answer_to_another_query_begins_at_the_top(view):
    view.go_to(400)
    assert view.verticalOffset() > 0
    view.model().set_result(make_result(range(1, 501), (TextTerm("dog"),), strong=5))
    assert view.verticalOffset() == 0
    assert view.selected_ids() == []


def test_visible_photos_are_asked_for_first_then_those_nearby(qtbot, view):
    with qtbot.waitSignal(view.model().thumbnails_wanted) as wanted:
        view.verticalScrollBar().setValue(20_000)
    ids, screen = wanted.args[0], view.viewport().rect()
    inside = [view.visualRect(view.model().index(each - 1)).intersects(screen) for each in ids]
    count = sum(inside)
    assert 0 < count < len(ids) < 6 * count
    assert all(inside[:count])


def test_what_is_drawn_already_is_not_asked_for(qtbot, view):
    model = view.model()
    model.thumbnails_wanted.connect(
        lambda ids: [model.on_thumbnail_loaded(each, make_image()) for each in ids]
    )
    view.verticalScrollBar().setValue(500)
    qtbot.waitUntil(lambda: model.pixmap(model.id_at(view._first_visible())) is not None)
    first = view._first_visible()

    def drawn() -> bool:
        view.grab()  # more than once where the machine is busy: the rest is drawn roughly first
        return view._painter.sharp(model.id_at(first), view.visualRect(model.index(first)).size())

    qtbot.waitUntil(drawn)


def test_a_changed_photo_in_view_is_asked_for_again(qtbot, view):
    model = view.model()
    model.thumbnails_wanted.connect(
        lambda ids: [model.on_thumbnail_loaded(each, make_image()) for each in ids]
    )
    qtbot.waitUntil(lambda: model.pixmap(1) is not None)
    view.grab()
    with qtbot.waitSignal(model.thumbnails_wanted) as wanted:
        model.refresh([1])
    assert wanted.args == [[1]]


def test_scrolling_to_a_photo_moves_no_further_than_needed(view):
    index = view.model().index(100)
    view.scrollTo(index)
    assert view.viewport().rect().contains(view.visualRect(index))
    offset = view.verticalOffset()
    view.scrollTo(index)
    assert view.verticalOffset() == offset
    view.scrollTo(index, view.ScrollHint.PositionAtTop)
    assert view.visualRect(index).top() <= 8


def test_squares_and_whole_pictures_both_hold_every_photo(view):
    view.set_squares(True)
    rect = view.visualRect(view.model().index(0))
    assert rect.width() == pytest.approx(rect.height(), abs=1)
    view.set_squares(False)
    rect = view.visualRect(view.model().index(0))
    assert rect.width() < rect.height()  # id 1 is upright


def test_the_selections_region_covers_its_tiles(view):
    selection = view.selectionModel()
    selection.select(view.model().index(2), QItemSelectionModel.SelectionFlag.Select)
    region = view.visualRegionForSelection(selection.selection())
    assert region.contains(view.visualRect(view.model().index(2)))
    assert not region.contains(middle(view, 4))


def test_photos_are_dragged_out_as_files_with_a_mark_of_their_own(qapp):
    data = photo_data([3, 5], [Path("/photos/ä b.jpg"), Path("/photos/c.jpg")])
    assert [url.toLocalFile() for url in data.urls()] == ["/photos/ä b.jpg", "/photos/c.jpg"]
    assert json.loads(bytes(data.data(PHOTO_IDS_FORMAT).data())) == [3, 5]


def test_the_pointer_leaves_its_mark_only_where_it_is(view):
    model = view.model()
    model.on_photo_loaded(1, make_photo(1))
    rect = view.visualRect(model.index(0))
    view._set_hovered(rect.center())
    hovered = view.grab(QRect(rect.topLeft(), rect.size())).toImage()
    view._set_hovered(QPoint(-1, -1))
    plain = view.grab(QRect(rect.topLeft(), rect.size())).toImage()
    assert hovered.pixelColor(10, 5) == plain.pixelColor(10, 5)
    low = rect.height() - 4
    assert hovered.pixelColor(3, low).lightness() < plain.pixelColor(3, low).lightness()


def test_no_photo_is_current_before_a_key_or_a_click_has_chosen_one(qtbot, view):
    view.setFocus(Qt.FocusReason.ActiveWindowFocusReason)
    qtbot.waitUntil(view.hasFocus)
    assert view.current_id() == 0


def test_entering_the_grid_selects_the_first_photo_unless_some_are_selected(qtbot, view):
    view.enter()
    assert view.selected_ids() == [1]
    click(qtbot, view, 3)
    view.enter()
    assert view.selected_ids() == [4]
