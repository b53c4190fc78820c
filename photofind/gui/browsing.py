"""From a query to a filled grid.

Connects the search field, the grid and the folders with the threads that read the library.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from photofind.core.types import (
    Filters,
    IndexProgress,
    Photo,
    PhotoTerm,
    Query,
    Root,
    SearchResult,
)
from photofind.gui.main_window import MainWindow
from photofind.gui.photo_model import PhotoModel
from photofind.gui.photo_selection import PhotoSelection
from photofind.gui.picture_requests import PictureRequests
from photofind.gui.preview import Preview
from photofind.workers.lookup_thread import LookupThread
from photofind.workers.render_thread import RenderThread
from photofind.workers.search_thread import SearchThread
from photofind.workers.thumbnail_thread import ThumbnailThread

_REFRESH_MS = 1500  # between two looks at a library that is filling
_PHOTOS_PER_MS = 100  # a larger library is looked at less often
_FIRST_PAGE = 2000  # photos shown at the start, before the whole library has been listed
_BUSY_MS = 150  # a search that takes longer shows that it is under way


@dataclass(frozen=True, slots=True)
class Readers:
    """The threads that only read the library."""

    search: SearchThread
    thumbnails: ThumbnailThread
    lookup: LookupThread
    render: RenderThread


class Browsing(QObject):
    """What is on show. Everything that changes it comes in through a slot."""

    searched = Signal(object)  # the SearchResult now on show

    def __init__(self, window: MainWindow, model: PhotoModel, readers: Readers) -> None:
        super().__init__(window)
        self._window = window
        self._parts = window.parts
        self._model = model
        self._readers = readers
        self.preview = Preview(model, window.content)
        self._selection = PhotoSelection(window, model, readers.lookup)
        self._pictures = PictureRequests(window, self.preview, model, readers.render)
        self._token = 0
        self._query = Query()
        self._roots: list[Root] = []
        self._ready = False
        self._asked_by_user = True  # the search under way; else the library has changed
        self._under_way = False
        self._answer: SearchResult | str | None = None  # on show, or why there is none
        self._phase = ""  # of indexing, "" while unknown
        self._refresh = self._timer(_REFRESH_MS, self.refresh)
        self._busy = self._timer(_BUSY_MS, self._on_busy)
        self._connect()

    # Commands.

    @Slot()
    def start(self) -> None:
        """The catalog is open: show what is there, the newest at once."""
        self._ready = True
        self._run(most=_FIRST_PAGE)

    @Slot(list)
    def find_like(self, ids: Sequence[int]) -> None:
        """Look for photos like these; what was looked for before goes."""
        for position, photo_id in enumerate(ids):
            photo, pixmap = self._model.photo(photo_id), self._model.pixmap(photo_id)
            name, image = photo.name if photo else "", pixmap.toImage() if pixmap else None
            if position == 0:
                self._parts.search.search_like_photo(photo_id, name, image)
            else:
                self._parts.search.add_term(PhotoTerm(photo_id), name)

    @property
    def roots(self) -> list[Root]:
        return self._roots

    def with_photos(self, ids: Sequence[int], act: Callable[[list[Photo]], object]) -> None:
        """Call `act` with the rows of all these photos: now, or when they have been looked up."""
        self._selection.with_photos(ids, act)

    def photos_of(self, ids: Sequence[int]) -> list[Photo]:
        return self._selection.photos_of(ids)

    def paths_of(self, ids: Sequence[int]) -> list[Path]:
        """Files to drag out."""
        return self._selection.paths_of(ids)

    # What happens in the library.

    @Slot(list)
    def on_photos_indexed(self, ids: list[int]) -> None:
        self._model.refresh(ids)
        self._selection.forget(ids)
        if not self._refresh.isActive():
            self._refresh.start(max(_REFRESH_MS, self._model.rowCount() // _PHOTOS_PER_MS))

    @Slot(list)
    def on_photos_removed(self, ids: list[int]) -> None:
        self._model.remove_ids(ids)
        self._tell_count()
        self._show_page()

    @Slot(list)
    def on_roots_changed(self, roots: list[Root]) -> None:
        before = {root.root_id: root.state for root in self._roots}
        self._roots = roots
        if any(before.get(root.root_id, root.state) != root.state for root in roots):
            self._model.forget_photos()  # which of them are offline
            self._selection.look_again()
        self._tell_count()
        self._show_page()

    @Slot(object)
    def on_progress_changed(self, progress: IndexProgress) -> None:
        if progress.phase != self._phase:
            self._phase = progress.phase
            self._show_page()

    @Slot()
    def on_index_loaded(self) -> None:
        """Searches find more now; a list of the library stays as it is."""
        if self._query.terms:
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Ask again for what is on show: the library or the model has changed."""
        self._run(by_user=False)

    # Searching.

    @Slot(object)
    def _on_query_changed(self, query: Query) -> None:
        self._query = query
        self._parts.status.end_refusal()
        self._parts.question.dismiss()
        self.preview.dismiss()
        self._parts.folders.select(query.filters.root_id, query.filters.folder)
        self._run()

    @Slot()
    def show_all(self) -> None:
        """Back to the whole library."""
        self._parts.search.clear()
        if isinstance(self._answer, str):  # nothing was asked for, and still it failed
            self._run()

    def _run(self, *, by_user: bool = True, most: int | None = None) -> None:
        self._refresh.stop()
        if not self._ready:
            return
        self._asked_by_user = by_user or (self._under_way and self._asked_by_user)
        self._under_way = True
        self._token = self._readers.search.search(replace(self._query, limit=most))
        if by_user:
            self._busy.start()

    @Slot(int, object)
    def _on_search_finished(self, token: int, result: SearchResult) -> None:
        if token != self._token:
            return
        self._end_busy()
        if result.query.limit is not None:
            if len(result.ids) == result.query.limit:
                self._run(by_user=False)
            result = replace(result, query=self._query)
        self._answer = result
        self._model.set_result(result)
        if result.notice and self._asked_by_user:
            self._parts.status.show_message(result.notice)
        self._tell_count()
        self._show_page()
        self.searched.emit(result)

    @Slot(int, str)
    def _on_search_failed(self, token: int, message: str) -> None:
        if token == self._token:
            self._end_busy()
            if self._asked_by_user or not isinstance(self._answer, SearchResult):
                self._answer = message
                self._tell_count()
                self._show_page()
            else:
                self._parts.status.show_message(message)

    @Slot()
    def _on_busy(self) -> None:
        self._parts.search.set_busy(True)

    def _end_busy(self) -> None:
        self._under_way = False
        self._busy.stop()
        self._parts.search.set_busy(False)

    def _show_page(self) -> None:
        """The grid, or what stands in its place when there is nothing to show."""
        if self._answer is None:
            return
        if isinstance(self._answer, str):
            self._window.show_message(
                "This search is not possible", self._answer, "Show all photos"
            )
        elif self._model.rowCount():
            self._window.show_photos()
        elif not self._roots:
            self._window.show_welcome()
        elif self._query != Query():
            self._window.show_message(
                "Nothing found", "Other words may help, or a picture.", "Show all photos"
            )
        elif self._phase == "idle":
            self._window.show_message(
                "No photos found",
                "There are none in your folders yet. New ones appear here by themselves.",
            )
        else:
            self._window.show_message(
                "No photos here yet",
                "photofind is looking through your folders. Photos appear as they are found.",
            )

    def _tell_count(self) -> None:
        total = sum(root.photos for root in self._roots)
        shown = self._model.rowCount()
        if isinstance(self._answer, str):
            self._parts.status.set_library(total)
        elif self._query == Query():
            self._parts.status.set_library(max(total, shown))
        else:
            self._parts.status.set_library(total, shown)

    # Folders.

    @Slot(object, object)
    def _on_folder_selected(self, root_id: int | None, relpath: str | None) -> None:
        if root_id is None:
            self._parts.search.clear()
            return
        root = next((each for each in self._roots if each.root_id == root_id), None)
        name = relpath.rpartition("/")[2] if relpath else root.path.name if root else "folder"
        self._parts.search.set_filter(Filters(root_id=root_id, folder=relpath or None), name)

    @Slot(list)
    def _on_photos_wanted(self, ids: list[int]) -> None:
        self._readers.lookup.look_up(tuple(ids))

    # Wiring.

    def _timer(self, milliseconds: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(slot)
        return timer

    def _connect(self) -> None:
        self._connect_parts()
        self._connect_readers()

    def _connect_parts(self) -> None:
        parts, grid = self._parts, self._parts.grid
        parts.search.query_changed.connect(self._on_query_changed)
        parts.search.query_refused.connect(parts.status.show_refusal)
        parts.search.cleared.connect(grid.setFocus)
        parts.search.down_pressed.connect(grid.enter)
        parts.message.action_clicked.connect(self.show_all)
        self._window.escape_pressed.connect(self.show_all)
        self._window.search_entered.connect(self.preview.dismiss)
        grid.text_typed.connect(parts.search.type_text)
        grid.preview_requested.connect(self.preview.open)
        parts.folders.folder_selected.connect(self._on_folder_selected)
        parts.folders.subfolders_wanted.connect(self._readers.lookup.list_subfolders)
        self.preview.current_changed.connect(grid.go_to)
        self.preview.closed.connect(grid.setFocus)

    def _connect_readers(self) -> None:
        readers, model = self._readers, self._model
        readers.search.prepare = self._parts.grid.ahead.prepare
        readers.search.search_finished.connect(self._on_search_finished)
        readers.search.search_failed.connect(self._on_search_failed)
        readers.lookup.photos_found.connect(model.on_photos_loaded)
        readers.lookup.subfolders_found.connect(self._parts.folders.set_subfolders)
        model.thumbnails_wanted.connect(readers.thumbnails.want)
        model.thumbnails_forgotten.connect(readers.thumbnails.forget)
        model.photos_wanted.connect(self._on_photos_wanted)
        readers.thumbnails.thumbnail_loaded.connect(model.on_thumbnail_loaded)
        readers.thumbnails.photos_loaded.connect(model.on_photos_loaded)
        readers.thumbnails.thumbnails_missing.connect(model.on_thumbnails_missing)
