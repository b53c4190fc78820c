"""Rows of the token table for words that training never saw.

A word shares what its stem has learned: "kittens" means what "kitten" does. What has no relative
among the seen words gets the row that was trained to mean "some word", so that it says little
instead of something random.
"""

from collections.abc import Iterator

from config import UNKNOWN_TOKEN
from open_clip.tokenizer import SimpleTokenizer
from torch import Tensor

_WORD_END = "</w>"
_SHORTEST_STEM = 4  # letters; of shorter ones too many are other words ("car", "carers")
_ENDINGS = (("ies", "y"), ("es", ""), ("s", ""), ("ing", ""), ("ing", "e"), ("ed", ""), ("ed", "e"))


def relatives(word: str) -> Iterator[str]:
    """Other forms of an English word, nearest first: what it is made from, what is made of it."""
    for ending, instead in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem == word or len(stem + instead) < _SHORTEST_STEM:
            continue
        yield stem + instead
        if not instead and stem[-1] == stem[-2]:
            yield stem[:-1]
    if len(word) >= _SHORTEST_STEM:
        yield from (word + ending for ending in ("s", "es", "ing", "ed"))
        if word.endswith("y"):
            yield word[:-1] + "ies"


def fill_unseen(table: Tensor, seen: Tensor) -> Tensor:
    """A copy of the token table (49408, width) whose unseen rows mean a relative or nothing.

    seen (49408,) bool: the tokens that some training phrase used.
    """
    filled = table.clone()
    filled[~seen] = table[UNKNOWN_TOKEN]
    codes = SimpleTokenizer().encoder
    for token, code in codes.items():
        if seen[code] or not token.endswith(_WORD_END):
            continue
        for other in relatives(token.removesuffix(_WORD_END)):
            known = codes.get(other + _WORD_END)
            if known is not None and seen[known]:
                filled[code] = table[known]
                break
    return filled
