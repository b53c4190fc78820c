"""What a finished model recognises: a classifier on its trunk's features, and what each kind means.

Fitted to the labels of all sets at once. Captioned pictures are a kind of their own that means
nothing, so that what is like them keeps the vector that it has. The trunk knows its training
pictures better than any others, and a classifier would trust that: half of the features are left
out in each step, half of the pictures are cropped. Objects of few pictures each are drawn together
as well, so that those of one kind come close by what is recognised in them.

What a kind means is where its phrases lie, turned away from the other kinds: the orthogonal
directions nearest to them, as far as so many fit into a vector.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from config import KINDS_FILE, VIEWS
from corpus import Corpus
from data import BatchSampler
from device import placed, use_device
from export import replace_file
from graphs import training_pictures, write_graphs
from losses import alike_pictures, same_picture
from model import Trainee
from objective import weighted
from phrasing import articled
from safetensors.torch import save
from texts import TEMPLATES, names_of
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, dropout
from tune import COPIES_SCALE, OBJECT_BATCH, OBJECTS, Version, features_at, versions_of

from photofind.encoders.kinds import PREFIX
from photofind.encoders.manifest import write_picture_side

STEPS = 800
BATCH = 1024
RATE = 3e-3
LEFT_OUT = 0.5
WEIGHTS = {"all": 1.0, "objects": 2.0, "alike": 2.0, "copies": 1.0}
SCALE = 12.0
MEANING = 0.35  # length of what a kind adds to a vector of length 1
SURENESS = 0.8  # of the fitted one: a crop or another light is not to turn one kind into another


def meanings_of(model: Trainee, corpus: Corpus) -> Tensor:
    """What each class of the corpus adds to a vector (classes, d), then what nothing known adds."""
    names = [names_of(label)[0] for label in corpus.classes.labels]
    rows = [
        model.phrases(placed(corpus.tokens.rows([articled(template.format(n)) for n in names])))
        for template in TEMPLATES
    ]
    means = torch.stack(rows).mean(0)
    left, _, right = torch.linalg.svd(means - means.mean(0), full_matrices=False)
    kinds = MEANING * nn.functional.normalize(left @ right, dim=-1)
    return torch.cat([kinds, torch.zeros(1, kinds.shape[1])])


def fit(
    model: Trainee, corpus: Corpus, versions: list[Version], seed: int
) -> tuple[nn.Linear, Tensor]:
    """The classifier, and what its kinds mean; versions: pictures as `Trainee.pooled` gives them.

    Only the two are trained; the model stays as it is.
    """
    meanings = meanings_of(model, corpus)
    none = len(meanings) - 1
    kinds = [corpus.classes.indices(cached.photo_set) for cached in corpus.sets]
    kinds = [each.where(each >= 0, none) for each in kinds]
    of_objects = list(corpus.counts).index(OBJECTS)
    every = torch.cat([features for features, _ in versions[0]])
    mean, spread = every.mean(0), every.std(0).clamp(min=1e-3)
    recognise = nn.Linear(len(mean), none + 1)
    nn.init.zeros_(recognise.weight)
    optimizer = torch.optim.AdamW(recognise.parameters(), weight_decay=1e-2)
    sampler, rng = BatchSampler(corpus.counts, BATCH, seed), np.random.default_rng(seed)
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - step / STEPS)
        one, other = (versions[n] for n in rng.choice(len(versions), 2, replace=False))
        rows, chosen = sampler.draw(), rng.integers(0, len(kinds[of_objects]), OBJECT_BATCH)
        drawn = (features_at(one, rows), features_at(other, rows), one[of_objects][0][chosen])
        told = [recognise(dropout((each - mean) / spread, LEFT_OUT)) for each in drawn]
        plain = [model.vectors(each.chunk(2, dim=1)[0]) for each in drawn]
        vectors = [
            nn.functional.normalize(each + kind.softmax(-1) @ meanings, dim=-1)
            for each, kind in zip(plain, told, strict=True)
        ]
        shown = torch.cat([each[row] for each, row in zip(kinds, rows, strict=True)])
        own = kinds[of_objects][chosen]
        parts = {
            "all": cross_entropy(told[0], shown),
            "objects": cross_entropy(told[2], own),
            "alike": alike_pictures(vectors[2], own, SCALE),
            "copies": same_picture(vectors[0], vectors[1], COPIES_SCALE),
        }
        optimizer.zero_grad()
        weighted(parts, WEIGHTS).backward()
        optimizer.step()
        if step % 100 == 99:
            said = " ".join(f"{name} {part.item():.4g}" for name, part in parts.items())
            print(f"kinds step {step + 1} {said}", flush=True)
    with torch.no_grad():
        for part in recognise.parameters():
            part *= SURENESS
        recognise.weight /= spread  # for features as the trunk gives them
        recognise.bias -= recognise.weight @ mean
    return recognise, meanings


def main(args: argparse.Namespace) -> None:
    """Fits the kinds of the exported model in `args.model` and writes them and its graphs there."""
    use_device(args.device, args.threads)
    torch.manual_seed(args.seed)
    folder = Path(args.model)
    corpus = Corpus(Path(args.photos), Path(args.work), args.seed)
    model = Trainee(len(corpus.classes.labels), len(corpus.tokens))
    model.take_exported(folder, corpus)
    model.to(memory_format=torch.channels_last).eval().requires_grad_(False)
    write(folder, *fit(model, corpus, versions_of(model.pooled, corpus), args.seed))
    with torch.device("cpu"):
        write_graphs(folder, training_pictures(Path(args.photos)))


def write(folder: Path, recognise: nn.Linear, meanings: Tensor) -> None:
    """Puts the kinds into an exported model's folder; its graphs do not fit any more."""
    weights = {
        "recognise.weight": recognise.weight,
        "recognise.bias": recognise.bias,
        "meanings": meanings,
    }
    halves = {f"{PREFIX}{name}": each.detach().half().cpu() for name, each in weights.items()}
    replace_file(folder / KINDS_FILE, save(halves))
    write_picture_side(folder, VIEWS, KINDS_FILE)
