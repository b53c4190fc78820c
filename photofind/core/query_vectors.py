"""From the terms of a query to vectors. Owns asking the encoder and explaining its limits."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from photofind.core.catalog import Catalog
from photofind.core.errors import ImageError, QueryError
from photofind.core.ranking import ANY_CENTRE, Scale, in_library
from photofind.core.types import (
    InstalledEncoder,
    PhotoId,
    PhotoTerm,
    PictureTerm,
    Term,
    TextTerm,
    Vector,
    Vectors,
)
from photofind.core.vectors import VectorIndex


class QueryEncoder(Protocol):
    """What search needs from the engine. Futures fail with EngineError or ImageError."""

    @property
    def encoder(self) -> InstalledEncoder: ...

    def encode_texts(self, texts: Sequence[str]) -> Future[Vectors]: ...

    def encode_picture(self, source: Path | bytes) -> Future[Vector]: ...


@dataclass(frozen=True, slots=True, eq=False)
class EncodedTerm:
    """A term as a direction."""

    vector: Vector
    weight: float  # negative: not wanted
    usual: Scale  # what is known of its scores before any photo of the library
    photo_id: PhotoId | None = None  # the photo that is itself the term


def encode_terms(
    terms: Sequence[Term], catalog: Catalog, vectors: VectorIndex, encoder: QueryEncoder
) -> list[EncodedTerm]:
    """Vectors of all terms; words are left out where the model knows none.

    Raises QueryError where a picture or photo cannot be used, EngineError where the engine fails.
    """
    spec = encoder.encoder.spec
    texts = [term for term in terms if isinstance(term, TextTerm)] if spec.has_text else []
    # All are asked for before any is waited for: the engine then works on them as one.
    text_rows = encoder.encode_texts([term.text for term in texts]) if texts else None
    of_text = Scale(spec.text_centre, spec.text_spread, spec.text_floor, spec.text_stands_out)
    of_text = in_library(of_text, len(vectors))
    of_picture = Scale(ANY_CENTRE, spec.image_spread, spec.image_floor, spec.image_stands_out)
    pictures = [(term, _picture(term, catalog, vectors, encoder)) for term in terms]
    encoded: list[EncodedTerm] = []
    if text_rows is not None:
        for term, row in zip(texts, text_rows.result(), strict=True):
            encoded.append(EncodedTerm(row, term.weight, of_text))
    for term, answer in pictures:
        if answer is None:
            continue
        photo_id = term.photo_id if isinstance(term, PhotoTerm) else None
        row = _result(term, answer) if isinstance(answer, Future) else answer
        encoded.append(EncodedTerm(row, term.weight, of_picture, photo_id))
    return [term for term in encoded if term.weight]


def _picture(
    term: Term, catalog: Catalog, vectors: VectorIndex, encoder: QueryEncoder
) -> Future[Vector] | Vector | None:
    match term:
        case TextTerm():
            return None
        case PictureTerm():
            return encoder.encode_picture(term.source)
        case PhotoTerm():
            return _photo(term.photo_id, catalog, vectors, encoder)


def _photo(
    photo_id: PhotoId, catalog: Catalog, vectors: VectorIndex, encoder: QueryEncoder
) -> Future[Vector] | Vector:
    wanted = np.array([photo_id], np.int64)
    held, rows = vectors.vectors(wanted)
    if not len(held):
        held, rows = catalog.vectors(encoder.encoder.key, [photo_id])
    if len(held):
        return rows[0]
    photo = catalog.photo(photo_id)
    if photo is None:
        raise QueryError("That photo is no longer in the library.")
    return encoder.encode_picture(photo.path)  # indexed, but not yet with this model


def _result(term: Term, answer: Future[Vector]) -> Vector:
    try:
        return answer.result()
    except ImageError as error:
        name = term.label if isinstance(term, PictureTerm) else "photo"
        raise QueryError(f"The {name} cannot be searched for: {error}.") from error
