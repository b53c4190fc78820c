"""Keeps the preferences in their file; only the newest state counts."""

import logging

from PySide6.QtCore import QObject
from typing_extensions import override

from photofind.core.paths import LibraryPaths
from photofind.core.settings import Settings, save_settings
from photofind.workers.task_thread import TaskThread

log = logging.getLogger(__name__)


class SettingsThread(TaskThread[Settings]):
    """Writes what is posted; `stop` first writes what still waits."""

    def __init__(self, paths: LibraryPaths, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = paths.settings

    @override
    def work(self, job: Settings) -> None:
        try:
            save_settings(self._path, self.newest(job))
        except OSError as error:
            log.warning("preferences could not be saved: %s", error)

    @override
    def stop(self) -> None:
        self._inbox.put(None)
        self.wait()
