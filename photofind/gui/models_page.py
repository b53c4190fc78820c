"""Which models there are, which is in use, and how to get another. Fetches and loads nothing."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from photofind.core.types import EncoderSpec, InstalledEncoder
from photofind.gui import theme
from photofind.gui.check_box import CheckBox
from photofind.gui.icons import icon
from photofind.gui.model_card import ModelCard, ModelState
from photofind.gui.model_offer import ask_download
from photofind.gui.text_widgets import ElidedLabel, QuietLabel

_ARCHITECTURES = ("ViT-B-32", "ViT-B-16", "ViT-L-14", "ViT-B-16-SigLIP2-256", "RN50")


class ModelsPage(QWidget):
    """Curated and installed models as cards; the one in use is framed in the accent colour."""

    use_requested = Signal(str)
    """An encoder id."""
    download_requested = Signal(str)
    """An encoder id; the user has confirmed the download."""
    download_cancelled = Signal()
    import_requested = Signal(object, str, bool)
    """The path of a checkpoint or a model folder, its architecture ("" for a folder), and whether
    the user trusts a file that could run code when it is read."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards: dict[str, ModelCard] = {}
        self._installed: set[str] = set()
        self._current = ""
        self._list = QVBoxLayout()
        self._list.setSpacing(theme.GAP_2)
        self._message = QuietLabel()
        self._message.hide()
        self._import = _ImportRow(self)
        self._import.confirmed.connect(self.import_requested)
        self._arrange()

    def set_models(
        self, curated: Sequence[EncoderSpec], installed: Sequence[InstalledEncoder]
    ) -> None:
        """Show these models, once each; running downloads and their notes stay."""
        self._installed = {encoder.spec.encoder_id for encoder in installed}
        specs = {spec.encoder_id: spec for spec in curated}
        specs |= {e.spec.encoder_id: e.spec for e in installed if e.spec.encoder_id not in specs}
        for encoder_id in [i for i in self._cards if i not in specs]:
            self._cards.pop(encoder_id).deleteLater()
        for position, spec in enumerate(sorted(specs.values(), key=_order)):
            if spec.encoder_id not in self._cards:
                self._cards[spec.encoder_id] = self._make_card(spec)
            self._list.insertWidget(position, self._cards[spec.encoder_id])
        self._show_states()

    @Slot(str)
    def set_current(self, encoder_id: str) -> None:
        """Tell which model is in use."""
        self._current = encoder_id
        self._show_states()

    @Slot(str, object, object)
    def set_progress(self, encoder_id: str, done: int, total: int) -> None:
        """Bytes fetched of a running download; total 0 while unknown."""
        if encoder_id in self._cards:
            self._cards[encoder_id].set_progress(done, total)

    @Slot(str)
    def set_cancelled(self, encoder_id: str) -> None:
        """A download has ended at the user's wish."""
        if encoder_id in self._cards:
            note = "Cancelled. What has come is kept for the next try."
            self._cards[encoder_id].set_state(self._state(encoder_id), note)

    @Slot(str, str)
    def set_failed(self, encoder_id: str, message: str) -> None:
        """A download or an import ended in an error; the message says what to do."""
        if encoder_id in self._cards:
            self._cards[encoder_id].set_state(self._state(encoder_id), message)
        else:
            self._say(message)

    @Slot(object)
    def set_installed(self, encoder: InstalledEncoder) -> None:
        """A model is there now, downloaded or imported."""
        spec = encoder.spec
        self._installed.add(spec.encoder_id)
        if spec.encoder_id not in self._cards:
            self._cards[spec.encoder_id] = self._make_card(spec)
            self._list.addWidget(self._cards[spec.encoder_id])
        self._say("")
        card = self._cards[spec.encoder_id]
        card.set_state(self._state(spec.encoder_id), "Ready to use.")

    def _arrange(self) -> None:
        hint = QuietLabel(
            "The model decides how well photos are found. Changing it looks at every photo once "
            "more; you can go on searching meanwhile."
        )
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, theme.GAP_3, 0)
        column.addLayout(self._list)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_3)
        layout.addWidget(hint)
        layout.addWidget(area, 1)
        layout.addWidget(self._message)
        layout.addWidget(self._import)

    def _make_card(self, spec: EncoderSpec) -> ModelCard:
        card = ModelCard(spec)
        card.use_clicked.connect(self.use_requested)
        card.download_clicked.connect(self._on_download_clicked)
        card.cancel_clicked.connect(self._on_cancel_clicked)
        return card

    def _state(self, encoder_id: str) -> ModelState:
        if encoder_id == self._current:
            return ModelState.IN_USE
        return ModelState.INSTALLED if encoder_id in self._installed else ModelState.AVAILABLE

    def _show_states(self) -> None:
        for encoder_id, card in self._cards.items():
            state = self._state(encoder_id)
            waiting = card.state is ModelState.DOWNLOADING and state is ModelState.AVAILABLE
            if state is not card.state and not waiting:
                card.set_state(state)

    def _say(self, message: str) -> None:
        self._message.setText(message)
        self._message.setVisible(bool(message))

    @Slot(str)
    def _on_download_clicked(self, encoder_id: str) -> None:
        box = ask_download(self, self._cards[encoder_id].spec)
        box.accepted.connect(lambda: self._start(encoder_id))

    def _start(self, encoder_id: str) -> None:
        card = self._cards[encoder_id]
        card.set_progress(0, card.spec.size_bytes)
        self.download_requested.emit(encoder_id)

    @Slot(str)
    def _on_cancel_clicked(self, encoder_id: str) -> None:
        self._cards[encoder_id].set_state(self._state(encoder_id))
        self.download_cancelled.emit()


