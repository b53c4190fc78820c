"""Token ids are those of open_clip's own tokenizers."""

import random
from pathlib import Path

import numpy as np
import pytest
from open_clip.tokenizer import SimpleTokenizer, get_clean_fn

from photofind.core.errors import EncoderError
from photofind.encoders.tokenizing import shortened, tokenizer_of

ODD = (
    "", " ", "!", "a dog's ball", "don't I'll we've x's 'S", "1234 12.5% $5", "naïve café—dash…",
    "Hällo Wörld – ñandú", "日本語 の 写真", "Привет мир", "مرحبا", "&amp;lt;b&gt; “quotes” ﬁne",
    "emoji 😀👍🏽 ok", "ÀÉÎ ß İstanbul", "Ⅷ ² ½", "a\u0301 b\u200d c\u00a0d", "_x_ #tag @me",
    "word " * 200, "\x00\x01", "it'S DON'T", "<end_of_text", "-- ?!?! ...",
)  # fmt: skip
LETTERS = "abcdefghijklmnop  ''\"!?.,&;_-éüß中日ё😀12"


@pytest.mark.parametrize("context", [77, 16])
def test_byte_pairs_are_those_of_open_clip(context: int) -> None:
    chance = random.Random(1)
    typed = ["".join(chance.choices(LETTERS, k=chance.randint(1, 60))) for _ in range(400)]
    texts = [*ODD, *typed]
    ours = tokenizer_of({"context_length": context}, Path())(texts)
    theirs = SimpleTokenizer(context_length=context)(texts).numpy()
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("kind", ["lower", "whitespace", "canonicalize"])
def test_phrases_are_cleaned_as_open_clip_does(kind: str) -> None:
    ours = tokenizer_of({"tokenizer_kwargs": {"clean": kind}}, Path())
    plain = SimpleTokenizer(clean=kind)
    for text in ODD:
        np.testing.assert_array_equal(ours([text]), plain([text]).numpy(), get_clean_fn(kind)(text))


@pytest.mark.parametrize("options", [{"clean": "twice"}, {"reduction_mask": "simple"}])
def test_tokenizer_of_another_kind_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(EncoderError, match="tokenizer"):
        tokenizer_of({"tokenizer_kwargs": options}, Path())


def test_padding_of_all_rows_is_left_away() -> None:
    tokens = np.array([[9, 1, 8, 0, 0, 0], [9, 0, 0, 8, 0, 0]], np.int64)
    np.testing.assert_array_equal(shortened(tokens), tokens[:, :4])
    assert shortened(np.zeros((1, 6), np.int64)).shape == (1, 2)
