import sys
import threading

import pytest
from PySide6.QtWidgets import QMessageBox, QWidget

from photofind.gui.crash_dialog import CrashReporter


@pytest.fixture
def reporter(qtbot):
    before = sys.excepthook, threading.excepthook
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    reporter = CrashReporter(window)
    reporter.window = window
    reporter.install()
    yield reporter
    reporter.uninstall()
    sys.excepthook, threading.excepthook = before


def fail(text: str) -> None:
    try:
        raise ValueError(text)
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)


def boxes(reporter: CrashReporter) -> list[QMessageBox]:
    return [box for box in reporter.window.findChildren(QMessageBox) if box.isVisible()]


@pytest.mark.expects_errors
def test_a_bug_is_shown_with_its_traceback_and_once(qtbot, reporter):
    fail("<b>broken</b>")
    fail("again")
    qtbot.waitUntil(lambda: len(boxes(reporter)) == 1)
    (box,) = boxes(reporter)
    assert "<b>broken</b>" in box.informativeText()
    assert "in fail" in box.detailedText()
    box.reject()
    fail("later")
    qtbot.waitUntil(lambda: len(boxes(reporter)) == 1)


@pytest.mark.expects_errors
def test_a_bug_in_a_thread_is_shown_too(qtbot, reporter):
    def work() -> None:
        raise ValueError("in a thread")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(boxes(reporter)) == 1)
    assert "in a thread" in boxes(reporter)[0].informativeText()
