"""A picture tower that looks at each picture several times; its vector is the mean of what it saw.

One network at two sizes, once mirrored, finds more than at either size alone: what it takes from
chance details differs from look to look, what the picture shows does not. All of it is part of the
model, so that an exported graph has it too.
"""

from collections.abc import Callable, Sequence

import torch
from torch.nn.functional import interpolate

from photofind.encoders.manifest import View


class Views(torch.nn.Module):
    """Another tower's weighted mean output (n, d) over views of pictures (n, 3, side, side)."""

    def __init__(
        self,
        tower: Callable[[torch.Tensor], torch.Tensor],
        views: Sequence[View],
        side: int,
    ) -> None:
        """side: of the pictures that come in, in pixels."""
        super().__init__()
        self.tower = tower
        self.views = tuple(views)
        for view in self.views:
            if view.side != side:
                self.register_buffer(f"to_{view.side}", _scaling(side, view.side), persistent=False)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        whole = sum(view.weight for view in self.views)
        rows = [self.tower(self._seen(pixels, view)) * (view.weight / whole) for view in self.views]
        return torch.stack(rows).sum(0)

    def _seen(self, pixels: torch.Tensor, view: View) -> torch.Tensor:
        scaling: torch.Tensor | None = getattr(self, f"to_{view.side}", None)
        if scaling is not None:
            pixels = scaling @ pixels @ scaling.T
        return pixels.flip(-1) if view.mirrored else pixels


def _scaling(side: int, to: int) -> torch.Tensor:
    """The matrix (to, side) of linear interpolation: products run on every device, alike."""
    return interpolate(torch.eye(side)[None, None], (to, side), mode="bilinear")[0, 0]
