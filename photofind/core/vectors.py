"""The vector index of one encoder. Owns its lock, its upkeep, and its agreement with the catalog.

It is a cache of the catalog: `load` takes the files where they are proven sound and the rest from
the catalog, and so ends with exactly the catalog's vectors. They are held once: in segments, each
a USearch HNSW graph, or, until `maintain` has taken them into one, in rows that every search scans.
A full segment is written once and never again. One that has lost many rows is dissolved: its rows
wait again, and so end in another. Libraries of up to `FLAT_COMPONENTS` are scanned.
"""

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from photofind.core.catalog import Catalog
from photofind.core.types import Vector, Vectors
from photofind.core.usable_rows import has_direction, usable_rows
from photofind.core.vector_content import VectorContent
from photofind.core.vector_file import DamagedIndexError, OtherFormatError
from photofind.core.vector_rows import HalfRows, Ids, Mask, Scores
from photofind.core.vector_search import SegmentSearch, landmark_cosines, search_rows
from photofind.core.vector_segment import CAPACITY, Segment
from photofind.core.vector_store import SegmentStore

log = logging.getLogger(__name__)

__all__ = ["FLAT_COMPONENTS", "REBUILT", "VectorIndex"]

FLAT_COMPONENTS = 20_000_000  # rows × dimension; a scan of that many takes 5 ms
REBUILT = "The search index was damaged and has been rebuilt from the catalog."

_STEP = 64  # rows linked under one hold of the lock: 30 ms at most, so searches get in between
_BREATH = 5e-4  # seconds after it in which they do
_PIECE = 4096  # rows copied under one hold of the lock
_UNSAVED_LEAST, _UNSAVED_SHARE = 20_000, 0.20  # rows that the files of a large index may lack
_UNSAVED_AT_END = 1024  # linking these anew takes a second, writing a segment as long
_LAST_LINKS = 2048  # waiting rows that `save` still takes into a graph
_TOLD_SHARE = 0.9  # of the photos, for which the landmarks must stand
_SAME = 1e-3  # float16 rounding of a unit row
_REST_SECONDS = 600.0  # after the disk was full


