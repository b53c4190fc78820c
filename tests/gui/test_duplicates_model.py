"""The rules of a review of duplicates: what may be marked, what never comes back."""

import dataclasses

import pytest

from photofind.core.types import DuplicateGroup, DuplicateKind, DuplicateMember
from photofind.gui.duplicates_model import (
    KEPT,
    KEPT_ELSEWHERE,
    LAST_COPY,
    OFFLINE,
    DuplicateReview,
)
from tests.gui.duplicates_samples import group, photo


def review(*groups: DuplicateGroup) -> DuplicateReview:
    made = DuplicateReview()
    made.set_groups(groups)
    return made


def shown(made: DuplicateReview) -> list[tuple[int, ...]]:
    return [g.ids for g in made.groups]


def test_everything_but_the_keeper_can_be_marked():
    made = review(group(1, 2, 3))
    assert made.mark(2)
    assert made.mark(3)
    assert made.marked == (2, 3)
    assert made.marked_bytes == 1002 + 1003


def test_the_keeper_cannot_be_marked_and_says_why():
    made = review(group(1, 2))
    assert not made.mark(1)
    assert made.why_not(1) == KEPT
    assert made.marked == ()


def test_a_photo_kept_in_another_group_cannot_be_marked():
    made = review(group(1, 2), group(3, 1))
    assert made.why_not(1, made.groups[1]) == KEPT_ELSEWHERE
    assert not made.mark(1)


def test_an_offline_keeper_is_no_reason_to_give_up_the_last_reachable_copy():
    made = review(group(1, 2, 3, offline={1}))
    assert made.mark(2)
    assert not made.mark(3)
    assert made.why_not(3) == LAST_COPY


def test_an_offline_photo_cannot_be_marked():
    made = review(group(1, 2, offline={2}))
    assert made.why_not(2) == OFFLINE
    assert not made.mark(2)


def test_a_new_keeper_changes_places_with_the_mark():
    made = review(group(1, 2, 3))
    made.mark_all_but_keeper(made.groups[0])
    made.set_keeper(made.groups[0], 2)
    assert made.groups[0].keep == 2
    assert made.groups[0].keep_reason == "your choice"
    assert made.marked == (1, 3)


def test_an_unmarked_photo_can_become_the_keeper_without_marking_anything():
    made = review(group(1, 2))
    made.set_keeper(made.groups[0], 2)
    assert made.marked == ()
    assert made.mark(1)


def test_similarities_are_only_told_where_they_were_measured():
    made = review(group(1, 2, 3))
    made.set_keeper(made.groups[0], 2)
    assert made.groups[0].similarities == (0.9, 1.0, None)


def test_all_but_the_keepers_of_one_kind_leaves_other_kinds_alone():
    made = review(group(1, 2, kind=DuplicateKind.IDENTICAL), group(3, 4))
    assert made.mark_all_but_keepers(DuplicateKind.IDENTICAL) == 1
    assert made.marked == (2,)
    assert made.mark_all_but_keepers() == 2


@pytest.mark.parametrize("offline", [set(), {1}, {2, 5}, {1, 2, 3, 4, 5, 6}])
def test_every_group_keeps_a_reachable_member_whatever_is_marked(offline):
    made = review(
        group(1, 2, 3, offline=offline),
        group(3, 4, offline=offline),
        group(4, 5, 6, offline=offline),
    )
    for photo_id in (6, 5, 4, 3, 2, 1) * 2:
        made.mark(photo_id)
    for each in made.groups:
        reachable = [p.photo_id for p in each.members if not p.offline]
        assert not reachable or not all(map(made.is_marked, reachable))
        assert not made.is_marked(each.keep)


def test_trashed_photos_leave_and_groups_of_one_vanish():
    made = review(group(1, 2), group(3, 4, 5))
    made.mark_all_but_keepers()
    made.unmark(5)
    made.remove(made.marked)
    assert shown(made) == [(3, 5)]
    assert made.marked == ()


def test_the_one_that_is_left_of_a_settled_group_stays_unmarkable():
    made = review(group(1, 2), group(3, 1))
    made.set_keeper(made.groups[0], 2)
    made.remove([2])
    assert shown(made) == [(3, 1)]
    assert not made.mark(1)
    assert made.why_not(1) == LAST_COPY


def test_nothing_settled_comes_back_with_a_new_grouping():
    made = review(group(1, 2), group(3, 4, 5))
    made.remove([2])
    made.dismiss_group(made.groups[0])
    made.set_groups([group(1, 2), group(3, 4, 5), group(6, 7)])
    assert shown(made) == [(6, 7)]


def test_restored_photos_bring_their_groups_back():
    made = review(group(1, 2), group(3, 4))
    made.remove([2, 4])
    assert shown(made) == []
    made.restore([2, 4])
    assert shown(made) == [(1, 2), (3, 4)]
    assert made.mark(2)


def test_regrouping_keeps_marks_and_chosen_keepers():
    made = review(group(1, 2, 3), group(4, 5))
    made.set_keeper(made.groups[0], 2)
    made.mark(1)
    made.mark(5)
    made.set_groups([group(1, 2)])
    assert made.groups[0].keep == 2
    assert made.marked == (1,)


def test_one_member_can_be_called_no_duplicate():
    made = review(group(1, 2, 3))
    pairs = made.dismiss_photo(made.groups[0], 3)
    assert shown(made) == [(1, 2)]
    contents = [photo(i).hashes.content for i in (1, 2, 3)]
    assert pairs == [(contents[0], contents[2]), (contents[1], contents[2])]


def test_the_keeper_called_no_duplicate_leaves_the_others_together():
    made = review(group(1, 2, 3))
    made.dismiss_photo(made.groups[0], 1)
    assert shown(made) == [(2, 3)]
    assert made.groups[0].keep == 2


def test_a_dismissed_group_gives_every_pair_once():
    made = review(group(1, 2, 3))
    assert len(made.dismiss_group(made.groups[0])) == 3
    assert shown(made) == []


def test_identical_files_that_are_all_kept_are_remembered_by_their_content():
    same = dataclasses.replace(photo(2), hashes=photo(1).hashes)
    members = (DuplicateMember(photo(1), 1.0), DuplicateMember(same, 1.0))
    made = review(DuplicateGroup(DuplicateKind.IDENTICAL, 1, "oldest", members))
    content = photo(1).hashes.content
    assert made.dismiss_group(made.groups[0]) == [(content, content)]
    assert shown(made) == []


def test_counts_tell_every_kind():
    made = review(group(1, 2, kind=DuplicateKind.IDENTICAL), group(3, 4), group(5, 6))
    assert made.counts() == {
        DuplicateKind.IDENTICAL: 1,
        DuplicateKind.SAME_PHOTO: 0,
        DuplicateKind.SIMILAR: 2,
    }
