"""The training sets as one corpus: draws batches of changed pictures with their texts."""

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from augment import augment
from concepts import CONCEPTS
from data import SET_WEIGHTS, CachedSet, load_cached
from texts import Classes, Tokens, frequent_words, phrase, word_targets
from torch import Tensor

WORDS = 1000
FORGET = 0.05


@dataclass(frozen=True, slots=True)
class Batch:
    """What n pictures show: classes (n,) -1 for captioned ones, token rows of captions with the
    picture each belongs to, and for captioned pictures a distribution over words."""

    classes: Tensor
    captions: Tensor
    owners: Tensor
    word_rows: Tensor


class Corpus:
    """The cached training sets with their labels, captions and tokens."""

    def __init__(self, photos: Path, work: Path, seed: int) -> None:
        self.sets = [load_cached(photos, work, name) for name in SET_WEIGHTS]
        self.classes = Classes([cached.photo_set for cached in self.sets])
        self.rng = random.Random(seed)
        self.tokens = Tokens()
        self._class_of = [self.classes.indices(cached.photo_set) for cached in self.sets]
        captioned = next(cached.photo_set for cached in self.sets if cached.photo_set.has_captions)
        self.words = frequent_words(captioned, WORDS)
        self._word_targets = word_targets(captioned, self.words)
        self.members = self._concept_members()

    @property
    def counts(self) -> dict[str, int]:
        """Pictures per set."""
        return {c.photo_set.name: len(c.photo_set.files) for c in self.sets}

    def _concept_members(self) -> Tensor:
        """(concepts, classes) bool: which classes are one."""
        members = torch.zeros(len(CONCEPTS), len(self.classes.labels), dtype=torch.bool)
        for row, labels in enumerate(CONCEPTS.values()):
            members[row, [self.classes.index(label) for label in labels.split("|")]] = True
        return members

    def crops(self, rows: list[np.ndarray], size: int, min_scale: float) -> Tensor:
        """Changed pictures (n, 3, size, size) for the given rows of each set."""
        groups = [canvases_of(c, r) for c, r in zip(self.sets, rows, strict=True) if len(r)]
        pictures = augment(groups, size, min_scale)
        return pictures.contiguous(memory_format=torch.channels_last)

    def batch(self, rows: list[np.ndarray]) -> Batch:
        """Classes and captions for the given rows of each set."""
        classes = torch.cat([c[r] for c, r in zip(self._class_of, rows, strict=True)])
        captions, word_rows = [], torch.empty(0, WORDS)
        for cached, picked in zip(self.sets, rows, strict=True):
            if cached.photo_set.has_captions and len(picked):
                texts = [self.rng.sample(cached.photo_set.texts[row], 2) for row in picked]
                captions = [text for pair in texts for text in pair]
                word_rows = self._word_targets[picked]
        owners = torch.nonzero(classes < 0).flatten().repeat_interleave(2)
        return Batch(classes, self.tokens.rows(captions, FORGET), owners, word_rows)

    def class_rows(self) -> Tensor:
        """Token rows of one phrasing per class, then one per concept."""
        texts = [phrase(label, self.rng) for label in self.classes.labels]
        texts += [phrase(concept, self.rng) for concept in CONCEPTS]
        return self.tokens.rows(texts, FORGET)


def canvases_of(cached: CachedSet, rows: np.ndarray) -> tuple[Tensor, Tensor]:
    """Pictures (n, 3, side, side) 0..1 and their covered width and height, for `augment`."""
    pixels = torch.from_numpy(cached.canvases[np.sort(rows)][np.argsort(np.argsort(rows))])
    return pixels.permute(0, 3, 1, 2).float().div_(255), torch.from_numpy(cached.sizes[rows])
