from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from photofind.gui.drag_out import photo_data
from photofind.gui.drop_overlay import DropOverlay, promise
from photofind.gui.drops import Drop

COPY = Qt.DropAction.CopyAction
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(600, 400)
    window.target = QWidget(window)
    window.target.setGeometry(0, 0, 600, 50)
    window.overlay = DropOverlay(window, window.target)
    window.show()
    return window


def enter(window, data: QMimeData, point=(300, 200)) -> QDragEnterEvent:
    event = QDragEnterEvent(QPoint(*point), COPY, data, Qt.MouseButton.LeftButton, NONE)
    QApplication.sendEvent(window, event)
    return event


def move(window, data: QMimeData, point) -> QDragMoveEvent:
    event = QDragMoveEvent(QPoint(*point), COPY, data, Qt.MouseButton.LeftButton, NONE)
    QApplication.sendEvent(window, event)
    return event


def drop(window, data: QMimeData, point=(300, 200)) -> QDropEvent:
    event = QDropEvent(QPointF(*point), COPY, data, Qt.MouseButton.LeftButton, NONE)
    QApplication.sendEvent(window, event)
    return event


def address(text: str) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl(text)])
    return data


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (Drop(pictures=(Path("/a.jpg"),)), "Find photos like this one"),
        (Drop(pictures=(b"", b"", b"")), "Find photos like these 3"),
        (Drop(folders=(Path("/x/Holiday"),)), "Add folder “Holiday” to the library"),
        (Drop(folders=(Path("/x"), Path("/y"))), "Add 2 folders to the library"),
        (Drop(folders=(Path("/"),)), "Add folder “/” to the library"),
        (Drop(urls=("https://example.org/a.jpg",)), "Fetch this picture from example.org?"),
        (
            Drop(pictures=(b"",), folders=(Path("/x/Holiday"),)),
            "Add folder “Holiday” to the library, and find photos like this one",
        ),
    ],
)
def test_the_promise_says_what_will_happen(content, words):
    assert promise(content) == words


def test_a_drag_dims_the_window_until_it_leaves(window):
    data = address("https://example.org/a.jpg")
    assert enter(window, data).isAccepted()
    assert window.overlay.isVisible()
    assert window.overlay.geometry() == window.rect()
    window.grab()
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not window.overlay.isVisible()


def test_useless_drags_are_refused(window):
    data = QMimeData()
    data.setText("just words")
    assert not enter(window, data).isAccepted()
    assert not window.overlay.isVisible()
    assert not drop(window, data).isAccepted()


def test_a_dropped_address_is_announced(qtbot, window):
    data = address("https://example.org/a.jpg")
    enter(window, data)
    with qtbot.waitSignal(window.overlay.url_dropped) as dropped:
        assert drop(window, data).isAccepted()
    assert dropped.args == ["https://example.org/a.jpg"]
    assert not window.overlay.isVisible()


def test_dropped_files_and_folders_go_their_ways(qtbot, window, tmp_path):
    picture, folder = tmp_path / "a.jpg", tmp_path / "b"
    picture.touch()
    folder.mkdir()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in (picture, folder)])
    enter(window, data)
    with qtbot.waitSignals([window.overlay.pictures_dropped, window.overlay.folders_dropped]):
        drop(window, data)


def test_own_photos_are_welcome_on_their_target_only(qtbot, window):
    data = photo_data([3, 5], [Path("/photos/a.jpg")])
    enter(window, data)
    assert not move(window, data, (300, 200)).isAccepted()
    assert not drop(window, data).isAccepted()
    enter(window, data)
    assert move(window, data, (300, 20)).isAccepted()
    assert not window.overlay.isVisible()
    with qtbot.waitSignal(window.overlay.photos_dropped) as dropped:
        drop(window, data, (300, 20))
    assert dropped.args == [[3, 5]]
