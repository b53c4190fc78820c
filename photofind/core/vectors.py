"""The vector index of one encoder. Owns its content in memory, its lock, and its upkeep.

It is a cache of the catalog: `load` takes the file where it is proven sound, else reads all
vectors from the catalog again, and in both cases ends with exactly the catalog's vectors.
Below `FLAT_COMPONENTS` every search is an exact scan; above, an HNSW graph is built in steps
while the flat rows go on answering.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from photofind.core.catalog import Catalog
from photofind.core.types import Vector, Vectors
from photofind.core.vector_file import (
    DamagedIndexError,
    Sidecar,
    index_path,
    read_index,
    write_index,
)
from photofind.core.vector_graph import DTYPE, Ids, Layout, Mask, Scores, VectorGraph
from photofind.core.vector_rebuild import Rebuild, has_direction, usable_rows

log = logging.getLogger(__name__)

FLAT_COMPONENTS = 50_000_000  # rows × dimension; a scan of that many takes 10 to 15 ms
REBUILT = "The search index was damaged and has been rebuilt from the catalog."
_STEP = 64  # rows added under one hold of the lock: 30 ms at most, so searches get in between
_REMOVED_SHARE = 0.20  # more rows than that taken out: recall suffers, memory stays
_REMOVED_LEAST = 256
_SAME = 1e-3  # float16 rounding of a unit row
_READ_TRIES = 3  # another process may just be putting a new file in place


class VectorIndex:
    """Cosine search over the photos of one library for one encoder. Thread-safe."""

    def __init__(
        self, folder: Path, key: str, dimension: int, *, flat_components: int = FLAT_COMPONENTS
    ) -> None:
        """`dimension` 0 waits for the first vectors."""
        self.key = key
        self._path = index_path(folder, key)
        self._dimension = dimension
        self._flat_components = flat_components
        self._lock = threading.RLock()
        self._graph = VectorGraph(dimension, Layout.FLAT) if dimension else None
        self._rebuild: Rebuild | None = None
        self._revision = 0
        self._removed = 0
        self._saved: tuple[int, int] | None = None
        self._changes = 0
        self._sample: tuple[int, Vectors] | None = None

    def __len__(self) -> int:
        with self._lock:
            return len(self._graph) if self._graph else 0

    def __contains__(self, photo_id: object) -> bool:
        return isinstance(photo_id, int) and bool(self._held(np.array([photo_id], np.int64)).all())

    @property
    def dimension(self) -> int:
        return self._dimension

    @property
    def layout(self) -> Layout:
        return self._graph.layout if self._graph else Layout.FLAT

    def ids(self) -> Ids:
        """All photo ids, ascending."""
        with self._lock:
            return np.sort(self._graph.ids()) if self._graph else np.empty(0, np.int64)

    # -- content

    def add(self, ids: Sequence[int] | Ids, vectors: Vectors) -> None:
        """Add or replace vectors, float32 (n, d). Rows of zeros or with NaN are left out.

        Raises ValueError where the rows do not have the index's length.
        """
        keys, rows = usable_rows(np.asarray(ids, np.int64), np.asarray(vectors, np.float32))
        if not len(keys):
            return
        with self._lock:
            if self._graph is None:
                self._dimension = rows.shape[1]
                self._graph = VectorGraph(self._dimension, Layout.FLAT)
        if rows.shape[1] != self._dimension:
            raise ValueError(f"vectors have {rows.shape[1]} entries, not {self._dimension}")
        start = 0
        while start < len(keys):
            with self._lock:
                part = slice(start, start + self._batch())
                self._put(keys[part], rows[part])
                self._upkeep(_STEP)
            start = part.stop

    def remove(self, ids: Iterable[int]) -> None:
        """Take photos out; unknown ids are ignored."""
        keys = np.unique(np.fromiter(ids, np.int64))
        with self._lock:
            if self._graph is None or not len(keys):
                return
            self._take_out(keys[self._graph.contains(keys)])
            self._upkeep(_STEP)

    def vectors(self, ids: Ids) -> tuple[Ids, Vectors]:
        """Those of `ids` that are in the index, in their order, and their rows float32 (m, d)."""
        with self._lock:
            if self._graph is None or not len(ids):
                return np.empty(0, np.int64), np.empty((0, self._dimension), np.float32)
            held = ids[self._graph.contains(ids)]
            return held, self._graph.get(held)

    def sample(self, count: int) -> Vectors:
        """At most `count` rows drawn at random from the library, the same until it has changed."""
        with self._lock:
            if self._sample is None or abs(self._sample[0] - self._changes) > len(self) // 20:
                ids = self.ids()
                random = np.random.default_rng(len(ids))
                chosen = random.choice(ids, min(count, len(ids)), replace=False)
                self._sample = self._changes, self.vectors(chosen)[1]
            return self._sample[1]

    def search(self, vector: Vector, count: int) -> tuple[Ids, Scores]:
        """The `count` nearest photos, best first, and their cosines."""
        query = np.asarray(vector, np.float32)
        with self._lock:
            if self._graph is None or not has_direction(query[None])[0]:
                return np.empty(0, np.int64), np.empty(0, np.float32)
            if query.shape != (self._dimension,):
                raise ValueError(f"a vector of {query.shape} cannot be searched")
            return self._graph.search(query, count)

    # -- upkeep

    def maintain(self, seconds: float = 0.05) -> bool:
        """Do a slice of a rebuild that is under way. Returns whether there is more to do."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with self._lock:
                self._upkeep(_STEP)
                if self._rebuild is None:
                    return False
        return True

    # -- file and catalog

    def load(self, catalog: Catalog) -> list[str]:
        """Fill the index from its file where that is sound, else from the catalog; returns notices.

        Never writes, so a process that only reads may call it too.
        """
        notices: list[str] = []
        try:
            graph, sidecar = self._read(catalog)
        except FileNotFoundError:
            self._start_empty()
        except (DamagedIndexError, OSError) as error:
            log.info("%s cannot be used and is rebuilt: %s", self._path.name, error)
            notices.append(REBUILT)
            self._start_empty()
        else:
            with self._lock:
                self._graph, self._dimension = graph, sidecar.dimension
                self._revision, self._removed = sidecar.revision, sidecar.removed
                self._saved = (sidecar.revision, self._changes)
        self.refresh(catalog)
        return notices

    def refresh(self, catalog: Catalog) -> None:
        """Bring the index in line with the catalog: newer vectors in, forgotten photos out."""
        for ids, rows, revision in catalog.iter_vectors(self.key, self._revision):
            self.add(ids, rows)
            self._revision = revision
        known = np.asarray(catalog.vector_ids(self.key), np.int64)
        mine = self.ids()
        self.remove(np.setdiff1d(mine, known))
        missing = np.setdiff1d(known, mine)
        for start in range(0, len(missing), 4096):
            self.add(*catalog.vectors(self.key, missing[start : start + 4096].tolist()))

    def save(self, catalog: Catalog | None = None) -> None:
        """Write the index where it has changed. With `catalog`, also notes how far it reaches.

        Raises OSError where it cannot be written; the old file stays.
        """
        if catalog is not None:
            self.refresh(catalog)
        with self._lock:
            state = (self._revision, self._changes)
            if self._graph is None or self._saved == state:
                return
            data = self._graph.to_bytes()
            sidecar = Sidecar(
                self.key,
                self._dimension,
                DTYPE,
                self._graph.layout.value,
                self._graph.connectivity,
                len(self._graph),
                self._revision,
                self._removed,
            )
        write_index(self._path, data, sidecar)
        self._saved = state

    def _read(self, catalog: Catalog) -> tuple[VectorGraph, Sidecar]:
        data, sidecar = self._read_file()
        if sidecar.revision > catalog.vector_revision(self.key):
            # Its latest photo is gone, or the catalog is an older copy: compare everything.
            sidecar = replace(sidecar, revision=0)
        return VectorGraph.from_bytes(data, sidecar.dimension, sidecar.layout), sidecar

    def _read_file(self) -> tuple[bytes, Sidecar]:
        for _ in range(_READ_TRIES - 1):
            with contextlib.suppress(DamagedIndexError):
                return read_index(self._path, self.key, self._dimension)
            time.sleep(0.05)
        return read_index(self._path, self.key, self._dimension)

    def _start_empty(self) -> None:
        with self._lock:
            self._graph = VectorGraph(self._dimension, Layout.FLAT) if self._dimension else None
            self._rebuild, self._saved = None, None
            self._revision = self._removed = 0

    def _held(self, ids: Ids) -> Mask:
        with self._lock:
            return self._graph.contains(ids) if self._graph else np.zeros(len(ids), np.bool_)

    def _batch(self) -> int:
        return _STEP if self.layout is Layout.GRAPH or self._rebuild else 16 * _STEP

    def _put(self, keys: Ids, rows: Vectors) -> None:
        assert self._graph is not None
        held = self._graph.contains(keys)
        if held.any():
            old = self._graph.get(keys[held])
            changed = np.abs(old - rows[held]).max(axis=1) > _SAME
            self._take_out(keys[held][changed])
            wanted = ~held
            wanted[np.flatnonzero(held)[changed]] = True
            keys, rows = keys[wanted], rows[wanted]
        if not len(keys):
            return
        self._graph.add(keys, rows)
        self._changes += len(keys)
        if self._rebuild is not None:
            self._rebuild.graph.add(keys, rows)

    def _take_out(self, keys: Ids) -> None:
        assert self._graph is not None
        if not len(keys):
            return
        self._graph.remove(keys)
        self._removed += len(keys)
        self._changes += len(keys)
        if self._rebuild is not None:
            self._rebuild.graph.remove(keys[self._rebuild.graph.contains(keys)])

    def _upkeep(self, rows: int) -> None:
        if self._graph is None:
            return
        if self._rebuild is None and (layout := self._due()) is not None:
            log.info("the search index of %s is being rebuilt as %s", self.key, layout)
            self._rebuild = Rebuild(VectorGraph(self._dimension, layout), self._graph.ids())
            self._removed = 0
        if self._rebuild is not None and self._rebuild.step(self._graph, rows):
            self._graph, self._rebuild = self._rebuild.graph, None
            self._changes += 1

    def _due(self) -> Layout | None:
        """The layout to rebuild into, None while the present one is good."""
        assert self._graph is not None
        count = len(self._graph)
        large = count * self._dimension > self._flat_components
        wanted = Layout.GRAPH if large else self._graph.layout
        worn = self._removed > max(_REMOVED_LEAST, _REMOVED_SHARE * count)
        return wanted if worn or wanted is not self._graph.layout else None
