"""The engine process: reads requests from a pipe, decodes in threads, encodes in one more.

Started by `EngineProcess`. It is stateless, ends when the pipe closes, and leaves the terminal
alone: what it logs goes to photofind's log, what native libraries print goes to a file.
"""

import contextlib
import faulthandler
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
from typing_extensions import override

from photofind.core.errors import ImageError
from photofind.encoders.devices import plan_threads
from photofind.engine import protocol
from photofind.engine.decoder import DecodedPicture, Decoder
from photofind.engine.lanes import Lanes
from photofind.engine.model_lane import ModelJob, ModelLane
from photofind.engine.protocol import (
    Analyze,
    Answer,
    EncodePicture,
    EncodeTexts,
    EngineSetup,
    Failed,
    Logged,
    Message,
    Render,
    Started,
    WarmUp,
)

log = logging.getLogger(__name__)

_NICENESS = 5
_UNKNOWN_SIDE = 512  # pixels to decode to while the model's own size is not known
DecodeJob = Analyze | EncodePicture | Render


def serve(connection: Connection, setup: EngineSetup, decoder: Decoder | None = None) -> None:
    """The process's main function; returns only by ending the process."""
    _leave_the_terminal(setup.log_path)
    # spinning threads would keep the processors from each other as soon as anything else runs
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    _lower_priority()
    _Server(connection, setup, decoder or Decoder()).run()


class _Server:
    def __init__(self, connection: Connection, setup: EngineSetup, decoder: Decoder) -> None:
        self._connection = connection
        self._log_path = setup.log_path
        self._decoder = decoder
        self._sending = threading.Lock()
        plan = plan_threads(setup.threads)
        self._decoders = plan.decode
        self._model = ModelLane(setup, plan.compute, self._send)
        self._pictures: Lanes[DecodeJob] = Lanes(self._model.has_room)
        self._model.on_room = self._pictures.wake
        forwarded = logging.getLogger("photofind")
        forwarded.addHandler(_PipeHandler(self._send))
        forwarded.setLevel(logging.INFO)
        forwarded.propagate = False

    def run(self) -> None:
        for number in range(self._decoders):
            threading.Thread(target=self._decode, name=f"decode-{number}", daemon=True).start()
        threading.Thread(target=self._model.run, name="model", daemon=True).start()
        try:
            while True:
                request = self._connection.recv()
                if isinstance(request, protocol.Stop):
                    break
                self._accept(request)
        except (EOFError, OSError):  # photofind is gone and will not tidy up
            with contextlib.suppress(OSError):
                Path(self._log_path).unlink()
        # ordinary shutdown would wait for threads that may sit in native code
        os._exit(0)

    def _accept(self, request: protocol.Request) -> None:
        if isinstance(request, EncodeTexts):
            self._model.put(ModelJob(request.request, texts=request.texts), urgent=True)
        elif isinstance(request, WarmUp):
            self._model.put(ModelJob(request.request), urgent=True)
        else:
            self._pictures.put(request, urgent=not isinstance(request, Analyze))

    def _send(self, message: Message) -> None:
        try:
            with self._sending:
                self._connection.send(message)
        except OSError:  # photofind is gone
            os._exit(0)

    def _decode(self) -> None:
        while True:
            job = self._pictures.take()
            self._send(Started(job.request))
            try:
                self._work(job)
            except ImageError as error:
                self._send(Failed(job.request, "image", str(error)))
            except MemoryError:
                self._send(Failed(job.request, "image", "there is not enough memory to open it"))
            except Exception as error:
                log.warning("decoding failed", exc_info=True)
                reason = f"it could not be read ({type(error).__name__}: {error})"
                self._send(Failed(job.request, "image", reason))

    def _work(self, job: DecodeJob) -> None:
        if isinstance(job, Render):
            self._send(Answer(job.request, self._decoder.render(job.source, job.side)))
        elif isinstance(job, EncodePicture):
            image = self._decoder.open(job.source, self._min_side()).image
            self._send(protocol.Decoded(job.request))
            self._model.put(ModelJob(job.request, image=image), urgent=True)
        else:
            decoded = self._decoder.analyze(job.path, self._min_side() if job.encode else 0)
            if job.encode:
                self._send(protocol.Decoded(job.request))
                self._encode(job.request, decoded)
            else:
                self._send(Answer(job.request, decoded.analysis))

    def _encode(self, request: int, decoded: DecodedPicture) -> None:
        """Hand a picture to the model, scaled here already where the model's size is known."""
        analysis = decoded.analysis
        job = ModelJob(request, finish=lambda vector: replace(analysis, vector=vector))
        encoder = self._model.encoder
        if encoder is None:
            job.image = decoded.image
        else:
            job.pixels = encoder.prepare(decoded.image)
        self._model.put(job, urgent=False)

    def _min_side(self) -> int:
        """Long side to decode to: twice the model's, so that the short side suffices too."""
        encoder = self._model.encoder
        return 2 * encoder.image_size if encoder is not None else _UNKNOWN_SIDE


class _PipeHandler(logging.Handler):
    """Sends log records to photofind."""

    def __init__(self, send: Callable[[Message], None]) -> None:
        super().__init__()
        self._forward = send

    @override
    def emit(self, record: logging.LogRecord) -> None:
        # the engine's troubles are reported by its answers; the log only explains them
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


def _lower_priority() -> None:
    process = psutil.Process()
    with contextlib.suppress(OSError, psutil.Error):
        if sys.platform == "win32":
            process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            process.nice(max(process.nice(), _NICENESS))
