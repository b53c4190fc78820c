"""`photofind search`: words and pictures in, paths and scores out. Only reads the library."""

import argparse
import contextlib
from typing import Any

from photofind.commands.open_library import (
    chosen_encoder,
    library_paths,
    print_json,
    read_settings,
    remark,
    start_engine,
)
from photofind.core.catalog import Catalog
from photofind.core.query import parse_query
from photofind.core.search import Search
from photofind.core.types import PictureTerm, Query, SearchResult, TextTerm
from photofind.core.vectors import VectorIndex


def run(options: argparse.Namespace) -> int:
    """Print the best hits. Returns 0 also where nothing was found: an answer, not an error."""
    paths = library_paths(options)
    settings = read_settings(paths)
    encoder = chosen_encoder(options, paths, settings)
    query = _query(options)
    with (
        Catalog.open_readonly(paths.catalog) as catalog,
        contextlib.closing(start_engine(encoder, settings)) as engine,
    ):
        engine.warm_up()
        vectors = VectorIndex(paths.index, encoder.key, encoder.spec.dimension)
        for notice in vectors.load(catalog):
            remark(notice)
        search = Search(catalog, vectors, engine)
        result = search.run(query)
        found = search.hits(result)
        photos = {photo.photo_id: photo for photo in catalog.photos([h.photo_id for h in found])}
    hits = [
        {"path": str(photos[hit.photo_id].path), "score": round(hit.score, 6), "why": list(hit.why)}
        for hit in found
        if hit.photo_id in photos
    ]
    _print(options, result, {"model": encoder.spec.encoder_id, "hits": hits})
    return 0


def _query(options: argparse.Namespace) -> Query:
    typed = parse_query(options.text)
    pictures = tuple(PictureTerm(path, path.name) for path in options.image)
    unwanted = tuple(TextTerm(text, -1.0) for text in options.unwanted)
    return Query(typed.terms + pictures + unwanted, typed.filters, options.limit)


def _print(options: argparse.Namespace, result: SearchResult, document: dict[str, Any]) -> None:
    if result.notice and not options.quiet:
        remark(result.notice)
    if options.json:
        print_json(document)
        return
    for position, hit in enumerate(document["hits"]):
        if position == result.strong and position:
            remark("weaker matches follow")
        print(f"{hit['score']:.3f}  {hit['path']}  ({', '.join(hit['why'])})")
    if not document["hits"] and not options.quiet:
        remark("nothing found; other words may help")
