"""A part of an index: rows under photo ids and one USearch HNSW graph over them. Knows no files.

A segment takes rows until it is full. Once it has been written, or was read, it is frozen: graph
and rows lie in one piece of memory and are searched there, and scans go over the rows without
copying them. `thaw` makes a frozen one take rows again. Rows that are taken out are only marked.

USearch is called with one thread and is not locked here: `vectors.VectorIndex` holds the lock.
Inside, its keys are the rows' places, counted in the order they came.
"""

import struct
import time
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from typing_extensions import Buffer
from usearch.compiled import MetricKind, ScalarKind
from usearch.index import Index

from photofind.core.vector_file import DamagedIndexError
from photofind.core.vector_landmarks import Landmarks
from photofind.core.vector_rows import HalfRow, HalfRows, Ids, Mask, Scores, cosines, is_allowed

CAPACITY = 131_072
"""Rows. In larger graphs a search misses more, or takes longer than in several of this size."""
_CONNECTIVITY = 16
_EXPANSION_ADD = 256
_EXPANSION = 1536  # candidates a search keeps on its way, with what it is asked for, where it can
_MARGIN_LEAST, _MARGIN_MOST = 256, 768  # of them, beyond what it is asked for
_MARGIN_GROWTH = 32  # of them, with each row that it is asked for
_MARGIN_GLANCE = 44  # of them, where hardly anything is to be found
_GATHERED = 0.25  # share of the rows up to which a scan copies them first
_BREATH = 1024  # nodes written before other threads get a turn
_HEADER = struct.Struct("<II")  # rows and bytes per row, at the start of what USearch writes


