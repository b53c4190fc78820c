"""Photos per second of `photofind index`, beside rclip and beside the bare encoder.

Three contests: the 822 photos of flickr8k-dev and 12-megapixel JPEGs made from them, both with
ViT-B-32-256 of random weights, in turn with rclip on the same files; and the photos with the
built-in model, which rclip has nothing to set against. Each run is a process of its own with a
library of its own, from its start to its end. photofind writes thumbnails, hashes and metadata as
well; rclip does not.

`steady` leaves the start of the program out: it counts from the first photo that is stored to the
last one. `encoder_alone` is the same encoder on prepared pictures of 224 pixels. Before anything is
timed, both models are prepared for this machine as `photofind models prepare` does it on a hundred
of the photos; `computes_with` says which way to compute that has chosen.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from photofind.core.catalog import Catalog
from photofind.core.errors import LibraryError
from photofind.core.paths import LibraryPaths
from photofind.encoders.compiled import read_compiled
from photofind.encoders.curated import BUILTIN
from photofind.encoders.modes import SAMPLES, TITLES
from photofind.encoders.registry import ModelRegistry
from tests.benchmarks.encoder_alone import time_encoder
from tests.benchmarks.large_photos import enlarge
from tests.benchmarks.photo_sets import unpack_set
from tests.benchmarks.random_model import ARCHITECTURE, write_image_tower, write_weights
from tests.benchmarks.rclip import Rclip, find_rclip

_ROOT = Path(__file__).resolve().parents[2]
_LOOK = 0.25  # seconds between two looks at how far it has come
_ALIKE = 0.98  # least mean cosine between photofind's vectors and rclip's
_ENOUGH = 256  # pictures that tell how fast an encoder is


@dataclass(slots=True)
class Rates:
    """Photos per second of each run."""

    photofind: list[float] = field(default_factory=list[float])
    steady: list[float] = field(default_factory=list[float])
    rclip: list[float] = field(default_factory=list[float])
    alone: list[float] = field(default_factory=list[float])

    def figures(self, prefix: str = "") -> dict[str, object]:
        result: dict[str, object] = {
            "photos_per_second": _median(self.photofind),
            "steady_photos_per_second": _median(self.steady),
            "encoder_alone": _median(self.alone),
            "steady_of_encoder_alone": _median(_ratios(self.steady, self.alone)),
        }
        if self.rclip:
            ratios = _ratios(self.photofind, self.rclip)
            result["ratio_to_rclip"] = _median(ratios)
            result["ratios_to_rclip"] = [round(ratio, 2) for ratio in ratios]
            result["rclip_photos_per_second"] = _median(self.rclip)
        result["runs"] = [round(rate, 1) for rate in self.photofind]
        return {prefix + name: value for name, value in result.items()}

    def latest(self) -> str:
        rclip = f", rclip {self.rclip[-1]:.1f}" if self.rclip else ""
        return (
            f"{self.photofind[-1]:.1f} photos/s (steady {self.steady[-1]:.1f}, "
            f"encoder alone {self.alone[-1]:.1f}{rclip})"
        )


class Bench:
    """Photos, models and programs in one folder; what is there already is used again."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._own_vectors: dict[str, np.ndarray] = {}
        self._library = LibraryPaths(folder / "models-library")
        self._registry = ModelRegistry(self._library.models)
        self.photos, self.large = folder / "photos", folder / f"large-{options.large}"
        paths = sorted(unpack_set(options.photos, "flickr8k-dev", self.photos).paths)
        print(f"{options.large} large pictures are made", file=sys.stderr)
        enlarge(paths[: options.large], self.large)
        weights = write_weights(folder)
        self.model = self._install(weights)
        self.rclip: Rclip | None = None
        if not options.no_rclip:
            program = find_rclip(options.rclip, folder)
            tower = write_image_tower(weights, folder)
            self.rclip = Rclip(program, folder / "rclip-data", tower)

    def _install(self, weights: Path) -> str:
        for spec in (model.spec for model in self._registry.installed()):
            if spec.encoder_id != BUILTIN:
                return spec.encoder_id
        return self._registry.import_path(weights, ARCHITECTURE).spec.encoder_id

    def warm_up(self) -> None:
        """Prepare the models on some of the photos, and read all of them once."""
        few = self._folder / "few"
        few.mkdir(exist_ok=True)
        for path in sorted(self.photos.iterdir())[:SAMPLES]:
            shutil.copyfile(path, few / path.name)
        for model in (self.model, BUILTIN):
            if read_compiled(self._registry.get(model)) is None:
                _photofind(self._library, "index", str(few), "--model", model).communicate()
                _photofind(self._library, "models", "prepare", model).communicate()
        for folder in (self.photos, self.large):
            for path in folder.iterdir():
                path.read_bytes()

    def mode(self, model: str) -> str:
        """How the processor computes a model."""
        compiled = read_compiled(self._registry.get(model))
        return "not prepared" if compiled is None else TITLES[compiled.pictures_mode]

    def time_encoder(self, model: str, count: int) -> float:
        return time_encoder(self._library.home, model, count)

    def index(self, photos: Path, model: str) -> tuple[float, float]:
        """Photos per second of one run of `photofind index`: whole, and steady."""
        library = LibraryPaths(Path(tempfile.mkdtemp(dir=self._folder)))
        library.models.symlink_to(self._library.models, target_is_directory=True)
        rates = _run(photos, library, model)
        if photos == self.photos and model == self.model:
            self._own_vectors = _vectors(library)
        shutil.rmtree(library.home)
        return rates

    def likeness(self) -> float:
        """Mean cosine between both programs' vectors of the photos that both indexed last."""
        assert self.rclip is not None
        theirs = self.rclip.vectors()
        names = sorted(theirs.keys() & self._own_vectors.keys())
        return float(np.mean([theirs[name] @ self._own_vectors[name] for name in names]))


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rclip", type=Path, help="indexing: rclip's program; else on the PATH")
    parser.add_argument("--no-rclip", action="store_true", help="indexing: photofind alone")
    parser.add_argument(
        "--large", type=int, default=822, metavar="N", help="indexing: 12-megapixel pictures"
    )
    parser.add_argument(
        "--reuse", type=Path, help="indexing: a folder for what the next run can use again"
    )


