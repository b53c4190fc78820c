"""Runs of indexing that other processes wait for, and what each of these is told of its own.

Knows no commands and no signals; the library's thread begins and ends the runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from photofind.core.types import IndexProgress

if TYPE_CHECKING:  # imported by the library's thread: the window starts sooner without it
    from photofind.core.indexer import Indexer, IndexRun

Answer = Callable[[dict[str, Any]], None]
"""Takes progress messages, then one report or error."""


@dataclass(frozen=True, slots=True)
class _Job:
    run: IndexRun
    answer: Answer


class AwaitedRuns:
    """Any thread may `expect` and `refuse`; the rest belongs to the library's thread."""

    def __init__(self) -> None:
        self._expected: list[Answer] = []
        self._jobs: list[_Job] = []

    def __len__(self) -> int:
        """The runs that have been begun."""
        return len(self._jobs)

    def expect(self, answer: Answer) -> None:
        """Somebody waits for a run that has not been begun."""
        self._expected.append(answer)

    def forget(self, answer: Answer) -> None:
        """What was expected is being begun, or its caller has been told otherwise."""
        self._expected.remove(answer)

    def refuse(self, reason: str) -> None:
        """Tell all who still wait for a beginning why there is none."""
        while self._expected:
            self._expected.pop()({"error": reason})

    def begin(self, run: IndexRun, answer: Answer) -> None:
        self._jobs.append(_Job(run, answer))

    def tell(self, progress: IndexProgress) -> None:
        for job in self._jobs:
            job.answer({"progress": asdict(progress)})

    def finish(self, indexer: Indexer) -> None:
        """All is done: everyone gets a report."""
        from photofind.core.library import report_document

        jobs, self._jobs = self._jobs, []
        for job in jobs:
            job.answer({"report": report_document(indexer.finish_run(job.run))})

    def end(self, indexer: Indexer, reason: str) -> None:
        """What was begun will not be done now."""
        jobs, self._jobs = self._jobs, []
        for job in jobs:
            indexer.finish_run(job.run)
            job.answer({"error": reason})
