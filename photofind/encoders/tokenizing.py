"""Phrases as a model's token ids, without torch, which open_clip's own tokenizers import.

The byte-pair vocabulary is the file that open_clip carries; a model of another vocabulary has its
tokenizer.json beside its weights.
"""

import gzip
import html
import importlib.util
import string
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import ftfy
import numpy as np
import numpy.typing as npt
from tokenizers import Regex, Tokenizer, models, pre_tokenizers

from photofind.core.errors import EncoderError
from photofind.encoders.manifest import TOKENIZER

Tokenize = Callable[[Sequence[str]], npt.NDArray[np.int64]]
"""Phrases to token ids of shape (n, context), filled up with zeros or the model's own padding."""

_VOCABULARY = "bpe_simple_vocab_16e6.txt.gz"
_MERGES = 49152 - 256 - 2
_START, _END = "<start_of_text>", "<end_of_text>"
_WORDS = r"(?i)'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def tokenizer_of(text_config: dict[str, Any], folder: Path) -> Tokenize:
    """The tokenizer of a text_cfg of open_clip. Raises EncoderError."""
    context = int(text_config.get("context_length", 77))
    options: dict[str, Any] = text_config.get("tokenizer_kwargs", {})
    if "hf_tokenizer_name" in text_config:
        return _from_file(folder / TOKENIZER, context, options.get("clean", "whitespace"))
    if unknown := set(options) - {"clean"}:
        raise EncoderError(f"the model's tokenizer has options not known: {', '.join(unknown)}")
    return _byte_pairs(context, options.get("clean", "lower"))


def shortened(tokens: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Token ids (n, context) without the columns that are padding in every row."""
    used = np.flatnonzero((tokens != 0).any(axis=0))
    return tokens[:, : max(2, int(used[-1]) + 1)] if len(used) else tokens[:, :2]


def _byte_pairs(context: int, cleaning: str) -> Tokenize:
    encoding, clean = _clip_encoding(), _cleaner(cleaning)
    start, end = encoding.token_to_id(_START), encoding.token_to_id(_END)

    def tokenize(texts: Sequence[str]) -> npt.NDArray[np.int64]:
        rows = encoding.encode_batch([clean(text) for text in texts], add_special_tokens=False)
        tokens = np.zeros((len(texts), context), np.int64)
        for number, row in enumerate(rows):
            ids = [start, *row.ids[: context - 2], end]
            tokens[number, : len(ids)] = ids
        return tokens

    return tokenize


@cache
def _clip_encoding() -> Any:
    """CLIP's byte-pair encoding, without what stands at a phrase's start and end."""
    found = importlib.util.find_spec("open_clip")
    path = Path(found.origin).parent / _VOCABULARY if found and found.origin else Path(_VOCABULARY)
    try:
        lines = gzip.decompress(path.read_bytes()).decode("utf-8").split("\n")
    except OSError as error:
        raise EncoderError(f"open_clip's {_VOCABULARY} cannot be read: {error}") from error
    merges = [(left, right) for left, right in map(str.split, lines[1 : _MERGES + 1])]
    letters = _byte_letters()
    pieces = [*letters, *(f"{letter}</w>" for letter in letters)]
    pieces += [left + right for left, right in merges]
    pieces += [_START, _END]
    encoding: Any = Tokenizer(
        models.BPE(
            vocab={piece: number for number, piece in enumerate(pieces)},
            merges=merges,
            end_of_word_suffix="</w>",
        )
    )
    encoding.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    encoding.add_special_tokens([_START, _END])
    return encoding


def _byte_letters() -> list[str]:
    """The letters that stand for bytes, in the vocabulary's order: visible ones first."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(0x100) if byte not in visible]
    return [chr(byte) for byte in visible] + [chr(0x100 + n) for n in range(len(hidden))]


def _from_file(path: Path, context: int, cleaning: str) -> Tokenize:
    """The tokenizer that lies beside the weights, padded and cut to the context's length."""
    if not path.is_file():
        raise EncoderError(f"the model's {path.name} is missing from {path.parent}")
    try:
        encoding: Any = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises plain Exception
        raise EncoderError(f"{path} cannot be read: {error}") from error
    encoding.enable_truncation(context)
    encoding.enable_padding(length=context, pad_id=encoding.token_to_id("<pad>") or 0)
    clean = _cleaner(cleaning)

    def tokenize(texts: Sequence[str]) -> npt.NDArray[np.int64]:
        rows = encoding.encode_batch([clean(text) for text in texts])
        return np.asarray([row.ids for row in rows], np.int64)

    return tokenize


def _cleaner(kind: str) -> Callable[[str], str]:
    """What open_clip does with a phrase first. Raises EncoderError for a kind not known."""

    def whitespace(text: str) -> str:
        return " ".join(html.unescape(html.unescape(ftfy.fix_text(text))).split())

    def lower(text: str) -> str:
        return whitespace(text).lower()

    def canonicalize(text: str) -> str:
        plain = html.unescape(html.unescape(ftfy.fix_text(text))).replace("_", " ")
        return " ".join(plain.translate(_PUNCTUATION).lower().split())

    kinds = {"whitespace": whitespace, "lower": lower, "canonicalize": canonicalize}
    if kind not in kinds:
        raise EncoderError(f"the model's tokenizer cleans phrases in an unknown way: {kind!r}")
    return kinds[kind]
