"""Pictures from outside as queries: dropped, pasted, chosen in a dialog, fetched from the web."""

from urllib.parse import urlsplit

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QFileDialog

from photofind.core.formats import SUFFIXES
from photofind.gui.browsing import Browsing
from photofind.gui.drops import Drop
from photofind.gui.main_window import MainWindow
from photofind.workers.library_thread import LibraryThread
from photofind.workers.url_thread import UrlThread


class PictureIntake(QObject):
    """Takes what the user brings; an address is fetched only after a yes."""

    def __init__(
        self, window: MainWindow, browsing: Browsing, library: LibraryThread, urls: UrlThread
    ) -> None:
        super().__init__(window)
        self._window = window
        self._parts = window.parts
        self._library = library
        self._urls = urls
        overlay = window.overlay
        overlay.pictures_dropped.connect(self._parts.search.search_with_pictures)
        overlay.folders_dropped.connect(library.add_folders)
        overlay.url_dropped.connect(self.ask_to_fetch)
        overlay.photos_dropped.connect(browsing.find_like)
        self._parts.search.pasted.connect(self._on_pasted)
        self._parts.search.picture_dialog_requested.connect(self.choose)
        self._parts.question.accepted.connect(self._on_fetch_accepted)
        urls.fetched.connect(self._on_fetched)
        urls.fetch_failed.connect(self._on_fetch_failed)

    @Slot()
    def choose(self) -> None:
        """Open the file dialog; the chosen pictures are searched for."""
        dialog = QFileDialog(self._window, "Search with a picture")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        patterns = " ".join(f"*{suffix}" for suffix in sorted(SUFFIXES))
        dialog.setNameFilters([f"Pictures ({patterns})", "All files (*)"])
        dialog.filesSelected.connect(self._parts.search.search_with_files)
        dialog.open()

    @Slot(str)
    def ask_to_fetch(self, url: str) -> None:
        """Ask before going online for a picture."""
        self._parts.question.ask(f"Fetch the picture from {_host(url)}?", "Fetch", url)

    @Slot(object)
    def _on_pasted(self, drop: Drop) -> None:
        if drop.folders:
            self._library.add_folders(drop.folders)
        if drop.urls:
            self.ask_to_fetch(drop.urls[0])

    @Slot(object)
    def _on_fetch_accepted(self, url: str) -> None:
        self._parts.status.show_message(f"Fetching a picture from {_host(url)}…")
        self._urls.fetch(url)

    @Slot(int, bytes)
    def _on_fetched(self, _token: int, data: bytes) -> None:
        self._parts.search.search_with_pictures([data], "picture from the web")

    @Slot(int, str)
    def _on_fetch_failed(self, _token: int, message: str) -> None:
        self._parts.status.show_message(message)


def _host(url: str) -> str:
    """The host that would be asked, whatever stands before an @."""
    return urlsplit(url).hostname or url
