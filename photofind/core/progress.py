"""How far a job has come, how fast it goes, and when it will be done.

Owns the arithmetic only; what is counted and who is told is the indexer's business.
"""

import time
from collections import deque
from collections.abc import Callable

from photofind.core.types import IndexProgress

_WINDOW = 10.0  # seconds over which the rate is taken
_INTERVAL = 0.2  # seconds between two reports
_LEAST = 1.0  # seconds of work before a rate means anything


class ProgressMeter:
    """Counts one job: from the first file after a quiet time to the last."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque()
        self.done = 0
        self.failed = 0

    def begin(self) -> None:
        """Start to count from zero: a new job."""
        self.done = self.failed = 0
        self._marks.clear()

    def start_clock(self) -> None:
        """Work goes on after it stood still: time spent waiting is no work time."""
        self._marks.clear()
        self._marks.append((self._clock(), self.done))

    def add(self, done: int, failed: int = 0) -> None:
        """Count files that are finished; `failed` of them could not be used."""
        if not self._marks:
            self.start_clock()
        self.done += done
        self.failed += failed
        self._marks.append((self._clock(), self.done))
        while len(self._marks) > 2 and self._marks[1][0] < self._marks[-1][0] - _WINDOW:
            self._marks.popleft()

    def rate(self) -> float:
        """Files per second over the last ten seconds; 0.0 while unknown."""
        if not self._marks:
            return 0.0
        started, before = self._marks[0]
        elapsed = self._clock() - started
        return (self.done - before) / elapsed if elapsed >= _LEAST else 0.0

    def report(self, phase: str, left: int, current: str = "") -> IndexProgress:
        """A report with `left` files still to do."""
        rate = self.rate() if phase == "indexing" else 0.0
        return IndexProgress(
            phase=phase,
            done=self.done,
            total=self.done + left,
            failed=self.failed,
            photos_per_second=rate,
            seconds_left=left / rate if rate > 0 else None,
            current=current,
        )


class ProgressReporter:
    """Tells how far indexing has come: at once when the phase changes, else now and then."""

    def __init__(
        self,
        on_progress: Callable[[IndexProgress], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_progress = on_progress
        self._clock = clock
        self._told_at = 0.0
        self.meter = ProgressMeter(clock)
        self.phase = "idle"

    def tell(self, phase: str, left: int, current: str) -> None:
        now = self._clock()
        before = self.phase
        if phase == before and (phase == "idle" or now - self._told_at < _INTERVAL):
            return
        if phase == "indexing" and before != "indexing":
            self.meter.start_clock()
        self._told_at, self.phase = now, phase
        self._on_progress(self.meter.report(phase, left, current))
        if phase == "idle":
            self.meter.begin()
