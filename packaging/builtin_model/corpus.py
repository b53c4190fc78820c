"""The training sets as one corpus: draws batches of changed pictures with their texts."""

import math
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from augment import augment
from concepts import CAPTION_WORDS, CONCEPTS, PLAIN
from config import CONTEXT_LENGTH
from data import SET_WEIGHTS, CachedSet, PhotoSet, load_cached
from device import placed
from looks import ABSENT, LOOKS, PRESENT, UNSURE
from phrasing import (
    LOOK_PHRASES,
    MEANINGLESS,
    bare_look_phrase,
    caption_phrase,
    look_phrase,
    unknown_phrases,
    wording,
)
from texts import (
    TEMPLATES,
    Classes,
    Tokens,
    content_of,
    frequent_words,
    names_of,
    phrase,
    plural,
    word_targets,
)
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from vocabulary import make_tokenizer

WORDS = 1000
FORGET = 0.05
MADE_TIMES = 10  # what a text of our own counts in the vocabulary
SAID_LOOKS = 48  # phrases per batch that name an object and its look
LOOK_IN_CAPTION = 0.35  # how often a caption of a picture with a look says so
ABSTRACT = 6  # phrases per batch that make sense and are no picture's
CONCEPT_NAMES = [*CONCEPTS, *(name for name in CAPTION_WORDS if name not in CONCEPTS)]


@dataclass(frozen=True, slots=True)
class Batch:
    """What n pictures show.

    classes (n,) -1 for captioned ones; captions: token rows, the first ones with the picture that
    each belongs to in `owners`, the rest mean nothing and belong to none; word_rows: for captioned
    pictures a distribution over words. concepts (n, CONCEPT_NAMES) and look_answers (phrases, n)
    are PRESENT, UNSURE or ABSENT; look_texts are the phrases of the latter.
    """

    classes: Tensor
    captions: Tensor
    owners: Tensor
    word_rows: Tensor
    concepts: Tensor
    look_texts: list[str]
    look_answers: Tensor


class Corpus:
    """The cached training sets with their labels, captions and tokens."""

    def __init__(self, photos: Path, work: Path, seed: int) -> None:
        self.sets = [load_cached(photos, work, name) for name in SET_WEIGHTS]
        self.classes = Classes([cached.photo_set for cached in self.sets])
        self.rng = random.Random(seed)
        sets = [cached.photo_set for cached in self.sets]
        self.tokens = Tokens(make_tokenizer(spoken(sets), CONTEXT_LENGTH))
        self._class_of = [self.classes.indices(photo_set) for photo_set in sets]
        captioned = next(cached.photo_set for cached in self.sets if cached.photo_set.has_captions)
        self.words = frequent_words(captioned, WORDS)
        self._word_targets = placed(word_targets(captioned, self.words))
        self._label_concepts = label_concepts(self.classes)
        self._caption_concepts = caption_concepts(captioned)

    @property
    def counts(self) -> dict[str, int]:
        """Pictures per set."""
        return {c.photo_set.name: len(c.photo_set.files) for c in self.sets}

    def check_tokenizer(self, saved: str) -> None:
        """Raises ValueError where a checkpoint's tokens are not those of the texts."""
        if saved != self.tokens.tokenizer.to_str():
            raise ValueError("the words of the training texts are others than the checkpoint's")

    def crops(self, rows: list[np.ndarray], size: int, min_scale: float) -> tuple[Tensor, Tensor]:
        """Changed pictures (n, 3, size, size) for the given rows of each set, and their looks."""
        groups = [canvases_of(c, r) for c, r in zip(self.sets, rows, strict=True) if len(r)]
        pictures, looks = augment(groups, size, min_scale)
        return pictures.contiguous(memory_format=torch.channels_last), looks

    def batch(self, rows: list[np.ndarray], looks: Tensor) -> Batch:
        """What the given rows of each set show; looks (n, LOOKS) as `crops` gave them."""
        classes = torch.cat([c[r] for c, r in zip(self._class_of, rows, strict=True)])
        captions, word_rows = [], torch.empty(0, WORDS)
        concepts = self._label_concepts[classes.clamp(min=0)]
        own = torch.nonzero(classes < 0).flatten()
        for cached, picked in zip(self.sets, rows, strict=True):
            if cached.photo_set.has_captions and len(picked):
                texts = [self.rng.sample(cached.photo_set.texts[row], 2) for row in picked]
                captions = [
                    self._worded(text, look)
                    for pair, look in zip(texts, looks[own].tolist(), strict=True)
                    for text in pair
                ]
                word_rows = self._word_targets[picked]
                concepts[own] = self._caption_concepts[picked]
        owners = own.repeat_interleave(2)
        look_texts, look_answers = self._looks(classes, looks)
        sentences = [self.tokens.rows(captions, FORGET)] if captions else []
        nothing = self.tokens.rows([*unknown_phrases(), *self.rng.sample(MEANINGLESS, ABSTRACT)])
        rows_of = placed(stacked([*sentences, nothing]))
        return Batch(classes, rows_of, owners, word_rows, concepts, look_texts, look_answers)

    def _worded(self, caption: str, looks: list[int]) -> str:
        """A caption, now and then in other words or with how its picture (LOOKS,) looks."""
        said = [name for name, look in zip(LOOKS, looks, strict=True) if look == PRESENT]
        said = [name for name in said if name in LOOK_PHRASES]
        if said and self.rng.random() < LOOK_IN_CAPTION:
            return look_phrase(self.rng.choice(said), caption.lower().strip(" ."), self.rng)
        return caption_phrase(caption, self.rng)

    def _looks(self, classes: Tensor, looks: Tensor) -> tuple[list[str], Tensor]:
        """Phrases of looks, bare ones and with an object, and their answers (phrases, n)."""
        texts = [bare_look_phrase(look, self.rng) for look in LOOKS]
        there = torch.nonzero((looks == PRESENT) & (classes >= 0)[:, None])
        there = there[torch.randperm(len(there))[:SAID_LOOKS]]
        for picture, look in there.tolist():
            label = self.classes.labels[int(classes[picture])]
            texts.append(look_phrase(LOOKS[look], content_of(label, self.rng), self.rng))
        mine = classes[there[:, 0]]
        alike = (self.classes.neutral[mine][:, classes.clamp(min=0)]) & (classes >= 0)
        same = mine[:, None] == classes[None]
        answers = looks.T[there[:, 1]]
        # A captioned picture, or one whose label shares a name, may well show the same object.
        answers = answers.where(same, torch.where(alike | (classes < 0), answers.clamp(max=0), -1))
        return texts, torch.cat([looks.T, answers.to(looks.dtype)])

    def class_rows(self, more: list[str]) -> Tensor:
        """Token rows of one phrasing per class, then one per concept, then of `more`.

        No word is forgotten here: without its name a phrase of a label means nothing.
        """
        texts = [phrase(label, self.rng) for label in self.classes.labels]
        texts += [phrase(concept, self.rng) for concept in CONCEPT_NAMES]
        return placed(self.tokens.rows(texts + more))


