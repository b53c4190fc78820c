"""The search field on top: chips and typed words together are one query.

Says what is looked for; searches nothing and opens no file.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QGuiApplication,
    QImage,
    QKeyEvent,
    QKeySequence,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QWidget,
)
from typing_extensions import override

from photofind.core.errors import QueryError
from photofind.core.query import parse_query
from photofind.core.types import Filters, PhotoTerm, PictureTerm, Query, Term
from photofind.gui import theme
from photofind.gui.chips import Chip, ChipPart, FilterPart, date_parts
from photofind.gui.drops import Drop, peek_drop, read_drop
from photofind.gui.icons import icon
from photofind.gui.search_field import SearchField

TYPING_PAUSE_MS = 300
PLACEHOLDER = "Search: a dog on the beach, or drop a picture"


class SearchPane(QWidget):
    """Emits `query_changed` after a pause in typing, on Enter, and when a chip changes."""

    query_changed = Signal(object)  # Query
    query_refused = Signal(str)  # why the typed words cannot be searched for
    cleared = Signal()  # Esc in an empty field: the keyboard belongs to the grid
    picture_wanted = Signal(object)  # PictureTerm or PhotoTerm whose chip needs a small picture
    picture_dialog_requested = Signal()  # "Search with a picture…"
    pasted = Signal(object)  # Drop with folders or urls: not ours to decide
    down_pressed = Signal()  # from the field into the grid

    def __init__(
        self, parse: Callable[[str], Query] = parse_query, parent: QWidget | None = None
    ) -> None:
        """`parse` reads typed words; it raises QueryError where they make no sense."""
        super().__init__(parent)
        self._parse = parse
        self._emitted = Query()
        self._chips: list[Chip] = []
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(TYPING_PAUSE_MS)
        self._pause.timeout.connect(self._on_pause_over)
        self._field = SearchField(self)
        self._edit = self._field.edit
        self._set_up()

    def focus_field(self) -> None:
        self._edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._edit.selectAll()

    @Slot(str)
    def type_text(self, text: str) -> None:
        """Go on typing in the field, for keys that were pressed elsewhere."""
        self._edit.setFocus(Qt.FocusReason.OtherFocusReason)
        self._edit.insert(text)

    @Slot()
    def clear(self) -> None:
        """Back to the whole library."""
        self._drop_chips(self._chips)
        self._edit.clear()
        self._publish()

    def set_query(self, query: Query) -> None:
        """Show a query as chips, without announcing it."""
        self._drop_chips(self._chips)
        self._edit.clear()
        for part in (*query.terms, *date_parts(query.filters)):
            self._add_chip(part)
        self._emitted = self.query()

    def search_with_pictures(self, sources: Iterable[Path | bytes], label: str = "picture") -> None:
        """A new search for these pictures; chips and words of the old one go."""
        self._search_anew([(PictureTerm(source, label), "") for source in sources])

    @Slot(list)
    def search_with_files(self, names: list[str]) -> None:
        """The same for the names that a file dialog gives."""
        self.search_with_pictures([Path(name) for name in names])

    def search_like_photo(self, photo_id: int, name: str = "", image: QImage | None = None) -> None:
        """A new search for photos like one of the library."""
        (chip,) = self._search_anew([(PhotoTerm(photo_id), name)])
        if image is not None:
            chip.set_picture(image)

    def add_term(self, term: Term, name: str = "") -> None:
        """One more part of the present search; a negative weight makes it unwanted."""
        self._add_chip(term, name)
        self._publish()

    def set_filter(self, filters: Filters, label: str) -> None:
        """Restrict the search, for example to a folder; replaces a restriction of the same kind."""
        for chip in list(self._chips):
            if isinstance(chip.part, FilterPart) and _overlap(chip.part.filters, filters):
                self._drop_chips([chip])
        self._add_chip(FilterPart(filters, label))
        self._publish()

    @Slot(object, QImage)
    def on_picture_loaded(self, term: Term, image: QImage) -> None:
        """A small picture for the chip of a term that `picture_wanted` has named."""
        for chip in self._chips:
            part = chip.part
            if not isinstance(part, FilterPart) and replace(part, weight=term.weight) == term:
                chip.set_picture(image)

    @Slot(bool)
    def set_busy(self, busy: bool) -> None:
        self._field.busy.set_busy(busy)

    def query(self) -> Query:
        """What the chips and the typed words ask for. Raises QueryError for the words."""
        typed = self._parse(self._edit.text()) if self._edit.text().strip() else Query()
        parts = [chip.part for chip in self._chips]
        terms = tuple(part for part in parts if not isinstance(part, FilterPart))
        filters = Filters()
        for part in parts:
            if isinstance(part, FilterPart):
                filters = _merged(filters, part.filters)
        return Query((*terms, *typed.terms), _merged(filters, typed.filters))

    @property
    def field(self) -> QWidget:
        """The framed field, for placing what belongs to it."""
        return self._field

    @property
    def last_in_order(self) -> QWidget:
        """The last place that Tab reaches in the pane."""
        return self._field.pictures

    @property
    def chips(self) -> tuple[Chip, ...]:
        return tuple(self._chips)

    @Slot()
    def paste_picture(self) -> bool:
        """Search for the picture or address on the clipboard; False where there is none."""
        return self._take(read_drop(QGuiApplication.clipboard().mimeData()))

    def _set_up(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GAP_2, theme.GAP_1, theme.GAP_2, theme.GAP_1)
        row.addWidget(self._field)
        self._edit.installEventFilter(self)
        self._edit.textEdited.connect(self._on_text_edited)
        self._edit.returnPressed.connect(self._on_return_pressed)
        self._field.set_menu(self._menu())
        self._field.clear.clicked.connect(self.clear)
        self.setFocusProxy(self._edit)
        self._refresh_field()

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        pick = menu.addAction(icon("image"), "Search with a picture…")
        pick.triggered.connect(self.picture_dialog_requested)
        paste = menu.addAction(icon("clipboard-text"), "From the clipboard")
        paste.triggered.connect(self.paste_picture)
        menu.aboutToShow.connect(
            lambda: paste.setEnabled(_has_picture(QGuiApplication.clipboard().mimeData()))
        )
        return menu

    def _add_chip(self, part: ChipPart, name: str = "") -> Chip:
        chip = Chip(part, name, self._field)
        chip.removed.connect(self._on_chip_removed)
        chip.turned.connect(self._publish)
        chip.stepped.connect(self._on_chip_stepped)
        self._chips.append(chip)
        self._field.insert_chip(chip)
        self._refresh_field()
        if isinstance(part, PictureTerm | PhotoTerm):
            self.picture_wanted.emit(part)
        return chip

    def _drop_chips(self, chips: Iterable[Chip]) -> None:
        for chip in list(chips):
            self._chips.remove(chip)
            self._field.remove_chip(chip)
        self._refresh_field()

    def _refresh_field(self) -> None:
        self._edit.setPlaceholderText("" if self._chips else PLACEHOLDER)
        self._field.clear.setVisible(bool(self._chips or self._edit.text()))
        self._field.fit_chips()

    def _search_anew(self, parts: list[tuple[Term, str]]) -> list[Chip]:
        kept = [chip for chip in self._chips if isinstance(chip.part, FilterPart)]
        self._drop_chips([chip for chip in self._chips if chip not in kept])
        self._edit.clear()
        chips = [self._add_chip(part, name) for part, name in parts]
        self._publish()
        return chips

    @Slot()
    def _publish(self) -> None:
        """Announce the query unless it is the one already announced."""
        self._pause.stop()
        self._refresh_field()
        try:
            query = self.query()
        except QueryError as error:
            self.query_refused.emit(str(error))
            return
        if query != self._emitted:
            self._emitted = query
            self.query_changed.emit(query)

    @Slot()
    def _on_text_edited(self) -> None:
        self._refresh_field()
        self._pause.start()

    @Slot()
    def _on_pause_over(self) -> None:
        self._publish()

    @Slot()
    def _on_return_pressed(self) -> None:
        """Turn the typed words into chips."""
        text = self._edit.text().strip()
        if text:
            try:
                typed = self._parse(text)
            except QueryError as error:
                self.query_refused.emit(str(error))
                return
            self._edit.clear()
            for part in (*typed.terms, *date_parts(typed.filters)):
                self._add_chip(part)
        self._publish()

    @Slot()
    def _on_chip_removed(self) -> None:
        chip = self.sender()
        if isinstance(chip, Chip) and chip in self._chips:
            self._drop_chips([chip])
            self._edit.setFocus(Qt.FocusReason.OtherFocusReason)
            self._publish()

    @Slot(int)
    def _on_chip_stepped(self, step: int) -> None:
        chip = self.sender()
        if not isinstance(chip, Chip) or chip not in self._chips:
            return
        place = self._chips.index(chip) + step
        if place >= len(self._chips):
            self._edit.setFocus(Qt.FocusReason.TabFocusReason)
        elif place >= 0:
            self._focus_chip(self._chips[place])

    def _focus_chip(self, chip: Chip) -> None:
        chip.setFocus(Qt.FocusReason.TabFocusReason)
        self._field.show_chip(chip)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._edit and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.KeyPress:
                return self._on_field_key(event)
            if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape:
                event.accept()
        return super().eventFilter(watched, event)

    def _on_field_key(self, event: QKeyEvent) -> bool:
        at_start = self._edit.cursorPosition() == 0 and not self._edit.hasSelectedText()
        if event.matches(QKeySequence.StandardKey.Paste):
            return self.paste_picture()
        if event.key() == Qt.Key.Key_Escape:
            if self._chips or self._edit.text():
                self.clear()
            else:
                self.cleared.emit()
        elif event.key() == Qt.Key.Key_Backspace and at_start and self._chips:
            self._drop_chips(self._chips[-1:])
            self._publish()
        elif event.key() == Qt.Key.Key_Left and at_start and self._chips:
            self._focus_chip(self._chips[-1])
        elif event.key() == Qt.Key.Key_Down:
            self.down_pressed.emit()
        else:
            return False
        return True

    def _take(self, drop: Drop) -> bool:
        """Use what was pasted; words are left to the field."""
        if drop.photo_ids:
            self._search_anew([(PhotoTerm(each), "") for each in drop.photo_ids])
        elif drop.folders or drop.urls:
            self.pasted.emit(drop)
        elif drop.pictures:
            for source in drop.pictures:
                self._add_chip(PictureTerm(source, "pasted picture"))
            self._publish()
        return bool(drop)


def _has_picture(data: QMimeData) -> bool:
    return bool(peek_drop(data))


def _merged(below: Filters, above: Filters) -> Filters:
    """Restrictions of both; where both say something, the later one counts."""
    return Filters(
        root_id=above.root_id if above.root_id is not None else below.root_id,
        folder=above.folder if above.root_id is not None else below.folder,
        after=above.after or below.after,
        before=above.before or below.before,
    )


def _overlap(one: Filters, other: Filters) -> bool:
    return any(
        getattr(one, name) is not None and getattr(other, name) is not None
        for name in ("root_id", "after", "before")
    )
