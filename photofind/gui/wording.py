"""Numbers, sizes, times and dates in the words that the window uses. Holds no state."""

from datetime import datetime

from PySide6.QtCore import QDate, QLocale, QTime

from photofind.core.types import Photo

_UNITS = ("kB", "MB", "GB", "TB")


def count_of(count: int, thing: str, things: str = "") -> str:
    """ "1 photo", "1,234 photos"."""
    return f"{number(count)} {thing if count == 1 else things or thing + 's'}"


def number(value: int) -> str:
    """With the language's thousands separators."""
    return _locale().toString(value)


def byte_size(size: int) -> str:
    """Decimal units as in file managers: "610 MB", "2.3 MB", "25 MB", "812 bytes"."""
    if size < 1000:
        return count_of(size, "byte")
    value, units = size / 1000, iter(_UNITS)
    unit = next(units)
    while value >= 999.5 and unit != _UNITS[-1]:
        value, unit = value / 1000, next(units)
    whole = value >= 99.95 or abs(value - round(value)) < 0.05
    return f"{_locale().toString(value, 'f', 0 if whole else 1)} {unit}"


def time_left(seconds: float) -> str:
    """Coarse on purpose, so that it doesn't flicker: "about 3 min left"."""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 55:
        return f"about {round(seconds / 10) * 10} s left"
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return f"about {minutes} min left"
    return f"about {minutes // 60} h {minutes % 60:02d} min left"


def date_time(when: datetime) -> str:
    """A day and a time in the user's language."""
    locale = _locale()
    day = locale.toString(QDate(when.year, when.month, when.day), "d MMM yyyy")
    return f"{day}, {locale.toString(QTime(when.hour, when.minute), 'HH:mm')}"


def photo_date(photo: Photo) -> str:
    """When it was taken, else its file's date; empty for an impossible file date."""
    try:
        return date_time(photo.when)
    except (OSError, OverflowError, ValueError):
        return ""


def photo_facts(photo: Photo) -> str:
    """ "4000 × 3000 · 2.3 MB · 14 Jul 2021, 16:05"."""
    meta = photo.metadata
    facts = [pixel_size(meta.width, meta.height), byte_size(photo.stamp.size), photo_date(photo)]
    return " · ".join(filter(None, facts))


def pixel_size(width: int, height: int) -> str:
    return f"{width} × {height}"


def percent(similarity: float) -> str:
    """A cosine as a share; never rounded up to 100 % unless it is."""
    if similarity >= 1.0:
        return "100 %"
    return f"{min(99, round(similarity * 100))} %"


def _locale() -> QLocale:
    """The user's; English where there is none, because "C" has no separators."""
    locale = QLocale()
    none = locale.language() == QLocale.Language.C
    return QLocale(QLocale.Language.English) if none else locale
