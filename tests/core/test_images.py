"""Opening pictures: what is shown of odd files, and what is said of bad ones."""

import io
import logging
import os
import sys
import threading
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from photofind.core.content import content_hash
from photofind.core.errors import ImageError
from photofind.core.images import (
    SUFFIXES,
    OpenedPicture,
    average_color,
    is_photo_name,
    make_thumbnail,
    open_hashed,
    open_picture,
)
from tests import samples

Writer = Callable[[Path], Path]
RED, WHITE = (255, 0, 0), (255, 255, 255)


def opened(path: Path, min_side: int = 384) -> OpenedPicture:
    return open_picture(path, min_side=min_side)


def assert_near(actual: object, expected: tuple[int, int, int], tolerance: int = 6) -> None:
    assert isinstance(actual, tuple)
    differences = [abs(a - b) for a, b in zip(actual, expected, strict=True)]
    assert max(differences) <= tolerance, f"{actual} is not {expected}"


# Names


@pytest.mark.parametrize("name", ["a.jpg", "B.JPEG", "c.Heic", "d.nef", "two.dots.webp", "é.avif"])
def test_photo_names_are_taken(name: str) -> None:
    assert is_photo_name(name)


@pytest.mark.parametrize(
    "name", ["a.txt", "a.svg", "a.eps", "a.pdf", "jpg", ".jpg", ".hidden.jpg", "a.jpg.part", "a."]
)
def test_other_names_are_not(name: str) -> None:
    assert not is_photo_name(name)


def test_suffixes_never_include_what_runs_programs() -> None:
    assert not SUFFIXES & {".eps", ".ps", ".pdf", ".svg", ".wmf", ".emf", ".fpx"}


# Bad files


@pytest.mark.parametrize(
    ("writer", "reason"),
    [
        (samples.zero_byte, "the file is empty"),
        (samples.text_as_jpg, "this is not a picture (it looks like text)"),
        (samples.html_as_jpg, "this is not a picture (it is a web page)"),
        (samples.eps_as_jpg, "this is not a picture (it is a PostScript file)"),
        (samples.dos_eps_as_jpg, "this is not a picture (it is a PostScript file)"),
        (samples.pdf_as_jpg, "this is not a picture (it is a PDF document)"),
        (samples.svg_as_jpg, "this is not a picture (it is an SVG drawing)"),
        (samples.video_as_jpg, "this is not a picture (it is a video)"),
        (samples.garbage_as_jpg, "this is not a picture (its content is of no known kind)"),
        (samples.truncated_jpeg, "the file is cut off"),
        (samples.truncated_png, "the file is cut off"),
        (samples.header_only_jpeg, "the file is cut off"),
        (samples.damaged_png, "the PNG file is damaged, or of a kind that cannot be read"),
        (samples.symlink_loop, "it is a folder, not a file"),
    ],
)
def test_bad_files_are_refused_with_a_plain_reason(
    tmp_path: Path, writer: Writer, reason: str
) -> None:
    path = writer(tmp_path)
    with pytest.raises(ImageError) as caught:
        opened(path)
    assert str(caught.value) == reason


def test_file_of_zeros_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "lost.jpg"
    path.write_bytes(bytes(9000))
    with pytest.raises(ImageError, match="it holds only zeros"):
        opened(path)


@pytest.mark.parametrize("suffix", ["webp", "avif", "heic", "gif", "tif", "bmp", "jpg", "png"])
@pytest.mark.parametrize("part", [0.05, 0.5, 0.95])
def test_no_format_passes_when_it_is_cut_off(tmp_path: Path, suffix: str, part: float) -> None:
    path = tmp_path / f"whole.{suffix}"
    if suffix == "heic":
        samples.heic_photo(tmp_path, path.name)
    else:
        samples.write_picture(path, samples.draw_picture(1))
    data = path.read_bytes()
    with pytest.raises(ImageError):
        open_picture(data[: int(len(data) * part)], min_side=384)


