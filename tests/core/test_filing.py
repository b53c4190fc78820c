"""What cannot be shown or stored any more leaves the index, and does not stop the rest."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from photofind.core.types import ChangeKind
from tests.core.indexing import Bench, age, fill


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "library")
    yield bench
    bench.close()


def test_a_photo_that_was_damaged_leaves_grid_and_index(bench: Bench, tmp_path: Path) -> None:
    folder = fill(tmp_path / "photos", 4)
    bench.catalog.add_root(folder)
    bench.run()
    photo_id = bench.ids()["002.jpg"]
    damaged = folder / "002.jpg"
    damaged.write_bytes(damaged.read_bytes()[:200])
    age(damaged, 60.0)
    report = bench.run()
    assert [failure.path for failure in report.failed] == [damaged]
    assert photo_id in bench.removed
    assert photo_id not in bench.vectors
    assert len(bench.vectors) == 3


def test_a_vector_that_the_catalog_refuses_is_a_failure_of_its_file_alone(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fill(tmp_path / "photos", 1)
    bench.catalog.add_root(folder)
    bench.run()  # from now on the catalog knows how long vectors are
    fill(folder, 4)
    good = np.eye(1, 16, dtype=np.float32)[0]
    vectors = iter([good, np.ones(3, np.float32), good, good])
    monkeypatch.setattr("tests.core.indexing.vector_of", lambda content: next(vectors))
    report = bench.run()
    assert report.indexed == 2
    assert len(report.failed) == 1
    assert "cannot be stored" in report.failed[0].reason


def test_a_photo_that_is_scanned_again_in_the_same_run_is_counted_once(
    bench: Bench, tmp_path: Path
) -> None:
    root = bench.catalog.add_root(fill(tmp_path / "photos", 3))
    run = bench.indexer.start_run([root.root_id])
    bench.settle()
    bench.tell(root, ChangeKind.FOLDER, "")
    bench.settle()
    report = bench.indexer.finish_run(run)
    assert (report.indexed, report.unchanged) == (3, 0)
