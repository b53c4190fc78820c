"""The zipped photo sets: NAME-SPLIT.zip with pictures, NAME-SPLIT.tsv with their texts."""

import os
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """Pictures on the disk with their label or captions, in the same order."""

    paths: list[Path]
    texts: list[list[str]]


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
