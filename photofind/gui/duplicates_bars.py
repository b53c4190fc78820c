"""The edges of the duplicates window: kinds and similarity on top, what will be done below."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from photofind.core.types import DuplicateKind, TrashReport
from photofind.gui import theme
from photofind.gui.duplicates_list import KIND_WORDS
from photofind.gui.icons import icon
from photofind.gui.text_widgets import ElidedLabel, QuietLabel, TitleLabel
from photofind.gui.wording import byte_size, count_of, number

LOWEST, HIGHEST = 80, 99  # hundredths of a cosine
_SLIDER_DELAY_MS = 60
_KINDS: tuple[DuplicateKind | None, ...] = (None, *DuplicateKind)
_KEYS = (
    ("↑ ↓", "group"),
    ("← →", "photo"),
    ("Space", "to the trash or not"),
    ("K", "keep this one"),
    ("A", "select all but the kept one"),
    ("U", "select none"),
    ("N", "not a duplicate"),
    ("Shift+N", "none of these is"),
    ("C", "compare"),
    ("Del", "move to the trash"),
    ("Ctrl+Z", "undo"),
)


class ReviewTopBar(QWidget):
    """Which kind is shown, and how similar "similar" is."""

    kind_changed = Signal(object)
    """A DuplicateKind, or None for all."""
    similarity_changed = Signal(float)
    search_clicked = Signal()

    def __init__(self, similarity: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GAP_2, theme.GAP_2, theme.GAP_3, theme.GAP_2)
        row.setSpacing(theme.GAP_1)
        self._kinds = QButtonGroup(self)
        for position in range(len(_KINDS)):
            button = QToolButton()
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setCheckable(True)
            button.setChecked(position == 0)
            self._kinds.addButton(button, position)
            row.addWidget(button)
        self._kinds.idClicked.connect(self._on_kind_clicked)
        again = QToolButton()
        again.setIcon(icon("arrow-clockwise"))
        again.setToolTip("Look for duplicates again (F5)")
        again.setAccessibleName("Look for duplicates again")
        again.clicked.connect(self.search_clicked)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(LOWEST, HIGHEST)
        self._slider.setPageStep(2)
        self._slider.setFixedWidth(160)
        self._slider.setAccessibleName("Similarity")
        self._slider.setToolTip("How much alike photos must be to count as similar")
        self._slider.setValue(round(similarity * 100))
        self._value = QLabel()
        # Reserves room for its longest text, so that nothing moves while sliding.
        self._value.setMinimumWidth(self._value.fontMetrics().horizontalAdvance("100 %") + 4)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SLIDER_DELAY_MS)
        self._timer.timeout.connect(self._on_slider_rested)
        self._slider.valueChanged.connect(self._on_slider_moved)
        name = QLabel("Alike at least")
        name.setBuddy(self._slider)
        row.addStretch(1)
        for widget in (name, self._slider, self._value, again):
            row.addWidget(widget)
            row.addSpacing(theme.GAP_1)
        self._show_value()
        self.set_counts({})

    @property
    def similarity(self) -> float:
        """The slider's cosine."""
        return self._slider.value() / 100

    def set_counts(self, counts: Mapping[DuplicateKind, int]) -> None:
        """Groups of each kind."""
        for position, kind in enumerate(_KINDS):
            name = "All" if kind is None else KIND_WORDS[kind]
            count = sum(counts.values()) if kind is None else counts.get(kind, 0)
            self._kinds.button(position).setText(f"{name} {number(count)}")

    def _show_value(self) -> None:
        self._value.setText(f"{self._slider.value()} %")

    @Slot(int)
    def _on_kind_clicked(self, position: int) -> None:
        self.kind_changed.emit(_KINDS[position])

    @Slot()
    def _on_slider_moved(self) -> None:
        self._show_value()
        self._timer.start()

    @Slot()
    def _on_slider_rested(self) -> None:
        self.similarity_changed.emit(self.similarity)


