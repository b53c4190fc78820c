"""Lists, downloads and imports models in the background. Loads none: that is the engine's work."""

import threading
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from typing_extensions import override

from photofind.core.errors import DownloadError, PhotofindError
from photofind.encoders.registry import ModelRegistry
from photofind.workers.task_thread import TaskThread


@dataclass(frozen=True, slots=True)
class _Refresh:
    pass


@dataclass(frozen=True, slots=True)
class _Download:
    encoder_id: str


@dataclass(frozen=True, slots=True)
class _Import:
    path: Path
    architecture: str | None
    allow_pickle: bool


_Task = _Refresh | _Download | _Import


class ModelThread(TaskThread[_Task]):
    """One download at a time; `cancel` ends it and keeps what came for the next try."""

    listed = Signal(list, list)  # list[EncoderSpec], list[InstalledEncoder]
    progressed = Signal(str, object, object)  # id, bytes done, bytes in all
    installed = Signal(object)  # InstalledEncoder
    cancelled = Signal(str)
    failed = Signal(str, str)  # id or path, reason

    def __init__(self, registry: ModelRegistry, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._registry = registry
        self._cancel = threading.Event()

    def refresh(self) -> None:
        self.post(_Refresh())

    def download(self, encoder_id: str) -> None:
        self._cancel.clear()
        self.post(_Download(encoder_id))

    def cancel(self) -> None:
        self._cancel.set()

    def import_path(
        self, path: Path, architecture: str | None = None, allow_pickle: bool = False
    ) -> None:
        """Install a model from a folder or a checkpoint; a pickle only once the user agreed."""
        self.post(_Import(path, architecture, allow_pickle))

    @override
    def stop(self) -> None:
        self._cancel.set()
        super().stop()

    @override
    def work(self, job: _Task) -> None:
        if isinstance(job, _Download):
            self._download(job.encoder_id)
        elif isinstance(job, _Import):
            self._import(job)
        else:
            self._tell_list()

    def _tell_list(self) -> None:
        self.listed.emit(self._registry.curated(), self._registry.installed())

    def _download(self, encoder_id: str) -> None:
        from photofind.encoders.download import download  # its network library is slow to import

        def show(done: int, total: int) -> None:
            self.progressed.emit(encoder_id, done, total)

        try:
            installed = download(
                encoder_id, self._registry, on_progress=show, cancelled=self._cancel.is_set
            )
        except DownloadError as error:
            if self._cancel.is_set():
                self.cancelled.emit(encoder_id)
            else:
                self.failed.emit(encoder_id, str(error))
        except PhotofindError as error:
            self.failed.emit(encoder_id, str(error))
        else:
            self._tell_list()
            self.installed.emit(installed)

    def _import(self, job: _Import) -> None:
        try:
            installed = self._registry.import_path(job.path, job.architecture, job.allow_pickle)
        except PhotofindError as error:
            self.failed.emit(str(job.path), str(error))
        else:
            self._tell_list()
            self.installed.emit(installed)
