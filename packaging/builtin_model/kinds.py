"""What a finished model recognises, what each kind means, and what tells a picture from all others.

The classifier is fitted to the labels of all sets at once. Captioned pictures are a kind of their
own that means nothing, so that what is like them keeps the vector that it has. The trunk knows its
training pictures better than any others, and a classifier would trust that: most of the features
are left out in each step, and the pictures of small sets are seen in many versions.

What a kind means is where its phrases lie, turned away from the other kinds: the orthogonal
directions nearest to them, as far as so many fit into a vector. What is a picture's own are linear
discriminants (Fisher 1936) with every picture as a class, whose members are its versions.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from augment import augment
from config import EMBED_DIM, IMAGE_SIZE, KINDS_FILE, MIDDLE
from corpus import Corpus
from data import SET_WEIGHTS, BatchSampler
from device import placed, use_device
from export import replace_file
from graphs import training_pictures, write_graphs
from model import Trainee
from phrasing import articled
from safetensors.torch import save
from texts import TEMPLATES, names_of
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, dropout
from tune import OBJECTS, VERSIONS, features_of, versions_of

from photofind.encoders.kinds import PREFIX
from photofind.encoders.manifest import write_kinds

STEPS = 800
BATCH = 2048
RATE = 3e-3
LEFT_OUT = 0.7
# How often a picture of each set is drawn. Many kinds share few pictures in the small ones; what is
# captioned may well show a thing that is known.
WEIGHTS = SET_WEIGHTS | {OBJECTS: 60.0, "scenes15": 4.0, "flowers": 4.0, "flickr8k": 0.33}
FEW = 3_000  # pictures: those of smaller sets are seen in MORE_VERSIONS more
MORE_VERSIONS = 11
SMALLEST_CROP = 0.35
MEANING = 0.35  # length of what a kind adds to a vector of length 1 …
SHARE = 0.35  # … and what is the picture's own in the vector's second part
RIDGE = 0.1  # of the mean variance between versions: added in every direction


def seen_often(model: Trainee, corpus: Corpus) -> list[list[Tensor]]:
    """Per set its pictures as `Trainee.pooled` gives them (n, 2 x features), in every version."""
    versions = versions_of(model.pooled, corpus)
    seen = [[features for features, _ in each] for each in zip(*versions, strict=True)]
    for found, cached in zip(seen, corpus.sets, strict=True):
        if len(cached.sizes) < FEW:
            found += [features_of(model.pooled, cached, changed)[0] for _ in range(MORE_VERSIONS)]
            print(f"{cached.photo_set.name} in {len(found)} versions", flush=True)
    return seen


def changed(canvases: Tensor, sizes: Tensor) -> tuple[Tensor, Tensor]:
    """Pictures changed as in training, at the shipped size."""
    return augment([(canvases, sizes)], IMAGE_SIZE, SMALLEST_CROP)


def meanings_of(model: Trainee, corpus: Corpus) -> Tensor:
    """What each class of the corpus adds to a vector (classes, w), then what nothing known adds."""
    names = [names_of(label)[0] for label in corpus.classes.labels]
    rows = [
        model.phrases(placed(corpus.tokens.rows([articled(template.format(n)) for n in names])))
        for template in TEMPLATES
    ]
    means = torch.stack(rows).mean(0)
    left, _, right = torch.linalg.svd(means - means.mean(0), full_matrices=False)
    kinds = MEANING * nn.functional.normalize(left @ right, dim=-1)
    return torch.cat([kinds, torch.zeros(1, kinds.shape[1])])


def fit(corpus: Corpus, seen: list[list[Tensor]], seed: int) -> nn.Linear:
    """The classifier of the corpus' classes and of none of them; seen: see `seen_often`."""
    none = len(corpus.classes.labels)
    kinds = [corpus.classes.indices(cached.photo_set) for cached in corpus.sets]
    kinds = [each.where(each >= 0, none) for each in kinds]
    every = torch.cat([versions[0] for versions in seen])
    mean, spread = every.mean(0), every.std(0).clamp(min=1e-3)
    recognise = nn.Linear(len(mean), none + 1)
    nn.init.zeros_(recognise.weight)
    optimizer = torch.optim.AdamW(recognise.parameters(), weight_decay=1e-2)
    sampler = BatchSampler(corpus.counts, BATCH, seed, WEIGHTS)
    rng = np.random.default_rng(seed)
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - step / STEPS)
        rows = sampler.draw()
        versions = [each[rng.integers(len(each))] for each in seen]
        drawn = torch.cat([each[row] for each, row in zip(versions, rows, strict=True)])
        shown = torch.cat([each[row] for each, row in zip(kinds, rows, strict=True)])
        loss = cross_entropy(recognise(dropout((drawn - mean) / spread, LEFT_OUT)), shown)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 100 == 99:
            print(f"kinds step {step + 1} {loss.item():.4g}", flush=True)
    with torch.no_grad():  # for features as the trunk gives them
        recognise.weight /= spread
        recognise.bias -= recognise.weight @ mean
    return recognise


def instance_of(pictures: Tensor, copies: Tensor) -> nn.Linear:
    """The EMBED_DIM directions in which pictures (n, f) differ most from each other, compared
    to what they differ from their copies (n, f); the pictures spread by one in each."""
    apart = pictures - copies
    within = apart.T @ apart / (2 * len(apart))
    within += RIDGE * within.trace() / len(within) * torch.eye(len(within))
    between = torch.cov(pictures.T)
    root = torch.linalg.inv(torch.linalg.cholesky(within))
    _, directions = torch.linalg.eigh(root @ between @ root.T)
    found = directions[:, -EMBED_DIM:].T @ root
    found /= (pictures @ found.T).std(0)[:, None]
    instance = nn.Linear(*found.T.shape)
    with torch.no_grad():
        instance.weight.copy_(found)
        instance.bias.copy_(-found @ pictures.mean(0))
    return instance


def main(args: argparse.Namespace) -> None:
    """Fits the kinds of the exported model in `args.model` and writes them and its graphs there."""
    use_device(args.device, args.threads)
    torch.manual_seed(args.seed)
    folder = Path(args.model)
    corpus = Corpus(Path(args.photos), Path(args.work), args.seed)
    model = Trainee(len(corpus.classes.labels), len(corpus.tokens))
    model.take_exported(folder, corpus)
    model.to(memory_format=torch.channels_last).eval().requires_grad_(False)
    seen = seen_often(model, corpus)
    often = [versions for versions in seen if len(versions) > len(VERSIONS)]
    pictures, copies = (torch.cat([versions[n] for versions in often]) for n in range(2))
    instance = instance_of(pictures.chunk(2, dim=1)[0], copies.chunk(2, dim=1)[0])
    write(folder, fit(corpus, seen, args.seed), meanings_of(model, corpus), instance)
    with torch.device("cpu"):
        write_graphs(folder, training_pictures(Path(args.photos)))


def write(folder: Path, recognise: nn.Linear, meanings: Tensor, instance: nn.Linear) -> None:
    """Puts the kinds into an exported model's folder; its graphs do not fit any more."""
    weights = {
        "recognise.weight": recognise.weight,
        "recognise.bias": recognise.bias,
        "meanings": meanings,
        "instance.weight": instance.weight,
        "instance.bias": instance.bias,
        "share": torch.tensor(SHARE),
        "middle": torch.tensor(MIDDLE),
    }
    halves = {f"{PREFIX}{name}": each.detach().half().cpu() for name, each in weights.items()}
    replace_file(folder / KINDS_FILE, save(halves))
    write_kinds(folder, KINDS_FILE)
