"""The photos on show: their ids in order, and bounded caches of what is drawn of them.

Knows neither files nor threads. It says by signals what it wants, and takes what arrives.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from enum import IntEnum

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QImage, QPixmap
from typing_extensions import override

from photofind.core.types import Photo, Query, SearchResult
from photofind.gui.grid_layout import Section
from photofind.gui.photo_text import date_text, score_text
from photofind.gui.pixmap_cache import PixmapCache
from photofind.gui.row_lookup import RowLookup

_THUMBNAIL_BYTES = 256 * 2**20
_PHOTOS = 5000
_RUNS = 64  # more separate runs of removed rows than this are one reset

_Index = QModelIndex | QPersistentModelIndex


class PhotoRole(IntEnum):
    ID = Qt.ItemDataRole.UserRole + 1
    SCORE = Qt.ItemDataRole.UserRole + 2  # float, NaN without a search
    WHY = Qt.ItemDataRole.UserRole + 3  # tuple[str, ...]
    COLOR = Qt.ItemDataRole.UserRole + 4  # QColor, the picture's average
    ASPECT = Qt.ItemDataRole.UserRole + 5  # float, width / height
    PHOTO = Qt.ItemDataRole.UserRole + 6  # Photo, or None while it is not loaded


class PhotoModel(QAbstractListModel):
    """One row per photo. Thumbnails and catalog rows come when `request` has asked for them."""

    thumbnails_wanted = Signal(list)  # list[int], most urgent first; photo rows are wanted too
    thumbnails_forgotten = Signal(list)  # list[int] that nobody waits for any longer
    photos_wanted = Signal(list)  # list[int] of which only the catalog's row is missing
    photos_dropped = Signal(list)  # list[int] whose pictures must not be shown any longer

    def __init__(
        self, parent: QObject | None = None, *, thumbnail_bytes: int = _THUMBNAIL_BYTES
    ) -> None:
        super().__init__(parent)
        self._query = Query()
        self._take(_EMPTY)
        self._pixmaps = PixmapCache(thumbnail_bytes)
        self._photos: OrderedDict[int, Photo] = OrderedDict()
        self._asked: dict[int, None] = {}
        self._absent: set[int] = set()
        self._arrived: set[int] = set()
        self._burst = QTimer(self)
        self._burst.setSingleShot(True)
        self._burst.setInterval(16)
        self._burst.timeout.connect(self._on_burst_ended)

    @property
    def query(self) -> Query:
        return self._query

    @property
    def ids(self) -> npt.NDArray[np.int64]:
        """The ids in order; not to be written to."""
        return self._ids

    @property
    def aspects(self) -> npt.NDArray[np.float32]:
        return self._aspects

    @property
    def sections(self) -> tuple[Section, ...]:
        """Where the weaker matches of a search begin."""
        if not self._query.terms or self._strong >= len(self._ids):
            return ()
        title = "Weaker matches" if self._strong else "Nothing clearly matches; the nearest photos"
        return (Section(self._strong, title),)

    def set_result(self, result: SearchResult) -> None:
        self.beginResetModel()
        self._query = result.query
        self._take(result)
        self.endResetModel()

    def clear(self) -> None:
        self.set_result(_EMPTY)

    def insert_newest(
        self,
        ids: Sequence[int] | npt.NDArray[np.int64],
        aspects: Sequence[float] | npt.NDArray[np.float32],
        colors: Sequence[int] | npt.NDArray[np.uint32],
    ) -> None:
        """Put new photos on top, the first of them first; those already shown stay where they are.

        Meant for the whole library: an insertion into the answer to a search has no place there.
        """
        new, first = np.unique(np.asarray(ids, dtype=np.int64), return_index=True)
        keep = np.sort(first[~np.isin(new, self._ids)])
        if not len(keep):
            return
        self.beginInsertRows(QModelIndex(), 0, len(keep) - 1)
        self._ids = np.concatenate([np.asarray(ids, np.int64)[keep], self._ids])
        self._aspects = np.concatenate([np.asarray(aspects, np.float32)[keep], self._aspects])
        self._colors = np.concatenate([np.asarray(colors, np.uint32)[keep], self._colors])
        self._scores = np.concatenate([np.full(len(keep), np.nan, np.float32), self._scores])
        if self._whys:
            self._whys = ((),) * len(keep) + self._whys
        self._strong += len(keep)
        self._lookup = None
        self.endInsertRows()

    def remove_ids(self, ids: Iterable[int]) -> None:
        gone = np.fromiter(ids, dtype=np.int64)
        rows = np.flatnonzero(np.isin(self._ids, gone))
        self._drop(gone.tolist())
        if not len(rows):
            return
        runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
        if len(runs) > _RUNS:
            self.beginResetModel()
            self._delete(rows)
            self.endResetModel()
            return
        for run in reversed(runs):
            self.beginRemoveRows(QModelIndex(), int(run[0]), int(run[-1]))
            self._delete(run)
            self.endRemoveRows()

    def forget_photos(self) -> None:
        """Read the catalog's rows again: something else than the files has changed."""
        self._photos.clear()
        self.photos_dropped.emit([])

    @Slot(list)
    def refresh(self, ids: list[int]) -> None:
        """Forget what is cached of these photos: their files have changed."""
        self._drop(ids)
        for photo_id in ids:
            self._note_arrival(photo_id)

    def id_at(self, row: int) -> int:
        """Raises IndexError for a row that is not there."""
        if not 0 <= row < len(self._ids):
            raise IndexError(row)
        return int(self._ids[row])

    def ids_at(self, rows: npt.NDArray[np.int64]) -> list[int]:
        return self._ids[rows].tolist()

    def row_of(self, photo_id: int) -> int:
        """The row of a photo, -1 where it is not shown."""
        rows = self.rows_of([photo_id])
        return int(rows[0]) if len(rows) else -1

    def rows_of(self, ids: Iterable[int]) -> npt.NDArray[np.int64]:
        """The rows of those photos that are shown, ascending."""
        wanted = np.fromiter(ids, dtype=np.int64)
        if not len(self._ids) or not len(wanted):
            return np.zeros(0, np.int64)
        if self._lookup is None:
            self._lookup = RowLookup(self._ids)
        return self._lookup.rows(wanted)

    def photo(self, photo_id: int) -> Photo | None:
        """The catalog's row where it is at hand."""
        return self._photos.get(photo_id)

    def pixmap(self, photo_id: int) -> QPixmap | None:
        """The thumbnail where it is at hand."""
        return self._pixmaps.get(photo_id)

    def color(self, row: int) -> QColor:
        return QColor.fromRgb(int(self._colors[row]) if 0 <= row < len(self._colors) else 0x808080)

    def score(self, row: int) -> float:
        return float(self._scores[row]) if 0 <= row < len(self._scores) else float("nan")

    def why(self, row: int) -> tuple[str, ...]:
        return self._whys[row] if 0 <= row < len(self._whys) else ()

    def describe(self, row: int) -> str:
        """One line for screen readers: name, date, score."""
        photo = self._photos.get(int(self._ids[row])) if 0 <= row < len(self._ids) else None
        parts = [photo.name, date_text(photo)] if photo else ["photo"]
        if text := score_text(self.score(row)):
            parts.append(f"score {text}")
        if photo and photo.offline:
            parts.append("offline")
        return ", ".join(parts)

    def request(self, ids: Sequence[int], *, drawn: Iterable[int] = ()) -> None:
        """Make these photos, most urgent first, the only ones that are waited for.

        Of those in `drawn` the view already has a picture of its own.
        """
        has = set(drawn)
        missing = [
            each
            for each in ids
            if each not in has and each not in self._pixmaps and each not in self._absent
        ]
        wanted = dict.fromkeys(missing)
        forgotten = [each for each in self._asked if each not in wanted]
        new = [each for each in missing if each not in self._asked]
        self._asked = wanted
        if forgotten:
            self.thumbnails_forgotten.emit(forgotten)
        if new:
            self.thumbnails_wanted.emit(missing)
        rows = [each for each in ids if each not in self._photos and each not in wanted]
        if rows:
            self.photos_wanted.emit(rows)

    @Slot(int, QImage)
    def on_thumbnail_loaded(self, photo_id: int, image: QImage) -> None:
        self._asked.pop(photo_id, None)
        if image.isNull():
            self._absent.add(photo_id)
            return
        self._absent.discard(photo_id)
        self._pixmaps.put(photo_id, QPixmap.fromImage(image))
        self._note_arrival(photo_id)

    @Slot(list)
    def on_thumbnails_missing(self, ids: list[int]) -> None:
        """There is no thumbnail to be had: not asked again before `refresh`."""
        for photo_id in ids:
            self._asked.pop(photo_id, None)
            self._absent.add(photo_id)

    @Slot(int, object)
    def on_photo_loaded(self, photo_id: int, photo: Photo) -> None:
        self._photos[photo_id] = photo
        self._photos.move_to_end(photo_id)
        while len(self._photos) > _PHOTOS:
            self._photos.popitem(last=False)
        self._note_arrival(photo_id)

    @Slot(list)
    def on_photos_loaded(self, photos: list[Photo]) -> None:
        for photo in photos:
            self.on_photo_loaded(photo.photo_id, photo)

    @override
    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._ids)

    @override
    def flags(self, index: _Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemNeverHasChildren

    @override
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = index.row()
        if not 0 <= row < len(self._ids):
            return None
        photo_id = int(self._ids[row])
        if role == Qt.ItemDataRole.DisplayRole:
            photo = self._photos.get(photo_id)
            return photo.name if photo else ""
        if role == Qt.ItemDataRole.DecorationRole:
            return self._pixmaps.get(photo_id) or self.color(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.describe(row)
        if role == PhotoRole.ID:
            return photo_id
        if role == PhotoRole.SCORE:
            return self.score(row)
        if role == PhotoRole.WHY:
            return self.why(row)
        if role == PhotoRole.COLOR:
            return self.color(row)
        if role == PhotoRole.ASPECT:
            return float(self._aspects[row])
        if role == PhotoRole.PHOTO:
            return self._photos.get(photo_id)
        return None

    def _take(self, result: SearchResult) -> None:
        self._ids = result.ids
        self._scores = result.scores
        self._aspects = result.aspects
        self._colors = result.colors
        self._whys = result.whys
        self._strong = result.strong
        self._lookup: RowLookup | None = None

    def _delete(self, rows: npt.NDArray[np.int64]) -> None:
        keep = np.ones(len(self._ids), bool)
        keep[rows] = False
        self._strong -= int(np.count_nonzero(rows < self._strong))
        self._ids, self._aspects = self._ids[keep], self._aspects[keep]
        self._colors, self._scores = self._colors[keep], self._scores[keep]
        if self._whys:
            self._whys = tuple(why for why, kept in zip(self._whys, keep, strict=True) if kept)
        self._lookup = None

    def _drop(self, ids: list[int]) -> None:
        for photo_id in ids:
            self._pixmaps.remove(photo_id)
            self._photos.pop(photo_id, None)
            self._asked.pop(photo_id, None)
            self._absent.discard(photo_id)
        self.photos_dropped.emit(ids)

    def _note_arrival(self, photo_id: int) -> None:
        self._arrived.add(photo_id)
        if not self._burst.isActive():
            self._burst.start()

    @Slot()
    def _on_burst_ended(self) -> None:
        rows = self.rows_of(self._arrived)
        self._arrived.clear()
        if len(rows):
            self.dataChanged.emit(self.index(int(rows[0])), self.index(int(rows[-1])))


_EMPTY = SearchResult(
    query=Query(),
    encoder_id="",
    ids=np.zeros(0, np.int64),
    scores=np.zeros(0, np.float32),
    aspects=np.zeros(0, np.float32),
    colors=np.zeros(0, np.uint32),
    whys=(),
    strong=0,
)
