"""One model with its facts and the one thing that can be done with it now."""

from enum import Enum, auto

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from photofind.core.types import EncoderSpec
from photofind.gui import theme
from photofind.gui.icons import icon
from photofind.gui.model_offer import DownloadPace
from photofind.gui.text_widgets import QuietLabel
from photofind.gui.wording import byte_size


class ModelState(Enum):
    """Where a model stands on this machine."""

    AVAILABLE = auto()
    DOWNLOADING = auto()
    INSTALLED = auto()
    IN_USE = auto()


class ModelCard(QWidget):
    """A row of the models page."""

    use_clicked = Signal(str)
    download_clicked = Signal(str)
    cancel_clicked = Signal(str)

    def __init__(self, spec: EncoderSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self.state = ModelState.AVAILABLE
        self._pace = DownloadPace()
        self.setAccessibleName(spec.title)
        title = QLabel(spec.title)
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        self._mark = QuietLabel(_mark(spec))
        self._mark.setWordWrap(False)
        summary = QLabel(spec.summary)
        summary.setWordWrap(True)
        self._note = QuietLabel()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(f"Download of {spec.title}")
        self._button = QPushButton()
        self._button.clicked.connect(self._on_clicked)
        heading = QHBoxLayout()
        heading.setSpacing(theme.GAP_2)
        heading.addWidget(title)
        heading.addWidget(self._mark, 1)
        text = QVBoxLayout()
        text.setSpacing(theme.GAP_1)
        text.addLayout(heading)
        for widget in (summary, QuietLabel(_facts(spec)), self._bar, self._note):
            text.addWidget(widget)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GAP_4, theme.GAP_3, theme.GAP_4, theme.GAP_3)
        row.setSpacing(theme.GAP_4)
        row.addLayout(text, 1)
        row.addWidget(self._button)
        self.set_state(ModelState.AVAILABLE)

    def set_state(self, state: ModelState, note: str = "") -> None:
        """Show a state; `note` is a line below, such as why a download failed."""
        self.state = state
        words = {
            ModelState.AVAILABLE: "Download",
            ModelState.DOWNLOADING: "Cancel",
            ModelState.INSTALLED: "Use",
            ModelState.IN_USE: "In use",
        }
        self._button.setText(words[state])
        self._button.setAccessibleName(f"{words[state]}: {self.spec.title}")
        self._button.setEnabled(state is not ModelState.IN_USE)
        pictures = {ModelState.AVAILABLE: "download-simple", ModelState.IN_USE: "check"}
        self._button.setIcon(icon(pictures[state]) if state in pictures else QIcon())
        self._bar.setVisible(state is ModelState.DOWNLOADING)
        self._note.setText(note)
        self._note.setVisible(bool(note))
        if state is not ModelState.DOWNLOADING:
            self._pace.restart()

    def set_progress(self, done: int, total: int) -> None:
        """Bytes fetched; total 0 while unknown."""
        if self.state is not ModelState.DOWNLOADING:
            self.set_state(ModelState.DOWNLOADING)
        self._bar.setRange(0, total // 1000)
        self._bar.setValue(done // 1000)
        self._note.setText(self._pace.describe(done, total))
        self._note.show()

    @property
    def note(self) -> str:
        return self._note.text()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        in_use = self.state is ModelState.IN_USE
        painter.setPen(theme.accent(self.palette()) if in_use else theme.line(self.palette()))
        painter.setBrush(self.palette().color(QPalette.ColorRole.Base))
        frame = self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, theme.RADIUS, theme.RADIUS)

    @Slot()
    def _on_clicked(self) -> None:
        signal = {
            ModelState.AVAILABLE: self.download_clicked,
            ModelState.DOWNLOADING: self.cancel_clicked,
            ModelState.INSTALLED: self.use_clicked,
        }.get(self.state)
        if signal is not None:
            signal.emit(self.spec.encoder_id)


def _mark(spec: EncoderSpec) -> str:
    if spec.encoder_id == "builtin":
        return "Light: works at once, finds less"
    return "Recommended" if spec.recommended else ""


def _facts(spec: EncoderSpec) -> str:
    facts = [byte_size(spec.size_bytes) if spec.size_bytes else "", spec.languages]
    facts += [spec.speed, spec.licence]
    return " · ".join(filter(None, facts))
