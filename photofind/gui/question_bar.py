"""One line above the grid that asks for a yes or a no, instead of a dialog."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget
from typing_extensions import override

from photofind.gui import theme


class QuestionBar(QFrame):
    """Hidden until `ask`; answers with `accepted`, or goes away silently."""

    accepted = Signal(object)  # what `ask` was given

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._subject: object = None
        self._before: QWidget | None = None  # had the keyboard when the question came
        self.setAccessibleName("Question")
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.AlternateBase)
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._yes = QPushButton()
        self._yes.clicked.connect(self._on_yes_clicked)
        no = QPushButton("No")
        no.setProperty("quiet", True)
        no.clicked.connect(self.dismiss)
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
        if self.isHidden():
            self._before = self.window().focusWidget()
        self.show()
        self._yes.setFocus()

    @Slot()
    def dismiss(self) -> None:
        """Go away; the keyboard goes back to where it was."""
        before, self._before = self._before, None
        inside = self.isAncestorOf(self.window().focusWidget() or self)
        self.hide()
        if inside and before is not None and before.isVisible():
            before.setFocus()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._yes.hasFocus():
            self._yes.click()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _on_yes_clicked(self) -> None:
        self.dismiss()
        self.accepted.emit(self._subject)
