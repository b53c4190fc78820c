"""When a model is to be prepared for this machine, and the process that does it.

Preparing waits for a rest of the engine, or for an indexing that takes long enough to gain by it.
While the modes are measured the engine holds back what nobody waits for.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from photofind.core.errors import EngineError
from photofind.core.types import InstalledEncoder
from photofind.engine import tuner_process
from photofind.engine.process import EngineProcess, TunerTarget
from photofind.engine.protocol import (
    Analyze,
    EngineConfig,
    Go,
    Loaded,
    Logged,
    Message,
    Request,
    Tuned,
    TunerSetup,
    WantsQuiet,
)

log = logging.getLogger(__name__)

SAMPLES = 96  # photos that a comparison wants to see
_STOP_SECONDS = 2.0
_ENDED = "the process that prepares it ended"


class TunerOwner(Protocol):
    """The engine's client. `on_hold` and `on_tuned` come from the tuner's own thread."""

    def is_quiet(self) -> bool: ...

    def on_hold(self) -> None: ...

    def on_tuned(self, problem: str) -> None: ...


class Tuner:
    """Prepares one model at most once per mode that is asked for."""

    rest_seconds = 20.0  # of the engine, after which there is time
    long_seconds = 15.0  # of indexing, after which a change of mode pays off

    def __init__(
        self,
        encoder: InstalledEncoder,
        owner: TunerOwner,
        *,
        target: TunerTarget = tuner_process.serve_tuner,
    ) -> None:
        """target: the process's function."""
        self._target = target
        self._encoder = encoder
        self._owner = owner
        self._lock = threading.Lock()
        self._random = random.Random(0)
        self._photos: list[Path] = []
        self._seen = 0
        self._since = 0.0
        self._state = "done"
        self._tried: set[tuple[str, bool]] = set()
        self._run: TuningRun | None = None

    @property
    def holds(self) -> bool:
        """Whether background work has to wait."""
        run = self._run
        return run is not None and run.measures

    def note_loaded(self, loaded: Loaded) -> None:
        self._state = loaded.tuning if loaded.device.startswith("cpu") else "done"

    def note_answer(self, request: Request) -> None:
        """Remember a photo that could be read: any 96 of all, not the first ones."""
        if self._state == "done" or not isinstance(request, Analyze) or not request.encode:
            return
        with self._lock:
            self._since = self._since or time.monotonic()
            self._seen += 1
            if len(self._photos) < SAMPLES:
                self._photos.append(request.path)
            elif (place := self._random.randrange(self._seen)) < SAMPLES:
                self._photos[place] = request.path

    def consider(self, config: EngineConfig, rest: float) -> None:
        """Start where it is time. rest: seconds since the engine had something to do."""
        with self._lock:
            enough = len(self._photos) >= SAMPLES
            wanted = self._state == "missing" or (self._state == "provisional" and enough)
            is_long = enough and time.monotonic() - self._since > self.long_seconds
            if not wanted or not (is_long or rest > self.rest_seconds):
                return
            if self._run is not None or (config.mode, enough) in self._tried:
                return
            self._tried.add((config.mode, enough))
            setup = TunerSetup(self._encoder, tuple(self._photos), config.threads, config.mode)
            try:
                self._run = TuningRun(
                    setup,
                    is_quiet=self._owner.is_quiet,
                    on_hold=self._owner.on_hold,
                    on_end=self._on_end,
                    target=self._target,
                )
            except OSError as error:
                log.warning("the model cannot be prepared: %s", error)
                return
            self._run.begin()

    def stop(self) -> None:
        """End what is under way; it is begun anew when it is next wanted."""
        with self._lock:
            run, self._run = self._run, None
            self._tried.clear()
        if run is not None:
            run.stop()

    def _on_end(self, run: "TuningRun", tuned: Tuned) -> None:
        with self._lock:
            if run is not self._run:
                return
            self._run = None
        self._owner.on_tuned(tuned.problem)


class TuningRun:
    """One process that prepares a model; a `ProcessListener`."""

    def __init__(
        self,
        setup: TunerSetup,
        *,
        is_quiet: Callable[[], bool] = lambda: True,
        on_hold: Callable[[], None] = lambda: None,
        on_end: Callable[["TuningRun", Tuned], None] | None = None,
        target: TunerTarget = tuner_process.serve_tuner,
    ) -> None:
        """Starts it. on_hold: it will measure once `is_quiet`. Raises OSError."""
        self.measures = False
        self._waits = False
        self._is_quiet = is_quiet
        self._on_hold = on_hold
        self._on_end = on_end
        self._last = Tuned(problem=_ENDED)
        self._ended = threading.Event()
        self._process = EngineProcess(setup, target, self)

    def begin(self) -> None:
        """Start to listen to it."""
        self._process.begin()

    def result(self) -> Tuned:
        """Wait for its last word."""
        self._ended.wait()
        return self._last

    def stop(self) -> None:
        """End it at once; what it has half done goes away with the next one."""
        self._process.kill()
        self._ended.wait(_STOP_SECONDS)

    def on_message(self, process: EngineProcess, message: Message) -> None:  # noqa: ARG002
        if isinstance(message, WantsQuiet):
            self.measures = self._waits = True
            self._on_hold()
        elif isinstance(message, Tuned):
            self._last = message
        elif isinstance(message, Logged):
            logging.getLogger(message.name).log(message.level, "%s", message.text)

    def on_tick(self, process: EngineProcess) -> None:
        if self._waits and self._is_quiet():
            self._waits = False
            process.send(Go())

    def on_end(self, process: EngineProcess) -> None:  # noqa: ARG002
        self.measures = False
        self._ended.set()
        if self._on_end is not None:
            self._on_end(self, self._last)


def prepare_now(setup: TunerSetup) -> Tuned:
    """Prepare a model in a process of its own and wait for it. Raises EngineError."""
    try:
        run = TuningRun(setup)
    except OSError as error:
        raise EngineError(f"the model cannot be prepared: {error}") from error
    run.begin()
    try:
        return run.result()
    finally:
        run.stop()
