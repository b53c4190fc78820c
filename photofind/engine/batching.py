"""How many pictures a model gets at once: as many as pay off, as few as a waiting person allows.

Pure arithmetic; measures nothing itself.
"""

import threading
import time
from collections.abc import Callable

LONG_SECONDS = 0.6  # a pause, and the first query of a while, wait at most about this long
APART_SECONDS = 0.3  # a batch of one thread among several; more gains nothing
BRIEF_SECONDS = 0.12  # the same while someone is searching, or other programs need the machine
SEARCHING = 20.0  # seconds after a query for which another one is likely
_LARGEST = {"cpu": 32}
_LARGEST_ELSEWHERE = 128
_LARGEST_APART = 8
_MOST_APART = 48  # pictures of all batches under way at once; no more than these are sent ahead


class BatchSize:
    """Grows from 1 by doubling, and shrinks at once. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._grown = 1
        self._each = 0.0  # seconds that one picture took last, 0 while unknown
        self._queried = -SEARCHING

    def note_query(self) -> None:
        """Someone is waiting for an answer just now."""
        self._queried = self._clock()

    def note(self, device: str, count: int, seconds: float) -> None:
        """A batch of `count` pictures took so long on a device like "cpu (bfloat16)"."""
        largest = _LARGEST.get(device.partition(" ")[0], _LARGEST_ELSEWHERE)
        with self._lock:
            self._each = seconds / count
            if count >= self._grown:
                self._grown = min(2 * self._grown, largest)

    def size(self, *, brief: bool = False, parallel: int = 1) -> int:
        """Pictures in the next batch, at least 1.

        brief: short batches are wanted anyway. parallel: so many are under way at once; where it is
        more than one, no query waits for them.
        """
        apart = parallel > 1
        brief = brief or (not apart and self._clock() - self._queried < SEARCHING)
        seconds = BRIEF_SECONDS if brief else APART_SECONDS if apart else LONG_SECONDS
        with self._lock:
            if self._each:
                self._grown = max(1, min(self._grown, int(LONG_SECONDS / self._each)))
            size = min(self._grown, int(seconds / self._each)) if self._each else self._grown
        return max(1, min(size, _LARGEST_APART, _MOST_APART // parallel) if apart else size)
