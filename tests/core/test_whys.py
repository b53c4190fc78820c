"""Few reasons for many photos."""

import numpy as np

from photofind.core.whys import NO_WHYS, Whys

PLACES = Whys((("name",), ("folder", "camera"), ()), np.array([1, 0, 2, 1]))


def test_every_photo_has_its_reason():
    assert PLACES.each() == (("folder", "camera"), ("name",), (), ("folder", "camera"))
    assert PLACES.at(np.array([1, 3])).each() == (("name",), ("folder", "camera"))
    assert PLACES.at(np.array([False, False, True, False])).each() == ((),)
    assert NO_WHYS.each() == ()


def test_photos_are_told_by_a_part_of_their_reason():
    assert PLACES.holding("camera").tolist() == [True, False, False, True]
    assert not PLACES.holding("content").any()
    assert len(NO_WHYS.holding("name")) == 0


def test_reasons_follow_each_other_in_order_and_none_twice():
    others = Whys((("name",), ("camera", "name")), np.array([0, 0, 1, 1]))
    assert PLACES.followed_by(others).each() == (
        ("folder", "camera", "name"),
        ("name",),
        ("camera", "name"),
        ("folder", "camera", "name"),
    )
    assert NO_WHYS.followed_by(NO_WHYS).each() == ()
