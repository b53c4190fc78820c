"""A typed skin over one USearch HNSW index: keys, float16 rows, cosines. Knows no files.

USearch is called with one thread and is not locked here: `vectors.VectorIndex` holds the lock.
"""

import time
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from typing_extensions import Buffer
from usearch.compiled import MetricKind, ScalarKind
from usearch.index import Index

from photofind.core.vector_file import DamagedIndexError
from photofind.core.vector_rows import HalfRow, HalfRows, Ids, Mask, Scores

CONNECTIVITY = 16
_EXPANSION_ADD = 128
_EXPANSION_LEAST = 1024  # candidates a search keeps on its way …
_EXPANSION_SHARE = 64  # … or one in so many of all rows: with fewer, words miss too many pictures
_PIECE = 1024  # rows copied at once: other threads stand still meanwhile
_BREATH = 1024  # nodes read or written before other threads get a turn


class VectorGraph:
    """Rows of one length under unique keys."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._index: Any = Index(
            ndim=dimension,
            metric=MetricKind.Cos,
            dtype=ScalarKind.F16,
            connectivity=CONNECTIVITY,
            expansion_add=_EXPANSION_ADD,
        )

    @property
    def dtype(self) -> str:
        return "f16"

    @property
    def connectivity(self) -> int:
        return self._index.connectivity

    def __len__(self) -> int:
        return len(self._index)

    def contains(self, ids: Ids) -> Mask:
        return np.asarray(self._index.contains(ids.astype(np.uint64)), np.bool_)

    def add(self, ids: Ids, rows: HalfRows) -> None:
        """Add rows whose ids are new, each once."""
        self._index.add(ids.astype(np.uint64), np.ascontiguousarray(rows), threads=1)

    def remove(self, ids: Ids) -> None:
        """Take out rows that are there."""
        self._index.remove(ids.astype(np.uint64), threads=1)

    def get(self, ids: Ids) -> HalfRows:
        """Rows of ids that are there, (n, d)."""
        rows = np.empty((len(ids), self.dimension), np.float16)
        for start in range(0, len(ids), _PIECE):
            part = ids[start : start + _PIECE].astype(np.uint64)
            found = cast("tuple[npt.NDArray[Any], ...]", self._index.get(part))
            np.concatenate(found, axis=None, out=rows[start : start + len(part)].reshape(-1))
        return rows

    def ids(self) -> Ids:
        """All ids, unsorted."""
        if not len(self):
            return np.empty(0, np.int64)
        return np.asarray(self._index.keys[: len(self)]).astype(np.int64)

    def search(self, query: HalfRow, count: int, *, exact: bool = False) -> tuple[Ids, Scores]:
        """The nearest rows, best first, with their cosines; `exact` compares all."""
        count = min(count, len(self))
        if count <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        least = max(_EXPANSION_LEAST, len(self) // _EXPANSION_SHARE)
        self._index.expansion_search = max(least, count + _EXPANSION_LEAST)
        found = self._index.search(query, count, exact=exact, threads=1)
        scores = 1.0 - np.asarray(found.distances, np.float32)
        return np.asarray(found.keys).astype(np.int64), scores

    def to_bytes(self) -> bytes | bytearray:
        return self._index.save(progress=_breathe)

    @classmethod
    def from_bytes(cls, data: Buffer, dimension: int) -> "VectorGraph":
        """What `to_bytes` gave. Unverified bytes can crash the process: prove them sound first.

        Raises DamagedIndexError where USearch refuses them.
        """
        try:
            graph = cls(dimension)
            graph._index.load(data, progress=_breathe)
        except (RuntimeError, ValueError) as error:
            raise DamagedIndexError(str(error)) from error
        if graph._index.ndim != dimension or graph._index.dtype != ScalarKind.F16:
            raise DamagedIndexError(f"its vectors have {graph._index.ndim} entries")
        return graph


def _breathe(done: int, total: int) -> bool:
    """USearch reads and writes a whole index without letting another thread run, but for this."""
    if done < total and done % _BREATH == 0:
        time.sleep(1e-4)
    return True
