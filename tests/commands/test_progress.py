"""The progress bar, on a pseudo-terminal."""

import os
import struct
import sys
from collections.abc import Callable, Iterator

import pytest

from photofind.commands.progress import ProgressBar
from photofind.core.types import IndexProgress

fcntl = pytest.importorskip("fcntl", reason="pseudo-terminals are of Unix")
termios = pytest.importorskip("termios")

HALFWAY = IndexProgress("indexing", 5, 10, photos_per_second=2.0, seconds_left=2.5)
END = "<end>"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], Callable[[], str]]]:
    """Makes stderr a terminal of so many columns; what it returns reads what was drawn."""
    ours, theirs = os.openpty()
    stream = os.fdopen(theirs, "w")

    def drawn() -> str:
        # The system hands over what was written piece by piece, so the end is marked.
        stream.write(END)
        stream.flush()
        text = b""
        while not text.endswith(END.encode()):
            text += os.read(ours, 65536)
        return text.decode().removesuffix(END)

    def make(columns: int) -> Callable[[], str]:
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        monkeypatch.setattr(sys, "stderr", stream)
        return drawn

    yield make
    stream.close()
    os.close(ours)


@pytest.mark.parametrize("columns", [100, 0])
def test_the_bar_shows_the_indexers_rate_and_what_is_left(
    columns: int, terminal: Callable[[int], Callable[[], str]]
) -> None:
    drawn = terminal(columns)
    bar = ProgressBar(quiet=False)
    bar.show(HALFWAY)
    text = drawn()
    bar.close()
    assert "indexing:  50%" in text
    assert "5/10" in text
    assert "00:02,  2.00 photos/s" in text


def test_quiet_draws_nothing(terminal: Callable[[int], Callable[[], str]]) -> None:
    drawn = terminal(100)
    bar = ProgressBar(quiet=True)
    bar.show(HALFWAY)
    bar.close()
    assert drawn() == ""
