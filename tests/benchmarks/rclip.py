"""rclip, the rival in indexing: installed apart, with the same random weights as photofind.

rclip looks for `visual.onnx` in its data folder and downloads it only where it is missing. The
benchmark puts the image tower of the seeded model there, exported in float32 as rclip's own file
is. The text tower is never loaded, because the query that rclip insists on is a picture: an empty
file in its place keeps rclip from downloading it. Everything else is rclip as it comes, in an
environment of its own, with its own settings.
"""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import venv
from pathlib import Path

import numpy as np

from photofind.core.types import Vectors

VERSION = "3.3.0"
_MODEL = "ViT-B-32-256-datacomp_s34b_b86k"
_VOCABULARY = "tokenizer/bpe_simple_vocab_16e6.txt.gz"


class Rclip:
    """One installation with one data folder."""

    def __init__(self, program: Path, data: Path, visual: Path) -> None:
        """visual: the image tower as an ONNX file with "input" and "output"."""
        self._program = program
        self._data = data
        for name in (f"{_MODEL}/textual.onnx", _VOCABULARY):
            (data / name).parent.mkdir(parents=True, exist_ok=True)
            (data / name).touch()
        shutil.copyfile(visual, data / _MODEL / "visual.onnx")

    def index(self, photos: Path) -> float:
        """Index a folder from nothing; seconds from the start to the end of the process."""
        for path in self._data.glob("db.sqlite3*"):
            path.unlink()
        query = f"./{min(path.name for path in photos.iterdir())}"
        command = [str(self._program), "--filepath-only", "--top", "1", query]
        environment = os.environ | {"RCLIP_DATADIR": str(self._data), "HF_HUB_OFFLINE": "1"}
        start = time.perf_counter()
        done = subprocess.run(
            command, cwd=photos, env=environment, capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - start
        if done.returncode:
            sys.exit(f"rclip failed: {done.stderr[-2000:]}")
        return seconds

    def vectors(self) -> dict[str, Vectors]:
        """What it has indexed: unit vectors float32 (d,) by file name."""
        with contextlib.closing(sqlite3.connect(self._data / "db.sqlite3")) as database:
            rows = database.execute("SELECT filepath, vector FROM images WHERE deleted IS NULL")
            return {Path(name).name: np.frombuffer(blob, np.float32) for name, blob in rows}


def find_rclip(wanted: Path | None, folder: Path) -> Path:
    """`wanted`, or one on the PATH of this version, or a new installation below `folder`."""
    found = wanted or shutil.which("rclip")
    if found is not None and _version(Path(found)) == VERSION:
        return Path(found)
    if wanted is not None:
        sys.exit(f"{wanted} is not rclip {VERSION}")
    place = folder / "rclip-environment"
    program = place / ("Scripts/rclip.exe" if os.name == "nt" else "bin/rclip")
    if program.exists():
        return program
    print(f"rclip {VERSION} is installed into {place}", file=sys.stderr)
    venv.create(place, with_pip=True)
    python = program.with_name("python.exe" if os.name == "nt" else "python")
    command = [str(python), "-m", "pip", "install", "--quiet", f"rclip=={VERSION}"]
    if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
        sys.exit(f"rclip {VERSION} cannot be installed; say --rclip PROGRAM, or --no-rclip")
    return program


def _version(program: Path) -> str:
    done = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip().removeprefix("rclip ")