class _ImportRow(QWidget):
    """ "Import from file…", then the architecture of what was chosen."""

    confirmed = Signal(object, str, bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._path: Path | None = None
        self._open = QPushButton("Import from file…")
        self._open.setIcon(icon("file-arrow-up"))
        self._open.clicked.connect(self._on_open_clicked)
        self._name = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
        self._architecture = QComboBox()
        self._architecture.setEditable(True)
        self._architecture.addItems(_ARCHITECTURES)
        self._architecture.setAccessibleName("Architecture, as open_clip names it")
        self._architecture.setToolTip("Architecture, as open_clip names it")
        self._go = QPushButton("Import")
        self._go.setProperty("primary", True)
        self._go.clicked.connect(self._on_go_clicked)
        self._cancel = QPushButton("Cancel")
        self._cancel.clicked.connect(self._on_cancel_clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP_2)
        row.addWidget(self._open)
        row.addWidget(self._name, 1)
        self._trust = CheckBox("I trust its maker")
        self._trust.setToolTip("Files of this kind can run code when they are read.")
        self._trust.toggled.connect(self._go.setEnabled)
        for widget in (self._architecture, self._trust, self._cancel, self._go):
            row.addWidget(widget)
        self._ask(None)

    def _ask(self, path: Path | None) -> None:
        self._path = path
        self._open.setVisible(path is None)
        self._name.setText(path.name if path else "")
        for widget in (self._architecture, self._cancel, self._go):
            widget.setVisible(path is not None)
        pickle = path is not None and path.suffix.lower() != ".safetensors"
        self._trust.setVisible(pickle)
        self._trust.setChecked(False)
        self._go.setEnabled(not pickle)
        if path:
            self._architecture.setFocus()

    @Slot()
    def _on_open_clicked(self) -> None:
        dialog = QFileDialog(self.window(), "Import a model")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(
            ["Models (*.safetensors *.pt *.pth *.bin open_clip_config.json)", "All files (*)"]
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._on_file_chosen)
        dialog.open()

    @Slot(str)
    def _on_file_chosen(self, name: str) -> None:
        path = Path(name)
        if path.name == "open_clip_config.json":
            self.confirmed.emit(path.parent, "", False)
        else:
            self._ask(path)

    @Slot()
    def _on_go_clicked(self) -> None:
        if self._path is not None:
            architecture = self._architecture.currentText().strip()
            self.confirmed.emit(self._path, architecture, self._trust.isChecked())
        self._ask(None)

    @Slot()
    def _on_cancel_clicked(self) -> None:
        self._ask(None)


def _order(spec: EncoderSpec) -> tuple[bool, bool, int]:
    return spec.encoder_id != "builtin", not spec.recommended, spec.size_bytes
