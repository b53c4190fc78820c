"""What training asks of a batch: which texts belong to which pictures, and the sum of the parts."""

import torch
from corpus import CONCEPT_NAMES, Batch, Corpus
from looks import PRESENT, UNSURE
from losses import alike_pictures, class_and_words, no_answer, several_right
from model import Trainee
from torch import Tensor, nn

SMOOTHING = 0.05
MAX_SCALE = 60.0
WEIGHTS = {
    "to_text": 1.0,
    "captions": 0.6,
    "labels": 0.2,
    "concepts": 0.1,
    "looks": 0.1,
    "alike": 0.2,
    "nonsense": 0.2,
    "head": 0.5,
}
# On finished features the labels can be pressed harder: nothing else pays for it.
TUNE_WEIGHTS = WEIGHTS | {"to_text": 2.0, "alike": 1.0, "nonsense": 1.0, "copies": 0.5}
ALIKE_WEIGHTS = TUNE_WEIGHTS | {"to_text": 2.5, "labels": 0.4, "objects": 8.0}


def text_losses(model: Trainee, corpus: Corpus, batch: Batch, vectors: Tensor) -> dict[str, Tensor]:
    """Every part of the objective that only needs the pictures' unit vectors (n, d)."""
    count, owned = len(corpus.classes.labels), len(batch.owners)
    scale = model.clip.logit_scale.exp().clamp(max=MAX_SCALE)
    phrases = model.phrases(corpus.class_rows(batch.look_texts))
    labels, concepts, looks = phrases.split([count, len(CONCEPT_NAMES), len(batch.look_texts)])
    captions = model.phrases(batch.captions)
    logits = scale * vectors @ torch.cat([labels, captions]).T
    right, excluded = _answers(corpus, batch)
    answers = count + owned
    return {
        "to_text": several_right(logits, right, excluded, SMOOTHING),
        "captions": several_right(
            logits[:, count:answers].T, right[:, count:answers].T, excluded[:, count:answers].T, 0.0
        ),
        "labels": several_right(
            logits[:, :count].T, right[:, :count].T, excluded[:, :count].T, 0.0
        ),
        "concepts": _found(scale * concepts @ vectors.T, batch.concepts.T),
        "looks": _found(scale * looks @ vectors.T, batch.look_answers),
        "alike": alike_pictures(vectors, batch.classes, 12.0),
        "nonsense": no_answer(captions[owned:] @ vectors.T),
    }


def _found(logits: Tensor, answers: Tensor) -> Tensor:
    """The loss of phrases that ask for pictures; answers as in Batch, both (phrases, n)."""
    return several_right(logits, answers == PRESENT, answers == UNSURE, 0.0)


def head_loss(model: Trainee, corpus: Corpus, batch: Batch, features: Tensor) -> Tensor:
    """The training head's part, on the trunk's output (n, features)."""
    neutral = corpus.classes.neutral
    return class_and_words(model.head(features), batch.classes, neutral, batch.word_rows, SMOOTHING)


def weighted(parts: dict[str, Tensor], weights: dict[str, float] = WEIGHTS) -> Tensor:
    """The whole objective."""
    return sum((weights[name] * part for name, part in parts.items()), torch.zeros(()))


def _answers(corpus: Corpus, batch: Batch) -> tuple[Tensor, Tensor]:
    """(pictures, labels + captions) bool: right answers, and pairs left out."""
    labelled = (batch.classes >= 0)[:, None]
    index = batch.classes.clamp(min=0)
    one_hot = nn.functional.one_hot(index, len(corpus.classes.labels)).bool()
    mine = torch.zeros(len(index), len(batch.captions), dtype=torch.bool)
    mine[batch.owners, torch.arange(len(batch.owners))] = True
    left_out = [corpus.classes.neutral[index] & labelled, torch.zeros_like(mine)]
    return torch.cat([one_hot & labelled, mine], 1), torch.cat(left_out, 1)
