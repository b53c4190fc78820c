"""Groups of made-up photos for the tests of the duplicates review."""

from pathlib import Path

from PySide6.QtGui import QImage

from photofind.core.types import (
    DuplicateGroup,
    DuplicateKind,
    DuplicateMember,
    FileStamp,
    Hashes,
    Metadata,
    Photo,
)


def photo(photo_id: int, *, offline: bool = False, content: int | None = None) -> Photo:
    path = Path(f"/photos/{photo_id}.jpg")
    return Photo(
        photo_id=photo_id,
        root_id=1,
        path=path,
        relpath=path.name,
        stamp=FileStamp(size=1000 + photo_id, mtime_ns=10**18, inode=photo_id),
        metadata=Metadata(400, 300, "JPEG"),
        hashes=Hashes(content=(content or photo_id).to_bytes(16, "big"), phash=None),
        average_color=0x808080,
        offline=offline,
    )


def group(*ids: int, kind: DuplicateKind = DuplicateKind.SIMILAR, offline=()) -> DuplicateGroup:
    """The first one is to be kept; the others are 0.9 alike."""
    members = tuple(
        DuplicateMember(photo(i, offline=i in offline), 1.0 if i == ids[0] else 0.9) for i in ids
    )
    return DuplicateGroup(kind, ids[0], "largest", members)


def picture(width: int = 40, height: int = 30, color: int = 0x336699) -> QImage:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(color)
    return image
