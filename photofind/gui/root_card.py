"""What can be done with one folder of the library: rescan, leave out, remove, give up as lost.

Shows one `Root` and says what was asked for; decides and stores nothing.
"""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from photofind.core.types import Root, RootState
from photofind.gui import theme
from photofind.gui.icons import icon
from photofind.gui.text_widgets import QuietLabel, WrappedText
from photofind.gui.wording import count_of, number


class RootCard(QWidget):
    """One root with its actions; everything it asks back is asked in place, but removal."""

    rescan_requested = Signal(object)
    """root_id."""
    removal_confirmed = Signal(int)
    excluded_changed = Signal(int, list)
    """root_id and the new patterns (list of str)."""
    losses_accepted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._root: Root | None = None
        self._box: QMessageBox | None = None
        self._path = WrappedText(font=theme.small_font())
        self._path.setAccessibleName("Folder")
        self._counts = QuietLabel()
        self._offline = _OfflineNote(self)
        self._offline.retried.connect(self.rescan)
        self._offline.given_up.connect(self._on_given_up)
        self._editor = _ExcludedEditor(self)
        self._editor.saved.connect(self._on_excluded_saved)
        self._exclude = _tool("funnel", "Leave files out…", checkable=True)
        self._exclude.toggled.connect(self._on_exclude_toggled)
        self._editor.closed.connect(lambda: self._exclude.setChecked(False))
        rescan = _tool("arrow-clockwise", "Look for changes now")
        rescan.clicked.connect(self.rescan)
        remove = _tool("minus-circle", "Remove from photofind…")
        remove.clicked.connect(self.ask_removal)
        self._arrange([rescan, self._exclude, remove])

    def show_root(self, root: Root) -> None:
        """Show a root, or its new state; an open editor stays open for the same root."""
        other = self._root is None or self._root.root_id != root.root_id
        self._root = root
        self._path.set_text(str(root.path))
        failed = f" · {number(root.failed)} could not be read" if root.failed else ""
        self._counts.setText(count_of(root.photos, "photo") + failed)
        self._offline.show_root(root, afresh=other)
        if other:
            self._exclude.setChecked(False)
        self._exclude.setText(f" {len(root.excluded)}" if root.excluded else "")

    @Slot()
    def rescan(self) -> None:
        if self._root is not None:
            self.rescan_requested.emit(self._root.root_id)

    @Slot()
    def edit_excluded(self) -> None:
        self._exclude.setChecked(True)

    @Slot()
    def ask_removal(self) -> None:
        """Ask, saying what happens; `removal_confirmed` follows a yes."""
        root = self._root
        if root is None:
            return
        box = QMessageBox(self.window())
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle("Remove folder")
        box.setText(f"Remove “{root.path.name or root.path}” from photofind?")
        box.setInformativeText(
            f"photofind forgets its {count_of(root.photos, 'photo')}. "
            "The files themselves are not touched, and the folder can be added again."
        )
        remove = box.addButton("Remove", QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        remove.clicked.connect(lambda: self.removal_confirmed.emit(root.root_id))
        self._box = box
        box.open()

    def _arrange(self, tools: list[QToolButton]) -> None:
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self._counts, 1)
        for tool in tools:
            row.addWidget(tool)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP_3, theme.GAP_2, theme.GAP_2, theme.GAP_2)
        layout.setSpacing(theme.GAP_1)
        layout.addWidget(self._path)
        layout.addLayout(row)
        layout.addWidget(self._offline)
        layout.addWidget(self._editor)

    @Slot()
    def _on_given_up(self) -> None:
        if self._root is not None:
            self.losses_accepted.emit(self._root.root_id)

    @Slot(bool)
    def _on_exclude_toggled(self, shown: bool) -> None:
        if shown and self._root is not None:
            self._editor.edit(self._root.excluded)
        else:
            self._editor.hide()

    @Slot(list)
    def _on_excluded_saved(self, patterns: list[str]) -> None:
        if self._root is not None:
            self.excluded_changed.emit(self._root.root_id, patterns)


class _OfflineNote(QWidget):
    """Why a root is offline, and the two ways on. Giving up takes a second click."""

    retried = Signal()
    given_up = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._reason = QuietLabel()
        self._retry = QPushButton("Look again")
        self._retry.clicked.connect(self.retried)
        self._gone = QPushButton("These photos are really gone")
        self._gone.clicked.connect(self._on_gone_clicked)
        self._forget = QPushButton("Forget the missing ones")
        self._forget.clicked.connect(self.given_up)
        self._forget.clicked.connect(self.hide)
        self._keep = QPushButton("Keep them")
        self._keep.clicked.connect(self._on_keep_clicked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_2)
        layout.addWidget(self._reason)
        for button in (self._retry, self._gone, self._forget, self._keep):
            layout.addWidget(button)
        self._photos = 0
        self._why = ""
        self._asking = False
        self.hide()

    def show_root(self, root: Root, *, afresh: bool) -> None:
        offline = root.state is RootState.OFFLINE
        afresh = afresh or self.isHidden()
        self.setVisible(offline)
        self._photos = root.photos
        why = root.state_reason or "The folder cannot be reached."
        self._why = f"Offline. {_sentence(why)} Its photos stay in the library."
        if offline:
            self._ask(self._asking and not afresh)

    def _ask(self, asking: bool) -> None:
        self._asking = asking
        for button in (self._retry, self._gone):
            button.setVisible(not asking)
        for button in (self._forget, self._keep):
            button.setVisible(asking)
        photos = count_of(self._photos, "photo")
        warning = f"photofind forgets those of its {photos} that are missing."
        self._reason.setText(warning if asking else self._why)

    @Slot()
    def _on_gone_clicked(self) -> None:
        self._ask(True)
        self._keep.setFocus()

    @Slot()
    def _on_keep_clicked(self) -> None:
        self._ask(False)
        self._gone.setFocus()


class _ExcludedEditor(QWidget):
    """Patterns of files to leave out, one per line."""

    saved = Signal(list)
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._text = QPlainTextEdit()
        self._text.setAccessibleName("Patterns of files to leave out, one per line")
        self._text.setPlaceholderText("private/*\n*_backup.jpg")
        self._text.setTabChangesFocus(True)
        self._text.setFixedHeight(self._text.fontMetrics().lineSpacing() * 4 + theme.GAP_3)
        hint = QuietLabel(
            "Leave out files whose path below this folder matches. One pattern a line."
        )
        save = QPushButton("Save")
        save.setProperty("primary", True)
        save.clicked.connect(self._on_save_clicked)
        cancel = QPushButton("Cancel")
        cancel.clicked.connect(self.closed)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_2)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.GAP_1, 0, 0)
        layout.setSpacing(theme.GAP_2)
        layout.addWidget(hint)
        layout.addWidget(self._text)
        layout.addLayout(row)
        self.hide()

    def edit(self, patterns: tuple[str, ...]) -> None:
        self._text.setPlainText("\n".join(patterns))
        self.show()
        self._text.setFocus()

    @Slot()
    def _on_save_clicked(self) -> None:
        lines = (line.strip() for line in self._text.toPlainText().splitlines())
        self.saved.emit(list(dict.fromkeys(line for line in lines if line)))
        self.closed.emit()


def _tool(name: str, what: str, *, checkable: bool = False) -> QToolButton:
    tool = QToolButton()
    tool.setIcon(icon(name))
    tool.setToolTip(what)
    tool.setAccessibleName(what.rstrip("…"))
    tool.setCheckable(checkable)
    if checkable:
        tool.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return tool


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")
