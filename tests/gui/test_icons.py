import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon, QImage
from PySide6.QtWidgets import QApplication

from photofind.gui import theme
from photofind.gui.icons import icon


@pytest.fixture
def app(qapp):
    yield qapp
    theme.apply_theme(qapp, "light")


def image_of(each: QIcon, mode: QIcon.Mode = QIcon.Mode.Normal) -> QImage:
    return each.pixmap(QSize(32, 32), mode).toImage()


def darkest(image: QImage) -> int:
    shown = [
        image.pixelColor(x, y)
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() > 200
    ]
    assert shown, "nothing was drawn"
    return min(color.lightness() for color in shown)


def test_an_icon_follows_the_palette_by_itself(app):
    theme.apply_theme(app, "light")
    trash = icon("trash")
    assert darkest(image_of(trash)) < 60
    theme.apply_theme(app, "dark")
    assert darkest(image_of(trash)) > 200


def test_a_disabled_icon_is_paler(app):
    theme.apply_theme(app, "light")
    trash = icon("trash")
    assert darkest(image_of(trash, QIcon.Mode.Disabled)) > darkest(image_of(trash)) + 60


def test_a_copy_draws_the_same(app):
    trash = icon("trash")
    assert image_of(QIcon(trash)) == image_of(trash)


def test_an_unknown_name_is_an_error_at_once(app):
    with pytest.raises(KeyError, match="no-such-sign"):
        icon("no-such-sign")


def test_icons_are_sharp_on_dense_screens(app):
    pixmap = icon("trash").pixmap(QSize(32, 32), 2.0)
    assert pixmap.size() == QSize(64, 64)
    assert QApplication.instance() is app
