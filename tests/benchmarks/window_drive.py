"""Runs the real `photofind` command and uses its window as a restless person would.

`python -m tests.benchmarks.window_drive (drive|check) RESULT STOP ARGUMENTS…`
`drive` scrolls, jumps, zooms and searches while a heartbeat measures the event loop, until the
file STOP exists. `check` does the same on a coloured library and compares what is painted with
the name of the photo that is said to be there. Both write JSON to the file RESULT. The program
itself is not changed: only its call of `QApplication.exec` passes through here.
"""

import json
import random
import sys
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, QTimer
from PySide6.QtWidgets import QApplication

from photofind.gui.main_window import MainWindow
from tests.benchmarks.coloured_library import PLACEHOLDER, color_in, is_near
from tests.benchmarks.window_probe import Heartbeat

_PHRASES = ("a dog on grass", "people at a beach", "snow", "00", "ff", "a red car", "3c")
_SCROLL_MS = 16
_SEARCH_MS = 1500
_MESH = 32  # pixels; tiles are larger
_LOOKS = 600  # of `check`
_LONGEST_PAUSE_MS = 80  # between a movement of `check` and its look
_start_loop = QApplication.exec


class Driver(QObject):
    """Moves through the grid and types into the search field."""

    def __init__(self, seed: int = 1) -> None:
        super().__init__()
        self._random = random.Random(seed)
        self._typed = 0
        self._step = 60

    @property
    def window(self) -> MainWindow:
        return next(w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow))

    def begin(self) -> None:
        """Do it by timers from now on."""
        self._scroll = QTimer(self, interval=_SCROLL_MS)
        self._scroll.timeout.connect(self.move)
        self._scroll.start()
        self._search = QTimer(self, interval=_SEARCH_MS)
        self._search.timeout.connect(self.search)
        self._search.start()

    def move(self) -> None:
        """A step of the wheel; now and then a jump, another direction or another size."""
        grid = self.window.parts.grid
        bar = grid.verticalScrollBar()
        chance = self._random.random()
        if chance < 0.02:
            bar.setValue(self._random.randint(0, max(1, bar.maximum())))
        elif chance < 0.03:
            grid.zoom_by(self._random.choice((-1, 1)))
        elif chance < 0.05 or bar.value() in (bar.minimum(), bar.maximum()):
            self._step = self._random.choice((-240, -60, -20, 20, 60, 240))
        bar.setValue(bar.value() + self._step)

    def search(self) -> None:
        """The next phrase; every other time the whole library again."""
        pane = self.window.parts.search
        pane.clear()
        if self._typed % 2 == 0:
            pane.type_text(_PHRASES[self._typed // 2 % len(_PHRASES)])
        self._typed += 1


class Checker(Driver):
    """Moves, waits a moment that is never the same, and looks at what is painted."""

    def __init__(self, result: Path) -> None:
        super().__init__()
        self._result = result
        self._figures = {"looks": 0, "tiles": 0, "pictures": 0, "unnamed": 0, "wrong": 0}
        self._examples: list[str] = []
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._on_time)

    def begin(self) -> None:
        self._timer.start(1000)

    def _on_time(self) -> None:
        if self.window.parts.grid.model().rowCount():
            self._look()
        if self._figures["looks"] >= _LOOKS:
            self._result.write_text(json.dumps(self._figures | {"examples": self._examples}))
            QApplication.quit()
            return
        for _ in range(self._random.randint(1, 4)):
            self.move()
        if self._random.random() < 0.03:
            self.search()
        if self._random.random() < 0.05:
            bar = self.window.parts.grid.verticalScrollBar()
            bar.setValue(self._random.randint(0, max(1, bar.maximum())))
        self._timer.start(self._random.randint(0, _LONGEST_PAUSE_MS))

    def _look(self) -> None:
        grid = self.window.parts.grid
        view, model = grid.viewport(), grid.model()
        image = view.grab().toImage()
        ratio = image.devicePixelRatio()
        self._figures["looks"] += 1
        rows = {
            grid.indexAt(QPoint(x, y)).row()
            for x in range(0, view.width(), _MESH)
            for y in range(0, view.height(), _MESH)
        }
        for row in rows - {-1}:
            middle = grid.visualRect(model.index(row)).center()
            if view.rect().contains(middle):
                painted = image.pixelColor(middle * ratio).rgb() & 0xFFFFFF
                self._judge(model.photo(model.id_at(row)), painted)

    def _judge(self, photo: object, painted: int) -> None:
        self._figures["tiles"] += 1
        if is_near(painted, PLACEHOLDER):
            return
        name = getattr(photo, "name", None)
        if name is None:
            self._figures["unnamed"] += 1
            return
        self._figures["pictures"] += 1
        if not is_near(painted, color_in(name)):
            self._figures["wrong"] += 1
            self._examples.append(f"{name} shows {painted:06x}")


def main() -> int:
    mode, result, stop = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    kept: list[QObject] = []

    def run_loop(*_: object) -> int:
        driver = Checker(result) if mode == "check" else Driver()
        kept.append(driver)
        if mode == "drive":
            kept.append(Heartbeat(result, stop))
        driver.begin()
        return _start_loop()

    QApplication.exec = run_loop
    from photofind.cli import main as photofind

    return photofind(sys.argv[4:])


if __name__ == "__main__":
    sys.exit(main())
