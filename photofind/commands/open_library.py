"""What several commands share: the library's place, its settings, the encoder to use."""

import argparse
import json
import sys
from typing import Any

from photofind.core.paths import LibraryPaths
from photofind.core.settings import Settings, load_settings
from photofind.core.types import InstalledEncoder
from photofind.encoders.registry import ModelRegistry
from photofind.engine.client import EngineClient, EngineConfig


def library_paths(options: argparse.Namespace) -> LibraryPaths:
    return LibraryPaths.default(options.library)


def chosen_encoder(
    options: argparse.Namespace, paths: LibraryPaths, settings: Settings
) -> InstalledEncoder:
    """`--model`, else the preferred one. Raises EncoderMissingError where it is not installed."""
    return ModelRegistry(paths.models).get(options.model or settings.encoder)


def start_engine(encoder: InstalledEncoder, settings: Settings) -> EngineClient:
    config = EngineConfig(device=settings.device, threads=settings.threads)
    return EngineClient(encoder, config, on_notice=remark)


def read_settings(paths: LibraryPaths) -> Settings:
    return load_settings(paths.settings)


def print_json(document: dict[str, Any]) -> None:
    """The one JSON document of a `--json` run. Names that are not UTF-8 survive as escapes."""
    print(json.dumps(document, ensure_ascii=True, allow_nan=False))


def remark(text: str) -> None:
    """A message for the person at the terminal; never on stdout."""
    print(f"photofind: {text}", file=sys.stderr)
