"""Landmarks: some rows of a segment, roughly, which tell at once how near its best rows may be.

With one byte per entry they are compared four times as fast as in half floats, all those of a
million rows in 0.3 ms; their cosines are off by a fiftieth of the spread. Owns that form; the
choice among segments is `vector_search`'s.
"""

import numkong
import numpy as np
import numpy.typing as npt

from photofind.core.vector_rows import HalfRow, HalfRows, Scores

LANDMARK_EVERY = 64
"""Of so many rows, in the order they came, one is a landmark."""

_MOST = 127


class Landmarks:
    """Every `LANDMARK_EVERY`th of some unit rows, in memory of their own."""

    def __init__(self, rows: HalfRows) -> None:
        """rows: (n, d), of which n is at least 1."""
        self._bytes, self._unit = _in_bytes(rows[::LANDMARK_EVERY])

    def cosines(self, query: HalfRow) -> Scores:
        """About the cosine of each to a unit row: (number of landmarks,)."""
        row, unit = _in_bytes(query[None])
        products = np.asarray(numkong.cdist(self._bytes, row, metric="dot"))[:, 0]
        return (products * (unit * self._unit)).astype(np.float32)


def _in_bytes(rows: HalfRows) -> tuple[npt.NDArray[np.int8], float]:
    """Rows as whole multiples of a unit, and the unit."""
    floats = rows.astype(np.float32)
    unit = float(np.abs(floats).max()) / _MOST
    return np.rint(floats / unit).astype(np.int8), unit
