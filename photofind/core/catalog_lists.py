"""Lists of photos for the grid, the search and the duplicate finder, as arrays."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from photofind.core.catalog_files import below_folder
from photofind.core.catalog_rows import CatalogPart, id_list, microseconds, path_key
from photofind.core.catalog_text import (
    TEXT_COLUMNS,
    IndexedWords,
    asked_words,
    match_expression,
)
from photofind.core.database import Database, Value
from photofind.core.types import Filters
from photofind.core.whys import NO_WHYS, Whys

Ids = npt.NDArray[np.int64]

_GRAY = 0x808080
_SHARE = 6
"""One pass over all photos is faster than asking for each id above a sixth of them."""
_COMBINATIONS = tuple(
    tuple(column for number, column in enumerate(TEXT_COLUMNS) if code >> number & 1)
    for code in range(1 << len(TEXT_COLUMNS))
)


@dataclass(frozen=True, slots=True, eq=False)
class HashTable:
    """What the duplicate finder compares: one entry per photo, ascending by id."""

    ids: Ids
    root_ids: Ids
    sizes: Ids  # bytes
    inodes: npt.NDArray[np.uint64]  # 0 where the file system has none
    phash: npt.NDArray[np.uint64]  # 0 where has_phash is False
    has_phash: npt.NDArray[np.bool_]
    pixels: Ids  # width × height
    content: npt.NDArray[np.uint8]  # (n, 16)


@dataclass(frozen=True, slots=True, eq=False)
class Tiles:
    """How photos are drawn before their thumbnails come; one entry per id asked for."""

    aspects: npt.NDArray[np.float32]  # width / height
    colors: npt.NDArray[np.uint32]  # 0xRRGGBB
    known: npt.NDArray[np.bool_]  # whether the id is a photo


class CatalogLists(CatalogPart):
    """Read access to all photos at once."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._words = IndexedWords(database)

    def newest(self, filters: Filters, limit: int | None = None) -> Ids:
        """Photos that meet the filters, newest first: int64 (n,)."""
        conditions, parameters = _conditions(filters)
        return self._db.integers(
            f"SELECT p.photo_id FROM photos p WHERE p.status = 1{conditions}"
            " ORDER BY p.sort_time DESC, p.photo_id DESC LIMIT ?",
            (*parameters, -1 if limit is None else limit),
        ).ravel()

    def filter_ids(self, filters: Filters) -> Ids | None:
        """Photos that meet the filters, ascending; None where the filters allow every photo.

        People search again and again with the same filters: the last ones are not asked for anew
        while nothing has changed. The array is not to be written to.
        """
        if filters == Filters():
            return None
        return self._unchanged("filtered", filters, lambda: self._filter_ids(filters))

    def _filter_ids(self, filters: Filters) -> Ids:
        conditions, parameters = _conditions(filters)
        ids = self._db.integers(
            f"SELECT p.photo_id FROM photos p WHERE p.status = 1{conditions}", parameters
        )
        chosen = np.zeros(int(ids.max(initial=0)) + 1, np.bool_)
        chosen[ids.ravel()] = True
        ids = np.flatnonzero(chosen)
        ids.flags.writeable = False
        return ids

    def layout(
        self, ids: Sequence[int] | Ids
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint32]]:
        """Width / height and average colour 0xRRGGBB, one entry per id.

        An id that is no photo (any more) gets a grey square.
        """
        tiles = self.tiles(ids)
        return tiles.aspects, tiles.colors

    def tiles(self, ids: Sequence[int] | Ids) -> Tiles:
        """What `layout` says, and which of the ids are photos."""
        wanted = np.asarray(ids, np.int64)
        known, widths, heights, averages = self._shapes(wanted)
        if len(wanted) == 0 or len(known) == 0:
            grays = np.full(len(wanted), _GRAY, np.uint32)
            return Tiles(np.ones(len(wanted), np.float32), grays, np.zeros(len(wanted), np.bool_))
        # First of the photos, in their own order, then of what was asked for.
        drawn = (widths > 0) & (heights > 0)
        shapes = np.where(drawn, widths / np.maximum(heights, 1), 1).astype(np.float32)
        at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        there = known[at] == wanted
        aspects = np.where(there, shapes[at], np.float32(1))
        colors = np.where(there, averages.astype(np.uint32)[at], np.uint32(_GRAY))
        return Tiles(aspects, colors, there)

    def still_known(self, ids: Ids) -> Ids:
        """Those of `ids` that are photos of the library, in their order."""
        return ids[self.tiles(ids).known]

    def total_bytes(self, ids: Sequence[int] | Ids) -> int:
        """The size of these photos' files altogether."""
        row = self._db.row(
            "SELECT coalesce(sum(p.size), 0) FROM json_each(?) j"
            " CROSS JOIN photos p ON p.photo_id = j.value",
            (id_list([int(each) for each in ids]),),
        )
        return row[0] if row else 0

    def subfolders(self, root_id: int, relpath: str) -> list[tuple[str, int]]:
        """The folders right below `relpath` ("" for the root) with the photos in and below them.

        Sorted by name as people expect: without regard to case.
        """
        condition, parameters = below_folder(relpath, "relpath")
        start = len(path_key(relpath)) + 2 if relpath else 1
        rows = self._db.rows(
            "SELECT substr(rest, 1, instr(rest, x'2f') - 1), count(*) FROM"
            f" (SELECT substr(relpath, {start}) AS rest FROM photos"
            f"  WHERE root_id = ? AND status = 1{condition})"
            " WHERE instr(rest, x'2f') > 0 GROUP BY 1",
            (root_id, *parameters),
        )
        folders = [(os.fsdecode(name), count) for name, count in rows]
        return sorted(folders, key=lambda each: each[0].casefold())

    def match_text(self, words: str, filters: Filters, limit: int = 1000) -> tuple[Ids, Whys]:
        """Photos whose name, folders or camera have every word, as the start of one of theirs.

        The latest additions come first. Each comes with where the words were found: "name",
        "folder", "camera". Case and accents do not count, and nothing in `words` is syntax.
        """
        asked = asked_words(words, self._words)
        if not asked:
            return np.empty(0, np.int64), NO_WHYS
        conditions, parameters = _conditions(filters)
        photos = "photos p" if conditions else "photos p INDEXED BY photos_layout"  # reads less
        ids = self._db.integers(
            "SELECT photo_text.rowid FROM photo_text"
            f" CROSS JOIN {photos} ON p.photo_id = photo_text.rowid"
            f" WHERE photo_text MATCH ? AND p.status = 1{conditions}"
            " ORDER BY photo_text.rowid DESC LIMIT ?",
            (match_expression(asked), *parameters, limit),
        ).ravel()
        where = np.zeros(len(ids), np.int64)
        for number, column in enumerate(TEXT_COLUMNS):
            where |= np.isin(ids, self._with_any(asked, column, ids)).astype(np.int64) << number
        return ids, Whys(_COMBINATIONS, where)

    def match_field(self, words: str, field: str) -> Ids:
        """All photos with every word in one of "name", "folder", "camera", ascending."""
        asked = asked_words(words, self._words)
        return self._matching(match_expression(asked, field)) if asked else np.empty(0, np.int64)

    def _with_any(self, asked: list[str], column: str, ids: Ids) -> Ids:
        """Photos that have every word somewhere and at least one in a column.

        Only from the first to the last of `ids`, which have every word.
        """
        if not len(ids):
            return np.empty(0, np.int64)
        expression = match_expression(asked, column, every=False)
        if len(asked) > 1:
            expression = f"({match_expression(asked)}) AND {expression}"
        return self._matching(expression, int(ids.min()), int(ids.max()))

    def _matching(self, expression: str, first: int = 0, last: int = 2**63 - 1) -> Ids:
        return self._db.integers(
            "SELECT rowid FROM photo_text WHERE photo_text MATCH ? AND rowid BETWEEN ? AND ?"
            " ORDER BY rowid",
            (expression, first, last),
        ).ravel()

    def hashes(self) -> HashTable:
        """The fingerprints of all photos."""
        numbers = [np.empty((0, 7), np.int64)]
        contents: list[bytes] = []
        for rows in self._db.chunks(
            "SELECT photo_id, root_id, size, inode, coalesce(phash, 0), phash IS NOT NULL,"
            " width * height, content FROM photos WHERE status = 1 AND content IS NOT NULL"
            " ORDER BY photo_id"
        ):
            numbers.append(np.array([row[:7] for row in rows], np.int64))
            contents.append(b"".join(row[7] for row in rows))
        table = np.concatenate(numbers)
        return HashTable(
            ids=table[:, 0].copy(),
            root_ids=table[:, 1].copy(),
            sizes=table[:, 2].copy(),
            inodes=table[:, 3].astype(np.uint64),
            phash=table[:, 4].astype(np.uint64),
            has_phash=table[:, 5].astype(np.bool_),
            pixels=table[:, 6].copy(),
            content=np.frombuffer(b"".join(contents), np.uint8).reshape(-1, 16),
        )

    def _shapes(self, wanted: Ids) -> list[Ids]:
        """Ids, widths, heights and colours of at least the wanted photos, ascending by id."""
        columns = "p.photo_id, p.width, p.height, p.color"
        newest_id = self._db.value("SELECT max(photo_id) FROM photos") or 0
        if len(wanted) * _SHARE >= newest_id:
            return self._db.integer_columns(
                f"SELECT {columns} FROM photos p INDEXED BY photos_layout"
                " WHERE p.status = 1 ORDER BY p.photo_id",
                columns=4,
            )
        return self._db.integer_columns(
            f"SELECT {columns} FROM json_each(?) j"
            " CROSS JOIN photos p INDEXED BY photos_layout ON p.photo_id = j.value"
            " WHERE p.status = 1",
            (id_list(np.unique(wanted).tolist()),),
            columns=4,
        )


def _conditions(filters: Filters) -> tuple[str, list[Value]]:
    """ " AND …" over `photos p`, with its parameters; `after` is inclusive, `before` exclusive."""
    conditions: list[str] = []
    parameters: list[Value] = []
    folder = path_key(filters.folder.strip("/")) if filters.folder else b""
    if filters.root_id is not None:
        # The "+" keeps the planner on the order index, which carries root_id and needs no sorting.
        conditions.append("p.root_id = ?" if folder else "+p.root_id = ?")
        parameters.append(filters.root_id)
    elif folder:
        conditions.append("p.root_id IN (SELECT root_id FROM roots)")
    if folder:
        conditions.append("p.relpath >= ? AND p.relpath < ?")
        parameters += [folder + b"/", folder + b"0"]  # "0" follows "/"
    if filters.after is not None:
        conditions.append("p.sort_time >= ?")
        parameters.append(microseconds(filters.after))
    if filters.before is not None:
        conditions.append("p.sort_time < ?")
        parameters.append(microseconds(filters.before))
    return "".join(f" AND {condition}" for condition in conditions), parameters
