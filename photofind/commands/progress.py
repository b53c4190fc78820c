"""Progress of indexing on a terminal: a bar with rate and time left, or nothing."""

import os
import sys
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, NoReturn

from tqdm import tqdm
from typing_extensions import override

from photofind.core.types import IndexProgress

_USUAL_WIDTH = 80  # columns, of a terminal that does not say how wide it is


class ProgressBar:
    """Draws on stderr, and only where that is a terminal and the user wants it."""

    def __init__(self, quiet: bool) -> None:
        self._bar: _Bar | None = None
        if not quiet and sys.stderr.isatty():
            width = None if _says_how_wide() else _USUAL_WIDTH
            self._bar = _Bar(
                unit=" photos",
                ncols=width,
                dynamic_ncols=width is None,
                file=sys.stderr,
                leave=False,
            )

    def show(self, progress: IndexProgress) -> None:
        if self._bar is None or progress.phase == "idle":
            return
        self._bar.set_description_str(progress.phase, refresh=False)
        self._bar.total = progress.total or None
        self._bar.n = progress.done
        self._bar.pace = progress.photos_per_second
        self._bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


if TYPE_CHECKING:
    _Tqdm = tqdm[NoReturn]
else:
    _Tqdm = tqdm


class _Bar(_Tqdm):
    """Shows the indexer's rate: the bar's own would count the time the engine took to start."""

    pace = 0.0  # photos per second, 0 while unknown

    @property
    @override
    def format_dict(self) -> MutableMapping[str, Any]:
        return {**super().format_dict, "rate": self.pace}


def _says_how_wide() -> bool:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns > 0
    except OSError:
        return False
