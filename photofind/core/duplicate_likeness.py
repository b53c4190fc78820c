"""How alike two pictures are, on a scale that means the same for every encoder.

Encoders differ in how far they spread photos: with one, strangers stand at a cosine of 0.5, with
another at 0.8. A threshold that a user sets must not mean nonsense with the next model.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from photofind.core.duplicate_pairs import Pairs, RowSource

Values = npt.NDArray[np.float32]

MOST_BITS = 8  # of 64 that may differ between two hashes of the same photo
_BITS_ALONE = 4  # the same, where no vectors confirm it
_SURE = 0.80  # similarity that confirms a near hash
_SAMPLE = 1000
_USUAL = 0.63  # cosine that a tenth of a CLIP model's pairs of strangers exceed
_USUAL_PAIRS = 100  # how many pairs that assumption counts for
_TOWARDS_ONE = 0.4  # from there to 1: strangers hardly ever come nearer than that …
_STRANGERS = 0.75  # … which is put here


@dataclass(frozen=True, slots=True)
class Likeness:
    """Similarity is 1 for equal vectors and falls by `slope` as the cosine falls by 1.

    For a CLIP model the slope is about 1, and similarity the cosine itself.
    """

    slope: float

    @classmethod
    def of(cls, rows: RowSource) -> "Likeness":
        """Measured on unit rows (n, d) of a library."""
        few = rows[:: max(1, len(rows) // _SAMPLE)][:_SAMPLE].astype(np.float32)
        cosines = (few @ few.T)[np.triu_indices(len(few), 1)]
        share = len(cosines) / (len(cosines) + _USUAL_PAIRS)
        high = float(np.quantile(cosines, 0.9)) if len(cosines) else _USUAL
        high = share * high + (1 - share) * _USUAL
        strangers = high + _TOWARDS_ONE * (1 - high)
        return cls(float(np.clip((1 - _STRANGERS) / max(1 - strangers, 1e-3), 0.5, 6.0)))

    def similarity(self, cosines: Values | np.float32) -> Values:
        return np.clip(1 - self.slope * (1 - cosines), 0, 1).astype(np.float32)

    def cosine(self, similarity: float) -> float:
        return 1 - (1 - similarity) / self.slope


def confirmed(
    near: Pairs, rows: RowSource, has_row: npt.NDArray[np.bool_], likeness: Likeness
) -> Pairs:
    """Those pairs of near hashes that are the same photo, with their similarity.

    Confirmed by the vectors at the pair's positions in `rows` or, where one has none, by hashes
    that are nearer yet.
    """
    both = has_row[near.left] & has_row[near.right]
    similarity = (1 - near.value / 64).astype(np.float32)
    for start in range(0, len(near), 65536):
        part = np.flatnonzero(both[start : start + 65536]) + start
        left, right = (rows[side[part]].astype(np.float32) for side in (near.left, near.right))
        similarity[part] = likeness.similarity(np.einsum("ij,ij->i", left, right))
    sure = np.where(both, similarity >= _SURE, near.value <= _BITS_ALONE)
    return Pairs(near.left, near.right, similarity).where(sure)
