"""Perceptual hashes: stable for the same photo, different for others, none for plain pictures."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from photofind.core.images import open_picture
from photofind.core.phash import PLAIN_BELOW, detail, perceptual_hash
from tests import samples


def distance(first: int | None, second: int | None) -> int:
    assert first is not None
    assert second is not None
    return (first ^ second).bit_count()


def recompressed(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer)


@pytest.mark.parametrize("subject", samples.SAMPLE_SOURCES)
def test_every_sample_photo_has_a_64_bit_hash(subject: str) -> None:
    value = perceptual_hash(samples.sample_picture(subject))
    assert value is not None
    assert 0 <= value < 2**64


@pytest.mark.parametrize("subject", ["cat", "coffee", "temple", "astronaut"])
def test_same_photo_smaller_brighter_and_recompressed_stays_within_8_bits(subject: str) -> None:
    image = samples.sample_picture(subject)
    half = image.resize((image.width // 2, image.height // 2))
    brighter = ImageEnhance.Brightness(image).enhance(1.15)
    for copy in (half, brighter, recompressed(image, 35), image.convert("L")):
        assert distance(perceptual_hash(image), perceptual_hash(copy)) <= 8


def test_different_photos_are_far_apart() -> None:
    subjects = ["cat", "coffee", "temple", "astronaut", "rocket", "flower", "motorcycle"]
    hashes = [perceptual_hash(samples.sample_picture(subject)) for subject in subjects]
    for position, first in enumerate(hashes):
        for second in hashes[position + 1 :]:
            assert distance(first, second) > 16


def test_a_mirrored_photo_is_another_photo() -> None:
    image = samples.sample_picture("cat")
    mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert distance(perceptual_hash(image), perceptual_hash(mirrored)) > 16


def plain_pictures() -> dict[str, Image.Image]:
    random = np.random.default_rng(0)
    down, across = np.mgrid[0:240, 0:320] / [[[240]], [[320]]]
    arrays = {
        "black": np.zeros((240, 320)),
        "grey": np.full((240, 320), 128),
        "white": np.full((240, 320), 255),
        "lens cap": 5 + random.normal(0, 3, (240, 320)),
        "noise": 128 + random.normal(0, 20, (240, 320)),
        "sky": 150 + 60 * down + random.normal(0, 4, (240, 320)),
        "gradient": 255 * across,
        "diagonal gradient": 255 * (across + down) / 2,
        "vignette": 200 - 120 * np.hypot(across - 0.5, down - 0.5),
    }
    return {
        name: Image.fromarray(np.clip(array, 0, 255).astype(np.uint8))
        for name, array in arrays.items()
    }


@pytest.mark.parametrize("name", plain_pictures())
def test_plain_pictures_have_no_hash(name: str) -> None:
    assert perceptual_hash(plain_pictures()[name]) is None


def test_no_real_photo_is_taken_for_plain(shared_photos: Path) -> None:
    with zipfile.ZipFile(shared_photos / "scenes15-dev.zip") as archive:  # the plainest set
        names = [name for name in archive.namelist() if not name.endswith("/")][::5]
        details = [detail(open_picture(archive.read(name), min_side=384).image) for name in names]
    assert len(details) > 200
    assert min(details) > PLAIN_BELOW
