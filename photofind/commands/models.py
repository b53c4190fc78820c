"""`photofind models`: which models there are; fetch, choose, import or prepare one."""

import argparse
import contextlib
import dataclasses
import sys

from tqdm import tqdm

from photofind.commands.open_library import (
    library_paths,
    print_json,
    read_settings,
    remark,
    start_engine,
)
from photofind.commands.preparing import prepare
from photofind.core.errors import EngineError, LibraryError
from photofind.core.ownership import ask_owner
from photofind.core.paths import LibraryPaths
from photofind.core.settings import save_settings
from photofind.core.types import InstalledEncoder
from photofind.encoders.download import download
from photofind.encoders.registry import ModelRegistry


def run(options: argparse.Namespace) -> int:
    paths = library_paths(options)
    registry = ModelRegistry(paths.models)
    if options.action == "download":
        _prepare_new(options, _download(registry, options), paths)
    elif options.action == "use":
        _use(registry, paths, options)
    elif options.action == "import":
        _prepare_new(options, _import(registry, paths, options), paths)
    elif options.action == "prepare":
        chosen = options.id or options.model or read_settings(paths).encoder
        prepare(options, registry.get(chosen), paths)
    else:
        _list(registry, paths, options)
    return 0


def _list(registry: ModelRegistry, paths: LibraryPaths, options: argparse.Namespace) -> None:
    chosen = options.model or read_settings(paths).encoder
    installed = {item.spec.encoder_id: item.spec for item in registry.installed()}
    specs = installed | {
        spec.encoder_id: spec for spec in registry.curated() if spec.encoder_id not in installed
    }
    rows = [
        {
            "id": spec.encoder_id,
            "title": spec.title,
            "installed": spec.encoder_id in installed,
            "in_use": spec.encoder_id == chosen,
            "recommended": spec.recommended,
            "bytes": spec.size_bytes,
            "licence": spec.licence,
            "languages": spec.languages,
            "speed": spec.speed,
        }
        for spec in specs.values()
    ]
    if options.json:
        print_json({"models": rows})
        return
    for row in rows:
        state = "in use" if row["in_use"] else "installed" if row["installed"] else "to download"
        mark = ", recommended" if row["recommended"] else ""
        print(f"{row['id']}  ({state}{mark})")
        print(
            f"    {row['title']}: {row['bytes'] / 1e6:,.0f} MB, {row['licence']}, "
            f"{row['languages']}, {row['speed']}"
        )


def _download(registry: ModelRegistry, options: argparse.Namespace) -> InstalledEncoder:
    hidden = options.quiet or not sys.stderr.isatty()
    with tqdm(unit="B", unit_scale=True, disable=hidden, file=sys.stderr, leave=False) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        installed = download(options.id, registry, on_progress=show)
    remark(
        options,
        f"{installed.spec.title} is installed; use it: photofind models use {options.id}",
    )
    return installed


def _import(
    registry: ModelRegistry, paths: LibraryPaths, options: argparse.Namespace
) -> InstalledEncoder:
    """Copy a model and load it once: what cannot be used does not stay in the library."""
    installed = registry.import_path(
        options.path.expanduser().absolute(), options.architecture, options.allow_pickle
    )
    encoder_id = installed.spec.encoder_id
    try:
        with contextlib.closing(start_engine(options, installed, read_settings(paths))) as engine:
            engine.warm_up().result()
    except BaseException:
        registry.remove(encoder_id)
        raise
    remark(options, f"imported as {encoder_id}; use it: photofind models use {encoder_id}")
    return installed


def _prepare_new(
    options: argparse.Namespace, installed: InstalledEncoder, paths: LibraryPaths
) -> None:
    """Prepare a model that was just installed, and can be used all the same where that fails."""
    try:
        prepare(options, installed, paths)
    except EngineError as error:
        remark(options, str(error))


def _use(registry: ModelRegistry, paths: LibraryPaths, options: argparse.Namespace) -> None:
    installed = registry.get(options.id)
    settings = dataclasses.replace(read_settings(paths), encoder=options.id)
    try:
        save_settings(paths.settings, settings)
    except OSError as error:
        reason = error.strerror or str(error)
        raise LibraryError(f"{paths.settings} cannot be written: {reason}.") from error
    with contextlib.suppress(LibraryError):
        ask_owner(paths, {"command": "use", "id": options.id})  # a window that is open follows
    remark(
        options,
        f"{installed.spec.title} is in use from now on; 'photofind index' makes it ready",
    )
