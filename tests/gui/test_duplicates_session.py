import pytest

from photofind.gui.duplicates_session import DuplicatesSession
from photofind.workers.duplicate_thread import DuplicateThread
from photofind.workers.encoder_slot import EncoderSlot
from tests.gui.duplicates_samples import group
from tests.gui.window_samples import make_bench, make_report


@pytest.fixture
def session(qtbot, library_home):
    bench = make_bench(qtbot, library_home)
    finder = DuplicateThread(library_home, EncoderSlot())
    session = DuplicatesSession(finder, bench.library, bench.readers, bench.actions)
    session.bench, session.finder = bench, finder
    session.open()
    qtbot.addWidget(session.window)
    return session


def test_opening_again_shows_the_same_window(session):
    window = session.window
    session.close()
    session.open()
    assert session.window is window
    assert window.isVisible()


def test_groups_of_the_finder_are_shown_and_trashed_through_the_library(session):
    session.finder.groups_found.emit([group(1, 2)])
    session.window.trash_requested.emit([2])
    assert session.bench.library.trashed == [[2]]
    session.bench.library.trash_moved.emit(make_report([2], 5))
    assert session.window.review.groups == []
    session.window.undo_requested.emit(5)
    assert session.bench.library.restored == [5]
    session.bench.library.trash_restored.emit(make_report([2], 5))
    assert [each.ids for each in session.window.review.groups] == [(1, 2)]


def test_a_new_search_does_not_hear_the_cancel_of_the_one_before(session):
    first = session.finder._inbox.get_nowait()
    session.window.search_cancelled.emit()
    session.window.search_requested.emit(0.9)
    second = session.finder._inbox.get_nowait()
    assert first.cancelled.is_set()
    assert not second.cancelled.is_set()


def test_pictures_that_are_no_longer_compared_are_not_read(session):
    render = session.bench.readers.render
    session.window.images_wanted.emit([1, 2])
    session.window.images_wanted.emit([1, 3])
    assert render._dropped == {2}
