"""The zipped photo sets: NAME-SPLIT.zip with pictures, NAME-SPLIT.tsv with their texts."""

import os
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LEARNED_FROM = "train"
_USUAL_SPLIT = "dev"


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """Pictures on the disk with their label or captions, in the same order."""

    paths: list[Path]
    texts: list[list[str]]


@dataclass(frozen=True, slots=True)
class ZippedSet:
    """One split of one set; the pictures stay in their archive."""

    name: str
    split: str
    archive: Path
    files: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    """One label, or several captions, per file."""

    @property
    def has_captions(self) -> bool:
        return any(len(texts) > 1 for texts in self.texts)

    @property
    def labels(self) -> list[str]:
        return [texts[0] for texts in self.texts]

    def pictures(self) -> Iterator[bytes]:
        """The files' contents, in order."""
        with zipfile.ZipFile(self.archive) as archive:
            inside = {Path(name).name: name for name in archive.namelist()}
            for name in self.files:
                yield archive.read(inside[name])


def find_sets(photos: Path, split: str = "") -> list[ZippedSet]:
    """The sets in a folder, by name, one split of each and never what models learn from.

    split: the one to take, and no other. Without it `dev` where a set has that, else its first.
    """
    splits: dict[str, list[str]] = {}
    for archive in sorted(photos.glob("*-*.zip")):
        name, _, found = archive.stem.rpartition("-")
        wanted = found == split if split else found != _LEARNED_FROM
        if wanted and archive.with_suffix(".tsv").exists():
            splits.setdefault(name, []).append(found)
    return [
        read_set(photos, name, _USUAL_SPLIT if _USUAL_SPLIT in found else found[0])
        for name, found in splits.items()
    ]


def read_set(photos: Path, name: str, split: str) -> ZippedSet:
    """Raises OSError where the set is missing."""
    table = photos / f"{name}-{split}.tsv"
    rows = [line.split("\t") for line in table.read_text("utf-8").splitlines() if line.strip()]
    files = tuple(row[0] for row in rows)
    texts = tuple(tuple(text.strip() for text in row[1:]) for row in rows)
    return ZippedSet(name, split, table.with_suffix(".zip"), files, texts)


def default_folder() -> Path:
    beside = Path(__file__).resolve().parents[3] / "shared" / "photos"
    return Path(os.environ.get("PHOTOFIND_PHOTOS", beside))


def unpack_set(photos: Path, name: str, folder: Path) -> PhotoSet:
    """Unpack one set into `folder`. Ends the program with a message where it is missing."""
    archive, texts = photos / f"{name}.zip", photos / f"{name}.tsv"
    if not archive.exists() or not texts.exists():
        sys.exit(f"{photos} has no {name}.zip with its .tsv; say --photos DIR")
    with zipfile.ZipFile(archive) as file:
        file.extractall(folder)
    found = {path.name: path for path in folder.rglob("*") if path.is_file()}
    rows = [line.split("\t") for line in texts.read_text("utf-8").splitlines() if line]
    return PhotoSet([found[row[0]] for row in rows], [row[1:] for row in rows])
