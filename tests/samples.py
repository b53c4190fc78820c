"""Pictures for tests: real ones that ship with libraries, drawn ones, and every odd or bad file.

Each writer takes the folder to write into and returns the path of its file. Owns no fixtures.
"""

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageDraw

SAMPLE_SOURCES = {
    "astronaut": ("skimage", "astronaut.png"),
    "cat": ("skimage", "chelsea.png"),
    "coffee": ("skimage", "coffee.png"),
    "rocket": ("skimage", "rocket.jpg"),
    "motorcycle": ("skimage", "motorcycle_left.png"),
    "photographer": ("skimage", "camera.png"),
    "coins": ("skimage", "coins.png"),
    "galaxies": ("skimage", "hubble_deep_field.jpg"),
    "moon": ("skimage", "moon.png"),
    "eye": ("skimage", "retina.jpg"),
    "bricks": ("skimage", "brick.png"),
    "page": ("skimage", "page.png"),
    "temple": ("sklearn", "china.jpg"),
    "flower": ("sklearn", "flower.jpg"),
}
SAMPLE_NAMES = {
    subject: f"IMG_{2001 + position}.jpg" for position, subject in enumerate(SAMPLE_SOURCES)
}
"""Subject → file name. The names say nothing, so that only the content can be found by words."""


def sample_picture(subject: str) -> Image.Image:
    """A real photo that ships inside scikit-image or scikit-learn, as RGB; nothing is fetched."""
    library, name = SAMPLE_SOURCES[subject]
    if library == "skimage":
        import skimage

        path = Path(skimage.__file__).parent / "data" / name
    else:
        import sklearn

        path = Path(sklearn.__file__).parent / "datasets" / "images" / name
    with Image.open(path) as image:
        return image.convert("RGB")


