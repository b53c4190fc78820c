"""What training asks of a batch: which texts belong to which pictures, and the sum of the parts."""

import torch
from concepts import CONCEPTS
from corpus import Batch, Corpus
from losses import alike_pictures, class_and_words, several_right
from model import Trainee
from torch import Tensor, nn

SMOOTHING = 0.05
MAX_SCALE = 60.0
WEIGHTS = {
    "to_text": 1.0,
    "captions": 0.6,
    "labels": 0.2,
    "concepts": 0.1,
    "alike": 0.2,
    "head": 0.5,
}
# On finished features the labels can be pressed harder: nothing else pays for it.
TUNE_WEIGHTS = WEIGHTS | {"alike": 1.0}
ALIKE_WEIGHTS = WEIGHTS | {"alike": 1.0, "to_text": 2.5, "labels": 0.4, "objects": 8.0}


def text_losses(model: Trainee, corpus: Corpus, batch: Batch, vectors: Tensor) -> dict[str, Tensor]:
    """Every part of the objective that only needs the pictures' unit vectors (n, d)."""
    count = len(corpus.classes.labels)
    scale = model.clip.logit_scale.exp().clamp(max=MAX_SCALE)
    labels, concepts = model.phrases(corpus.class_rows()).split([count, len(CONCEPTS)])
    captions = model.phrases(batch.captions)
    logits = scale * vectors @ torch.cat([labels, captions, concepts]).T
    right, excluded = _answers(corpus, batch)
    answers = count + len(captions)
    return {
        "to_text": several_right(
            logits[:, :answers], right[:, :answers], excluded[:, :answers], SMOOTHING
        ),
        "captions": several_right(
            logits[:, count:answers].T, right[:, count:answers].T, excluded[:, count:answers].T, 0.0
        ),
        "labels": several_right(
            logits[:, :count].T, right[:, :count].T, excluded[:, :count].T, 0.0
        ),
        "concepts": several_right(
            logits[:, answers:].T, right[:, answers:].T, excluded[:, answers:].T, 0.0
        ),
        "alike": alike_pictures(vectors, batch.classes, 12.0),
    }


def head_loss(model: Trainee, corpus: Corpus, batch: Batch, features: Tensor) -> Tensor:
    """The training head's part, on the trunk's output (n, features)."""
    neutral = corpus.classes.neutral
    return class_and_words(model.head(features), batch.classes, neutral, batch.word_rows, SMOOTHING)


def weighted(parts: dict[str, Tensor], weights: dict[str, float] = WEIGHTS) -> Tensor:
    """The whole objective."""
    return sum((weights[name] * part for name, part in parts.items()), torch.zeros(()))


def _answers(corpus: Corpus, batch: Batch) -> tuple[Tensor, Tensor]:
    """(pictures, labels + captions + concepts) bool: right answers, and pairs left out."""
    labelled = batch.classes >= 0
    index = batch.classes.clamp(min=0)
    one_hot = nn.functional.one_hot(index, len(corpus.classes.labels)).bool()
    rows = torch.arange(len(index))[:, None]
    mine = rows == batch.owners[None]
    concepts = corpus.members.T[index]
    keep = labelled[:, None]
    right = torch.cat([one_hot & keep, mine, concepts & keep], 1)
    # A captioned picture may well show a dog, so it is no counterexample of a general word.
    left_out = [corpus.classes.neutral[index] & keep, torch.zeros_like(mine)]
    return right, torch.cat([*left_out, (~keep).expand_as(concepts)], 1)
