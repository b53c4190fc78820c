"""The files that could not be read, and why. Retrying and showing them is left to the window."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from photofind.core.types import Failure
from photofind.gui import theme
from photofind.gui.text_widgets import QuietLabel
from photofind.gui.wording import count_of

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_COLUMNS = ("File", "Reason", "Folder")


class FailuresModel(QAbstractTableModel):
    """One row per failed file: name, reason, folder."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._failures: tuple[Failure, ...] = ()

    def set_failures(self, failures: Sequence[Failure]) -> None:
        self.beginResetModel()
        self._failures = tuple(failures)
        self.endResetModel()

    def failure(self, row: int) -> Failure:
        return self._failures[row]

    @override
    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._failures)

    @override
    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(_COLUMNS)

    @override
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        failure = self._failures[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{failure.path}\n{failure.reason}"
        return (failure.path.name, failure.reason, str(failure.path.parent))[index.column()]

    @override
    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        shown = orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        return _COLUMNS[section] if shown else None


class ProblemsDialog(QDialog):
    """A window beside the main one; it follows what happens while it is open."""

    retry_requested = Signal(list)
    """Photo ids to try again."""
    show_in_folder_requested = Signal(object)
    """The path of a file."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Problems")
        self._model = FailuresModel(self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._model)
        self._head = QuietLabel()
        self._table = self._make_table()
        self._retry = QPushButton("Try all again")
        self._retry.clicked.connect(self._on_retry_clicked)
        self._show = QPushButton("Show in folder")
        self._show.clicked.connect(self._on_show_clicked)
        self._copy = QPushButton("Copy list")
        self._copy.clicked.connect(self._on_copy_clicked)
        self._close = QPushButton("Close")
        self._close.clicked.connect(self.close)
        self._arrange()
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self._table)
        copy.activated.connect(self._on_copy_clicked)
        self._table.selectionModel().selectionChanged.connect(self._on_selection_changed)
        self.set_failures([])

    @Slot(list)
    def set_failures(self, failures: Sequence[Failure]) -> None:
        self._model.set_failures(failures)
        count = len(failures)
        self._head.setText(
            f"{count_of(count, 'file')} could not be read. "
            "Each is tried again by itself when it changes."
            if count
            else "Every file could be read."
        )
        self._table.setVisible(count > 0)
        self._on_selection_changed()

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self._sorted)
        table.setAccessibleName("Files that could not be read")
        table.setSortingEnabled(True)
        table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setFrameShape(QFrame.Shape.NoFrame)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + theme.GAP_3)
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        header.resizeSection(0, 200)
        header.resizeSection(1, 260)
        return table

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_2)
        for button in (self._retry, self._show, self._copy):
            button.setAutoDefault(False)
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self._close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP_4, theme.GAP_4, theme.GAP_4, theme.GAP_4)
        layout.setSpacing(theme.GAP_3)
        layout.addWidget(self._head)
        layout.addWidget(self._table, 1)
        layout.addLayout(row)
        self.resize(760, 420)

    def _rows(self) -> list[Failure]:
        """The selected failures, or all of them."""
        picked = self._table.selectionModel().selectedRows()
        rows = picked or [self._sorted.index(r, 0) for r in range(self._sorted.rowCount())]
        return [self._model.failure(self._sorted.mapToSource(index).row()) for index in rows]

    @Slot()
    def _on_selection_changed(self) -> None:
        picked = len(self._table.selectionModel().selectedRows())
        any_row = self._model.rowCount() > 0
        self._retry.setText("Try again" if picked else "Try all again")
        self._retry.setEnabled(any_row)
        self._copy.setEnabled(any_row)
        self._show.setEnabled(picked == 1)

    @Slot()
    def _on_retry_clicked(self) -> None:
        self.retry_requested.emit([failure.photo_id for failure in self._rows()])

    @Slot()
    def _on_show_clicked(self) -> None:
        self.show_in_folder_requested.emit(self._rows()[0].path)

    @Slot()
    def _on_copy_clicked(self) -> None:
        lines = (f"{failure.path}\t{failure.reason}" for failure in self._rows())
        QGuiApplication.clipboard().setText("\n".join(lines))
