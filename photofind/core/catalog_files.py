"""What the scanner and the indexer ask: which files are known, and how much there is."""

import os
from dataclasses import dataclass

from photofind.core.catalog_rows import (
    CatalogPart,
    KnownFile,
    file_stamp,
    id_list,
    path_key,
)
from photofind.core.types import PhotoId

_LAST_CONTENT = b"\xff" * 17  # longer than any


@dataclass(frozen=True, slots=True)
class Counts:
    """How much the library holds."""

    photos: int
    failed: int
    bytes: int  # of all photos' files
    with_vector: dict[str, int]  # by encoder key


class CatalogFiles(CatalogPart):
    """Read access to `photos` by path."""

    def known_files(self, root_id: int, below: str = "") -> dict[str, KnownFile]:
        """Everything known at or below a folder of a root, by NFC relative path."""
        condition, bounds = below_folder(below)
        rows = self._db.rows(
            "SELECT relpath, photo_id, size, mtime_ns, inode, status = 1, failed_reason, content,"
            f" attempts FROM photos WHERE root_id = ?{condition}",
            (root_id, *bounds),
        )
        return {
            os.fsdecode(key): KnownFile(
                photo_id, file_stamp(size, mtime_ns, inode), bool(ok), reason, content, attempts
            )
            for key, photo_id, size, mtime_ns, inode, ok, reason, content, attempts in rows
        }

    def clear_failures(self, ids: list[PhotoId] | None = None) -> list[tuple[int, str]]:
        """Forget failures, all or these. Returns (root_id, relpath) of each, to try again."""
        chosen = " AND photo_id IN (SELECT value FROM json_each(?))" if ids is not None else ""
        rows = self._db.rows(
            f"DELETE FROM photos WHERE status = 0{chosen} RETURNING root_id, relpath",
            (id_list(ids),) if ids is not None else (),
        )
        return [(root_id, os.fsdecode(key)) for root_id, key in rows]

    def photo_count(self) -> int:
        """How many photos there are."""
        sql = "SELECT count(*) FROM photos WHERE status = 1"
        return self._unchanged("photo count", None, lambda: int(self._db.value(sql)))

    def counts(self) -> Counts:
        row = self._db.row(
            "SELECT coalesce(sum(status = 1), 0), coalesce(sum(status = 0), 0),"
            " coalesce(sum(iif(status = 1, size, 0)), 0) FROM photos"
        )
        assert row is not None
        vectors = self._db.rows(
            "SELECT e.key, (SELECT count(*) FROM vectors v WHERE v.encoder_no = e.encoder_no)"
            " FROM encoders e"
        )
        return Counts(*row, with_vector=dict(vectors))

    def contents(self, first: bytes = b"", last: bytes = _LAST_CONTENT) -> set[bytes]:
        """The content hashes from `first` to `last` of all photos, those in the trash that can
        come back included."""
        rows = self._db.rows(
            "SELECT content FROM photos WHERE content BETWEEN ?1 AND ?2"
            " UNION ALL SELECT content FROM trash_entries"
            " WHERE content BETWEEN ?1 AND ?2 AND state != 'restored'",
            (first, last),
        )
        return {row[0] for row in rows}

    def encoder_keys(self) -> list[str]:
        """The encoders that have, or had, vectors here."""
        return [row[0] for row in self._db.rows("SELECT key FROM encoders")]


def below_folder(folder: str, column: str = "relpath") -> tuple[str, tuple[bytes, ...]]:
    """The condition " AND …" that a key is this path or below it, with its parameters."""
    if not folder:
        return "", ()
    key = path_key(folder.strip("/"))
    condition = f" AND ({column} = ? OR ({column} >= ? AND {column} < ?))"
    return condition, (key, key + b"/", key + b"0")  # "0" follows "/"
