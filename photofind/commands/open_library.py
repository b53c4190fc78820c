"""What several commands share: the library's place, its settings, the encoder to use."""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from functools import partial
from typing import TYPE_CHECKING, Any

from photofind.core.paths import LibraryPaths
from photofind.core.settings import Settings, load_settings
from photofind.core.types import InstalledEncoder
from photofind.encoders.registry import ModelRegistry

if TYPE_CHECKING:
    from photofind.engine.client import EngineClient


def library_paths(options: argparse.Namespace) -> LibraryPaths:
    return LibraryPaths.default(options.library)


def chosen_encoder(
    options: argparse.Namespace, paths: LibraryPaths, settings: Settings
) -> InstalledEncoder:
    """`--model`, else the preferred one. Raises EncoderMissingError where it is not installed."""
    return ModelRegistry(paths.models).get(options.model or settings.encoder)


def start_engine(
    options: argparse.Namespace, encoder: InstalledEncoder, settings: Settings
) -> EngineClient:
    from photofind.engine.client import EngineClient, EngineConfig

    return EngineClient(encoder, EngineConfig.of(settings), on_notice=partial(remark, options))


def read_settings(paths: LibraryPaths) -> Settings:
    return load_settings(paths.settings)


def print_json(document: dict[str, Any]) -> None:
    """The one JSON document of a `--json` run. Names that are not UTF-8 survive as escapes."""
    print(json.dumps(document, ensure_ascii=True, allow_nan=False))


def remark(options: argparse.Namespace, text: str) -> None:
    """A message for the person at the terminal, who can do without: never on stdout."""
    if not options.quiet:
        print(f"photofind: {text}", file=sys.stderr)


def shown(path: object) -> str:
    """A path as one line for a terminal: a name may hold line breaks and control sequences."""
    return "".join(
        ascii(char)[1:-1] if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char
        for char in str(path)
    )
