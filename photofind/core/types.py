"""Values that cross layers. They hold no behaviour beyond small derived properties."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

PhotoId = int
Vector = npt.NDArray[np.float32]
"""Unit-length float32 array of shape (d,)."""
Vectors = npt.NDArray[np.float32]
"""float32 array of shape (n, d), each row of unit length."""


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What tells whether a file has changed since it was indexed."""

    size: int  # bytes
    mtime_ns: int
    inode: int  # 0 where the file system has none


def local_time(mtime_ns: int) -> datetime:
    """A file's time as naive local time; as UTC where the system knows no local time that old."""
    try:
        return datetime.fromtimestamp(mtime_ns / 1e9)
    except (OverflowError, OSError, ValueError):
        return datetime(1970, 1, 1) + timedelta(microseconds=mtime_ns // 1000)


class ChangeKind(StrEnum):
    """What a change says about its path; a hint, the file system is the truth."""

    TOUCHED = "touched"  # a file is new or different
    GONE = "gone"  # a file is no longer there
    FOLDER = "folder"  # anything below this folder may have changed: scan it


@dataclass(frozen=True, slots=True)
class Change:
    """One hint from the watcher or the scanner. `relpath` is "" for the root itself."""

    root_id: int
    relpath: str
    kind: ChangeKind


class RootState(StrEnum):
    ONLINE = "online"
    OFFLINE = "offline"  # missing, empty or implausibly emptied: its photos are kept


@dataclass(frozen=True, slots=True)
class Root:
    """A folder that the user added."""

    root_id: int
    path: Path
    state: RootState
    excluded: tuple[str, ...] = ()  # glob patterns against the relative path
    photos: int = 0
    failed: int = 0
    state_reason: str = ""  # why it is offline, in plain words


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a picture's header and EXIF block say. Sizes are after EXIF orientation."""

    width: int  # pixels
    height: int  # pixels
    format: str  # Pillow's name, or "RAW"
    taken_at: datetime | None = None  # naive, the camera's clock
    camera: str = ""
    lens: str = ""
    latitude: float | None = None  # degrees, north positive
    longitude: float | None = None  # degrees, east positive
    frames: int = 1


@dataclass(frozen=True, slots=True)
class Hashes:
    """Fingerprints of one picture."""

    content: bytes  # 16 bytes, BLAKE3 of the whole file
    phash: int | None  # 64-bit perceptual hash, None where the picture is too plain to have one


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything the engine finds out about one picture in one go."""

    metadata: Metadata
    hashes: Hashes
    thumbnail: bytes  # JPEG, long side at most THUMBNAIL_SIDE
    average_color: int  # 0xRRGGBB
    vector: Vector | None  # None where no encoding was asked for


THUMBNAIL_SIDE = 384  # pixels, long side of a stored thumbnail


@dataclass(frozen=True, slots=True)
class Photo:
    """One row of the catalog."""

    photo_id: PhotoId
    root_id: int
    path: Path  # absolute
    relpath: str  # "/" between parts, relative to the root
    stamp: FileStamp
    metadata: Metadata
    hashes: Hashes
    average_color: int
    offline: bool = False

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def when(self) -> datetime:
        """When it was taken, else when the file was last changed."""
        return self.metadata.taken_at or local_time(self.stamp.mtime_ns)


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be indexed."""

    path: Path
    reason: str
    photo_id: PhotoId = 0


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """A model's card.

    How its scores are to be read, for phrases and for pictures: a match below the floor (a cosine)
    means nothing; photos that have nothing to do with a query spread around their middle by about
    the spread (a standard deviation); a match stands that many spreads out of them.
    The middle is not taken to lie above text_centre: where most photos show what is asked for, they
    are no background.
    """

    encoder_id: str  # "builtin", "vit-b-32-256-datacomp", "local-…"
    title: str
    summary: str
    licence: str
    size_bytes: int  # download size
    dimension: int  # length of its vectors, 0 while unknown (a local model before first load)
    languages: str  # "English", "109 languages", "none (pictures only)"
    speed: str  # "very fast", "fast", "slow"
    has_text: bool = True
    text_floor: float = 0.10
    image_floor: float = 0.50
    text_spread: float = 0.05
    image_spread: float = 0.12
    text_centre: float = 1.0
    text_stands_out: float = 2.0
    image_stands_out: float = 2.0
    recommended: bool = False
    architecture: str = ""  # open_clip's or timm's name


@dataclass(frozen=True, slots=True)
class InstalledEncoder:
    """A model whose files are on this machine, ready to be loaded."""

    spec: EncoderSpec
    folder: Path
    key: str  # encoder_id plus the start of a digest, of its weights above all: vectors have a key
    cache: Path | None = None  # where files made of it for this machine may lie


@dataclass(frozen=True, slots=True)
class TextTerm:
    text: str
    weight: float = 1.0  # negative: not wanted


@dataclass(frozen=True, slots=True)
class PictureTerm:
    """A picture from outside the library: a file, or bytes that were dropped or pasted."""

    source: Path | bytes
    label: str = "picture"
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class PhotoTerm:
    """A photo of the library."""

    photo_id: PhotoId
    weight: float = 1.0


Term = TextTerm | PictureTerm | PhotoTerm


@dataclass(frozen=True, slots=True)
class Filters:
    """Restrictions that every hit must meet. None means any."""

    root_id: int | None = None
    folder: str | None = None  # relpath prefix below root_id, without a trailing slash
    after: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for. Without terms it is the whole library, newest first."""

    terms: tuple[Term, ...] = ()
    filters: Filters = field(default_factory=Filters)
    limit: int | None = None  # None: everything that is worth showing


@dataclass(frozen=True, slots=True)
class Hit:
    photo_id: PhotoId
    score: float  # cosine to the query for content; 1.0 for a name match alone
    why: tuple[str, ...]  # "content", "name", "folder", "camera", "date"


@dataclass(frozen=True, slots=True, eq=False)
class SearchResult:
    """Hits, best first (or newest first without terms), with what a grid needs to lay them out.

    All arrays have one entry per hit.
    """

    query: Query
    encoder_id: str
    ids: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]  # NaN without terms
    aspects: npt.NDArray[np.float32]  # width / height
    colors: npt.NDArray[np.uint32]  # 0xRRGGBB
    whys: tuple[tuple[str, ...], ...]  # empty without terms
    strong: int  # hits before this position are good matches, the rest are weak
    notice: str = ""  # e.g. "3,000 photos are not yet searchable with this model"


class DuplicateKind(StrEnum):
    IDENTICAL = "identical"
    SAME_PHOTO = "same-photo"
    SIMILAR = "similar"


@dataclass(frozen=True, slots=True)
class DuplicateMember:
    photo: Photo
    similarity: float  # 1.0 for the keeper itself; cosine to the keeper, 1.0 when identical


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Photos of which one is enough. Members are sorted, the keeper first."""

    kind: DuplicateKind
    keep: PhotoId
    keep_reason: str  # "largest: 4000 × 3000", "oldest file", …
    members: tuple[DuplicateMember, ...]


@dataclass(frozen=True, slots=True)
class IndexProgress:
    """Where indexing stands. `phase` is "idle", "scanning", "indexing" or "paused"."""

    phase: str
    done: int = 0
    total: int = 0
    failed: int = 0
    photos_per_second: float = 0.0
    seconds_left: float | None = None  # None while unknown
    current: str = ""  # name of a file under way
    slow: str = ""  # why it goes slowly on purpose, e.g. "on battery"


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What one run of indexing did."""

    indexed: int = 0
    unchanged: int = 0
    removed: int = 0
    moved: int = 0
    failed: tuple[Failure, ...] = ()
    seconds: float = 0.0
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrashReport:
    """One move to the trash; `batch_id` restores it."""

    batch_id: int
    moved: tuple[Path, ...]
    photo_ids: tuple[PhotoId, ...]
    bytes: int
    failed: tuple[Failure, ...] = ()
    restorable: bool = True
