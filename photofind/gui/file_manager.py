"""Shows files to the user through other programs: the viewer, the file manager."""

import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QUrl
from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCallWatcher
from PySide6.QtGui import QDesktopServices


def open_photo(path: Path) -> bool:
    """Open a photo in the system's viewer; whether there is one."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def show_in_folder(path: Path, parent: QObject, on_failed: Callable[[], object]) -> None:
    """Open the folder of a file with the file selected, where the file manager can do that.

    `on_failed` is called, now or later, where there is no file manager.
    """
    if sys.platform == "darwin":
        QProcess.startDetached("open", ["-R", str(path)])
    elif sys.platform == "win32":
        QProcess.startDetached("explorer", [f"/select,{path}"])
    elif QDBusConnection.sessionBus().isConnected():
        _show_through_bus(path, parent, on_failed)
    else:
        _open_folder(path, on_failed)


def _open_folder(path: Path, on_failed: Callable[[], object]) -> None:
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent))):
        on_failed()


def _show_through_bus(path: Path, parent: QObject, on_failed: Callable[[], object]) -> None:
    """The way of freedesktop.org, which most file managers answer to; else the bare folder."""
    message = QDBusMessage.createMethodCall(
        "org.freedesktop.FileManager1",
        "/org/freedesktop/FileManager1",
        "org.freedesktop.FileManager1",
        "ShowItems",
    )
    message.setArguments([[QUrl.fromLocalFile(str(path)).toString()], ""])
    call = QDBusConnection.sessionBus().asyncCall(message, timeout=3000)
    watcher = QDBusPendingCallWatcher(call, parent)

    def on_finished(finished: QDBusPendingCallWatcher) -> None:
        if finished.isError():
            _open_folder(path, on_failed)
        finished.deleteLater()

    watcher.finished.connect(on_finished)
