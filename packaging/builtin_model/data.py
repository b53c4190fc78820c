"""The training photos: reading the sets, decoding them once, and drawing batches.

Owns the cache of decoded pictures and the balance between the sets. Does not own phrasing of
labels (texts.py) nor random changes to pictures (augment.py).
"""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

SMALL_SIDE = 64
LARGE_SHORT_SIDE = 120
LARGE_CANVAS = 160
FORMATS = ("JPEG", "WEBP", "PNG")

# How often a picture of each set is drawn per pass. The small sets would drown among the others;
# sentences, scenes, flowers and houses are learned soonest.
SET_WEIGHTS = {
    "tiny-imagenet": 1.0,
    "flickr8k": 0.9,
    "food101": 1.0,
    "caltech101": 4.0,
    "scenes15": 1.0,
    "flowers": 0.4,
    "houses": 0.4,
}


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """One split of one set: file names in the zip and, per picture, its label or captions."""

    name: str
    zip_path: Path
    files: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]

    @property
    def has_captions(self) -> bool:
        """Whether the texts are sentences about one picture rather than a shared label."""
        return self.name == "flickr8k"


def read_set(photos: Path, name: str, split: str) -> PhotoSet:
    """Reads `NAME-SPLIT.tsv`; pictures stay in the zip until they are decoded."""
    stem = f"{name}-{split}"
    rows = [
        line.split("\t")
        for line in (photos / f"{stem}.tsv").read_text(encoding="utf-8").splitlines()
        if line
    ]
    files = tuple(row[0] for row in rows)
    texts = tuple(tuple(text.strip() for text in row[1:]) for row in rows)
    return PhotoSet(name, photos / f"{stem}.zip", files, texts)


def decode_all(photo_set: PhotoSet) -> Iterator[Image.Image]:
    """Yields the set's pictures in order, as RGB."""
    with zipfile.ZipFile(photo_set.zip_path) as archive:

        def decode(data: bytes) -> Image.Image:
            return Image.open(io.BytesIO(data), formats=FORMATS).convert("RGB")

        with ThreadPoolExecutor(2) as pool:
            for start in range(0, len(photo_set.files), 256):
                chunk = [archive.read(name) for name in photo_set.files[start : start + 256]]
                yield from pool.map(decode, chunk)


def _on_canvas(picture: Image.Image, side: int) -> tuple[np.ndarray, int, int]:
    """Scales to the cache's short side and puts the middle part at the canvas's top left.

    Returns the canvas (side, side, 3) uint8 and the covered width and height in pixels.
    """
    short = SMALL_SIDE if side == SMALL_SIDE else LARGE_SHORT_SIDE
    scale = short / min(picture.size)
    size = tuple(max(short, round(length * scale)) for length in picture.size)
    if size != picture.size:
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    width, height = min(size[0], side), min(size[1], side)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    pixels = np.asarray(picture.crop((left, top, left + width, top + height)))
    canvas = np.zeros((side, side, 3), np.uint8)
    canvas[:height, :width] = pixels
    # Repeat the border so that sampling between pixels never mixes in black.
    canvas[height:, :width] = pixels[-1:]
    canvas[:height, width:] = pixels[:, -1:]
    return canvas, width, height


@dataclass(frozen=True, slots=True)
class CachedSet:
    """Decoded pictures of a set: canvases (n, side, side, 3) uint8, sizes (n, 2) width, height."""

    photo_set: PhotoSet
    canvases: np.ndarray
    sizes: np.ndarray


def load_cached(photos: Path, work: Path, name: str) -> CachedSet:
    """The training split of a set, decoded on first use into `work` and memory-mapped after."""
    photo_set = read_set(photos, name, "train")
    side = SMALL_SIDE if name in ("tiny-imagenet", "food101") else LARGE_CANVAS
    folder = work / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    pixels_path, done_path = folder / f"{name}.npy", folder / f"{name}.json"
    if not done_path.exists():
        shape = (len(photo_set.files), side, side, 3)
        canvases = np.lib.format.open_memmap(pixels_path, "w+", np.uint8, shape)
        sizes = []
        for row, picture in enumerate(decode_all(photo_set)):
            canvases[row], width, height = _on_canvas(picture, side)
            sizes.append((width, height))
        canvases.flush()
        done_path.write_text(json.dumps(sizes))
    sizes = np.array(json.loads(done_path.read_text()), np.float32)
    return CachedSet(photo_set, np.load(pixels_path, mmap_mode="r"), sizes)


class BatchSampler:
    """Draws (set index, row) pairs for ever, sets in proportion to size x their weight.

    Within a set every picture comes once before any comes again. The state is a function of
    (seed, number of batches drawn), so a resumed run continues with fresh permutations.
    """

    def __init__(
        self,
        counts: dict[str, int],
        batch_size: int,
        seed: int,
        weights: Mapping[str, float] = SET_WEIGHTS,
    ) -> None:
        shares = np.array([weights[name] * count for name, count in counts.items()])
        self._shares = shares / shares.sum()
        self._counts = list(counts.values())
        self._batch_size = batch_size
        self._rng = np.random.default_rng(seed)
        self._queues: list[np.ndarray] = [np.empty(0, np.int64) for _ in self._counts]
        self._debt = np.zeros(len(self._counts))
        self.epoch_pictures = int(shares.sum())

    def draw(self) -> list[np.ndarray]:
        """Rows to take from each set for one batch; together `batch_size` rows."""
        # Carrying the rounding error over keeps every batch's make-up almost equal.
        self._debt += self._shares * self._batch_size
        take = np.floor(self._debt).astype(int)
        missing = self._batch_size - int(take.sum())
        for index in np.argsort(take - self._debt)[: max(missing, 0)]:
            take[index] += 1
        self._debt -= take
        return [self._next_rows(index, count) for index, count in enumerate(take)]

    def _next_rows(self, index: int, count: int) -> np.ndarray:
        if count <= 0:
            return np.empty(0, np.int64)
        while len(self._queues[index]) < count:
            fresh = self._rng.permutation(self._counts[index])
            self._queues[index] = np.concatenate([self._queues[index], fresh])
        rows, self._queues[index] = np.split(self._queues[index], [count])
        return rows