def spoken(sets: list[PhotoSet]) -> Iterator[tuple[str, int]]:
    """Every text that training uses, or its parts, with how often it counts.

    A plural counts less than its word. What is no text of the sets counts little.
    """
    for photo_set in sets:
        times = Counter(text for texts in photo_set.texts for text in texts)
        for text, count in times.items():
            names = [text] if photo_set.has_captions else names_of(text)
            yield from ((name, count) for name in names)
            if not photo_set.has_captions:
                yield from ((plural(name), math.ceil(count / 10)) for name in names)
    for text in (*TEMPLATES, *CONCEPT_NAMES, *wording()):
        yield text, MADE_TIMES
    yield from ((plural(name), MADE_TIMES // 2) for name in CONCEPT_NAMES)


def label_concepts(classes: Classes) -> Tensor:
    """(classes, CONCEPT_NAMES) int8: whether pictures of a label are one."""
    answers = torch.full((len(classes.labels), len(CONCEPT_NAMES)), UNSURE, dtype=torch.int8)
    answers[:, : len(CONCEPTS)] = ABSENT
    for column, labels in enumerate(CONCEPTS.values()):
        answers[[classes.index(label) for label in labels.split("|")], column] = PRESENT
    for row, label in enumerate(classes.labels):
        for name in CONCEPT_NAMES[len(CONCEPTS) :]:
            if name in names_of(label):
                answers[row, CONCEPT_NAMES.index(name)] = PRESENT
    for name in PLAIN:
        answers[answers[:, CONCEPT_NAMES.index(name)] == PRESENT, len(CONCEPTS) :] = ABSENT
    return answers


def caption_concepts(photo_set: PhotoSet) -> Tensor:
    """(pictures, CONCEPT_NAMES) int8: two captions that say so are sure, a single one is not.

    Where a concept has no words in captions its absence cannot be told either.
    """
    answers = torch.full((len(photo_set.texts), len(CONCEPT_NAMES)), UNSURE, dtype=torch.int8)
    said = [[set(re.findall(r"[a-z]+", text.lower())) for text in c] for c in photo_set.texts]
    for name, words in CAPTION_WORDS.items():
        wanted = set(words.split("|"))
        times = torch.tensor([sum(not wanted.isdisjoint(text) for text in c) for c in said])
        column = torch.where(times >= 2, PRESENT, torch.where(times == 0, ABSENT, UNSURE))
        answers[:, CONCEPT_NAMES.index(name)] = column.to(torch.int8)
    return answers


def stacked(rows: list[Tensor]) -> Tensor:
    """Token rows of several lengths as one tensor, zero padded."""
    return pad_sequence([row for part in rows for row in part], batch_first=True)


def canvases_of(cached: CachedSet, rows: np.ndarray) -> tuple[Tensor, Tensor]:
    """Pictures (n, 3, side, side) 0..1 and their covered width and height, for `augment`."""
    found = cached.canvases[np.sort(rows)][np.argsort(np.argsort(rows))]
    pixels, sizes = (placed(torch.from_numpy(each)) for each in (found, cached.sizes[rows]))
    return pixels.permute(0, 3, 1, 2).float().div_(255), sizes
