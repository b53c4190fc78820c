"""One line above the grid that asks for a yes or a no, instead of a dialog."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from photofind.gui import theme


class QuestionBar(QFrame):
    """Hidden until `ask`; answers with `accepted`, or goes away silently."""

    accepted = Signal(object)  # what `ask` was given

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._subject: object = None
        self.setAccessibleName("Question")
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.AlternateBase)
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._yes = QPushButton()
        self._yes.clicked.connect(self._on_yes_clicked)
        no = QPushButton("No")
        no.setProperty("quiet", True)
        no.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GAP_4, theme.GAP_1, theme.GAP_2, theme.GAP_1)
        row.setSpacing(theme.GAP_3)
        row.addWidget(self._text, 1)
        row.addWidget(self._yes)
        row.addWidget(no)
        self.hide()

    def ask(self, text: str, yes: str, subject: object) -> None:
        """Show a question; `subject` comes back with `accepted`."""
        self._subject = subject
        self._text.setText(text)
        self._yes.setText(yes)
        self.show()
        self._yes.setFocus()

    @Slot()
    def _on_yes_clicked(self) -> None:
        self.hide()
        self.accepted.emit(self._subject)