def write_sample_photos(folder: Path, subjects: Sequence[str] = tuple(SAMPLE_SOURCES)) -> Path:
    """Write real photos as JPEG files named by SAMPLE_NAMES; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for subject in subjects:
        sample_picture(subject).save(folder / SAMPLE_NAMES[subject], quality=92)
    return folder


def draw_picture(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """A picture of its own for every seed: shapes on soft noise; the same on every machine."""
    random = np.random.default_rng(seed)
    noise = random.integers(0, 256, (9, 12, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        left, top = (int(random.integers(0, side * 3 // 4)) for side in size)
        width, height = (int(random.integers(side // 10, side // 2)) for side in size)
        color = (int(random.integers(256)), int(random.integers(256)), int(random.integers(256)))
        shape = draw.ellipse if random.random() < 0.5 else draw.rectangle
        shape((left, top, left + width, top + height), fill=color)
    return image


def write_drawn_photos(folder: Path, count: int, size: tuple[int, int] = (320, 240)) -> list[Path]:
    """Write `count` different drawn JPEG files `drawn_000.jpg`, …"""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"drawn_{seed:03}.jpg" for seed in range(count)]
    for seed, path in enumerate(paths):
        draw_picture(seed, size).save(path, quality=90)
    return paths


def unpack(archive: Path, folder: Path, limit: int | None = None) -> list[Path]:
    """Unpack the first `limit` pictures of a zip file into `folder`."""
    with zipfile.ZipFile(archive) as file:
        names = sorted(name for name in file.namelist() if not name.endswith("/"))[:limit]
        return [Path(file.extract(name, folder)) for name in names]


# Files that are no usable picture


def zero_byte(folder: Path, name: str = "zero_byte.jpg") -> Path:
    return _write(folder / name, b"")


def text_as_jpg(folder: Path, name: str = "text.jpg") -> Path:
    return _write(folder / name, b"Dear diary,\ntoday I renamed a letter to .jpg.\n" * 20)


def html_as_jpg(folder: Path, name: str = "page.jpg") -> Path:
    return _write(folder / name, b"<!DOCTYPE html>\n<html><body>404 not found</body></html>\n")


def eps_as_jpg(folder: Path, name: str = "eps.jpg") -> Path:
    """A PostScript program: opening it as a picture would run Ghostscript."""
    program = (
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\nshowpage\n%%EOF\n"
    )
    return _write(folder / name, program)


def dos_eps_as_jpg(folder: Path, name: str = "dos_eps.jpg") -> Path:
    """PostScript behind the binary header that DOS programs gave it."""
    program = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n"
    header = b"\xc5\xd0\xd3\xc6" + struct.pack("<IIIIIIH", 30, len(program), 0, 0, 0, 0, 0xFFFF)
    return _write(folder / name, header + program)


def pdf_as_jpg(folder: Path, name: str = "pdf.jpg") -> Path:
    return _write(folder / name, b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n%%EOF\n")


def svg_as_jpg(folder: Path, name: str = "svg.jpg") -> Path:
    svg = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>\n'
    return _write(folder / name, svg)


def garbage_as_jpg(folder: Path, name: str = "garbage.jpg") -> Path:
    return _write(folder / name, np.random.default_rng(0).bytes(5000))


def video_as_jpg(folder: Path, name: str = "video.jpg") -> Path:
    return _write(folder / name, b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(500))


def truncated_jpeg(folder: Path, name: str = "truncated.jpg") -> Path:
    whole = write_picture(folder / name, draw_picture(7)).read_bytes()
    return _write(folder / name, whole[: len(whole) // 2])


def truncated_png(folder: Path, name: str = "truncated.png") -> Path:
    whole = write_picture(folder / name, draw_picture(7)).read_bytes()
    return _write(folder / name, whole[: len(whole) // 2])


def damaged_png(folder: Path, name: str = "damaged.png") -> Path:
    """A PNG of full length whose pixel data is wrong in the middle."""
    data = bytearray(write_picture(folder / name, draw_picture(7)).read_bytes())
    middle = len(data) // 2
    data[middle : middle + 64] = bytes(64)
    return _write(folder / name, bytes(data))


def header_only_jpeg(folder: Path, name: str = "header_only.jpg") -> Path:
    return _write(folder / name, b"\xff\xd8\xff\xe0")


def huge_header_png(
    folder: Path,
    name: str = "huge.png",
    size: tuple[int, int] = (20_000, 10_000),
    mode: str = "RGB",
) -> Path:
    """A valid black PNG of 200 megapixels in a few hundred kilobytes, made without pixels.

    Beyond a gigabyte of pixels the data ends early: then the header is what matters.
    """
    width, height = size
    color, channels = {"L": (0, 1), "RGB": (2, 3)}[mode]
    header = struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0)
    content = _deflated_zeros(min(1 << 30, (width * channels + 1) * height))
    chunks = ((b"IHDR", header), (b"IDAT", content), (b"IEND", b""))
    return _write(folder / name, _png(*chunks))


def big_jpeg(folder: Path, name: str = "big.jpg", size: tuple[int, int] = (20_000, 10_000)) -> Path:
    """A valid JPEG of 200 megapixels: one encoded row of blocks, repeated."""
    width, height = size
    path = folder / name
    stripe = draw_picture(3, (width, 16))
    stripe.save(path, quality=60, subsampling="4:2:0", restart_marker_rows=1)
    data = bytearray(path.read_bytes())
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 7] = struct.pack(">H", height)
    scan = data.index(b"\xff\xda")
    start = scan + 2 + struct.unpack(">H", data[scan + 2 : scan + 4])[0]
    row = bytes(data[start:-2])
    rows = -(-height // 16)
    body = b"".join(row + bytes((0xFF, 0xD0 + number % 8)) for number in range(rows - 1))
    return _write(path, bytes(data[:start]) + body + row + b"\xff\xd9")


def unreadable(folder: Path, name: str = "unreadable.jpg") -> Path:
    """A good picture that nobody may read (root may: skip such tests where it can be read)."""
    path = write_picture(folder / name, draw_picture(5))
    path.chmod(0)
    return path


def symlink_loop(folder: Path, name: str = "loop") -> Path:
    """A folder that contains a link to itself."""
    loop = folder / name
    loop.mkdir(parents=True)
    (loop / "again").symlink_to(loop, target_is_directory=True)
    return loop


def link_to_itself(folder: Path, name: str = "circle.jpg") -> Path:
    path = folder / name
    path.symlink_to(path)
    return path


# Unusual files that are good pictures


def write_picture(path: Path, image: Image.Image, **options: object) -> Path:
    """Save in the format that the suffix says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)
    return path


