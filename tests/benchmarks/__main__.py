"""`python -m tests.benchmarks NAME [--photos DIR] [--json]`: measures the installed program.

Figures go to stdout, progress to stderr. `--json` prints one document, with `all` one part per
name; each benchmark's own module says what its figures mean. No test runs these.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import (
    backends,
    indexing,
    quality,
    relevance,
    scale,
    smoothness,
    startup,
)
from tests.benchmarks.photo_sets import default_folder

BENCHMARKS = {
    "quality": quality.measure,
    "relevance": relevance.measure,
    "backends": backends.measure,
    "indexing": indexing.measure,
    "startup": startup.measure,
    "smoothness": smoothness.measure,
    "scale": scale.measure,
}


def make_parser() -> argparse.ArgumentParser:
    """The options of all benchmarks, each of which says whose it is."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("name", choices=[*BENCHMARKS, "all"])
    parser.add_argument("--photos", type=Path, default=default_folder(), help="the zipped sets")
    parser.add_argument("--model", default="builtin", help="an installed model's id")
    parser.add_argument("--split", default="", help="the split of each set; dev where there is one")
    parser.add_argument(
        "--calibrate", action="store_true", help="relevance: fit the model's floors and keep them"
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sizes", default="10000,100000,1000000", help="of `scale`, photos")
    parser.add_argument(
        "--output", type=Path, default=Path("benchmark-results"), help="folder for `scale`"
    )
    parser.add_argument("--keep", action="store_true", help="of `scale`: its libraries, for reuse")
    parser.add_argument("--parts", default="", help="of `scale`: only these, with commas between")
    parser.add_argument("--json", action="store_true")
    indexing.add_options(parser)
    smoothness.add_options(parser)
    return parser


def main() -> int:
    options = make_parser().parse_args()
    names = list(BENCHMARKS) if options.name == "all" else [options.name]
    results: dict[str, dict[str, object]] = {}
    for name in names:
        with tempfile.TemporaryDirectory(prefix="photofind-benchmark-") as folder:
            results[name] = BENCHMARKS[name](options, Path(folder))
    if options.json:
        print(json.dumps(results if len(names) > 1 else results[names[0]], indent=1))
        return 0
    for name, figures in results.items():
        for label, value in figures.items():
            _print(f"{name}: {label}", value)
    return 0


def _print(label: str, value: object) -> None:
    if isinstance(value, dict):
        for name, part in value.items():
            _print(f"{label}: {name}", part)
    else:
        print(f"{label}: {value}")


if __name__ == "__main__":
    sys.exit(main())
