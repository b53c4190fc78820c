"""Vectors by encoder: round trips, revisions, what is missing, damage."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from photofind.core.catalog import Catalog
from photofind.core.database import Database
from photofind.core.types import Root, RootState
from tests.core.storage import DIMENSION, KEY, add_photo, analysis, stamp, unit


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "library" / "catalog.sqlite3") as opened:
        yield opened


@pytest.fixture
def root(catalog: Catalog, tmp_path: Path) -> Root:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return catalog.add_root(folder)


@pytest.fixture
def ids(catalog: Catalog, root: Root) -> list[int]:
    return [add_photo(catalog, root, f"{n}.jpg", analysis(n, vector=False)) for n in range(10)]


def rows(count: int) -> np.ndarray:
    return np.stack([unit(n) for n in range(count)])


def test_vectors_come_back_in_the_order_asked_for(catalog: Catalog, ids: list[int]) -> None:
    catalog.store_vectors(KEY, ids, rows(10))
    found, vectors = catalog.vectors(KEY, [ids[7], 12345, ids[2]])
    assert found.dtype == np.int64
    assert found.tolist() == [ids[7], ids[2]]
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, rows(10)[[7, 2]], atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_an_unknown_encoder_has_no_vectors(catalog: Catalog, ids: list[int]) -> None:
    found, vectors = catalog.vectors("nobody", ids)
    assert (len(found), len(vectors)) == (0, 0)
    assert catalog.vector_ids("nobody").shape == (0,)
    assert catalog.vector_revision("nobody") == 0
    assert list(catalog.iter_vectors("nobody")) == []
    catalog.drop_vectors("nobody")


def test_encoders_do_not_mix(catalog: Catalog, ids: list[int]) -> None:
    catalog.store_vectors("one", ids[:2], rows(2))
    catalog.store_vectors("two", ids[1:3], rows(2)[:, :4])
    assert catalog.vector_ids("one").tolist() == ids[:2]
    assert catalog.vectors("two", ids)[1].shape == (2, 4)
    catalog.drop_vectors("one")
    assert catalog.counts().with_vector == {"two": 2}


def test_each_write_has_a_greater_revision(catalog: Catalog, ids: list[int]) -> None:
    catalog.store_vectors(KEY, ids[:5], rows(5))
    seen = catalog.vector_revision(KEY)
    catalog.store_vectors(KEY, [ids[1], ids[8]], rows(2))
    catalog.store_vectors("other", [ids[0]], rows(1))
    batches = list(catalog.iter_vectors(KEY, seen))
    assert [batch_ids.tolist() for batch_ids, _, _ in batches] == [[ids[1], ids[8]]]
    assert batches[0][2] == catalog.vector_revision(KEY) > seen
    assert list(catalog.iter_vectors(KEY, catalog.vector_revision(KEY))) == []


def test_a_revision_is_not_used_again_after_its_photo_is_gone(
    catalog: Catalog, ids: list[int]
) -> None:
    catalog.store_vectors(KEY, ids[:2], rows(2))
    seen = catalog.vector_revision(KEY)
    catalog.remove([ids[1]])
    catalog.store_vectors(KEY, [ids[2]], rows(1))
    assert catalog.vector_revision(KEY) > seen


def test_all_vectors_come_in_batches(catalog: Catalog, ids: list[int]) -> None:
    catalog.store_vectors(KEY, ids, rows(10))
    batches = list(catalog.iter_vectors(KEY, batch=4))
    assert [len(batch_ids) for batch_ids, _, _ in batches] == [4, 4, 2]
    assert np.concatenate([batch_ids for batch_ids, _, _ in batches]).tolist() == ids


def test_writing_while_iterating_is_allowed(catalog: Catalog, ids: list[int]) -> None:
    catalog.store_vectors(KEY, ids[:6], rows(6))
    seen: list[int] = []
    for number, (batch_ids, _, _) in enumerate(catalog.iter_vectors(KEY, batch=3)):
        seen += batch_ids.tolist()
        if number == 0:
            catalog.store_vectors(KEY, ids[6:], rows(4))
    assert seen == ids


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(
    catalog: Catalog, ids: list[int], bad: float
) -> None:
    vectors = rows(2)
    vectors[1, 3] = bad
    with pytest.raises(ValueError, match="finite"):
        catalog.store_vectors(KEY, ids[:2], vectors)
    with pytest.raises(ValueError, match="zero"):
        catalog.store_vectors(KEY, ids[:1], np.zeros((1, DIMENSION), np.float32))
    assert len(catalog.vector_ids(KEY)) == 0


def test_another_dimension_is_refused(catalog: Catalog, ids: list[int]) -> None:
    catalog.store_vectors(KEY, ids[:2], rows(2))
    with pytest.raises(ValueError, match="8 values, not 4"):
        catalog.store_vectors(KEY, ids[:2], rows(2)[:, :4])


def test_a_vector_for_a_photo_that_is_gone_is_skipped(catalog: Catalog, ids: list[int]) -> None:
    catalog.remove([ids[0]])
    catalog.store_vectors(KEY, ids[:2], rows(2))
    assert catalog.vector_ids(KEY).tolist() == [ids[1]]


def test_photos_without_a_vector_are_those_that_can_be_encoded_now(
    catalog: Catalog, root: Root, ids: list[int]
) -> None:
    catalog.store_failure(root.root_id, "bad.jpg", b"bad.jpg", stamp(), "empty")
    catalog.store_vectors(KEY, ids[:4], rows(4))
    assert catalog.without_vector(KEY, 3) == [
        (photo_id, root.path / f"{n}.jpg") for n, photo_id in enumerate(ids) if 4 <= n < 7
    ]
    assert [number for number, _ in catalog.without_vector(KEY, 9, after=ids[6])] == ids[7:]
    assert len(catalog.without_vector("other", 100)) == 10
    catalog.set_root_state(root.root_id, RootState.OFFLINE)
    assert catalog.without_vector(KEY, 100) == []


def test_damaged_vectors_are_reported_and_left_out(
    catalog: Catalog, ids: list[int], tmp_path: Path
) -> None:
    catalog.store_vectors(KEY, ids, rows(10))
    assert catalog.check() == []
    other = Database.open(tmp_path / "library" / "catalog.sqlite3")
    other.execute("UPDATE vectors SET vector = x'00' WHERE photo_id = ?", (ids[0],))
    other.execute(
        "UPDATE vectors SET vector = ? WHERE photo_id = ?", (b"\xff\x7f" * DIMENSION, ids[1])
    )
    other.close()
    assert catalog.vectors(KEY, ids)[0].tolist() == ids[2:]
    assert catalog.check() == [f"2 of 10 vectors of {KEY} are damaged"]
