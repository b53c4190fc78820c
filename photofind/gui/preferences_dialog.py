"""The user's preferences, in force at once. Says what has changed; stores nothing."""

import os
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from photofind.core.settings import Settings
from photofind.gui import theme
from photofind.gui.folders_panel import FoldersPanel
from photofind.gui.icons import icon
from photofind.gui.models_page import ModelsPage
from photofind.gui.text_widgets import QuietLabel

_DEVICES = {
    "auto": "Automatic",
    "cpu": "Processor (CPU)",
    "cuda": "NVIDIA or AMD graphics card (CUDA)",
    "mps": "Apple graphics (MPS)",
    "xpu": "Intel graphics (XPU)",
}
_MODES = {
    "auto": "The fastest that is faithful",
    "torch": "PyTorch",
    "torch-bf16": "PyTorch, bfloat16",
    "onnx": "ONNX Runtime",
    "onnx-int8": "ONNX Runtime, 8 bit",
    "onnx-int8-mixed": "ONNX Runtime, 8 bit and float",
}
_THEMES = {"system": "Like the system", "light": "Light", "dark": "Dark"}
_FIELD_HEIGHT = 28  # logical pixels
_LAYOUTS = {"justified": "Whole pictures on even rows", "square": "Squares"}


class PreferencesDialog(QDialog):
    """Pages on the left, what belongs to them on the right. Non-modal; only closed, never applied.

    `folders` and `models` are pages with signals of their own.
    """

    settings_changed = Signal(object)
    """The whole new Settings."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Preferences")
        self._settings = settings
        self.folders = FoldersPanel()
        self.models = ModelsPage()
        self.models.set_current(settings.encoder)
        self._device = _choice("Device", _DEVICES, settings.device)
        self._mode = _choice("Processor computes with", _MODES, settings.mode)
        self._threads = _threads_box(settings.threads)
        self._polite = QCheckBox("Slow down on battery and while other programs are busy")
        self._polite.setChecked(settings.polite)
        self._theme = _choice("Theme", _THEMES, settings.theme)
        self._layout_box = _choice("Grid", _LAYOUTS, settings.layout)
        self._device.activated.connect(self._on_changed)
        self._mode.activated.connect(self._on_changed)
        self._threads.valueChanged.connect(self._on_changed)
        self._polite.toggled.connect(self._on_changed)
        self._theme.activated.connect(self._on_changed)
        self._layout_box.activated.connect(self._on_changed)
        self._pages = QStackedWidget()
        self._index = _index()
        self._index.currentRowChanged.connect(self._pages.setCurrentIndex)
        self._add_pages()
        self._arrange()
        self._index.setCurrentRow(0)

    @property
    def settings(self) -> Settings:
        """The preferences as they stand."""
        return self._settings

    def set_settings(self, settings: Settings) -> None:
        """Show preferences that were changed elsewhere; says nothing back."""
        self._settings = settings
        self.models.set_current(settings.encoder)
        _pick(self._device, settings.device)
        _pick(self._mode, settings.mode)
        _pick(self._theme, settings.theme)
        _pick(self._layout_box, settings.layout)
        self._threads.blockSignals(True)
        self._threads.setValue(settings.threads)
        self._threads.blockSignals(False)
        self._polite.blockSignals(True)
        self._polite.setChecked(settings.polite)
        self._polite.blockSignals(False)

    def show_page(self, name: str) -> None:
        """Open at "folders", "models", "performance" or "appearance"."""
        names = ("folders", "models", "performance", "appearance")
        self._index.setCurrentRow(names.index(name))
        self.show()
        self.raise_()
        self.activateWindow()

    def _add_pages(self) -> None:
        performance = _form(
            [
                ("Device", self._device),
                ("Processor", self._mode),
                ("Threads", self._threads),
                ("Indexing", self._polite),
            ],
            "photofind falls back to the processor where a device is missing, and to another way "
            "to compute where one does not give the same results. With fewer threads, indexing "
            "takes longer and leaves more of the computer to you.",
        )
        appearance = _form([("Theme", self._theme), ("Grid", self._layout_box)], "")
        for page, name, picture in (
            (self.folders, "Folders", "folder"),
            (self.models, "Model", "brain"),
            (performance, "Performance", "gear"),
            (appearance, "Appearance", "palette"),
        ):
            self._pages.addWidget(page)
            item = QListWidgetItem(icon(picture), name, self._index)
            item.setSizeHint(QSize(0, self.fontMetrics().height() + theme.GAP_4))

    def _arrange(self) -> None:
        close = QPushButton("Close")
        close.clicked.connect(self.close)
        close.setAutoDefault(False)
        bottom = QHBoxLayout()
        bottom.addStretch(1)
        bottom.addWidget(close)
        right = QVBoxLayout()
        right.setContentsMargins(theme.GAP_4, theme.GAP_4, theme.GAP_4, theme.GAP_4)
        right.setSpacing(theme.GAP_3)
        right.addWidget(self._pages, 1)
        right.addLayout(bottom)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._index)
        layout.addLayout(right, 1)
        self.resize(720, 520)

    @Slot()
    def _on_changed(self) -> None:
        changed = replace(
            self._settings,
            device=self._device.currentData(),
            mode=self._mode.currentData(),
            threads=self._threads.value(),
            polite=self._polite.isChecked(),
            theme=self._theme.currentData(),
            layout=self._layout_box.currentData(),
        )
        if changed != self._settings:
            self._settings = changed
            self.settings_changed.emit(changed)


def _index() -> QListWidget:
    pages = QListWidget()
    pages.setAccessibleName("Pages")
    pages.setFrameShape(QFrame.Shape.NoFrame)
    pages.setFixedWidth(160)
    pages.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    pages.setIconSize(QSize(18, 18))
    pages.setProperty("sidebar", True)
    return pages


def _choice(name: str, entries: dict[str, str], current: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for value, words in entries.items():
        box.addItem(words, value)
    _pick(box, current)
    box.setMinimumHeight(_FIELD_HEIGHT)
    return box


def _pick(box: QComboBox, value: Any) -> None:
    box.setCurrentIndex(max(0, box.findData(value)))


def _threads_box(current: int) -> QSpinBox:
    box = QSpinBox()
    box.setAccessibleName("Threads")
    box.setRange(0, max(current, os.cpu_count() or 1))
    box.setMinimumHeight(_FIELD_HEIGHT)
    box.setSpecialValueText("Automatic")
    box.setValue(current)
    return box


def _form(rows: list[tuple[str, QWidget]], hint: str) -> QWidget:
    page = QWidget()
    form = QFormLayout(page)
    form.setContentsMargins(0, 0, 0, 0)
    form.setHorizontalSpacing(theme.GAP_4)
    form.setVerticalSpacing(theme.GAP_3)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    for name, widget in rows:
        label = QLabel(name)
        label.setMinimumHeight(_FIELD_HEIGHT)  # in line with what is beside it
        label.setBuddy(widget)
        form.addRow(label, widget)
    if hint:
        form.addRow(QuietLabel(hint))
    return page
