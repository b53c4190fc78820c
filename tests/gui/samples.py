"""Photos that are made up but look like a library's to models and widgets."""

from datetime import datetime
from pathlib import Path

import numpy as np
from PySide6.QtGui import QColor, QImage

from photofind.core.types import (
    FileStamp,
    Hashes,
    Metadata,
    Photo,
    Query,
    SearchResult,
    Term,
)

_ASPECTS = (1.5, 0.75, 1.0, 1.333, 1.778)


def make_result(ids, terms: tuple[Term, ...] = (), strong: int | None = None) -> SearchResult:
    ids = np.asarray(list(ids), dtype=np.int64)
    count = len(ids)
    scores = np.linspace(0.4, 0.1, count) if terms else np.full(count, np.nan)
    return SearchResult(
        query=Query(terms=terms),
        encoder_id="builtin",
        ids=ids,
        scores=scores.astype(np.float32),
        aspects=np.array([_ASPECTS[each % 5] for each in ids], dtype=np.float32),
        colors=np.full(count, 0x336699, dtype=np.uint32),
        whys=(("content",),) * count if terms else (),
        strong=count if strong is None else strong,
    )


def make_photo(photo_id: int, *, offline: bool = False) -> Photo:
    return Photo(
        photo_id=photo_id,
        root_id=1,
        path=Path(f"/photos/picture-{photo_id}.jpg"),
        relpath=f"picture-{photo_id}.jpg",
        stamp=FileStamp(size=1000, mtime_ns=1_700_000_000_000_000_000, inode=photo_id),
        metadata=Metadata(1500, 1000, "JPEG", taken_at=datetime(2024, 5, 17, 12)),
        hashes=Hashes(content=photo_id.to_bytes(16), phash=None),
        average_color=0x336699,
        offline=offline,
    )


def make_image(width: int = 384, height: int = 256, color: str = "#cc2222") -> QImage:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(color))
    return image
