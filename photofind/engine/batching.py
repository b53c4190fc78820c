"""How many pictures a model gets at once: as many as pay off, as few as a waiting person allows.

Pure arithmetic; measures nothing itself.
"""

import time
from collections.abc import Callable

LONG_SECONDS = 0.6  # a pause, and the first query of a while, wait at most about this long
BRIEF_SECONDS = 0.12  # the same while someone is searching, or other programs need the machine
SEARCHING = 20.0  # seconds after a query for which another one is likely
_LARGEST = {"cpu": 32}
_LARGEST_ELSEWHERE = 128


class BatchSize:
    """Grows from 1 by doubling, and shrinks at once. Used by one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._grown = 1
        self._each = 0.0  # seconds that one picture took last, 0 while unknown
        self._queried = -SEARCHING

    def note_query(self) -> None:
        """Someone is waiting for an answer just now."""
        self._queried = self._clock()

    def note(self, device: str, count: int, seconds: float) -> None:
        """A batch of `count` pictures took so long on a device like "cpu (bfloat16)"."""
        self._each = seconds / count
        if count >= self._grown:
            largest = _LARGEST.get(device.partition(" ")[0], _LARGEST_ELSEWHERE)
            self._grown = min(2 * self._grown, largest)

    def size(self, *, brief: bool = False) -> int:
        """Pictures in the next batch, at least 1. brief: short batches are wanted anyway."""
        if not self._each:
            return self._grown
        brief = brief or self._clock() - self._queried < SEARCHING
        seconds = BRIEF_SECONDS if brief else LONG_SECONDS
        self._grown = max(1, min(self._grown, int(LONG_SECONDS / self._each)))
        return max(1, min(self._grown, int(seconds / self._each)))
