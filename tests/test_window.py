"""The real window on real pictures with the real built-in model, from the first folder on."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from photofind.app import Application
from photofind.core.ownership import LibraryLock, ask_owner
from photofind.core.paths import LibraryPaths
from photofind.core.types import PhotoTerm, PictureTerm, Query, RootState
from tests import samples

_LONG = 60_000  # milliseconds: the first answer waits for the engine to start on a busy machine


class Driver:
    """A window that is used the way a person uses it."""

    def __init__(self, app: Application, photos: Path) -> None:
        self.app = app
        self.photos = photos
        self.parts = app.window.parts

    def names(self) -> list[str]:
        """The file names on show, in order; "" for those not loaded yet."""
        found = [self.app.photos.photo(photo_id) for photo_id in self.app.photos.ids.tolist()]
        return [photo.name if photo else "" for photo in found]

    def wait(self, qtbot: QtBot, done: Callable[[], bool], timeout: int = _LONG) -> None:
        qtbot.waitUntil(done, timeout=timeout)

    def wait_for_names(self, qtbot: QtBot, done: Callable[[list[str]], bool]) -> list[str]:
        def look() -> bool:
            self.app.readers.lookup.look_up(tuple(self.app.photos.ids.tolist()))
            names = self.names()
            return all(names) and done(names)

        self.wait(qtbot, look)
        return self.names()

    def show_all(self, qtbot: QtBot) -> None:
        self.parts.search.clear()
        self.wait(qtbot, lambda: self.app.photos.query == Query())

    def searched(self, qtbot: QtBot, act: Callable[[], object]) -> list[str]:
        """The names on show once the search that `act` starts has been answered."""
        with qtbot.waitSignal(self.app.browsing.searched, timeout=_LONG):
            act()
        return self.wait_for_names(qtbot, lambda names: True)

    def id_of(self, name: str) -> int:
        return next(
            photo_id
            for photo_id, shown in zip(self.app.photos.ids.tolist(), self.names(), strict=True)
            if shown == name
        )

    def select(self, qtbot: QtBot, name: str) -> int:
        photo_id = self.id_of(name)
        self.parts.grid.go_to(photo_id)
        self.wait(qtbot, lambda: self.parts.grid.selected_ids() == [photo_id])
        return photo_id

    def action(self, text: str) -> QAction:
        return next(a for a in self.parts.grid.actions() if a.text() == text)


@pytest.fixture(scope="module")
def driver(
    qapp: QApplication, tmp_path_factory: pytest.TempPathFactory, sample_originals: Path
) -> Iterator[Driver]:
    """A window whose library holds fourteen photos, a copy of one and a smaller version of one."""
    folder = tmp_path_factory.mktemp("window")
    photos = folder / "photos"
    shutil.copytree(sample_originals, photos)
    shutil.copy(photos / samples.SAMPLE_NAMES["cat"], photos / "copy of the cat.jpg")
    with Image.open(photos / samples.SAMPLE_NAMES["coffee"]) as image:
        image.resize((image.width // 2, image.height // 2)).save(photos / "small coffee.jpg")
    paths = LibraryPaths(folder / "library")
    with LibraryLock(paths) as lock:
        lock.acquire("the photofind window")
        app = Application(qapp, paths)
        app._crashes.uninstall()  # pytest-qt is told of exceptions instead
        app.start()
        yield Driver(app, photos)
        app.stop()
        app.window.deleteLater()


def test_first_start_invites_to_add_a_folder(driver: Driver, qtbot: QtBot) -> None:
    driver.wait(qtbot, driver.parts.welcome.isVisible)
    assert not driver.app.window.shows_photos


def test_an_added_folder_fills_the_grid(driver: Driver, qtbot: QtBot) -> None:
    driver.parts.welcome.folders_chosen.emit([driver.photos])
    names = driver.wait_for_names(qtbot, lambda names: len(names) == 16)
    assert sorted(names) == sorted(path.name for path in driver.photos.iterdir())
    assert driver.app.window.shows_photos
    driver.wait(qtbot, lambda: driver.parts.status.text() == "16 photos")


def test_thumbnails_arrive_for_what_is_visible(driver: Driver, qtbot: QtBot) -> None:
    photo_id = int(driver.app.photos.ids[0])
    driver.wait(qtbot, lambda: driver.app.photos.pixmap(photo_id) is not None)


def test_typed_words_find_the_photo(driver: Driver, qtbot: QtBot) -> None:
    def type_words() -> None:
        driver.parts.search.focus_field()
        for letter in "a flower":
            qtbot.keyClick(driver.app.window.focusWidget(), letter)

    names = driver.searched(qtbot, type_words)
    driver.wait(qtbot, lambda: bool(driver.app.photos.query.terms))
    names = driver.wait_for_names(qtbot, lambda names: True)
    assert names[0] == samples.SAMPLE_NAMES["flower"]
    assert driver.app.photos.why(0) == ("content",)
    driver.show_all(qtbot)


def test_words_of_a_file_name_find_it_and_say_so(driver: Driver, qtbot: QtBot) -> None:
    search = driver.parts.search
    names = driver.searched(qtbot, lambda: search.type_text("IMG_2005"))
    assert names[0] == "IMG_2005.jpg"
    assert "name" in driver.app.photos.why(0)
    driver.show_all(qtbot)


def test_a_dropped_picture_finds_its_original(driver: Driver, qtbot: QtBot, tmp_path: Path) -> None:
    outside = tmp_path / "from elsewhere.png"
    with Image.open(driver.photos / samples.SAMPLE_NAMES["astronaut"]) as image:
        image.resize((image.width // 2, image.height // 2)).save(outside)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(outside))])

    def drop() -> None:
        place = driver.app.window.rect().center()
        copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
        keys = Qt.KeyboardModifier.NoModifier
        # As the system does it: without the entry Qt does not know where the drop belongs.
        for event in (
            QDragEnterEvent(place, copy, data, left, keys),
            QDropEvent(QPointF(place), copy, data, left, keys),
        ):
            QApplication.sendEvent(driver.app.window, event)

    names = driver.searched(qtbot, drop)
    assert names[0] == samples.SAMPLE_NAMES["astronaut"]
    assert isinstance(driver.app.photos.query.terms[0], PictureTerm)
    (chip,) = driver.parts.search.chips
    with qtbot.waitSignal(driver.app.browsing.searched, timeout=_LONG):
        chip.removed.emit()
    driver.wait(qtbot, lambda: len(driver.app.photos.ids) == 16)


def test_find_similar_starts_with_the_photo_and_its_copy(driver: Driver, qtbot: QtBot) -> None:
    cat = samples.SAMPLE_NAMES["cat"]
    driver.wait_for_names(qtbot, lambda names: len(names) == 16)
    driver.select(qtbot, cat)
    names = driver.searched(qtbot, driver.action("Find similar").trigger)
    assert set(names[:2]) == {cat, "copy of the cat.jpg"}
    assert names[0] == cat
    assert isinstance(driver.app.photos.query.terms[0], PhotoTerm)
    driver.show_all(qtbot)


def test_details_show_the_selected_photo(driver: Driver, qtbot: QtBot) -> None:
    driver.wait_for_names(qtbot, lambda names: len(names) == 16)
    photo_id = driver.select(qtbot, "small coffee.jpg")
    details = driver.parts.details
    driver.wait(qtbot, lambda: details.photo is not None and details.photo.photo_id == photo_id)
    assert details.photo is not None
    assert details.photo.path == driver.photos / "small coffee.jpg"


def test_preview_shows_the_photo_sharp(driver: Driver, qtbot: QtBot) -> None:
    photo_id = driver.select(qtbot, samples.SAMPLE_NAMES["cat"])
    preview = driver.app.browsing.preview
    with qtbot.waitSignal(driver.app.readers.render.rendered, timeout=_LONG):
        driver.parts.grid.preview_requested.emit(photo_id)
    assert preview.photo_id == photo_id
    qtbot.keyClick(preview, Qt.Key.Key_Escape)
    assert not preview.isVisible()


def test_duplicates_are_found_by_kind(driver: Driver, qtbot: QtBot) -> None:
    found: list[object] = []
    driver.app._finder.groups_found.connect(found.append)
    driver.app.duplicates.open()
    driver.wait(qtbot, lambda: bool(found))
    kinds = {
        frozenset(member.photo.name for member in group.members): str(group.kind)
        for group in found[-1]  # type: ignore[attr-defined]
    }
    cat, coffee = samples.SAMPLE_NAMES["cat"], samples.SAMPLE_NAMES["coffee"]
    assert kinds[frozenset({cat, "copy of the cat.jpg"})] == "identical"
    assert kinds[frozenset({coffee, "small coffee.jpg"})] == "same-photo"
    driver.app.duplicates.close()


def test_trash_asks_and_undo_brings_the_photo_back(driver: Driver, qtbot: QtBot) -> None:
    name = "copy of the cat.jpg"
    driver.wait_for_names(qtbot, lambda names: len(names) == 16)
    photo_id = driver.select(qtbot, name)
    driver.wait(qtbot, lambda: bool(driver.app.browsing.photos_of([photo_id])))
    driver.action("Move to trash…").trigger()
    question = driver.app.window.findChild(QMessageBox)
    assert name in question.text()
    with qtbot.waitSignal(driver.app.library.trash_moved, timeout=_LONG):
        question.defaultButton().click()
    driver.wait_for_names(qtbot, lambda names: name not in names)
    assert not (driver.photos / name).exists()
    with qtbot.waitSignal(driver.app.library.trash_restored, timeout=_LONG):
        driver.app.actions.undo()
    driver.wait_for_names(qtbot, lambda names: name in names)
    assert (driver.photos / name).exists()
    assert driver.id_of(name) == photo_id


def test_a_new_file_appears_and_a_renamed_one_keeps_its_id(driver: Driver, qtbot: QtBot) -> None:
    drawn = driver.photos / "new one.jpg"
    samples.draw_picture(99).save(drawn)
    driver.wait_for_names(qtbot, lambda names: "new one.jpg" in names)
    photo_id = driver.id_of("new one.jpg")
    drawn.rename(driver.photos / "renamed.jpg")
    driver.wait_for_names(qtbot, lambda names: "renamed.jpg" in names and drawn.name not in names)
    assert driver.id_of("renamed.jpg") == photo_id
    (driver.photos / "renamed.jpg").unlink()
    driver.wait_for_names(qtbot, lambda names: "renamed.jpg" not in names)


def test_an_unreadable_file_is_listed_with_its_reason(driver: Driver, qtbot: QtBot) -> None:
    bad = driver.photos / "notes.jpg"
    bad.write_text("These are only words, and quite a few of them.")
    with qtbot.waitSignal(driver.app.library.failures_changed, timeout=_LONG) as told:
        pass
    driver.wait(qtbot, lambda: driver.parts.status._problems.isVisible())
    assert told.args is not None
    bad.unlink()
    driver.wait(qtbot, lambda: not driver.parts.status._problems.isVisible())


def test_a_search_that_finds_nothing_says_what_to_do(driver: Driver, qtbot: QtBot) -> None:
    search = driver.parts.search
    with qtbot.waitSignal(driver.app.browsing.searched, timeout=_LONG):
        search.type_text("before:1900")
    driver.wait(qtbot, driver.parts.message.isVisible)
    assert "Nothing found" in driver.parts.message.text()
    driver.parts.message.action_clicked.emit()
    driver.wait(qtbot, lambda: driver.app.window.shows_photos)


def test_another_process_hands_its_folders_over(
    driver: Driver, qtbot: QtBot, tmp_path: Path
) -> None:
    import threading

    samples.write_drawn_photos(tmp_path / "more", 2)
    answers: list[dict[str, object]] = []
    message = {"command": "index", "folders": [str(tmp_path / "more")]}
    asking = threading.Thread(
        target=lambda: answers.append(ask_owner(driver.app._paths, message)), daemon=True
    )
    asking.start()
    driver.wait(qtbot, lambda: bool(answers))
    report = answers[0]["report"]
    assert isinstance(report, dict)
    assert report["indexed"] == 2
    assert report["failed"] == []
    driver.wait_for_names(qtbot, lambda names: "drawn_000.jpg" in names)


def test_a_folder_that_vanishes_is_offline_and_keeps_its_photos(
    driver: Driver, qtbot: QtBot
) -> None:
    count = len(driver.app.photos.ids)
    away = driver.photos.with_name("unplugged")
    driver.photos.rename(away)
    driver.app.library.rescan()
    driver.wait(
        qtbot,
        lambda: RootState.OFFLINE in {root.state for root in driver.app.browsing.roots},
    )
    driver.app.browsing.refresh()
    qtbot.wait(300)
    assert len(driver.app.photos.ids) == count
    away.rename(driver.photos)
    driver.app.library.rescan()
    driver.wait(
        qtbot,
        lambda: {root.state for root in driver.app.browsing.roots} == {RootState.ONLINE},
    )


def test_window_state_is_remembered(driver: Driver, qtbot: QtBot) -> None:
    driver.app._window_actions.details.setChecked(True)
    driver.parts.grid.set_tile_height(264)
    driver.app._remember()
    path = driver.app._paths.settings
    driver.wait(qtbot, lambda: path.exists() and '"tile_height": 264' in path.read_text("utf-8"))
    assert '"show_details": true' in path.read_text("utf-8")


def test_context_menu_offers_what_can_be_done(driver: Driver, qtbot: QtBot) -> None:
    driver.wait_for_names(qtbot, lambda names: len(names) > 3)
    photo_id = driver.select(qtbot, samples.SAMPLE_NAMES["cat"])
    driver.parts.grid.context_menu_requested.emit(QPoint(0, 0), [photo_id])
    menu = QApplication.activePopupWidget()
    assert menu is not None
    offered = [action.text() for action in menu.actions() if action.text()]
    assert offered == [
        "Open",
        "Show in folder",
        "Find similar",
        "Copy",
        "Copy path",
        "Move to trash…",
    ]
    menu.close()
    driver.action("Copy path").trigger()
    cat = driver.photos / samples.SAMPLE_NAMES["cat"]
    assert QApplication.clipboard().text() == os.fspath(cat)
