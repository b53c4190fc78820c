"""The process that prepares a model for this machine: decodes photos, then `encoders.tuning`."""

import contextlib
import logging
import os
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from PIL import Image

from photofind.core.errors import ImageError, PhotofindError
from photofind.core.images import open_picture
from photofind.engine.child import LAST, forward_log, settle_in
from photofind.engine.protocol import Go, Message, Tuned, TunerSetup, WantsQuiet

log = logging.getLogger(__name__)

_NICENESS = 5  # as the engine
_SIDE = 512  # pixels to decode to


def serve_tuner(connection: Connection, setup: TunerSetup) -> None:
    """The process's main function; returns only by ending the process."""
    settle_in(setup.log_path, _NICENESS if setup.waited_for else LAST)
    link = _Link(connection, setup.log_path)
    forward_log(link.send)
    link.send(_tuned(setup, link))
    os._exit(0)


def _tuned(setup: TunerSetup, link: "_Link") -> Tuned:
    import tqdm

    from photofind.encoders.devices import plan_threads
    from photofind.encoders.tuning import tune

    bars: Any = tqdm.tqdm
    bars.set_lock(threading.RLock())  # the exporter's bars take a semaphore that would outlive us
    try:
        compiled = tune(
            setup.encoder,
            _pictures(setup.photos),
            threads=plan_threads(setup.threads).compute,
            wanted=setup.mode,
            quiet=link.wait_for_quiet,
        )
    except PhotofindError as error:
        return Tuned(problem=str(error))
    except Exception as error:
        log.warning("the model could not be prepared", exc_info=True)
        return Tuned(problem=f"{type(error).__name__}: {error}")
    return Tuned(mode=compiled.pictures_mode)


def _pictures(paths: Sequence[Path]) -> list[Image.Image]:
    """Those that can be read."""
    found: list[Image.Image] = []
    for path in paths:
        with contextlib.suppress(ImageError):
            found.append(open_picture(path, min_side=_SIDE).image)
    return found


class _Link:
    """The pipe to photofind. Where photofind is gone, the process ends."""

    def __init__(self, connection: Connection, log_path: str) -> None:
        self._connection = connection
        self._log_path = log_path
        self._quiet: SimpleQueue[float] = SimpleQueue()
        threading.Thread(target=self._listen, name="link", daemon=True).start()

    def send(self, message: Message) -> None:
        try:
            self._connection.send(message)
        except OSError:
            os._exit(0)

    def wait_for_quiet(self) -> float:
        """Returns since when it has been quiet."""
        self.send(WantsQuiet())
        return self._quiet.get()

    def _listen(self) -> None:
        try:
            while isinstance(message := self._connection.recv(), Go):
                self._quiet.put(message.since)
        except (EOFError, OSError):
            with contextlib.suppress(OSError):
                Path(self._log_path).unlink()
        os._exit(0)
