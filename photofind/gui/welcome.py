"""The first start: no folder yet. One button and one place to drop; knows nothing else."""

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from photofind.gui import theme
from photofind.gui.folders_panel import choose_folder
from photofind.gui.icons import icon
from photofind.gui.text_widgets import QuietLabel, TitleLabel

_ASK = "Add a folder with photos, or drop it here."
_ICON = 72  # logical pixels
_DROP = "Let go to add"


class Welcome(QWidget):
    """Invites to add the first folder. Anything but folders is left to the window."""

    folders_chosen = Signal(list)
    """Paths of folders to add."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dropping = False
        self.setAcceptDrops(True)
        self.setAccessibleName("Welcome")
        picture = QLabel()
        picture.setFixedHeight(_ICON)
        self._picture = picture
        self._paint_picture()
        title = TitleLabel("Find your photos")
        self._ask = QLabel(_ASK)
        self._ask.setWordWrap(True)
        self._button = QPushButton("Add a folder…")
        self._button.setIcon(icon("folder-plus", QPalette.ColorRole.HighlightedText))
        self._button.setProperty("primary", True)
        self._button.clicked.connect(self.choose_folder)
        quiet = QuietLabel("Your photos stay on this computer and are never changed.")
        layout = QVBoxLayout(self)
        edge = theme.GAP_6 + theme.GAP_4  # inside the dashed frame
        layout.setContentsMargins(edge, edge, edge, edge)
        layout.setSpacing(theme.GAP_3)
        layout.addStretch(1)
        for label in (picture, title, self._ask):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(label)
        layout.addSpacing(theme.GAP_2)
        layout.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(theme.GAP_2)
        quiet.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(quiet)
        layout.addStretch(1)
        self.setFocusProxy(self._button)

    @Slot()
    def choose_folder(self) -> None:
        choose_folder(self, self._on_folder_chosen)

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if folders := _local_folders(event):
            event.acceptProposedAction()
            names = ", ".join(f"“{path.name or path}”" for path in folders[:3])
            self._set_dropping(True, f"{_DROP} {names}" + " and more" * (len(folders) > 3))
        else:
            event.ignore()

    @override
    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._set_dropping(False, _ASK)

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        self._set_dropping(False, _ASK)
        if folders := _local_folders(event):
            event.acceptProposedAction()
            self.folders_chosen.emit(folders)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        strong = self._dropping
        color = theme.accent(self.palette()) if strong else theme.line(self.palette())
        painter.setPen(QPen(color, 2.0, Qt.PenStyle.DashLine))
        if strong:
            veil = theme.blend(self.palette().color(QPalette.ColorRole.Window), color, 0.08)
            painter.setBrush(veil)
        frame = self.rect().adjusted(theme.GAP_6, theme.GAP_6, -theme.GAP_6, -theme.GAP_6)
        painter.drawRoundedRect(frame, theme.RADIUS * 2, theme.RADIUS * 2)

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._paint_picture()

    def _paint_picture(self) -> None:
        shown = icon("image", QPalette.ColorRole.PlaceholderText)
        self._picture.setPixmap(shown.pixmap(_ICON, _ICON))

    def _set_dropping(self, dropping: bool, text: str) -> None:
        self._dropping = dropping
        self._ask.setText(text)
        self.update()

    @Slot(str)
    def _on_folder_chosen(self, folder: str) -> None:
        self.folders_chosen.emit([Path(folder)])


def _local_folders(event: QDropEvent) -> list[Path]:
    urls = event.mimeData().urls()
    paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    return [path for path in paths if path.is_dir()]
