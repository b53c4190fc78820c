"""How well vectors find what they should. Pure arithmetic on unit rows."""

from collections.abc import Sequence

import numpy as np

from photofind.core.types import Vectors


def zero_shot_percent(pictures: Vectors, phrases: Vectors, truth: Sequence[int]) -> float:
    """Per cent of pictures (n, d) that are nearest to their own label's phrase (labels, d)."""
    nearest = (pictures @ phrases.T).argmax(axis=1)
    return _percent(nearest == np.asarray(truth))


def precision_at(count: int, pictures: Vectors, labels: Sequence[str]) -> float:
    """Share of the same label among the `count` nearest other pictures, mean over pictures."""
    names = np.asarray(labels)
    scores = pictures @ pictures.T
    np.fill_diagonal(scores, -2)
    nearest = np.argpartition(-scores, count, axis=1)[:, :count]
    return round(float((names[nearest] == names[:, None]).mean()), 4)


def recall_percents(
    captions: Vectors, pictures: Vectors, owners: Sequence[int], counts: Sequence[int]
) -> list[float]:
    """Per cent of captions whose own picture is among the first 1, 5, … of all pictures."""
    scores = captions @ pictures.T
    own = scores[np.arange(len(owners)), np.asarray(owners)]
    better = (scores > own[:, None]).sum(axis=1)
    return [_percent(better < count) for count in counts]


def found_first_percent(copies: Vectors, originals: Vectors) -> float:
    """Per cent of copies (n, d) that are nearest to their own original (n, d)."""
    nearest = (copies @ originals.T).argmax(axis=1)
    return _percent(nearest == np.arange(len(copies)))


def _percent(right: np.ndarray) -> float:
    return round(100 * float(right.mean()), 2)
