"""Which thumbnails are loaded, and in which order. The thread itself is not started."""

import pytest

from photofind.core.paths import LibraryPaths
from photofind.workers.thumbnail_thread import ThumbnailThread


@pytest.fixture
def thread(qapp, library_home: LibraryPaths) -> ThumbnailThread:
    return ThumbnailThread(library_home)


def test_the_newest_request_comes_first_and_in_its_order(thread):
    thread.want([1, 2, 3])
    thread.want([7, 2])
    assert thread._next() == [7, 2, 1, 3]


def test_what_is_out_of_sight_is_not_loaded(thread):
    thread.want([1, 2, 3])
    thread.forget([2, 99])
    assert thread._next() == [1, 3]


def test_what_another_view_waits_for_is_loaded_though_the_grid_scrolled_past(thread):
    thread.want([1, 2], keep=True)
    thread.want([2, 3])
    thread.forget([1, 2, 3])
    assert thread._next() == [2, 1]
