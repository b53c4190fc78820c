"""Tells when a window can be seen for the first time, so that other work can wait until then."""

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget
from typing_extensions import override

_LONGEST_MS = 2000


class FirstPaint(QObject):
    """Emits `passed` once: after the first painting of a window, or when there is none."""

    passed = Signal()

    def __init__(self, window: QWidget, longest_ms: int = _LONGEST_MS) -> None:
        """`longest_ms`: how long to wait; a window that starts minimised is not painted at all."""
        super().__init__(window)
        self._window = window
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_timeout)
        self._timer.start(longest_ms)
        window.installEventFilter(self)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self._window.removeEventFilter(self)
            # Painting is under way: the picture is complete when this turn of the loop has ended.
            self._timer.start(0)
        return False

    @Slot()
    def _on_timeout(self) -> None:
        self._window.removeEventFilter(self)
        self.passed.emit()
