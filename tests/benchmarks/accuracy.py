"""How well the installed model finds photos, measured through the program's own engine.

Three figures on splits that training never sees: tiny-imagenet zero-shot top-1, caltech101
picture→picture precision@10, flickr8k words→picture recall@10.
"""

import argparse
import contextlib
import sys
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

import numpy as np

from photofind.core.paths import LibraryPaths
from photofind.core.types import Analysis, Vectors
from photofind.encoders.registry import ModelRegistry
from photofind.engine.client import EngineClient, EngineConfig
from tests.benchmarks.photo_sets import unpack_set

_UNDER_WAY = 96
_TEXT_BATCH = 64
_NEAREST = 10


def measure(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    registry = ModelRegistry(LibraryPaths.default().models)
    engine = EngineClient(registry.get(options.model), EngineConfig())
    with contextlib.closing(engine):
        return {
            "model": engine.encoder_key,
            "tiny-imagenet zero-shot top-1 %": _zero_shot(engine, options.photos, folder / "tiny"),
            "caltech101 picture→picture precision@10": _precision(
                engine, options.photos, folder / "caltech"
            ),
            "flickr8k words→picture recall@10 %": _recall(
                engine, options.photos, folder / "flickr"
            ),
        }


def encode_pictures(engine: EngineClient, paths: Sequence[Path]) -> Vectors:
    """Unit vectors (n, d) of files, with a bounded number under way."""
    under_way: list[Future[Analysis]] = []
    rows: list[np.ndarray] = []
    for number, path in enumerate(paths):
        under_way.append(engine.analyze(path, encode=True))
        if len(under_way) >= _UNDER_WAY:
            rows.append(_vector(under_way.pop(0)))
        if number % 500 == 0:
            print(f"\r{number:,} of {len(paths):,} pictures", end="", file=sys.stderr)
    rows += [_vector(future) for future in under_way]
    print(f"\r{len(paths):,} pictures encoded       ", file=sys.stderr)
    return np.stack(rows)


def encode_texts(engine: EngineClient, texts: Sequence[str]) -> Vectors:
    batches = [texts[at : at + _TEXT_BATCH] for at in range(0, len(texts), _TEXT_BATCH)]
    return np.concatenate([engine.encode_texts(batch).result() for batch in batches])


def _vector(future: Future[Analysis]) -> np.ndarray:
    vector = future.result().vector
    assert vector is not None
    return vector


def _zero_shot(engine: EngineClient, photos: Path, folder: Path) -> float:
    """Per cent of pictures whose label's first name fits best, as "a photo of a NAME."."""
    pictures = unpack_set(photos, "tiny-imagenet-dev", folder)
    labels = sorted({texts[0] for texts in pictures.texts})
    phrases = [f"a photo of a {label.split(', ')[0]}." for label in labels]
    truth = np.array([labels.index(texts[0]) for texts in pictures.texts])
    scores = encode_pictures(engine, pictures.paths) @ encode_texts(engine, phrases).T
    return round(100 * float((scores.argmax(axis=1) == truth).mean()), 2)


def _precision(engine: EngineClient, photos: Path, folder: Path) -> float:
    """Share of the same label among the ten nearest other pictures, mean over pictures."""
    pictures = unpack_set(photos, "caltech101-dev", folder)
    labels = np.array([texts[0] for texts in pictures.texts])
    vectors = encode_pictures(engine, pictures.paths)
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -2)
    nearest = np.argsort(-scores, axis=1)[:, :_NEAREST]
    return round(float((labels[nearest] == labels[:, None]).mean()), 4)


def _recall(engine: EngineClient, photos: Path, folder: Path) -> float:
    """Per cent of captions whose picture is among the first ten of all pictures."""
    pictures = unpack_set(photos, "flickr8k-dev", folder)
    owners = np.repeat(np.arange(len(pictures.paths)), [len(texts) for texts in pictures.texts])
    captions = [text for texts in pictures.texts for text in texts]
    vectors = encode_pictures(engine, pictures.paths)
    scores = encode_texts(engine, captions) @ vectors.T
    own = scores[np.arange(len(owners)), owners]
    better = (scores > own[:, None]).sum(axis=1)
    return round(100 * float((better < _NEAREST).mean()), 2)
