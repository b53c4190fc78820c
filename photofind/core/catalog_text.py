"""Literal search over names, folders and cameras: what is indexed, and how words are asked for."""

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence

from photofind.core.database import Database

TEXT_COLUMNS = ("name", "folder", "camera")
_RUN = re.compile(r"[^\W_]+")
_PIECE = re.compile(r"\d+|[^\W\d_]+")
_HUMP = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][^\W\d_A-Z])")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af]")
_LONGEST = 64  # characters of a run whose every ending is indexed
_SHORTEST = 4  # characters; where photos with shorter beginnings are, the index holds ready
_MOST_ENDINGS = 16
_LOWEST, _HIGHEST = "\x01", "\U0010ffff"


def write_text(database: Database, photo_id: int) -> None:
    """Index the words of one photo anew, from its row."""
    row = database.row(
        "SELECT p.relpath, r.path, p.camera, p.lens FROM photos p"
        " JOIN roots r ON r.root_id = p.root_id WHERE p.photo_id = ?",
        (photo_id,),
    )
    assert row is not None
    # What follows a zero byte tells names apart that look the same; nobody types it.
    *folders, name = (part.partition("\0")[0] for part in os.fsdecode(row[0]).split("/"))
    root_name = os.path.basename(os.fsdecode(row[1]))  # noqa: PTH119 - no path is needed
    database.execute(
        "INSERT OR REPLACE INTO photo_text(rowid, name, folder, camera) VALUES (?, ?, ?, ?)",
        (
            photo_id,
            words_of([name]),
            words_of([root_name, *folders]),
            words_of([row[2], row[3]]),
        ),
    )


def words_of(parts: Iterable[str]) -> str:
    """The parts as they are, followed by the words that are hidden in them.

    "IMG_BeachDay0042" also holds "BeachDay", "Beach", "Day", "0042" and "42"; writing without
    spaces holds every ending, so that a prefix search finds what stands in the middle.
    """
    text = " ".join(_clean(part) for part in parts)
    hidden: dict[str, None] = {}
    for run in _RUN.findall(text):
        for piece in _PIECE.findall(run):
            hidden[piece] = None
            hidden[piece.lstrip("0") or piece] = None
            hidden.update(dict.fromkeys(_HUMP.split(piece)))
        if _UNSPACED.search(run) and len(run) <= _LONGEST:
            hidden.update((run[start:], None) for start in range(1, len(run)))
    known = set(_RUN.findall(text))
    return " ".join([text, *(word for word in hidden if word not in known)])


class IndexedWords:
    """The words that photos are found by, as the full text itself cuts and folds them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_listed = False

    def beginning_with(self, start: str) -> list[str] | None:
        """`start` and every indexed word that is longer; None where these are many, or not known.

        Only of plain letters and digits is it certain how the full text folds them.
        """
        if len(start) < _SHORTEST or not (start.isascii() and start.isalnum()):
            return None
        found = [start.lower()]
        while len(found) <= _MOST_ENDINGS:
            longer = self._next(found[-1], found[0])
            if longer is None:
                return found
            found.append(longer)
        return None

    def _next(self, word: str, start: str) -> str | None:
        """The first word after `word` that begins with `start`."""
        if not self._is_listed:
            # One row per occurrence: the other kinds of list would first count a word's photos.
            self._database.make_temporary(
                "CREATE VIRTUAL TABLE IF NOT EXISTS temp.photo_words"
                " USING fts5vocab(main, photo_text, instance)"
            )
            self._is_listed = not self._database.in_transaction  # which may be taken back
        return self._database.value(
            "SELECT term FROM temp.photo_words WHERE term >= ? AND term < ? LIMIT 1",
            (word + _LOWEST, start + _HIGHEST),
        )


def asked_words(words: str, indexed: IndexedWords) -> list[str]:
    """One FTS5 expression for each word: it, or what it is the start of.

    To find a beginning, SQLite first puts together all places of all words that begin so. Where
    these are few they are asked for by name, which is many times as fast. Whatever the user typed
    stands inside quotes, so nothing in it is syntax.
    """
    asked = [word for word in _clean(words).split() if any(map(str.isalnum, word))]
    return [_asked(word, indexed.beginning_with(word)) for word in asked]


def _asked(word: str, known: list[str] | None) -> str:
    if known is None:
        return '"' + word.replace('"', " ") + '" *'
    return "(" + " OR ".join(f'"{each}"' for each in known) + ")"


def match_expression(asked: Sequence[str], column: str = "", *, every: bool = True) -> str:
    """The FTS5 expression for photos with every one of `asked`, or with any, in `column` ("" is
    all of them)."""
    expression = (" AND " if every else " OR ").join(asked)
    return f"{{{column}}} : ({expression})" if column else expression


def _clean(text: str) -> str:
    readable = text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
    return unicodedata.normalize("NFC", readable)
