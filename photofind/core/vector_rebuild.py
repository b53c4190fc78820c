"""Making a graph anew from one that has lost too many rows, in small steps.

The old graph answers meanwhile. What is done is written down every so often, so that a rebuild
that was cut off goes on where it stood.
"""

from photofind.core.vector_graph import VectorGraph
from photofind.core.vector_rows import Ids


class Rebuild:
    """A new graph that is filled from the old one."""

    def __init__(self, old: VectorGraph, part: VectorGraph | None = None) -> None:
        """`part` holds rows of `old`, and no others, from an earlier time."""
        self.graph = VectorGraph(old.dimension) if part is None else part
        self.unsaved = 0
        self._old = old
        ids = old.ids()
        self._ids: Ids = ids[~self.graph.contains(ids)]
        self._done = 0

    def step(self, rows: int) -> bool:
        """Copy some more rows; returns whether all are there."""
        ids = self._ids[self._done : self._done + rows]
        self._done += rows
        if len(ids):
            ids = ids[self._old.contains(ids)]
            self.graph.add(ids, self._old.get(ids))
            self.unsaved += len(ids)
        return self._done >= len(self._ids)

    def remove(self, ids: Ids) -> None:
        """Take rows out that the old graph loses."""
        self.graph.remove(ids[self.graph.contains(ids)])
