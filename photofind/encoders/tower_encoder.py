"""The one kind of encoder there is: a backend between a picture's or phrase's way in and out."""

from collections.abc import Sequence

from PIL import Image

from photofind.core.errors import EncoderError
from photofind.core.types import EncoderSpec, Vectors
from photofind.encoders.base import Backend, Pixels, unit_rows
from photofind.encoders.preprocess import Preprocessor
from photofind.encoders.squares import encode_looks
from photofind.encoders.tokenizing import Tokenize


class TowerEncoder:
    """An `Encoder`; with `tokenize` None it sees pictures only."""

    def __init__(
        self,
        spec: EncoderSpec,
        backend: Backend,
        preprocessor: Preprocessor,
        tokenize: Tokenize | None,
    ) -> None:
        self.spec = spec
        self._backend = backend
        self._preprocessor = preprocessor
        self._tokenize = tokenize

    @property
    def image_size(self) -> int:
        return self._preprocessor.image_size

    @property
    def device(self) -> str:
        return self._backend.device

    @property
    def tuning(self) -> str:
        return self._backend.tuning

    @property
    def parallel(self) -> int:
        return self._backend.parallel

    def prepare(self, image: Image.Image) -> Pixels:
        return self._preprocessor(image)

    def encode_pixels(self, pixels: Sequence[Pixels]) -> Vectors:
        return encode_looks(self._backend.encode_pixels, pixels)

    def encode_apart(self, pixels: Sequence[Pixels]) -> Vectors:
        return encode_looks(self._backend.encode_apart, pixels)

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        return self.encode_pixels([self.prepare(image) for image in images])

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        if self._tokenize is None:
            raise EncoderError(
                f"{self.spec.title} sees pictures only and knows no words; choose another model"
            )
        return unit_rows(self._backend.encode_tokens(self._tokenize(texts)))
