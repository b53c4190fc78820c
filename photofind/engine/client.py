"""The engine as the rest of photofind uses it: thread-safe calls that return futures.

Owns when a process is started and ended, and what follows from its end. After a crash the files
that were being decoded are tried again one at a time; the one that ends the process again is the
culprit. Knows nothing of Qt.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from photofind.core.errors import EncoderError, EngineError, ImageError, PhotofindError
from photofind.core.manners import FULL_PACE, Pace
from photofind.core.types import Analysis, InstalledEncoder, Vector, Vectors
from photofind.engine.ledger import Call, Ledger
from photofind.engine.process import EngineProcess, Target
from photofind.engine.protocol import (
    Analyze,
    Answer,
    Decoded,
    EncodePicture,
    EncodeTexts,
    EngineConfig,
    EngineSetup,
    EngineStatus,
    Failed,
    Loaded,
    Logged,
    Message,
    Notice,
    Render,
    Rendered,
    Report,
    Reports,
    Request,
    Started,
    WarmUp,
)
from photofind.engine.tuner import Tuner

__all__ = ["EngineClient", "EngineConfig", "EngineStatus", "Rendered"]

log = logging.getLogger(__name__)

_MOST_DEATHS = 3  # in a row, with no answer between and no file to blame
_REST_SECONDS = 30.0  # before another try after that
_SILENCE_SECONDS = 300.0  # with work to do and no word: it hangs outside the decoders
_JOIN_SECONDS = 5.0
_SETTLED_SECONDS = 1.0  # without a request or an answer, after which it is quiet
_KEEPS_FAILING = "the engine keeps failing; photofind's log tells more"
_ERRORS: dict[str, type[PhotofindError]] = {
    "image": ImageError,
    "encoder": EncoderError,
    "engine": EngineError,
}


def _serve(connection: Connection, setup: EngineSetup) -> None:
    """What the child runs; its decoders are imported there alone."""
    from photofind.engine.server import serve

    serve(connection, setup)


class EngineClient:
    """Implements the indexer's `Analyzer` and the search's `QueryEncoder`.

    Futures fail with ImageError (the picture is to blame), EncoderError (the model cannot do it)
    or EngineError (the engine cannot run). Their callbacks run in the engine's threads. A future
    that is cancelled before its request was sent costs nothing.
    """

    def __init__(
        self,
        encoder: InstalledEncoder,
        config: EngineConfig,
        on_notice: Callable[[str], None] | None = None,
        *,
        target: Target = _serve,
    ) -> None:
        """on_notice: called with plain words, from any thread. target: the process's function."""
        self._encoder = encoder
        self._config = config
        self._on_notice = on_notice or _log_notice
        self._target = target
        self._tuner = Tuner(encoder, self)
        self._changed = threading.Condition()
        self._ledger = Ledger()
        self._process: EngineProcess | None = None
        self._dispatcher: threading.Thread | None = None
        self._number = 0
        self._pace = self._told = FULL_PACE  # what is wanted, and what the process knows of
        self._device = ""
        self._force_cpu = False
        self._deaths = 0
        self._broken_until = 0.0
        self._heard = time.monotonic()
        self._closed = False

    @property
    def encoder(self) -> InstalledEncoder:
        return self._encoder

    @property
    def encoder_key(self) -> str:
        return self._encoder.key

    def analyze(self, path: Path, *, encode: bool = True) -> "Future[Analysis]":
        """Hashes, metadata, thumbnail and, with `encode`, the vector of one file."""
        return self._call(lambda number: Analyze(number, path, encode))

    def encode_texts(self, texts: Sequence[str]) -> "Future[Vectors]":
        """float32 (n, d) unit rows; overtakes indexing."""
        return self._call(lambda number: EncodeTexts(number, tuple(texts)))

    def encode_picture(self, source: Path | bytes) -> "Future[Vector]":
        """float32 (d,) of unit length; overtakes indexing."""
        return self._call(lambda number: EncodePicture(number, source))

    def render(self, source: Path | bytes, side: int) -> "Future[Rendered]":
        """The picture with a long side of at most `side` pixels; overtakes indexing."""
        return self._call(lambda number: Render(number, source, side))

    def warm_up(self) -> "Future[None]":
        """Load the model now, so that the first search need not wait for it."""
        return self._call(WarmUp)

    def set_config(self, config: EngineConfig) -> None:
        """Change device, threads or times; what is under way is done again."""
        self._tuner.stop()
        with self._changed:
            self._config = config
            self._force_cpu = False
            self._retire()

    def set_pace(self, pace: Pace) -> None:
        """Work as hard as this on what nobody waits for; within a batch's time."""
        with self._changed:
            self._pace = pace
            self._heard = time.monotonic()
            self._changed.notify_all()

    def status(self) -> EngineStatus:
        with self._changed:
            pid = self._process.pid if self._process is not None else None
            return EngineStatus(pid is not None, self._device, self._encoder.spec.encoder_id, pid)

    def close(self) -> None:
        """End the process and fail what is unfinished. Returns within seconds; may be repeated."""
        with self._changed:
            self._closed = True
            process, self._process = self._process, None
            calls = self._ledger.drain()
            self._changed.notify_all()
            dispatcher = self._dispatcher
        _fail_all(calls, EngineError("the engine was closed"))
        self._tuner.close()
        if process is not None:
            process.stop()
        if dispatcher is not None and dispatcher is not threading.current_thread():
            dispatcher.join(_JOIN_SECONDS)

    def _call(self, make: Callable[[int], Request]) -> Future[Any]:
        with self._changed:
            self._number += 1
            call = Call(make(self._number))
            problem = self._problem()
            if not problem:
                self._ledger.add(call)
                self._start_dispatcher()
                self._changed.notify_all()
        if problem:
            call.future.set_exception(EngineError(problem))
        return call.future

    def _problem(self) -> str:
        if self._closed:
            return "the engine is closed"
        if time.monotonic() < self._broken_until:
            return _KEEPS_FAILING
        return ""

    def _start_dispatcher(self) -> None:
        if self._dispatcher is None:
            self._dispatcher = threading.Thread(
                target=self._dispatch, name="engine-dispatch", daemon=True
            )
            self._dispatcher.start()

    def _dispatch(self) -> None:
        """The only place that starts processes and sends requests."""
        while True:
            with self._changed:
                while (message := self._next()) is None and not self._closed:
                    self._changed.wait()
                if message is None:
                    return
                self._heard = time.monotonic()
                process = self._process
            if process is None:
                process = self._start()
            if process is not None:
                process.send(message)

    def _next(self) -> Request | Pace | None:
        if self._process is not None and self._told != self._pace:
            self._told = self._pace
            return self._pace
        call = self._ledger.send_next(hold=self._pace.hold or self._tuner.holds)
        return None if call is None else call.request

    def _start(self) -> EngineProcess | None:
        """A new process; None where there can be none, and its call is then taken care of."""
        with self._changed:
            config = self._config
            device = "cpu" if self._force_cpu else self._config.device
            setup = EngineSetup(
                self._encoder, device, config.threads, "", mode=config.mode, pace=self._pace
            )
        try:
            process = EngineProcess(setup, self._target, self)
        except Exception as error:  # noqa: BLE001 - without an answer every caller would wait for ever
            self._give_up(f"the engine cannot be started: {error}")
            return None
        with self._changed:
            process.begin()  # before anybody can see the process, and stop it
            wanted = not self._closed and config == self._config
            if wanted:
                self._process = process
                self._told = setup.pace
                self._device = ""
            else:
                self._ledger.recall()
        if wanted:
            return process
        process.kill()
        return None

    def on_message(self, process: EngineProcess, message: Message) -> None:
        """From the process's receiving thread."""
        reports = message.items if isinstance(message, Reports) else (message,)
        with self._changed:
            if process is not self._process:
                return
            self._heard = time.monotonic()
            calls = [self._note(report) for report in reports]
            if any(calls):
                self._deaths = 0
                self._changed.notify_all()
        for call, report in zip(calls, reports, strict=True):
            if call is not None and isinstance(report, Answer):
                call.future.set_result(report.value)
                self._tuner.note_answer(call.request)
            elif call is not None and isinstance(report, Failed):
                call.future.set_exception(_ERRORS[report.kind](report.reason))
            elif isinstance(report, Notice):
                self._on_notice(report.text)
            elif isinstance(report, Logged):
                logging.getLogger(report.name).log(report.level, "%s", report.text)

    def _note(self, report: Report) -> Call | None:
        """Write down what a report says; the call that it ends."""
        if isinstance(report, Started):
            self._ledger.started(report.request, self._heard)
        elif isinstance(report, Decoded):
            self._ledger.decoded(report.request)
        elif isinstance(report, Loaded):
            self._device = report.device
            self._tuner.note_loaded(report)
        elif isinstance(report, (Answer, Failed)):
            return self._ledger.finish(report.request)
        return None

    def on_tick(self, process: EngineProcess) -> None:
        """Ends what hangs, and what has been idle."""
        with self._changed:
            rest = 0.0 if self._ledger.busy else time.monotonic() - self._heard
            config, pace = self._config, self._pace
        if pace.hold:
            self._tuner.stop()
        elif pace == FULL_PACE:
            self._tuner.consider(config, rest)
        with self._changed:
            if process is not self._process:
                return
            now = time.monotonic()
            silence = now - self._heard
            if self._ledger.condemn_late(now, self._config.decode_timeout):
                log.info("a picture takes too long; the engine is started anew")
            elif self._ledger.busy and (self._ledger.awaited or not self._pace.hold):
                if self._ledger.decoding or silence <= _SILENCE_SECONDS:
                    return
                log.warning("the engine has not answered for %d s", silence)
            elif silence > self._config.idle_seconds and not self._ledger.decoding:
                self._process = None
                self._device = ""
                self._ledger.recall()  # while held, what was sent is done later
                log.info("the engine was idle and gives its memory back")
            else:
                return
        process.kill()

    def on_end(self, process: EngineProcess) -> None:
        """Fail the culprits; suspects go alone next, the rest goes again."""
        notice = ""
        with self._changed:
            if process is not self._process:
                return
            self._process = None
            self._device = ""
            verdict = self._ledger.judge()
            if not verdict.culprits and not verdict.new_suspects:
                self._deaths += 1
                if self._deaths == _MOST_DEATHS - 1 and self._config.device != "cpu":
                    self._force_cpu = True
                    notice = "the engine failed twice: it now computes on the processor"
            given_up = self._deaths >= _MOST_DEATHS
            if not given_up:
                self._changed.notify_all()
        for call, reason in verdict.culprits:
            call.future.set_exception(ImageError(reason))
        if notice:
            self._on_notice(notice)
        if given_up:
            self._give_up(_KEEPS_FAILING)

    # What the tuner asks for.

    def quiet_since(self) -> float | None:
        """Since when the process has had nothing to do; None where that is not for long."""
        with self._changed:
            rests = not self._ledger.busy and time.monotonic() - self._heard > _SETTLED_SECONDS
            return self._heard if rests else None

    def on_hold(self) -> None:
        """Background work waits until `on_tuned`."""
        self._on_notice("Finding the fastest way to compute here; indexing goes on after that.")

    def on_tuned(self, problem: str) -> None:
        """Compute in the way that was found, or go on as before."""
        with self._changed:
            runs = self._process is not None
            if not problem:
                self._retire()
            self._changed.notify_all()
        if problem:
            log.info("the model could not be prepared for this computer: %s", problem)
        elif runs:
            self.warm_up()

    def _retire(self) -> None:
        """Replace the process: end it and do what it has not done once more."""
        process, self._process = self._process, None
        self._device = ""
        self._deaths = 0
        self._broken_until = 0.0
        if process is not None:
            self._ledger.recall()
            process.kill()
        self._changed.notify_all()

    def _give_up(self, reason: str) -> None:
        """Fail everything, and let the next requests fail at once for a while."""
        with self._changed:
            self._broken_until = time.monotonic() + _REST_SECONDS
            self._deaths = 0
            calls = self._ledger.drain()
        log.warning("%s", reason)
        _fail_all(calls, EngineError(reason))


def _log_notice(text: str) -> None:
    log.info("%s", text)


def _fail_all(calls: list[Call], error: PhotofindError) -> None:
    for call in calls:
        if call.begin():
            call.future.set_exception(error)
