import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QImage

from photofind.core.types import TextTerm
from photofind.gui.grid_layout import Section
from photofind.gui.photo_model import PhotoModel, PhotoRole
from tests.gui.samples import make_image, make_photo, make_result

DOG = (TextTerm("dog"),)


@pytest.fixture
def model(qapp):
    model = PhotoModel()
    model.set_result(make_result([30, 10, 20, 50, 40], DOG, strong=3))
    return model


def test_rows_are_the_hits_in_order(model):
    assert model.rowCount() == 5
    assert [model.data(model.index(row), PhotoRole.ID) for row in range(5)] == [30, 10, 20, 50, 40]
    assert model.data(model.index(0), PhotoRole.SCORE) == pytest.approx(0.4)
    assert model.data(model.index(0), PhotoRole.WHY) == ("content",)
    assert model.data(model.index(0), PhotoRole.COLOR).name() == "#336699"
    assert model.data(QModelIndex(), PhotoRole.ID) is None
    assert model.rowCount(model.index(0)) == 0


def test_the_model_keeps_qts_own_contract(qapp, qtmodeltester, model):
    qtmodeltester.check(model)
    model.insert_newest([7], [1.0], [0])
    model.remove_ids([10])
    qtmodeltester.check(model)


def test_weaker_matches_are_a_section_only_in_a_search(model):
    assert model.sections == (Section(3, "Weaker matches"),)
    model.set_result(make_result(range(5), strong=3))
    assert model.sections == ()
    model.set_result(make_result(range(5), DOG))
    assert model.sections == ()


def test_ids_are_found_again_after_changes(model):
    assert [model.row_of(each) for each in (30, 40, 99)] == [0, 4, -1]
    model.insert_newest([7, 8], [1.0, 2.0], [1, 2])
    assert model.rows_of([40, 7, 99, 8]).tolist() == [0, 1, 6]
    model.remove_ids([30])
    assert model.row_of(40) == 5
    model.clear()
    assert model.row_of(40) == -1


def test_new_photos_come_on_top_once(model, qtbot):
    model.set_result(make_result([1, 2]))
    with qtbot.waitSignal(model.rowsInserted) as inserted:
        model.insert_newest([9, 2, 8, 9], [1.5, 1.0, 2.0, 1.5], [1, 2, 3, 1])
    assert inserted.args[1:] == [0, 1]
    assert model.ids.tolist() == [9, 8, 1, 2]
    assert model.aspects[:2].tolist() == [1.5, 2.0]
    with qtbot.assertNotEmitted(model.rowsInserted):
        model.insert_newest([9], [1.0], [1])


def test_removed_photos_leave_in_runs(model, qtbot):
    removed = []
    model.rowsRemoved.connect(lambda _, first, last: removed.append((first, last)))
    model.remove_ids([30, 10, 50, 99])
    assert removed == [(3, 3), (0, 1)]
    assert model.ids.tolist() == [20, 40]
    assert model.sections == (Section(1, "Weaker matches"),)
    assert model.why(1) == ("content",)


def test_many_scattered_removals_are_one_reset(model, qtbot):
    model.set_result(make_result(range(1000)))
    with qtbot.waitSignal(model.modelReset):
        model.remove_ids(range(0, 1000, 2))
    assert model.ids.tolist() == list(range(1, 1000, 2))


def test_what_is_visible_is_asked_for_once(model, qtbot):
    with qtbot.waitSignal(model.thumbnails_wanted) as wanted:
        model.request([30, 10])
    assert wanted.args == [[30, 10]]
    with qtbot.assertNotEmitted(model.thumbnails_wanted):
        model.request([30, 10])


def test_what_scrolled_away_is_forgotten(model, qtbot):
    model.request([30, 10])
    forgotten, wanted = [], []
    model.thumbnails_forgotten.connect(forgotten.extend)
    model.thumbnails_wanted.connect(wanted.extend)
    model.request([10, 20])
    assert forgotten == [30]
    assert wanted == [10, 20]


def test_pictures_at_hand_or_drawn_are_not_asked_for(model, qtbot):
    model.on_thumbnail_loaded(30, make_image())
    model.on_photo_loaded(30, make_photo(30))
    wanted, rows = [], []
    model.thumbnails_wanted.connect(wanted.extend)
    model.photos_wanted.connect(rows.extend)
    model.request([30, 10], drawn=[10])
    assert wanted == []
    assert rows == [10]


def test_a_missing_thumbnail_is_not_asked_for_again_until_refreshed(model, qtbot):
    model.on_thumbnails_missing([30])
    model.on_thumbnail_loaded(10, QImage())
    with qtbot.assertNotEmitted(model.thumbnails_wanted):
        model.request([30, 10])
    model.refresh([30])
    with qtbot.waitSignal(model.thumbnails_wanted) as wanted:
        model.request([30, 10])
    assert wanted.args == [[30]]


def test_a_burst_of_arrivals_is_one_change(model, qtbot):
    changes = []
    model.dataChanged.connect(lambda top, bottom: changes.append((top.row(), bottom.row())))
    for photo_id in (40, 10, 20):
        model.on_thumbnail_loaded(photo_id, make_image())
    model.on_photos_loaded([make_photo(10), make_photo(99)])
    qtbot.waitUntil(lambda: bool(changes))
    assert changes == [(1, 4)]


def test_thumbnails_are_bounded_and_the_longest_unused_goes(qapp):
    model = PhotoModel(thumbnail_bytes=3 * 100 * 100 * 4)
    model.set_result(make_result(range(1, 6)))
    for photo_id in (1, 2, 3):
        model.on_thumbnail_loaded(photo_id, make_image(100, 100))
    assert model.pixmap(1) is not None
    model.on_thumbnail_loaded(4, make_image(100, 100))
    assert model.pixmap(2) is None
    assert model.pixmap(1) is not None


def test_a_changed_file_shows_no_old_picture(model, qtbot):
    model.on_thumbnail_loaded(30, make_image())
    model.on_photo_loaded(30, make_photo(30))
    with qtbot.waitSignal(model.photos_dropped) as dropped:
        model.refresh([30])
    assert dropped.args == [[30]]
    assert model.pixmap(30) is None
    assert model.photo(30) is None


def test_a_row_is_described_for_those_who_listen(model):
    model.on_photo_loaded(30, make_photo(30, offline=True))
    text = model.data(model.index(0), Qt.ItemDataRole.AccessibleTextRole)
    assert text == "picture-30.jpg, 17 May 2024, score 0.40, offline"
    assert model.describe(1) == "photo, score 0.32"
    assert model.describe(99) == "photo"


def test_a_hundred_thousand_ids_are_found_at_once(qapp):
    model = PhotoModel()
    ids = np.random.default_rng(0).permutation(100_000) + 1
    model.set_result(make_result(ids))
    rows = model.rows_of(ids[::1000].tolist())
    assert rows.tolist() == list(range(0, 100_000, 1000))
