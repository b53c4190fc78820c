"""From a query to a filled grid, and from a selection to its details.

Connects the search field, the grid and the details panel with the threads that read the library.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from photofind.core.types import (
    Filters,
    Hit,
    Photo,
    PhotoTerm,
    PictureTerm,
    Query,
    Root,
    SearchResult,
)
from photofind.gui.main_window import MainWindow
from photofind.gui.photo_model import PhotoModel
from photofind.gui.preview import Preview
from photofind.workers.lookup_thread import LookupThread
from photofind.workers.render_thread import RenderThread
from photofind.workers.search_thread import SearchThread
from photofind.workers.thumbnail_thread import ThumbnailThread

_REFRESH_MS = 1500  # between two looks at a library that is filling
_PHOTOS_PER_MS = 100  # a larger library is looked at less often
_BUSY_MS = 150  # a search that takes longer shows that it is under way
_SELECTION_MS = 40
_CHIP_SIDE = 96
_DETAILS_SIDE = 640


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
        self._token = 0
        self._query = Query()
        self._roots: list[Root] = []
        self._selected: dict[int, Photo] = {}
        self._selection_token = 0
        self._images: dict[int, object] = {}  # render tokens and what they are for
        self._ready = False
        self._refresh = self._timer(_REFRESH_MS, self._run)
        self._busy = self._timer(_BUSY_MS, self._on_busy)
        self._settle = self._timer(_SELECTION_MS, self._look_at_selection)
        self._connect()

    # Commands.

    @Slot()
    def start(self) -> None:
        """The catalog is open: show what is there."""
        self._ready = True
        self._run()

    def search(self, query: Query) -> None:
        """Show the answer to a query, in chips and in the grid."""
        self._parts.search.set_query(query)
        self._on_query_changed(query)

    def find_similar(self, photo_id: int) -> None:
        photo = self._model.photo(photo_id)
        pixmap = self._model.pixmap(photo_id)
        self._parts.search.search_like_photo(
            photo_id, photo.name if photo else "", pixmap.toImage() if pixmap else None
        )

    def paths_of(self, ids: Sequence[int]) -> list[Path]:
        """Files of selected photos, as far as their rows are at hand."""
        return [photo.path for photo in self.photos_of(ids)]

    @property
    def roots(self) -> list[Root]:
        return self._roots

    def photos_of(self, ids: Sequence[int]) -> list[Photo]:
        found = (self._selected.get(each) or self._model.photo(each) for each in ids)
        return [photo for photo in found if photo is not None]

    # What happens in the library.

    @Slot(list)
    def on_photos_indexed(self, ids: list[int]) -> None:
        self._model.refresh(ids)
        if not self._refresh.isActive():
            self._refresh.start(max(_REFRESH_MS, self._model.rowCount() // _PHOTOS_PER_MS))

    @Slot(list)
    def on_photos_removed(self, ids: list[int]) -> None:
        self._model.remove_ids(ids)
        self._tell_count()

    @Slot(list)
    def on_roots_changed(self, roots: list[Root]) -> None:
        self._roots = roots
        self._tell_count()
        self._show_page()

    @Slot()
    def refresh(self) -> None:
        """Ask again for what is on show: the library or the model has changed."""
        self._run()

    # Searching.

    @Slot(object)
    def _on_query_changed(self, query: Query) -> None:
        self._query = query
        self._run()

    @Slot()
    def _run(self) -> None:
        self._refresh.stop()
        if self._ready:
            self._token = self._readers.search.search(self._query)
            self._busy.start()

    @Slot(int, object)
    def _on_search_finished(self, token: int, result: SearchResult) -> None:
        if token != self._token:
            return
        self._end_busy()
        self._model.set_result(result)
        if result.notice:
            self._parts.status.show_message(result.notice)
        self._tell_count()
        self._show_page()
        self.searched.emit(result)

    @Slot(int, str)
    def _on_search_failed(self, token: int, message: str) -> None:
        if token == self._token:
            self._end_busy()
            self._window.show_message("This search is not possible", message, "Show all photos")

    @Slot()
    def _on_busy(self) -> None:
        self._parts.search.set_busy(True)

    def _end_busy(self) -> None:
        self._busy.stop()
        self._parts.search.set_busy(False)

    def _show_page(self) -> None:
        """The grid, or what stands in its place when there is nothing to show."""
        if self._model.rowCount():
            self._window.show_photos()
        elif not self._roots:
            self._window.show_welcome()
        elif self._query != Query():
            self._window.show_message(
                "Nothing found", "Other words may help, or a picture.", "Show all photos"
            )
        else:
            self._window.show_message(
                "No photos here yet",
                "photofind is looking through your folders. Photos appear as they are found.",
            )

    def _tell_count(self) -> None:
        total = sum(root.photos for root in self._roots)
        shown = self._model.rowCount()
        if self._query == Query():
            self._parts.status.set_library(max(total, shown))
        else:
            self._parts.status.set_library(total, shown)

    # Selection and details.

    @Slot()
    def _look_at_selection(self) -> None:
        ids = tuple(self._parts.grid.selected_ids())
        self._selection_token = self._readers.lookup.look_at_selection(ids)

    @Slot(int, list, object)
    def _on_selection_found(self, token: int, photos: list[Photo], size: int) -> None:
        if token != self._selection_token:
            return
        self._selected = {photo.photo_id: photo for photo in photos}
        count = len(self._parts.grid.selected_ids())
        if count > 1:
            self._parts.details.show_selection(count, size)
        elif photos:
            self._parts.details.show_photo(photos[0], self._hit(photos[0].photo_id))
        else:
            self._parts.details.clear()

    def _hit(self, photo_id: int) -> Hit | None:
        row = self._model.row_of(photo_id)
        if row < 0 or not self._query.terms:
            return None
        return Hit(photo_id, self._model.score(row), self._model.why(row))

    @Slot(object, object)
    def _on_folder_selected(self, root_id: int | None, relpath: str | None) -> None:
        if root_id is None:
            self._parts.search.clear()
            return
        root = next((each for each in self._roots if each.root_id == root_id), None)
        name = relpath.rpartition("/")[2] if relpath else root.path.name if root else "folder"
        self._parts.search.set_filter(Filters(root_id=root_id, folder=relpath or None), name)

    # Pictures.

    @Slot(int)
    def _on_details_preview_wanted(self, photo_id: int) -> None:
        if pixmap := self._model.pixmap(photo_id):
            self._parts.details.set_preview(photo_id, pixmap.toImage())
        self._images[self._readers.render.render(photo_id, _DETAILS_SIDE)] = (
            self._parts.details,
            photo_id,
        )

    @Slot(int, int)
    def _on_preview_wanted(self, photo_id: int, side: int) -> None:
        self._images[self._readers.render.render(photo_id, side)] = (self.preview, photo_id)

    @Slot(object)
    def _on_chip_picture_wanted(self, term: PictureTerm | PhotoTerm) -> None:
        source = term.photo_id if isinstance(term, PhotoTerm) else term.source
        self._images[self._readers.render.render(source, _CHIP_SIDE)] = term

    @Slot(int, QImage)
    def _on_rendered(self, token: int, image: QImage) -> None:
        purpose = self._images.pop(token, None)
        if isinstance(purpose, PictureTerm | PhotoTerm):
            self._parts.search.on_picture_loaded(purpose, image)
        elif isinstance(purpose, tuple):
            target, photo_id = purpose
            if target is self.preview:
                self.preview.on_image_loaded(photo_id, image)
            else:
                self._parts.details.set_preview(photo_id, image)

    @Slot(int, str)
    def _on_render_failed(self, token: int, message: str) -> None:
        purpose = self._images.pop(token, None)
        if isinstance(purpose, tuple) and purpose[0] is self.preview:
            self.preview.on_image_failed(purpose[1], message)

    # Wiring.

    def _timer(self, milliseconds: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(slot)
        return timer

    def _connect(self) -> None:
        parts, readers, model = self._parts, self._readers, self._model
        parts.search.query_changed.connect(self._on_query_changed)
        parts.search.picture_wanted.connect(self._on_chip_picture_wanted)
        parts.search.query_refused.connect(parts.status.show_message)
        parts.search.cleared.connect(parts.grid.setFocus)
        parts.search.down_pressed.connect(parts.grid.setFocus)
        parts.message.action_clicked.connect(parts.search.clear)
        parts.grid.text_typed.connect(parts.search.type_text)
        parts.grid.selection_changed.connect(self._settle.start)
        parts.grid.preview_requested.connect(self.preview.open)
        parts.folders.folder_selected.connect(self._on_folder_selected)
        parts.folders.subfolders_wanted.connect(readers.lookup.list_subfolders)
        parts.details.preview_wanted.connect(self._on_details_preview_wanted)
        self.preview.image_wanted.connect(self._on_preview_wanted)
        self.preview.current_changed.connect(parts.grid.go_to)
        self.preview.closed.connect(parts.grid.setFocus)
        readers.search.search_finished.connect(self._on_search_finished)
        readers.search.search_failed.connect(self._on_search_failed)
        readers.lookup.selection_found.connect(self._on_selection_found)
        readers.lookup.photos_found.connect(model.on_photos_loaded)
        readers.lookup.subfolders_found.connect(parts.folders.set_subfolders)
        readers.render.rendered.connect(self._on_rendered)
        readers.render.render_failed.connect(self._on_render_failed)
        model.thumbnails_wanted.connect(readers.thumbnails.want)
        model.thumbnails_forgotten.connect(readers.thumbnails.forget)
        model.photos_wanted.connect(self._on_photos_wanted)
        readers.thumbnails.thumbnail_loaded.connect(model.on_thumbnail_loaded)
        readers.thumbnails.photos_loaded.connect(model.on_photos_loaded)
        readers.thumbnails.thumbnails_missing.connect(model.on_thumbnails_missing)

    @Slot(list)
    def _on_photos_wanted(self, ids: list[int]) -> None:
        self._readers.lookup.look_up(tuple(ids))
