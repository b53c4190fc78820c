"""Brings the duplicates window together with the threads that find, show and trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QImage

from photofind.gui.browsing import Readers
from photofind.gui.photo_actions import PhotoActions
from photofind.workers.duplicate_thread import DuplicateThread
from photofind.workers.library_thread import LibraryThread

if TYPE_CHECKING:  # imported when it is first asked for
    from photofind.gui.duplicates_window import DuplicatesWindow

_FULL_SIDE = 4096  # of a picture that is compared at full size


class DuplicatesSession(QObject):
    """One duplicates window, made when it is first asked for."""

    def __init__(
        self,
        finder: DuplicateThread,
        library: LibraryThread,
        readers: Readers,
        actions: PhotoActions,
    ) -> None:
        super().__init__(actions)
        self._finder = finder
        self._library = library
        self._readers = readers
        self._actions = actions
        self._similarity = 0.92
        self._images: dict[int, int] = {}  # render tokens and the photos they are for
        self.window: DuplicatesWindow | None = None

    @Slot()
    def open(self) -> None:
        """Show the window; it asks for a search by itself when it has none."""
        if self.window is None:
            from photofind.gui.duplicates_window import DuplicatesWindow

            self.window = DuplicatesWindow(self._similarity)
            self._connect(self.window)
        self.window.show()
        self.window.raise_()
        self.window.activateWindow()

    def close(self) -> None:
        if self.window is not None:
            self.window.close()

    def _connect(self, window: DuplicatesWindow) -> None:
        window.search_requested.connect(self._on_search_requested)
        window.search_cancelled.connect(self._finder.cancel)
        window.similarity_changed.connect(self._on_similarity_changed)
        window.thumbnails_wanted.connect(self._on_thumbnails_wanted)
        window.images_wanted.connect(self._on_images_wanted)
        window.trash_requested.connect(self._library.move_to_trash)
        window.undo_requested.connect(self._on_undo_requested)
        window.not_duplicates_marked.connect(self._library.add_not_duplicates)
        window.show_in_folder_requested.connect(self._actions.show_photo_in_folder)
        self._finder.progressed.connect(window.set_progress)
        self._finder.groups_found.connect(window.set_groups)
        self._finder.failed.connect(window.set_failed)
        self._finder.cancelled.connect(window.set_cancelled)
        self._readers.thumbnails.thumbnail_loaded.connect(window.on_thumbnail_loaded)
        self._readers.render.rendered.connect(self._on_rendered)
        self._library.trash_moved.connect(window.on_trashed)
        self._library.trash_failed.connect(window.on_trash_failed)
        self._library.trash_restored.connect(window.on_restored)
        self._library.photos_removed.connect(window.on_photos_removed)

    @Slot(float)
    def _on_search_requested(self, similarity: float) -> None:
        self._similarity = similarity
        self._finder.find(similarity)

    @Slot(float)
    def _on_similarity_changed(self, similarity: float) -> None:
        self._similarity = similarity
        self._finder.regroup(similarity)

    @Slot(int)
    def _on_undo_requested(self, batch_id: int) -> None:
        self._actions.undo_batch(batch_id)

    @Slot(list)
    def _on_thumbnails_wanted(self, ids: list[int]) -> None:
        self._readers.thumbnails.want(ids, keep=True)  # whatever the grid scrolls past

    @Slot(list)
    def _on_images_wanted(self, ids: list[int]) -> None:
        for token in [token for token, photo_id in self._images.items() if photo_id not in ids]:
            del self._images[token]
            self._readers.render.forget(token)
        for photo_id in set(ids) - set(self._images.values()):
            self._images[self._readers.render.render(photo_id, _FULL_SIDE)] = photo_id

    @Slot(int, QImage)
    def _on_rendered(self, token: int, image: QImage) -> None:
        photo_id = self._images.pop(token, None)
        if photo_id is not None and self.window is not None:
            self.window.on_image_loaded(photo_id, image)
