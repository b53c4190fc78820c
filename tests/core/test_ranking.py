"""Scores of different terms, made comparable, and where good matches end."""

import numpy as np
import pytest

from photofind.core.ranking import (
    ANY_CENTRE,
    LEAST_SHOWN,
    MOST_WEAK,
    Scale,
    count_shown,
    find_cut,
    fuse,
    fuse_scales,
    in_library,
    measure,
)

TEXT = Scale(0.15, 0.03, 0.18)
PICTURE = Scale(0.5, 0.1, 0.55)
USUAL = Scale(0.18, 0.05, 0.18)


def scores(*values):
    return np.array(sorted(values, reverse=True), np.float32)


def test_background_is_not_moved_by_the_matches():
    random = np.random.default_rng(0)
    noise = random.normal(0.15, 0.03, 1000)
    plain = measure(noise.astype(np.float32), USUAL)
    crowded = np.concatenate([noise, np.full(150, 0.3)]).astype(np.float32)
    with_matches = measure(crowded, USUAL)
    assert with_matches.centre == pytest.approx(plain.centre, abs=0.01)
    assert with_matches.spread == pytest.approx(plain.spread, abs=0.01)


def test_library_full_of_what_is_asked_for_is_no_background():
    """Most photos show a dog: their cosines are those of matches, and so is the median."""
    random = np.random.default_rng(3)
    dogs = random.normal(0.34, 0.03, 700).astype(np.float32)
    others = random.normal(0.1, 0.05, 300).astype(np.float32)
    sample = np.concatenate([dogs, others])
    unaware, aware = Scale(ANY_CENTRE, 0.05, 0.3, 3.0), Scale(0.1, 0.05, 0.3, 3.0)
    assert measure(sample, unaware).centre == pytest.approx(np.median(sample))
    scale = measure(sample, aware)
    assert scale.centre == pytest.approx(0.1)
    scores = -np.sort(-sample)
    strong, _ = count_shown(scores, find_cut(scores, scale))
    assert 100 < strong <= 700
    assert count_shown(scores, find_cut(scores, measure(sample, unaware)))[0] < 10


def test_median_above_the_floor_is_believed_where_nothing_is_known_of_the_usual_one():
    sample = np.random.default_rng(4).normal(0.6, 0.15, 2000).astype(np.float32)
    scale = measure(sample, Scale(ANY_CENTRE, 0.12, 0.5))
    assert scale.centre == pytest.approx(0.6, abs=0.02)
    assert scale.spread == pytest.approx(0.15, abs=0.02)
    assert measure(sample[:0], Scale(ANY_CENTRE, 0.12, 0.5)).centre == 0.5


def test_empty_library_has_the_usual_background():
    assert measure(np.empty(0, np.float32), USUAL) == USUAL


def test_library_of_equal_photos_has_a_background():
    assert measure(np.full(100, 0.4, np.float32), USUAL).spread > 0


def test_a_match_begins_lower_where_fewer_photos_could_match_by_chance():
    floors = [in_library(USUAL, photos).floor for photos in (0, 12, 100, 1000, 10_000)]
    assert floors == sorted(floors)
    assert floors[1] < floors[2] < floors[3] < floors[4] == USUAL.floor
    assert floors[0] > USUAL.floor - 2 * USUAL.spread


def test_what_was_fitted_holds_in_larger_libraries_and_the_background_is_kept():
    assert in_library(USUAL, 1_000_000) == USUAL
    small = in_library(USUAL, 50)
    assert (small.centre, small.spread) == (USUAL.centre, USUAL.spread)
    assert 0 < small.stands_out < USUAL.stands_out


def test_one_term_keeps_its_cosines():
    values = scores(0.3, 0.2, 0.1)
    np.testing.assert_allclose(fuse(values[None], [TEXT], [2.0]), values, atol=1e-6)


def test_words_and_picture_count_alike_despite_their_different_cosines():
    words = [0.30, 0.15, 0.24]  # 5, 0 and 3 spreads above the background
    picture = [0.50, 1.00, 0.80]  # 0, 5 and 3
    fused = fuse(np.array([words, picture], np.float32), [TEXT, PICTURE], [1, 1])
    assert np.argmax(fused) == 2
    assert fused[0] == pytest.approx(fused[1], abs=1e-5)


