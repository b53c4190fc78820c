"""The folders of the library: which there are, how many photos, which one is shown.

Speaks of roots by `root_id` and of folders below them by relative path. Reads no folder itself.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSize,
    QStandardPaths,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from photofind.core.types import Root, RootState
from photofind.gui import theme
from photofind.gui.icons import icon
from photofind.gui.root_card import RootCard
from photofind.gui.text_widgets import QuietLabel
from photofind.gui.wording import number

_Index = QModelIndex | QPersistentModelIndex
_PLACE = Qt.ItemDataRole.UserRole  # (root_id, relpath); absent on "All photos"
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LOADED = Qt.ItemDataRole.UserRole + 1


class FoldersPanel(QWidget):
    """A tree of roots and, on demand, their sub-folders; below it what can be done with one."""

    folder_selected = Signal(object, object)
    """root_id and relative path to show; None, None: everything; path None: the whole root."""
    folders_chosen = Signal(list)
    """Paths the user wants to add."""
    removal_confirmed = Signal(int)
    rescan_requested = Signal(object)
    """A root_id, or None for every root."""
    excluded_changed = Signal(int, list)
    losses_accepted = Signal(int)
    subfolders_wanted = Signal(int, str)
    """root_id and relative path ("" for the root); answer through `set_subfolders`."""

    def __init__(self, parent: QWidget | None = None, *, lazy_subfolders: bool = False) -> None:
        super().__init__(parent)
        self._lazy = lazy_subfolders
        self._roots: dict[int, Root] = {}
        self.setAccessibleName("Folders")
        self._tree = self._make_tree()
        self._all = QTreeWidgetItem(self._tree, ["All photos", ""])
        self._all.setIcon(0, icon("image"))
        self._all.setTextAlignment(1, _RIGHT)
        self._empty = QuietLabel("No folders yet. Add one with the button above.")
        self._empty.setContentsMargins(theme.GAP_3, 0, theme.GAP_3, theme.GAP_2)
        self._card = RootCard()
        self._line = QFrame()
        self._line.setFixedHeight(1)
        self._line.setAutoFillBackground(True)
        self._line.setBackgroundRole(QPalette.ColorRole.Mid)
        self._connect_card()
        self._arrange()
        self._tree.setCurrentItem(self._all)
        self._tree.currentItemChanged.connect(self._on_current_changed)
        self._tree.itemExpanded.connect(self._on_expanded)
        self._tree.customContextMenuRequested.connect(self._on_menu_requested)
        self.set_roots([])

    @Slot(list)
    def set_roots(self, roots: Sequence[Root]) -> None:
        """Show these roots; what is selected and unfolded stays so."""
        self._roots = {root.root_id: root for root in roots}
        items = self._root_items()
        for root_id in items.keys() - self._roots.keys():
            self._drop(items.pop(root_id))
        for root in roots:
            item = items.get(root.root_id) or self._add_item(root)
            self._show_root(item, root)
        self._all.setText(1, number(sum(root.photos for root in roots)))
        self._empty.setVisible(not roots)
        self._show_card()

    @Slot(int, str, list)
    def set_subfolders(self, root_id: int, relpath: str, folders: list[tuple[str, int]]) -> None:
        """The folders right below `relpath`: names with the number of photos in and below them."""
        item = self._find(root_id, relpath)
        if item is None:
            return
        item.takeChildren()
        for name, photos in folders:
            child = QTreeWidgetItem(item, [name, number(photos)])
            place = (root_id, f"{relpath}/{name}" if relpath else name)
            self._prepare(child, place, "folder-simple")
        item.setData(0, _LOADED, True)

    def select(self, root_id: int | None, relpath: str | None = None) -> None:
        """Show a selection that was made elsewhere; says nothing back."""
        item = self._all if root_id is None else self._find(root_id, relpath or "")
        self._tree.blockSignals(True)
        self._tree.setCurrentItem(item or self._all)
        self._tree.blockSignals(False)
        self._show_card()

    @Slot()
    def choose_folder(self) -> None:
        """Open the file dialog; `folders_chosen` follows."""
        choose_folder(self, self._on_folder_chosen)

    def _make_tree(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setAccessibleName("Folders of the library")
        tree.setColumnCount(2)
        tree.setHeaderHidden(True)
        tree.header().setStretchLastSection(False)
        tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        tree.setFrameShape(QFrame.Shape.NoFrame)
        tree.setIconSize(QSize(18, 18))
        tree.setRootIsDecorated(self._lazy)
        tree.setIndentation(theme.GAP_4)
        tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        tree.setUniformRowHeights(True)
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        tree.viewport().setAutoFillBackground(False)
        tree.setItemDelegate(_RoomyDelegate(tree))
        return tree

    def _arrange(self) -> None:
        title = QLabel("Folders")
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        add = QToolButton()
        add.setIcon(icon("folder-plus"))
        add.setToolTip("Add a folder…")
        add.setAccessibleName("Add a folder")
        add.clicked.connect(self.choose_folder)
        row = QHBoxLayout()
        row.setContentsMargins(theme.GAP_3, theme.GAP_2, theme.GAP_2, 0)
        row.addWidget(title, 1)
        row.addWidget(add)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_1)
        layout.addLayout(row)
        layout.addWidget(self._tree, 1)
        layout.addWidget(self._empty)
        layout.addWidget(self._line)
        layout.addWidget(self._card)
        self.setMinimumWidth(200)

    def _connect_card(self) -> None:
        self._card.removal_confirmed.connect(self.removal_confirmed)
        self._card.rescan_requested.connect(self.rescan_requested)
        self._card.excluded_changed.connect(self.excluded_changed)
        self._card.losses_accepted.connect(self.losses_accepted)

    def _root_items(self) -> dict[int, QTreeWidgetItem]:
        items = (self._tree.topLevelItem(row) for row in range(1, self._tree.topLevelItemCount()))
        return {place[0]: item for item in items if item and (place := _place(item))}

    def _add_item(self, root: Root) -> QTreeWidgetItem:
        item = QTreeWidgetItem(self._tree)
        self._prepare(item, (root.root_id, ""), "folder")
        return item

    def _prepare(self, item: QTreeWidgetItem, place: tuple[int, str], name: str) -> None:
        item.setData(0, _PLACE, place)
        item.setIcon(0, icon(name))
        item.setTextAlignment(1, _RIGHT)
        if self._lazy:
            item.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)

    def _show_root(self, item: QTreeWidgetItem, root: Root) -> None:
        offline = root.state is RootState.OFFLINE
        name = root.path.name or str(root.path)
        item.setText(0, name)
        item.setText(1, number(root.photos))
        item.setIcon(0, icon("warning-circle" if offline else "folder"))
        state = f"\nOffline: {root.state_reason}" if offline else ""
        item.setToolTip(0, f"{root.path}{state}")
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{name}{', offline' * offline}")

    def _drop(self, item: QTreeWidgetItem) -> None:
        if self._tree.currentItem() is item:
            self._tree.setCurrentItem(self._all)
        self._tree.takeTopLevelItem(self._tree.indexOfTopLevelItem(item))

    def _find(self, root_id: int, relpath: str) -> QTreeWidgetItem | None:
        item = self._root_items().get(root_id)
        for part in range(relpath.count("/") + 1 if relpath else 0):
            wanted = "/".join(relpath.split("/")[: part + 1])
            children = [item.child(row) for row in range(item.childCount())] if item else []
            item = next((c for c in children if c and _place(c) == (root_id, wanted)), None)
        return item

    def _current_root(self) -> Root | None:
        item = self._tree.currentItem()
        place = _place(item) if item else None
        return self._roots.get(place[0]) if place else None

    def _show_card(self) -> None:
        root = self._current_root()
        self._card.setVisible(root is not None)
        self._line.setVisible(root is not None)
        if root is not None:
            self._card.show_root(root)

    @Slot()
    def _on_current_changed(self) -> None:
        self._show_card()
        item = self._tree.currentItem()
        root_id, relpath = (_place(item) if item else None) or (None, None)
        self.folder_selected.emit(root_id, relpath or None)

    @Slot(QTreeWidgetItem)
    def _on_expanded(self, item: QTreeWidgetItem) -> None:
        if (place := _place(item)) and not item.data(0, _LOADED):
            self.subfolders_wanted.emit(*place)

    @Slot(QPoint)
    def _on_menu_requested(self, point: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(icon("folder-plus"), "Add a folder…", self.choose_folder)
        if self._current_root() is not None:
            menu.addSeparator()
            menu.addAction(icon("arrow-clockwise"), "Look for changes now", self._card.rescan)
            menu.addAction(icon("funnel"), "Leave files out…", self._card.edit_excluded)
            menu.addAction(icon("minus-circle"), "Remove from photofind…", self._card.ask_removal)
        else:
            menu.addAction(icon("arrow-clockwise"), "Look for changes now", self._on_rescan_all)
        menu.popup(self._tree.viewport().mapToGlobal(point))

    @Slot()
    def _on_rescan_all(self) -> None:
        self.rescan_requested.emit(None)

    @Slot(str)
    def _on_folder_chosen(self, folder: str) -> None:
        self.folders_chosen.emit([Path(folder)])


def choose_folder(parent: QWidget, on_chosen: Callable[[str], None]) -> QFileDialog:
    """Ask for a folder without blocking; `on_chosen(str)` follows a choice."""
    pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
    dialog = QFileDialog(parent.window(), "Add a folder with photos", pictures)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(on_chosen)
    dialog.open()
    return dialog


class _RoomyDelegate(QStyledItemDelegate):
    """Rows with some air, counts in the quiet colour."""

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        extra = theme.GAP_2 if index.column() else 0
        return super().sizeHint(option, index) + QSize(extra, theme.GAP_2)

    @override
    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        super().initStyleOption(option, index)
        if index.column() == 1:
            option.palette.setColor(QPalette.ColorRole.Text, theme.quiet_text(option.palette))
            option.text += "\u2002"


def _place(item: QTreeWidgetItem) -> tuple[int, str] | None:
    place = item.data(0, _PLACE)
    return cast("tuple[int, str]", tuple(place)) if place else None
