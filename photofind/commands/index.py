"""`photofind index`: brings the library up to date, here or through the window that holds it."""

import argparse
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from photofind.commands.open_library import (
    chosen_encoder,
    library_paths,
    print_json,
    read_settings,
    remark,
    shown,
    start_engine,
)
from photofind.commands.progress import ProgressBar
from photofind.core.errors import FolderError, LibraryBusyError, PhotofindError
from photofind.core.library import Library, report_document
from photofind.core.ownership import LibraryLock, ask_owner
from photofind.core.paths import LibraryPaths
from photofind.core.types import IndexProgress


def run(options: argparse.Namespace) -> int:
    """Index the folders; returns 0 also where single files failed: they are in the report."""
    paths = library_paths(options)
    folders = _folders(options.folders)
    bar = ProgressBar(options.quiet)
    try:
        with LibraryLock(paths) as lock:
            lock.acquire("photofind index")
            document = _index_here(options, paths, folders, bar)
    except LibraryBusyError:
        document = _index_there(paths, folders, bar)
    finally:
        bar.close()
    if options.json:
        print_json(document)
    else:
        _summarise(options, document)
    return 0


def _folders(given: Sequence[Path]) -> list[Path]:
    folders = [folder.expanduser().absolute() for folder in given]
    for folder in folders:
        if not folder.is_dir():
            kind = "is not a folder" if folder.exists() else "does not exist"
            raise FolderError(f"{folder} {kind}.")
    return folders


def _index_here(
    options: argparse.Namespace, paths: LibraryPaths, folders: Sequence[Path], bar: ProgressBar
) -> dict[str, Any]:
    settings = read_settings(paths)
    encoder = chosen_encoder(options, paths, settings)
    with (
        contextlib.closing(start_engine(options, encoder, settings)) as engine,
        contextlib.closing(Library.open(paths, encoder, engine, on_progress=bar.show)) as library,
    ):
        notices = library.load_index()
        report = library.index_folders(folders)
    for notice in (*notices, *report.notices):
        remark(options, notice)
    return report_document(report)


def _index_there(paths: LibraryPaths, folders: Sequence[Path], bar: ProgressBar) -> dict[str, Any]:
    message = {"command": "index", "folders": [str(folder) for folder in folders]}
    answer = ask_owner(paths, message, lambda m: bar.show(IndexProgress(**m["progress"])))
    if "error" in answer:
        raise PhotofindError(str(answer["error"]))
    return answer["report"]


def _summarise(options: argparse.Namespace, document: dict[str, Any]) -> None:
    remark(
        options,
        f"{document['indexed']:,} indexed, {document['unchanged']:,} unchanged, "
        f"{document['removed']:,} removed, {len(document['failed']):,} failed "
        f"in {document['seconds']:.1f} s",
    )
    for failure in document["failed"]:
        remark(options, f"{shown(failure['path'])}: {failure['reason']}")
