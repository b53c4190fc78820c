"""One member of a group of duplicates: its picture, where it is, what becomes of it."""

from PySide6.QtCore import QSize, Qt, Signal, SignalInstance, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget
from typing_extensions import override

from photofind.core.types import DuplicateKind, Photo
from photofind.gui import theme
from photofind.gui.check_box import CheckBox
from photofind.gui.duplicates_model import ReviewGroup
from photofind.gui.icons import icon
from photofind.gui.picture_view import PictureView
from photofind.gui.text_widgets import QuietLabel, WrappedText
from photofind.gui.wording import percent, photo_facts


class MemberCard(QWidget):
    """Becomes the current one on a click or with the focus; keys are the window's."""

    made_current = Signal(int)
    """Its photo id."""
    mark_toggled = Signal(int)
    keep_clicked = Signal(int)
    dismiss_clicked = Signal(int)
    folder_clicked = Signal(int)
    compare_clicked = Signal(int)

    def __init__(self, photo: Photo, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.photo = photo
        self._current = False
        self._kept = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(230)
        self.picture = PictureView(minimum=QSize(160, 140))
        meta = photo.metadata
        self.picture.expect(meta.width, meta.height, photo.average_color)
        self._badge = QLabel()
        self._badge.setWordWrap(True)
        font = self._badge.font()
        font.setBold(True)
        self._badge.setFont(font)
        self._path = WrappedText(font=theme.small_font())
        self._path.set_text(str(photo.path))
        self._path.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._path.setAccessibleName("Path")
        self._facts = QuietLabel(photo_facts(photo))
        self._reason = QuietLabel()
        self._mark = CheckBox("To the trash")
        self._mark.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._mark.clicked.connect(self._on_mark_clicked)
        self._keep = self._tool("push-pin", "Keep this one (K)", self.keep_clicked)
        self._arrange()

    def show_state(self, group: ReviewGroup, *, marked: bool, why_not: str) -> None:
        """Show what the review says about this photo."""
        self._kept = group.keep == self.photo.photo_id
        similarity = group.similarities[group.position(self.photo.photo_id)]
        self._badge.setText(_badge(group, self._kept, similarity))
        self._badge.setForegroundRole(
            QPalette.ColorRole.Link if self._kept else QPalette.ColorRole.WindowText
        )
        self._mark.setVisible(not self._kept)
        self._mark.setChecked(marked)
        self._mark.setEnabled(marked or not why_not)
        self._keep.setVisible(not self._kept)
        self._reason.setText("" if marked or self._kept else why_not)
        self._reason.setVisible(bool(self._reason.text()))
        self.picture.set_dimmed(marked)
        state = "kept" if self._kept else "to the trash" if marked else "stays"
        self.setAccessibleName(f"{self.photo.name}, {state}")
        self.setAccessibleDescription(f"{self._facts.text()}. {self.photo.path}. {why_not}")
        self.update()

    def set_current(self, current: bool) -> None:
        self._current = current
        self.update()

    def set_pixmap(self, pixmap: QPixmap) -> None:
        self.picture.set_pixmap(pixmap)

    @property
    def marked(self) -> bool:
        return self._mark.isChecked()

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.made_current.emit(self.photo.photo_id)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.compare_clicked.emit(self.photo.photo_id)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        color = theme.accent(palette) if self._current else theme.line(palette)
        painter.setPen(QPen(color, 2.0 if self._current else 1.0))
        painter.setBrush(palette.color(QPalette.ColorRole.Base))
        frame = self.rect().toRectF().adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(frame, theme.RADIUS, theme.RADIUS)

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self._mark)
        row.addStretch(1)
        row.addWidget(self._keep)
        row.addWidget(self._tool("link-break", "Not a duplicate (N)", self.dismiss_clicked))
        row.addWidget(self._tool("folder-open", "Show in folder", self.folder_clicked))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP_3, theme.GAP_3, theme.GAP_3, theme.GAP_2)
        layout.setSpacing(theme.GAP_1)
        layout.addWidget(self.picture, 1)
        layout.addSpacing(theme.GAP_1)
        for widget in (self._badge, self._path, self._facts, self._reason):
            layout.addWidget(widget)
        layout.addLayout(row)

    def _tool(self, name: str, what: str, signal: SignalInstance) -> QToolButton:
        tool = QToolButton()
        tool.setIcon(icon(name))
        tool.setToolTip(what)
        tool.setAccessibleName(what)
        tool.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        tool.clicked.connect(lambda: signal.emit(self.photo.photo_id))
        return tool

    @Slot()
    def _on_mark_clicked(self) -> None:
        self.made_current.emit(self.photo.photo_id)
        self.mark_toggled.emit(self.photo.photo_id)


def _badge(group: ReviewGroup, kept: bool, similarity: float | None) -> str:
    if kept:
        return f"Keep: {group.keep_reason}"
    if group.kind is DuplicateKind.IDENTICAL:
        return "Identical"
    return "" if similarity is None else f"{percent(similarity)} alike"
