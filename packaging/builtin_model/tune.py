"""The last part of training: the words and the projection, on the finished trunk's features.

It has two passes. The first fits words to pictures. The second starts from its result and also
draws pictures of one kind of object together, which costs the words a little; the mean of both
(0.3 and 0.7) keeps most of what each has (after Wortsman et al. 2022).

The trunk is nearly all of a step's cost. Once it is finished its output for every training
picture is computed once, and the text tower catches up in hundreds of steps of large batches
(after LiT, Zhai et al. 2022). Pictures are seen at the shipped size, as they will be in use.
"""

import argparse
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from augment import change_detail, normalise, random_crops
from config import IMAGE_SIZE
from corpus import Corpus, canvases_of
from data import BatchSampler, CachedSet
from device import read_state, use_device
from looks import give_looks, measure_looks
from losses import alike_pictures, same_picture
from model import Trainee
from objective import ALIKE_WEIGHTS, TUNE_WEIGHTS, text_losses, weighted
from torch import Tensor

Look: TypeAlias = Callable[[Tensor], Tensor]
Change: TypeAlias = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""Canvases and sizes of n pictures to normalised pictures (n, 3, s, s) and their looks."""
Version: TypeAlias = list[tuple[Tensor, Tensor]]
"""Per set, the features (n, features) and looks (n, LOOKS) of its pictures."""

TUNED = "tuned.pt"
BATCH = 1536
OBJECTS = "caltech101"
OBJECT_BATCH = 1024
ALIKE_SHARE = 0.7
COPIES_SCALE = 20.0
# Smallest crop, share of changed detail, share of each made look.
VERSIONS = ((1.0, 0.0, 0.0), (0.6, 0.7, 0.05))


@torch.no_grad()
def features_of(look: Look, cached: CachedSet, change: Change) -> tuple[Tensor, Tensor]:
    """What `look` gives (n, features) for what `change` makes of each picture of a set; and the
    looks (n, LOOKS)."""
    parts, looks = [], []
    for rows in np.array_split(np.arange(len(cached.sizes)), math.ceil(len(cached.sizes) / 256)):
        pictures, measured = change(*canvases_of(cached, rows))
        looks.append(measured)
        parts.append(look(pictures.contiguous(memory_format=torch.channels_last)))
    return torch.cat(parts), torch.cat(looks)


def as_version(
    canvases: Tensor, sizes: Tensor, min_scale: float, detail_share: float, made_share: float
) -> tuple[Tensor, Tensor]:
    """Random crops, a `detail_share` of which have their detail changed, and a `made_share` are
    given each look that can be made."""
    crops = random_crops(canvases, sizes, IMAGE_SIZE, min_scale)
    crops = give_looks(change_detail(crops, detail_share), made_share)
    return normalise(crops), measure_looks(crops)


def versions_of(look: Look, corpus: Corpus) -> list[Version]:
    """The training pictures in every one of VERSIONS, as one `look` gives their features."""
    versions = []
    for min_scale, detail, made in VERSIONS:
        change = partial(as_version, min_scale=min_scale, detail_share=detail, made_share=made)
        versions.append([features_of(look, cached, change) for cached in corpus.sets])
        print(f"features of every picture, {len(versions)} of {len(VERSIONS)}", flush=True)
    return versions


def tune(
    model: Trainee,
    corpus: Corpus,
    versions: list[Version],
    weights: dict[str, float],
    args: argparse.Namespace,
) -> None:
    """Trains everything but the trunk for `args.tune_steps`.

    versions: pictures of two of them are each other's copies. weights: parts of the objective;
    "objects" among them draws the pictures of each kind of object together.
    """
    model.requires_grad_(True)
    model.clip.visual.trunk.requires_grad_(False)
    matrices = [p for p in model.clip.parameters() if p.requires_grad and p.ndim >= 2]
    vectors = [p for p in model.clip.parameters() if p.requires_grad and p.ndim < 2]
    groups = [{"params": matrices}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.05, betas=(0.9, 0.98))
    sampler = BatchSampler(corpus.counts, BATCH, args.seed)
    rng = np.random.default_rng(args.seed)
    objects = labelled_rows(corpus, OBJECTS) if "objects" in weights else None
    for step in range(args.tune_steps):
        done = step / args.tune_steps
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * min(1.0, done / 0.05) * 0.5 * (1 + math.cos(math.pi * done))
        rows = sampler.draw()
        one, other = (versions[n] for n in rng.choice(len(versions), 2, replace=False))
        looks = torch.cat([k[r] for (_, k), r in zip(one, rows, strict=True)])
        vectors, others = (model.vectors(features_at(v, rows)) for v in (one, other))
        parts = text_losses(model, corpus, corpus.batch(rows, looks), vectors)
        parts["copies"] = same_picture(vectors, others, COPIES_SCALE)
        if objects is not None:
            chosen = rng.integers(0, len(objects), OBJECT_BATCH)
            drawn = one[list(corpus.counts).index(OBJECTS)][0][chosen]
            parts["objects"] = alike_pictures(model.vectors(drawn), objects[chosen], 12.0)
        optimizer.zero_grad()
        weighted(parts, weights).backward()
        optimizer.step()
        if step % 20 == 19:
            shown = " ".join(f"{name} {part.item():.4g}" for name, part in parts.items())
            print(f"tune step {step + 1} {shown}", flush=True)


def features_at(version: Version, rows: list[np.ndarray]) -> Tensor:
    """The features (n, features) of the given rows of each set."""
    pairs = zip(version, rows, strict=True)
    return torch.cat([features[picked] for (features, _), picked in pairs])


def labelled_rows(corpus: Corpus, name: str) -> Tensor:
    """The class of every picture of a labelled set (n,)."""
    photo_set = next(c.photo_set for c in corpus.sets if c.photo_set.name == name)
    return corpus.classes.indices(photo_set)


def mean_of(one: dict[str, Tensor], other: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """Weights between two results: `share` of the second."""
    return {
        name: torch.lerp(value, other[name], share) if value.is_floating_point() else value
        for name, value in one.items()
    }


def main(args: argparse.Namespace) -> None:
    """Tunes the averaged weights of the checkpoint in `args.work` and writes them beside it."""
    from train import CHECKPOINT  # here because train ends with this step

    use_device(args.device, args.threads)
    torch.manual_seed(args.seed)
    state = read_state(Path(args.work) / CHECKPOINT)
    corpus = Corpus(Path(args.photos), Path(args.work), args.seed)
    corpus.check_tokenizer(state["tokenizer"])
    model = Trainee(len(corpus.classes.labels), len(corpus.tokens))
    model.load_state_dict(state["average"])
    model.to(memory_format=torch.channels_last).eval()
    versions = versions_of(model.means, corpus)
    tune(model, corpus, versions, TUNE_WEIGHTS, args)
    words = {name: value.clone() for name, value in model.state_dict().items()}
    tune(model, corpus, versions, ALIKE_WEIGHTS, args)
    model.load_state_dict(mean_of(words, model.state_dict(), ALIKE_SHARE))
    result = {"average": model.state_dict(), **{key: state[key] for key in ("tokenizer", "steps")}}
    torch.save(result, Path(args.work) / TUNED)
