"""What every child process of photofind does first: manners towards terminal, system and log."""

import contextlib
import faulthandler
import logging
import os
import signal
import sys
from collections.abc import Callable

import psutil
from typing_extensions import override

from photofind.engine.protocol import Logged, Message

LAST = 19
"""The niceness of what gives way to everything else."""


def settle_in(log_path: str, niceness: int) -> None:
    """Leave the terminal alone, print to a file, step back behind other programs."""
    _leave_the_terminal(log_path)
    # spinning threads would keep the processors from each other as soon as anything else runs
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    _lower_priority(niceness)


def forward_log(send: Callable[[Message], None]) -> None:
    """Let photofind's own log have what is logged here."""
    forwarded = logging.getLogger("photofind")
    forwarded.addHandler(_PipeHandler(send))
    forwarded.setLevel(logging.INFO)
    forwarded.propagate = False


class _PipeHandler(logging.Handler):
    """Sends log records to photofind."""

    def __init__(self, send: Callable[[Message], None]) -> None:
        super().__init__()
        self._forward = send

    @override
    def emit(self, record: logging.LogRecord) -> None:
        # a child's troubles are reported by its answers; the log only explains them
        level = min(record.levelno, logging.WARNING)
        self._forward(Logged(level, record.name, self.format(record)))


def _leave_the_terminal(log_path: str) -> None:
    """Ctrl+C is the parent's business, and so is the terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    target = os.open(log_path or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for terminal in (1, 2):
        with contextlib.suppress(OSError):
            os.dup2(target, terminal)
    stream = os.fdopen(target, "w", buffering=1, encoding="utf-8", errors="replace")
    sys.stdout = sys.stderr = stream
    faulthandler.enable(file=target)


def _lower_priority(niceness: int) -> None:
    process = psutil.Process()
    with contextlib.suppress(OSError, psutil.Error):
        if sys.platform == "win32":
            idle = niceness >= LAST
            process.nice(psutil.IDLE_PRIORITY_CLASS if idle else psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            process.nice(max(process.nice(), niceness))
