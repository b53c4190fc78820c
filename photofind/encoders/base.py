"""What an encoder is to the rest of photofind, and what computes for it. Loads nothing itself."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from photofind.core.types import EncoderSpec, Vectors

Pixels = npt.NDArray[np.float32]
"""One prepared picture, float32 of shape (3, side, side), normalised as its model wants it.

A panorama is several such squares, (squares, 3, side, side); see `squares.py`.
"""


class Backend(Protocol):
    """Runs the towers of one model on one device.

    One thread at a time uses it; beside that one, `parallel` others may be in `encode_apart`.
    """

    @property
    def device(self) -> str:
        """Where it computes now, e.g. "cuda" or "cpu (onnx-int8)"."""
        ...

    @property
    def tuning(self) -> str:
        """Whether the best way to compute was found: "done", "provisional" or "missing"."""
        ...

    @property
    def parallel(self) -> int:
        """How many threads should encode pictures apart; 1 where one call takes all there is."""
        ...

    def encode_pixels(self, pixels: Sequence[Pixels]) -> Vectors:
        """Single squares (3, side, side) to float32 (n, d), not normalised."""
        ...

    def encode_apart(self, pixels: Sequence[Pixels]) -> Vectors:
        """`encode_pixels` in the caller's own thread, while other threads do the same."""
        ...

    def encode_tokens(self, tokens: npt.NDArray[np.int64]) -> Vectors:
        """Token ids (n, context) to float32 (n, d), not normalised."""
        ...


class Encoder(Protocol):
    """Maps pictures, and phrases where it has a text side, to unit vectors of one space."""

    @property
    def spec(self) -> EncoderSpec: ...

    @property
    def image_size(self) -> int:
        """Side of its square input in pixels."""
        ...

    @property
    def device(self) -> str: ...

    @property
    def tuning(self) -> str:
        """Whether the best way to compute here was found: "done", "provisional" or "missing"."""
        ...

    @property
    def parallel(self) -> int:
        """How many threads should encode pictures apart; 1 where one call takes all there is."""
        ...

    def prepare(self, image: Image.Image) -> Pixels:
        """Scale, crop and normalise one RGB picture. Callable from any thread."""
        ...

    def encode_pixels(self, pixels: Sequence[Pixels]) -> Vectors:
        """float32 (n, d) unit rows; a row of NaN where the model gave nothing usable."""
        ...

    def encode_apart(self, pixels: Sequence[Pixels]) -> Vectors:
        """`encode_pixels` in the caller's own thread; `parallel` threads may be in it at once."""
        ...

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """`prepare` and `encode_pixels` in one go."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """float32 (n, d) unit rows. EncoderError where the model has no text side."""
        ...


def unit_rows(rows: npt.NDArray[Any]) -> Vectors:
    """Rows (n, d) scaled to unit length; rows that are not finite or all zero become NaN."""
    vectors = np.asarray(rows, dtype=np.float32)
    with np.errstate(all="ignore"):
        lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
        usable = np.isfinite(lengths) & (lengths > 0)
        scaled = vectors / np.where(usable, lengths, np.nan)
    return scaled.astype(np.float32)
