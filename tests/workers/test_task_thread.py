"""The common shape of background threads."""

import sys
import threading
from types import TracebackType

import pytest
from PySide6.QtCore import Signal
from pytestqt.qtbot import QtBot
from typing_extensions import override

from photofind.workers.task_thread import TaskThread


class Recorder(TaskThread[str]):
    done = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.ended = False

    @override
    def work(self, job: str) -> None:
        if job == "wait":
            self.gate.wait(10)
        elif job == "fail":
            raise RuntimeError("a bug")
        elif job == "newest":
            self.done.emit(self.newest(job))
        else:
            self.done.emit(job)

    @override
    def end(self) -> None:
        self.ended = True


def test_jobs_are_done_in_order(qtbot: QtBot) -> None:
    thread = Recorder()
    seen: list[str] = []
    thread.done.connect(seen.append)
    thread.start()
    for word in ("a", "b", "c"):
        thread.post(word)
    qtbot.waitUntil(lambda: len(seen) == 3)
    thread.stop()
    assert seen == ["a", "b", "c"]
    assert thread.ended


def test_newest_skips_what_waited(qtbot: QtBot) -> None:
    thread = Recorder()
    seen: list[str] = []
    thread.done.connect(seen.append)
    for word in ("newest", "older", "latest"):
        thread.post(word)
    thread.start()
    qtbot.waitUntil(lambda: bool(seen))
    thread.stop()
    assert seen == ["latest"]


def test_stop_drops_what_has_not_begun(qtbot: QtBot) -> None:
    thread = Recorder()
    seen: list[str] = []
    thread.done.connect(seen.append)
    thread.start()
    thread.post("wait")
    thread.post("never")
    thread.requestInterruption()
    thread.gate.set()
    thread.stop()
    qtbot.wait(10)
    assert seen == []


def test_a_bug_reaches_the_exception_hook_and_the_thread_lives_on(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    caught: list[BaseException] = []

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        caught.append(error)

    monkeypatch.setattr(sys, "excepthook", hook)
    thread = Recorder()
    thread.start()
    with qtbot.waitSignal(thread.done) as done:
        thread.post("fail")
        thread.post("after")
    thread.stop()
    assert done.args == ["after"]
    assert [str(error) for error in caught] == ["a bug"]
