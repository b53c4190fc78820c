"""The writing side of a library as a whole."""

from dataclasses import replace

import numpy as np
import pytest

from photofind.core.library import Library
from photofind.core.paths import LibraryPaths
from photofind.core.types import InstalledEncoder
from tests.core.indexing import DIMENSION, LocalAnalyzer, fill
from tests.core.libraries import SPEC

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
