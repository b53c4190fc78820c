"""Random changes to whole batches of pictures, as tensor operations.

One crop per picture with its own place, size, aspect and mirror image, then colour changes,
blur and erasing. A batch at 96 px costs about a tenth of the training step on two cores.
"""

import math

import torch
from looks import give_looks, measure_looks
from torch import Tensor
from torch.nn import functional

MEAN = (0.48, 0.45, 0.40)
STD = (0.27, 0.26, 0.28)
_LUMA = (0.299, 0.587, 0.114)


def random_crops(canvases: Tensor, sizes: Tensor, out_size: int, min_scale: float) -> Tensor:
    """Random resized crops with random mirroring.

    canvases (n, 3, side, side) float 0..1; sizes (n, 2) covered width and height in pixels from
    the top left. Returns (n, 3, out_size, out_size). The area is min_scale..1 of the picture's,
    the aspect 3/4..4/3 (as in Szegedy et al. 2015).
    """
    count, _, side, _ = canvases.shape
    area = sizes.prod(1) * torch.empty(count).uniform_(min_scale, 1.0)
    aspect = torch.empty(count).uniform_(-math.log(4 / 3), math.log(4 / 3)).exp()
    crop = torch.stack([(area * aspect).sqrt(), (area / aspect).sqrt()], 1).minimum(sizes)
    corner = torch.rand(count, 2) * (sizes - crop)
    centre = (corner + crop / 2) / side * 2 - 1
    half = crop / side
    theta = torch.zeros(count, 2, 3)
    mirror = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
    theta[:, 0, 0], theta[:, 1, 1], theta[:, :, 2] = half[:, 0] * mirror, half[:, 1], centre
    grid = functional.affine_grid(theta, [count, 3, out_size, out_size], align_corners=False)
    return functional.grid_sample(canvases, grid, padding_mode="border", align_corners=False)


def colour_changes(pictures: Tensor, strength: float) -> Tensor:
    """Brightness, contrast, saturation (factor 1 +- strength); some pictures become grey.

    Grey matters by itself: old photos and scans are grey, and colour must not be the only clue.
    """
    count = pictures.shape[0]
    luma = torch.tensor(_LUMA).view(1, 3, 1, 1)

    def factor() -> Tensor:
        return torch.empty(count, 1, 1, 1).uniform_(1 - strength, 1 + strength)

    grey = (pictures * luma).sum(1, keepdim=True)
    saturation = factor()
    saturation[torch.rand(count) < 0.1] = 0.0
    pictures = torch.lerp(grey, pictures, saturation)
    middle = grey.mean((2, 3), keepdim=True)
    pictures = torch.lerp(middle, pictures, factor()) * factor()
    tint = torch.empty(count, 3, 1, 1).uniform_(1 - strength / 4, 1 + strength / 4)
    return (pictures * tint).clamp_(0, 1)


def change_detail(pictures: Tensor, share: float) -> Tensor:
    """Makes some pictures softer or sharper and gives some of them grain.

    Scaling and pressing a photo changes little but its finest detail. A model that never sees such
    changes takes that detail for what the picture shows.
    """
    side = pictures.shape[-1]
    chosen = torch.rand(len(pictures)) < share
    if not chosen.any():
        return pictures
    part = pictures[chosen]
    soft = functional.interpolate(part, size=side // 2, mode="area")
    soft = functional.interpolate(soft, size=side, mode="bilinear")
    part = torch.lerp(part, soft, torch.empty(len(part), 1, 1, 1).uniform_(-0.5, 1.0))
    grain = torch.empty(len(part), 1, 1, 1).uniform_(-0.05, 0.05).clamp_(min=0)
    pictures[chosen] = (part + grain * torch.randn(part.shape)).clamp_(0, 1)
    return pictures


def erase_boxes(pictures: Tensor, share: float) -> Tensor:
    """Sets one box of a quarter to a half side to zero (the mean colour) in some pictures."""
    side = pictures.shape[-1]
    for row in torch.nonzero(torch.rand(pictures.shape[0]) < share).flatten().tolist():
        height, width = (int(side * x) for x in torch.empty(2).uniform_(0.25, 0.5).tolist())
        top = int(torch.randint(side - height + 1, ()))
        left = int(torch.randint(side - width + 1, ()))
        pictures[row, :, top : top + height, left : left + width] = 0
    return pictures


def normalise(pictures: Tensor) -> Tensor:
    """(n, 3, h, w) 0..1 to zero mean and unit variance per channel over the training photos."""
    return (pictures - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)


def augment(
    groups: list[tuple[Tensor, Tensor]], out_size: int, min_scale: float
) -> tuple[Tensor, Tensor]:
    """All changes for one batch: groups of (canvases, sizes) to (n, 3, out_size, out_size).

    Also returns how each picture looks after them: (n, LOOKS), see `measure_looks`.
    """
    pictures = torch.cat([random_crops(c, s, out_size, min_scale) for c, s in groups])
    pictures = give_looks(change_detail(colour_changes(pictures, 0.3), 0.5))
    looks = measure_looks(pictures)
    return erase_boxes(normalise(pictures), 0.05), looks
