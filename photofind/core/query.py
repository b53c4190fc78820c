"""What typed words mean. Owns the small query language; knows neither models nor the catalog.

    dog on a beach            one phrase that describes the picture
    "red car" snow            two phrases, both wanted: red car / snow
    -people   not:people      not wanted; also -"many people"
    folder:holiday            only photos below a folder of that name (also -folder:work)
    camera:nikon              only photos of that camera
    name:IMG_20               only files of that name
    after:2020-05             taken in May 2020 or later (year, month or day)
    before:2021               taken before 2021

A value with spaces is quoted: folder:"summer 2020". Anything else, a stray colon or quote
included, is plain words. Names match from the start of a word.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime

from photofind.core.errors import QueryError
from photofind.core.types import Filters, Query, Term, TextTerm

FIELDS = ("name", "folder", "camera")
"""What a restriction such as `folder:holiday` can look at."""

LONGEST = 1000  # characters; models read about 70 words
_DATES = ("after", "before")
_QUOTES = str.maketrans("“”„«»″", '""""""')
_DASHES = "−–—"
_PIECE = re.compile(
    r"""(?P<sign>-|\bnot:)?            # not wanted
        (?:(?P<field>name|folder|camera|after|before):(?=[^\s]))?
        (?:"(?P<quoted>[^"]*)"|(?P<word>[^\s"]+))""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Restriction:
    """A literal condition that every hit must meet, or, negative, must not."""

    field: str  # one of FIELDS
    words: str
    negative: bool


def parse_query(text: str) -> Query:
    """Read what was typed. Restrictions stay among the terms, as `TextTerm("folder:holiday")`.

    Raises QueryError where a date cannot be read or the text is absurdly long.
    """
    text = _clean(text)
    terms: list[Term] = []
    words: list[str] = []
    filters = Filters()
    for piece in _PIECE.finditer(text):
        field = (piece["field"] or "").lower()
        value = (piece["quoted"] if piece["quoted"] is not None else piece["word"]).strip()
        weight = -1.0 if piece["sign"] else 1.0
        if field in _DATES:
            filters = _with_date(filters, field, value, weight)
        elif field in FIELDS:
            if value:
                terms.append(TextTerm(f"{field}:{value}", weight))
        elif weight > 0 and piece["quoted"] is None:
            words.append(value)
        elif _says_something(value):
            terms.append(TextTerm(value, weight))
    phrase = " ".join(words)
    if _says_something(phrase):
        terms.insert(0, TextTerm(phrase))
    return Query(tuple(terms), filters)


def restriction(term: TextTerm) -> Restriction | None:
    """The literal condition that a term states, None where it describes the picture."""
    field, colon, words = term.text.partition(":")
    if not colon or field not in FIELDS or not words.strip():
        return None
    return Restriction(field, words.strip(), term.weight < 0)


def _clean(text: str) -> str:
    text = unicodedata.normalize("NFC", text.translate(_QUOTES))
    text = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl") else c for c in text)
    text = re.sub(rf"(^|\s)[{_DASHES}](?=\S)", r"\1-", text).strip()
    if len(text) > LONGEST:
        raise QueryError(
            f"The search has {len(text):,} characters. "
            f"Describe the photo in fewer than {LONGEST:,}."
        )
    return text


def _says_something(text: str) -> bool:
    return any(c.isalnum() or unicodedata.category(c) == "So" for c in text)


def _with_date(filters: Filters, field: str, value: str, weight: float) -> Filters:
    if weight < 0:
        field = "before" if field == "after" else "after"
    when = _date(value)
    return replace(filters, after=when) if field == "after" else replace(filters, before=when)


def _date(value: str) -> datetime:
    """The first moment of a year, a month or a day."""
    match = re.fullmatch(r"(\d{4})(?:[-./](\d{1,2}))?(?:[-./](\d{1,2}))?", value)
    try:
        if match is not None:
            year, month, day = (int(part or 1) for part in match.groups())
            return datetime(year, month, day)
    except ValueError:
        pass
    raise QueryError(f"“{value}” is not a date. Write 2020, 2020-05 or 2020-05-17.")
