"""What is recognised after fitting: of few made-up features, with the real classifier."""

from types import SimpleNamespace
from typing import Any

import kinds
import pytest
import torch
from data import PhotoSet
from model import Trainee
from texts import Classes, Tokens
from torch import Tensor
from torch.nn.functional import normalize
from tune import OBJECTS
from vocabulary import make_tokenizer

LABELS = ["ant"] * 30 + ["pizza"] * 30
CAPTIONED = 40
FEATURES = 1024  # means and spreads of the built-in model's trunk


@pytest.fixture
def corpus(tmp_path) -> Any:
    def photo_set(name: str, texts: list[tuple[str, ...]]) -> PhotoSet:
        return PhotoSet(name, tmp_path, ("x.jpg",) * len(texts), tuple(texts))

    labelled = photo_set(OBJECTS, [(label,) for label in LABELS])
    captioned = photo_set("flickr8k", [("a man walks", "a walk")] * CAPTIONED)
    tokens = Tokens(make_tokenizer([("a photo of an ant", 9), ("the pizza", 9)], 32))
    return SimpleNamespace(
        classes=Classes([labelled, captioned]),
        counts={OBJECTS: len(LABELS), "flickr8k": CAPTIONED},
        sets=[SimpleNamespace(photo_set=labelled), SimpleNamespace(photo_set=captioned)],
        tokens=tokens,
    )


def drawn(kind: Tensor) -> Tensor:
    """Features of pictures that differ by the spread of some features per kind, and by chance."""
    features = torch.randn(len(kind), FEATURES).abs()
    for row, number in enumerate(kind.tolist()):
        start = FEATURES // 2 + 100 * number
        features[row, start : start + 100] += 1
    return features


def test_each_kind_is_recognised_and_what_is_captioned_keeps_its_vector(
    corpus: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"STEPS": 60, "BATCH": 64, "OBJECT_BATCH": 32}.items():
        monkeypatch.setattr(kinds, name, value)
    torch.manual_seed(2)
    model = Trainee(2, len(corpus.tokens)).eval().requires_grad_(False)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    shown = torch.tensor([0] * 30 + [1] * 30)
    nothing = torch.full((CAPTIONED,), 2)
    versions = [[(drawn(kind), kind) for kind in (shown, nothing)] for _ in range(2)]

    recognise, meanings = kinds.fit(model, corpus, versions, seed=1)

    others = torch.tensor([0, 1, 2, 0, 1, 2])
    told = recognise(drawn(others)).softmax(-1)
    assert told.argmax(1).tolist() == others.tolist()
    assert meanings.shape == (3, 256)
    assert not meanings[2].any()
    torch.testing.assert_close(meanings[:2].norm(dim=1), torch.full((2,), kinds.MEANING))
    phrases = normalize(model.phrases(corpus.tokens.rows(["an ant", "a pizza"])), dim=-1)
    likeness = phrases @ meanings[:2].T
    assert likeness.argmax(1).tolist() == [0, 1]
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
