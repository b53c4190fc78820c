"""How fast each way to compute a model is on this processor, and how like torch in float32.

Without `--model` the built-in model, and a ViT-B-32-256 with random weights of one seed, so that it
can be measured without a download. Random weights are kinder to 8 bit than trained ones, whose
activations have outliers: of that model believe the speed, not the likeness.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from photofind.core.images import open_picture
from photofind.core.paths import LibraryPaths
from photofind.core.types import InstalledEncoder
from photofind.encoders.devices import plan_threads
from photofind.encoders.drawn_pictures import draw_pictures
from photofind.encoders.modes import TORCH, Figures, choose
from photofind.encoders.registry import ModelRegistry
from photofind.encoders.tuning import CALIBRATED, Bench
from tests.benchmarks.photo_sets import unpack_set
from tests.benchmarks.random_model import ARCHITECTURE, write_weights

_COMPARED = 64  # pictures, as in the program itself
_SET = "flickr8k-dev"


def measure(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    pictures, told = _pictures(options.photos, folder / "photos")
    registry = ModelRegistry(LibraryPaths.default().models)
    models = [registry.get(options.model)]
    if options.model == "builtin":
        own = ModelRegistry(folder / "models")
        models.append(own.import_path(write_weights(folder), ARCHITECTURE))
    results: dict[str, object] = {"pictures": told, "threads": plan_threads(0).compute}
    for model in models:
        results[model.spec.title] = _measured(model, pictures, folder)
    return results


def _pictures(photos: Path, folder: Path) -> tuple[list[Image.Image], str]:
    count = CALIBRATED + _COMPARED
    if not (photos / f"{_SET}.zip").exists():
        return draw_pictures(count), f"{_COMPARED} drawn ones"
    paths = unpack_set(photos, _SET, folder).paths[:count]
    return [open_picture(path, min_side=512).image for path in paths], f"{_COMPARED} of {_SET}"


def _measured(
    model: InstalledEncoder, pictures: list[Image.Image], folder: Path
) -> dict[str, object]:
    work = folder / f"work-{model.spec.encoder_id}"
    work.mkdir()
    bench = Bench(model, pictures, work, threads=plan_threads(0).compute)
    print(f"exporting {model.spec.title}", file=sys.stderr)
    bench.export()
    print(f"measuring {model.spec.title}", file=sys.stderr)
    bench.measure()
    return {
        "note": "random weights: the likeness says little" if "random" in model.key else "",
        "chosen": choose(bench.figures),
        **_shown(bench.figures),
        **{f"words, {mode}": shown for mode, shown in _shown(bench.words_figures).items()},
    }


def _shown(figures: Mapping[str, Figures]) -> dict[str, object]:
    return {mode: _entry(found, figures[TORCH].rate) for mode, found in figures.items()}


def _entry(found: Figures, of_torch: float) -> dict[str, object]:
    if found.problem:
        return {"problem": found.problem}
    return {
        "per second": round(found.rate, 1),
        "times as fast as torch": round(found.rate / of_torch, 2),
        "milliseconds for one": round(1000 / found.rate, 2),
        "mean cosine": round(found.mean, 5),
        "least cosine": round(found.least, 5),
        "same ten neighbours": round(found.overlap, 4),
        "faithful": found.is_faithful,
    }
