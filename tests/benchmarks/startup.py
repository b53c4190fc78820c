"""From the start of the process to the first painted window, with a library that has photos."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.photo_sets import unpack_set

ROOT = Path(__file__).resolve().parents[2]
_LONGEST = 120  # seconds


def start_probe(mode: str, result: Path, stop: Path, arguments: list[str]) -> subprocess.Popen[str]:
    """Start `photofind ARGUMENTS` with a stopwatch inside; offscreen where there is no display."""
    environment = dict(os.environ)
    if not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    command = [sys.executable, "-m", "tests.benchmarks.window_probe", mode, str(result), str(stop)]
    return subprocess.Popen(
        command + arguments, cwd=ROOT, env=environment, stdout=sys.stderr, text=True
    )


def time_to_window(arguments: list[str], folder: Path) -> float:
    """Seconds from the start of a process to its first painted window."""
    result = folder / "shown.json"
    result.unlink(missing_ok=True)
    start = time.time()
    process = start_probe("shown", result, folder / "never", arguments)
    code = process.wait(_LONGEST)
    if code != 0 or not result.exists():
        sys.exit(f"the window did not come up (exit code {code})")
    return json.loads(result.read_text())["shown_at"] - start


def measure(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    photos, library = folder / "photos", folder / "library"
    unpack_set(options.photos, "imagenet1k-sample-dev", photos)
    common = ["--library", str(library), "--model", options.model]
    command = [sys.executable, "-m", "photofind", "index", str(photos), "--quiet", *common]
    subprocess.run(command, check=True, cwd=ROOT)
    seconds = [time_to_window(common, folder) for _ in range(options.repeats + 1)]
    return {
        "first start, s": round(seconds[0], 2),
        "later starts, s (median)": round(statistics.median(seconds[1:]), 2),
    }