def cmyk_jpeg(folder: Path, name: str = "cmyk.jpg") -> Path:
    """As Adobe programs write it: inverted CMYK; the left half is red, the right half white."""
    image = Image.new("CMYK", (64, 48), (0, 0, 0, 0))
    image.paste((0, 255, 255, 0), (0, 0, 32, 48))
    return write_picture(folder / name, image, quality=95)


def sixteen_bit_png(folder: Path, name: str = "sixteen.png") -> Path:
    """A 16-bit grey ramp from black to white."""
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (64, 1))
    return write_picture(folder / name, Image.fromarray(ramp))


def sixteen_bit_rgb_png(folder: Path, name: str = "sixteen_rgb.png") -> Path:
    """48 bits per pixel, all of it (0x8000, 0x4000, 0xFFFF)."""
    row = b"\x00" + struct.pack(">HHH", 0x8000, 0x4000, 0xFFFF) * 32
    header = struct.pack(">IIBBBBB", 32, 32, 16, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(row * 32)), (b"IEND", b""))
    return _write(folder / name, _png(*chunks))


def float_tiff(folder: Path, name: str = "float.tif") -> Path:
    """Grey values 0.0 to 1.0 as 32-bit floats."""
    ramp = np.tile(np.linspace(0, 1, 256, dtype=np.float32), (64, 1))
    return write_picture(folder / name, Image.fromarray(ramp))


def rgba_png(folder: Path, name: str = "rgba.png") -> Path:
    """Left half opaque red, right half fully transparent black."""
    image = Image.new("RGBA", (64, 48), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 32, 48))
    return write_picture(folder / name, image)


def grey_alpha_png(folder: Path, name: str = "grey_alpha.png") -> Path:
    """Left half opaque black, right half transparent black."""
    image = Image.new("LA", (64, 48), (0, 0))
    image.paste((0, 255), (0, 0, 32, 48))
    return write_picture(folder / name, image)


def palette_png(folder: Path, name: str = "palette.png") -> Path:
    """Indexed colours: left half red, right half a transparent palette entry."""
    image = Image.new("P", (64, 48), 1)
    image.putpalette([255, 0, 0, 0, 0, 0])
    image.paste(0, (0, 0, 32, 48))
    return write_picture(folder / name, image, transparency=1)


def animated_gif(folder: Path, name: str = "animated.gif") -> Path:
    """Three frames, the first one red."""
    frames = [Image.new("RGB", (40, 30), color) for color in ("red", "lime", "blue")]
    return write_picture(
        folder / name, frames[0], save_all=True, append_images=frames[1:], duration=40, loop=0
    )


def multipage_tiff(folder: Path, name: str = "pages.tif") -> Path:
    """Two pages, the first one red."""
    pages = [Image.new("RGB", (40, 30), color) for color in ("red", "blue")]
    return write_picture(folder / name, pages[0], save_all=True, append_images=pages[1:])


def mpo_photo(folder: Path, name: str = "stereo.mpo") -> Path:
    pages = [draw_picture(seed, (160, 120)) for seed in (1, 2)]
    return write_picture(folder / name, pages[0], save_all=True, append_images=pages[1:])


def wide_gamut_jpeg(folder: Path, name: str = "wide.jpg", *, broken: bool = False) -> Path:
    """All (200, 100, 50) in the Display P3 colour space, or with that profile destroyed."""
    profile = _display_p3()
    if broken:
        profile = profile[:128] + bytes(len(profile) - 128)
    image = Image.new("RGB", (64, 48), (200, 100, 50))
    return write_picture(folder / name, image, icc_profile=profile, quality=95)


def oriented_jpegs(folder: Path) -> list[Path]:
    """Eight files that all show red left of blue, each stored with its own EXIF orientation."""
    upright = Image.new("RGB", (64, 32), "blue")
    upright.paste((255, 0, 0), (0, 0, 32, 32))
    upright.paste((255, 255, 255), (0, 0, 16, 8))
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    paths: list[Path] = []
    for orientation in range(1, 9):
        stored = upright.transpose(undo[orientation]) if orientation in undo else upright
        exif = Image.Exif()
        exif[0x0112] = orientation
        path = folder / f"orientation_{orientation}.jpg"
        paths.append(write_picture(path, stored, exif=exif, quality=95))
    return paths


