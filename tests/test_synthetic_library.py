"""The generator of the scale benchmark: what it makes is a library like any other."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np

from photofind.core.catalog import Catalog
from photofind.core.library import Library
from photofind.core.paths import LibraryPaths
from photofind.core.thumbnails import ThumbnailStore
from photofind.core.types import InstalledEncoder
from photofind.encoders.curated import BUILTIN_SPEC
from tests.benchmarks.scale_probe import NoAnalyzer
from tests.benchmarks.synthetic import Space, fill, fill_with_files

COUNT = 300


def synthetic_encoder(folder: Path) -> InstalledEncoder:
    return InstalledEncoder(replace(BUILTIN_SPEC, dimension=64), folder, "made-64")


def made(tmp_path: Path) -> tuple[LibraryPaths, str]:
    encoder = synthetic_encoder(tmp_path)
    paths = LibraryPaths(tmp_path / "library")
    fill(paths, COUNT, encoder, tmp_path / "photos")
    return paths, encoder.key


def test_every_photo_has_words_a_vector_and_a_thumbnail(tmp_path: Path) -> None:
    paths, key = made(tmp_path)
    with Catalog.open_readonly(paths.catalog) as catalog:
        assert catalog.check() == []
        assert catalog.photo_count() == COUNT
        assert len(catalog.vector_ids(key)) == COUNT
        assert len(catalog.match_field("norway", "folder")) == COUNT
        table = catalog.hashes()
    assert 0.95 * COUNT < np.count_nonzero(table.has_phash) < COUNT
    assert len(np.unique(table.content, axis=0)) < COUNT  # some are copies
    store = ThumbnailStore.open_readonly(paths.thumbnails)
    contents = [row.tobytes() for row in table.content]
    assert store.get_many(contents).keys() == set(contents)
    store.close()
    assert not list((tmp_path / "photos").iterdir())


def test_photos_of_a_scene_are_nearer_than_others_and_near_copies_nearest() -> None:
    rows = Space(512).pictures(0, 360)
    cosines = rows @ rows.T
    assert cosines[:18, :18].mean() > cosines[:18, 120:].mean() + 0.1
    assert cosines[18, 19] > 0.98
    assert np.array_equal(Space(512).pictures(200, 3), rows[200:203])


def test_unchanged_real_files_are_not_looked_at_again(tmp_path: Path) -> None:
    encoder, photos = synthetic_encoder(tmp_path), tmp_path / "photos"
    paths = LibraryPaths(tmp_path / "library")
    fill_with_files(paths, COUNT, encoder, photos)
    assert sum(1 for _ in photos.rglob("*.jpg")) == COUNT
    library = Library.open(paths, encoder, NoAnalyzer(encoder.key))
    library.load_index()
    report = library.index_folders([photos])
    library.close()
    assert (report.unchanged, report.indexed, report.removed) == (COUNT, 0, 0)
    assert report.failed == ()


def test_dates_run_on() -> None:
    from tests.benchmarks.synthetic import photo_day

    assert photo_day(0) == datetime(2008, 1, 1)
    assert photo_day(180).day == 2
