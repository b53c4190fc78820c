"""Fetches one picture that the user dropped as a web address and agreed to fetch."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from PySide6.QtCore import QObject, Signal
from typing_extensions import override

from photofind.core.errors import PhotofindError
from photofind.workers.task_thread import TaskThread

if TYPE_CHECKING:
    import httpx  # 0.15 s at the start of the program, for what few ever do

MAX_BYTES = 20_000_000
_SECONDS = 20.0  # without a sign of life
_LONGEST = 60.0  # altogether, against a server that trickles


@dataclass(frozen=True, slots=True)
class _Request:
    token: int
    url: str


def fetch(url: str) -> bytes:
    """The bytes behind an http or https address, at most `MAX_BYTES`.

    Raises PhotofindError with a plain reason.
    """
    import httpx

    host = urlsplit(url).hostname or url
    if urlsplit(url).scheme not in ("http", "https"):
        raise PhotofindError("Only http and https addresses can be fetched.")
    try:
        with (
            httpx.Client(follow_redirects=True, timeout=_SECONDS, max_redirects=5) as client,
            client.stream("GET", url) as response,
        ):
            response.raise_for_status()
            return _read(response)
    except httpx.HTTPStatusError as error:
        raise PhotofindError(f"{host} answered {error.response.status_code}.") from error
    except httpx.InvalidURL as error:
        raise PhotofindError("This is not a web address.") from error
    except httpx.HTTPError as error:
        raise PhotofindError(f"The picture could not be fetched from {host}.") from error


def _read(response: "httpx.Response") -> bytes:
    data = bytearray()
    end = time.monotonic() + _LONGEST
    for chunk in response.iter_bytes():
        data += chunk
        if len(data) > MAX_BYTES:
            raise PhotofindError(f"This picture is larger than {MAX_BYTES // 1_000_000} MB.")
        if time.monotonic() > end:
            raise PhotofindError("The picture came too slowly and was given up.")
    return bytes(data)


class UrlThread(TaskThread[_Request]):
    """Answers each `fetch` with one `fetched` or `fetch_failed` carrying its token."""

    fetched = Signal(int, bytes)
    fetch_failed = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tokens = 0

    def fetch(self, url: str) -> int:
        self._tokens += 1
        self.post(_Request(self._tokens, url))
        return self._tokens

    @override
    def work(self, job: _Request) -> None:
        try:
            self.fetched.emit(job.token, fetch(job.url))
        except PhotofindError as error:
            self.fetch_failed.emit(job.token, str(error))
