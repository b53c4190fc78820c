import numpy as np
import pytest

from photofind.gui.grid_layout import (
    HEADER_HEIGHT,
    MAX_ASPECT,
    GridLayout,
    Rect,
    Section,
    justified_layout,
    square_layout,
)

GAP = 4


def random_aspects(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.choice([0.5625, 0.667, 0.75, 1.0, 1.333, 1.5, 1.778, 3.0], count).astype(np.float32)


def layouts(count: int, width: int, height: int, sections=()) -> list[GridLayout]:
    return [
        justified_layout(random_aspects(count), width, height, GAP, sections),
        square_layout(count, width, height, GAP, sections),
    ]


def assert_sound(layout: GridLayout, count: int, width: int) -> None:
    """Every item once, inside the width, left to right, rows below one another."""
    assert layout.count == count
    assert layout.firsts[0] == 0
    assert layout.firsts[-1] == count
    assert (np.diff(layout.firsts) > 0).all()
    assert (layout.widths >= 1).all()
    assert (layout.heights >= 1).all()
    assert (layout.lefts >= GAP).all()
    assert (layout.lefts + layout.widths <= max(width - GAP, GAP + 1)).all()
    assert (layout.tops[1:] >= layout.tops[:-1] + layout.heights[:-1] + GAP).all()
    assert layout.height >= layout.tops[-1] + layout.heights[-1]
    inside = np.ones(count, bool)
    inside[layout.firsts[:-1]] = False
    gaps = layout.lefts[1:] - (layout.lefts + layout.widths)[:-1]
    assert (gaps[inside[1:]] >= GAP - 1).all()


@pytest.mark.parametrize("count", [1, 2, 3, 7, 50, 1000])
@pytest.mark.parametrize("width", [200, 640, 1601, 3840])
@pytest.mark.parametrize("height", [80, 200, 400])
def test_items_never_overlap_nor_leave_the_width(count, width, height):
    for layout in layouts(count, width, height):
        assert_sound(layout, count, width)


@pytest.mark.parametrize("start", [1, 2, 17, 99])
def test_sections_begin_a_row_under_their_title(start):
    sections = [Section(0, "Good"), Section(start, "Weaker matches")]
    for layout in layouts(100, 900, 150, sections):
        assert_sound(layout, 100, 900)
        assert start in layout.firsts
        good, weaker = layout.headers
        assert good.rect.y == GAP
        assert weaker.rect.y + HEADER_HEIGHT == layout.rect(start).y
        above = layout.rect(start - 1)
        assert weaker.rect.y >= above.y + above.height


def test_sections_outside_the_list_are_ignored():
    for layout in layouts(10, 900, 150, [Section(10, "Weaker matches"), Section(99, "Never")]):
        assert layout.headers == ()


def test_an_untitled_section_begins_a_row_without_a_line():
    for layout in layouts(10, 5000, 80, [Section(4, "")]):
        assert layout.headers == ()
        assert list(layout.firsts) == [0, 4, 10]


def test_full_rows_reach_the_right_edge_exactly():
    layout = justified_layout(random_aspects(500), 1203, 200, GAP)
    lasts = layout.firsts[1:-1] - 1
    assert (layout.lefts[lasts] + layout.widths[lasts] == 1203 - GAP).all()


def test_rows_stay_near_the_wanted_height():
    layout = justified_layout(random_aspects(2000), 1600, 200, GAP)
    assert layout.heights.min() > 130
    assert layout.heights.max() < 300
    assert abs(float(layout.heights.mean()) - 200) < 15


def test_tiles_keep_the_aspect_of_their_picture():
    aspects = random_aspects(300)
    layout = justified_layout(aspects, 1600, 200, GAP)
    for item in range(300):
        rect = layout.rect(item)
        assert rect.width == pytest.approx(aspects[item] * rect.height, abs=2.5)


def test_the_last_row_is_not_stretched():
    layout = justified_layout(np.array([1.5], np.float32), 2000, 200, GAP)
    assert layout.rect(0) == Rect(GAP, GAP, 300, 200)


def test_a_panorama_wider_than_the_grid_is_a_lower_row():
    layout = justified_layout(np.array([3.0, 1.0], np.float32), 308, 200, GAP)
    assert layout.rect(0) == Rect(GAP, GAP, 300, 100)
    assert layout.row_of(1) == 1


def test_meaningless_aspects_become_reasonable_tiles():
    aspects = np.array([0, -1, np.nan, np.inf, 1e9, 1e-9], np.float32)
    layout = justified_layout(aspects, 1000, 200, GAP)
    assert_sound(layout, 6, 1000)
    ratios = [layout.rect(item).width / layout.rect(item).height for item in range(6)]
    assert max(ratios) <= MAX_ASPECT * 1.05


@pytest.mark.parametrize("width", [0, 1, 8, 9])
def test_a_grid_without_room_still_has_a_layout(width):
    for layout in layouts(5, width, 200):
        assert layout.count == 5
        assert layout.rect(4).width >= 1


def test_an_empty_grid_answers_every_question():
    for layout in layouts(0, 800, 200, [Section(0, "Weaker matches")]):
        assert layout.height == 0
        assert layout.item_at(10, 10) == -1
        assert list(layout.items_between(0, 1000)) == []
        assert len(layout.items_in(Rect(0, 0, 800, 800))) == 0
        assert layout.row_near(5) == -1
        with pytest.raises(IndexError):
            layout.rect(0)


def test_squares_are_square_and_even():
    layout = square_layout(30, 1000, 150, GAP)
    assert set(layout.heights) == {162}
    assert set(layout.widths) == {162}
    assert list(np.diff(layout.firsts)) == [6] * 5


def test_every_item_is_hit_in_its_middle_and_at_its_corners():
    for layout in layouts(400, 1234, 160, [Section(33, "Weaker matches")]):
        for item in range(layout.count):
            x, y, width, height = layout.rect(item)
            for point in [(x, y), (x + width - 1, y + height - 1), (x + width / 2, y + height / 2)]:
                assert layout.item_at(*point) == item


def test_gaps_titles_and_the_outside_hit_nothing():
    for layout in layouts(40, 1234, 160, [Section(7, "Weaker matches")]):
        x, y, width, height = layout.rect(0)
        header = layout.headers[0].rect
        last = layout.rect(39)
        for point in [
            (0, 0),
            (-5, 10),
            (x + width, y + 5),
            (x + 5, y + height),
            (header.x + 5, header.y + 5),
            (last.x + last.width, last.y),
            (5, layout.height + 100),
        ]:
            assert layout.item_at(*point) == -1


@pytest.mark.parametrize(("top", "bottom"), [(0, 1), (0, 300), (171, 555), (1000, 4000), (-50, 9)])
def test_visible_items_agree_with_a_look_at_each(top, bottom):
    for layout in layouts(300, 900, 120, [Section(20, "Weaker matches")]):
        rects = [layout.rect(item) for item in range(300)]
        seen = [i for i, each in enumerate(rects) if each.y < bottom and each.y + each.height > top]
        assert list(layout.items_between(top, bottom)) == seen


@pytest.mark.parametrize("area", [Rect(0, 0, 5, 5), Rect(100, 90, 333, 470), Rect(350, 0, 1, 9999)])
def test_a_rubber_band_takes_what_it_touches(area):
    for layout in layouts(200, 900, 120, [Section(20, "Weaker matches")]):
        touched = []
        for item in range(200):
            x, y, width, height = layout.rect(item)
            across = x < area.x + area.width and x + width > area.x
            if across and y < area.y + area.height and y + height > area.y:
                touched.append(item)
        assert layout.items_in(area).tolist() == touched


def test_the_nearest_item_of_a_row_is_below_the_one_above():
    layout = square_layout(10, 4 * 104 + GAP, 100, GAP)
    assert layout.nearest_in_row(1, layout.rect(2).x + 50) == 6
    assert layout.nearest_in_row(2, 1e9) == 9
    assert layout.nearest_in_row(99, 0) == 8
    assert layout.nearest_in_row(-3, 0) == 0


def test_the_row_near_a_height_is_the_closer_one():
    layout = square_layout(8, 4 * 104 + GAP, 100, GAP, [Section(4, "Weaker matches")])
    below, above = int(layout.tops[1]), int(layout.tops[0] + layout.heights[0])
    assert layout.row_near(-10) == 0
    assert layout.row_near(above + 1) == 0
    assert layout.row_near(below - 1) == 1
    assert layout.row_near(1e6) == 1


def test_headers_between_are_those_in_view():
    layout = square_layout(40, 420, 100, GAP, [Section(0, "A"), Section(20, "B")])
    assert [each.title for each in layout.headers_between(0, 50)] == ["A"]
    assert [each.title for each in layout.headers_between(0, layout.height)] == ["A", "B"]


def test_a_million_items_are_laid_out_without_loss():
    count = 1_000_000
    layout = justified_layout(random_aspects(count), 1600, 100, GAP)
    assert layout.count == count
    last = layout.rect(count - 1)
    assert layout.item_at(last.x + 1, last.y + 1) == count - 1
    assert layout.height == last.y + last.height + GAP


def test_a_very_long_list_is_laid_out_like_its_beginning() -> None:
    aspects = np.random.default_rng(0).uniform(0.3, 4.5, 100_000).astype(np.float32)
    whole = justified_layout(aspects, 1200, 180, 4)
    part = justified_layout(aspects[:40_000], 1200, 180, 4)
    rows = part.rows - 1  # the last one is not stretched
    end = part.firsts[rows]
    for name in ("firsts", "tops", "heights"):
        assert (getattr(whole, name)[:rows] == getattr(part, name)[:rows]).all(), name
    for name in ("lefts", "widths"):
        assert (getattr(whole, name)[:end] == getattr(part, name)[:end]).all(), name
    last = whole.firsts[1:-1] - 1
    assert (whole.lefts[last] + whole.widths[last] == 1196).all()
