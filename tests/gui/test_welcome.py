"""The first start."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton

from photofind.gui.welcome import Welcome


@pytest.fixture
def welcome(qtbot):
    made = Welcome()
    qtbot.addWidget(made)
    made.show()
    return made


def mime(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drag_enter(data: QMimeData) -> QDragEnterEvent:
    return QDragEnterEvent(
        QPoint(50, 50),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )


def test_a_dropped_folder_is_chosen(welcome, qtbot, tmp_path):
    data = mime(tmp_path)
    event = drag_enter(data)
    QApplication.sendEvent(welcome, event)
    assert event.isAccepted()
    assert tmp_path.name in welcome._ask.text()
    drop = QDropEvent(
        QPointF(50, 50),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    with qtbot.waitSignal(welcome.folders_chosen) as signal:
        QApplication.sendEvent(welcome, drop)
    assert signal.args == [[tmp_path]]


def test_a_dragged_file_is_left_to_the_window(welcome, tmp_path):
    file = tmp_path / "one.jpg"
    file.write_bytes(b"x")
    data = mime(file)
    event = drag_enter(data)
    event.ignore()
    QApplication.sendEvent(welcome, event)
    assert not event.isAccepted()


def test_the_button_asks_for_a_folder(welcome, qtbot, tmp_path):
    welcome.findChild(QPushButton).click()
    dialog = welcome.findChild(QFileDialog)
    with qtbot.waitSignal(welcome.folders_chosen) as signal:
        dialog.fileSelected.emit(str(tmp_path))
    dialog.reject()
    assert signal.args == [[tmp_path]]
