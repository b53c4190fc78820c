"""One child process as its parent sees it: start, send, receive, stop. Decides nothing."""

import contextlib
import logging
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Protocol

from photofind.core.manners import Pace
from photofind.engine.protocol import EngineSetup, Go, Message, Request, Stop, TunerSetup

log = logging.getLogger(__name__)

_TICK_SECONDS = 0.2
_STOP_SECONDS = 2.0
_TAIL = 2000  # bytes of its output that are worth reading

Target = Callable[[Connection, EngineSetup], None]
TunerTarget = Callable[[Connection, TunerSetup], None]


class ProcessListener(Protocol):
    """Called from the process's own receiving thread."""

    def on_message(self, process: "EngineProcess", message: Message) -> None: ...

    def on_tick(self, process: "EngineProcess") -> None:
        """A few times a second."""
        ...

    def on_end(self, process: "EngineProcess") -> None:
        """It is gone, whatever the reason; the last call."""
        ...


class EngineProcess:
    """A spawned process and the thread that reads its answers."""

    def __init__(
        self,
        setup: EngineSetup | TunerSetup,
        target: Target | TunerTarget,
        listener: ProcessListener,
    ) -> None:
        """Starts it. Raises OSError where the system refuses."""
        self._listener = listener
        self._sending = threading.Lock()
        handle, self._log_path = tempfile.mkstemp(prefix="photofind-engine-", suffix=".log")
        os.close(handle)
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=target,
            args=(theirs, replace(setup, log_path=self._log_path)),
            name="photofind-engine",
            daemon=True,
        )
        try:
            with _interrupts_blocked():
                self._process.start()
        except BaseException:
            self._connection.close()
            Path(self._log_path).unlink(missing_ok=True)
            raise
        finally:
            theirs.close()
        self.pid = self._process.pid
        self._receiver = threading.Thread(target=self._receive, name="engine-receive", daemon=True)

    def begin(self) -> None:
        """Start to call the listener."""
        self._receiver.start()

    def send(self, request: Request | Pace | Stop | Go) -> None:
        """Hand over a request; where the process is gone, `on_end` is about to tell."""
        with contextlib.suppress(OSError), self._sending:
            self._connection.send(request)

    def kill(self) -> None:
        """End it at once; `on_end` follows."""
        self._process.kill()

    def stop(self) -> None:
        """Ask it to end, then make it; returns within seconds."""
        if threading.current_thread() is self._receiver:
            self._process.kill()
            return
        polite = threading.Thread(target=self.send, args=(Stop(),), daemon=True)
        polite.start()  # a pipe that nobody reads would block
        self._receiver.join(_STOP_SECONDS)
        if self._receiver.is_alive():
            self._process.kill()
            self._receiver.join(_STOP_SECONDS)
        polite.join(_STOP_SECONDS)

    def _receive(self) -> None:
        next_tick = 0.0
        try:
            while True:
                if self._connection.poll(_TICK_SECONDS):
                    self._listener.on_message(self, self._connection.recv())
                if time.monotonic() >= next_tick:
                    self._listener.on_tick(self)
                    next_tick = time.monotonic() + _TICK_SECONDS
        except (EOFError, OSError, UnpicklingError):
            pass
        finally:
            self._process.kill()
            self._process.join(_STOP_SECONDS)
            log.info("the engine process ended (%s)%s", self._process.exitcode, self._output())
            self._connection.close()
            with contextlib.suppress(OSError):
                Path(self._log_path).unlink()
            self._listener.on_end(self)

    def _output(self) -> str:
        """The end of what it printed, which after a crash names the place."""
        with contextlib.suppress(OSError), Path(self._log_path).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            text = file.read().decode("utf-8", "replace").strip()
            return f", its last words:\n{text}" if text else ""
        return ""


@contextlib.contextmanager
def _interrupts_blocked() -> Generator[None]:
    """A process started within inherits the block, so that Ctrl+C in its first moments is mute."""
    if sys.platform == "win32":
        yield
        return
    from multiprocessing import resource_tracker

    tracker: Any = resource_tracker
    tracker.ensure_running()  # its own start would lift the block
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
