"""The writing side of a library as a whole."""

from dataclasses import replace

import numpy as np
import pytest

from photofind.core.errors import FolderError
from photofind.core.library import Library
from photofind.core.paths import LibraryPaths
from photofind.core.types import InstalledEncoder, RootState
from tests.core.indexing import DIMENSION, LocalAnalyzer, draw, fill
from tests.core.libraries import SPEC
from tests.core.storage import matches

KEY = "mine-00000001"


@pytest.fixture
def library(tmp_path):
    paths = LibraryPaths(tmp_path / "library")
    spec = replace(SPEC, encoder_id="mine", dimension=DIMENSION)
    analyzer = LocalAnalyzer(KEY)
    opened = Library.open(paths, InstalledEncoder(spec, paths.models / "mine", KEY), analyzer)
    yield opened
    analyzer.close()
    opened.close()


def test_what_was_made_for_models_that_are_gone_is_dropped(library, tmp_path):
    library.index_folders([fill(tmp_path / "photos", 2)])
    ids = library.catalog.vector_ids(KEY).tolist()
    (library.paths.models / "there").mkdir(parents=True)
    gone = ["gone-00000002", "mine-00000000"]
    kept = [KEY, "builtin-00000003", "there-00000004", "answering-00000005"]
    for key in [*gone, *kept[1:]]:
        library.catalog.store_vectors(key, ids, np.eye(len(ids), 4, dtype=np.float32))
        (library.paths.index / f"{key}.usearch").touch()
        (library.paths.index / f"{key}.json").touch()
    library.tidy(others=["answering-00000005"])
    assert set(library.catalog.counts().with_vector) == set(kept)
    assert {path.stem for path in library.paths.index.iterdir()} == set(kept)


def test_without_a_folder_of_models_nothing_is_dropped(library, tmp_path):
    library.index_folders([fill(tmp_path / "photos", 1)])
    ids = library.catalog.vector_ids(KEY).tolist()
    library.catalog.store_vectors("other-00000002", ids, np.eye(1, 4, dtype=np.float32))
    library.tidy()
    assert set(library.catalog.counts().with_vector) == {KEY, "other-00000002"}


def test_a_folder_around_others_takes_them_in_with_all_that_is_known(library, tmp_path):
    around = tmp_path / "photos"
    one, two = around / "2020", around / "sub" / "Öl [1]"
    fill(one, 3)
    fill(two, 2)
    draw(around / "new.jpg", 50)
    library.index_folders([one, two])
    ids = {photo.path: photo.photo_id for photo in library.catalog.photos(range(1, 10))}
    library.catalog.set_excluded(library.root_for(two).root_id, ["skipped", "deep/er"])
    draw(two / "x" / "skipped" / "one.jpg", 51)
    draw(two / "deep" / "er" / "one.jpg", 52)
    report = library.index_folders([around])
    assert (report.indexed, report.unchanged, report.removed, report.failed) == (1, 5, 0, ())
    assert [root.path for root in library.catalog.roots()] == [around]
    after = {photo.path: photo.photo_id for photo in library.catalog.photos(range(1, 10))}
    assert {path: after[path] for path in ids} == ids
    assert list(matches(library.catalog, "sub").values()) == [("folder",)] * 2


def test_a_folder_around_one_that_is_offline_is_refused(library, tmp_path):
    inside = fill(tmp_path / "photos" / "inside", 2)
    library.index_folders([inside])
    library.catalog.set_root_state(library.root_for(inside).root_id, RootState.OFFLINE, "away")
    with pytest.raises(FolderError, match="contains"):
        library.root_for(tmp_path / "photos")
