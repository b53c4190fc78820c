"""Everything about the model in use: its name in the window, the offer, the page to choose."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from photofind.core.settings import Settings
from photofind.core.types import EncoderSpec, InstalledEncoder, Root
from photofind.gui.main_window import MainWindow
from photofind.gui.models_page import ModelsPage
from photofind.workers.model_thread import ModelThread

_BUILTIN = "builtin"


class ModelSession(QObject):
    """Knows which models there are; says which one the user has chosen."""

    encoder_chosen = Signal(object)  # InstalledEncoder
    offer_dismissed = Signal()

    def __init__(self, window: MainWindow, models: ModelThread, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._offer = window.parts.offer
        self._models = models
        self._current = settings.encoder
        self._wants_offer = not settings.offer_dismissed
        self._page: ModelsPage | None = None
        self._curated: list[EncoderSpec] = []
        self._installed: dict[str, InstalledEncoder] = {}
        self._downloading = ""
        self._has_photos = False
        models.listed.connect(self._on_listed)
        models.progressed.connect(self._on_progressed)
        models.installed.connect(self._on_installed)
        models.cancelled.connect(self._on_cancelled)
        models.failed.connect(self._on_failed)
        self._offer.download_requested.connect(self._on_download_requested)
        self._offer.download_cancelled.connect(models.cancel)
        self._offer.use_requested.connect(self._on_use_requested)
        self._offer.dismissed.connect(self._on_dismissed)

    def add_page(self, page: ModelsPage) -> None:
        """Serve a page on which models are listed and chosen."""
        self._page = page
        page.use_requested.connect(self._on_use_requested)
        page.download_requested.connect(self._on_download_requested)
        page.download_cancelled.connect(self._models.cancel)
        page.import_requested.connect(self._on_import_requested)
        page.set_models(self._curated, list(self._installed.values()))
        page.set_current(self._current)

    def show_encoder(self, encoder: InstalledEncoder) -> None:
        """Name the model that answers searches from now on."""
        spec = encoder.spec
        self._current = spec.encoder_id
        self._window.parts.status.set_model(spec)
        if self._page is not None:
            self._page.set_current(spec.encoder_id)
        self._show_offer()

    @Slot(list)
    def on_roots_changed(self, roots: Sequence[Root]) -> None:
        """A larger model is worth an offer once there are photos to find."""
        has_photos = any(root.photos for root in roots)
        if has_photos != self._has_photos:
            self._has_photos = has_photos
            self._show_offer()

    @Slot(list, list)
    def _on_listed(
        self, curated: Sequence[EncoderSpec], installed: Sequence[InstalledEncoder]
    ) -> None:
        self._curated = list(curated)
        self._installed = {item.spec.encoder_id: item for item in installed}
        if self._page is not None:
            self._page.set_models(curated, installed)
        self._show_offer()

    def _show_offer(self) -> None:
        """The recommended model, while the light one is in use and nothing better is there."""
        recommended = next((spec for spec in self._curated if spec.recommended), None)
        wanted = self._wants_offer and self._has_photos
        if self._current != _BUILTIN or not wanted or recommended is None:
            self._offer.withdraw()
        elif recommended.encoder_id not in self._installed and not self._downloading:
            self._offer.offer(recommended)

    @Slot(str)
    def _on_download_requested(self, encoder_id: str) -> None:
        self._downloading = encoder_id
        self._models.download(encoder_id)

    @Slot(str, object, object)
    def _on_progressed(self, encoder_id: str, done: int, total: int) -> None:
        self._offer.set_progress(encoder_id, done, total)
        if self._page is not None:
            self._page.set_progress(encoder_id, done, total)

    @Slot(object)
    def _on_installed(self, encoder: InstalledEncoder) -> None:
        self._downloading = ""
        self._installed[encoder.spec.encoder_id] = encoder
        self._offer.set_installed(encoder)
        if self._page is not None:
            self._page.set_installed(encoder)

    @Slot(str)
    def _on_cancelled(self, encoder_id: str) -> None:
        self._downloading = ""
        self._offer.set_cancelled(encoder_id)
        if self._page is not None:
            self._page.set_cancelled(encoder_id)

    @Slot(str, str)
    def _on_failed(self, encoder_id: str, message: str) -> None:
        self._downloading = ""
        self._offer.set_failed(encoder_id, message)
        if self._page is not None:
            self._page.set_failed(encoder_id, message)

    @Slot()
    def _on_dismissed(self) -> None:
        self._wants_offer = False
        self.offer_dismissed.emit()

    @Slot(str)
    def _on_use_requested(self, encoder_id: str) -> None:
        if encoder := self._installed.get(encoder_id):
            if self._page is not None:
                self._page.set_current(encoder_id)
            self.encoder_chosen.emit(encoder)

    @Slot(object, str, bool)
    def _on_import_requested(self, path: Path, architecture: str, trusted: bool) -> None:
        self._models.import_path(path, architecture or None, allow_pickle=trusted)
