"""EXIF: what is read, what is nonsense and left out, and that nothing in it raises."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from photofind.core.images import open_picture
from photofind.core.metadata import read_metadata, read_orientation
from photofind.core.types import Metadata
from tests import samples

EXIF_BLOCK, GPS_BLOCK = 0x8769, 0x8825


def metadata_of(path: Path) -> Metadata:
    return open_picture(path, min_side=64).metadata


def from_exif(exif: Image.Exif) -> Metadata:
    return read_metadata(exif, size=(4, 3), format_name="JPEG")


def with_dates(original: object, digitized: object, changed: object) -> Image.Exif:
    exif = Image.Exif()
    block = exif.get_ifd(EXIF_BLOCK)
    if original is not None:
        block[0x9003] = original
    if digitized is not None:
        block[0x9004] = digitized
    if changed is not None:
        exif[0x0132] = changed
    return exif


def with_place(*values: object) -> Image.Exif:
    exif = Image.Exif()
    exif.get_ifd(GPS_BLOCK).update(dict(zip((1, 2, 3, 4), values, strict=True)))
    return exif


def test_a_camera_photo_tells_when_where_and_with_what(tmp_path: Path) -> None:
    metadata = metadata_of(samples.exif_jpeg(tmp_path))
    assert metadata.taken_at == datetime(2021, 7, 14, 18, 30, 5)
    assert metadata.camera == "Canon EOS R5"
    assert metadata.lens == "RF24-70mm F2.8 L IS USM"
    assert metadata.latitude == pytest.approx(-33.8568, abs=1e-5)
    assert metadata.longitude == pytest.approx(151.2153, abs=1e-5)
    assert (metadata.width, metadata.height, metadata.format) == (320, 240, "JPEG")


@pytest.mark.parametrize("suffix", ["png", "webp", "tif", "avif"])
def test_other_formats_carry_exif_too(tmp_path: Path, suffix: str) -> None:
    written = with_dates("2020:01:02 03:04:05", None, None)
    written[0x0110] = "Pixel 9"
    exif = Image.Exif()
    exif.load(written.tobytes())  # Pillow's TIFF writer only takes blocks that were read
    path = samples.write_picture(tmp_path / f"a.{suffix}", samples.draw_picture(1), exif=exif)
    metadata = metadata_of(path)
    assert metadata.camera == "Pixel 9"
    assert metadata.taken_at == datetime(2020, 1, 2, 3, 4, 5)


def test_heic_carries_exif_and_is_turned_once(tmp_path: Path) -> None:
    import pillow_heif

    exif = with_dates("2020:01:02 03:04:05", None, None)
    exif[0x0112] = 6
    file = pillow_heif.from_pillow(samples.draw_picture(1))
    file.save(tmp_path / "a.heic", exif=exif.tobytes())
    picture = open_picture(tmp_path / "a.heic", min_side=64)
    assert picture.metadata.taken_at == datetime(2020, 1, 2, 3, 4, 5)
    size = (picture.metadata.width, picture.metadata.height)
    assert size == (240, 320)
    assert picture.image.height > picture.image.width


def test_raw_file_tells_its_camera(tmp_path: Path) -> None:
    metadata = metadata_of(samples.raw_dng(tmp_path))
    assert metadata.camera == "Example One"
    assert metadata.taken_at == datetime(2019, 3, 2, 10, 11, 12)
    assert (metadata.width, metadata.height) == (640, 480)


def test_picture_without_exif_has_only_its_size(tmp_path: Path) -> None:
    path = samples.write_picture(tmp_path / "a.png", samples.draw_picture(1))
    assert metadata_of(path) == Metadata(width=320, height=240, format="PNG")


# When


@pytest.mark.parametrize(
    ("dates", "year"),
    [
        (("2001:01:01 00:00:00", "2002:01:01 00:00:00", "2003:01:01 00:00:00"), 2001),
        ((None, "2002:01:01 00:00:00", "2003:01:01 00:00:00"), 2002),
        ((None, None, "2003:01:01 00:00:00"), 2003),
        (("0000:00:00 00:00:00", "2002:01:01 00:00:00", None), 2002),
    ],
)
def test_the_moment_of_the_picture_comes_first(dates: tuple[object, ...], year: int) -> None:
    taken_at = from_exif(with_dates(*dates)).taken_at
    assert taken_at is not None
    assert taken_at.year == year


@pytest.mark.parametrize(
    "text",
    [
        "0000:00:00 00:00:00",
        "    :  :     :  :  ",
        "",
        "2021:13:01 00:00:00",
        "2021:02:30 00:00:00",
        "2021:01:01 25:00:00",
        "0001:01:01 00:00:00",
        "yesterday",
        b"\xff\xfe",
        12,
        (1, 2),
    ],
)
def test_nonsense_dates_are_no_date(text: object) -> None:
    assert from_exif(with_dates(text, None, None)).taken_at is None


@pytest.mark.parametrize(
    "text",
    [
        "2021:07:14 18:30:05",
        "2021-07-14 18:30:05",
        "2021:07:14 18:30:05\x00",
        "2021-07-14T18:30:05+02:00",
        "2021/07/14 18:30:05",
        b"2021:07:14 18:30:05\x00",
    ],
)
def test_usual_misspellings_of_a_date_are_read(text: object) -> None:
    assert from_exif(with_dates(text, None, None)).taken_at == datetime(2021, 7, 14, 18, 30, 5)


# With what


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("Canon", "Canon EOS R5", "Canon EOS R5"),
        ("NIKON CORPORATION", "NIKON D850", "NIKON D850"),
        ("Apple", "iPhone 13 Pro", "Apple iPhone 13 Pro"),
        ("SONY", "ILCE-7M3", "SONY ILCE-7M3"),
        ("OLYMPUS IMAGING CORP.", "E-M1", "OLYMPUS E-M1"),
        ("LEICA CAMERA AG", "LEICA Q2", "LEICA Q2"),
        ("EASTMAN KODAK COMPANY", "KODAK DX4530", "KODAK DX4530"),
        ("FUJIFILM\x00\x00", "X-T4\x00junk", "FUJIFILM X-T4"),
        ("  ", "Pixel\n9", "Pixel 9"),
        ("Google", "", "Google"),
        ("", "", ""),
    ],
)
def test_camera_says_the_maker_once(make: str, model: str, camera: str) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = make, model
    assert from_exif(exif).camera == camera


@pytest.mark.parametrize("text", ["", "----", "0.0 mm f/0.0", "Unknown", 5, None])
def test_filler_is_no_lens(text: object) -> None:
    exif = Image.Exif()
    exif.get_ifd(EXIF_BLOCK)[0xA434] = text
    assert from_exif(exif).lens == ""


def test_text_is_cut_to_a_sensible_length() -> None:
    exif = Image.Exif()
    exif[0x0110] = "x" * 100_000
    assert len(from_exif(exif).camera) < 200


# Where


def test_decimal_degrees_in_the_first_part_are_read() -> None:
    place = from_exif(with_place("N", (51.5,), "W", (0.25,)))
    assert (place.latitude, place.longitude) == (51.5, -0.25)


@pytest.mark.parametrize(
    "values",
    [
        ("N", (0.0, 0.0, 0.0), "E", (0.0, 0.0, 0.0)),
        ("N", (91.0, 0.0, 0.0), "E", (10.0, 0.0, 0.0)),
        ("N", (50.0, 0.0, 0.0), "E", (181.0, 0.0, 0.0)),
        ("", (50.0, 0.0, 0.0), "E", (10.0, 0.0, 0.0)),
        ("X", (50.0, 0.0, 0.0), "E", (10.0, 0.0, 0.0)),
        ("N", (50.0, 0.0, 0.0), "E", (IFDRational(1, 0), 0.0, 0.0)),
        ("N", (50.0, 0.0, 0.0), "E", (-10.0, 0.0, 0.0)),
        ("N", "fifty", "E", (10.0, 0.0, 0.0)),
        ("N", 50, "E", (10.0, 0.0, 0.0)),
        ("N", (), "E", (10.0,)),
        ("N", (50.0, 0.0, 0.0), "E", None),
        (7, (50.0, 0.0, 0.0), 8, (10.0, 0.0, 0.0)),
    ],
)
def test_impossible_places_are_no_place(values: tuple[object, ...]) -> None:
    place = from_exif(with_place(*values))
    assert (place.latitude, place.longitude) == (None, None)


# Robustness


@pytest.mark.parametrize("value", [0, 9, -1, "6", None, (6, 6), 3.5])
def test_nonsense_orientation_means_upright(value: object) -> None:
    exif = Image.Exif()
    exif[0x0112] = value
    assert read_orientation(exif) == 1


def test_missing_exif_is_upright_and_empty() -> None:
    assert read_orientation(None) == 1
    assert read_metadata(None, size=(1, 2), format_name="PNG") == Metadata(1, 2, "PNG")


@pytest.mark.parametrize("seed", range(40))
def test_damaged_exif_never_raises(tmp_path: Path, seed: int) -> None:
    data = bytearray(samples.exif_jpeg(tmp_path).read_bytes())
    random = np.random.default_rng(seed)
    for position in random.integers(30, 286, 15):
        data[position] = random.integers(256)
    picture = open_picture(bytes(data), min_side=64)
    assert picture.metadata.format == "JPEG"
