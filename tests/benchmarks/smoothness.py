"""How long the window's event loop is ever kept waiting, and whether it ever shows a wrong picture.

The real window is scrolled, zoomed and searched by a restless driver: first while 822 photos are
being indexed, then in a library of 100,000. At last every picture that is painted there is
compared with the name of the photo it stands for.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from photofind.core.catalog import Catalog
from photofind.core.errors import LibraryError
from photofind.core.paths import LibraryPaths
from tests.benchmarks import coloured_library
from tests.benchmarks.photo_sets import unpack_set

_ROOT = Path(__file__).resolve().parents[2]
_LONGEST = 600  # seconds
_AFTERWARDS = 3  # seconds of use after the last photo
_USED = 25  # seconds of use of the large library


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--library-photos",
        type=int,
        default=100_000,
        metavar="N",
        help="smoothness: photos in the large library",
    )


def measure(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    photos = folder / "photos"
    count = len(unpack_set(options.photos, "flickr8k-dev", photos).paths)
    seconds, indexing = _while_indexing(photos, count, options.model, folder)
    print(f"{options.library_photos:,} photos are drawn", file=sys.stderr)
    large = LibraryPaths(folder / "large-library")
    coloured_library.fill(large, folder / "not-there", options.library_photos)
    browsing = _while_browsing(large, options.model, folder)
    looked = _look(large, options.model, folder)
    return {
        "photos": count,
        "seconds": round(seconds, 1),
        **_figures(indexing, "indexing"),
        "library_photos": options.library_photos,
        **_figures(browsing, "browsing"),
        "pictures_compared_with_their_names": looked["pictures"],
        "wrong_pictures": looked["wrong"],
        "examples": looked["examples"],
    }


def _while_indexing(
    photos: Path, count: int, model: str, folder: Path
) -> tuple[float, list[float]]:
    """Seconds that indexing took, and the gaps in milliseconds."""
    library = LibraryPaths(folder / "library")
    result, stop = folder / "indexing.json", folder / "stop-indexing"
    process = _start("drive", result, stop, [str(photos)], library, model)
    start = time.monotonic()
    while (done := _indexed(library)) < count:
        if process.poll() is not None or time.monotonic() - start > _LONGEST:
            process.kill()
            sys.exit(f"the window had indexed {done} of {count} photos when it was given up")
        time.sleep(0.25)
    seconds = time.monotonic() - start
    time.sleep(_AFTERWARDS)
    return seconds, _gaps(process, result, stop)


def _while_browsing(library: LibraryPaths, model: str, folder: Path) -> list[float]:
    result, stop = folder / "browsing.json", folder / "stop-browsing"
    process = _start("drive", result, stop, [], library, model)
    time.sleep(_USED)
    return _gaps(process, result, stop)


def _look(library: LibraryPaths, model: str, folder: Path) -> dict[str, int]:
    """How many painted pictures were compared with their names, and how many were wrong."""
    result = folder / "looked.json"
    process = _start("check", result, folder / "never", [], library, model)
    if process.wait(_LONGEST) != 0 or not result.exists():
        sys.exit("the window ended before it was looked at")
    looked = json.loads(result.read_text())
    if not looked["pictures"]:
        sys.exit(f"no picture was painted: {looked}")
    return looked


def _start(
    mode: str, result: Path, stop: Path, folders: list[str], library: LibraryPaths, model: str
) -> subprocess.Popen[str]:
    """Open the window; offscreen where there is no display."""
    environment = dict(os.environ)
    if not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    command = [sys.executable, "-m", "tests.benchmarks.window_drive", mode, str(result), str(stop)]
    command += [*folders, "--library", str(library.home), "--model", model]
    return subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=sys.stderr, text=True)


def _gaps(process: subprocess.Popen[str], result: Path, stop: Path) -> list[float]:
    stop.touch()
    if process.wait(60) != 0:
        sys.exit(f"the window ended with code {process.returncode}")
    return json.loads(result.read_text())["gaps"]


def _figures(gaps: list[float], when: str) -> dict[str, object]:
    values = np.array(gaps)
    return {
        f"{when}_gap_p99_ms": round(float(np.percentile(values, 99)), 1),
        f"{when}_gap_p99_9_ms": round(float(np.percentile(values, 99.9)), 1),
        f"{when}_gap_longest_ms": round(float(values.max()), 1),
        f"{when}_gaps_over_50_ms": int((values > 50).sum()),
        f"{when}_gaps_over_250_ms": int((values > 250).sum()),
    }


def _indexed(library: LibraryPaths) -> int:
    try:
        with Catalog.open_readonly(library.catalog) as catalog:
            counts = catalog.counts()
    except LibraryError:
        return 0
    return counts.photos + counts.failed