def measure(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    bench = Bench(options, options.reuse or folder)
    bench.warm_up()
    small, large, builtin = Rates(), Rates(), Rates()
    figures: dict[str, object] = {"photos": _count(bench.photos), "large_photos": options.large}
    for prefix, model in (("", bench.model), ("builtin_", BUILTIN)):
        figures[f"{prefix}computes_with"] = bench.mode(model)
        print(f"{model} computes with {bench.mode(model)}", file=sys.stderr)
    for repeat in range(options.repeats):
        _contest(bench, small, bench.photos, bench.model)
        if bench.rclip is not None:
            figures["cosine_to_rclip"] = _checked(bench.likeness())
        _contest(bench, large, bench.large, bench.model)
        _contest(bench, builtin, bench.photos, BUILTIN)
        for label, rates in (("photos", small), ("12 MP", large), ("built-in", builtin)):
            print(f"run {repeat + 1}, {label}: {rates.latest()}", file=sys.stderr)
    return figures | small.figures() | large.figures("large_") | builtin.figures("builtin_")


def _contest(bench: Bench, rates: Rates, photos: Path, model: str) -> None:
    """One run of each, the next time in the other order."""

    def own() -> None:
        whole, steady = bench.index(photos, model)
        rates.photofind.append(whole)
        rates.steady.append(steady)

    def rival() -> None:
        if bench.rclip is not None and model == bench.model:
            rates.rclip.append(_count(photos) / bench.rclip.index(photos))

    def alone() -> None:
        rates.alone.append(bench.time_encoder(model, min(_count(photos), _ENOUGH)))

    turns: list[Callable[[], None]] = [own, rival, alone]
    for turn in turns if len(rates.photofind) % 2 == 0 else reversed(turns):
        turn()


def _run(photos: Path, library: LibraryPaths, model: str) -> tuple[float, float]:
    marks: list[tuple[float, int]] = []
    start = time.perf_counter()
    process = _photofind(library, "index", str(photos), "--json", "--quiet", "--model", model)
    while process.poll() is None:
        if (done := _stored(library)) and (not marks or done > marks[-1][1]):
            marks.append((time.perf_counter(), done))
        time.sleep(_LOOK)
    output, _ = process.communicate()
    seconds = time.perf_counter() - start
    count = _count(photos)
    report = json.loads(output) if process.returncode == 0 else {"indexed": 0, "failed": output}
    if report["indexed"] != count:
        sys.exit(f"only {report['indexed']} of {count} photos were indexed: {report['failed']}")
    return count / seconds, _slope(marks, count / seconds)


def _photofind(library: LibraryPaths, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "photofind", *arguments, "--library", str(library.home)]
    return subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)


def _slope(marks: list[tuple[float, int]], otherwise: float) -> float:
    """Photos per second from the first mark to the last one."""
    if len(marks) < 2:
        return otherwise
    return (marks[-1][1] - marks[0][1]) / (marks[-1][0] - marks[0][0])


def _stored(library: LibraryPaths) -> int:
    try:
        with Catalog.open_readonly(library.catalog) as catalog:
            return catalog.counts().photos
    except LibraryError:
        return 0


def _vectors(library: LibraryPaths) -> dict[str, np.ndarray]:
    """Unit vectors of the library's only encoder by file name."""
    with Catalog.open_readonly(library.catalog) as catalog:
        (key,) = catalog.counts().with_vector
        ids, rows = catalog.vectors(key, catalog.vector_ids(key).tolist())
        names = {photo.photo_id: photo.name for photo in catalog.photos(ids.tolist())}
    return {
        names[each]: row for each, row in zip(ids.tolist(), rows.astype(np.float32), strict=True)
    }


def _checked(cosine: float) -> float:
    if cosine < _ALIKE:
        sys.exit(f"photofind and rclip did not compute the same model: mean cosine {cosine:.3f}")
    return round(cosine, 4)


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir())


def _ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]


def _median(values: Sequence[float]) -> float:
    return round(statistics.median(values), 2)
