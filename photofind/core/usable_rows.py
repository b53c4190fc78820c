"""Which vectors can be searched: rows that point somewhere, each id once."""

import logging

import numpy as np
import numpy.typing as npt

from photofind.core.types import Vectors

log = logging.getLogger(__name__)

Ids = npt.NDArray[np.int64]


def has_direction(rows: Vectors) -> npt.NDArray[np.bool_]:
    """Which rows are finite and not zero."""
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.linalg.norm(rows, axis=1)
    return np.isfinite(norms) & (norms > 1e-6)


def usable_rows(ids: Ids, rows: Vectors) -> tuple[Ids, Vectors]:
    """Unit rows that can be searched, the last one of each id."""
    if rows.ndim != 2 or len(ids) != len(rows):
        raise ValueError(f"{len(ids)} ids do not go with vectors of shape {rows.shape}")
    good = has_direction(rows)
    if not good.all():
        log.warning("%d vectors without a direction were left out", int((~good).sum()))
        ids, rows = ids[good], rows[good]
    _, last = np.unique(ids[::-1], return_index=True)
    order = np.sort(len(ids) - 1 - last)
    rows = rows[order]
    return ids[order], rows / np.linalg.norm(rows, axis=1, keepdims=True)
