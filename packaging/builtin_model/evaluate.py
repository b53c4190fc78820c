"""Measures the exported folder as the application runs it, and fits the floors of its scores.

The figures are those of `python -m tests.benchmarks quality` and `relevance`, for this folder.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from config import REPOSITORY


def main(args: argparse.Namespace) -> None:
    """Prints one flat JSON document; `--floors` writes photofind.json first."""
    sys.path.insert(0, str(REPOSITORY))
    from photofind.encoders.curated import BUILTIN
    from photofind.encoders.registry import ModelRegistry
    from tests.benchmarks import quality, relevance
    from tests.benchmarks.photo_sets import find_sets

    with tempfile.TemporaryDirectory() as nothing:
        installed = ModelRegistry(Path(nothing), builtin=Path(args.model)).get(BUILTIN)
    sets = find_sets(Path(args.photos))
    if not sets:
        sys.exit(f"{args.photos} has no NAME-SPLIT.zip with its .tsv; say --photos DIR")
    figures = quality.measure_model(installed, sets, args.repeats)
    figures |= relevance.measure_model(installed, sets, calibrate=args.floors)
    print(json.dumps(figures, indent=1))
