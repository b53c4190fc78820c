"""What the objective asks for, on vectors whose answer is known."""

import torch
from losses import no_answer, same_picture
from torch.nn.functional import normalize


def unit_rows(count: int) -> torch.Tensor:
    return normalize(torch.randn(count, 16, generator=torch.Generator().manual_seed(1)), dim=1)


def test_views_of_the_same_picture_cost_less_than_exchanged_ones() -> None:
    one = unit_rows(8)
    exchanged = one.roll(1, 0)
    assert same_picture(one, one, 20.0) < 0.1 < 1.0 < same_picture(one, exchanged, 20.0)


def test_same_picture_asks_both_ways() -> None:
    one, other = unit_rows(8), unit_rows(8).flip(1)
    assert torch.isclose(same_picture(one, other, 20.0), same_picture(other, one, 20.0))


def test_a_single_near_picture_is_what_a_phrase_without_meaning_costs() -> None:
    far = torch.full((2, 1000), -0.2)
    near = far.clone()
    near[:, 0] = 0.9
    assert no_answer(near) > no_answer(far) + 0.2


def test_sending_a_phrase_away_lowers_its_nearest_cosines_most() -> None:
    cosines = torch.tensor([[0.8, 0.1, -0.3]], requires_grad=True)
    no_answer(cosines).backward()
    assert cosines.grad is not None
    assert cosines.grad[0, 0] > 10 * cosines.grad[0, 1] > 0