def test_weight_moves_the_balance():
    both = np.array([[0.30, 0.15], [0.50, 1.00]], np.float32)
    fused = fuse(both, [TEXT, PICTURE], [3, 1])
    assert fused[0] > fused[1]


def test_negative_term_only_costs_what_it_matches():
    wanted = [0.30, 0.29, 0.28]
    unwanted = [0.32, 0.15, 0.05]  # matches, background, less than background
    fused = fuse(np.array([wanted, unwanted], np.float32), [TEXT, TEXT], [1, -1])
    assert np.argmin(fused) == 0
    np.testing.assert_allclose(fused[1:], wanted[1:], atol=1e-6)


def test_photo_at_the_floor_of_every_term_is_at_the_fused_floor():
    scale = fuse_scales([TEXT, PICTURE], [1, 1])
    at_floor = np.array([[TEXT.floor], [PICTURE.floor]], np.float32)
    assert fuse(at_floor, [TEXT, PICTURE], [1, 1])[0] == pytest.approx(scale.floor)
    assert scale.spread < (TEXT.spread + PICTURE.spread) / 2


def test_cut_falls_into_the_gap():
    values = scores(0.31, 0.30, 0.29, 0.285, *np.linspace(0.19, 0.12, 50))
    cut = find_cut(values, TEXT)
    assert count_shown(values, cut)[0] == 4


def test_nothing_good_gives_no_strong_match_but_the_best_ones_below():
    values = scores(*np.linspace(0.17, 0.05, 300))
    strong, shown = count_shown(values, find_cut(values, TEXT))
    assert strong == 0
    assert 0 < shown < 300


def test_what_stands_out_below_the_floor_is_not_a_strong_match():
    values = scores(0.175, 0.17, *np.linspace(0.02, -0.05, 300))
    scale = Scale(0.0, 0.02, 0.18)
    strong, shown = count_shown(values, find_cut(values, scale))
    assert strong == 0
    assert shown >= 2


def test_gap_below_the_floor_does_not_draw_the_cut_down():
    values = scores(0.25, 0.24, 0.175, 0.174, *np.linspace(0.12, 0.05, 300))
    assert count_shown(values, find_cut(values, TEXT))[0] == 2


def test_model_says_how_far_a_match_must_stand_out():
    values = scores(0.31, 0.30, 0.22, 0.21, *np.linspace(0.15, 0.05, 300))
    near, far = (Scale(0.1, 0.03, 0.18, stands_out) for stands_out in (2.0, 5.0))
    assert count_shown(values, find_cut(values, near))[0] == 4
    assert count_shown(values, find_cut(values, far))[0] == 2


def test_library_of_nothing_but_matches_is_not_called_weak():
    values = scores(*np.random.default_rng(0).normal(0.3, 0.02, 500))
    strong, _ = count_shown(values, find_cut(values, Scale(0.3, 0.02, 0.18)))
    assert strong > 450


def test_copy_of_the_queried_picture_does_not_push_out_the_similar_ones():
    values = scores(1.0, 0.999, 0.85, 0.82, 0.8, *np.linspace(0.6, 0.3, 100))
    strong, _ = count_shown(values, find_cut(values, PICTURE))
    assert strong == 5


def test_weak_matches_are_capped():
    values = scores(0.35, 0.34, *np.full(5000, 0.2))
    strong, shown = count_shown(values, find_cut(values, TEXT))
    assert (strong, shown) == (2, 2 + MOST_WEAK)


def test_few_matches_are_filled_up_from_what_is_next():
    values = scores(0.35, 0.34, *np.full(5000, 0.14))
    assert count_shown(values, find_cut(values, TEXT)) == (2, LEAST_SHOWN)


def test_no_scores_have_a_cut():
    empty = np.empty(0, np.float32)
    assert count_shown(empty, find_cut(empty, TEXT)) == (0, 0)
