"""Perceptual hashes: 64 bits that survive scaling, recompression and small corrections.

Owns the hash and the decision that a picture is too plain to have one.
"""

import imagehash
import numpy as np
from PIL import Image

PLAIN_BELOW = 3.0
"""Detail under which a picture has no hash.

Measured: 2,202 photos of eight sets (people, objects, scenes, coasts, flowers, dishes, houses) lie
between 4.2 and several hundred, one in a thousand below 5.8. Uniform pictures, linear gradients,
lens-cap and sky frames with sensor noise, empty pages and a page with one word lie at 0 to 1.7:
recompressing such a frame alone flips up to 32 of its 64 bits.
"""

_SIDE, _FREQUENCIES = 32, 8  # imagehash.phash works on 32 × 32 pixels, 8 × 8 frequencies
_COSINES = np.sqrt(2 / _SIDE) * np.cos(
    np.pi * np.arange(_FREQUENCIES)[:, None] * (2 * np.arange(_SIDE) + 1) / (2 * _SIDE)
)
_COSINES[0] /= np.sqrt(2)


def perceptual_hash(image: Image.Image) -> int | None:
    """pHash of imagehash as an integer below 2**64; None for a picture too plain to tell apart."""
    small = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    if detail(small) < PLAIN_BELOW:
        return None
    return int(str(imagehash.phash(small)), 16)


def detail(image: Image.Image) -> float:
    """How much there is to tell pictures apart by: the median size of the hash's coefficients.

    These are the 63 lowest frequencies of the orthonormal DCT of the grey picture, without its
    mean. Where half of them are within noise, their signs, which are the hash, say nothing.
    """
    small = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    spectrum = _COSINES @ np.asarray(small, dtype=np.float64) @ _COSINES.T
    return float(np.median(np.abs(spectrum).ravel()[1:]))
