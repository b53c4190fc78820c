"""The vector index of one encoder. Owns its content in memory, its lock, and its upkeep.

It is a cache of the catalog: `load` takes the file where it is proven sound and the rest from the
catalog, and so ends with exactly the catalog's vectors. They are held once: in a USearch HNSW graph
or, until `maintain` has taken them into it, in rows that every search scans. Graphs of up to
`FLAT_COMPONENTS` are scanned too, and so is what a filter leaves where that is little.
"""

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from photofind.core.catalog import Catalog
from photofind.core.types import Vector, Vectors
from photofind.core.usable_rows import has_direction, usable_rows
from photofind.core.vector_file import (
    DamagedIndexError,
    delete_index,
    index_path,
    rebuild_path,
)
from photofind.core.vector_graph import VectorGraph
from photofind.core.vector_rebuild import Rebuild
from photofind.core.vector_rows import HalfRow, HalfRows, Ids, Mask, Scores, WaitingRows
from photofind.core.vector_search import search_graph, search_rows
from photofind.core.vector_store import read_graph, write_graph

log = logging.getLogger(__name__)

__all__ = ["FLAT_COMPONENTS", "REBUILT", "VectorIndex"]

FLAT_COMPONENTS = 20_000_000  # rows × dimension; a scan of that many takes 5 ms
REBUILT = "The search index was damaged and has been rebuilt from the catalog."

_STEP = 64  # rows linked under one hold of the lock: 30 ms at most, so searches get in between
_BREATH = 5e-4  # seconds after it in which they do
_PIECE = 1024  # rows copied under one hold of the lock
_REMOVED_LEAST, _REMOVED_SHARE = 256, 0.20  # rows taken out: recall suffers, memory stays
_UNSAVED_LEAST, _UNSAVED_SHARE = 20_000, 0.20  # rows of a large graph that its file may lack
_LAST_LINKS = 2048  # waiting rows that `save` still takes into the graph
_SAME = 1e-3  # float16 rounding of a unit row
_REST_SECONDS = 600.0  # after the disk was full


