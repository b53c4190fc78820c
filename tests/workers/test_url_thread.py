"""Fetching a picture from the web: only what was agreed to, and never more than the limit."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from pytestqt.qtbot import QtBot

from photofind.core.errors import PhotofindError
from photofind.workers.url_thread import MAX_BYTES, UrlThread, fetch


class Site(BaseHTTPRequestHandler):
    answers: ClassVar[dict[str, tuple[int, dict[str, str], bytes]]] = {
        "/cat.jpg": (200, {}, b"a picture"),
        "/moved": (302, {"Location": "/cat.jpg"}, b""),
        "/elsewhere": (302, {"Location": "file:///etc/passwd"}, b""),
        "/large": (200, {}, b"x" * (MAX_BYTES + 1)),
        "/loop": (302, {"Location": "/loop"}, b""),
    }

    def do_GET(self) -> None:
        status, headers, body = self.answers.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the client has seen enough

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_picture_is_fetched_through_a_redirect(site: str) -> None:
    assert fetch(f"{site}/cat.jpg") == b"a picture"
    assert fetch(f"{site}/moved") == b"a picture"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/missing", "answered 404"),
        ("/large", "larger than 20 MB"),
        ("/loop", "could not be fetched"),
        ("/elsewhere", "could not be fetched"),
    ],
)
def test_what_cannot_be_fetched_has_a_plain_reason(site: str, path: str, reason: str) -> None:
    with pytest.raises(PhotofindError, match=reason):
        fetch(site + path)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/x.jpg", "javascript:1", "cat"])
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(PhotofindError, match="Only http and https"):
        fetch(url)


def test_thread_answers_with_the_token_of_the_request(qtbot: QtBot, site: str) -> None:
    thread = UrlThread()
    thread.start()
    with qtbot.waitSignal(thread.fetched) as fetched:
        token = thread.fetch(f"{site}/cat.jpg")
    assert fetched.args == [token, b"a picture"]
    with qtbot.waitSignal(thread.fetch_failed) as failed:
        second = thread.fetch(f"{site}/missing")
    assert failed.args is not None
    assert failed.args[0] == second != token
    thread.stop()
    assert thread.isFinished()