def exif_jpeg(
    folder: Path,
    name: str = "exif.jpg",
    *,
    taken: str | None = "2021:07:14 18:30:05",
    make: str = "Canon",
    model: str = "Canon EOS R5",
    lens: str = "RF24-70mm F2.8 L IS USM",
    gps: tuple[float, float] | None = (-33.8568, 151.2153),
    seed: int = 11,
) -> Path:
    """A drawn photo with date, camera, lens and place, as a camera writes them."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = make, model
    inner = exif.get_ifd(0x8769)
    if taken is not None:
        inner[0x9003] = taken
    inner[0xA434] = lens
    if gps is not None:
        latitude, longitude = gps
        place = exif.get_ifd(0x8825)
        place[1], place[2] = ("N" if latitude >= 0 else "S"), _sexagesimal(latitude)
        place[3], place[4] = ("E" if longitude >= 0 else "W"), _sexagesimal(longitude)
    return write_picture(folder / name, draw_picture(seed), exif=exif, quality=90)


def broken_exif_jpeg(folder: Path, name: str = "broken_exif.jpg") -> Path:
    """A good picture behind an EXIF block of nonsense."""
    junk = b"Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff" + b"\x12\x01\x03\x00\xff\xff" * 20
    return write_picture(folder / name, draw_picture(9), exif=junk)


def plain_picture(folder: Path, name: str = "plain.png", color: str = "grey") -> Path:
    return write_picture(folder / name, Image.new("RGB", (320, 240), color))


def heic_photo(folder: Path, name: str = "phone.heic") -> Path:
    """A HEIC file, written by pillow-heif."""
    import pillow_heif

    folder.mkdir(parents=True, exist_ok=True)
    pillow_heif.from_pillow(draw_picture(12)).save(folder / name, quality=80)
    return folder / name


def avif_photo(folder: Path, name: str = "modern.avif") -> Path:
    return write_picture(folder / name, draw_picture(13), quality=70)


def png_named_jpg(folder: Path, name: str = "really_png.jpg") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    draw_picture(14).save(folder / name, format="PNG")
    return folder / name


def raw_dng(
    folder: Path, name: str = "camera.dng", *, preview: int = 480, orientation: int = 1
) -> Path:
    """A raw file of 640 × 480, left half red, right half blue.

    It carries a JPEG preview of the given width (0: none); the preview's right half is lime, so
    that it can be told from the developed sensor data.
    """
    width, height = 640, 480
    sensor = np.full((height, width), 300, dtype="<u2")
    sensor[0::2, 0 : width // 2 : 2] = 9000  # red of an RGGB pattern
    sensor[1::2, width // 2 + 1 :: 2] = 9000  # blue
    small = Image.new("RGB", (max(preview, 8), max(preview, 8) * 3 // 4), "red")
    small.paste((0, 255, 0), (small.width // 2, 0, small.width, small.height))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=90)
    jpeg, raw = buffer.getvalue(), sensor.tobytes()
    plane = [
        (254, "I", (0,)),
        (256, "I", (width,)),
        (257, "I", (height,)),
        (258, "H", (16,)),
        (259, "H", (1,)),
        (262, "H", (32803,)),
        (273, "I", (8,)),
        (277, "H", (1,)),
        (278, "I", (height,)),
        (279, "I", (len(raw),)),
        (33421, "H", (2, 2)),
        (33422, "B", (0, 1, 1, 2)),
        (50714, "H", (0,)),
        (50717, "H", (16383,)),
    ]
    camera = [
        (271, "s", (b"Example\x00",)),
        (272, "s", (b"Example One\x00",)),
        (274, "H", (orientation,)),
        (306, "s", (b"2019:03:02 10:11:12\x00",)),
        (50706, "B", (1, 4, 0, 0)),
        (50708, "s", (b"Example One\x00",)),
        (50721, "r", (1, 0, 0, 0, 1, 0, 0, 0, 1)),
        (50728, "r", (1, 1, 1)),
        (50778, "H", (21,)),
    ]
    if not preview:
        entries = sorted(plane + camera)
        return _write(folder / name, _tiff_header(8 + len(raw)) + raw + _ifd(entries, 8 + len(raw)))
    plane_at = 8 + len(raw) + len(jpeg)
    plane_block = _ifd(plane, plane_at)
    main = [
        (254, "I", (1,)),
        (256, "I", (small.width,)),
        (257, "I", (small.height,)),
        (258, "H", (8, 8, 8)),
        (259, "H", (7,)),
        (262, "H", (6,)),
        (273, "I", (8 + len(raw),)),
        (277, "H", (3,)),
        (278, "I", (small.height,)),
        (279, "I", (len(jpeg),)),
        (330, "I", (plane_at,)),
    ]
    main_at = plane_at + len(plane_block)
    main_block = _ifd(sorted(main + camera), main_at)
    return _write(folder / name, _tiff_header(main_at) + raw + jpeg + plane_block + main_block)


# Names


def non_utf8_name(folder: Path) -> Path:
    """A good picture whose name is no UTF-8; OSError where the system forbids such names."""
    return write_picture(Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.jpg")), draw_picture(15))


def very_long_name(folder: Path) -> Path:
    """A good picture whose name is as long as file systems allow: 255 bytes."""
    return write_picture(folder / ("n" * 251 + ".jpg"), draw_picture(16))


def deep_folder(folder: Path, depth: int = 12) -> Path:
    """A good picture far down, on a path of more than 1,000 characters."""
    for level in range(depth):
        folder = folder / (f"level_{level:02}_" + "d" * 80)
    return write_picture(folder / "deep.jpg", draw_picture(17))


def _write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _png(*chunks: tuple[bytes, bytes]) -> bytes:
    parts = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _deflated_zeros(count: int) -> bytes:
    """A zlib stream of `count` zero bytes: one compressed block, repeated."""
    step = 1 << 20
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = stream.compress(bytes(step)) + stream.flush(zlib.Z_FULL_FLUSH)
    rest = zlib.compressobj(9, zlib.DEFLATED, -15)
    last = rest.compress(bytes(count % step)) + rest.flush()
    checksum = (count % 65521) << 16 | 1
    return b"\x78\xda" + block * (count // step) + last + struct.pack(">I", checksum)


def _tiff_header(first_directory: int) -> bytes:
    return b"II*\x00" + struct.pack("<I", first_directory)


def _ifd(entries: Sequence[tuple[int, str, tuple[object, ...]]], position: int) -> bytes:
    """A TIFF directory that will lie at `position`, with its long values behind it."""
    kinds = {"B": 1, "s": 2, "H": 3, "I": 4, "r": 10}
    table, extra = b"", b""
    extra_at = position + 2 + 12 * len(entries) + 4
    for tag, kind, values in entries:
        if kind == "s":
            data = b"".join(bytes(value) for value in values)
            count = len(data)
        elif kind == "r":
            data = b"".join(struct.pack("<ii", value * 1000, 1000) for value in values)
            count = len(values)
        else:
            data, count = struct.pack(f"<{len(values)}{kind}", *values), len(values)
        if len(data) > 4:
            field, extra = (
                struct.pack("<I", extra_at + len(extra)),
                extra + data + b"\x00" * (-len(data) % 2),
            )
        else:
            field = data.ljust(4, b"\x00")
        table += struct.pack("<HHI", tag, kinds[kind], count) + field
    return struct.pack("<H", len(entries)) + table + bytes(4) + extra


def _sexagesimal(degrees: float) -> tuple[float, float, float]:
    degrees = abs(degrees)
    minutes = degrees % 1 * 60
    return float(int(degrees)), float(int(minutes)), minutes % 1 * 60


def _display_p3() -> bytes:
    """The sRGB profile with the primaries of Display P3 put in."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    primaries = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
    (tags,) = struct.unpack_from(">I", profile, 128)
    for number in range(tags):
        kind, start, _ = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        if kind in primaries:
            struct.pack_into(
                ">3i", profile, start + 8, *(round(v * 65536) for v in primaries[kind])
            )
        if kind == b"desc":
            text = profile.find("sRGB".encode("utf-16-be"), start)
            profile[text : text + 8] = "P3 x".encode("utf-16-be")
    return bytes(profile)
