"""What keeps a vector index sound: refusing rows without a direction, and rebuilding in steps."""

import logging

import numpy as np

from photofind.core.types import Vectors
from photofind.core.vector_graph import Ids, Layout, Mask, VectorGraph

log = logging.getLogger(__name__)


class Rebuild:
    """A new graph that is filled from the old one while that one answers."""

    def __init__(self, graph: VectorGraph, ids: Ids) -> None:
        self.graph = graph
        self._ids = ids
        self._done = 0

    def step(self, old: VectorGraph, rows: int) -> bool:
        """Copy some more rows; returns whether all are there."""
        if self.graph.layout is Layout.FLAT:
            rows *= 16
        ids = self._ids[self._done : self._done + rows]
        self._done += rows
        if len(ids):
            ids = ids[old.contains(ids)]
            ids = ids[~self.graph.contains(ids)]
            self.graph.add(ids, old.get(ids))
        return self._done >= len(self._ids)


def has_direction(rows: Vectors) -> Mask:
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
