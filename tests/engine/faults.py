"""Engine processes that misbehave on purpose: real processes that really crash and hang.

The name of a file decides what its decoder does. Used as `EngineClient(..., target=...)`.
"""

import os
import shutil
import signal
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

from typing_extensions import override

from photofind.core.images import OpenedPicture
from photofind.engine import model_lane
from photofind.engine.decoder import Decoder
from photofind.engine.protocol import EngineSetup, Go, Rendered, Tuned, TunerSetup, WantsQuiet
from photofind.engine.server import serve

SLOW_SECONDS = 0.02


class FaultyDecoder(Decoder):
    @override
    def open_hashed(self, path: Path, model_side: int) -> tuple[OpenedPicture, bytes]:
        misbehave(path.name)
        return super().open_hashed(path, model_side)

    @override
    def open_for_model(self, source: Path | bytes, model_side: int) -> OpenedPicture:
        misbehave(source.name if isinstance(source, Path) else "")
        return super().open_for_model(source, model_side)

    @override
    def render(self, source: Path | bytes, side: int) -> Rendered:
        misbehave(source.name if isinstance(source, Path) else "")
        return super().render(source, side)


def misbehave(name: str) -> None:
    if "crash" in name:
        print("a native library cries out", file=sys.stderr)
        os.kill(os.getpid(), signal.SIGSEGV)
        time.sleep(3600)  # another thread may be the one that it reaches, and later
    if "hang" in name:
        time.sleep(3600)
    if "slow" in name:
        time.sleep(SLOW_SECONDS)
    if "bug" in name:
        raise ZeroDivisionError("a bug")


def serve_with_faults(connection: Connection, setup: EngineSetup) -> None:
    serve(connection, setup, FaultyDecoder())


def serve_without_rest(connection: Connection, setup: EngineSetup) -> None:
    """Tries to load a model again at once."""
    model_lane.REST_SECONDS = 0.0
    serve(connection, setup)


def serve_nothing(connection: Connection, setup: EngineSetup) -> None:
    """Ends as soon as it starts; leaves a line for each start beside the model."""
    with (setup.encoder.folder / "starts").open("a") as file:
        file.write(f"{setup.device}\n")
    os._exit(3)


def prepare_in_no_time(connection: Connection, setup: TunerSetup) -> None:
    """A tuner that asks for quiet, then says how many photos it was given and for which mode."""
    connection.send(WantsQuiet())
    assert isinstance(connection.recv(), Go)
    connection.send(Tuned(problem=f"{len(setup.photos)} photos, {setup.mode}"))


def copy_prepared(source: Path, connection: Connection, setup: TunerSetup) -> None:
    """A tuner that finds out what was found out before."""
    assert setup.encoder.cache is not None
    shutil.copytree(source, setup.encoder.cache)
    connection.send(Tuned(mode=setup.mode))


def end_at_once(connection: Connection, setup: TunerSetup) -> None:
    os._exit(9)


def serve_without_torch(connection: Connection, setup: EngineSetup) -> None:
    """Whatever imports torch fails, and so do open_clip, timm and torchvision."""
    sys.modules["torch"] = None
    serve(connection, setup)
