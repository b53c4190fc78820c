"""Collects Python's reference cycles in the GUI thread only.

Python runs its cyclic collector in whichever thread happens to allocate. Where that is a worker,
widgets caught in a cycle are destroyed in the wrong thread, and Qt crashes. So the automatic
collector is switched off, and a timer of the GUI thread does its work by the same thresholds.
"""

import gc

from PySide6.QtCore import QObject, QTimer, Slot

_INTERVAL = 500  # milliseconds


class GarbageCollector(QObject):
    """Takes over from the automatic collector until `stop`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thresholds = gc.get_threshold()
        gc.disable()
        self._started = False
        # What is alive now, modules above all, stays: looking through it again is for nothing.
        gc.freeze()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.collect)
        self._timer.start(_INTERVAL)

    def stop(self) -> None:
        """Give the work back."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    @Slot()
    def collect(self) -> None:
        """Collect the oldest generation whose turn it is, as the automatic collector would."""
        counts = gc.get_count()
        for generation in (2, 1, 0):
            if counts[generation] > self._thresholds[generation]:
                gc.collect(generation)
                if generation == 2 and not self._started:
                    self._started = True
                    gc.freeze()  # also what the threads have imported since
                return
