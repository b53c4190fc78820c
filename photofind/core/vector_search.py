"""How a search goes through an index: along its graph, or over rows one by one. Arithmetic only."""

from collections.abc import Callable

import numpy as np

from photofind.core.vector_rows import HalfRow, HalfRows, Ids, Scores, best, cosines

Nearest = Callable[[HalfRow, int], tuple[Ids, Scores]]
"""At least so many of the rows nearest to a unit row, and their cosines, in no order."""
Rows = Callable[[Ids], tuple[Ids, HalfRows]]
"""Those ids that are there, and their rows."""

_FEW = 20_000  # allowed rows that are compared one by one
_MOST_FETCHED = 32_768  # rows that the graph is asked for, before the allowed ones are compared
_ENOUGH = 500  # allowed ones among the most that are fetched: all others are farther than those
_MARGIN = 1.3  # asked for more than a filter leaves on average
_PIECE = 8192


def search_graph(
    nearest: Nearest, rows: Rows, total: int, query: HalfRow, count: int, allowed: Ids | None
) -> tuple[Ids, Scores]:
    """The `count` nearest of `total` rows, best first, and their cosines.

    Of few `allowed` rows, each is compared. Of many, the graph is asked for so many more rows that
    enough of them are allowed; where those near the query are not, again each is compared.
    """
    if allowed is None:
        ids, scores = nearest(query, count)
        return best(ids, np.minimum(scores, 1), count)
    fetched = int(_MARGIN * count * total / max(len(allowed), 1))
    while len(allowed) > _FEW and fetched <= _MOST_FETCHED:
        ids, scores = nearest(query, fetched)
        # Of rows that come unasked only those count that are as near as what was fetched.
        ids, scores = best(ids, np.minimum(scores, 1), fetched)
        kept = np.isin(ids, allowed, assume_unique=True)
        last = fetched >= total or 4 * fetched > _MOST_FETCHED
        if np.count_nonzero(kept) >= (min(count, _ENOUGH) if last else count):
            return ids[kept][:count], scores[kept][:count]
        fetched *= 4
    ids, scores = search_rows(rows, allowed, query[None])
    return best(ids, np.minimum(scores[0], 1), count)


def search_rows(rows: Rows, ids: Ids, vectors: HalfRows) -> tuple[Ids, Scores]:
    """Those of `ids` that are there, and their cosines to unit rows (m, d): (m, n)."""
    held: list[Ids] = [np.empty(0, np.int64)]
    scores: list[Scores] = [np.empty((len(vectors), 0), np.float32)]
    for start in range(0, len(ids), _PIECE):
        found, theirs = rows(ids[start : start + _PIECE])
        if len(found):  # rows of an empty index may have no length yet
            held.append(found)
            scores.append(cosines(theirs, vectors).T)
    return np.concatenate(held), np.concatenate(scores, axis=1)
