"""Large pictures for previews, chips and comparisons, decoded by the engine process."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage
from typing_extensions import override

from photofind.core.errors import PhotofindError
from photofind.core.paths import LibraryPaths
from photofind.core.types import PhotoId
from photofind.workers.catalog_thread import CatalogThread
from photofind.workers.encoder_slot import EncoderSlot

_TIMEOUT = 60.0  # seconds: the engine's own limits end a bad file long before


@dataclass(frozen=True, slots=True)
class _Request:
    token: int
    source: PhotoId | Path | bytes
    side: int


class RenderThread(CatalogThread[_Request]):
    """Answers each `render` that is not forgotten with one `rendered` or `render_failed`."""

    rendered = Signal(int, QImage)
    render_failed = Signal(int, str)

    def __init__(
        self, paths: LibraryPaths, slot: EncoderSlot, parent: QObject | None = None
    ) -> None:
        super().__init__(paths, parent)
        self._slot = slot
        self._tokens = 0
        self._dropped: set[int] = set()

    def render(self, source: PhotoId | Path | bytes, side: int) -> int:
        """Ask for a photo of the library, a file or bytes, the long side at most `side` pixels.

        Returns the token that the answer will carry.
        """
        self._tokens += 1
        self.post(_Request(self._tokens, source, side))
        return self._tokens

    def forget(self, token: int) -> None:
        """Leave a request out if it has not begun; then it is not answered."""
        self._dropped.add(token)

    @override
    def work(self, job: _Request) -> None:
        if job.token in self._dropped:
            self._dropped.discard(job.token)
            return
        pair = self._slot.get()
        source = self._source(job.source)
        if pair is None or source is None:
            self.render_failed.emit(job.token, "This photo is not in the library any more.")
            return
        try:
            picture = pair.engine.render(source, job.side).result(_TIMEOUT)
        except (PhotofindError, TimeoutError) as error:
            self.render_failed.emit(job.token, str(error) or "it took too long to read")
            return
        width, height = picture.width, picture.height
        image = QImage(picture.rgb, width, height, width * 3, QImage.Format.Format_RGB888)
        self.rendered.emit(job.token, image.copy())

    def _source(self, source: PhotoId | Path | bytes) -> Path | bytes | None:
        if not isinstance(source, int):
            return source
        photo = self._catalog.photo(source)
        return photo.path if photo else None
