"""How time and memory grow with the library: 10,000 to 1,000,000 photos.

For each size a library is made (see `synthetic`) and measured in processes of their own. Besides
the figures, a table and a picture of curves are written to the output folder. Times include no
model but where it is said.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from photofind.core.catalog import Catalog
from photofind.core.paths import LibraryPaths
from photofind.core.vectors import VectorIndex
from photofind.encoders.registry import ModelRegistry
from tests.benchmarks.curves import draw_curves
from tests.benchmarks.real_vectors import add_real_vectors
from tests.benchmarks.scale_probe import BUILTIN, PROBES, RESCANNED
from tests.benchmarks.startup import ROOT, time_to_window, times_to_answer
from tests.benchmarks.synthetic import fill, install_encoder

Figures = dict[str, object]

START = "start"
_LONGEST = 3600  # seconds for one probe


def measure(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    output: Path = options.output.absolute()
    output.mkdir(parents=True, exist_ok=True)
    known = output / "scale.json"
    results: dict[str, Figures] = json.loads(known.read_text()) if known.exists() else {}
    parts = options.parts.split(",") if options.parts else [*PROBES, START]
    for size in sorted(int(size) for size in options.sizes.split(",")):
        work = output / f"library-{size}"
        figures = results.setdefault(str(size), {})
        figures |= _measure_size(size, work, parts, options)
        if not options.keep:
            shutil.rmtree(work)
        results = dict(sorted(results.items(), key=lambda item: int(item[0])))
        known.write_text(json.dumps(results, indent=1), "utf-8")
        (output / "scale.md").write_text(_table(results), "utf-8")
        draw_curves(results, output / "scale.svg")
    return dict(results)


def _measure_size(size: int, work: Path, parts: list[str], options: argparse.Namespace) -> Figures:
    paths = LibraryPaths(work / "library")
    figures: Figures = {}
    if not (work / "made").exists():
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        start = time.monotonic()
        fill(paths, size, install_encoder(paths, work), work / "photos")
        figures["made, s"] = time.monotonic() - start
        (work / "made").touch()
    (encoder,) = (path.name for path in paths.models.iterdir() if path.is_dir())
    # The first probe leaves the index behind that the others use.
    for name in [name for name in PROBES if name in parts]:
        if name == BUILTIN:
            _add_builtin(size, paths, options.photos)
        if name != "rescan" or size == RESCANNED:
            model = BUILTIN if name == BUILTIN else encoder
            found = _probe(name, paths, model, options.photos)
            figures |= {f"{name}: {key}": value for key, value in found.items()}
            print(f"{size:,}: {name} measured", file=sys.stderr)
    if START in parts:
        found = _start(size, paths, encoder, work, options.repeats)
        figures |= {f"{START}: {key}": value for key, value in found.items()}
    return figures


def _add_builtin(size: int, paths: LibraryPaths, photos: Path) -> None:
    """The built-in model's vectors, and its index, where the library has none yet."""
    installed = ModelRegistry(paths.models).get(BUILTIN)
    index = VectorIndex(paths.index, installed.key, installed.spec.dimension)
    with Catalog.open_readonly(paths.catalog) as catalog:
        known = catalog.vector_totals(installed.key)[0]
    if known != size:
        add_real_vectors(paths.catalog, size, installed, photos)
    with Catalog.open_readonly(paths.catalog) as catalog:
        index.load(catalog)
        while index.maintain(seconds=1):
            print(f"\r{index.waiting:,} rows to be linked", end="", file=sys.stderr)
        index.save(catalog, at_end=True)


def _probe(name: str, paths: LibraryPaths, encoder: str, photos: Path) -> Figures:
    # Not "-m": an engine would load that module again, and with it usearch, after which the import
    # of onnxruntime ends the process.
    code = "import sys; from tests.benchmarks.scale_probe import main; sys.exit(main())"
    command = [sys.executable, "-c", code, name, str(paths.home)]
    done = subprocess.run(
        [*command, encoder, str(photos.absolute())],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        timeout=_LONGEST,
    )
    return json.loads(done.stdout)


def _start(size: int, paths: LibraryPaths, encoder: str, work: Path, repeats: int) -> Figures:
    arguments = ["--library", str(paths.home), "--model", encoder]
    shown = [time_to_window(arguments, work) for _ in range(repeats + 1)]
    runs = [times_to_answer(size, arguments, work) for _ in range(repeats)]
    middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    return {
        "window painted, s": statistics.median(shown[1:]),
        "newest photos on show, s": middle["photos_at"],
        "whole library on show, s": middle["all_at"],
        "first answer, s": middle["answered_at"],
        "longest gap of the event loop, ms": middle["longest_gap_ms"],
        "memory of the window, MB": middle["memory_mb"],
        "of it not shared with files, MB": middle["own_memory_mb"],
    }


def _table(results: dict[str, Figures]) -> str:
    """Markdown: one row per figure, one column per size."""
    names = list(dict.fromkeys(name for figures in results.values() for name in figures))
    lines = ["| | " + " | ".join(f"{int(size):,}" for size in results) + " |"]
    lines.append("|---|" + "---:|" * len(results))
    for name in names:
        cells = [_text(figures.get(name)) for figures in results.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
