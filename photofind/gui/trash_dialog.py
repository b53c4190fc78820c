"""What photofind has moved to the trash, also before it was last closed, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from photofind.gui import theme
from photofind.gui.text_widgets import QuietLabel
from photofind.gui.wording import byte_size, count_of, date_time

if TYPE_CHECKING:
    from photofind.core.catalog import TrashBatch

_BATCH = Qt.ItemDataRole.UserRole


class TrashDialog(QDialog):
    """One line for each move, the latest on top. Restores nothing itself."""

    restore_requested = Signal(int)
    """The batch to bring back."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Bring back from the trash")
        self._head = QuietLabel()
        self._list = _make_list()
        self._list.itemSelectionChanged.connect(self._on_selection_changed)
        self._list.itemActivated.connect(self._on_restore_clicked)
        self._restore = QPushButton("Bring back")
        self._restore.setProperty("primary", True)
        self._restore.clicked.connect(self._on_restore_clicked)
        close = QPushButton("Close")
        close.clicked.connect(self.close)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_2)
        row.addStretch(1)
        for button in (close, self._restore):
            button.setAutoDefault(False)
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP_4, theme.GAP_4, theme.GAP_4, theme.GAP_4)
        layout.setSpacing(theme.GAP_3)
        layout.addWidget(self._head)
        layout.addWidget(self._list, 1)
        layout.addLayout(row)
        self.resize(480, 360)
        self.set_batches([])

    @Slot(list)
    def set_batches(self, batches: Sequence[TrashBatch]) -> None:
        """Show these moves; the selected one stays selected."""
        selected = self._selected()
        self._list.clear()
        for batch in batches:
            when = date_time(datetime.fromtimestamp(batch.created_at))
            item = QTreeWidgetItem([when, count_of(batch.photos, "photo"), byte_size(batch.bytes)])
            item.setData(0, _BATCH, batch.batch_id)
            item.setSizeHint(0, QSize(0, self.fontMetrics().height() + theme.GAP_3))
            self._list.addTopLevelItem(item)
            if batch.batch_id == selected or self._list.topLevelItemCount() == 1:
                self._list.setCurrentItem(item)
        self._list.setVisible(bool(batches))
        self._head.setText(
            "Moved to the trash by photofind. They come back to where they were, as long as the "
            "trash has not been emptied."
            if batches
            else "photofind has moved nothing to the trash that has not come back."
        )
        self._on_selection_changed()

    def _selected(self) -> int | None:
        items = self._list.selectedItems()
        return items[0].data(0, _BATCH) if items else None

    @Slot()
    def _on_selection_changed(self) -> None:
        self._restore.setEnabled(self._selected() is not None)

    @Slot()
    def _on_restore_clicked(self) -> None:
        if (batch_id := self._selected()) is not None:
            self.restore_requested.emit(batch_id)


def _make_list() -> QTreeWidget:
    rows = QTreeWidget()
    rows.setAccessibleName("Moves to the trash")
    rows.setHeaderLabels(["Moved", "Photos", "Size"])
    rows.setRootIsDecorated(False)
    rows.setUniformRowHeights(True)
    rows.setFrameShape(QFrame.Shape.NoFrame)
    rows.header().setStretchLastSection(False)
    rows.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    return rows
