"""A quiet line that offers the recommended model, and follows its download."""

import time

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QWidget,
)

from photofind.core.types import EncoderSpec, InstalledEncoder
from photofind.gui import theme
from photofind.gui.wording import byte_size, time_left


class DownloadPace:
    """How fast a download goes and how long it will take, from its own reports."""

    def __init__(self) -> None:
        self._began: tuple[float, int] | None = None

    def restart(self) -> None:
        self._began = None

    def describe(self, done: int, total: int, now: float | None = None) -> str:
        """ "120 MB of 610 MB · 4.1 MB/s · about 2 min left"; `now` in seconds."""
        now = time.monotonic() if now is None else now
        if self._began is None or done < self._began[1]:
            self._began = (now, done)
        parts = [f"{byte_size(done)} of {byte_size(total)}" if total else byte_size(done)]
        seconds, fetched = now - self._began[0], done - self._began[1]
        if seconds > 1 and fetched > 0:
            rate = fetched / seconds
            parts.append(f"{byte_size(round(rate))}/s")
            if total > done:
                parts.append(time_left((total - done) / rate))
        return " · ".join(parts)


def ask_download(parent: QWidget, spec: EncoderSpec) -> QMessageBox:
    """Ask before anything is fetched from the network; the box's `accepted` is a yes."""
    box = QMessageBox(parent.window())
    box.setIcon(QMessageBox.Icon.NoIcon)
    box.setWindowTitle("Download a model")
    box.setText(f"Download {spec.title} ({byte_size(spec.size_bytes)})?")
    box.setInformativeText(
        "It comes from the Hugging Face hub and is kept in photofind's library. "
        f"Only the model is fetched; no photo leaves this computer. Licence: {spec.licence}."
    )
    download = box.addButton("Download", QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(download)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
    return box


class ModelOffer(QFrame):
    """Hidden until there is something to offer; one line with a progress bar when running."""

    download_requested = Signal(str)
    """An encoder id; the user has confirmed the download."""
    download_cancelled = Signal()
    use_requested = Signal(str)
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spec: EncoderSpec | None = None
        self._pace = DownloadPace()
        self.setAccessibleName("A better model")
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.AlternateBase)
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(120)
        self._bar.setAccessibleName("Download progress")
        self._go = QPushButton()
        self._go.clicked.connect(self._on_go_clicked)
        self._away = QPushButton("Not now")
        self._away.setProperty("quiet", True)
        self._away.clicked.connect(self._on_away_clicked)
        self._cancel = QPushButton("Cancel")
        self._cancel.clicked.connect(self._on_cancel_clicked)
        self._installed = False
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GAP_4, theme.GAP_1, theme.GAP_2, theme.GAP_1)
        row.setSpacing(theme.GAP_3)
        row.addWidget(self._text, 1)
        for widget in (self._bar, self._cancel, self._go, self._away):
            row.addWidget(widget)
        self.hide()

    def offer(self, spec: EncoderSpec) -> None:
        """Offer a model that is not installed yet."""
        self._spec = spec
        self._show_offer(
            f"photofind is using its small built-in model. {spec.title} "
            f"({byte_size(spec.size_bytes)}) finds much more."
        )

    @Slot()
    def withdraw(self) -> None:
        """There is nothing to offer any more."""
        self._spec = None
        self.hide()

    @Slot(str, object, object)
    def set_progress(self, encoder_id: str, done: int, total: int) -> None:
        """A report of a running download, in bytes; total 0 while unknown."""
        if self._spec is None or encoder_id != self._spec.encoder_id:
            return
        self._text.setText(f"Downloading {self._spec.title}: {self._pace.describe(done, total)}")
        # Kilobytes, because a progress bar counts in 32 bits.
        self._bar.setRange(0, total // 1000)
        self._bar.setValue(done // 1000)
        self._show_buttons(running=True)

    @Slot(str)
    def set_cancelled(self, encoder_id: str) -> None:
        """A download has ended at the user's wish."""
        if self._spec is not None and encoder_id == self._spec.encoder_id:
            self.offer(self._spec)

    @Slot(str, str)
    def set_failed(self, encoder_id: str, message: str) -> None:
        """A download ended in an error, which names what to do; it can be tried again."""
        if self._spec is not None and encoder_id == self._spec.encoder_id:
            self._show_offer(message)
            self._go.setText("Try again")

    @Slot(object)
    def set_installed(self, encoder: InstalledEncoder) -> None:
        """A model is there: offer to use it."""
        if self._spec is None or encoder.spec.encoder_id != self._spec.encoder_id:
            return
        self._show_offer(f"{encoder.spec.title} is ready. Your photos will be looked at again.")
        self._installed = True
        self._go.setText("Use it now")

    def _show_offer(self, text: str) -> None:
        self._installed = False
        self._pace.restart()
        self._text.setText(text)
        self._go.setText("Download")
        self._show_buttons(running=False)
        self.show()

    def _show_buttons(self, *, running: bool) -> None:
        self._bar.setVisible(running)
        self._cancel.setVisible(running)
        self._go.setVisible(not running)
        self._away.setVisible(not running)

    @Slot()
    def _on_go_clicked(self) -> None:
        if self._spec is None:
            return
        if self._installed:
            self.use_requested.emit(self._spec.encoder_id)
            self.withdraw()
        else:
            ask_download(self, self._spec).accepted.connect(self._on_confirmed)

    @Slot()
    def _on_confirmed(self) -> None:
        if self._spec is not None:
            self.set_progress(self._spec.encoder_id, 0, self._spec.size_bytes)
            self.download_requested.emit(self._spec.encoder_id)

    @Slot()
    def _on_cancel_clicked(self) -> None:
        self.download_cancelled.emit()
        if self._spec is not None:
            self.offer(self._spec)

    @Slot()
    def _on_away_clicked(self) -> None:
        self.withdraw()
        self.dismissed.emit()
