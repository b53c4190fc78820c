from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from photofind.core.types import Filters, IndexProgress, PhotoTerm, Query, RootState, TextTerm
from tests.gui.samples import make_image, make_photo, make_result
from tests.gui.window_samples import ROOT, Bench, make_bench


@pytest.fixture
def bench(qtbot, library_home) -> Bench:
    bench = make_bench(qtbot, library_home)
    bench.show([51, 52, 53])
    return bench


def search_for(bench: Bench, text: str) -> None:
    bench.window.parts.search.focus_field()
    bench.window.parts.search._edit.setText(text)
    bench.qtbot.keyClick(bench.window.parts.search._edit, Qt.Key.Key_Return)


def test_a_selected_photo_is_looked_up_soon_whatever_its_id(qtbot, bench):
    bench.show([900_000])
    before = bench.browsing._selection._token
    bench.window.parts.grid.go_to(900_000)
    qtbot.waitUntil(lambda: bench.browsing._selection._token > before, timeout=1000)


def test_an_answer_to_an_older_search_is_left_out(bench):
    old = bench.browsing._token
    search_for(bench, "dog")
    bench.readers.search.search_finished.emit(old, make_result([9]))
    assert bench.model.ids.tolist() == [51, 52, 53]


def test_no_page_flashes_up_before_the_first_answer(qtbot, library_home):
    bench = make_bench(qtbot, library_home)
    assert bench.window.shows_photos
    bench.show([])
    assert not bench.window.shows_photos


def test_an_impossible_search_stays_explained_while_the_library_changes(bench):
    search_for(bench, "dog")
    bench.readers.search.search_failed.emit(bench.browsing._token, "The engine is not there.")
    bench.browsing.on_roots_changed([ROOT])
    assert "The engine is not there." in bench.window.parts.message.text()
    assert bench.window.parts.message.isVisible()


def test_show_all_asks_again_even_where_nothing_was_asked_for(bench):
    bench.readers.search.search_failed.emit(bench.browsing._token, "The catalog is busy.")
    count = bench.searches()
    bench.window.parts.message.action_clicked.emit()
    assert bench.searches() == count + 1


def test_photos_of_a_root_that_went_offline_are_looked_up_again(qtbot, bench):
    bench.browsing.on_roots_changed([ROOT])
    assert bench.model.photo(51) is not None
    with qtbot.waitSignal(bench.model.photos_dropped):
        bench.browsing.on_roots_changed([replace(ROOT, state=RootState.OFFLINE)])
    assert bench.model.photo(51) is None


def test_a_refusal_is_said_no_longer_than_it_holds(bench):
    parts = bench.window.parts
    parts.search.query_refused.emit("“20x5” is not a date.")
    assert parts.status.text() == "“20x5” is not a date."
    search_for(bench, "dog")
    bench.show([52])
    assert "is not a date" not in parts.status.text()


def test_a_new_search_answers_an_open_question_with_no(bench):
    question = bench.window.parts.question
    question.ask("Fetch the picture from example.org?", "Fetch", "https://example.org/a.jpg")
    search_for(bench, "dog")
    assert question.isHidden()


def test_a_search_that_failed_counts_no_photos_as_shown(bench):
    search_for(bench, "dog")
    bench.readers.search.search_failed.emit(bench.browsing._token, "The file is empty.")
    assert " of " not in bench.window.parts.status.text()


def test_a_refresh_that_fails_leaves_the_photos_on_show(bench):
    bench.browsing.refresh()
    bench.readers.search.search_failed.emit(bench.browsing._token, "The engine is starting.")
    assert bench.window.shows_photos
    assert bench.window.parts.status.text() == "The engine is starting."


def test_an_empty_folder_is_said_to_be_empty_when_all_was_looked_at(bench):
    bench.show([])
    assert "looking through" in bench.window.parts.message.text()
    bench.browsing.on_progress_changed(IndexProgress("scanning"))
    bench.browsing.on_progress_changed(IndexProgress("idle"))
    assert "There are none" in bench.window.parts.message.text()


def test_clearing_the_search_leaves_the_chosen_folder(bench):
    parts = bench.window.parts
    item = parts.folders._tree.topLevelItem(1)
    parts.folders._tree.setCurrentItem(item)
    assert bench.browsing._query.filters == Filters(root_id=1)
    parts.search.clear()
    assert parts.folders._tree.currentItem() is parts.folders._all
    parts.folders._tree.setCurrentItem(item)
    assert bench.browsing._query.filters == Filters(root_id=1)


