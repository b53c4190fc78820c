"""Owns the model: loads it when first needed, encodes in bounded batches, what is urgent first.

One thread takes the jobs. It computes them itself, or, where each thread computes best by itself,
hands the background's batches out to as many as there are processors: none of them waits for
another, and what a person waits for is computed beside them at once.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from photofind.core.errors import EncoderError, PhotofindError
from photofind.core.manners import Pace
from photofind.core.types import Vector
from photofind.encoders.base import Encoder, Pixels
from photofind.engine.batching import BatchSize
from photofind.engine.lanes import Lanes
from photofind.engine.protocol import (
    Answer,
    EngineSetup,
    Failed,
    Loaded,
    Message,
    Notice,
    Report,
    Reports,
)

log = logging.getLogger(__name__)

LOOK_AHEAD = 48  # decoded pictures that may wait for the model
_LONGEST_REST = 3.0  # seconds
_PATIENCE = 0.015  # seconds to let a batch fill
REST_SECONDS = 20.0  # after a failure to load; a shortage of memory may pass
_UNUSABLE = "the model gave no usable result for it"


@dataclass(slots=True, eq=False)
class ModelJob:
    """Texts, or a picture; neither means: just load. `finish` makes the answer of a vector."""

    request: int
    texts: tuple[str, ...] = ()
    image: Image.Image | None = None
    pixels: Pixels | None = None
    finish: Callable[[Any], Any] = field(default=lambda vector: vector)
    urgent: bool = False


class ModelLane:
    """Jobs come in from any thread by `put`; `run` is the thread."""

    def __init__(self, setup: EngineSetup, threads: int, send: Callable[[Message], None]) -> None:
        self._setup = setup
        self._threads = threads
        self._send = send
        self._pace = setup.pace
        self._jobs: Lanes[ModelJob] = Lanes(self._may_begin)
        self._helpers = ThreadPoolExecutor(threads, "encode")
        self._lock = threading.Lock()
        self._handed_out = 0  # batches
        self._encoder: Encoder | None = None
        self._told: Loaded | None = None
        self._failure = ""
        self._try_again_at = 0.0
        self._batch = BatchSize()
        self.on_room: Callable[[], None] = lambda: None

    @property
    def encoder(self) -> Encoder | None:
        """The loaded model, None while there is none."""
        return self._encoder

    def has_room(self) -> bool:
        """Whether another picture of the background may be decoded now."""
        return len(self._jobs) < LOOK_AHEAD and not self._pace.hold

    def set_pace(self, pace: Pace) -> None:
        """Work as hard as this from now on; a batch that has begun is finished."""
        self._pace = pace
        self._jobs.wake()
        self.on_room()

    def put(self, job: ModelJob) -> None:
        if job.urgent:
            self._batch.note_query()
        self._jobs.put(job, urgent=job.urgent)

    def run(self) -> None:
        while True:
            size = self._batch.size(brief=self._pace.rest > 0, parallel=self._parallel)
            jobs = self._jobs.take_batch(size, _PATIENCE)
            self.on_room()
            encoder = self._loaded()
            if encoder is None:
                for job in jobs:
                    self._send(Failed(job.request, "engine", self._failure))
            elif self._is_shared(encoder, jobs):
                self._hand_out(encoder, jobs)
            else:
                self._work(encoder, jobs)

    @property
    def _parallel(self) -> int:
        return 1 if self._encoder is None else self._encoder.parallel

    def _may_begin(self) -> bool:
        """Whether there is a thread for another batch of the background."""
        return not self._pace.hold and self._handed_out < self._parallel

    @staticmethod
    def _is_shared(encoder: Encoder, jobs: list[ModelJob]) -> bool:
        """Whether a batch is one thread's, of several."""
        return encoder.parallel > 1 and not jobs[0].urgent

    def _hand_out(self, encoder: Encoder, jobs: list[ModelJob]) -> None:
        with self._lock:
            self._handed_out += 1
        try:
            self._helpers.submit(self._help, encoder, jobs)
        except RuntimeError:  # no thread can be started
            self._help(encoder, jobs)

    def _help(self, encoder: Encoder, jobs: list[ModelJob]) -> None:
        try:
            self._work(encoder, jobs)
        finally:
            with self._lock:
                self._handed_out -= 1
            self._jobs.wake()

    def _work(self, encoder: Encoder, jobs: list[ModelJob]) -> None:
        try:
            self._answer(encoder, jobs)
            self._tell_how(encoder)
        except EncoderError as error:
            self._fail(jobs, "encoder", str(error))
        except Exception as error:
            log.warning("encoding failed", exc_info=True)
            self._fail(jobs, "engine", f"the model failed: {error}")

    def _fail(self, jobs: list[ModelJob], kind: str, reason: str) -> None:
        for job in jobs:
            self._send(Failed(job.request, kind, reason))

    def _loaded(self) -> Encoder | None:
        if self._encoder is None and time.monotonic() >= self._try_again_at:
            try:
                self._encoder = self._load()
                self._tell_how(self._encoder)
            except PhotofindError as error:
                self._note_failure(error)
            except Exception as error:
                log.info("the model could not be loaded", exc_info=True)  # told to whoever asked
                self._note_failure(error)
        return self._encoder

    def _tell_how(self, encoder: Encoder) -> None:
        """Say where it computes; again when that has changed."""
        with self._lock:
            now = Loaded(encoder.device, encoder.tuning)
            if now != self._told:
                self._told = now
                self._send(now)

    def _note_failure(self, error: Exception) -> None:
        self._failure = f"the model {self._setup.encoder.spec.title} cannot be loaded: {error}"
        self._try_again_at = time.monotonic() + REST_SECONDS

    def _load(self) -> Encoder:
        from photofind.encoders.loading import load_encoder

        return load_encoder(
            self._setup.encoder,
            device=self._setup.device,
            threads=self._threads,
            mode=self._setup.mode,
            on_notice=lambda text: self._send(Notice(text)),
        )

    def _answer(self, encoder: Encoder, jobs: list[ModelJob]) -> None:
        first = jobs[0]
        if first.texts:
            vectors = encoder.encode_texts(first.texts)
            if np.isfinite(vectors).all():
                self._send(Answer(first.request, vectors))
            else:
                self._send(Failed(first.request, "encoder", "the model cannot make sense of it"))
        elif first.image is None and first.pixels is None:
            if encoder.spec.has_text:
                encoder.encode_texts(("a photo",))  # brings up the side that a search waits for
            self._send(Answer(first.request, None))
        else:
            self._encode_pictures(encoder, jobs)

    def _encode_pictures(self, encoder: Encoder, jobs: list[ModelJob]) -> None:
        pixels: list[Pixels] = []
        for job in jobs:
            if job.pixels is None and job.image is not None:
                job.pixels = encoder.prepare(job.image)
            if job.pixels is not None:
                pixels.append(job.pixels)
        apart = self._is_shared(encoder, jobs)
        processor_time = time.thread_time if apart else time.process_time
        started, computed = time.perf_counter(), processor_time()
        vectors = encoder.encode_apart(pixels) if apart else encoder.encode_pixels(pixels)
        seconds = time.perf_counter() - started
        self._batch.note(encoder.device, len(jobs), seconds)
        self._send(Reports(tuple(map(_report, jobs, vectors))))
        if self._pace.rest > 0:
            # where others leave it little of the processor, it has rested already
            on_cpu = encoder.device.startswith("cpu")
            self._rest(min(seconds, processor_time() - computed) if on_cpu else seconds)

    def _rest(self, worked: float) -> None:
        """Leave the machine to others; what a person waits for ends it."""
        pace = self._pace
        seconds = min(worked * pace.rest, _LONGEST_REST)
        self._jobs.rest(seconds, lambda: self._pace is not pace)


def _report(job: ModelJob, vector: Vector) -> Report:
    if np.isfinite(vector).all():
        return Answer(job.request, job.finish(vector))
    return Failed(job.request, "image", _UNUSABLE)
