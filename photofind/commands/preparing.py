"""Preparing a model for this machine, and saying how it computes and why."""

import argparse
import contextlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from photofind.commands.open_library import read_settings, remark
from photofind.core.catalog import Catalog
from photofind.core.errors import EngineError, LibraryError
from photofind.core.paths import LibraryPaths
from photofind.core.types import Filters, InstalledEncoder
from photofind.encoders.compiled import Compiled, read_compiled
from photofind.encoders.modes import AUTO, ONNX, ONNX_INT8, SAMPLES, TITLES, Figures
from photofind.engine.protocol import EngineConfig, TunerSetup
from photofind.engine.tuner import prepare_now

_SPARE = 2  # times more photos than needed, for those that are gone or unreadable


def prepare(options: argparse.Namespace, encoder: InstalledEncoder, paths: LibraryPaths) -> None:
    """Find out how the model computes best here, with photos of the library, and say it.

    Raises EngineError where nothing can be found out.
    """
    title = encoder.spec.title
    remark(options, f"{title} is being prepared for this computer; this is done once")
    config = EngineConfig.of(read_settings(paths))
    tuned = prepare_now(TunerSetup(encoder, _some_photos(paths), config.threads, config.mode))
    if tuned.problem:
        raise EngineError(f"{title} could not be prepared: {tuned.problem}")
    remark(options, said(read_compiled(encoder)))


def said(compiled: Compiled | None, device: str = "") -> str:
    """In one line, how the processor computes a model. device: as the engine names it."""
    if compiled is None:
        mode = device.partition("(")[2].removesuffix(")")
        start = ""
        if mode in (ONNX, ONNX_INT8):
            start = f"{TITLES[mode]}, with graphs that came with the model; "
        return f"{start}not prepared for this computer yet; 'photofind models prepare' does it"
    title, found = TITLES[compiled.pictures_mode], compiled.figures[compiled.pictures_mode]
    forced = (
        ""
        if compiled.wanted in (AUTO, compiled.pictures_mode)
        else (f"; {TITLES[compiled.wanted]} was asked for, but is not faithful enough")
    )
    return f"{title}, {found.rate:,.0f} pictures/s{forced}"


def lines(compiled: Compiled) -> Iterator[tuple[str, str]]:
    """The figures of every way to compute that was compared."""
    for mode, found in compiled.figures.items():
        yield mode, _figures(found, "pictures/s")
    for mode, found in compiled.words_figures.items():
        yield f"words, {mode}", _figures(found, "phrases/s")
    yield "compared on", f"{compiled.pictures} pictures, {compiled.photos} photos of your own"


def document(compiled: Compiled | None) -> dict[str, Any] | None:
    """The same for `--json`."""
    if compiled is None:
        return None
    return {
        "pictures": compiled.pictures_mode,
        "words": compiled.words_mode,
        "wanted": compiled.wanted,
        "photos": compiled.photos,
        "compared": compiled.pictures,
        "modes": {mode: _entry(found) for mode, found in compiled.figures.items()},
        "words_modes": {mode: _entry(found) for mode, found in compiled.words_figures.items()},
    }


def _entry(found: Figures) -> dict[str, Any]:
    return {
        "per_second": round(found.rate, 1),
        "mean_cosine": round(found.mean, 5),
        "least_cosine": round(found.least, 5),
        "neighbour_overlap": round(found.overlap, 4),
        "faithful": found.is_faithful,
        "problem": found.problem,
    }


def _figures(found: Figures, unit: str) -> str:
    if found.problem:
        return f"not usable: {found.problem}"
    verdict = "" if found.is_faithful else ", not faithful enough"
    return (
        f"{found.rate:,.0f} {unit}; likeness {found.mean:.4f}, at least {found.least:.4f}; "
        f"same neighbours {100 * found.overlap:.0f} %{verdict}"
    )


def _some_photos(paths: LibraryPaths) -> tuple[Path, ...]:
    """Any photos of the library, more than are needed; none where there is no library yet."""
    if not paths.catalog.exists():
        return ()
    with contextlib.suppress(LibraryError), Catalog.open_readonly(paths.catalog) as catalog:
        ids = catalog.newest(Filters()).tolist()
        chosen = random.Random(0).sample(ids, min(len(ids), _SPARE * SAMPLES))
        found = [photo.path for photo in catalog.photos(chosen) if not photo.offline]
        return tuple(found)
    return ()
