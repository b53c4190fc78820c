"""`photofind search`: words and pictures in, paths and scores out. Only reads the library."""

import argparse
import contextlib
import math
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
from photofind.core.catalog import Catalog
from photofind.core.errors import QueryError
from photofind.core.query import parse_query
from photofind.core.search import Search
from photofind.core.types import Hit, PictureTerm, Query, SearchResult, TextTerm
from photofind.core.vectors import VectorIndex


def run(options: argparse.Namespace) -> int:
    """Print the best hits. Returns 0 also where nothing was found: an answer, not an error."""
    paths = library_paths(options)
    for picture in options.image:
        if not picture.is_file():
            raise QueryError(f"There is no picture at {picture}.")
    settings = read_settings(paths)
    encoder = chosen_encoder(options, paths, settings)
    query = _query(options)
    with (
        Catalog.open_readonly(paths.catalog) as catalog,
        contextlib.closing(start_engine(options, encoder, settings)) as engine,
    ):
        engine.warm_up()
        vectors = VectorIndex(paths.index, encoder.key, encoder.spec.dimension)
        for notice in vectors.load(catalog):
            remark(options, notice)
        search = Search(catalog, vectors, engine)
        result = search.run(query)
        found = search.hits(result)
        photos = {photo.photo_id: photo for photo in catalog.photos([h.photo_id for h in found])}
    hits = [
        {"path": str(photos[hit.photo_id].path), "score": _score(hit), "why": list(hit.why)}
        for hit in found
        if hit.photo_id in photos
    ]
    _print(options, result, {"model": encoder.spec.encoder_id, "hits": hits})
    return 0


def _score(hit: Hit) -> float:
    """1.0 where nothing was compared: what only has to meet a restriction meets it wholly."""
    return 1.0 if math.isnan(hit.score) else round(hit.score, 6)


def _query(options: argparse.Namespace) -> Query:
    typed = parse_query(options.text)
    pictures = tuple(PictureTerm(path, path.name) for path in options.image)
    unwanted = tuple(TextTerm(text, -1.0) for text in options.unwanted if text.strip())
    return Query(typed.terms + pictures + unwanted, typed.filters, options.limit)


def _print(options: argparse.Namespace, result: SearchResult, document: dict[str, Any]) -> None:
    if result.notice:
        remark(options, result.notice)
    if options.json:
        print_json(document)
        return
    for position, hit in enumerate(document["hits"]):
        if position == result.strong and position:
            remark(options, "weaker matches follow")
        print(f"{hit['score']:.3f}  {shown(hit['path'])}  ({', '.join(hit['why'])})")
    if not document["hits"]:
        remark(options, "nothing found; other words may help")
