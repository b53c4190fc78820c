"""Random changes keep what training relies on: shapes, the range of values, and other pictures."""

import torch
from augment import change_detail


def striped() -> torch.Tensor:
    """Pictures (16, 3, 32, 32) of the finest stripes there are."""
    columns = (torch.arange(32) % 2).float()
    return columns.expand(16, 3, 32, 32).clone() * 0.5 + 0.25


def test_no_share_changes_nothing() -> None:
    assert torch.equal(change_detail(striped(), 0.0), striped())


def test_detail_becomes_weaker_or_stronger_and_the_mean_stays() -> None:
    torch.manual_seed(1)
    changed = change_detail(striped(), 1.0)
    contrast = changed.std((1, 2, 3))
    assert contrast.min() < 0.8 * 0.25
    assert contrast.max() > 1.1 * 0.25
    assert 0 <= changed.min() <= changed.max() <= 1
    assert torch.allclose(changed.mean((1, 2, 3)), torch.tensor(0.5), atol=0.02)


def test_odd_sizes_keep_their_shape() -> None:
    torch.manual_seed(1)
    assert change_detail(torch.rand(4, 3, 49, 49), 1.0).shape == (4, 3, 49, 49)
