"""Photos per second of `photofind index`, as a user runs it, on the 822 photos of flickr8k-dev."""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.photo_sets import unpack_set


def measure(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    photos = folder / "photos"
    count = len(unpack_set(options.photos, "flickr8k-dev", photos).paths)
    whole: list[float] = []
    indexing: list[float] = []
    for repeat in range(options.repeats):
        command = [sys.executable, "-m", "photofind", "index", str(photos), "--json", "--quiet"]
        command += ["--library", str(folder / f"library-{repeat}"), "--model", options.model]
        start = time.perf_counter()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        whole.append(count / (time.perf_counter() - start))
        report = json.loads(done.stdout)
        if report["indexed"] != count:
            sys.exit(f"only {report['indexed']} of {count} photos were indexed: {report['failed']}")
        indexing.append(count / report["seconds"])
        print(f"run {repeat + 1}: {whole[-1]:.1f} photos/s", file=sys.stderr)
    return {
        "photos": count,
        "photos/s, from start to end of the process (median)": round(statistics.median(whole), 1),
        "photos/s, by the program's own clock (median)": round(statistics.median(indexing), 1),
        "runs": [round(rate, 1) for rate in whole],
    }
