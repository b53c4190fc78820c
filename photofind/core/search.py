"""One search: a query in, an ordered and cut list of photos out.

Meaning comes from the vector index, names from the catalog's full text; `ranking` and `literal`
say how they are weighed. Reads only, so it runs in any process and while indexing goes on.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from photofind.core.catalog import Catalog
from photofind.core.literal import (
    Ids,
    Literals,
    find_literals,
    literal_scores,
)
from photofind.core.near_photos import MeasuredTerm, NearPhotos
from photofind.core.query import restriction
from photofind.core.query_vectors import EncodedTerm, QueryEncoder, encode_terms
from photofind.core.ranking import (
    MOST_WEAK,
    Cut,
    Scale,
    Scores,
    count_shown,
    find_cut,
    fuse,
    fuse_scales,
)
from photofind.core.types import Filters, Hit, Query, SearchResult, TextTerm
from photofind.core.vectors import VectorIndex
from photofind.core.whys import NO_WHYS, Why, Whys

__all__ = ["QueryEncoder", "Search"]

_SPARE = 1500  # photos per term, where there are several, that may match the others better
_EXACT = 20_000  # so many photos that filters leave are scored one by one
_ONLY_LITERAL = Cut(1.0, 1.0, 1.0)


class Search:
    """Runs queries against one library with one encoder."""

    def __init__(self, catalog: Catalog, vectors: VectorIndex, encoder: QueryEncoder) -> None:
        self._catalog = catalog
        self._vectors = vectors
        self._encoder = encoder
        self._near = NearPhotos(vectors)

    def run(self, query: Query) -> SearchResult:
        """Answer a query; without terms it is the whole library, newest first.

        Raises QueryError where the query cannot be run, EngineError where the engine fails.
        """
        allowed = self._allowed(query)
        described = [t for t in query.terms if not isinstance(t, TextTerm) or not restriction(t)]
        terms = encode_terms(described, self._catalog, self._vectors, self._encoder)
        phrases = [t.text for t in described if isinstance(t, TextTerm) and t.weight > 0]
        if any(term.weight > 0 for term in terms):
            named = phrases if len(phrases) == len(described) else []
            ranked = self._ranked(terms, named, query.filters, allowed)
        elif phrases:
            ranked = _by_name(self._literals(phrases, query.filters, allowed))
        else:
            ranked = self._newest(query, terms, allowed)
        return self._result(query, ranked)

    def hits(self, result: SearchResult) -> list[Hit]:
        """The same result as a list."""
        whys = result.whys or ((),) * len(result.ids)
        return [
            Hit(int(photo_id), float(score), why)
            for photo_id, score, why in zip(result.ids, result.scores, whys, strict=True)
        ]

    # -- which photos

    def _allowed(self, query: Query) -> Ids | None:
        """The photos that filters and restrictions leave, ascending; None where there are none."""
        allowed = self._catalog.filter_ids(query.filters)
        for term in query.terms:
            rule = restriction(term) if isinstance(term, TextTerm) else None
            if rule is None:
                continue
            ids = self._catalog.match_field(rule.words, rule.field)
            if rule.negative:
                whole = np.sort(self._all(query.filters)) if allowed is None else allowed
                allowed = np.setdiff1d(whole, ids, assume_unique=True)
            else:
                allowed = ids if allowed is None else np.intersect1d(allowed, ids, True)
        return allowed

    def _all(self, filters: Filters) -> Ids:
        return self._catalog.newest(filters)

    def _literals(self, phrases: list[str], filters: Filters, allowed: Ids | None) -> Literals:
        found = find_literals(self._catalog, phrases, filters)
        return found if allowed is None or not len(found.ids) else found.among(allowed)

    # -- orders

    def _newest(self, query: Query, unwanted: list[EncodedTerm], allowed: Ids | None) -> "_Ranked":
        """Newest first, without what matches a negative term."""
        if not query.terms:
            ids = self._catalog.newest(query.filters, query.limit)
        else:
            ids = self._all(query.filters)
            ids = ids if allowed is None else ids[np.isin(ids, allowed)]
        for term in unwanted:
            ids = ids[~np.isin(ids, self._near.unwanted(self._near.measured(term), allowed))]
        fields = [restriction(t) for t in query.terms if isinstance(t, TextTerm)]
        why = tuple(dict.fromkeys(f.field for f in fields if f and not f.negative))
        value = 1.0 if query.terms else np.nan
        whys = Whys((why,), np.zeros(len(ids), np.int64)) if query.terms else NO_WHYS
        return _Ranked(ids, np.full(len(ids), value, np.float32), whys, len(ids))

    def _ranked(
        self, terms: list[EncodedTerm], phrases: list[str], filters: Filters, allowed: Ids | None
    ) -> "_Ranked":
        """By meaning, with what matches the phrases literally among it."""
        # The catalog reads on this thread, and leaves the others to the index.
        with ThreadPoolExecutor(1, "search") as beside:
            found = beside.submit(self._by_meaning, terms, allowed)
            literals = self._literals(phrases, filters, allowed)
        ids, scores, cut, scale = found.result()
        merged = _merge(ids, scores, literals, cut, scale)
        return _queried_first(merged, terms) if len(terms) == 1 else merged

    def _by_meaning(
        self, terms: list[EncodedTerm], allowed: Ids | None
    ) -> tuple[Ids, Scores, Cut, Scale]:
        """Photos to be shown, best first. Asks the index alone."""
        measured = [self._near.measured(term) for term in terms]
        scales = [each.scale for each in measured]
        weights = [term.weight for term in terms]
        wanted = [i for i, weight in enumerate(weights) if weight > 0]
        whole = fuse_scales([scales[i] for i in wanted], [weights[i] for i in wanted])
        ids, by_term = self._candidates(measured, allowed)
        scores = fuse(by_term, scales, weights)
        order = np.argsort(-scores, kind="stable")
        ids, scores = ids[order], scores[order]
        cut = find_cut(scores, whole)
        _, shown = count_shown(scores, cut)
        return ids[:shown], scores[:shown], cut, whole

    def _candidates(self, terms: list[MeasuredTerm], allowed: Ids | None) -> tuple[Ids, Scores]:
        """Photos that may match, and their cosine to each term (terms, photos)."""
        if allowed is not None and len(allowed) <= _EXACT:
            pool = allowed  # so few that each can be ranked, however far from the query
        else:
            spare = _SPARE if len(terms) > 1 else 0
            wanted = [each for each in terms if each.term.weight > 0]
            near = [self._near.to_be_shown(each, allowed, spare) for each in wanted]
            if len(terms) == 1:
                return near[0][0], near[0][1][None]
            pool = np.unique(np.concatenate([ids for ids, _ in near]))
        return self._vectors.cosines(pool, np.stack([each.term.vector for each in terms]))

    # -- answer

    def _result(self, query: Query, ranked: "_Ranked") -> SearchResult:
        encoder = self._encoder.encoder
        # The index may still hold photos that the catalog has just forgotten.
        tiles = self._catalog.tiles(ranked.ids)
        keep = np.flatnonzero(tiles.known)
        strong = int(np.count_nonzero(keep < ranked.strong))
        keep = keep[: query.limit]
        return SearchResult(
            query=query,
            encoder_id=encoder.spec.encoder_id,
            ids=ranked.ids[keep],
            scores=ranked.scores[keep],
            aspects=tiles.aspects[keep],
            colors=tiles.colors[keep],
            whys=ranked.whys.at(keep).each() if len(ranked.whys) else (),
            strong=min(strong, len(keep)),
            notice=self._notice(query),
        )

    def _notice(self, query: Query) -> str:
        encoder = self._encoder.encoder
        described = [t for t in query.terms if not (isinstance(t, TextTerm) and restriction(t))]
        texts = [term for term in described if isinstance(term, TextTerm)]
        notices: list[str] = []
        if texts and not encoder.spec.has_text:
            notices.append(
                f"{encoder.spec.title} knows pictures only: words are looked for in names."
            )
        if described and (encoder.spec.has_text or len(texts) < len(described)):
            missing = self._catalog.photo_count() - len(self._vectors)
            if missing > 0:
                photos = "1 photo is" if missing == 1 else f"{missing:,} photos are"
                notices.append(f"{photos} not yet searchable with this model.")
        return " ".join(notices)


@dataclass(frozen=True, slots=True, eq=False)
class _Ranked:
    """Photos in their final order."""

    ids: Ids
    scores: Scores
    whys: Whys
    strong: int


def _by_name(literals: Literals) -> _Ranked:
    """Literal matches alone: file names that were meant, then names, then the rest."""
    named = literals.named if len(literals.named) else np.zeros(len(literals.ids), np.int64)
    order = np.lexsort((~literals.whys.holding("name"), -named))
    scores = np.ones(len(order), np.float32)
    return _Ranked(literals.ids[order], scores, literals.whys.at(order), len(order))


def _merge(ids: Ids, scores: Scores, literals: Literals, cut: Cut, scale: Scale) -> _Ranked:
    """Put literal matches in their places among content matches that are sorted and cut."""
    if len(literals.named):
        cut = _ONLY_LITERAL  # a file was asked for by its name: looks are at best a weak match
    _, at, found = np.intersect1d(ids, literals.ids, assume_unique=True, return_indices=True)
    extra = np.delete(np.arange(len(literals.ids)), found)
    place = np.empty(len(literals.ids), np.int64)
    place[found], place[extra] = at, len(ids) + np.arange(len(extra))
    all_ids = np.concatenate([ids, literals.ids[extra]])
    values = np.concatenate([scores, np.full(len(extra), np.nan, np.float32)])
    values[place] = literal_scores(values[place], literals.whys, cut.strong, scale)
    named = np.zeros(len(all_ids), np.float32)
    if len(literals.named):
        named[place] = literals.named
    order = np.argsort(-(np.minimum(values, 1.0) + named), kind="stable")
    strong = int(np.count_nonzero(values >= cut.strong))
    order = order[: strong + MOST_WEAK]
    whys = _merged_whys(len(ids), literals.whys, place).at(order)
    return _Ranked(all_ids[order], np.minimum(values[order], 1.0), whys, strong)


def _merged_whys(by_content: int, literal: Whys, place: Ids) -> Whys:
    """Of so many photos that match by content and then of others; literal ones are at `place`."""
    content: Why = ("content",)
    both = tuple((*content, *why) for why in literal.reasons)
    numbers = np.zeros(max(by_content, int(place.max(initial=-1)) + 1), np.int64)
    numbers[place] = 1 + literal.numbers + len(both) * (place < by_content)
    return Whys((content, *literal.reasons, *both), numbers)


def _queried_first(ranked: _Ranked, terms: list[EncodedTerm]) -> _Ranked:
    """The photo that similar ones are looked for leads the list."""
    photo_id = terms[0].photo_id
    at = np.flatnonzero(ranked.ids == (0 if photo_id is None else photo_id))
    if not len(at):
        return ranked
    order = np.concatenate([at, np.delete(np.arange(len(ranked.ids)), at)])
    scores = ranked.scores[order]
    scores[0] = 1.0
    return _Ranked(ranked.ids[order], scores, ranked.whys.at(order), max(ranked.strong, 1))