@pytest.mark.parametrize("suffix", ["webp", "avif", "heic", "jpg", "png"])
def test_cut_off_files_are_called_so(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"whole.{suffix}"
    if suffix == "heic":
        samples.heic_photo(tmp_path, path.name)
    else:
        samples.write_picture(path, samples.draw_picture(1))
    with pytest.raises(ImageError, match="the file is cut off"):
        open_picture(path.read_bytes()[: path.stat().st_size * 2 // 3], min_side=384)


@pytest.mark.parametrize("seed", range(60))
def test_any_damage_gives_a_picture_or_a_reason(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    suffix = ["jpg", "png", "gif", "webp", "tif", "bmp"][seed % 6]
    path = samples.write_picture(tmp_path / f"a.{suffix}", samples.draw_picture(seed, (64, 48)))
    data = bytearray(path.read_bytes())
    for position in random.integers(0, min(len(data), 600), 12):
        data[position] = random.integers(256)
    try:
        picture = open_picture(bytes(data), min_side=32, memory_budget=50_000_000)
    except ImageError as error:
        assert str(error)
    else:
        assert picture.image.mode == "RGB"


def test_vanished_file_is_said_to_be_gone(tmp_path: Path) -> None:
    for read in (opened, content_hash):
        with pytest.raises(ImageError, match="the file is no longer there"):
            read(tmp_path / "gone.jpg")


@pytest.fixture
def ordinary_user() -> Iterator[None]:
    """Root may read everything, so for this test be somebody else."""
    if sys.platform == "win32":
        pytest.skip("file modes do not forbid reading there")
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(65534)
    yield
    if was_root:
        os.seteuid(0)


@pytest.fixture
def unreadable(tmp_path: Path) -> Path:
    return samples.unreadable(tmp_path)


def test_unreadable_file_names_the_permission(unreadable: Path, ordinary_user: None) -> None:
    for read in (opened, content_hash):
        with pytest.raises(ImageError, match="no permission to read it"):
            read(unreadable)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_link_to_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="a link that leads to itself"):
        opened(samples.link_to_itself(tmp_path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
@pytest.mark.timeout(20)
def test_named_pipe_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    for read in (opened, content_hash):
        with pytest.raises(ImageError, match="not an ordinary file"):
            read(tmp_path / "pipe.jpg")


# Size and memory


def test_200_megapixel_jpeg_is_cheap(tmp_path: Path) -> None:
    path = samples.big_jpeg(tmp_path)
    picture = open_picture(path, min_side=384, memory_budget=100_000_000)
    assert (picture.metadata.width, picture.metadata.height) == (20_000, 10_000)
    assert 384 <= max(picture.image.size) < 800


def test_huge_png_is_refused_from_its_header(tmp_path: Path) -> None:
    path = samples.huge_header_png(tmp_path)
    with pytest.raises(ImageError, match="too large for the memory: 20,000 × 10,000 pixels"):
        open_picture(path, min_side=384, memory_budget=500_000_000)


def test_huge_png_is_read_within_a_budget_that_allows_it(tmp_path: Path) -> None:
    path = samples.huge_header_png(tmp_path, mode="L")
    picture = open_picture(path, min_side=384, memory_budget=250_000_000)
    assert (picture.metadata.width, picture.metadata.height) == (20_000, 10_000)
    assert max(picture.image.size) < 800


def test_header_of_absurd_size_is_refused(tmp_path: Path) -> None:
    path = samples.huge_header_png(tmp_path, size=(2_000_000, 900_000))
    with pytest.raises(ImageError, match="too large for the memory"):
        opened(path)


def test_progressive_jpeg_counts_its_coefficients(tmp_path: Path) -> None:
    image = samples.draw_picture(1, (2000, 1500))
    plain = samples.write_picture(tmp_path / "plain.jpg", image)
    progressive = samples.write_picture(tmp_path / "progressive.jpg", image, progressive=True)
    assert open_picture(plain, min_side=100, memory_budget=10_000_000)
    with pytest.raises(ImageError, match="too large"):
        open_picture(progressive, min_side=100, memory_budget=10_000_000)


@pytest.mark.parametrize("size", [(2000, 1500), (1500, 2000), (3000, 500), (500, 400), (64, 48)])
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_decoded_size_is_enough_and_not_much_more(
    tmp_path: Path, size: tuple[int, int], suffix: str
) -> None:
    path = samples.write_picture(tmp_path / f"a.{suffix}", samples.draw_picture(2, size))
    picture = opened(path)
    assert (picture.metadata.width, picture.metadata.height) == size
    assert max(picture.image.size) >= min(384, max(size))
    assert min(picture.image.size) >= min(192, min(size))
    assert min(picture.image.size) < 2 * 384
    assert picture.image.width / picture.image.height == pytest.approx(size[0] / size[1], rel=0.02)


def test_process_wide_settings_do_not_leak_remarks(tmp_path: Path) -> None:
    path = samples.huge_header_png(tmp_path, mode="L")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        opened(samples.broken_exif_jpeg(tmp_path))
        opened(path)
    assert caught == []


def test_pillow_logs_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        opened(samples.multipage_tiff(tmp_path))
        opened(samples.broken_exif_jpeg(tmp_path))
    assert caplog.records == []


# Odd files that are good pictures


@pytest.mark.parametrize(
    ("writer", "left", "right"),
    [
        (samples.cmyk_jpeg, RED, WHITE),
        (samples.rgba_png, RED, WHITE),
        (samples.palette_png, RED, WHITE),
        (samples.grey_alpha_png, (0, 0, 0), WHITE),
        (samples.sixteen_bit_rgb_png, (128, 64, 255), (128, 64, 255)),
        (samples.animated_gif, RED, RED),
        (samples.multipage_tiff, RED, RED),
        (samples.raw_dng, RED, (0, 255, 0)),
    ],
)
def test_odd_pixels_come_out_as_they_look(
    tmp_path: Path, writer: Writer, left: tuple[int, int, int], right: tuple[int, int, int]
) -> None:
    image = opened(writer(tmp_path)).image
    assert image.mode == "RGB"
    assert_near(image.getpixel((4, image.height // 2)), left)
    assert_near(image.getpixel((image.width - 5, image.height // 2)), right)


@pytest.mark.parametrize("writer", [samples.sixteen_bit_png, samples.float_tiff])
def test_deep_grey_keeps_its_whole_ramp(tmp_path: Path, writer: Writer) -> None:
    row = np.asarray(opened(writer(tmp_path)).image)[32, :, 0].astype(int)
    assert row[0] <= 2
    assert row[-1] >= 253
    assert row[128] == pytest.approx(128, abs=2)
    assert (np.diff(row) >= 0).all()


def test_twelve_bits_in_sixteen_are_not_nearly_black(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, 4095, 256).astype(np.uint16), (64, 1))
    path = samples.write_picture(tmp_path / "twelve.tif", Image.fromarray(ramp))
    assert np.asarray(opened(path).image)[32, -1, 0] >= 253


def test_deep_grey_is_shrunk_by_averaging(tmp_path: Path) -> None:
    checks = (np.indices((1600, 1600)).sum(axis=0) % 2 * 65535).astype(np.uint16)
    path = samples.write_picture(tmp_path / "checks.png", Image.fromarray(checks))
    image = opened(path).image
    assert max(image.size) < 800
    assert np.asarray(image).std() < 3


def test_floats_that_are_no_numbers_do_no_harm(tmp_path: Path) -> None:
    values = np.full((32, 32), np.nan, dtype=np.float32)
    values[:16] = 1.0
    path = samples.write_picture(tmp_path / "nan.tif", Image.fromarray(values))
    image = opened(path).image
    assert_near(image.getpixel((4, 4)), WHITE)
    assert_near(image.getpixel((4, 28)), (0, 0, 0))


def test_lab_and_bilevel_pictures_are_converted(tmp_path: Path) -> None:
    lab = samples.write_picture(tmp_path / "lab.tif", Image.new("LAB", (32, 32), (255, 0, 0)))
    assert opened(lab).image.mode == "RGB"
    fax = samples.write_picture(tmp_path / "fax.tif", Image.new("1", (32, 32), 1))
    assert_near(opened(fax).image.getpixel((3, 3)), WHITE)


@pytest.mark.parametrize(
    ("writer", "format_name", "frames"),
    [
        (samples.animated_gif, "GIF", 3),
        (samples.multipage_tiff, "TIFF", 2),
        (samples.mpo_photo, "MPO", 2),
        (samples.heic_photo, "HEIF", 1),
        (samples.avif_photo, "AVIF", 1),
        (samples.png_named_jpg, "PNG", 1),
        (samples.raw_dng, "RAW", 1),
    ],
)
def test_content_tells_the_format_and_the_frames(
    tmp_path: Path, writer: Writer, format_name: str, frames: int
) -> None:
    metadata = opened(writer(tmp_path)).metadata
    assert (metadata.format, metadata.frames) == (format_name, frames)


@pytest.mark.parametrize("suffix", ["webp", "png"])
def test_animations_show_their_first_frame(tmp_path: Path, suffix: str) -> None:
    frames = [Image.new("RGB", (40, 30), color) for color in ("red", "lime", "blue")]
    path = tmp_path / f"animated.{suffix}"
    samples.write_picture(path, frames[0], save_all=True, append_images=frames[1:], duration=40)
    picture = opened(path)
    assert_near(picture.image.getpixel((20, 15)), RED)
    assert picture.metadata.frames == 3


@pytest.mark.parametrize("writer", [samples.heic_photo, samples.avif_photo, samples.mpo_photo])
def test_modern_formats_show_their_picture(tmp_path: Path, writer: Writer) -> None:
    seed = {"phone.heic": 12, "modern.avif": 13, "stereo.mpo": 1}
    path = writer(tmp_path)
    image = opened(path).image
    original = samples.draw_picture(seed[path.name], image.size)
    difference = np.asarray(image).astype(int) - np.asarray(original)
    assert np.abs(difference).mean() < 8


def test_wide_gamut_becomes_srgb(tmp_path: Path) -> None:
    image = opened(samples.wide_gamut_jpeg(tmp_path)).image
    assert_near(image.getpixel((5, 5)), (215, 93, 31), tolerance=8)
    assert image.info == {}


def test_broken_profile_is_ignored(tmp_path: Path) -> None:
    image = opened(samples.wide_gamut_jpeg(tmp_path, broken=True)).image
    assert_near(image.getpixel((5, 5)), (200, 100, 50))


@pytest.mark.parametrize("position", range(8))
def test_every_orientation_is_shown_upright(tmp_path: Path, position: int) -> None:
    picture = opened(samples.oriented_jpegs(tmp_path)[position])
    assert (picture.metadata.width, picture.metadata.height) == (64, 32)
    assert picture.image.size == (64, 32)
    assert_near(picture.image.getpixel((4, 3)), WHITE, tolerance=25)
    assert_near(picture.image.getpixel((24, 24)), RED, tolerance=25)
    assert_near(picture.image.getpixel((56, 16)), (0, 0, 255), tolerance=25)


def test_orientation_of_a_tiff_is_applied_once(tmp_path: Path) -> None:
    image = Image.new("RGB", (32, 64), "blue")
    image.paste((255, 0, 0), (0, 0, 32, 32))
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[0x0112] = 8
    path = samples.write_picture(tmp_path / "turned.tif", image, tiffinfo=tags)
    picture = opened(path)
    assert (picture.metadata.width, picture.metadata.height) == picture.image.size == (64, 32)
    assert_near(picture.image.getpixel((5, 16)), RED)


@pytest.mark.parametrize("orientation", [0, 9, 70, 65535])
def test_nonsense_orientation_is_ignored(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = samples.write_picture(tmp_path / "odd.jpg", samples.draw_picture(1), exif=exif)
    assert opened(path).image.size == (320, 240)


def test_broken_exif_does_not_hide_the_picture(tmp_path: Path) -> None:
    picture = opened(samples.broken_exif_jpeg(tmp_path))
    assert picture.image.size == (320, 240)
    assert picture.metadata.taken_at is None


# Raw files


def test_raw_file_without_preview_is_developed(tmp_path: Path) -> None:
    image = opened(samples.raw_dng(tmp_path, preview=0)).image
    red, green, blue = np.asarray(image.resize((2, 1), Image.Resampling.BOX)).astype(int)[0].T
    assert red[0] > 2 * max(green[0], blue[0])
    assert blue[1] > 2 * max(red[1], green[1])


def test_raw_file_with_a_tiny_preview_is_developed(tmp_path: Path) -> None:
    picture = opened(samples.raw_dng(tmp_path, preview=96))
    assert max(picture.image.size) == 320  # half of the sensor's 640


def test_raw_preview_serves_where_memory_is_short(tmp_path: Path) -> None:
    path = samples.raw_dng(tmp_path, preview=96)
    assert max(open_picture(path, min_side=384, memory_budget=500_000).image.size) == 96


@pytest.mark.parametrize(("orientation", "corner"), [(6, "top"), (8, "bottom")])
@pytest.mark.parametrize("preview", [480, 0])
def test_turned_raw_file_is_shown_upright(
    tmp_path: Path, orientation: int, corner: str, preview: int
) -> None:
    path = samples.raw_dng(tmp_path, orientation=orientation, preview=preview)
    picture = opened(path)
    assert (picture.metadata.width, picture.metadata.height) == (480, 640)
    width, height = picture.image.size
    assert width < height
    pixel = picture.image.getpixel(
        (width // 2, height // 8 if corner == "top" else height * 7 // 8)
    )
    assert_near(pixel, RED, tolerance=60)


def test_raw_file_without_its_suffix_is_still_raw(tmp_path: Path) -> None:
    metadata = opened(samples.raw_dng(tmp_path, name="renamed.jpg")).metadata
    assert (metadata.format, metadata.width) == ("RAW", 640)


def test_damaged_raw_files_are_refused(tmp_path: Path) -> None:
    data = samples.raw_dng(tmp_path).read_bytes()
    for number, content in enumerate((data[: len(data) // 2], data[:-200], b"II*\x00" + bytes(9))):
        path = tmp_path / f"{number}.dng"
        path.write_bytes(content)
        with pytest.raises(ImageError, match=r"cut off|damaged"):
            opened(path)


def test_jpeg_named_as_raw_is_a_jpeg(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    samples.draw_picture(1).save(buffer, "JPEG")
    path = tmp_path / "really.nef"
    path.write_bytes(buffer.getvalue())
    assert opened(path).metadata.format == "JPEG"


# Names of files


@pytest.mark.skipif(sys.platform != "linux", reason="other systems forbid such names")
def test_names_that_are_no_utf8_open(tmp_path: Path) -> None:
    path = samples.non_utf8_name(tmp_path)
    assert opened(path).image.size == (320, 240)
    raw = samples.raw_dng(tmp_path)
    moved = raw.rename(Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.dng")))
    assert opened(moved).metadata.format == "RAW"


@pytest.mark.skipif(sys.platform == "win32", reason="paths end earlier there")
def test_very_long_names_and_paths_open(tmp_path: Path) -> None:
    assert opened(samples.very_long_name(tmp_path)).image.size == (320, 240)
    assert opened(samples.deep_folder(tmp_path)).image.size == (320, 240)


def test_too_long_a_name_has_a_reason(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"too long|could not be read|no longer there"):
        opened(tmp_path / ("x" * 5000 + ".jpg"))


# Bytes, hashes, thumbnails


def test_bytes_open_like_the_file(tmp_path: Path) -> None:
    path = samples.exif_jpeg(tmp_path)
    from_bytes = open_picture(path.read_bytes(), min_side=384)
    assert from_bytes.metadata == opened(path).metadata
    assert from_bytes.image.tobytes() == opened(path).image.tobytes()


def test_a_file_is_read_once_for_its_hash_and_its_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = samples.exif_jpeg(tmp_path)
    opened_paths: list[Path] = []
    real_open = Path.open

    def spy(self: Path, *rest: str):
        opened_paths.append(self)
        return real_open(self, *rest)

    monkeypatch.setattr(Path, "open", spy)
    picture, content = open_hashed(path, min_side=384)
    assert opened_paths == [path]
    assert content == content_hash(path)
    assert picture.metadata == opened(path).metadata
    assert picture.image.tobytes() == opened(path).image.tobytes()


def test_a_file_too_large_to_hold_is_hashed_and_decoded_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = samples.exif_jpeg(tmp_path)
    at_once, content = open_hashed(path, min_side=384)
    monkeypatch.setattr("photofind.core.content._HELD", 10)
    in_pieces, same = open_hashed(path, min_side=384)
    assert same == content
    assert in_pieces.image.tobytes() == at_once.image.tobytes()


def test_a_file_that_is_no_picture_has_its_reason_although_it_was_hashed(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("not a picture", "utf-8")
    with pytest.raises(ImageError, match="not a picture"):
        open_hashed(tmp_path / "text.jpg", min_side=384)


@pytest.mark.parametrize(
    ("size", "min_short", "least"),
    [
        ((2400, 1800), 192, (384, 192)),
        ((2400, 1800), 256, (384, 256)),
        ((4000, 500), 224, (384, 224)),
    ],
)
def test_a_large_jpeg_is_decoded_no_further_than_both_sides_need(
    tmp_path: Path, size: tuple[int, int], min_short: int, least: tuple[int, int]
) -> None:
    path = tmp_path / "large.jpg"
    samples.draw_picture(5, size).save(path, "JPEG")
    image = open_picture(path, min_side=384, min_short=min_short).image
    assert max(image.size) >= least[0]
    assert min(image.size) >= least[1]
    assert max(image.size) < 2 * least[0] or min(image.size) < 2 * least[1]


def test_content_hash_follows_content_alone(tmp_path: Path) -> None:
    first, second, other = tmp_path / "a.jpg", tmp_path / "b.png", tmp_path / "c.jpg"
    first.write_bytes(b"x" * 3_000_000)
    second.write_bytes(b"x" * 3_000_000)
    other.write_bytes(b"x" * 2_999_999 + b"y")
    assert content_hash(first) == content_hash(second) != content_hash(other)
    assert len(content_hash(first)) == 16


def test_thumbnail_is_a_small_jpeg_without_profile(tmp_path: Path) -> None:
    picture = opened(samples.wide_gamut_jpeg(tmp_path))
    with Image.open(io.BytesIO(make_thumbnail(picture.image))) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("JPEG", (64, 48))
        assert "icc_profile" not in thumbnail.info
        assert "exif" not in thumbnail.info
    with Image.open(io.BytesIO(make_thumbnail(samples.draw_picture(1, (900, 600))))) as thumbnail:
        assert thumbnail.size == (384, 256)


def test_thumbnail_leaves_the_picture_as_it_was() -> None:
    image = samples.draw_picture(1, (900, 600))
    before = image.tobytes()
    make_thumbnail(image)
    assert image.size == (900, 600)
    assert image.tobytes() == before


def test_average_color_is_packed_as_rgb() -> None:
    image = Image.new("RGB", (40, 20), (10, 200, 30))
    assert average_color(image) == 0x0AC81E
    image.paste((30, 100, 50), (20, 0, 40, 20))
    assert average_color(image) == 0x149628


def test_pictures_open_in_many_threads_at_once(tmp_path: Path) -> None:
    paths = samples.write_drawn_photos(tmp_path, 4, (800, 600))
    paths += [samples.broken_exif_jpeg(tmp_path), samples.heic_photo(tmp_path)]
    expected = [opened(path).image.tobytes() for path in paths]
    wrong: list[object] = []

    def read() -> None:
        for path, content in zip(paths * 3, expected * 3, strict=True):
            if opened(path).image.tobytes() != content:
                wrong.append(path)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_real_photos_all_open(shared_photos: Path) -> None:
    with zipfile.ZipFile(shared_photos / "imagenet1k-sample-dev.zip") as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        for name in names:
            picture = open_picture(archive.read(name), min_side=256)
            assert picture.image.mode == "RGB"
