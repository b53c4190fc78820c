"""The end of a picture tower that knows kinds of things: a vector is drawn to what it recognises.

Projected by itself, what a picture shows is mixed with how it happens to look, so that of two
pictures of one thing each lies among many others. A classifier tells the kinds apart better than
the projection can, which is linear and has fewer numbers than there are kinds. What it is sure of
is added to the vector; where it is not sure, or says that it is none of them, the vector stays as
it was (an associative memory of kinds, after Ramsauer et al. 2021).
"""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file  # pyright: ignore[reportUnknownVariableType]
from torch.nn.functional import normalize

from photofind.core.errors import EncoderError

PREFIX = "visual."
"""What the names in a file of kinds begin with: where in the model each of them belongs."""

_LINEAR = ("weight", "bias")
_LEAST_SQUARE = 1e-6


class Pooled(torch.nn.Module):
    """A timm trunk's last map (n, f, h, w) as each feature's mean and spread over it (n, 2 f)."""

    def __init__(self, trunk: Any) -> None:
        super().__init__()
        self.trunk = trunk

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        cells = self.trunk.forward_features(pixels).flatten(2)
        means = cells.mean(2)
        squares = (cells - means[:, :, None]).square().mean(2)
        return torch.cat([means, squares.clamp(min=_LEAST_SQUARE).sqrt()], dim=1)


class Kinds(torch.nn.Module):
    """A trunk's output through a projection, and through what the kinds mean."""

    def __init__(
        self,
        trunk: torch.nn.Module,
        head: torch.nn.Module,
        recognise: torch.nn.Linear,
        meanings: torch.Tensor,
    ) -> None:
        """trunk: pictures to features' means and spreads (n, 2 f); head: the means to vectors
        (n, d); recognise: both to one number per kind (n, k); meanings: what is added for each of
        the kinds (k, d)."""
        super().__init__()
        self.trunk = trunk
        self.head = head
        self.recognise = recognise
        self.meanings = torch.nn.Parameter(meanings)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        features = self.trunk(pixels)
        means, _ = features.chunk(2, dim=1)
        plain = normalize(self.head(means), dim=-1)
        kinds = self.recognise(features).softmax(dim=-1)
        # not "+", which a quantiser would take for a part of the network
        return torch.stack([plain, kinds @ self.meanings]).sum(0)


def with_kinds(visual: Any, path: Path) -> Kinds:
    """A timm tower of open_clip with the kinds of a file.

    Raises EncoderError where the file cannot be used or does not fit the tower.
    """
    try:
        weights = {
            name.removeprefix(PREFIX): each.float() for name, each in load_file(path).items()
        }
        features, dimension = visual.head.proj.in_features, visual.head.proj.out_features
        meanings = weights["meanings"]
        recognise = torch.nn.Linear(2 * features, len(meanings))
        recognise.load_state_dict({part: weights[f"recognise.{part}"] for part in _LINEAR})
        if meanings.shape[1:] != (dimension,):
            raise ValueError(f"what they mean are no vectors of {dimension}")
    except (OSError, SafetensorError) as error:
        raise EncoderError(f"the kinds {path} cannot be read: {error}") from error
    except (LookupError, ValueError, RuntimeError, AttributeError) as error:
        raise EncoderError(f"the kinds {path.name} do not fit the architecture: {error}") from error
    return Kinds(Pooled(visual.trunk), visual.head, recognise, meanings)
