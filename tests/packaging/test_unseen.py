"""Words that training never saw take the row of a relative, or the row that says little."""

import torch
from config import UNKNOWN_TOKEN
from open_clip.tokenizer import SimpleTokenizer
from unseen import fill_unseen, relatives


def code_of(word: str) -> int:
    return SimpleTokenizer().encoder[word + "</w>"]


def test_relatives_are_other_forms_of_the_word() -> None:
    assert next(relatives("kittens")) == "kitten"
    assert "puppies" in list(relatives("puppy"))
    assert "poppy" in list(relatives("poppies"))
    assert "jump" in list(relatives("jumping"))
    assert "bake" not in list(relatives("bakery"))
    assert "stop" in list(relatives("stopping"))


def test_short_words_have_no_stem() -> None:
    assert "car" not in list(relatives("cars"))
    assert "bus" not in list(relatives("buses"))


def test_unseen_rows_come_from_a_relative_or_say_little() -> None:
    table = torch.randn(49408, 4)
    seen = torch.zeros(49408, dtype=torch.bool)
    kitten, kittens, beach = code_of("kitten"), code_of("kittens"), code_of("beach")
    seen[[kitten, beach]] = True
    filled = fill_unseen(table, seen)
    assert torch.equal(filled[kittens], table[kitten])
    assert torch.equal(filled[beach], table[beach])
    assert torch.equal(filled[code_of("parliament")], table[UNKNOWN_TOKEN])
