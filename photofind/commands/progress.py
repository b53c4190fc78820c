"""Progress of indexing on a terminal: a bar with rate and time left, or nothing."""

import sys
from typing import NoReturn

from tqdm import tqdm

from photofind.core.types import IndexProgress


class ProgressBar:
    """Draws on stderr, and only where that is a terminal and the user wants it."""

    def __init__(self, quiet: bool) -> None:
        self._bar: tqdm[NoReturn] | None = None
        if not quiet and sys.stderr.isatty():
            self._bar = tqdm(unit=" photos", dynamic_ncols=True, file=sys.stderr, leave=False)

    def show(self, progress: IndexProgress) -> None:
        if self._bar is None or progress.phase == "idle":
            return
        self._bar.set_description_str(progress.phase, refresh=False)
        self._bar.total = progress.total or None
        self._bar.n = progress.done
        self._bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
