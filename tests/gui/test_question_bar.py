import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from photofind.gui.question_bar import QuestionBar


@pytest.fixture
def host(qtbot):
    host = QWidget()
    qtbot.addWidget(host)
    host.bar, host.field = QuestionBar(), QLineEdit()
    layout = QVBoxLayout(host)
    layout.addWidget(host.bar)
    layout.addWidget(host.field)
    host.show()
    host.field.setFocus()
    return host


def test_yes_gives_back_what_was_asked_about_once(qtbot, host):
    answers: list[object] = []
    host.bar.accepted.connect(answers.append)
    host.bar.ask("Fetch it?", "Fetch", "https://example.org/a.jpg")
    assert host.bar.isVisible()
    qtbot.keyClick(host.focusWidget(), Qt.Key.Key_Return)
    assert answers == ["https://example.org/a.jpg"]
    assert host.bar.isHidden()


def test_escape_is_a_no_and_the_keyboard_goes_back(qtbot, host):
    host.bar.ask("Fetch it?", "Fetch", "x")
    with qtbot.assertNotEmitted(host.bar.accepted):
        qtbot.keyClick(host.focusWidget(), Qt.Key.Key_Escape)
    assert host.bar.isHidden()
    assert host.focusWidget() is host.field


def test_a_strange_host_is_shown_as_it_is_written(host):
    host.bar.ask("Fetch from <b>evil</b>?", "Fetch", "x")
    assert host.bar._text.textFormat() == Qt.TextFormat.PlainText
