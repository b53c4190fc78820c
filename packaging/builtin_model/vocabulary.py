"""The words that the model knows, and how other words are made of them.

A word of the training texts is one token, unless it is a rarer form of another: "kittens" is
"kitten" and an ending, so that a form that training never saw means what its word means. Every
other word is the unknown token, which training gives no meaning but "some word".
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

PADDING, UNKNOWN, START, END = "<pad>", "<unknown>", "<start>", "<end>"
_CONTINUED = "##"
_WORDS = r"\p{L}+|\p{N}+|\p{So}"
_SEEN_LEAST = 2  # times; rarer words are mostly misspelt
_ENDING_LEAST = 3  # words that it must end, or nothing is learned of it
_SHORTEST_STEM = 3  # letters


def words_of(text: str) -> list[str]:
    """The words of a phrase, in small letters without accents, as the tokenizer cuts them."""
    letters = unicodedata.normalize("NFKD", text.lower())
    return re.findall(r"[^\W\d_]+|\d+", "".join(c for c in letters if not unicodedata.combining(c)))


def make_tokenizer(texts: Iterable[tuple[str, int]], context: int) -> Tokenizer:
    """A tokenizer of the texts' words; each text comes with how often it counts.

    Rows are cut to `context` tokens. The end mark has the highest number, by which open_clip finds
    it, and the padding is 0.
    """
    counts: Counter[str] = Counter()
    for text, times in texts:
        for word in words_of(text):
            counts[word] += times
    known = Counter({word: times for word, times in counts.items() if times >= _SEEN_LEAST})
    made_of = {word: parts for word in known if (parts := _parts(word, known))}
    endings = Counter(ending for _, ending in made_of.values())
    learned = {ending for ending, times in endings.items() if times >= _ENDING_LEAST}
    whole = [w for w, _ in known.most_common() if w not in made_of or made_of[w][1] not in learned]
    pieces = [PADDING, UNKNOWN, *sorted(_CONTINUED + ending for ending in learned), *whole]
    pieces += [START, END]
    tokenizer = Tokenizer(
        models.WordPiece(
            vocab={piece: number for number, piece in enumerate(pieces)},
            unk_token=UNKNOWN,
            continuing_subword_prefix=_CONTINUED,
        )
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Lowercase(), normalizers.NFKD(), normalizers.StripAccents()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True)
    marks = [(mark, tokenizer.token_to_id(mark)) for mark in (START, END)]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=marks
    )
    tokenizer.enable_truncation(context)
    return tokenizer


def _parts(word: str, known: Counter[str]) -> tuple[str, str] | None:
    """The more usual word that this one is a form of, and its ending."""
    for stem, ending in _forms(word):
        if len(stem) >= _SHORTEST_STEM and known[stem] > known[word]:
            return stem, ending
    return None


def _forms(word: str) -> Iterator[tuple[str, str]]:
    for ending in ("s", "es", "ing", "ed"):
        stem = word.removesuffix(ending)
        if stem != word and not (ending == "s" and stem.endswith("s")):
            yield stem, ending
            if ending in ("ing", "ed") and len(stem) > 1 and stem[-1] == stem[-2]:
                yield stem[:-1], stem[-1] + ending
