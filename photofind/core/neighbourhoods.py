"""Dividing rows into lists of neighbours: spherical k-means (Dhillon and Modha 2001).

Duplicates of a large library are looked for within and around each list. Pure arithmetic in small
steps; each generator yields between two of them.
"""

from collections.abc import Generator

import numpy as np
import numpy.typing as npt

from photofind.core.types import Vectors

Centres = npt.NDArray[np.float32]
HalfRows = npt.NDArray[np.float16]
Lists = npt.NDArray[np.int32]

ROWS_PER_LIST = 256
STEP = 2048  # rows multiplied at once
_SAMPLE_PER_LIST = 32
_ROUNDS = 6


def list_count(rows: int) -> int:
    """How many lists so many rows are worth."""
    return max(1, rows // ROWS_PER_LIST)


def sample_size(rows: int) -> int:
    """How many rows are enough to find the centres of the lists of so many."""
    return min(rows, list_count(rows) * _SAMPLE_PER_LIST)


def nearest_lists(rows: Vectors, centres: Centres) -> Lists:
    """The list that each row (n, d) belongs to."""
    return (rows @ centres.T).argmax(axis=1).astype(np.int32)


def find_centres(sample: HalfRows, count: int) -> Generator[None, None, Centres]:
    """Unit centres (count, d) of lists, from a random sample (n, d) with n ≥ count."""
    random = np.random.default_rng(len(sample))
    centres = sample[random.choice(len(sample), count, replace=False)].astype(np.float32)
    for _ in range(_ROUNDS):
        sums = np.zeros_like(centres)
        filled = np.zeros(count, np.bool_)
        for start in range(0, len(sample), STEP):
            rows = sample[start : start + STEP].astype(np.float32)
            _add_up(rows, nearest_lists(rows, centres), sums, filled)
            yield
        lost = np.flatnonzero(~filled)
        sums[lost] = sample[random.choice(len(sample), len(lost), replace=False)]
        centres = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6)
    return centres


def _add_up(rows: Vectors, lists: Lists, sums: Centres, filled: npt.NDArray[np.bool_]) -> None:
    order = np.argsort(lists, kind="stable")
    present, firsts = np.unique(lists[order], return_index=True)
    sums[present] += np.add.reduceat(rows[order], firsts, axis=0)
    filled[present] = True
