"""A typed skin over one USearch index: keys, float16 rows, cosines. Knows no files and no catalog.

USearch is called with one thread and is not locked here: `vectors.VectorIndex` holds the lock.
"""

from enum import StrEnum
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from usearch.compiled import MetricKind, ScalarKind
from usearch.index import Index

from photofind.core.types import Vector, Vectors
from photofind.core.vector_file import DamagedIndexError

Ids = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

DTYPE = "f16"
_EXACT_SHARE = 64  # asking for more than 1/64 of all rows, a scan is faster than the graph
_EXPANSION_SEARCH = 256


class Layout(StrEnum):
    """How rows are linked. Both live in the same file format.

    FLAT has next to no links, is filled at 100,000 rows/s and always scanned: every neighbour is
    found, 100,000 × 256 in 5 ms. GRAPH is a real HNSW graph, filled at 2,000 rows/s and worth it
    where a scan takes longer than the graph: for 1,000 neighbours of 100,000 × 256 it needed 5 ms
    too, and missed some.
    """

    FLAT = "flat"
    GRAPH = "graph"


_LINKS = {Layout.FLAT: (4, 4), Layout.GRAPH: (16, 128)}  # connectivity, expansion while adding


class VectorGraph:
    """Rows of one length under unique keys."""

    def __init__(self, dimension: int, layout: Layout) -> None:
        self.layout = layout
        self.dimension = dimension
        connectivity, expansion = _LINKS[layout]
        self._index: Any = Index(
            ndim=dimension,
            metric=MetricKind.Cos,
            dtype=ScalarKind.F16,
            connectivity=connectivity,
            expansion_add=expansion,
            expansion_search=_EXPANSION_SEARCH,
        )

    @property
    def connectivity(self) -> int:
        return self._index.connectivity

    def __len__(self) -> int:
        return len(self._index)

    def contains(self, ids: Ids) -> Mask:
        return np.asarray(self._index.contains(ids.astype(np.uint64)), np.bool_)

    def add(self, ids: Ids, rows: Vectors) -> None:
        """Add rows whose ids are new, each once."""
        self._index.add(ids.astype(np.uint64), np.ascontiguousarray(rows), threads=1)

    def remove(self, ids: Ids) -> None:
        """Take out rows that are there."""
        self._index.remove(ids.astype(np.uint64), threads=1)

    def get(self, ids: Ids) -> Vectors:
        """Rows of ids that are there, float32 (n, d)."""
        if not len(ids):
            return np.empty((0, self.dimension), np.float32)
        rows = cast("tuple[Any, ...]", self._index.get(ids.astype(np.uint64)))
        return np.stack([np.reshape(row, -1) for row in rows]).astype(np.float32)

    def ids(self) -> Ids:
        """All ids, unsorted."""
        if not len(self):
            return np.empty(0, np.int64)
        return np.asarray(self._index.keys[: len(self)]).astype(np.int64)

    def search(self, vector: Vector, count: int) -> tuple[Ids, Scores]:
        """The nearest rows, best first, with their cosines."""
        total = len(self)
        count = min(count, total)
        if count <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        exact = self.layout is Layout.FLAT or count * _EXACT_SHARE > total
        if not exact:
            self._index.expansion_search = max(_EXPANSION_SEARCH, 2 * count)
        query = np.asarray(vector, np.float32)
        found = self._index.search(query, count, exact=exact, threads=1)
        scores = 1.0 - np.asarray(found.distances, np.float32)
        return np.asarray(found.keys).astype(np.int64), scores

    def to_bytes(self) -> bytes | bytearray:
        return self._index.save()

    @classmethod
    def from_bytes(cls, data: bytes, dimension: int, layout: str) -> "VectorGraph":
        """What `to_bytes` gave. Unverified bytes can crash the process: prove them sound first.

        Raises DamagedIndexError where USearch refuses them.
        """
        try:
            graph = cls(dimension, Layout(layout))
            graph._index.load(data)
        except (RuntimeError, ValueError) as error:
            raise DamagedIndexError(str(error)) from error
        if graph._index.ndim != dimension or graph._index.dtype != ScalarKind.F16:
            raise DamagedIndexError(f"its vectors have {graph._index.ndim} entries")
        return graph
