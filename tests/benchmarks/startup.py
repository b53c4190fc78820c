"""From the start of the process to the first painted window, and to the first answer to words.

With a library that has photos, and a model that has not been prepared for this computer.
"""

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
_LONGEST = 600  # seconds


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


def times_to_answer(photos: int, arguments: list[str], folder: Path) -> dict[str, float]:
    """What an `AnswerWatch` notes; its times in seconds from the start of a process."""
    result = folder / "answered.json"
    result.unlink(missing_ok=True)
    start = time.time()
    process = start_probe("answered", result, Path(str(photos)), arguments)
    code = process.wait(_LONGEST)
    if code != 0 or not result.exists():
        sys.exit(f"the window gave no answer (exit code {code})")
    figures: dict[str, float] = json.loads(result.read_text())
    return {key: value - start if key.endswith("_at") else value for key, value in figures.items()}


def measure(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    photos, library = folder / "photos", folder / "library"
    count = len(unpack_set(options.photos, "imagenet1k-sample-dev", photos).paths)
    common = ["--library", str(library), "--model", options.model]
    command = [sys.executable, "-m", "photofind", "index", str(photos), "--quiet", *common]
    subprocess.run(command, check=True, cwd=ROOT)
    seconds = [time_to_window(common, folder) for _ in range(options.repeats + 1)]
    answers = [times_to_answer(count, common, folder) for _ in range(options.repeats)]
    return {
        "first start, s": round(seconds[0], 2),
        "later starts, s (median)": round(statistics.median(seconds[1:]), 2),
        "first answer, s (median)": round(
            statistics.median(answer["answered_at"] for answer in answers), 2
        ),
    }
