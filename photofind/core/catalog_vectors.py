"""Vectors of the photos, by encoder. Float16 in the file, float32 unit rows outside.

Each write gets a revision that grows over the whole catalog, so a search index can ask for what
it has not seen.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from photofind.core.catalog_rows import PHOTO_SOURCE, CatalogPart, full_path, id_list
from photofind.core.database import Database, Row
from photofind.core.types import PhotoId, Vectors

Ids = npt.NDArray[np.int64]
_STORED = np.dtype("<f2")


class CatalogVectors(CatalogPart):
    """Tables `encoders` and `vectors`. `key` is an encoder key everywhere."""

    def store_vectors(self, key: str, ids: Sequence[int], vectors: Vectors) -> None:
        """Store rows of a float32 (n, d) array for n photos; former ones are replaced.

        Ids that are no longer in the catalog are skipped. Raises ValueError for values that are
        not finite, zero rows, or another dimension than this encoder had.
        """
        with self._db.transaction():
            write_vectors(self._db, key, ids, vectors)

    def vectors(self, key: str, ids: Sequence[int]) -> tuple[Ids, Vectors]:
        """Those of `ids` that have a vector, in their order: int64 (m,) and float32 (m, d)."""
        number, dimension = self._encoder(key)
        rows = self._db.rows(
            "SELECT v.photo_id, v.vector FROM json_each(?) j CROSS JOIN vectors v"
            " ON v.photo_id = j.value AND v.encoder_no = ? ORDER BY j.key",
            (id_list(ids), number),
        )
        return _arrays(rows, dimension)

    def iter_vectors(
        self, key: str, after_revision: int = 0, batch: int = 4096
    ) -> Iterator[tuple[Ids, Vectors, int]]:
        """Vectors written after a revision, oldest write first: ids, rows, last revision."""
        number, dimension = self._encoder(key)
        while True:
            rows = self._db.rows(
                "SELECT photo_id, vector, revision FROM vectors INDEXED BY vectors_of_encoder"
                " WHERE encoder_no = ? AND revision > ? ORDER BY revision LIMIT ?",
                (number, after_revision, batch),
            )
            if not rows:
                return
            after_revision = int(rows[-1][2])
            ids, vectors = _arrays([row[:2] for row in rows], dimension)
            yield ids, vectors, after_revision

    def vector_ids(self, key: str) -> Ids:
        """All photos with a vector of this encoder, ascending: int64 (n,)."""
        number, _ = self._encoder(key)
        return self._db.integers(
            "SELECT photo_id FROM vectors INDEXED BY sqlite_autoindex_vectors_1"
            " WHERE +encoder_no = ? ORDER BY photo_id",
            (number,),
        ).ravel()

    def vector_totals(self, key: str) -> tuple[int, int]:
        """How many photos have a vector of this encoder, and the sum of their ids."""
        number, _ = self._encoder(key)
        row = self._db.row(
            "SELECT count(*), coalesce(sum(photo_id), 0)"
            " FROM vectors INDEXED BY sqlite_autoindex_vectors_1 WHERE +encoder_no = ?",
            (number,),
        )
        return (row[0], row[1]) if row is not None else (0, 0)

    def vector_revision(self, key: str) -> int:
        """The revision of the latest write that still stands; 0 where there is none."""
        number, _ = self._encoder(key)
        newest = self._db.value("SELECT max(revision) FROM vectors WHERE encoder_no = ?", (number,))
        return int(newest or 0)

    def without_vector(
        self, key: str, limit: int, after: PhotoId = 0
    ) -> list[tuple[PhotoId, Path]]:
        """Photos of folders that are there and that lack a vector, by id, from `after` on."""
        number, _ = self._encoder(key)
        rows = self._db.rows(
            f"SELECT p.photo_id, r.path, p.raw_relpath FROM {PHOTO_SOURCE}"
            " WHERE p.status = 1 AND r.state = 'online' AND p.photo_id > ? AND NOT EXISTS"
            " (SELECT 1 FROM vectors v WHERE v.photo_id = p.photo_id AND v.encoder_no = ?)"
            " ORDER BY p.photo_id LIMIT ?",
            (after, number, limit),
        )
        return [(photo_id, full_path(root, raw)) for photo_id, root, raw in rows]

    def drop_vectors(self, key: str) -> None:
        """Forget all vectors of an encoder."""
        number, _ = self._encoder(key)
        with self._db.transaction():
            self._db.execute("DELETE FROM vectors WHERE encoder_no = ?", (number,))
            self._db.execute("DELETE FROM trash_vectors WHERE encoder_no = ?", (number,))
            self._db.execute("DELETE FROM encoders WHERE encoder_no = ?", (number,))

    def _encoder(self, key: str) -> tuple[int, int]:
        """An encoder's number and dimension; (0, 0) for one without vectors."""
        row = self._db.row("SELECT encoder_no, dimension FROM encoders WHERE key = ?", (key,))
        return (row[0], row[1]) if row is not None else (0, 0)


def write_vectors(database: Database, key: str, ids: Sequence[int], vectors: Vectors) -> None:
    """See `CatalogVectors.store_vectors`."""
    if len(ids) == 0:
        return
    rows = _normalized(vectors)
    if len(rows) != len(ids):
        raise ValueError(f"{len(ids)} ids for {len(rows)} vectors")
    number = _encoder_number(database, key, rows.shape[1])
    stored = rows.astype(_STORED)
    database.execute_many(
        "INSERT OR REPLACE INTO vectors(photo_id, encoder_no, vector)"
        " SELECT photo_id, ?, ? FROM photos WHERE photo_id = ?",
        ((number, row.tobytes(), int(photo_id)) for photo_id, row in zip(ids, stored, strict=True)),
    )


def _encoder_number(database: Database, key: str, dimension: int) -> int:
    row = database.row("SELECT encoder_no, dimension FROM encoders WHERE key = ?", (key,))
    if row is None:
        return database.insert(
            "INSERT INTO encoders(key, dimension) VALUES (?, ?)", (key, dimension)
        )
    if row[1] != dimension:
        raise ValueError(f"vectors of {key} have {row[1]} values, not {dimension}")
    return int(row[0])


def _normalized(vectors: Vectors) -> Vectors:
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise ValueError("vectors must be a finite array of shape (n, d)")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (norms > 0).all():
        raise ValueError("a zero vector has no direction")
    return vectors / norms


def _arrays(rows: list[Row], dimension: int) -> tuple[Ids, Vectors]:
    """Rows of (id, blob) as arrays; a blob that is damaged is left out."""
    size = dimension * _STORED.itemsize
    sound = [row for row in rows if len(row[1]) == size]
    ids = np.fromiter((row[0] for row in sound), np.int64, len(sound))
    flat = np.frombuffer(b"".join(row[1] for row in sound), _STORED)
    with np.errstate(all="ignore"):
        vectors = flat.reshape(len(sound), dimension).astype(np.float32)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        usable = np.isfinite(norms[:, 0]) & (norms[:, 0] > 0)
        return ids[usable], vectors[usable] / norms[usable]
