"""Labels that never cut text off without a way to read it. Know nothing of photos."""

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import (
    QFont,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QTextEdit, QWidget
from typing_extensions import override

from photofind.gui import theme


class QuietLabel(QLabel):
    """A second line: small, in the quiet colour, wrapping between words."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setFont(theme.small_font())
        self.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)


class TitleLabel(QLabel):
    """The heading of a page."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setFont(theme.title_font())
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)


class ElidedLabel(QWidget):
    """One line that gives way in the middle or at its end; the whole text is in its tool tip."""

    def __init__(
        self,
        text: str = "",
        parent: QWidget | None = None,
        *,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        quiet: bool = False,
    ) -> None:
        super().__init__(parent)
        self._mode = mode
        self._role = QPalette.ColorRole.PlaceholderText if quiet else QPalette.ColorRole.WindowText
        self._text = ""
        if quiet:
            self.setFont(theme.small_font())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def text(self) -> str:
        return self._text

    def setText(self, text: str) -> None:  # noqa: N802 - as QLabel has it
        self._text = text
        self.setAccessibleName(text)
        self._show_tip()
        self.updateGeometry()
        self.update()

    @override
    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._text) + 2, metrics.height() + 2)

    @override
    def minimumSizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(
            min(self.sizeHint().width(), metrics.averageCharWidth() * 6), self.sizeHint().height()
        )

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._show_tip()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self._role))
        shown = self.fontMetrics().elidedText(self._text, self._mode, self.width())
        painter.drawText(
            self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown
        )

    def _show_tip(self) -> None:
        cut = self.fontMetrics().horizontalAdvance(self._text) > self.width()
        self.setToolTip(self._text if cut else "")


class WrappedText(QTextEdit):
    """Text to read and copy, as high as it needs to be; long words break anywhere."""

    def __init__(self, parent: QWidget | None = None, *, font: QFont | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setAcceptRichText(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.document().setDocumentMargin(0)
        self.viewport().setAutoFillBackground(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        if font is not None:
            self.setFont(font)
        self.document().documentLayout().documentSizeChanged.connect(self._on_size_changed)

    def set_text(self, text: str) -> None:
        if text != self.toPlainText():
            self.setPlainText(text)

    @override
    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._text_height())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(40, QFontMetrics(self.font()).height())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._on_size_changed()

    @Slot()
    def _on_size_changed(self) -> None:
        self.setFixedHeight(max(self._text_height(), self.minimumSizeHint().height()))

    def _text_height(self) -> int:
        return round(self.document().size().height() + 0.5)
