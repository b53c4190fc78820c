import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QPalette

from photofind.core.types import TextTerm
from photofind.gui import theme
from photofind.gui.photo_model import PhotoModel
from photofind.gui.tile_painter import TilePainter, TileState
from tests.gui.samples import make_image, make_photo, make_result

TILE = QRect(20, 20, 150, 100)
PLAIN = TileState()


@pytest.fixture
def model(qapp):
    model = PhotoModel()
    model.set_result(make_result([1, 2, 3], (TextTerm("dog"),)))
    return model


@pytest.fixture
def tiles(model):
    return TilePainter(model)


def paint(tiles: TilePainter, state: TileState = PLAIN, row: int = 0, ratio: float = 1.0) -> QImage:
    image = QImage(round(200 * ratio), round(150 * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("white"))
    painter = QPainter(image)
    tiles.begin(QPalette(), ratio)
    tiles.paint(painter, TILE, row, state)
    painter.end()
    return image


def color_at(image: QImage, x: int, y: int) -> str:
    ratio = image.devicePixelRatio()
    return image.pixelColor(round(x * ratio), round(y * ratio)).name()


def test_the_average_colour_stands_in_while_the_picture_loads(tiles):
    image = paint(tiles)
    assert color_at(image, 95, 70) == "#336699"
    assert color_at(image, 10, 10) == "#ffffff"


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_the_thumbnail_fills_its_tile_at_any_pixel_ratio(tiles, model, ratio):
    model.on_thumbnail_loaded(1, make_image(384, 256, "#cc2222"))
    image = paint(tiles, ratio=ratio)
    for point in [(21, 21), (168, 118), (95, 70)]:
        assert color_at(image, *point) == "#cc2222"
    assert color_at(image, 18, 18) == "#ffffff"
    assert tiles.sharp(1, TILE.size())
    assert not tiles.sharp(1, TILE.size() * 2)


def test_a_picture_of_another_shape_is_shown_whole(tiles, model):
    model.on_thumbnail_loaded(1, make_image(100, 400, "#cc2222"))
    image = paint(tiles)
    assert color_at(image, 95, 70) == "#cc2222"
    ground = QPalette().color(QPalette.ColorRole.AlternateBase).name()
    assert color_at(image, 30, 70) == ground


def test_cropping_fills_the_tile(tiles, model):
    tiles.set_cropping(True)
    model.on_thumbnail_loaded(1, make_image(100, 400, "#cc2222"))
    image = paint(tiles)
    assert color_at(image, 21, 70) == "#cc2222"
    assert color_at(image, 168, 70) == "#cc2222"


def test_selected_tiles_have_a_ring_of_the_accent(tiles, model):
    model.on_thumbnail_loaded(1, make_image())
    image = paint(tiles, TileState(selected=True))
    accent = theme.accent(QPalette()).name()
    assert color_at(image, 18, 70) == accent
    assert color_at(image, 95, 18) == accent
    focused = paint(tiles, TileState(focused=True))
    assert color_at(focused, 18, 70) not in (accent, "#ffffff")


def test_hovering_darkens_the_foot_for_the_words(tiles, model):
    model.on_thumbnail_loaded(1, make_image())
    model.on_photo_loaded(1, make_photo(1))
    image = paint(tiles, TileState(hovered=True))
    assert image.pixelColor(22, 118).lightness() < 60
    assert color_at(image, 95, 25) == "#cc2222"


def test_offline_photos_carry_a_badge(tiles, model):
    model.on_thumbnail_loaded(1, make_image())
    model.on_photo_loaded(1, make_photo(1, offline=True))
    assert color_at(paint(tiles), 151, 26) != "#cc2222"


def test_a_row_that_is_gone_paints_nothing(tiles):
    assert color_at(paint(tiles, row=99), 95, 70) == "#ffffff"
    assert color_at(paint(tiles, row=-1), 95, 70) == "#ffffff"


def test_a_changed_file_loses_its_scaled_picture(tiles, model):
    model.on_thumbnail_loaded(1, make_image())
    paint(tiles)
    model.refresh([1])
    assert not tiles.sharp(1, TILE.size())
    assert color_at(paint(tiles), 95, 70) == "#336699"


def test_the_scaled_picture_outlives_the_thumbnail(qapp):
    model = PhotoModel(thumbnail_bytes=1)
    model.set_result(make_result([1, 2]))
    tiles = TilePainter(model)
    model.on_thumbnail_loaded(1, make_image())
    paint(tiles)
    model.on_thumbnail_loaded(2, make_image())
    assert model.pixmap(1) is None
    assert color_at(paint(tiles), 95, 70) == "#cc2222"


def test_a_new_thumbnail_of_the_same_photo_is_drawn(tiles, model):
    model.on_thumbnail_loaded(1, make_image(color="#cc2222"))
    paint(tiles)
    model.on_thumbnail_loaded(1, make_image(color="#22cc22"))
    assert color_at(paint(tiles), 95, 70) == "#22cc22"


def test_tiny_tiles_are_drawn_too(tiles, model):
    model.on_thumbnail_loaded(1, make_image())
    image = QImage(40, 40, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    tiles.begin(QPalette(), 1.0)
    for size in (QSize(1, 1), QSize(0, 0), QSize(3, 40)):
        everything = TileState(selected=True, focused=True, hovered=True)
        tiles.paint(painter, QRect(QRect(5, 5, 0, 0).topLeft(), size), 0, everything)
    painter.end()
