"""How long the window's event loop is ever kept waiting while 822 photos are indexed."""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from photofind.core.catalog import Catalog
from photofind.core.errors import LibraryError
from photofind.core.paths import LibraryPaths
from tests.benchmarks.photo_sets import unpack_set
from tests.benchmarks.startup import start_probe

_LONGEST = 600  # seconds
_AFTERWARDS = 3  # seconds of quiet after the last photo


def measure(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    photos, library = folder / "photos", LibraryPaths(folder / "library")
    count = len(unpack_set(options.photos, "flickr8k-dev", photos).paths)
    result, stop = folder / "gaps.json", folder / "stop"
    arguments = [str(photos), "--library", str(library.home), "--model", options.model]
    process = start_probe("heartbeat", result, stop, arguments)
    start = time.monotonic()
    while (done := _indexed(library)) < count:
        if process.poll() is not None or time.monotonic() - start > _LONGEST:
            process.kill()
            sys.exit(f"the window had indexed {done} of {count} photos when it was given up")
        time.sleep(0.25)
    seconds = time.monotonic() - start
    time.sleep(_AFTERWARDS)
    stop.touch()
    process.wait(60)
    gaps = np.array(json.loads(result.read_text())["gaps"])
    return {
        "photos": count,
        "seconds": round(seconds, 1),
        "longest gap, ms": round(float(gaps.max()), 1),
        "99th percentile, ms": round(float(np.percentile(gaps, 99)), 1),
        "99.9th percentile, ms": round(float(np.percentile(gaps, 99.9)), 1),
        "gaps over 50 ms": int((gaps > 50).sum()),
    }


def _indexed(library: LibraryPaths) -> int:
    try:
        with Catalog.open_readonly(library.catalog) as catalog:
            counts = catalog.counts()
    except LibraryError:
        return 0
    return counts.photos + counts.failed