class Segment:
    """Rows of one length; each id is there at most once."""

    def __init__(self, dimension: int, number: int = 0) -> None:
        """`number` tells the segments of an index apart."""
        self.dimension = dimension
        self.number = number
        self._graph: Any = _new_graph(dimension, grows=True)
        self._memory: Buffer | None = None  # the graph does not hold it: it must not go before it
        self._rows: HalfRows | None = None  # of a frozen segment
        self._landmarks: Landmarks | None = None
        self._id_of = np.empty(0, np.int64)  # by place
        self._alive = np.empty(0, np.bool_)  # by place
        self._ids = np.empty(0, np.int64)  # alive, ascending
        self._places = np.empty(0, np.int64)  # of them

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def size(self) -> int:
        """Rows, with those that were taken out."""
        return len(self._id_of)

    @property
    def ids(self) -> Ids:
        """All ids, ascending."""
        return self._ids

    @property
    def alive(self) -> Mask:
        """Which rows have not been taken out, in the order they came."""
        return self._alive

    # -- content

    def contains(self, ids: Ids) -> Mask:
        return self._find(ids)[0]

    def add(self, ids: Ids, rows: HalfRows) -> None:
        """Add rows (n, d) whose ids are new, each once, to a segment that is not frozen."""
        places = np.arange(self.size, self.size + len(ids))
        self._graph.add(places.astype(np.uint64), np.ascontiguousarray(rows), threads=1)
        self._id_of = np.concatenate([self._id_of, ids])
        self._alive = np.concatenate([self._alive, np.ones(len(ids), np.bool_)])
        order = np.argsort(ids, kind="stable")
        at = np.searchsorted(self._ids, ids[order])
        self._ids = np.insert(self._ids, at, ids[order])
        self._places = np.insert(self._places, at, places[order])

    def remove(self, ids: Ids) -> None:
        """Take rows out; ids that are not there are ignored."""
        there, at = self._find(ids)
        if there.any():
            self._alive[self._places[at[there]]] = False
            self._ids = np.delete(self._ids, at[there])
            self._places = np.delete(self._places, at[there])

    def first(self, count: int) -> tuple[Ids, HalfRows]:
        """At most `count` rows, and their ids."""
        return self._ids[:count], self._at(self._places[:count])

    def get(self, ids: Ids) -> HalfRows:
        """Rows of ids that are there, (n, d)."""
        return self._at(self._places[np.searchsorted(self._ids, ids)])

    def _find(self, ids: Ids) -> tuple[Mask, Ids]:
        """Which ids are there, and where among all."""
        if not len(self._ids):
            return np.zeros(len(ids), np.bool_), np.zeros(len(ids), np.int64)
        at = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
        return self._ids[at] == ids, at

    def _at(self, places: Ids) -> HalfRows:
        if self._rows is not None:
            return self._rows[places]
        rows = np.empty((len(places), self.dimension), np.float16)
        if len(places):
            found = self._graph.get(places.astype(np.uint64))
            np.concatenate(found, axis=None, out=rows.reshape(-1))
        return rows

    # -- search

    @property
    def landmarks(self) -> Landmarks | None:
        """Of all rows, also of those taken out. None where the segment is not frozen."""
        return self._landmarks

    def search(self, query: HalfRow, count: int, *, thorough: bool = True) -> tuple[Ids, Scores]:
        """About the `count` nearest to a unit row along the graph, best first; their cosines.

        Not `thorough`: in a fifth of the time, where hardly any of them matter.
        """
        wanted = min(count, len(self))
        asked = wanted
        while wanted:
            margin = _margin(asked) if thorough else _MARGIN_GLANCE
            places, scores = self._nearest(query, asked, margin)
            alive = self._alive[places]
            if np.count_nonzero(alive) >= wanted or asked >= self.size:
                return self._id_of[places[alive][:wanted]], scores[alive][:wanted]
            asked = min(2 * asked, self.size)
        return np.empty(0, np.int64), np.empty(0, np.float32)

    def scan(self, query: HalfRow, allowed: Mask | None = None) -> tuple[Ids, Scores]:
        """All ids, in no order, and their cosines to a unit row.

        allowed: by id, up to a highest one; only such ids count.
        """
        chosen = self._alive
        if allowed is not None:
            chosen = chosen & is_allowed(self._id_of, allowed)
        if self._rows is None:
            places, scores = self._nearest(query, self.size)
            kept = chosen[places]
            return self._id_of[places[kept]], scores[kept]
        places = np.flatnonzero(chosen)
        if len(places) > _GATHERED * self.size:
            scores = cosines(self._rows, query[None])[places, 0]
        else:
            scores = cosines(self._rows[places], query[None])[:, 0]
        return self._id_of[places], scores

    def _nearest(self, query: HalfRow, count: int, margin: int | None = None) -> tuple[Ids, Scores]:
        """Places, best first, and their cosines. margin: without it, all rows are compared."""
        if not count:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        self._graph.expansion_search = count + (margin or 0)
        found = self._graph.search(query, count, exact=margin is None, threads=1)
        return (
            np.asarray(found.keys).astype(np.int64),
            np.float32(1) - np.asarray(found.distances, np.float32),
        )

    # -- in one piece of memory

    def to_bytes(self) -> bytearray:
        """The graph with its rows, as USearch writes it. Other threads may search meanwhile."""
        return self._graph.save(progress=_breathe)

    def freeze(self, memory: Buffer) -> None:
        """Let the graph lie in `memory`, which holds what `to_bytes` gave and is kept.

        Unverified bytes can crash the process: prove them sound first. Raises DamagedIndexError
        where they are not the graph of these rows.
        """
        graph = _new_graph(self.dimension, grows=False)
        view = memoryview(memory)
        try:
            graph.view(view)
            rows, row_bytes = _HEADER.unpack_from(view)
        except (RuntimeError, ValueError, struct.error) as error:
            raise DamagedIndexError(str(error)) from error
        if (graph.ndim, graph.dtype) != (self.dimension, ScalarKind.F16):
            raise DamagedIndexError(f"its vectors have {graph.ndim} entries")
        if not (len(graph) == rows == self.size and row_bytes == 2 * self.dimension):
            raise DamagedIndexError(f"it has {len(graph)} rows instead of {self.size}")
        values = np.frombuffer(view, np.float16, rows * self.dimension, _HEADER.size)
        self._graph, self._rows = graph, values.reshape(rows, self.dimension)
        self._landmarks = Landmarks(self._rows)
        self._memory = memory

    def thaw(self, lock: AbstractContextManager[Any]) -> None:
        """Make a frozen segment take rows again. Searches that hold `lock` may go on meanwhile."""
        if self._memory is not None:
            graph = _new_graph(self.dimension, grows=True)
            graph.load(memoryview(self._memory), progress=_breathe)
            with lock:
                self._graph, self._rows, self._memory = graph, None, None
                self._landmarks = None

    @classmethod
    def frozen(
        cls, memory: Buffer, ids: Ids, alive: Mask, dimension: int, number: int
    ) -> "Segment":
        """A segment of what `to_bytes` gave and the ids (n,) of its rows, in their order.

        Raises DamagedIndexError as `freeze` does.
        """
        segment = cls(dimension, number)
        segment._id_of, segment._alive = ids, alive
        places = np.flatnonzero(alive)
        order = np.argsort(ids[places], kind="stable")
        segment._places = places[order]
        segment._ids = ids[segment._places]
        segment.freeze(memory)
        return segment

    @property
    def ids_by_place(self) -> Ids:
        """The ids of all rows, in the order they came, with those that were taken out."""
        return self._id_of


def _margin(asked: int) -> int:
    """The nearest one is found with few candidates, the nearest twenty need most; long lists keep
    many anyway: there more cost a third of the time and find hardly any of the better half."""
    fewest = _MARGIN_LEAST + _MARGIN_GROWTH * (asked - 1)
    return min(fewest, _MARGIN_MOST, max(_EXPANSION - asked, _MARGIN_LEAST))


def _new_graph(dimension: int, *, grows: bool) -> Any:
    return Index(
        ndim=dimension,
        metric=MetricKind.Cos,
        dtype=ScalarKind.F16,
        connectivity=_CONNECTIVITY,
        expansion_add=_EXPANSION_ADD,
        enable_key_lookups=grows,
    )


def _breathe(done: int, total: int) -> bool:
    """USearch reads and writes a whole graph without letting another thread run, but for this."""
    if done < total and done % _BREATH == 0:
        time.sleep(1e-4)
    return True
