"""The engine process: reads requests from a pipe, decodes in threads, encodes in others.

Started by `EngineProcess`. It is stateless, ends when the pipe closes, and leaves the terminal
alone: what it logs goes to photofind's log, what native libraries print goes to a file.
"""

import contextlib
import logging
import os
import threading
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from photofind.core.errors import ImageError
from photofind.core.manners import Pace
from photofind.encoders.devices import plan_threads
from photofind.engine import protocol
from photofind.engine.child import forward_log, settle_in
from photofind.engine.decoder import DecodedPicture, Decoder
from photofind.engine.lanes import Lanes
from photofind.engine.model_lane import ModelJob, ModelLane
from photofind.engine.protocol import (
    Analyze,
    Answer,
    Decoded,
    EncodePicture,
    EncodeTexts,
    EngineSetup,
    Failed,
    Message,
    Render,
    Report,
    Reports,
    Started,
    WarmUp,
)

log = logging.getLogger(__name__)

_NICENESS = 5
_UNKNOWN_SIDE = 384  # pixels, while the model's own size is not known
DecodeJob = Analyze | EncodePicture | Render


def serve(connection: Connection, setup: EngineSetup, decoder: Decoder | None = None) -> None:
    """The process's main function; returns only by ending the process."""
    settle_in(setup.log_path, _NICENESS)
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
        forward_log(self._send)

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

    def _accept(self, request: protocol.Request | Pace) -> None:
        if isinstance(request, EncodeTexts):
            self._model.put(ModelJob(request.request, texts=request.texts, urgent=True))
        elif isinstance(request, Pace):
            self._model.set_pace(request)
        elif isinstance(request, WarmUp):
            self._model.put(ModelJob(request.request, urgent=True))
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
            while True:
                report = self._decoded(job)
                following = self._pictures.take_now()
                if following is None:
                    self._send(report)
                    break
                job = following
                self._send(Reports((report, Started(job.request))))

    def _decoded(self, job: DecodeJob) -> Report:
        """Do a job as far as decoding goes; what there is to say of it."""
        try:
            return self._work(job)
        except ImageError as error:
            return Failed(job.request, "image", str(error))
        except MemoryError:
            return Failed(job.request, "image", "there is not enough memory to open it")
        except Exception as error:
            log.warning("decoding failed", exc_info=True)
            reason = f"it could not be read ({type(error).__name__}: {error})"
            return Failed(job.request, "image", reason)

    def _work(self, job: DecodeJob) -> Report:
        if isinstance(job, Render):
            return Answer(job.request, self._decoder.render(job.source, job.side))
        if isinstance(job, EncodePicture):
            image = self._decoder.open_for_model(job.source, self._model_side()).image
            self._model.put(ModelJob(job.request, image=image, urgent=True))
            return Decoded(job.request)
        decoded = self._decoder.analyze(job.path, self._model_side() if job.encode else 0)
        if not job.encode:
            return Answer(job.request, decoded.analysis)
        self._encode(job.request, decoded)
        return Decoded(job.request)

    def _encode(self, request: int, decoded: DecodedPicture) -> None:
        """Hand a picture to the model, scaled here already where the model's size is known."""
        analysis = decoded.analysis
        job = ModelJob(request, finish=lambda vector: replace(analysis, vector=vector))
        encoder = self._model.encoder
        if encoder is None:
            job.image = decoded.image
        else:
            job.pixels = encoder.prepare(decoded.image)
        self._model.put(job)

    def _model_side(self) -> int:
        encoder = self._model.encoder
        return encoder.image_size if encoder is not None else _UNKNOWN_SIDE
