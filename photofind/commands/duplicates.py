"""`photofind duplicates`: groups of photos of which one is enough. Only reads the library."""

import argparse
from typing import Any

from photofind.commands.open_library import (
    chosen_encoder,
    library_paths,
    print_json,
    read_settings,
    remark,
    shown,
)
from photofind.core.catalog import Catalog
from photofind.core.duplicates import DuplicateFinder
from photofind.core.types import DuplicateGroup


def run(options: argparse.Namespace) -> int:
    """Print the groups, those that would free most first."""
    paths = library_paths(options)
    encoder = chosen_encoder(options, paths, read_settings(paths))
    with Catalog.open_readonly(paths.catalog) as catalog:
        finder = DuplicateFinder(catalog, encoder.key)
        groups = finder.group(finder.collect())
    if options.json:
        print_json({"groups": [_document(group) for group in groups]})
        return 0
    for group in groups:
        print(f"{group.kind}: keep the first ({group.keep_reason})")
        for member in group.members:
            size = f"{member.photo.metadata.width} × {member.photo.metadata.height}"
            print(f"  {member.similarity:.3f}  {shown(member.photo.path)}  ({size})")
    if not groups:
        remark(options, "no duplicates found")
    return 0


def _document(group: DuplicateGroup) -> dict[str, Any]:
    keeper = next(item.photo for item in group.members if item.photo.photo_id == group.keep)
    return {
        "kind": str(group.kind),
        "keep": str(keeper.path),
        "photos": [
            {
                "path": str(member.photo.path),
                "width": member.photo.metadata.width,
                "height": member.photo.metadata.height,
                "bytes": member.photo.stamp.size,
                "similarity": round(member.similarity, 6),
            }
            for member in group.members
        ],
    }
