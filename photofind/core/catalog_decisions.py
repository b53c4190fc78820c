"""What the user decided: "these are not duplicates", and saved searches.

Each decision is also appended to a small file beside the catalog, one JSON object a line, and a
new catalog takes them over from there: losing the catalog costs time, never a decision.
"""

import json
import logging
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from photofind.core.catalog_rows import CatalogPart, storable
from photofind.core.errors import LibraryError

log = logging.getLogger(__name__)

JOURNAL_NAME = "decisions.jsonl"


class CatalogDecisions(CatalogPart):
    """Tables `not_duplicates` and `saved_searches`."""

    def add_not_duplicates(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        """Remember pairs of content hashes that must not be offered as duplicates again."""
        ordered = sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})
        if not ordered:
            return
        self._note([{"not_duplicates": [one.hex(), other.hex()]} for one, other in ordered])
        self._insert_pairs(ordered)

    def not_duplicates(self) -> set[tuple[bytes, bytes]]:
        """All remembered pairs, the smaller hash first."""
        return {
            (first, second)
            for first, second in self._db.rows("SELECT first, second FROM not_duplicates")
        }

    def save_search(self, name: str, query_json: str) -> None:
        """Save a search under a name; one of that name is replaced."""
        name = storable(name)
        self._note([{"saved_search": name, "query": query_json}])
        self._insert_search(name, query_json)

    def saved_searches(self) -> list[tuple[str, str]]:
        """(name, query) of all saved searches, by name."""
        rows = self._db.rows("SELECT name, query FROM saved_searches ORDER BY name COLLATE NOCASE")
        return [(name, query) for name, query in rows]

    def delete_saved_search(self, name: str) -> None:
        name = storable(name)
        self._note([{"deleted_search": name}])
        self._db.execute("DELETE FROM saved_searches WHERE name = ?", (name,))

    def take_over_decisions(self) -> int:
        """Take every decision from the file beside the catalog. Returns how many it held."""
        taken = 0
        with self._db.transaction(durable=True):
            for entry in _read_journal(self._journal):
                try:
                    taken += self._take_over(entry)
                except ValueError:
                    log.warning("a damaged line in %s was left out", self._journal)
        return taken

    @property
    def _journal(self) -> Path:
        return self._db.path.with_name(JOURNAL_NAME)

    def _take_over(self, entry: dict[str, Any]) -> bool:
        match entry:
            case {"not_duplicates": [str(one), str(other)]}:
                self._insert_pairs([(bytes.fromhex(one), bytes.fromhex(other))])
            case {"saved_search": str(name), "query": str(query)}:
                self._insert_search(name, query)
            case {"deleted_search": str(name)}:
                self._db.execute("DELETE FROM saved_searches WHERE name = ?", (name,))
            case _:
                return False
        return True

    def _insert_pairs(self, pairs: list[tuple[bytes, bytes]]) -> None:
        with self._db.transaction():
            self._db.execute_many("INSERT OR IGNORE INTO not_duplicates VALUES (?, ?)", pairs)

    def _insert_search(self, name: str, query: str) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO saved_searches VALUES (?, ?, ?)",
            (name, query, time.time_ns() // 1000),
        )

    def _note(self, entries: list[dict[str, Any]]) -> None:
        """Append to the file beside the catalog and wait until the disk has it."""
        lines = "".join(json.dumps(entry) + "\n" for entry in entries)
        try:
            handle = os.open(self._journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(handle, b"\n" + lines.encode())
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            reason = error.strerror or str(error)
            raise LibraryError(f"{self._journal} cannot be written: {reason}.") from error


def _read_journal(path: Path) -> list[dict[str, Any]]:
    """The entries of a journal in order; lines that are damaged are left out."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        log.warning("former decisions could not be read: %s", error)
        return []
    entries: list[dict[str, Any]] = []
    for line in filter(None, lines):
        try:
            raw: Any = json.loads(line)
        except ValueError:
            log.warning("a damaged line in %s was left out", path)
            continue
        if isinstance(raw, dict):
            entries.append(cast("dict[str, Any]", raw))
    return entries
