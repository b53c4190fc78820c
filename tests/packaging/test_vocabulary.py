"""Which words are tokens, and what becomes of the others."""

import pytest
from phrasing import unknown_phrases
from texts import Tokens
from vocabulary import END, START, UNKNOWN, make_tokenizer

TEXTS = [
    ("a photo of a dog", 50),
    ("dogs", 5),
    ("cats", 5),
    ("a cat", 50),
    ("houses", 2),
    ("a house", 9),
    ("kitten", 9),
    ("glass", 9),
    ("glas", 2),
    ("glasses", 40),
    ("a crème brûlée", 9),
    ("mispelt", 1),
]


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(make_tokenizer(TEXTS, 8))


def pieces(tokens: Tokens, text: str) -> list[str]:
    return tokens.tokenizer.encode(text).tokens[1:-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A dog.", ["a", "dog"]),
        ("dogs", ["dog", "##s"]),
        ("kittens", ["kitten", "##s"]),
        ("glass, glasses", ["glass", "glasses"]),
        ("Creme BRÛLÉE", ["creme", "brulee"]),
        ("mispelt", [UNKNOWN]),
        ("qxzv \N{DOG FACE} \u0441\u043e\u0431\u0430\u043a\u0430", [UNKNOWN] * 3),
        ("", []),
    ],
)
def test_words_are_tokens_forms_share_them_and_the_rest_is_unknown(
    tokens: Tokens, text: str, expected: list[str]
) -> None:
    assert pieces(tokens, text) == expected


def test_rows_begin_and_end_with_marks_and_are_cut_to_the_context(tokens: Tokens) -> None:
    rows = tokens.rows(["a dog", "a dog " * 9])
    start, end = map(tokens.tokenizer.token_to_id, (START, END))
    assert rows.shape == (2, 8)
    assert rows[:, 0].tolist() == [start, start]
    assert rows.argmax(1).tolist() == [3, 7]
    assert rows.max() == end == len(tokens) - 1
    assert rows[0, 4:].tolist() == [0] * 4


def test_forgotten_words_are_the_unknown_token_and_short_phrases_keep_theirs(
    tokens: Tokens,
) -> None:
    kept, forgotten = tokens.rows(["dog", "a photo of a dog"], forget=1.0)
    unknown = tokens.tokenizer.token_to_id(UNKNOWN)
    assert (kept == unknown).sum() == 0
    assert forgotten[1:6].tolist() == [unknown] * 5


def test_the_same_texts_give_the_same_tokens(tokens: Tokens) -> None:
    assert make_tokenizer(reversed(TEXTS), 8).get_vocab_size() == len(tokens)
    assert make_tokenizer(TEXTS, 8).to_str() == tokens.tokenizer.to_str()


def test_phrases_of_unknown_words_hold_no_other_letters(tokens: Tokens) -> None:
    unknown = [pieces(tokens, text).count(UNKNOWN) for text in unknown_phrases()]
    assert unknown[0] == 0
    assert all(unknown[1:])
