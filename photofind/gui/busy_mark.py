"""A small turning arc: something is being worked on. Stands still where motion is not wanted."""

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from photofind.gui import theme

_DELAY_MS = 150  # what is done sooner shows nothing
_STEP_MS = 40


class BusyMark(QWidget):
    """Keeps its room while it is idle, so that nothing moves."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(QSize(20, 20))
        self.setAccessibleName("Busy")
        self._angle = 0
        self._shown = False
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(_DELAY_MS)
        self._delay.timeout.connect(self._on_delay_over)
        self._clock = QTimer(self)
        self._clock.setInterval(_STEP_MS)
        self._clock.timeout.connect(self._on_tick)

    @property
    def busy(self) -> bool:
        return self._shown or self._delay.isActive()

    def set_busy(self, busy: bool) -> None:
        if busy == self.busy:
            return
        if busy:
            self._delay.start()
            return
        self._delay.stop()
        self._clock.stop()
        self._shown = False
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._shown:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(theme.accent(self.palette()), 2)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawArc(QRectF(self.rect()).adjusted(3, 3, -3, -3), -self._angle * 16, 270 * 16)
        painter.end()

    @Slot()
    def _on_delay_over(self) -> None:
        self._shown = True
        if theme.motion_enabled(self):
            self._clock.start()
        self.update()

    @Slot()
    def _on_tick(self) -> None:
        self._angle = (self._angle + 24) % 360
        self.update()
