"""The one shape of background thread: an inbox of jobs, worked off in order.

Subclasses say what a job is and what doing it means. Known errors become a signal of the
subclass; anything else goes to `sys.excepthook`, and the thread lives on.
"""

import queue
import sys
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QThread
from typing_extensions import override

Job = TypeVar("Job")


class TaskThread(QThread, Generic[Job]):
    """Works off jobs one after the other until `stop`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inbox: queue.SimpleQueue[Job | None] = queue.SimpleQueue()

    def post(self, job: Job) -> None:
        """Hand over a job and return at once. Thread-safe."""
        self._inbox.put(job)

    def stop(self) -> None:
        """End after the job under way and wait for it; jobs that have not begun are dropped."""
        self.requestInterruption()
        self._inbox.put(None)
        self.wait()

    def newest(self, job: Job) -> Job:
        """The last job that waits in the inbox, else `job`: for work that only counts when new."""
        while True:
            try:
                following = self._inbox.get_nowait()
            except queue.Empty:
                return job
            if following is None:
                self._inbox.put(None)
                return job
            job = following

    @override
    def run(self) -> None:
        try:
            self.begin()
            while (job := self._inbox.get()) is not None and not self.isInterruptionRequested():
                try:
                    self.work(job)
                except Exception as error:  # noqa: BLE001 - a bug in one job must not end the thread
                    sys.excepthook(type(error), error, error.__traceback__)
        finally:
            self.end()

    def begin(self) -> None:
        """Open what the thread owns, in the thread itself."""

    def work(self, job: Job) -> None:
        """Do one job."""
        raise NotImplementedError

    def end(self) -> None:
        """Close what `begin` opened."""