class VectorIndex:
    """Cosine search over the photos of one library for one encoder.

    Any thread may search; one thread changes, maintains and saves.
    """

    def __init__(
        self,
        folder: Path,
        key: str,
        dimension: int,
        *,
        flat_components: int = FLAT_COMPONENTS,
        capacity: int = CAPACITY,
    ) -> None:
        """`dimension` 0 waits for the first vectors; `capacity`: rows of a segment."""
        self.key = key
        self._store = SegmentStore(folder, key)
        self._flat_components = flat_components
        self._lock = threading.RLock()
        self._search = SegmentSearch()
        self._content = VectorContent(dimension, capacity, self._search)
        self._revision = 0
        self._changes = 0
        self._saved_revision: int | None = None
        self._rest_until = 0.0  # monotonic seconds
        self._sample: tuple[int, Vectors] | None = None

    def __len__(self) -> int:
        with self._lock:
            return len(self._content)

    def __contains__(self, photo_id: object) -> bool:
        return isinstance(photo_id, int) and bool(self.holds(np.array([photo_id], np.int64)).all())

    @property
    def dimension(self) -> int:
        return self._content.dimension

    @property
    def waiting(self) -> int:
        """Rows that are not in a graph yet."""
        return len(self._content.waiting)

    def ids(self) -> Ids:
        """All photo ids, ascending."""
        with self._lock:
            return self._content.ids()

    def holds(self, ids: Ids) -> Mask:
        """Which of these photos are in the index."""
        with self._lock:
            return self._content.contains(ids)

    # -- content

    def add(self, ids: Sequence[int] | Ids, vectors: Vectors) -> None:
        """Add or replace vectors, float32 (n, d). Rows of zeros or with NaN are left out.

        Raises ValueError where the rows do not have the index's length.
        """
        left = self._take_in(ids, vectors)
        while left > 0:
            left -= self._link()

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

    def background(self, vector: Vector, count: int) -> Scores:
        """Cosines to a unit vector of photos that stand for all, in no order: (n,).

        At least `count` where there are so many. In large libraries they are the landmarks, whose
        cosines are off by a fiftieth of their spread; else photos drawn at random, the same until
        the library has changed.
        """
        if not has_direction(vector[None])[0] or not len(self):
            return np.empty(0, np.float32)
        half = vector.astype(np.float16)
        with self._lock:
            scores, stand_for = landmark_cosines(self._content.segments, half)
        if len(scores) >= count and stand_for >= _TOLD_SHARE * len(self):
            return scores
        # Not "@": it leaves a thread of BLAS spinning, which takes a processor from the search.
        rows = self._drawn(count)
        return np.vecdot(rows, vector) if len(rows) else np.empty(0, np.float32)

    def _drawn(self, count: int) -> Vectors:
        """At most `count` rows drawn at random from the library, the same until it has changed."""
        drawn = self._sample
        if drawn is None or abs(drawn[0] - self._changes) > len(self) // 20:
            ids = self.ids()
            random = np.random.default_rng(len(ids))
            chosen = np.sort(random.choice(ids, min(count, len(ids)), replace=False))
            drawn = self._sample = self._changes, self.vectors(chosen)[1]
        return drawn[1]

    def search(self, vector: Vector, count: int, allowed: Ids | None = None) -> tuple[Ids, Scores]:
        """The `count` nearest photos, best first, and their cosines.

        `allowed`, ascending, are the only ones that count; without it all do.
        """
        query = np.asarray(vector, np.float32)
        if not has_direction(query[None])[0] or not len(self):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        if query.shape != (self.dimension,):
            raise ValueError(f"a vector of {query.shape} cannot be searched")
        half = (query / np.linalg.norm(query)).astype(np.float16)
        with self._lock:
            return self._content.search(half, count, allowed, flat=self._is_small())

    def _rows(self, ids: Ids) -> tuple[Ids, HalfRows]:
        """Those of `ids` that are in the index, and their rows as they are stored."""
        held: list[Ids] = [np.empty(0, np.int64)]
        rows: list[HalfRows] = [np.empty((0, self.dimension), np.float16)]
        for start in range(0, len(ids), _PIECE):
            part = ids[start : start + _PIECE]
            with self._lock:
                there, found = self._content.get(part)
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
            if not self.dimension:
                self._start_empty(rows.shape[1])
            if rows.shape[1] != self.dimension:
                raise ValueError(f"vectors have {rows.shape[1]} entries, not {self.dimension}")
            held = self.holds(keys)
            if held.any():
                old = self.vectors(keys[held])[1]
                changed = np.abs(old - rows[held]).max(axis=1) > _SAME
                self._take_out(keys[held][changed])
                wanted = ~held
                wanted[np.flatnonzero(held)[changed]] = True
                keys, rows = keys[wanted], rows[wanted]
            self._content.waiting.add(keys, rows.astype(np.float16))
            self._changes += len(keys)
        return len(keys)

    def _take_out(self, ids: Ids) -> None:
        self._changes += len(ids)
        self._content.remove(ids)

    def _link(self) -> int:
        if not self.waiting:
            return 0
        with self._lock:
            segment = self._content.open_segment()
        segment.thaw(self._lock)
        with self._lock:
            return self._content.link(_STEP)

    # -- upkeep

    @property
    def needs_upkeep(self) -> bool:
        """Whether `maintain` has something to do."""
        return self.waiting > 0 or self._content.is_worn

    def maintain(self, seconds: float = 0.05) -> bool:
        """Do a slice of what is due. Returns whether there is more to do.

        What takes minutes in a large library is written down as it goes, to be taken up again.
        """
        end = time.monotonic() + seconds
        while self.needs_upkeep and time.monotonic() < end:
            if self._content.is_worn:
                self._dissolve()
            else:
                self._link()
            time.sleep(_BREATH)
            self._save_progress()
        return self.needs_upkeep

    def _dissolve(self) -> None:
        with self._lock:
            number = self._content.dissolve(_PIECE)
        if number is not None:
            log.info("a part of the search index of %s is made anew", self.key)
            self._store.forget(number)

    def _save_progress(self) -> None:
        if self._is_small() or time.monotonic() < self._rest_until:
            return
        is_whole = self._saved_revision is None and not self.needs_upkeep
        if self._is_much_unsaved() or is_whole:
            try:
                self._write()
            except OSError as error:
                log.warning("the index of %s could not be written: %s", self.key, error)
                self._rest_until = time.monotonic() + _REST_SECONDS

    # -- files and catalog

    def load(self, catalog: Catalog) -> list[str]:
        """Fill the index from its files where they are sound, else from the catalog.

        Returns notices. Never writes, so a process that only reads may call it too.
        """
        notices: list[str] = []
        latest = 0
        self._start_empty(self.dimension)
        for found in self._search.side_by_side(self._read, self._store.numbers()):
            if isinstance(found, Exception):
                log.info("a part of the search index cannot be used: %s", found)
                if not isinstance(found, FileNotFoundError | OtherFormatError):
                    notices = [REBUILT]
            else:
                self._take_up(*found)
                latest = max(latest, found[1])
        if latest > catalog.vector_revision(self.key):
            # Its latest photo is gone, or the catalog is an older copy: compare everything.
            self._revision = 0
        self.refresh(catalog)
        return notices

    def _read(self, number: int) -> tuple[Segment, int] | Exception:
        """A segment from its file and the revision it is right for, or why it is not to be used."""
        try:
            return self._store.read(number, self.dimension)
        except (OtherFormatError, DamagedIndexError, OSError) as error:
            return error

    def _take_up(self, segment: Segment, revision: int) -> None:
        with self._lock:
            if self._saved_revision is None:
                self._start_empty(segment.dimension)
                self._revision = revision
            # Two hold a row where a crash came between the writing of one and of the other; the
            # catalog says which is right, being asked from the older revision on.
            self._content.take_up(segment)
            self._changes += len(segment)
            self._saved_revision = self._revision = min(revision, self._revision)

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

    def save(self, catalog: Catalog | None = None, *, at_end: bool = False) -> None:
        """Write the index where that is worth it. With `catalog`, also notes how far it reaches.

        Rows that wait, and some others of a large index (few `at_end`), are left to the next
        `load`, which takes them from the catalog. Raises OSError where it cannot be written; the
        old files stay.
        """
        if catalog is not None:
            self.refresh(catalog)
        if self.waiting <= _LAST_LINKS:
            while self._link():
                pass
        unsaved = self._content.unsaved
        if not self._is_small() and self._saved_revision is not None:
            worth_it = unsaved > _UNSAVED_AT_END if at_end else self._is_much_unsaved()
        else:
            is_same = self._saved_revision in (None, self._revision)
            worth_it = unsaved > 0 or not is_same
        if worth_it:
            self._write()

    def _is_much_unsaved(self) -> bool:
        rows = min(len(self) - self.waiting, self._content.capacity)
        return self._content.unsaved > max(_UNSAVED_LEAST, _UNSAVED_SHARE * rows)

    def _is_small(self) -> bool:
        return len(self) * self.dimension <= self._flat_components

    def _write(self) -> None:
        """Write what has changed. Searches go on; whoever changes the index is the one here."""
        for segment in self._content.segments:
            if self._store.is_current(segment):
                self._store.write_removals(segment, self._revision)
            else:
                memory = self._store.write_rows(segment, self._revision)
                with self._lock:
                    segment.freeze(memory)
        self._store.delete_others({each.number for each in self._content.segments})
        self._saved_revision, self._content.unsaved = self._revision, 0

    def _start_empty(self, dimension: int) -> None:
        with self._lock:
            self._content = VectorContent(dimension, self._content.capacity, self._search)
            self._saved_revision = None
            self._revision = 0
