"""The messages between photofind and its engine process. Small frozen values, pickled on a pipe.

Requests carry a number; every answer names the request it belongs to. `Started` and `Decoded`
bracket the work of a decoder, so that after a crash or a hang the suspects are known.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from photofind.core.manners import FULL_PACE, Pace
from photofind.core.settings import Settings
from photofind.core.types import InstalledEncoder
from photofind.encoders.modes import AUTO, TITLES


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """The user's wishes for the engine."""

    device: str = "auto"  # auto, cpu, cuda, mps, xpu
    threads: int = 0  # 0 chooses from the machine
    mode: str = "auto"  # how the processor computes, see photofind.encoders.modes
    idle_seconds: float = 300.0  # without requests, until its memory is given back
    decode_timeout: float = 20.0  # seconds that one picture may take

    @classmethod
    def of(cls, settings: Settings) -> "EngineConfig":
        """The preferences, PHOTOFIND_COMPUTE standing above the mode they name."""
        mode = os.environ.get("PHOTOFIND_COMPUTE") or settings.mode
        return cls(
            device=settings.device,
            threads=settings.threads,
            mode=mode if mode in TITLES else AUTO,
        )


@dataclass(frozen=True, slots=True)
class EngineSetup:
    """What a new engine process needs to know."""

    encoder: InstalledEncoder
    device: str
    threads: int
    log_path: str  # receives what native libraries print
    mode: str = "auto"
    pace: Pace = FULL_PACE


@dataclass(frozen=True, slots=True)
class TunerSetup:
    """What a process that prepares a model for this machine needs to know."""

    encoder: InstalledEncoder
    photos: tuple[Path, ...]  # of the user's own, to compare with
    threads: int
    mode: str
    log_path: str = ""
    waited_for: bool = False  # by a person: then it does not give way to everything


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """What the engine does now. `device` is "" until a model is loaded."""

    running: bool
    device: str
    encoder_id: str
    pid: int | None


@dataclass(frozen=True, slots=True)
class Rendered:
    """One picture to be shown: `rgb` holds width × height × 3 bytes, row by row."""

    width: int
    height: int
    rgb: bytes


@dataclass(frozen=True, slots=True)
class Analyze:
    request: int
    path: Path
    encode: bool


@dataclass(frozen=True, slots=True)
class EncodeTexts:
    request: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EncodePicture:
    request: int
    source: Path | bytes


@dataclass(frozen=True, slots=True)
class Render:
    request: int
    source: Path | bytes
    side: int  # pixels, longest side at most


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Load the model now."""

    request: int


@dataclass(frozen=True, slots=True)
class Stop:
    """End the process once this is read."""


Request = Analyze | EncodeTexts | EncodePicture | Render | WarmUp


@dataclass(frozen=True, slots=True)
class Started:
    """A decoder begins with this request's file."""

    request: int


@dataclass(frozen=True, slots=True)
class Decoded:
    """The decoder is done with it, for good or ill."""

    request: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The result, of the type that belongs to the request."""

    request: int
    value: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """No result. `kind` is "image", "encoder" or "engine"."""

    request: int
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model is ready on this device. `tuning` as `Encoder.tuning` says it."""

    device: str
    tuning: str = "done"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the user should know."""

    text: str


@dataclass(frozen=True, slots=True)
class Logged:
    """One line for photofind's own log. `level` is logging's."""

    level: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class WantsQuiet:
    """The tuner is about to measure, and waits for `Go`."""


@dataclass(frozen=True, slots=True)
class Go:
    """Nothing else computes now, nor has it for a while.

    Another `since` than before means that something came between.
    """

    since: float  # monotonic seconds


@dataclass(frozen=True, slots=True)
class Tuned:
    """The tuner's last word. `problem` is "" where a record was written."""

    mode: str = ""
    problem: str = ""


Report = Started | Decoded | Answer | Failed | Loaded | Notice | Logged | WantsQuiet | Tuned


@dataclass(frozen=True, slots=True)
class Reports:
    """Several at once, in their order: a message costs more than what is in it."""

    items: tuple[Report, ...]


Message = Report | Reports
