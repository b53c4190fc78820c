"""The catalog's tables, as numbered steps. SQLite's `user_version` says which have been taken.

A step is taken whole or not at all: backup of the file, one transaction, integrity check before
its commit. A published step is never edited; the next change is a new step.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from photofind.core.database import Database
from photofind.core.database_errors import corrupt_message
from photofind.core.errors import CatalogCorruptError, CatalogTooNewError, LibraryError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Migration:
    """Leads from version `version - 1` to `version`."""

    version: int
    summary: str
    statements: tuple[str, ...]


_TABLES = (
    """CREATE TABLE roots(
        root_id INTEGER PRIMARY KEY AUTOINCREMENT,
        path BLOB NOT NULL UNIQUE,              -- the system's bytes
        volume_id TEXT NOT NULL DEFAULT '',
        state TEXT NOT NULL DEFAULT 'online',
        state_reason TEXT NOT NULL DEFAULT '',
        excluded TEXT NOT NULL DEFAULT '[]')    -- JSON list of glob patterns""",
    """CREATE TABLE photos(
        photo_id INTEGER PRIMARY KEY AUTOINCREMENT,
        root_id INTEGER NOT NULL REFERENCES roots ON DELETE CASCADE,
        relpath BLOB NOT NULL,                  -- NFC key, "/" between parts
        raw_relpath BLOB NOT NULL,              -- the name as the file system has it
        status INTEGER NOT NULL,                -- 0 failed, 1 a photo, 2 displaced
        failed_reason TEXT NOT NULL DEFAULT '',
        attempts INTEGER NOT NULL DEFAULT 0,    -- failures in a row
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        inode INTEGER NOT NULL,                 -- unsigned 64 bits as signed
        sort_time INTEGER NOT NULL DEFAULT 0,   -- taken_at, else mtime; µs of local time
        width INTEGER NOT NULL DEFAULT 0,
        height INTEGER NOT NULL DEFAULT 0,
        color INTEGER NOT NULL DEFAULT 0,       -- 0xRRGGBB
        content BLOB CHECK (content IS NULL OR length(content) = 16),
        phash INTEGER,                          -- unsigned 64 bits as signed
        format TEXT NOT NULL DEFAULT '',
        taken_at TEXT,
        camera TEXT NOT NULL DEFAULT '',
        lens TEXT NOT NULL DEFAULT '',
        latitude REAL,
        longitude REAL,
        frames INTEGER NOT NULL DEFAULT 1,
        UNIQUE (root_id, relpath))""",
    # SQLite takes a partial index for a covering one only if it holds the column of its condition.
    """CREATE INDEX photos_newest ON photos(sort_time DESC, photo_id DESC, root_id, status)
        WHERE status = 1""",
    """CREATE INDEX photos_layout ON photos(photo_id, width, height, color, status)
        WHERE status = 1""",
    "CREATE INDEX photos_totals ON photos(root_id, status, size)",
    "CREATE INDEX photos_failed ON photos(photo_id) WHERE status = 0",
    "CREATE INDEX photos_content ON photos(content) WHERE content IS NOT NULL",
    """CREATE TABLE encoders(
        encoder_no INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        dimension INTEGER NOT NULL)""",
    """CREATE TABLE vectors(
        revision INTEGER PRIMARY KEY AUTOINCREMENT,  -- grows with each write, never used twice
        photo_id INTEGER NOT NULL REFERENCES photos ON DELETE CASCADE,
        encoder_no INTEGER NOT NULL REFERENCES encoders ON DELETE CASCADE,
        vector BLOB NOT NULL,                        -- little-endian float16
        UNIQUE (photo_id, encoder_no))""",
    "CREATE INDEX vectors_of_encoder ON vectors(encoder_no)",
)

_TEXT = (
    """CREATE VIRTUAL TABLE photo_text USING fts5(
        name, folder, camera, tokenize = "unicode61 remove_diacritics 2", prefix = '1 2 3')""",
    """CREATE TRIGGER photos_deleted AFTER DELETE ON photos BEGIN
        DELETE FROM photo_text WHERE rowid = old.photo_id; END""",
)

_DECISIONS = (
    """CREATE TABLE not_duplicates(
        first BLOB NOT NULL, second BLOB NOT NULL,   -- content hashes, first < second
        PRIMARY KEY (first, second)) WITHOUT ROWID""",
    """CREATE TABLE saved_searches(
        name TEXT PRIMARY KEY, query TEXT NOT NULL, saved_at INTEGER NOT NULL)""",
    """CREATE TABLE trash_batches(
        batch_id INTEGER PRIMARY KEY AUTOINCREMENT, created_at INTEGER NOT NULL)""",
    """CREATE TABLE trash_entries(
        entry_id INTEGER PRIMARY KEY,
        batch_id INTEGER NOT NULL REFERENCES trash_batches ON DELETE CASCADE,
        state TEXT NOT NULL,                         -- pending, trashed, restored
        photo_id INTEGER NOT NULL,
        path BLOB NOT NULL,
        content BLOB NOT NULL,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        trashed_to BLOB NOT NULL DEFAULT x'',
        snapshot TEXT NOT NULL)                      -- the row of photos as JSON""",
    "CREATE INDEX trash_entries_of_batch ON trash_entries(batch_id)",
    """CREATE TABLE trash_vectors(
        entry_id INTEGER NOT NULL REFERENCES trash_entries ON DELETE CASCADE,
        encoder_no INTEGER NOT NULL REFERENCES encoders ON DELETE CASCADE,
        vector BLOB NOT NULL,
        PRIMARY KEY (entry_id, encoder_no))""",
)

MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, "photos, vectors, text, decisions, trash", (*_TABLES, *_TEXT, *_DECISIONS)),
)
CURRENT_VERSION = MIGRATIONS[-1].version


def version_of(database: Database) -> int:
    """The number of the last step taken; 0 for a new file."""
    return int(database.value("PRAGMA user_version"))


def refuse_newer(database: Database, newest: int = CURRENT_VERSION) -> None:
    """Raise CatalogTooNewError where a newer photofind has written the file."""
    version = version_of(database)
    if version > newest:
        raise CatalogTooNewError(
            f"The catalog {database.path} was written by a newer photofind (its layout is number "
            f"{version}, this one knows {newest}). Update photofind, or choose another library "
            "with --library; nothing was changed."
        )


def migrate(database: Database, migrations: Sequence[Migration] = MIGRATIONS) -> list[int]:
    """Take all steps that are missing. Returns their numbers.

    Raises CatalogTooNewError, CatalogCorruptError where a step would leave a damaged file (it is
    then not taken), or LibraryError where no backup could be written.
    """
    refuse_newer(database, migrations[-1].version)
    done = version_of(database)
    missing = [step for step in migrations if step.version > done]
    for step in missing:
        if step.version > 1:
            _back_up(database, step)
        _take(database, step)
        log.info("catalog layout %d: %s", step.version, step.summary)
    return [step.version for step in missing]


def _back_up(database: Database, step: Migration) -> None:
    path = database.path
    target = path.with_name(f"{path.stem}.before-v{step.version}{path.suffix}")
    try:
        database.copy_to(target)
    except LibraryError as error:
        raise LibraryError(
            f"The catalog must be brought up to date, and no backup could be written first. {error}"
            " Nothing was changed."
        ) from error


def _take(database: Database, step: Migration) -> None:
    database.execute("PRAGMA foreign_keys=OFF")  # a step may rebuild a table others refer to
    try:
        with database.transaction(durable=True):
            for statement in step.statements:
                database.execute(statement)
            database.execute(f"PRAGMA user_version={step.version}")
            problems = database.problems(thorough=True)
            if problems or database.rows("PRAGMA foreign_key_check"):
                detail = problems[0] if problems else "rows refer to others that are missing"
                raise CatalogCorruptError(corrupt_message(database.path, detail))
    finally:
        database.execute("PRAGMA foreign_keys=ON")
