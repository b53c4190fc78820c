"""How long the rest of a job will take when its files cost differently.

A file costs so much for itself, which is the model's work, and so much for each of its bytes,
which is reading and decoding. Owns the arithmetic only.
"""

_HALF_LIFE = 30.0  # seconds of work after which an observation counts half
_USUAL = 0.010  # seconds per megabyte, as long as all files are alike and nothing can be told
_TRUST = 0.02  # how much the usual counts against what was seen
_SETTLE = 4.0  # seconds in which what is shown goes half of the way to what is known


class TimeLeft:
    """Least squares over the recent past, and a figure to show that does not jump."""

    def __init__(self) -> None:
        self._files2 = self._mixed = self._bytes2 = 0.0
        self._files_time = self._bytes_time = 0.0
        self._shown: float | None = None

    def note(self, files: int, megabytes: float, seconds: float) -> None:
        """So many files of so many megabytes were finished in a stretch of work."""
        fade = 0.5 ** (seconds / _HALF_LIFE)
        self._files2 = self._files2 * fade + files * files
        self._mixed = self._mixed * fade + files * megabytes
        self._bytes2 = self._bytes2 * fade + megabytes * megabytes
        self._files_time = self._files_time * fade + files * seconds
        self._bytes_time = self._bytes_time * fade + megabytes * seconds

    def costs(self) -> tuple[float, float] | None:
        """Seconds per file and per megabyte; None while nothing is known."""
        if self._files2 <= 0:
            return None
        alone = self._files_time / self._files2
        bytes2 = self._bytes2 * (1 + _TRUST)
        bytes_time = self._bytes_time + _TRUST * self._bytes2 * _USUAL
        free = bytes2 - self._mixed * self._mixed / self._files2
        if free <= 0:
            return alone, 0.0
        per_byte = (bytes_time - alone * self._mixed) / free
        if per_byte <= 0:
            return alone, 0.0
        per_file = alone - per_byte * self._mixed / self._files2
        return (per_file, per_byte) if per_file >= 0 else (0.0, bytes_time / bytes2)

    def estimate(self, files: int, megabytes: float) -> float | None:
        """Seconds that so much will take; None while nothing is known."""
        costs = self.costs()
        return None if costs is None else costs[0] * files + costs[1] * megabytes

    def shown(self, files: int, megabytes: float, elapsed: float) -> float | None:
        """The estimate, smoothed. elapsed: seconds of work since it was shown last."""
        wanted = self.estimate(files, megabytes)
        if wanted is None or self._shown is None:
            self._shown = wanted
            return wanted
        expected = max(0.0, self._shown - elapsed)
        self._shown = wanted + (expected - wanted) * 0.5 ** (elapsed / _SETTLE)
        return self._shown
