"""What is said about a photo in one short piece of text."""

from datetime import datetime

from PySide6.QtCore import QDate, QLocale

from photofind.core.types import Photo


def day_text(when: datetime) -> str:
    """ "1 May 2020", the month in the user's language."""
    locale = QLocale()
    if locale.language() == QLocale.Language.C:
        locale = QLocale(QLocale.Language.English)
    return locale.toString(QDate(when.year, when.month, when.day), "d MMM yyyy")


def date_text(photo: Photo) -> str:
    """The day it was taken; empty for an impossible file date."""
    try:
        return day_text(photo.when)
    except (OSError, OverflowError, ValueError):
        return ""


def score_text(score: float) -> str:
    """A cosine with two decimals; empty for NaN, that is without a search."""
    return f"{score:.2f}" if score == score else ""
