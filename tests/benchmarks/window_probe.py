"""Runs the real `photofind` command with a stopwatch in its event loop.

`python -m tests.benchmarks.window_probe (shown|answered) RESULT STOP ARGUMENTS…`
Writes JSON to the file RESULT. With `shown` it ends once the window has been painted, with
`answered` once STOP photos are listed and a phrase has been answered. The program itself is not
changed: only its call of `QApplication.exec` passes through here.
"""

import json
import sys
import time
from pathlib import Path

import psutil
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from typing_extensions import override

_BEAT = 5  # milliseconds
_start_loop = QApplication.exec


class PaintWatch(QObject):
    """Notes when a window is painted for the first time."""

    def __init__(self, result: Path) -> None:
        super().__init__()
        self._result = result

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and isinstance(watched, QWidget):
            # Painting is under way: the picture is on the screen when this turn has ended.
            QTimer.singleShot(0, self._on_painted)
            QApplication.instance().removeEventFilter(self)
        return False

    def _on_painted(self) -> None:
        self._result.write_text(json.dumps({"shown_at": time.time()}))
        QApplication.quit()


class AnswerWatch(QObject):
    """Types a phrase once all photos are listed, and notes when what can be seen."""

    def __init__(self, result: Path, photos: int) -> None:
        super().__init__()
        self._result = result
        self._photos = photos
        self._times: dict[str, float] = {}
        self._gaps: list[float] = []
        self._last = time.perf_counter()
        self._beat = QTimer(self, interval=_BEAT, timerType=Qt.TimerType.PreciseTimer)
        self._beat.timeout.connect(self._on_beat)
        self._beat.start()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and isinstance(watched, QWidget):
            self._note("shown_at")
        return False

    def _note(self, name: str) -> None:
        self._times.setdefault(name, time.time())

    def _on_beat(self) -> None:
        now = time.perf_counter()
        self._gaps.append(1000 * (now - self._last))
        self._last = now
        window = next(w for w in QApplication.topLevelWidgets() if hasattr(w, "parts"))
        model = window.parts.grid.model()
        if model.rowCount():
            self._note("photos_at")
        if model.rowCount() == self._photos and "all_at" not in self._times:
            self._note("all_at")
            window.parts.search.type_text("a dog on a beach")
        if model.query.terms:
            self._note("answered_at")
            self._end()

    def _end(self) -> None:
        self._beat.stop()
        memory = psutil.Process().memory_full_info()
        figures = {
            "memory_mb": memory.rss / 1e6,
            "own_memory_mb": memory.uss / 1e6,
            "longest_gap_ms": max(self._gaps),
        }
        self._result.write_text(json.dumps(self._times | figures))
        QApplication.quit()


class Heartbeat(QObject):
    """Measures how long the event loop leaves a timer of 5 ms waiting."""

    def __init__(self, result: Path, stop: Path) -> None:
        super().__init__()
        self._result, self._stop = result, stop
        self._gaps: list[float] = []
        self._last = time.perf_counter()
        self._beat = QTimer(self, interval=_BEAT, timerType=Qt.TimerType.PreciseTimer)
        self._beat.timeout.connect(self._on_beat)
        self._beat.start()
        self._look = QTimer(self, interval=250)
        self._look.timeout.connect(self._on_look)
        self._look.start()

    def _on_beat(self) -> None:
        now = time.perf_counter()
        self._gaps.append(1000 * (now - self._last))
        self._last = now

    def _on_look(self) -> None:
        if self._stop.exists():
            self._result.write_text(json.dumps({"gaps": self._gaps}))
            QApplication.quit()


def main() -> int:
    mode, result, stop = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    watches: list[QObject] = []

    def run_loop(*_: object) -> int:
        if mode == "shown":
            watch = PaintWatch(result)
            QApplication.instance().installEventFilter(watch)
            watches.append(watch)
        else:
            watch = AnswerWatch(result, int(stop.name))
            QApplication.instance().installEventFilter(watch)
            watches.append(watch)
        return _start_loop()

    QApplication.exec = run_loop
    from photofind.cli import main as photofind

    return photofind(sys.argv[4:])


if __name__ == "__main__":
    sys.exit(main())
