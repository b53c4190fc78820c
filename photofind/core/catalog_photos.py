"""What is known of each file: photos, failures, and how they change."""

import os
from collections.abc import Iterable, Sequence

from photofind.core.catalog_rows import (
    PHOTO_COLUMNS,
    PHOTO_SOURCE,
    CatalogPart,
    Status,
    full_path,
    id_list,
    metadata_values,
    path_key,
    photo_from_row,
    sort_time,
    stamp_values,
    storable,
)
from photofind.core.catalog_text import write_text
from photofind.core.catalog_vectors import write_vectors
from photofind.core.database import Value
from photofind.core.types import Analysis, Failure, FileStamp, Photo, PhotoId

_CHUNK = 500
_DISPLACED = b"\0displaced/%d"  # no file system allows this name


class CatalogPhotos(CatalogPart):
    """Table `photos`, one row per file that was looked at."""

    def photo(self, photo_id: PhotoId) -> Photo | None:
        found = self.photos([photo_id])
        return found[0] if found else None

    def photos(self, ids: Sequence[int]) -> list[Photo]:
        """The photos of these ids in this order; ids that are no photos are left out."""
        found: dict[int, Photo] = {}
        wanted = [int(photo_id) for photo_id in ids]
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            rows = self._db.rows(
                f"SELECT {PHOTO_COLUMNS} FROM {PHOTO_SOURCE} WHERE p.status = 1"
                f" AND p.photo_id IN ({','.join('?' * len(chunk))})",
                chunk,
            )
            found.update((row[0], photo_from_row(row)) for row in rows)
        return [found[photo_id] for photo_id in wanted if photo_id in found]

    def names(self, ids: Sequence[int]) -> list[str]:
        """The file names of these ids in this order; "" for ids that are not known."""
        rows = self._db.rows(
            "SELECT coalesce(p.raw_relpath, x'') FROM json_each(?) j"
            " LEFT JOIN photos p ON p.photo_id = j.value",
            (id_list(ids),),
        )
        return [os.fsdecode(raw).rpartition("/")[2] for (raw,) in rows]

    def store(
        self,
        root_id: int,
        relpath: str,
        raw_relpath: bytes,
        stamp: FileStamp,
        analysis: Analysis,
        encoder_key: str | None,
    ) -> PhotoId:
        """Insert a photo, or replace what is known under its path: the id stays.

        Vectors of other encoders are kept where the content is the same as before. `encoder_key`
        says whose vector the analysis carries. Raises ValueError for a vector that is not finite.
        """
        values: dict[str, Value] = {
            "raw_relpath": raw_relpath,
            "status": Status.PHOTO.value,
            "failed_reason": "",
            "attempts": 0,
            "sort_time": sort_time(analysis.metadata.taken_at, stamp.mtime_ns),
            **_stamp_columns(stamp),
            **metadata_values(analysis.metadata, analysis.hashes, analysis.average_color),
        }
        with self._db.transaction():
            photo_id, content = self._known(root_id, relpath)
            if photo_id is not None and content != analysis.hashes.content:
                self._forget_vectors(photo_id)
            photo_id = self._write(photo_id, root_id, relpath, values)
            write_text(self._db, photo_id)
            if analysis.vector is not None and encoder_key is not None:
                write_vectors(self._db, encoder_key, [photo_id], analysis.vector[None, :])
        return photo_id

    def store_failure(
        self, root_id: int, relpath: str, raw_relpath: bytes, stamp: FileStamp, reason: str
    ) -> PhotoId:
        """Note down why a file cannot be used. A photo known under this path is one no longer."""
        with self._db.transaction():
            photo_id, _ = self._known(root_id, relpath)
            values: dict[str, Value] = {
                "raw_relpath": raw_relpath,
                "status": Status.FAILED.value,
                "failed_reason": storable(reason),
                "content": None,
                "phash": None,
                **_stamp_columns(stamp),
            }
            if photo_id is not None:
                self._forget_vectors(photo_id)
                self._db.execute("DELETE FROM photo_text WHERE rowid = ?", (photo_id,))
            photo_id = self._write(photo_id, root_id, relpath, values)
            self._db.execute(
                "UPDATE photos SET attempts = attempts + 1 WHERE photo_id = ?", (photo_id,)
            )
        return photo_id

    def move(
        self, photo_id: PhotoId, root_id: int, relpath: str, raw_relpath: bytes, stamp: FileStamp
    ) -> None:
        """Give a photo another path; everything known of it stays.

        A photo that is known under the new path steps aside until it is moved itself or the next
        scan finds it gone, so that files whose names were exchanged keep what is known of them.
        """
        with self._db.transaction():
            other, _ = self._known(root_id, relpath)
            if other is not None and other != photo_id:
                self._step_aside(other)
            row = self._db.row(
                "UPDATE photos SET root_id = ?, relpath = ?, raw_relpath = ?, size = ?,"
                " mtime_ns = ?, inode = ?, status = iif(status = 2, 1, status)"
                " WHERE photo_id = ? RETURNING status",
                (root_id, path_key(relpath), raw_relpath, *stamp_values(stamp), photo_id),
            )
            if row is not None and row[0] == Status.PHOTO:
                write_text(self._db, photo_id)

    def touch(self, photo_id: PhotoId, stamp: FileStamp) -> None:
        """Note down a new stamp of a file whose content is the same."""
        self._db.execute(
            "UPDATE photos SET size = ?, mtime_ns = ?, inode = ?,"
            " sort_time = iif(taken_at IS NULL, ?, sort_time) WHERE photo_id = ?",
            (*stamp_values(stamp), sort_time(None, stamp.mtime_ns), photo_id),
        )

    def remove(self, ids: Iterable[PhotoId]) -> None:
        """Forget photos or failures, with their vectors and words."""
        self._db.execute(
            "DELETE FROM photos WHERE photo_id IN (SELECT value FROM json_each(?))",
            (id_list(ids),),
        )

    def failures(self) -> list[Failure]:
        """All files that could not be used, by path."""
        rows = self._db.rows(
            "SELECT r.path, p.raw_relpath, p.failed_reason, p.photo_id"
            # The "+" keeps the planner on the small index of failures.
            f" FROM {PHOTO_SOURCE} WHERE p.status = 0 ORDER BY +p.root_id, +p.relpath"
        )
        return [
            Failure(full_path(root, raw), reason, photo_id) for root, raw, reason, photo_id in rows
        ]

    def _known(self, root_id: int, relpath: str) -> tuple[PhotoId | None, bytes | None]:
        row = self._db.row(
            "SELECT photo_id, content FROM photos WHERE root_id = ? AND relpath = ?",
            (root_id, path_key(relpath)),
        )
        return (row[0], row[1]) if row is not None else (None, None)

    def _write(
        self, photo_id: PhotoId | None, root_id: int, relpath: str, values: dict[str, Value]
    ) -> PhotoId:
        if photo_id is None:
            columns = {"root_id": root_id, "relpath": path_key(relpath), **values}
            return self._db.insert(
                f"INSERT INTO photos({', '.join(columns)})"
                f" VALUES ({', '.join('?' * len(columns))})",
                list(columns.values()),
            )
        self._db.execute(
            f"UPDATE photos SET {', '.join(f'{name} = ?' for name in values)} WHERE photo_id = ?",
            [*values.values(), photo_id],
        )
        return photo_id

    def _forget_vectors(self, photo_id: PhotoId) -> None:
        self._db.execute("DELETE FROM vectors WHERE photo_id = ?", (photo_id,))

    def _step_aside(self, photo_id: PhotoId) -> None:
        self._db.execute("DELETE FROM photos WHERE photo_id = ? AND status = 0", (photo_id,))
        self._db.execute(
            "UPDATE photos SET relpath = ?, status = 2 WHERE photo_id = ?",
            (_DISPLACED % photo_id, photo_id),
        )


def _stamp_columns(stamp: FileStamp) -> dict[str, Value]:
    return dict(zip(("size", "mtime_ns", "inode"), stamp_values(stamp), strict=True))