class VectorIndex:
    """Cosine search over the photos of one library for one encoder.

    Any thread may search; one thread changes, maintains and saves.
    """

    def __init__(
        self, folder: Path, key: str, dimension: int, *, flat_components: int = FLAT_COMPONENTS
    ) -> None:
        """`dimension` 0 waits for the first vectors."""
        self.key = key
        self._path = index_path(folder, key)
        self._rebuild_path = rebuild_path(folder, key)
        self._dimension = dimension
        self._flat_components = flat_components
        self._lock = threading.RLock()
        self._graph = VectorGraph(dimension)
        self._waiting = WaitingRows(dimension)
        self._rebuild: Rebuild | None = None
        self._revision = 0
        self._removed = 0  # rows of the graph
        self._changes = 0
        self._unsaved = 0  # changes of the graph
        self._saved_revision: int | None = None
        self._rest_until = 0.0  # monotonic seconds
        self._sample: tuple[int, Vectors] | None = None

    def __len__(self) -> int:
        with self._lock:
            return len(self._graph) + len(self._waiting)

    def __contains__(self, photo_id: object) -> bool:
        return isinstance(photo_id, int) and bool(self.holds(np.array([photo_id], np.int64)).all())

    @property
    def dimension(self) -> int:
        return self._dimension

    @property
    def waiting(self) -> int:
        """Rows that are not in the graph yet."""
        return len(self._waiting)

    def ids(self) -> Ids:
        """All photo ids, ascending."""
        with self._lock:
            return np.sort(np.concatenate([self._graph.ids(), self._waiting.ids()]))

    def holds(self, ids: Ids) -> Mask:
        """Which of these photos are in the index."""
        with self._lock:
            return self._graph.contains(ids) | self._waiting.contains(ids)

    # -- content

    def add(self, ids: Sequence[int] | Ids, vectors: Vectors) -> None:
        """Add or replace vectors, float32 (n, d). Rows of zeros or with NaN are left out.

        Raises ValueError where the rows do not have the index's length.
        """
        for _ in range(0, self._take_in(ids, vectors), _STEP):
            if self._rebuild is None:
                self._link()

    def remove(self, ids: Iterable[int]) -> None:
        """Take photos out; unknown ids are ignored."""
        with self._lock:
            self._take_out(np.unique(np.fromiter(ids, np.int64)))

    def vectors(self, ids: Ids) -> tuple[Ids, Vectors]:
        """Those of `ids` that are in the index, in their order, and their rows float32 (m, d)."""
        held, rows = self._rows(ids)
        floats = rows.astype(np.float32)
        return held, floats / np.maximum(np.linalg.norm(floats, axis=1, keepdims=True), 1e-6)

    def cosines(self, ids: Ids, vectors: Vectors) -> tuple[Ids, Scores]:
        """Those of `ids` that are in the index, and their cosines to unit rows (m, d): (m, n)."""
        return search_rows(self._rows, ids, vectors.astype(np.float16))

    def sample(self, count: int) -> Vectors:
        """At most `count` rows drawn at random from the library, the same until it has changed."""
        sample = self._sample
        if sample is None or abs(sample[0] - self._changes) > len(self) // 20:
            ids = self.ids()
            random = np.random.default_rng(len(ids))
            chosen = np.sort(random.choice(ids, min(count, len(ids)), replace=False))
            sample = self._sample = self._changes, self.vectors(chosen)[1]
        return sample[1]

    def search(self, vector: Vector, count: int, allowed: Ids | None = None) -> tuple[Ids, Scores]:
        """The `count` nearest photos, best first, and their cosines.

        `allowed`, ascending, are the only ones that count; without it all do.
        """
        query = np.asarray(vector, np.float32)
        if not has_direction(query[None])[0] or not len(self):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        if query.shape != (self._dimension,):
            raise ValueError(f"a vector of {query.shape} cannot be searched")
        half = (query / np.linalg.norm(query)).astype(np.float16)
        return search_graph(self._nearest, self._rows, len(self), half, count, allowed)

    def _nearest(self, query: HalfRow, count: int) -> tuple[Ids, Scores]:
        """The nearest of the graph, and all that wait, in no order."""
        with self._lock:
            flat = len(self._graph) * self._dimension <= self._flat_components
            ids, scores = self._graph.search(query, count, exact=flat)
            more, theirs = self._waiting.search(query)
        return np.concatenate([ids, more]), np.concatenate([scores, theirs])

    def _rows(self, ids: Ids) -> tuple[Ids, HalfRows]:
        """Those of `ids` that are in the index, and their rows as they are stored."""
        held: list[Ids] = [np.empty(0, np.int64)]
        rows: list[HalfRows] = [np.empty((0, self._dimension), np.float16)]
        for start in range(0, len(ids), _PIECE):
            part = ids[start : start + _PIECE]
            with self._lock:
                linked, waits = self._graph.contains(part), self._waiting.contains(part)
                found = np.empty((len(part), self._dimension), np.float16)
                found[linked] = self._graph.get(part[linked])
                found[waits] = self._waiting.get(part[waits])
            there = linked | waits
            held.append(part[there])
            rows.append(found if there.all() else found[there])
        return np.concatenate(held), np.concatenate(rows)

    # -- changes

    def _take_in(self, ids: Sequence[int] | Ids, vectors: Vectors) -> int:
        """Let new and changed rows wait; returns how many they are."""
        keys, rows = usable_rows(np.asarray(ids, np.int64), np.asarray(vectors, np.float32))
        if not len(keys):
            return 0
        with self._lock:
            if not self._dimension:
                self._start_empty(rows.shape[1])
            if rows.shape[1] != self._dimension:
                raise ValueError(f"vectors have {rows.shape[1]} entries, not {self._dimension}")
            held = self.holds(keys)
            if held.any():
                old = self.vectors(keys[held])[1]
                changed = np.abs(old - rows[held]).max(axis=1) > _SAME
                self._take_out(keys[held][changed])
                wanted = ~held
                wanted[np.flatnonzero(held)[changed]] = True
                keys, rows = keys[wanted], rows[wanted]
            self._waiting.add(keys, rows.astype(np.float16))
            self._changes += len(keys)
        return len(keys)

    def _take_out(self, ids: Ids) -> None:
        self._changes += len(ids)
        self._waiting.remove(ids)
        linked = ids[self._graph.contains(ids)]
        if not len(linked):
            return
        self._graph.remove(linked)
        if self._rebuild is not None:
            self._rebuild.remove(linked)
        self._removed += len(linked)
        self._unsaved += len(linked)

    def _link(self) -> None:
        """Take some waiting rows into the graph."""
        with self._lock:
            ids, rows = self._waiting.first(_STEP)
            if len(ids):
                self._graph.add(ids, rows)
                self._waiting.remove(ids)
                self._unsaved += len(ids)

    # -- upkeep

    @property
    def needs_upkeep(self) -> bool:
        """Whether `maintain` has something to do."""
        return len(self._waiting) > 0 or self._rebuild is not None or self._is_worn()

    def maintain(self, seconds: float = 0.05) -> bool:
        """Do a slice of what is due. Returns whether there is more to do.

        What takes minutes in a large library is written down as it goes, to be taken up again.
        """
        end = time.monotonic() + seconds
        while self.needs_upkeep and time.monotonic() < end:
            if self._rebuild is not None or self._is_worn():
                self._step_rebuild()
            else:
                self._link()
            time.sleep(_BREATH)
            self._save_progress()
        return self.needs_upkeep

    def _is_worn(self) -> bool:
        return self._removed > max(_REMOVED_LEAST, _REMOVED_SHARE * len(self._graph))

    def _step_rebuild(self) -> None:
        if self._rebuild is None:
            log.info("the search index of %s is being made anew", self.key)
            self._rebuild = Rebuild(self._graph)
        with self._lock:
            if self._rebuild.step(_STEP):
                self._graph, self._rebuild = self._rebuild.graph, None
                self._removed, self._unsaved = 0, len(self._graph)
                self._saved_revision = None

    def _save_progress(self) -> None:
        if self._is_small() or time.monotonic() < self._rest_until:
            return
        try:
            if (job := self._rebuild) is not None:
                if job.unsaved >= max(_UNSAVED_LEAST, _UNSAVED_SHARE * len(job.graph)):
                    job.unsaved = 0
                    write_graph(self._rebuild_path, job.graph, self.key, self._revision)
            elif self._is_much_unsaved() or (self._saved_revision is None and not self._waiting):
                self._write_graph()
        except OSError as error:
            log.warning("the index of %s could not be written: %s", self.key, error)
            self._rest_until = time.monotonic() + _REST_SECONDS

    # -- file and catalog

    def load(self, catalog: Catalog) -> list[str]:
        """Fill the index from its file where that is sound, else from the catalog; returns notices.

        Never writes, so a process that only reads may call it too.
        """
        notices: list[str] = []
        self._start_empty(self._dimension)
        try:
            graph, sidecar = read_graph(self._path, self.key, self._dimension)
        except FileNotFoundError:
            pass
        except (DamagedIndexError, OSError) as error:
            log.info("%s cannot be used and is rebuilt: %s", self._path.name, error)
            notices.append(REBUILT)
        else:
            if sidecar.revision > catalog.vector_revision(self.key):
                # Its latest photo is gone, or the catalog is an older copy: compare everything.
                sidecar = replace(sidecar, revision=0)
            with self._lock:
                self._graph, self._waiting = graph, WaitingRows(sidecar.dimension)
                self._dimension, self._removed = sidecar.dimension, sidecar.removed
                self._revision = self._saved_revision = sidecar.revision
        self.refresh(catalog)
        if self._is_worn():
            self._resume_rebuild(catalog)
        return notices

    def refresh(self, catalog: Catalog) -> None:
        """Bring the index in line with the catalog: newer vectors in, forgotten photos out."""
        for ids, rows, revision in catalog.iter_vectors(self.key, self._revision):
            self._take_in(ids, rows)
            self._revision = revision
        mine = self.ids()
        if catalog.vector_totals(self.key) == (len(mine), int(mine.sum())):
            return
        known = np.asarray(catalog.vector_ids(self.key), np.int64)
        self.remove(np.setdiff1d(mine, known, assume_unique=True))
        missing = np.setdiff1d(known, mine, assume_unique=True)
        for start in range(0, len(missing), 4096):
            self._take_in(*catalog.vectors(self.key, missing[start : start + 4096].tolist()))

    def save(self, catalog: Catalog | None = None) -> None:
        """Write the index where that is worth it. With `catalog`, also notes how far it reaches.

        Rows that wait, and some others of a large index, are left to the next `load`, which takes
        them from the catalog. Raises OSError where it cannot be written; the old file stays.
        """
        if catalog is not None:
            self.refresh(catalog)
        if len(self._waiting) <= _LAST_LINKS and self._rebuild is None:
            while len(self._waiting):
                self._link()
        if not self._is_small() and self._saved_revision is not None:
            worth_it = self._is_much_unsaved()
        else:
            worth_it = self._unsaved > 0 or self._saved_revision not in (None, self._revision)
        if worth_it:
            self._write_graph()

    def _is_much_unsaved(self) -> bool:
        return self._unsaved > max(_UNSAVED_LEAST, _UNSAVED_SHARE * len(self._graph))

    def _is_small(self) -> bool:
        return len(self) * self._dimension <= self._flat_components

    def _write_graph(self) -> None:
        # Searches go on meanwhile; whoever changes the graph is the one who is here.
        write_graph(self._path, self._graph, self.key, self._revision, self._removed)
        self._saved_revision, self._unsaved = self._revision, 0
        if self._rebuild is None:
            delete_index(self._rebuild_path)

    def _resume_rebuild(self, catalog: Catalog) -> None:
        """Take up a rebuild that was cut off, where its part is sound."""
        try:
            part, sidecar = read_graph(self._rebuild_path, self.key, self._dimension)
        except (DamagedIndexError, OSError) as error:
            log.info("the index of %s is made anew from the beginning: %s", self.key, error)
            return
        ids = part.ids()
        part.remove(ids[~self._graph.contains(ids)])
        for changed, _, _ in catalog.iter_vectors(self.key, sidecar.revision):
            part.remove(changed[part.contains(changed)])
        self._rebuild = Rebuild(self._graph, part)

    def _start_empty(self, dimension: int) -> None:
        with self._lock:
            self._dimension = dimension
            self._graph, self._waiting = VectorGraph(dimension), WaitingRows(dimension)
            self._rebuild, self._saved_revision = None, None
            self._revision = self._removed = self._unsaved = 0
