"""Graphs in files: what is written is described by a sidecar, what is read is proven by it."""

import time
from pathlib import Path

from photofind.core.vector_file import DamagedIndexError, Sidecar, verified_index, write_index
from photofind.core.vector_graph import VectorGraph

_READ_TRIES = 3  # another process may just be putting a new file in place


def write_graph(path: Path, graph: VectorGraph, key: str, revision: int, removed: int = 0) -> None:
    """Put a graph in place of the one in `path`. It may be searched meanwhile, but not changed.

    `revision` is the catalog's: the rows are as they were then. `removed`: rows taken out so far.
    Raises OSError where it cannot be written; the old file stays.
    """
    data = graph.to_bytes()
    entries = graph.dtype, graph.connectivity, len(graph), revision, removed
    write_index(path, data, Sidecar(key, graph.dimension, *entries))


def read_graph(path: Path, key: str, dimension: int) -> tuple[VectorGraph, Sidecar]:
    """The graph in `path` of an encoder; `dimension` 0 accepts any.

    Raises FileNotFoundError where there is none, DamagedIndexError where it cannot be trusted,
    OSError where it cannot be read.
    """
    for _ in range(_READ_TRIES - 1):
        try:
            return _read(path, key, dimension)
        except DamagedIndexError:
            time.sleep(0.05)
    return _read(path, key, dimension)


def _read(path: Path, key: str, dimension: int) -> tuple[VectorGraph, Sidecar]:
    with verified_index(path, key, dimension) as (data, sidecar):
        graph = VectorGraph.from_bytes(data, sidecar.dimension)
    if len(graph) != sidecar.count:
        raise DamagedIndexError(f"it has {len(graph)} rows instead of {sidecar.count}")
    return graph, sidecar
