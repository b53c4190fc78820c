"""Fetches larger pictures for the places that show one: chips, the details panel, the preview."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QImage

from photofind.core.types import PhotoTerm, PictureTerm
from photofind.gui.main_window import MainWindow
from photofind.gui.photo_model import PhotoModel
from photofind.gui.preview import Preview
from photofind.workers.render_thread import RenderThread

_CHIP_SIDE = 96
_DETAILS_SIDE = 640


def _nothing(_message: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class _Request:
    """Who waits for a picture. Of those with the same place only the newest is waited for."""

    place: str
    deliver: Callable[[QImage], object]
    fail: Callable[[str], object] = _nothing


class PictureRequests(QObject):
    """Asks the render thread, and hands each answer to the one that waits for it."""

    def __init__(
        self, window: MainWindow, preview: Preview, model: PhotoModel, render: RenderThread
    ) -> None:
        super().__init__(window)
        self._search = window.parts.search
        self._details = window.parts.details
        self._preview = preview
        self._model = model
        self._render = render
        self._requests: dict[int, _Request] = {}
        self._hidden_photo = 0  # what the details panel would show if it were unfolded
        self._search.picture_wanted.connect(self._on_chip_wanted)
        self._details.preview_wanted.connect(self._on_details_wanted)
        preview.image_wanted.connect(self._on_preview_wanted)
        window.details_unfolded.connect(self._on_details_unfolded)
        render.rendered.connect(self._on_rendered)
        render.render_failed.connect(self._on_failed)

    @Slot(object)
    def _on_chip_wanted(self, term: PictureTerm | PhotoTerm) -> None:
        source = term.photo_id if isinstance(term, PhotoTerm) else term.source
        token = self._render.render(source, _CHIP_SIDE)
        search = self._search
        self._requests[token] = _Request("", lambda image: search.on_picture_loaded(term, image))

    @Slot(int)
    def _on_details_wanted(self, photo_id: int) -> None:
        if pixmap := self._model.pixmap(photo_id):
            self._details.set_preview(photo_id, pixmap.toImage())
        if self._details.isHidden():
            self._hidden_photo = photo_id
            return
        self._drop("details")
        token = self._render.render(photo_id, _DETAILS_SIDE)
        details = self._details
        self._requests[token] = _Request(
            "details", lambda image: details.set_preview(photo_id, image)
        )

    @Slot()
    def _on_details_unfolded(self) -> None:
        wanted, self._hidden_photo = self._hidden_photo, 0
        if wanted and self._details.photo is not None:
            self._on_details_wanted(self._details.photo.photo_id)

    @Slot(int, int)
    def _on_preview_wanted(self, photo_id: int, side: int) -> None:
        self._drop("preview")
        token, preview = self._render.render(photo_id, side), self._preview
        self._requests[token] = _Request(
            "preview",
            lambda image: preview.on_image_loaded(photo_id, image),
            lambda message: preview.on_image_failed(photo_id, message),
        )

    def _drop(self, place: str) -> None:
        """Nobody waits any longer for what was asked for this place before."""
        for token in [token for token, each in self._requests.items() if each.place == place]:
            del self._requests[token]
            self._render.forget(token)

    @Slot(int, QImage)
    def _on_rendered(self, token: int, image: QImage) -> None:
        if request := self._requests.pop(token, None):
            request.deliver(image)

    @Slot(int, str)
    def _on_failed(self, token: int, message: str) -> None:
        if request := self._requests.pop(token, None):
            request.fail(message)
