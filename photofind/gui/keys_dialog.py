"""The list of keys."""

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QWidget

from photofind.gui import theme


class KeysDialog(QDialog):
    """Which key does what, in two columns."""

    def __init__(self, keys: Iterable[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        grid = QGridLayout(self)
        grid.setContentsMargins(theme.GAP_6, theme.GAP_4, theme.GAP_6, theme.GAP_4)
        grid.setHorizontalSpacing(theme.GAP_6)
        grid.setVerticalSpacing(theme.GAP_2)
        for row, (key, meaning) in enumerate(keys):
            name = QLabel(key)
            font = name.font()
            font.setBold(True)
            name.setFont(font)
            grid.addWidget(name, row, 0)
            grid.addWidget(QLabel(meaning), row, 1)
