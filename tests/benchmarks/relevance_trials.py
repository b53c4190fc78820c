"""Queries whose right answers are known, and their scores over one library of all sets."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from photofind.core.near_photos import SAMPLE
from photofind.core.ranking import ANY_CENTRE, Scale, measure
from photofind.core.types import Vectors
from photofind.encoders.base import Encoder
from tests.benchmarks.encoding import encode_phrases, encode_set
from tests.benchmarks.photo_sets import ZippedSet

_LOOKED_AT = 400  # best photos of a query; more are never good for the sets here
_PICTURES_PER_SET = 100

# What people type first. A picture shows it if one of its captions says so.
EVERYDAY: Final = (
    "baby",
    "ball",
    "beach",
    "bicycle",
    "boat",
    "boy",
    "car",
    "child",
    "dog",
    "field",
    "fountain",
    "girl",
    "grass",
    "horse",
    "lake",
    "man",
    "mountain",
    "park",
    "people",
    "pool",
    "river",
    "rock",
    "sand",
    "skateboard",
    "snow",
    "street",
    "swing",
    "tree",
    "water",
    "woman",
)

# None of these is among the phrases that the built-in model learns to have no answer.
NONSENSE: Final = (
    "xqzt",
    "asdfgh",
    "flurbnix",
    "grobble wenk",
    "plonst",
    "vrrk tilm",
    "jklö",
    "qwerty",
    "zzzzz",
    "hgf ytr",
    "mimblewex",
    "ooo ppp qqq",
    "trastevelk",
    "nnn",
    "dskfj wqeoi",
    "quantum chromodynamics",
    "mortgage agreement",
    "constitutional amendment",
    "json parse error",
    "sonata in d minor",
    "hypotenuse",
    "how are you",
    "because",
    "never mind",
    "whatever",
    "gdpr compliance",
    "annual general meeting",
    "third declension",
    "antidisestablishmentarianism",
    "kubernetes cluster",
    "cost of living index",
    "the day before",
    "monetary policy",
    "verb conjugation",
    "warranty expired",
    "merge request",
    "probability distribution",
    "what time is it",
    "metaphysics",
    "shareholder value",
)


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """The best photos of q queries, best first, of those for which it is known if they are right.

    scores (q, k) cosines; right (q, k) bool; wanted (q,) how many photos would be right;
    backgrounds: the scale of each query.
    """

    scores: npt.NDArray[np.float32]
    right: npt.NDArray[np.bool_]
    wanted: npt.NDArray[np.int64]
    backgrounds: list[Scale]


class Library:
    """The pictures of all sets, as if they were one person's."""

    def __init__(self, encoder: Encoder, sets: Sequence[ZippedSet]) -> None:
        self._encoder = encoder
        self._sets = sets
        self._rows = np.concatenate([encode_set(encoder, pictures) for pictures in sets])
        self._names = [names for pictures in sets for names in _names(pictures)]
        self._labelled = np.array([bool(names) for names in self._names])
        self._sample = self._rows[np.random.default_rng(0).permutation(len(self._rows))[:SAMPLE]]
        spec = encoder.spec
        self._words = Scale(ANY_CENTRE, spec.text_spread, spec.text_floor)
        self._pictures = Scale(ANY_CENTRE, spec.image_spread, spec.image_floor)

    def of_words(self) -> Trials:
        """Each label by its first name; right are the pictures whose label has that name too."""
        words = sorted({names[0] for names in self._names if names})
        right = np.array([[word in names for names in self._names] for word in words])
        queries = encode_phrases(self._encoder, words)
        return self._trials(queries, right, self._words, self._labelled)

    def of_everyday(self) -> Trials:
        """Everyday words; right are the pictures with a caption that has the word."""
        said = self._said()
        captioned = np.array([bool(words) for words in said])
        asked = [word for word in EVERYDAY if any(word in words for words in said)]
        right = np.array([[word in words for words in said] for word in asked], np.bool_)
        queries = encode_phrases(self._encoder, asked) if asked else self._rows[:0]
        return self._trials(queries, right.reshape(len(asked), len(said)), self._words, captioned)

    def of_absent(self) -> Trials:
        """Labels of which no caption has a word, among the captioned pictures: nothing is right."""
        said = self._said()
        spoken = set[str]().union(*said)
        known = (
            spoken | {f"{word}s" for word in spoken} | {word.removesuffix("s") for word in spoken}
        )
        labels = sorted({names[0] for names in self._names if names})
        asked = [label for label in labels if known.isdisjoint(re.findall("[a-z]+", label))]
        captioned = np.array([bool(words) for words in said])
        if not asked or not captioned.any():
            return self._trials(self._rows[:0], self._nothing(0), self._words)
        queries = encode_phrases(self._encoder, asked)
        return self._trials(queries, self._nothing(len(asked)), self._words, captioned)

    def _said(self) -> list[set[str]]:
        """The words of each picture's captions; none for labelled ones."""
        return [
            {word for text in texts for word in re.findall("[a-z]+", text.lower())}
            if pictures.has_captions
            else set()
            for pictures in self._sets
            for texts in pictures.texts
        ]

    def of_nonsense(self) -> Trials:
        """Phrases for which nothing here is right."""
        queries = encode_phrases(self._encoder, NONSENSE)
        return self._trials(queries, self._nothing(len(queries)), self._words)

    def of_captions(self) -> Trials:
        """Each caption; only its own picture is known to be right, others may be."""
        queries, owners, at = [], [], 0
        for pictures in self._sets:
            if pictures.has_captions:
                queries += [text for texts in pictures.texts for text in texts]
                owners += [at + row for row, texts in enumerate(pictures.texts) for _ in texts]
            at += len(pictures.files)
        if not queries:
            return self._trials(self._rows[:0], self._nothing(0), self._words)
        right = self._nothing(len(queries))
        right[np.arange(len(owners)), owners] = True
        return self._trials(encode_phrases(self._encoder, queries), right, self._words)

    def of_pictures(self) -> Trials:
        """Some pictures of each labelled set; right are the others with a name in common.

        Where labels have one picture each, nothing is right.
        """
        random = np.random.default_rng(1)
        chosen, at = [], 0
        for pictures in self._sets:
            if not pictures.has_captions:
                few = random.permutation(len(pictures.files))[:_PICTURES_PER_SET]
                chosen += [at + int(row) for row in few]
            at += len(pictures.files)
        right = np.array(
            [
                [not set(self._names[row]).isdisjoint(names) for names in self._names]
                for row in chosen
            ]
        ).reshape(len(chosen), len(self._rows))
        return self._trials(self._rows[chosen], right, self._pictures, self._labelled, chosen)

    def _nothing(self, count: int) -> npt.NDArray[np.bool_]:
        return np.zeros((count, len(self._rows)), np.bool_)

    def _trials(
        self,
        queries: Vectors,
        right: npt.NDArray[np.bool_],
        usual: Scale,
        known: npt.NDArray[np.bool_] | None = None,
        themselves: Sequence[int] = (),
    ) -> Trials:
        """known (n,): the photos to be ranked; themselves: the photo that each query is."""
        scores = queries @ self._rows.T
        backgrounds = [measure(row, usual) for row in queries @ self._sample.T]
        if known is not None:
            scores[:, ~known] = -2
            right = right & known
        if len(themselves):
            own = (np.arange(len(queries)), np.asarray(themselves))
            scores[own], right[own] = -2, False
        best = np.argsort(-scores, axis=1)[:, :_LOOKED_AT]
        return Trials(
            np.take_along_axis(scores, best, axis=1),
            np.take_along_axis(right, best, axis=1),
            right.sum(axis=1),
            backgrounds,
        )


def _names(pictures: ZippedSet) -> list[tuple[str, ...]]:
    """What each picture's label is called; nothing for captioned pictures."""
    if pictures.has_captions:
        return [()] * len(pictures.files)
    return [tuple(label.lower().split(", ")) for label in pictures.labels]
