"""The trash journal: what was moved, where to, and all that was known of it.

Entries are written before a file moves, so that neither a crash nor a power cut loses track of
one. A photo that comes back gets its row and its vectors again, without being encoded.
"""

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from photofind.core.catalog_rows import (
    CatalogPart,
    Status,
    id_list,
    row_of,
    snapshot_of,
    sort_time,
    stamp_values,
)
from photofind.core.catalog_text import write_text
from photofind.core.database import Row
from photofind.core.types import FileStamp, Photo, PhotoId

_KEPT_BATCHES = 500
_COLUMNS = (
    "entry_id, batch_id, state, photo_id, path, content, size, mtime_ns, trashed_to, snapshot"
)


class TrashState(StrEnum):
    PENDING = "pending"  # about to move; it did or did not when photofind ended
    TRASHED = "trashed"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class TrashEntry:
    """One photo that was moved to the trash."""

    path: Path  # where it was, absolute
    photo_id: PhotoId
    content_hash: bytes
    size: int  # bytes
    mtime_ns: int
    snapshot: str  # its row as JSON
    trashed_to: str = ""  # where it lies in the trash, "" where that is not known
    state: TrashState = TrashState.PENDING
    entry_id: int = 0
    batch_id: int = 0


@dataclass(frozen=True, slots=True)
class TrashBatch:
    """Photos that were moved to the trash together."""

    batch_id: int
    created_at: float  # seconds since 1970
    photos: int  # still in the trash
    bytes: int


