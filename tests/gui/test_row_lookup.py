"""Rows of photos in lists of any order, dense or sparse."""

import numpy as np
import pytest

from photofind.gui.row_lookup import RowLookup


@pytest.mark.parametrize("spread", [1, 3, 1000])
def test_rows_are_found_whatever_the_ids_are(spread: int) -> None:
    random = np.random.default_rng(spread)
    ids = random.permutation(500).astype(np.int64) * spread + 7
    wanted = np.concatenate([ids[[450, 3, 77, 3]], [-5, 0, 6, 10**15]])
    assert RowLookup(ids).rows(wanted).tolist() == [3, 77, 450]


def test_an_empty_list_shows_nothing() -> None:
    none = np.zeros(0, np.int64)
    assert RowLookup(none).rows(np.array([0, 1])).tolist() == []
    assert RowLookup(np.array([4, 2])).rows(none).tolist() == []
