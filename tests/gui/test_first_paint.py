"""Work that waits for the first picture of a window."""

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from photofind.gui.first_paint import FirstPaint


class Painted(QLabel):
    count = 0

    def paintEvent(self, event: object) -> None:
        self.count += 1
        super().paintEvent(event)  # pyright: ignore[reportArgumentType]


def test_it_tells_once_and_after_the_painting(qtbot: QtBot) -> None:
    window = Painted("photos")
    qtbot.addWidget(window)
    seen: list[int] = []
    FirstPaint(window).passed.connect(lambda: seen.append(window.count))
    window.show()
    qtbot.waitUntil(lambda: bool(seen))
    window.repaint()
    qtbot.wait(20)
    assert len(seen) == 1
    assert seen[0] >= 1


def test_a_window_that_is_painted_late_does_not_hold_up_the_rest(qtbot: QtBot) -> None:
    window = QLabel("photos")
    qtbot.addWidget(window)
    seen: list[bool] = []
    FirstPaint(window, longest_ms=1).passed.connect(lambda: seen.append(window.isVisible()))
    qtbot.waitUntil(lambda: bool(seen))
    window.show()
    qtbot.waitUntil(window.isVisible)
    qtbot.wait(20)
    assert seen == [False]
