"""Pieces of work whose report somebody waits for: what was done for some roots since they began."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from photofind.core.catalog import Catalog
from photofind.core.filing import Filing, Tally
from photofind.core.types import Failure, IndexReport


@dataclass(frozen=True, slots=True)
class IndexRun:
    """One piece of work."""

    roots: tuple[int, ...]
    started: float  # seconds, monotonic
    tally: Tally


class Runs:
    """The pieces of work under way. Used by the index thread alone."""

    def __init__(self, catalog: Catalog, filing: Filing) -> None:
        self._catalog = catalog
        self._filing = filing

    def begin(self, roots: Sequence[int]) -> IndexRun:
        """Count from now on what is done for these roots."""
        tally = Tally(frozenset(roots))
        self._filing.tallies.append(tally)
        return IndexRun(tuple(roots), time.monotonic(), tally)

    def note(self, text: str) -> None:
        """Something that whoever waits should know."""
        for tally in self._filing.tallies:
            tally.notices.append(text)

    def end(self, run: IndexRun) -> IndexReport:
        """What was done since `begin`."""
        tally = run.tally
        self._filing.tallies.remove(tally)
        return IndexReport(
            indexed=tally.indexed,
            unchanged=len(tally.unchanged),
            removed=tally.removed,
            moved=tally.moved,
            failed=self._failures(run.roots),
            seconds=time.monotonic() - run.started,
            notices=tuple(tally.notices),
        )

    def _failures(self, roots: Sequence[int]) -> tuple[Failure, ...]:
        paths = [root.path for root in self._catalog.roots() if root.root_id in set(roots)]
        failures = self._catalog.failures()
        return tuple(item for item in failures if any(path in item.path.parents for path in paths))
