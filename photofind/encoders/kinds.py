"""The end of a picture tower that knows kinds of things: a vector is drawn to what it recognises.

Projected by itself, what a picture shows is mixed with how it happens to look, so that of two
pictures of one thing each lies among many others. A classifier tells the kinds apart better than
the projection can, which is linear and has fewer numbers than there are kinds. What it is sure of
is added to the vector; where it is not sure, or says that it is none of them, the vector stays as
it was (an associative memory of kinds, after Ramsauer et al. 2021).

A vector has a second part, as long as the first, which no phrase reaches: what is recognised once
more, so that pictures of one kind find each other without coming nearer to any words; and how a
picture differs from all others, but hardly from its copies (every picture as a class of its own; Wu
et al. 2018), so that a cropped one still finds its original among its kind.
"""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file  # pyright: ignore[reportUnknownVariableType]
from timm.models.resnet import ResNet  # pyright: ignore[reportMissingTypeStubs]
from torch.nn.functional import normalize, pad

from photofind.core.errors import EncoderError

PREFIX = "visual."
"""What the names in a file of kinds begin with: where in the model each of them belongs."""

_LINEAR = ("weight", "bias")
_LEAST_SQUARE = 1e-6


class Pooled(torch.nn.Module):
    """A ResNet's last map (n, f, h, w) as each feature's mean and spread over it (n, 2 f).

    The last stage looks twice: at the whole picture, and at its middle two thirds as if there were
    no more of it. What it takes from a picture's edges and from chance details differs, what the
    picture shows does not; and all before it is computed once.
    """

    def __init__(self, trunk: Any, middle: torch.Tensor) -> None:
        """middle: what it sees there, as a share of the mean of both. Raises ValueError."""
        super().__init__()
        if not isinstance(trunk, ResNet):
            raise ValueError("the picture tower is no ResNet of timm")
        self.trunk: Any = trunk
        self.middle = torch.nn.Parameter(middle)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        trunk = self.trunk
        cells = trunk.maxpool(trunk.act1(trunk.bn1(trunk.conv1(pixels))))
        cells = trunk.layer3(trunk.layer2(trunk.layer1(cells)))
        top, left = ((side + 3) // 6 for side in cells.shape[2:])  # a sixth, rounded
        middle = cells[:, :, top : cells.shape[2] - top, left : cells.shape[3] - left]
        whole, middle = (_pooled(trunk.layer4(part)) for part in (cells, middle))
        # not "+", which a quantiser would take for a part of the network
        return torch.stack([(1 - self.middle) * whole, self.middle * middle]).sum(0)


def _pooled(cells: torch.Tensor) -> torch.Tensor:
    cells = cells.flatten(2)
    means = cells.mean(2)
    squares = (cells - means[:, :, None]).square().mean(2)
    return torch.cat([means, squares.clamp(min=_LEAST_SQUARE).sqrt()], dim=1)


class Kinds(torch.nn.Module):
    """A trunk's output as what a picture shows and as which picture it is, drawn to kinds."""

    def __init__(
        self,
        trunk: torch.nn.Module,
        head: torch.nn.Module,
        recognise: torch.nn.Linear,
        meanings: torch.Tensor,
        instance: torch.nn.Linear,
        share: torch.Tensor,
    ) -> None:
        """trunk: pictures to features' means and spreads (n, 2 f); head: the means to what phrases
        reach (n, w); recognise: both to one number per kind (n, k); meanings: what is added for
        each of the kinds (k, w); instance: the means to what is a picture's own (n, w), which has
        the length `share` beside what is recognised."""
        super().__init__()
        self.trunk = trunk
        self.head = head
        self.recognise = recognise
        self.meanings = torch.nn.Parameter(meanings)
        self.instance = instance
        self.share = torch.nn.Parameter(share)

    @property
    def dimension(self) -> int:
        """Of the vectors with both parts."""
        return 2 * self.meanings.shape[1]

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        features = self.trunk(pixels)
        means, _ = features.chunk(2, dim=1)
        plain = normalize(self.head(means), dim=-1)
        own = self.share * normalize(self.instance(means), dim=-1)
        kinds = self.recognise(features).softmax(dim=-1) @ self.meanings
        parts = [torch.stack([part, kinds]).sum(0) for part in (plain, own)]
        return torch.cat([normalize(part, dim=-1) for part in parts], dim=1)


class Padded(torch.nn.Module):
    """A text tower's vectors (n, w) with the pictures' `dimension`: the rest is zero."""

    def __init__(self, tower: Any, dimension: int) -> None:
        super().__init__()
        self.tower = tower
        self.dimension = dimension
        self.any_length = bool(getattr(tower, "any_length", False))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        rows = self.tower(tokens)
        return pad(rows, (0, self.dimension - rows.shape[1]))


def with_kinds(visual: Any, path: Path) -> Kinds:
    """A timm tower of open_clip with the kinds of a file.

    Raises EncoderError where the file cannot be used or does not fit the tower.
    """
    try:
        weights = {
            name.removeprefix(PREFIX): each.float() for name, each in load_file(path).items()
        }
        features, reached = visual.head.proj.in_features, visual.head.proj.out_features
        meanings, share, middle = (weights[name] for name in ("meanings", "share", "middle"))
        recognise = torch.nn.Linear(2 * features, len(meanings))
        instance = torch.nn.Linear(features, reached)
        for name, layer in {"recognise": recognise, "instance": instance}.items():
            layer.load_state_dict({part: weights[f"{name}.{part}"] for part in _LINEAR})
        if meanings.shape[1:] != (reached,) or share.shape != () or middle.shape != ():
            raise ValueError(f"what they mean are no vectors of {reached}, or a share is no number")
        pooled = Pooled(visual.trunk, middle)
    except (OSError, SafetensorError) as error:
        raise EncoderError(f"the kinds {path} cannot be read: {error}") from error
    except (LookupError, ValueError, RuntimeError, AttributeError) as error:
        raise EncoderError(f"the kinds {path.name} do not fit the architecture: {error}") from error
    return Kinds(pooled, visual.head, recognise, meanings, instance, share)
