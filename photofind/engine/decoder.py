"""What the engine does with one picture before a model sees it. Runs in the engine process only."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from photofind.core.images import (
    OpenedPicture,
    average_color,
    content_hash,
    make_thumbnail,
    open_picture,
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

    def analyze(self, path: Path, min_side: int) -> DecodedPicture:
        """Hash a file, open it and make its thumbnail. min_side: what the model wants, pixels."""
        content = content_hash(path)
        opened = self.open(path, max(min_side, THUMBNAIL_SIDE))
        image = opened.image
        thumbnail = make_thumbnail(image)
        analysis = Analysis(
            metadata=opened.metadata,
            hashes=Hashes(content, perceptual_hash(image)),
            thumbnail=thumbnail,
            average_color=average_color(image),
            vector=None,
        )
        return DecodedPicture(image, analysis)

    def open(self, source: Path | bytes, min_side: int) -> OpenedPicture:
        return open_picture(source, min_side=min_side)

    def render(self, source: Path | bytes, side: int) -> Rendered:
        """A picture scaled down to a long side of at most `side` pixels."""
        image = self.open(source, side).image
        if max(image.size) > side:
            image.thumbnail((side, side), Image.Resampling.LANCZOS)
        return Rendered(image.width, image.height, image.tobytes())
