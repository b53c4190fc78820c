"""What is recognised after fitting: of few made-up features, with the real classifier."""

from types import SimpleNamespace
from typing import Any

import kinds
import pytest
import torch
from config import DEFAULT_EXPORT, KINDS_FILE, MIDDLE
from data import PhotoSet
from model import Trainee
from safetensors.torch import load_file
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


def test_each_kind_is_recognised_and_what_is_captioned_is_none(
    corpus: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"STEPS": 60, "BATCH": 64}.items():
        monkeypatch.setattr(kinds, name, value)
    torch.manual_seed(2)
    shown = torch.tensor([0] * 30 + [1] * 30)
    nothing = torch.full((CAPTIONED,), 2)
    seen = [[drawn(kind) for _ in range(3)] for kind in (shown, nothing)]

    recognise = kinds.fit(corpus, seen, seed=1)

    others = torch.tensor([0, 1, 2, 0, 1, 2])
    told = recognise(drawn(others)).softmax(-1)
    assert told.argmax(1).tolist() == others.tolist()


def test_a_kind_means_what_its_phrases_say_and_none_of_them_nothing(corpus: Any) -> None:
    torch.manual_seed(2)
    model = Trainee(2, len(corpus.tokens)).eval().requires_grad_(False)
    meanings = kinds.meanings_of(model, corpus)
    assert meanings.shape == (3, 256)
    assert not meanings[2].any()
    torch.testing.assert_close(meanings[:2].norm(dim=1), torch.full((2,), kinds.MEANING))
    phrases = normalize(model.phrases(corpus.tokens.rows(["an ant", "a pizza"])), dim=-1)
    likeness = phrases @ meanings[:2].T
    assert likeness.argmax(1).tolist() == [0, 1]


def test_shipped_kinds_have_the_lengths_of_the_recipe() -> None:
    shipped = load_file(DEFAULT_EXPORT / KINDS_FILE)
    for name, length in {"middle": MIDDLE, "share": kinds.SHARE}.items():
        torch.testing.assert_close(shipped[f"visual.{name}"], torch.tensor(length).half())
    lengths = shipped["visual.meanings"].float().norm(dim=1)
    expected = torch.full_like(lengths[1:], kinds.MEANING)
    torch.testing.assert_close(lengths[:-1], expected, rtol=2e-3, atol=0)
    assert lengths[-1] == 0


def test_instance_finds_what_copies_share_and_leaves_out_what_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of ten features four belong to a picture; six, three times as large, are of the moment."""
    monkeypatch.setattr(kinds, "EMBED_DIM", 4)
    torch.manual_seed(4)
    own = torch.randn(400, 4)
    pictures, copies = (torch.cat([own, 3 * torch.randn(400, 6)], 1) for _ in range(2))

    instance = kinds.instance_of(pictures, copies)

    one, other = instance(pictures), instance(copies)
    torch.testing.assert_close(one.mean(0), torch.zeros(4), atol=1e-4, rtol=0)
    torch.testing.assert_close(one.std(0), torch.ones(4))
    assert first_of(one, other) > 0.8
    assert first_of(pictures, copies) < 0.3


def first_of(pictures: Tensor, copies: Tensor) -> float:
    """Share of the copies that are nearest to their own picture."""
    nearest = torch.cdist(copies, pictures).argmin(1)
    return float((nearest == torch.arange(len(pictures))).float().mean())
