"""The selected photos: their rows for whoever needs them, and their details in the panel."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot

from photofind.core.types import Hit, Photo
from photofind.gui.main_window import MainWindow
from photofind.gui.photo_model import PhotoModel
from photofind.gui.wording import number
from photofind.workers.lookup_thread import LookupThread

_REST_MS = 40  # a selection that changes faster is not looked up


class PhotoSelection(QObject):
    """Keeps the rows of what is selected at hand."""

    def __init__(self, window: MainWindow, model: PhotoModel, lookup: LookupThread) -> None:
        super().__init__(window)
        self._grid = window.parts.grid
        self._details = window.parts.details
        self._status = window.parts.status
        self._model = model
        self._lookup = lookup
        self._photos: dict[int, Photo] = {}
        self._token = 0
        self._waiting: dict[int, Callable[[list[Photo]], object]] = {}
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._on_rested)
        # Not QTimer.start itself: it would take the photo's id for milliseconds.
        self._grid.selection_changed.connect(self._on_selection_changed)
        self._details.text_copied.connect(self._on_text_copied)
        lookup.selection_found.connect(self._on_selection_found)
        lookup.all_found.connect(self._on_all_found)

    def with_photos(self, ids: Sequence[int], act: Callable[[list[Photo]], object]) -> None:
        """Call `act` with the rows of all these photos: now, or when they have been looked up."""
        known = self.photos_of(ids)
        if len(known) == len(ids):
            act(known)
        else:
            self._waiting[self._lookup.collect(tuple(ids))] = act

    def photos_of(self, ids: Sequence[int]) -> list[Photo]:
        """Rows of photos, as far as they are at hand."""
        found = (self._photos.get(each) or self._model.photo(each) for each in ids)
        return [photo for photo in found if photo is not None]

    def paths_of(self, ids: Sequence[int]) -> list[Path]:
        """Files to drag out. A drag cannot wait, so of very many it takes those at hand."""
        known = self.photos_of(ids)
        if len(known) < len(ids):
            self._status.show_message(f"Only {number(len(known))} photos are dragged at once")
        return [photo.path for photo in known]

    def forget(self, ids: Sequence[int]) -> None:
        """These have changed: what is known of them is no longer true."""
        for photo_id in ids:
            self._photos.pop(photo_id, None)

    def look_again(self) -> None:
        """Everything may have changed: what is selected is looked up once more."""
        self._photos.clear()
        self._rest.start()

    @Slot()
    def _on_selection_changed(self) -> None:
        self._rest.start()

    @Slot()
    def _on_rested(self) -> None:
        self._token = self._lookup.look_at_selection(tuple(self._grid.selected_ids()))

    @Slot(int, list, object)
    def _on_selection_found(self, token: int, photos: list[Photo], size: int) -> None:
        if token != self._token:
            return
        self._photos = {photo.photo_id: photo for photo in photos}
        count = len(self._grid.selected_ids())
        if count > 1:
            self._details.show_selection(count, size)
        elif photos:
            self._details.show_photo(photos[0], self._hit(photos[0].photo_id))
        else:
            self._details.clear()

    @Slot(int, list)
    def _on_all_found(self, token: int, photos: list[Photo]) -> None:
        if act := self._waiting.pop(token, None):
            act(photos)

    def _hit(self, photo_id: int) -> Hit | None:
        """Why a photo of a search is on show."""
        row = self._model.row_of(photo_id)
        if row < 0 or not self._model.query.terms:
            return None
        return Hit(photo_id, self._model.score(row), self._model.why(row))

    @Slot()
    def _on_text_copied(self) -> None:
        self._status.show_message("Copied")
