"""A background thread with its own read-only view of the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject
from typing_extensions import override

from photofind.core.paths import LibraryPaths
from photofind.workers.task_thread import TaskThread

if TYPE_CHECKING:  # imported by the thread: the window starts sooner without it
    from photofind.core.catalog import Catalog

Job = TypeVar("Job")


class CatalogThread(TaskThread[Job]):
    """Opens the catalog when it starts, which must exist by then, and closes it at the end."""

    _catalog: Catalog

    def __init__(self, paths: LibraryPaths, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._paths = paths

    @override
    def begin(self) -> None:
        from photofind.core.catalog import Catalog

        self._catalog = Catalog.open_readonly(self._paths.catalog)

    @override
    def end(self) -> None:
        self._catalog.close()
