"""How far a job has come, how fast it goes, and when it will be done.

Owns the counting and the telling; what is counted is the indexer's business.
"""

import time
from collections import deque
from collections.abc import Callable

from photofind.core.time_left import TimeLeft
from photofind.core.types import IndexProgress

_WINDOW = 10.0  # seconds over which the rate is taken
_INTERVAL = 0.2  # seconds between two reports
_LEAST = 1.0  # seconds of work before a rate means anything
_MEGABYTE = 1e6


class ProgressMeter:
    """Counts one job: from the first file after a quiet time to the last."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque()
        self._time_left = TimeLeft()
        self._noted = (0.0, 0, 0)  # when, files and bytes that the estimate knows of
        self._told_at = 0.0
        self._bytes = 0
        self.done = 0
        self.failed = 0

    def begin(self) -> None:
        """Start to count from zero: a new job."""
        self.done = self.failed = self._bytes = 0
        self._marks.clear()
        self._time_left = TimeLeft()

    def stop_clock(self) -> None:
        """Work stands still, or has not begun: it goes on with the next file that is finished."""
        self._marks.clear()

    def add(self, done: int, failed: int = 0, *, size: int = 0) -> None:
        """Count files of `size` bytes that are finished; `failed` of them could not be used."""
        self.done += done
        self.failed += failed
        self._bytes += size
        now = self._clock()
        if not self._marks:  # how long these took is not known
            self._noted = (now, self.done, self._bytes)
            self._told_at = now
        elif now - self._noted[0] >= _LEAST:
            then, files, size_before = self._noted
            megabytes = (self._bytes - size_before) / _MEGABYTE
            self._time_left.note(self.done - files, megabytes, now - then)
            self._noted = (now, self.done, self._bytes)
        self._marks.append((now, self.done))
        while len(self._marks) > 2 and self._marks[1][0] < now - _WINDOW:
            self._marks.popleft()

    def rate(self) -> float:
        """Files per second over the last ten seconds; 0.0 while unknown."""
        if not self._marks:
            return 0.0
        started, before = self._marks[0]
        elapsed = self._clock() - started
        return (self.done - before) / elapsed if elapsed >= _LEAST else 0.0

    def report(
        self, phase: str, left: int, current: str = "", *, bytes_left: int = 0, slow: str = ""
    ) -> IndexProgress:
        """A report with `left` files, of `bytes_left` together, still to do."""
        works = phase == "indexing"
        return IndexProgress(
            phase=phase,
            done=self.done,
            total=self.done + left,
            failed=self.failed,
            photos_per_second=self.rate() if works else 0.0,
            seconds_left=self._seconds_left(left, bytes_left) if works and self._marks else None,
            current=current,
            slow=slow if works else "",
        )

    def _seconds_left(self, files: int, size: int) -> float | None:
        now = self._clock()
        elapsed, self._told_at = now - self._told_at, now
        return self._time_left.shown(files, size / _MEGABYTE, elapsed)


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

    def tell(
        self, phase: str, left: int, current: str, *, bytes_left: int = 0, slow: str = ""
    ) -> None:
        now = self._clock()
        before = self.phase
        if phase == before and (phase == "idle" or now - self._told_at < _INTERVAL):
            return
        if phase == "indexing" and before != "indexing":
            self.meter.stop_clock()
        self._told_at, self.phase = now, phase
        self._on_progress(self.meter.report(phase, left, current, bytes_left=bytes_left, slow=slow))
        if phase == "idle":
            self.meter.begin()
