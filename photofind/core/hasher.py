"""Takes content hashes in a thread of its own, so that reading a large file delays nothing else."""

import queue
import threading
from concurrent.futures import Future
from pathlib import Path

from photofind.core.content import content_hash

_JOIN_SECONDS = 2.0


class Hasher:
    """Hashes files one after the other. Its thread never keeps the process from ending: a drive
    that does not answer may hold a read for ever."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[tuple[Future[bytes], Path] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def submit(self, path: Path) -> Future[bytes]:
        """The future fails with ImageError where the file cannot be read."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="hasher", daemon=True)
            self._thread.start()
        future: Future[bytes] = Future()
        self._jobs.put((future, path))
        return future

    def close(self) -> None:
        """End the thread. What has not been begun is expected to be cancelled by its owner."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join(_JOIN_SECONDS)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, path = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(content_hash(path))
            except Exception as error:  # noqa: BLE001 - whoever waits gets it
                future.set_exception(error)