def test_escape_in_the_grid_goes_back_to_the_whole_library(qtbot, bench):
    search_for(bench, "dog")
    bench.show([52])
    bench.window.parts.grid.setFocus()
    qtbot.keyClick(bench.window.parts.grid, Qt.Key.Key_Escape)
    assert bench.browsing._query == Query()


def test_letters_go_into_the_field_from_a_page_without_photos(qtbot, bench):
    search_for(bench, "dog")
    bench.show([])
    page = bench.window.parts.message
    page._action.setFocus()
    qtbot.keyClick(page._action, "c")
    assert bench.window.parts.search._edit.text() == "c"


def test_similar_to_several_photos_makes_a_chip_for_each(bench):
    bench.browsing.find_like([51, 53])
    assert bench.browsing._query.terms == (PhotoTerm(51), PhotoTerm(53))


def test_what_is_not_at_hand_is_looked_up_before_it_is_used(bench):
    bench.show([61, 62], loaded=False)
    got: list[list[str]] = []
    bench.browsing.with_photos([61, 62], lambda photos: got.append([p.name for p in photos]))
    assert got == []
    token = bench.readers.lookup._collections
    bench.readers.lookup.all_found.emit(token, [make_photo(61), make_photo(62)])
    assert got == [["picture-61.jpg", "picture-62.jpg"]]


def test_a_drag_that_leaves_photos_out_says_so(bench):
    assert bench.browsing.paths_of([51, 999]) == [Path("/photos/picture-51.jpg")]
    assert "Only 1" in bench.window.parts.status.text()


def test_the_notice_of_a_search_is_not_repeated_by_refreshes(bench):
    said: list[str] = []
    bench.window.parts.status.show_message = said.append  # type: ignore[method-assign]
    search_for(bench, "dog")
    terms = (TextTerm("dog"),)
    result = replace(make_result([51], terms), notice="Two photos are not searchable yet.")
    bench.readers.search.search_finished.emit(bench.browsing._token, result)
    bench.browsing.refresh()
    bench.readers.search.search_finished.emit(bench.browsing._token, result)
    assert said == ["Two photos are not searchable yet."]


def test_stepping_on_forgets_the_sharp_picture_of_the_photo_before(bench):
    render = bench.readers.render
    bench.browsing.preview.open(51)
    first = render._tokens
    bench.browsing.preview.step(1)
    assert first in render._dropped
    render.rendered.emit(render._tokens, make_image(1500, 1000, "#22cc22"))
    assert bench.browsing.preview._sharp


def test_a_folded_details_panel_has_no_picture_read(bench):
    render, lookup = bench.readers.render, bench.readers.lookup
    bench.window.parts.grid.go_to(52)
    bench.browsing._selection._on_rested()
    lookup.selection_found.emit(bench.browsing._selection._token, [make_photo(52)], 1000)
    assert render._tokens == 0
    bench.window.show_details(True)
    assert render._tokens == 1


def test_ctrl_f_leaves_the_preview(qtbot, bench):
    bench.browsing.preview.open(51)
    bench.window.search_entered.emit()
    assert not bench.browsing.preview.isVisible()


def test_the_newest_photos_come_at_once_and_then_all_others(qtbot, library_home):
    bench = make_bench(qtbot, library_home)
    bench.browsing.start()
    first = bench.browsing._token
    newest = make_result(range(1, 2001))
    newest = replace(newest, query=Query(limit=2000))
    bench.readers.search.search_finished.emit(first, newest)
    assert bench.model.rowCount() == 2000
    assert bench.model.query == Query()
    assert bench.browsing._token > first
    bench.readers.search.search_finished.emit(bench.browsing._token, make_result(range(1, 2501)))
    assert bench.model.rowCount() == 2500


def test_a_small_library_is_asked_for_once(qtbot, library_home):
    bench = make_bench(qtbot, library_home)
    bench.browsing.start()
    only = replace(make_result([1, 2, 3]), query=Query(limit=2000))
    bench.readers.search.search_finished.emit(bench.browsing._token, only)
    assert bench.model.rowCount() == 3
    assert not bench.browsing._under_way


def test_a_loaded_index_asks_again_only_for_what_was_searched(bench):
    count = bench.searches()
    bench.browsing.on_index_loaded()
    assert bench.searches() == count
    search_for(bench, "dog")
    bench.browsing.on_index_loaded()
    assert bench.searches() == count + 2
