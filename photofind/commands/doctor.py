"""`photofind doctor`: what is installed, which device computes, whether the library is sound."""

import argparse
import contextlib
import platform
import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import photofind
from photofind.commands.open_library import (
    chosen_encoder,
    library_paths,
    print_json,
    read_settings,
    start_engine,
)
from photofind.commands.preparing import document, lines, said
from photofind.core.catalog import Catalog
from photofind.core.errors import LibraryBusyError, LibraryError, PhotofindError
from photofind.core.ownership import LibraryLock, read_owner
from photofind.core.paths import LibraryPaths
from photofind.core.settings import Settings
from photofind.core.types import InstalledEncoder
from photofind.core.vectors import VectorIndex
from photofind.encoders.compiled import Compiled, read_compiled
from photofind.encoders.registry import ModelRegistry

_PACKAGES = (
    "torch",
    "onnxruntime",
    "open_clip_torch",
    "timm",
    "usearch",
    "pillow",
    "pillow-heif",
    "rawpy",
)
_PACKAGES_WINDOW = ("PySide6-Essentials", "watchdog", "Send2Trash")
_WARM_UP = 180.0  # seconds for loading a large model from a slow disk


def run(options: argparse.Namespace) -> int:
    """Print one fact per line. Returns 1 where the library or the model is not usable."""
    paths = library_paths(options)
    settings = read_settings(paths)
    report = _Report(options.json)
    for name, value in _program(paths):
        report.add(name, value)
    for name, value, sound in _library(paths):
        report.add(name, value, sound=sound)
    try:
        encoder = chosen_encoder(options, paths, settings)
        for name, value, sound in _models(options, paths, encoder, settings):
            report.add(name, value, sound=sound)
        report.compute = read_compiled(encoder)
        for name, value in lines(report.compute) if report.compute else ():
            report.add(f"  {name}", value)
    except PhotofindError as error:
        report.add("model", f"NOT USABLE: {error}", sound=False)
    return report.finish()


class _Report:
    """Prints facts as they come, or with `--json` all at the end."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._facts: list[dict[str, str]] = []
        self._problems = 0
        self.compute: Compiled | None = None

    def add(self, name: str, value: str, *, sound: bool = True) -> None:
        self._problems += not sound
        self._facts.append({"name": name.strip(), "value": value})
        if not self._as_json:
            print(f"{name + ':':<24}{value}")

    def finish(self) -> int:
        """Say whether all is well; the exit code."""
        count = self._problems
        self.add("result", f"{count} problem(s), see above" if count else "everything is sound")
        if self._as_json:
            compute = document(self.compute)
            print_json({"problems": count, "compute": compute, "facts": self._facts})
        return 1 if count else 0


def _program(paths: LibraryPaths) -> Iterator[tuple[str, str]]:
    yield "photofind", photofind.__version__
    yield "system", f"{platform.platform()}, Python {platform.python_version()}"
    packages = " ".join(f"{name} {_version(name)}" for name in (*_PACKAGES, *_PACKAGES_WINDOW))
    yield "packages", packages
    yield "library", str(paths.home)
    folder = next(p for p in (paths.home, *paths.home.parents) if p.is_dir())
    yield "free space", f"{shutil.disk_usage(folder).free / 1e9:,.1f} GB"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _library(paths: LibraryPaths) -> Iterator[tuple[str, str, bool]]:
    if paths.home.exists() and not paths.home.is_dir():
        yield "catalog", f"NOT USABLE: {paths.home} is not a folder", False
        return
    if not paths.catalog.exists():
        yield "catalog", "none yet; 'photofind index FOLDER' makes it", True
        return
    try:
        if holder := _holder(paths):
            yield "in use", holder, True
    except LibraryError as error:
        yield "writing", f"NOT POSSIBLE: {error}", False
    try:
        with Catalog.open_readonly(paths.catalog) as catalog:
            found = catalog.check()
            yield "catalog", "; ".join(found) or "sound", not found
            if found:
                return
            counts = catalog.counts()
            yield "photos", f"{counts.photos:,}, {counts.failed:,} failed", True
            for root in catalog.roots():
                state = f"{root.state}: {root.state_reason}" if root.state_reason else root.state
                yield "folder", f"{root.path} ({root.photos:,} photos, {state})", True
            for key, number in counts.with_vector.items():
                yield "searchable", f"{number:,} photos with {key}", True
    except LibraryError as error:
        yield "catalog", f"NOT USABLE: {error}", False


def _holder(paths: LibraryPaths) -> str:
    """Who writes to the library right now; empty where nobody does.

    Raises LibraryError where nobody can.
    """
    owner = read_owner(paths)
    with LibraryLock(paths) as lock:
        try:
            lock.acquire("photofind doctor")
        except LibraryBusyError:
            return f"{owner.program} (process {owner.pid})" if owner else "another program"
    return ""


def _models(
    options: argparse.Namespace,
    paths: LibraryPaths,
    encoder: InstalledEncoder,
    settings: Settings,
) -> Iterator[tuple[str, str, bool]]:
    names = ", ".join(item.spec.encoder_id for item in ModelRegistry(paths.models).installed())
    yield "installed", names, True
    yield "model", f"{encoder.spec.title} ({encoder.key})", True
    if paths.catalog.exists():
        with contextlib.suppress(LibraryError), Catalog.open_readonly(paths.catalog) as catalog:
            index = VectorIndex(paths.index, encoder.key, encoder.spec.dimension)
            damaged = bool(index.load(catalog))
            state = "DAMAGED; the next 'photofind index' makes it anew" if damaged else "sound"
            yield "search index", f"{state}, {len(index):,} photos", not damaged
    with contextlib.closing(start_engine(options, encoder, settings)) as engine:
        engine.warm_up().result(_WARM_UP)
        device = engine.status().device
    yield "device", device, True
    yield "computing", said(read_compiled(encoder), device), True
