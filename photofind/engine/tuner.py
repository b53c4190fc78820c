"""When a model is to be prepared for this machine, and the process that does it.

Preparing waits for a rest of the engine, or for an indexing that takes long enough to gain by it.
It gives way to everything else, and measures only while the engine is quiet; an indexing that takes
long is held back for that.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from photofind.core.errors import EngineError
from photofind.core.types import InstalledEncoder
from photofind.encoders.modes import SAMPLES
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

_PAUSE_SECONDS = 2.0  # of the engine, that end an indexing
_STOP_SECONDS = 2.0
_ENDED = "the process that prepares it ended"


class TunerOwner(Protocol):
    """The engine's client. `on_hold` and `on_tuned` come from the tuner's own thread."""

    def quiet_since(self) -> float | None: ...

    def on_hold(self) -> None: ...

    def on_tuned(self, problem: str) -> None: ...


class Tuner:
    """Prepares one model at most once per mode that is asked for."""

    rest_seconds = 30.0  # of the engine, after which there is time
    long_seconds = 60.0  # of indexing without a rest, after which a change of mode pays off

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
        self._closed = False

    @property
    def holds(self) -> bool:
        """Whether background work has to wait."""
        run = self._run
        return run is not None and run.holds

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
            if self._run is not None or self._closed:
                return
            if rest > _PAUSE_SECONDS:
                self._since = 0.0
            enough = len(self._photos) >= SAMPLES
            wanted = self._state == "missing" or (self._state == "provisional" and enough)
            is_time = rest > self.rest_seconds or (enough and self._is_long())
            if not wanted or not is_time or (config.mode, enough) in self._tried:
                return
            self._tried.add((config.mode, enough))
            setup = TunerSetup(self._encoder, tuple(self._photos), config.threads, config.mode)
            try:
                self._run = TuningRun(
                    setup,
                    quiet_since=self._owner.quiet_since,
                    may_hold=self._is_long,
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

    def close(self) -> None:
        """End what is under way and begin nothing any more."""
        with self._lock:
            self._closed = True
        self.stop()

    def _is_long(self) -> bool:
        return 0.0 < self._since < time.monotonic() - self.long_seconds

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
        quiet_since: Callable[[], float | None] = lambda: 0.0,
        may_hold: Callable[[], bool] = lambda: False,
        on_hold: Callable[[], None] = lambda: None,
        on_end: Callable[["TuningRun", Tuned], None] | None = None,
        target: TunerTarget = tuner_process.serve_tuner,
    ) -> None:
        """Starts it. on_hold: from now on `holds`, which only what `may_hold` lets it do.

        Raises OSError.
        """
        self.holds = False
        self._waits = False
        self._quiet_since = quiet_since
        self._may_hold = may_hold
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
            self._waits = True
        elif isinstance(message, Tuned):
            self._last = message
        elif isinstance(message, Logged):
            logging.getLogger(message.name).log(message.level, "%s", message.text)

    def on_tick(self, process: EngineProcess) -> None:
        if not self._waits:
            return
        since = self._quiet_since()
        if since is not None:
            self._waits = False
            process.send(Go(since))
        elif not self.holds and self._may_hold():
            self.holds = True
            self._on_hold()

    def on_end(self, process: EngineProcess) -> None:  # noqa: ARG002
        self.holds = False
        self._ended.set()
        if self._on_end is not None:
            self._on_end(self, self._last)


def prepare_now(setup: TunerSetup) -> Tuned:
    """Prepare a model in a process of its own and wait for it. Raises EngineError."""
    try:
        run = TuningRun(replace(setup, waited_for=True))
    except OSError as error:
        raise EngineError(f"the model cannot be prepared: {error}") from error
    run.begin()
    try:
        return run.result()
    finally:
        run.stop()
