"""What happens to a bug: it is logged and shown, and the window stays.

Exceptions of any thread come here. Known errors never do: they are handled where they are known.
"""

import logging
import sys
import threading
import traceback
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

import photofind

log = logging.getLogger(__name__)


class CrashReporter(QObject):
    """Installs itself as both exception hooks; shows one dialog at a time in the GUI thread."""

    _caught = Signal(str, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        self._open = False
        self._caught.connect(self._on_caught, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        sys.excepthook = self._hook
        threading.excepthook = self._thread_hook

    def uninstall(self) -> None:
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__

    def _hook(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QGuiApplication.quit()
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        log.error("unexpected error\n%s", details)
        self._caught.emit(f"{kind.__name__}: {error}", details)

    def _thread_hook(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            self._hook(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    @Slot(str, str)
    def _on_caught(self, summary: str, details: str) -> None:
        if self._open:
            return
        self._open = True
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setTextFormat(Qt.TextFormat.PlainText)  # an error may hold angle brackets
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("photofind")
        box.setText("Something went wrong inside photofind. Your photos are not touched.")
        box.setInformativeText(
            f"{summary}\n\nYou can go on working. The details help to mend it; they stay on this "
            "computer unless you pass them on."
        )
        box.setDetailedText(f"photofind {photofind.__version__}\n{details}")
        copy = box.addButton("Copy details", QMessageBox.ButtonRole.ActionRole)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(box.detailedText()))
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Close))
        box.finished.connect(self._on_closed)
        box.open()

    @Slot()
    def _on_closed(self) -> None:
        self._open = False
