"""Words for the pictures: labels in many phrasings, captions, and their tokens.

Owns what a label is called and which labels must not be told apart. A class here is one label of
one or more sets; `bedroom` of two sets is one class.
"""

import random
import re
from collections import Counter

import torch
from concepts import EVERYDAY_NAMES, LABEL_NAMES
from data import PhotoSet
from phrasing import articled
from tokenizers import Tokenizer
from torch import Tensor
from vocabulary import START, UNKNOWN

TEMPLATES = (
    "{}",
    "{}",
    "a {}",
    "the {}",
    "a photo of a {}",
    "a photo of a {}.",
    "a photo of the {}",
    "a photo of {}",
    "a picture of a {}",
    "an image of a {}",
    "a close-up of a {}",
    "a small photo of a {}",
    "my {}",
    "there is a {} in the picture",
    "photo of one {}",
    "{} photo",
)
PLURAL_TEMPLATES = ("{}", "photos of {}", "a photo of {}", "some {}", "many {}", "two {}")


def plural(name: str) -> str:
    """The usual English plural; wrong for a few words, which only costs a rare phrase."""
    if re.search(r"(s|x|z|ch|sh)$", name):
        return name if name.endswith("s") and not name.endswith("ss") else name + "es"
    if re.search(r"[^aeiou]y$", name):
        return name[:-1] + "ies"
    return name + "s"


def names_of(label: str) -> list[str]:
    """What a label of a set is called, most usual first, lower case."""
    names = [name.strip().lower() for name in label.split(", ")]
    also = EVERYDAY_NAMES.get(names[0], [])
    return list(dict.fromkeys([*LABEL_NAMES.get(label.lower(), names[:1]), *also, *names]))


def phrase(label: str, rng: random.Random) -> str:
    """One random phrasing of a label: mostly its usual name in a short sentence."""
    roll = rng.random()
    if roll < 0.05:
        return label
    names = names_of(label)
    name = names[0] if roll < 0.65 else rng.choice(names)
    if rng.random() < 0.15:
        return rng.choice(PLURAL_TEMPLATES).format(plural(name))
    return articled(rng.choice(TEMPLATES).format(name))


def content_of(label: str, rng: random.Random) -> str:
    """What a picture of a label shows, to be put into a sentence: "a dog", "dogs" or "dog"."""
    names = names_of(label)
    name = names[0] if rng.random() < 0.7 else rng.choice(names)
    form = rng.choice(("a {}", "a {}", "{}", "the {}"))
    return plural(name) if rng.random() < 0.1 else articled(form.format(name))


class Classes:
    """All labels of the labelled sets.

    labels: one label text per class; `neutral` (c, c) bool marks pairs that share a name, which
    are never used as counterexamples of each other.
    """

    def __init__(self, sets: list[PhotoSet]) -> None:
        self.labels: list[str] = []
        self._index: dict[str, int] = {}
        for photo_set in sets:
            if not photo_set.has_captions:
                for (label,) in dict.fromkeys(photo_set.texts):
                    self._add(label)
        names = [set(names_of(label)) for label in self.labels]
        self.neutral = torch.tensor([[not a.isdisjoint(b) for b in names] for a in names])
        self.neutral.fill_diagonal_(False)

    def _add(self, label: str) -> None:
        key = plural(names_of(label)[0])
        if key not in self._index:
            self._index[key] = len(self.labels)
            self.labels.append(label)

    def index(self, label: str) -> int:
        """The class of a label as written in a set."""
        return self._index[plural(names_of(label)[0])]

    def indices(self, photo_set: PhotoSet) -> Tensor:
        """(n,) class of each picture, -1 for pictures with captions."""
        if photo_set.has_captions:
            return torch.full((len(photo_set.texts),), -1)
        return torch.tensor([self.index(texts[0]) for texts in photo_set.texts])


class Tokens:
    """Token rows of phrases, each phrase cut into tokens once."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self._cache: dict[str, list[int]] = {}
        self._unknown = tokenizer.token_to_id(UNKNOWN)
        self._start = tokenizer.token_to_id(START)

    def __len__(self) -> int:
        """How many tokens there are."""
        return self.tokenizer.get_vocab_size()

    def _encode(self, text: str) -> list[int]:
        if text not in self._cache:
            self._cache[text] = self.tokenizer.encode(text).ids
        return self._cache[text]

    def rows(self, texts: list[str], forget: float = 0.0) -> Tensor:
        """(n, longest) token rows, zero padded, on the processor; each inner token is replaced by
        the unknown token with probability `forget`, so that unknown words later mean "some word".
        """
        with torch.device("cpu"):
            return self._rows(texts, forget)

    def _rows(self, texts: list[str], forget: float) -> Tensor:
        encoded = [self._encode(text) for text in texts]
        rows = torch.zeros(len(encoded), max(map(len, encoded)), dtype=torch.long)
        for row, tokens in zip(rows, encoded, strict=True):
            row[: len(tokens)] = torch.tensor(tokens)
        if forget:
            dropped = torch.rand(rows.shape) < forget
            dropped &= (rows != 0) & (rows < self._start)
            # A phrase of one word keeps it: "some word" alone describes nothing.
            dropped &= (rows != 0).sum(1, keepdim=True) > 4
            rows[dropped] = self._unknown
        return rows


def frequent_words(photo_set: PhotoSet, count: int) -> dict[str, int]:
    """The caption words that describe pictures: the `count` most frequent, least ordinary ones
    left out (each in under half of the pictures)."""
    counter: Counter[str] = Counter()
    for captions in photo_set.texts:
        counter.update(_words(captions))
    words = [w for w, n in counter.most_common() if n < len(photo_set.texts) / 2 and len(w) > 2]
    return {word: index for index, word in enumerate(words[:count])}


def word_targets(photo_set: PhotoSet, words: dict[str, int]) -> Tensor:
    """(n, words) rows summing to one: which words the five captions use, by how many of them.

    On the processor, one by one as they are counted.
    """
    targets = torch.zeros(len(photo_set.texts), len(words), device="cpu")
    for row, captions in enumerate(photo_set.texts):
        for caption in captions:
            for word in _words((caption,)):
                if word in words:
                    targets[row, words[word]] += 1
    return targets / targets.sum(1, keepdim=True).clamp(min=1)


def _words(captions: tuple[str, ...]) -> set[str]:
    return set(re.findall(r"[a-z]+", " ".join(captions).lower()))
