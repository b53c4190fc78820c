"""What the engine does with one picture before a model sees it. Runs in the engine process only."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from photofind.core.images import (
    OpenedPicture,
    average_color,
    make_thumbnail,
    open_hashed,
    open_picture,
    shrunk,
)
from photofind.core.phash import perceptual_hash
from photofind.core.types import THUMBNAIL_SIDE, Analysis, Hashes
from photofind.engine.protocol import Rendered


@dataclass(frozen=True, slots=True, eq=False)
class DecodedPicture:
    """A picture, and everything about it but its vector."""

    image: Image.Image
    analysis: Analysis


class Decoder:
    """Stateless; used by several threads at once. Every method raises ImageError."""

    def analyze(self, path: Path, model_side: int) -> DecodedPicture:
        """Read a file once: its hashes, its thumbnail and a picture for the model.

        model_side: the model's own size in pixels, 0 where no model will see it. The perceptual
        hash is that of the thumbnail's pixels, so that it is the same for every model.
        """
        opened, content = self.open_hashed(path, model_side)
        small = shrunk(opened.image)
        analysis = Analysis(
            metadata=opened.metadata,
            hashes=Hashes(content, perceptual_hash(small)),
            thumbnail=make_thumbnail(small),
            average_color=average_color(small),
            vector=None,
        )
        return DecodedPicture(opened.image, analysis)

    def open_hashed(self, path: Path, model_side: int) -> tuple[OpenedPicture, bytes]:
        return open_hashed(path, min_side=THUMBNAIL_SIDE, min_short=_least_short(model_side))

    def open_for_model(self, source: Path | bytes, model_side: int) -> OpenedPicture:
        """The same pixels that `analyze` would give to the model."""
        return open_picture(source, min_side=THUMBNAIL_SIDE, min_short=_least_short(model_side))

    def render(self, source: Path | bytes, side: int) -> Rendered:
        """A picture scaled down to a long side of at most `side` pixels."""
        image = open_picture(source, min_side=side).image
        if max(image.size) > side:
            image.thumbnail((side, side), Image.Resampling.LANCZOS)
        return Rendered(image.width, image.height, image.tobytes())


def _least_short(model_side: int) -> int:
    """Short side in pixels: what a model that cuts out a square needs, and a thumbnail's half."""
    return max(model_side, THUMBNAIL_SIDE // 2)