class CatalogTrash(CatalogPart):
    """Tables `trash_batches`, `trash_entries` and `trash_vectors`."""

    def trash_entry(self, photo: Photo) -> TrashEntry:
        """An entry for the journal with the photo's row as it is now."""
        with_names = self._db.rows("SELECT name FROM pragma_table_info('photos') ORDER BY cid")
        names = [str(row[0]) for row in with_names]
        row = self._db.row(
            f"SELECT {', '.join(names)} FROM photos WHERE photo_id = ?", (photo.photo_id,)
        )
        return TrashEntry(
            path=photo.path,
            photo_id=photo.photo_id,
            content_hash=photo.hashes.content,
            size=photo.stamp.size,
            mtime_ns=photo.stamp.mtime_ns,
            snapshot=snapshot_of(names, row) if row is not None else "{}",
        )

    def journal_trash(self, entries: Sequence[TrashEntry]) -> int:
        """Write entries, with their photos' vectors, as a new batch. Returns its id."""
        with self._db.transaction(durable=True):
            batch_id = self._db.insert(
                "INSERT INTO trash_batches(created_at) VALUES (?)", (time.time_ns() // 1000,)
            )
            for entry in entries:
                self._insert(batch_id, entry)
            self._db.execute(
                "DELETE FROM trash_batches WHERE batch_id <= ?", (batch_id - _KEPT_BATCHES,)
            )
        return batch_id

    def settle_trash(self, trashed: Iterable[TrashEntry], not_moved: Iterable[TrashEntry]) -> None:
        """Note down where photos went, forget them as photos, and drop entries that stayed."""
        with self._db.transaction(durable=True):
            for entry in trashed:
                self._db.execute(
                    "UPDATE trash_entries SET state = 'trashed', trashed_to = ? WHERE entry_id = ?",
                    (os.fsencode(entry.trashed_to), entry.entry_id),
                )
                self._db.execute("DELETE FROM photos WHERE photo_id = ?", (entry.photo_id,))
            for entry in not_moved:
                self._db.execute("DELETE FROM trash_entries WHERE entry_id = ?", (entry.entry_id,))
            self._db.execute(
                "DELETE FROM trash_batches WHERE batch_id NOT IN"
                " (SELECT batch_id FROM trash_entries)"
            )

    def trash_batch(self, batch_id: int) -> list[TrashEntry]:
        """All entries of a batch, those that came back included; empty for an unknown batch."""
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM trash_entries WHERE batch_id = ? ORDER BY entry_id",
            (batch_id,),
        )
        return [_entry(row) for row in rows]

    def last_trash_batches(self, limit: int = 20) -> list[TrashBatch]:
        """Batches with photos that can still come back, the latest first."""
        rows = self._db.rows(
            "SELECT b.batch_id, b.created_at / 1e6, count(*), sum(e.size) FROM trash_batches b"
            " JOIN trash_entries e ON e.batch_id = b.batch_id AND e.state != 'restored'"
            " GROUP BY b.batch_id ORDER BY b.batch_id DESC LIMIT ?",
            (limit,),
        )
        return [TrashBatch(*row) for row in rows]

    def mark_restored(self, batch_id: int, entry_ids: Iterable[int] | None = None) -> None:
        """Note down that a batch, or these of its entries, came back."""
        chosen = " AND entry_id IN (SELECT value FROM json_each(?))"
        self._db.execute(
            "UPDATE trash_entries SET state = 'restored' WHERE batch_id = ?"
            + (chosen if entry_ids is not None else ""),
            (batch_id, id_list(entry_ids)) if entry_ids is not None else (batch_id,),
        )

    def reinstate(self, entry: TrashEntry, stamp: FileStamp) -> PhotoId | None:
        """Give a photo whose file came back its row and vectors again, under its former id.

        What was indexed under its path in between stays. None where its folder is no longer in
        the library.
        """
        columns = row_of(entry.snapshot)
        size, mtime_ns, inode = stamp_values(stamp)
        columns.update(size=size, mtime_ns=mtime_ns, inode=inode, status=Status.PHOTO.value)
        if not columns.get("taken_at"):
            columns["sort_time"] = sort_time(None, mtime_ns)
        with self._db.transaction():
            root_id, key = columns.get("root_id"), columns.get("relpath")
            if not self._db.value("SELECT 1 FROM roots WHERE root_id = ?", (root_id,)):
                return None
            known = self._db.row(
                "SELECT photo_id, status FROM photos WHERE root_id = ? AND relpath = ?",
                (root_id, key),
            )
            if known is not None and known[1] == Status.PHOTO:
                return int(known[0])
            if known is not None:
                self._db.execute("DELETE FROM photos WHERE photo_id = ?", (known[0],))
            names = [name for name in columns if name in self._columns()]
            self._db.execute(
                f"INSERT INTO photos({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
                [columns[name] for name in names],
            )
            self._db.execute(
                "INSERT INTO vectors(photo_id, encoder_no, vector)"
                " SELECT ?, encoder_no, vector FROM trash_vectors WHERE entry_id = ?",
                (entry.photo_id, entry.entry_id),
            )
            write_text(self._db, entry.photo_id)
        return entry.photo_id

    def _insert(self, batch_id: int, entry: TrashEntry) -> None:
        entry_id = self._db.insert(
            "INSERT INTO trash_entries"
            "(batch_id, state, photo_id, path, content, size, mtime_ns, trashed_to, snapshot)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                batch_id,
                str(entry.state),
                entry.photo_id,
                os.fsencode(entry.path),
                entry.content_hash,
                entry.size,
                entry.mtime_ns,
                os.fsencode(entry.trashed_to),
                entry.snapshot,
            ),
        )
        self._db.execute(
            "INSERT INTO trash_vectors SELECT ?, encoder_no, vector FROM vectors"
            " WHERE photo_id = ?",
            (entry_id, entry.photo_id),
        )

    def _columns(self) -> set[str]:
        return {row[0] for row in self._db.rows("SELECT name FROM pragma_table_info('photos')")}


def _entry(row: Row) -> TrashEntry:
    entry_id, batch_id, state, photo_id, path, content, size, mtime_ns, trashed_to, snapshot = row
    return TrashEntry(
        path=Path(os.fsdecode(path)),
        photo_id=photo_id,
        content_hash=content,
        size=size,
        mtime_ns=mtime_ns,
        snapshot=snapshot,
        trashed_to=os.fsdecode(trashed_to),
        state=TrashState(state),
        entry_id=entry_id,
        batch_id=batch_id,
    )
