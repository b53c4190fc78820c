"""Brings one file over HTTP into a `.part`, going on where an earlier try ended."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Generator
from http import HTTPStatus
from pathlib import Path

import httpx

from photofind.core.errors import DownloadError

_TRIES = 4  # in a row, without a single new byte
_POLL_SECONDS = 0.1


class Transfer:
    """One file. `run` returns when the part has its full size, or when it was cancelled."""

    def __init__(
        self,
        client: httpx.Client,
        url: str,
        part: Path,
        size: int,
        *,
        on_bytes: Callable[[int], None],
        cancelled: Callable[[], bool],
        stall_seconds: float,
        pause_seconds: float = 1.0,
    ) -> None:
        self._client = client
        self._url = url
        self._part = part
        self._size = size
        self._on_bytes = on_bytes
        self._cancelled = cancelled
        self._stall_seconds = stall_seconds
        self._pause_seconds = pause_seconds

    def run(self) -> None:
        """Raises DownloadError where the server refuses, stalls or keeps cutting off."""
        failures = 0
        while (before := self._here()) != self._size and not self._cancelled():
            if before > self._size:
                self._part.unlink()
                before = 0
            try:
                self._stream(before)
                problem = "the server ended it early"
            except httpx.ReadTimeout as error:
                raise DownloadError(
                    f"no data came for {self._stall_seconds:g} s; try again, "
                    "it goes on where it stopped"
                ) from error
            except httpx.TooManyRedirects as error:
                raise DownloadError(
                    f"{self._url} leads in a circle; sign in to the network and try again"
                ) from error
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                problem = f"{httpx.URL(self._url).host} cannot be reached ({error})"
            except httpx.TransportError as error:
                problem = str(error) or type(error).__name__
            if self._here() > before:
                failures = 0
                continue
            failures += 1
            if failures >= _TRIES and not self._cancelled():
                raise DownloadError(
                    f"The download stopped: {problem}. Try again when the network is there; "
                    "it goes on where it stopped. A model can also be imported from a file."
                )
            self._pause(failures)

    def _here(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _stream(self, offset: int) -> None:
        headers = {"Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        with self._client.stream(
            "GET", self._url, headers=headers, follow_redirects=True
        ) as answer:
            if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                self._part.unlink()
                return
            _raise_for_refusal(answer)
            resumed = _resumes_at(answer, offset)
            with self._part.open("ab" if resumed else "wb") as file, self._watch(answer):
                here = offset if resumed else 0
                for block in answer.iter_raw():
                    here += len(block)
                    if here > self._size:
                        raise DownloadError(f"{self._url} is larger than it should be")
                    file.write(block)
                    self._on_bytes(here)
                    if self._cancelled():
                        return

    @contextlib.contextmanager
    def _watch(self, answer: httpx.Response) -> Generator[None]:
        """Break a read that waits for data as soon as the user cancels."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(_POLL_SECONDS):
                if self._cancelled():
                    connection = answer.extensions["network_stream"].get_extra_info("socket")
                    with contextlib.suppress(OSError):
                        connection.shutdown(socket.SHUT_RDWR)
                    return

        watcher = threading.Thread(target=watch, name="download-watch", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def _pause(self, failures: int) -> None:
        end = time.monotonic() + self._pause_seconds * 2 ** (failures - 1)
        while time.monotonic() < end and not self._cancelled():
            time.sleep(_POLL_SECONDS)


def _resumes_at(answer: httpx.Response, offset: int) -> bool:
    span = answer.headers.get("Content-Range", "")
    return (
        bool(offset)
        and answer.status_code == HTTPStatus.PARTIAL_CONTENT
        and (span.replace("bytes=", "bytes ").startswith(f"bytes {offset}-"))
    )


def _raise_for_refusal(answer: httpx.Response) -> None:
    """A refusal for good is a DownloadError; one that may pass is a TransportError."""
    code = answer.status_code
    if code in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        return
    if code == HTTPStatus.TOO_MANY_REQUESTS or code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise httpx.RemoteProtocolError(f"the server answered {code}")
    host = answer.url.host
    if code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise DownloadError(f"{host} does not give out this file ({code})")
    if code == HTTPStatus.NOT_FOUND:
        raise DownloadError(f"{host} no longer has this file (404); update photofind")
    raise DownloadError(f"{host} answered {code} instead of the file")
