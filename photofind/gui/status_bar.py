"""The line at the bottom: what is going on, how far, what went wrong, what can be undone."""

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from photofind.core.types import EncoderSpec, IndexProgress, TrashReport
from photofind.gui import theme
from photofind.gui.icons import icon
from photofind.gui.text_widgets import ElidedLabel
from photofind.gui.wording import count_of, number, time_left

_MESSAGE_MS = 8_000
_UNDO_MS = 60_000


class StatusBar(QWidget):
    """Text and progress on the left, model and zoom on the right."""

    pause_requested = Signal()
    resume_requested = Signal()
    problems_requested = Signal()
    model_requested = Signal()
    undo_requested = Signal(int)
    """The batch to bring back from the trash."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Status")
        self._progress = IndexProgress("idle")
        self._library = ""
        self._batch: int | None = None
        self._offer = ""  # what can be undone
        self._message = self._refusal = ""
        self._message_timer = _single_shot(self, _MESSAGE_MS, self._on_message_over)
        self._undo_timer = _single_shot(self, _UNDO_MS, self.clear_undo)
        self._text = ElidedLabel(quiet=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(96)
        self._bar.setAccessibleName("Indexing progress")
        self._pause = QToolButton()
        self._pause.clicked.connect(self._on_pause_clicked)
        self._undo = _quiet_button("Undo")
        self._undo.clicked.connect(self._on_undo_clicked)
        self._problems = _quiet_button("")
        self._problems.setIcon(icon("warning"))
        self._problems.clicked.connect(self.problems_requested)
        self._model = _quiet_button("")
        self._model.setIcon(icon("cpu", QPalette.ColorRole.PlaceholderText))
        self._model.clicked.connect(self.model_requested)
        self._row = QHBoxLayout(self)
        self._arrange()
        self.set_problems(0)
        self.set_model(None)
        self._show()

    def add_right_widget(self, widget: QWidget) -> None:
        """Put something at the far right, such as the zoom slider."""
        self._row.addWidget(widget)

    @Slot(object)
    def set_progress(self, progress: IndexProgress) -> None:
        self._progress = progress
        self._show()

    def set_library(self, photos: int, shown: int | None = None) -> None:
        """How many photos there are and, in a search, how many are shown."""
        of_all = count_of(photos, "photo")
        self._library = of_all if shown is None else f"{number(shown)} of {of_all}"
        self._show()

    @Slot(int)
    def set_problems(self, count: int) -> None:
        """How many files could not be read."""
        self._problems.setText(count_of(count, "problem"))
        self._problems.setToolTip("Files that could not be read, and why")
        self._problems.setVisible(count > 0)

    def set_model(self, spec: EncoderSpec | None) -> None:
        """Name the model in use, and say so if it is the light one."""
        self._model.setVisible(spec is not None)
        if spec is None:
            return
        light = spec.encoder_id == "builtin"
        says_so = "light" in spec.title.casefold()
        self._model.setText(f"{spec.title} · light model" if light and not says_so else spec.title)
        hint = "A light model: a larger one finds more.\n" if light else ""
        self._model.setToolTip(f"{hint}Model that looks at the photos. Click to choose another.")
        self._model.setAccessibleName(f"Model: {self._model.text()}")

    @Slot(str)
    def show_message(self, text: str) -> None:
        """Say something for a few seconds."""
        self._message = text
        self._message_timer.start()
        self._show()

    @Slot(str)
    def show_refusal(self, reason: str) -> None:
        """Say why something is not possible, until `end_refusal`, or for a few seconds."""
        self._refusal = reason
        self.show_message(reason)

    def end_refusal(self) -> None:
        """What was refused has been mended."""
        if self._refusal and self._refusal == self._message:
            self._message_timer.stop()
            self._on_message_over()
        self._refusal = ""

    @Slot(object)
    def show_undo(self, report: TrashReport) -> None:
        """Say what went to the trash and offer to bring it back."""
        self._batch = report.batch_id if report.restorable and report.moved else None
        moved = f"{count_of(len(report.moved), 'photo')} moved to the trash"
        kept = f", {number(len(report.failed))} could not be moved" if report.failed else ""
        self._offer = moved + kept
        self._undo_timer.start()
        self.show_message(self._offer)

    @Slot()
    def clear_undo(self) -> None:
        """Take the offer back, for example because it was taken."""
        self._batch = None
        self._offer = self._message = ""
        self._undo_timer.stop()
        self._show()

    def text(self) -> str:
        """What the line says now."""
        return self._text.text()

    def _arrange(self) -> None:
        self._row.setContentsMargins(theme.GAP_3, 2, theme.GAP_2, 2)
        self._row.setSpacing(theme.GAP_2)
        self._text.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._text.setMinimumWidth(80)
        for widget in (self._bar, self._pause, self._text, self._undo):
            self._row.addWidget(widget)
        self._row.addStretch(1)
        self._row.addWidget(self._problems)
        self._row.addWidget(self._model)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def _show(self) -> None:
        progress = self._progress
        busy = progress.phase != "idle"
        paused = progress.phase == "paused"
        offer = self._offer if self._batch is not None else ""
        self._text.setText(self._message or _activity(progress) or offer or self._library)
        self._undo.setVisible(bool(offer))
        self._undo.setToolTip(f"{offer}. Bring them back (Ctrl+Z)")
        self._bar.setVisible(busy)
        self._bar.setToolTip(_activity(progress))
        self._bar.setRange(0, progress.total)
        self._bar.setValue(min(progress.done, progress.total))
        self._pause.setVisible(busy)
        what = "Resume indexing" if paused else "Pause indexing"
        self._pause.setIcon(icon("play" if paused else "pause"))
        self._pause.setToolTip(what)
        self._pause.setAccessibleName(what)

    @Slot()
    def _on_pause_clicked(self) -> None:
        paused = self._progress.phase == "paused"
        (self.resume_requested if paused else self.pause_requested).emit()

    @Slot()
    def _on_undo_clicked(self) -> None:
        batch = self._batch
        self.clear_undo()
        if batch is not None:
            self.undo_requested.emit(batch)

    @Slot()
    def _on_message_over(self) -> None:
        self._message = ""
        self._show()


def _activity(progress: IndexProgress) -> str:
    """ "Indexing 120 of 4,300 · 35 photos/s · about 2 min left"."""
    counted = f"{number(progress.done)} of {number(progress.total)}"
    match progress.phase:
        case "idle":
            return ""
        case "scanning":
            return "Looking for photos…"
        case "paused":
            return f"Paused at {counted}" if progress.total else "Paused"
        case _ if not progress.done and not progress.photos_per_second:
            return f"Getting ready to index {count_of(progress.total, 'photo')}…"
        case _:
            parts = [f"Indexing {counted}"]
    if progress.photos_per_second > 0:
        speed = progress.photos_per_second
        parts.append(f"{speed:.1f} photos/s" if speed < 10 else f"{number(round(speed))} photos/s")
    if progress.seconds_left is not None:
        parts.append(time_left(progress.seconds_left))
    if progress.slow:
        parts.append(f"{progress.slow}: slower")
    return " · ".join(parts)


def _quiet_button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("quiet", True)
    button.setFont(theme.small_font())
    return button


def _single_shot(parent: QWidget, milliseconds: int, on_timeout: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(on_timeout)
    return timer
