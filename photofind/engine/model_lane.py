"""The one thread that owns the model: loads it when first needed, encodes in bounded batches."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from photofind.core.errors import EncoderError, PhotofindError
from photofind.core.types import Vectors
from photofind.encoders.base import Encoder, Pixels
from photofind.engine.lanes import Lanes
from photofind.engine.protocol import Answer, EngineSetup, Failed, Loaded, Message, Notice

log = logging.getLogger(__name__)

LOOK_AHEAD = 48  # decoded pictures that may wait for the model
_FIRST_BATCH = 4
_LARGEST_BATCH = {"cpu": 32}
_LARGEST_ELSEWHERE = 128
_BATCH_SECONDS = 0.12  # a query waits at most about this long
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


class ModelLane:
    """Jobs come in from any thread by `put`; `run` is the thread."""

    def __init__(self, setup: EngineSetup, threads: int, send: Callable[[Message], None]) -> None:
        self._setup = setup
        self._threads = threads
        self._send = send
        self._jobs: Lanes[ModelJob] = Lanes()
        self._encoder: Encoder | None = None
        self._told: Loaded | None = None
        self._failure = ""
        self._try_again_at = 0.0
        self._batch = _FIRST_BATCH
        self.on_room: Callable[[], None] = lambda: None

    @property
    def encoder(self) -> Encoder | None:
        """The loaded model, None while there is none."""
        return self._encoder

    def has_room(self) -> bool:
        return len(self._jobs) < LOOK_AHEAD

    def put(self, job: ModelJob, *, urgent: bool) -> None:
        self._jobs.put(job, urgent=urgent)

    def run(self) -> None:
        while True:
            jobs = self._jobs.take_batch(self._batch, _PATIENCE)
            self.on_room()
            encoder = self._loaded()
            if encoder is None:
                for job in jobs:
                    self._send(Failed(job.request, "engine", self._failure))
                continue
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
        started = time.perf_counter()
        vectors: Vectors = encoder.encode_pixels(pixels)
        self._adapt(encoder, len(jobs), time.perf_counter() - started)
        for job, vector in zip(jobs, vectors, strict=True):
            if np.isfinite(vector).all():
                self._send(Answer(job.request, job.finish(vector)))
            else:
                self._send(Failed(job.request, "image", _UNUSABLE))

    def _adapt(self, encoder: Encoder, count: int, seconds: float) -> None:
        """Batches as large as pays off, and short enough that a query need not wait."""
        kind = encoder.device.partition(" ")[0]
        if seconds > _BATCH_SECONDS:
            self._batch = max(1, min(self._batch, count) * 2 // 3)
        elif count >= self._batch and seconds < _BATCH_SECONDS / 2:
            self._batch = min(self._batch * 2, _LARGEST_BATCH.get(kind, _LARGEST_ELSEWHERE))
