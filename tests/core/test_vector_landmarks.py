"""Rows in one byte per entry, by which the segments of an index are told apart."""

import numpy as np

from photofind.core.vector_landmarks import LANDMARK_EVERY, Landmarks


def rows_like_those_of_clip(count):
    """A few entries far larger than the others, the same in all rows."""
    random = np.random.default_rng(0)
    rows = random.standard_normal((count, 512))
    rows[:, :2] += 15
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


def test_cosines_are_about_those_of_every_so_many_rows():
    rows = rows_like_those_of_clip(40 * LANDMARK_EVERY)
    exact = rows[::LANDMARK_EVERY].astype(np.float32) @ rows[7].astype(np.float32)
    about = Landmarks(rows).cosines(rows[7])
    assert about.dtype == np.float32
    np.testing.assert_allclose(about, exact, atol=0.01)
    assert np.abs(about - exact).std() < exact.std() / 10


def test_a_single_row_is_a_landmark():
    rows = rows_like_those_of_clip(1)
    np.testing.assert_allclose(Landmarks(rows).cosines(rows[0]), [1], atol=0.01)


def test_changes_of_the_rows_do_not_reach_the_landmarks():
    rows = rows_like_those_of_clip(2)
    landmarks = Landmarks(rows)
    query = rows[0].copy()
    rows[:] = 0
    assert landmarks.cosines(query)[0] > 0.9