class ReviewBottomBar(QWidget):
    """What the keys do, marks for many groups at once, and the one button that acts."""

    trash_clicked = Signal()
    mark_all_clicked = Signal(object)
    """A DuplicateKind, or None for all groups."""
    unmark_all_clicked = Signal()
    undo_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._batch: int | None = None
        self._keys = keys = QLabel(
            "&nbsp;&nbsp; ".join(f"<b>{k}</b>&nbsp;{_hard(v)}" for k, v in _KEYS)
        )
        keys.setWordWrap(True)
        keys.setFont(theme.small_font())
        keys.setForegroundRole(keys.palette().ColorRole.PlaceholderText)
        self._mark = QPushButton("Select all but the kept ones")
        self._mark.setMenu(self._make_menu())
        self._message = ElidedLabel(quiet=True)
        self._undo = QPushButton("Undo")
        self._undo.setProperty("quiet", True)
        self._undo.clicked.connect(self.undo)
        self._undo.hide()
        self._trash = QPushButton()
        self._trash.setProperty("primary", True)
        self._trash.clicked.connect(self.trash_clicked)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_2)
        row.addWidget(self._mark)
        row.addWidget(self._message, 1)
        row.addWidget(self._undo)
        row.addWidget(self._trash)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP_3, theme.GAP_2, theme.GAP_3, theme.GAP_3)
        layout.setSpacing(theme.GAP_2)
        layout.addWidget(keys)
        layout.addLayout(row)
        self.set_marked(0, 0)

    def set_marked(self, count: int, size: int) -> None:
        """How many photos are selected, and their bytes."""
        what = f"{count_of(count, 'photo')} ({byte_size(size)})" if count else "photos"
        self._trash.setText(f"Move {what} to the trash")
        self._trash.setEnabled(count > 0)

    def set_keys_shown(self, shown: bool) -> None:
        """Whether the keys of the review are told; a comparison tells its own."""
        self._keys.setVisible(shown)

    def set_waiting(self) -> None:
        """The move is on its way."""
        self._trash.setText("Moving…")
        self._trash.setEnabled(False)

    def show_trashed(self, report: TrashReport) -> None:
        """Say what was moved and offer to bring it back."""
        freed = f"{count_of(len(report.moved), 'photo')} moved to the trash"
        failed = ""
        if report.failed:
            first = report.failed[0]
            failed = f"; {number(len(report.failed))} stayed ({first.path.name}: {first.reason})"
        self.show_message(freed + failed)
        self._batch = report.batch_id if report.restorable and report.moved else None
        self._undo.setVisible(self._batch is not None)

    def show_message(self, text: str) -> None:
        self._message.setText(text)
        self._batch = None
        self._undo.hide()

    @Slot()
    def undo(self) -> None:
        """Bring the last batch back, if there is one to bring back."""
        if self._batch is not None:
            batch = self._batch
            self.show_message("Bringing them back…")
            self.undo_requested.emit(batch)

    def _make_menu(self) -> QMenu:
        menu = QMenu(self)
        for kind in _KINDS:
            words = "In all groups" if kind is None else f"In all groups: {KIND_WORDS[kind]}"
            action = menu.addAction(words)
            action.triggered.connect(lambda _=False, kind=kind: self.mark_all_clicked.emit(kind))
        menu.addSeparator()
        menu.addAction("Select none", self.unmark_all_clicked.emit)
        return menu


class WaitingPage(QWidget):
    """Searching, nothing found, or an error: a line, a bar, one button."""

    cancel_clicked = Signal()
    search_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.running = False
        self._title = TitleLabel()
        self._text = QuietLabel()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(280)
        self._bar.setAccessibleName("Search progress")
        self._button = QPushButton()
        self._button.clicked.connect(self._on_clicked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP_8, theme.GAP_8, theme.GAP_8, theme.GAP_8)
        layout.setSpacing(theme.GAP_3)
        layout.addStretch(1)
        for label in (self._title, self._text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(label)
        layout.addWidget(self._bar, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)

    def show_progress(self, what: str, done: int, total: int) -> None:
        """`total` 0 while unknown."""
        self.running = True
        self._title.setText("Looking for duplicates")
        counted = f" {number(done)} of {number(total)}" if total else ""
        self._text.setText(f"{what}{counted}")
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self._bar.show()
        self._button.setText("Cancel")
        self._button.setIcon(icon("x"))

    def show_message(self, title: str, text: str, button: str) -> None:
        self.running = False
        self._title.setText(title)
        self._text.setText(text)
        self._bar.hide()
        self._button.setText(button)
        self._button.setIcon(icon("arrow-clockwise"))

    @Slot()
    def _on_clicked(self) -> None:
        (self.cancel_clicked if self.running else self.search_clicked).emit()


def _hard(words: str) -> str:
    """Keep a key and what it does on one line."""
    return words.replace(" ", "&nbsp;")
