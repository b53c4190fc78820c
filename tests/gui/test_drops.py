import base64
import json

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, QUrl
from PySide6.QtGui import QImage

from photofind.gui.drops import (
    MAX_BYTES,
    PHOTO_IDS_FORMAT,
    Drop,
    is_web_address,
    peek_drop,
    read_drop,
)
from tests.gui.samples import make_image


def encoded(image_format: str = "PNG") -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert make_image(20, 10).save(buffer, image_format)
    return bytes(buffer.data().data())


def files(*paths) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def test_files_and_folders_are_told_apart(qapp, tmp_path):
    picture, folder = tmp_path / "ä b.jpg", tmp_path / "Holiday"
    picture.write_bytes(encoded("JPEG"))
    folder.mkdir()
    drop = read_drop(files(picture, folder, picture))
    assert drop == Drop(pictures=(picture,), folders=(folder,))
    assert peek_drop(files(picture, folder)) == drop


def test_a_vanished_file_is_still_named(qapp, tmp_path):
    gone = tmp_path / "gone.jpg"
    assert read_drop(files(gone)) == Drop(pictures=(gone,))


def test_firefox_gives_a_file_and_that_comes_first(qapp, tmp_path):
    picture = tmp_path / "photo.png"
    picture.write_bytes(encoded())
    data = files(picture)
    data.setHtml('<img src="https://example.org/photo.png">')
    data.setImageData(make_image())
    assert read_drop(data) == Drop(pictures=(picture,))


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "BMP"])
def test_chrome_gives_the_pictures_own_bytes(qapp, image_format):
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/photo")])
    data.setHtml('<img src="https://example.org/photo">')
    data.setData("application/octet-stream", QByteArray(encoded(image_format)))
    assert read_drop(data) == Drop(pictures=(encoded(image_format),))
    assert peek_drop(data) == Drop(pictures=(b"",))


def test_bytes_that_are_no_picture_are_passed_over(qapp):
    data = QMimeData()
    data.setData("application/octet-stream", QByteArray(b"%!PS-Adobe-3.0 EPSF-3.0"))
    data.setUrls([QUrl("https://example.org/photo.jpg")])
    assert read_drop(data) == Drop(urls=("https://example.org/photo.jpg",))


def test_bytes_beyond_the_limit_are_passed_over(qapp):
    data = QMimeData()
    data.setData("image/png", QByteArray(encoded() + b"\0" * MAX_BYTES))
    assert not read_drop(data)


def test_pixels_become_a_png(qapp):
    data = QMimeData()
    data.setImageData(make_image(4000, 2000))
    (picture,) = read_drop(data).pictures
    image = QImage.fromData(picture)
    assert (image.width(), image.height()) == (1536, 768)
    assert image.pixelColor(5, 5).name() == "#cc2222"


def test_the_picture_in_a_page_beats_the_link_around_it(qapp):
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/page.html")])
    data.setHtml('<a href="/x"><IMG alt="a" SRC=" https://example.org/a.jpg?b=1&amp;c=2 "></a>')
    assert read_drop(data) == Drop(urls=("https://example.org/a.jpg?b=1&c=2",))


def test_a_picture_written_into_the_page_needs_no_network(qapp):
    source = base64.b64encode(encoded()).decode()
    data = QMimeData()
    data.setHtml(f'<img src="data:image/png;base64,{source}">')
    assert read_drop(data) == Drop(pictures=(encoded(),))
    data.setHtml('<img src="data:image/png;base64,????">')
    assert not read_drop(data)


def test_an_address_as_plain_words_counts(qapp):
    data = QMimeData()
    data.setText(" https://example.org/a.jpg\n")
    assert read_drop(data) == Drop(urls=("https://example.org/a.jpg",))
    data.setText("see https://example.org/a.jpg")
    assert not read_drop(data)


@pytest.mark.parametrize(
    "text",
    [
        "ftp://example.org/a.jpg",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "http://[broken",
        "example.org/a.jpg",
        "",
    ],
)
def test_only_http_and_https_are_web_addresses(qapp, text):
    assert not is_web_address(text)
    data = QMimeData()
    data.setHtml(f'<img src="{text}">')
    assert not read_drop(data)


def test_words_alone_are_nothing_to_search_by(qapp):
    data = QMimeData()
    data.setText("a dog on the beach")
    assert not read_drop(data)
    assert not read_drop(QMimeData())


def test_own_photos_are_known_again(qapp, tmp_path):
    data = files(tmp_path / "a.jpg")
    data.setData(PHOTO_IDS_FORMAT, QByteArray(json.dumps([3, 5]).encode()))
    assert read_drop(data) == Drop(photo_ids=(3, 5))


@pytest.mark.parametrize("broken", [b"", b"{", b"7", b'["x", null, true, 4]'])
def test_a_forged_mark_does_no_harm(qapp, broken):
    data = QMimeData()
    data.setData(PHOTO_IDS_FORMAT, QByteArray(broken))
    assert set(read_drop(data).photo_ids) <= {4}
