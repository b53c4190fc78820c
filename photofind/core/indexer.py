"""Keeps the catalog in step with the disk: the loop that drives survey, engine and filing.

Owns the order of work, pausing and the periodic duties. Runs on one thread, the only one that
writes catalog, thumbnails and index. `survey` decides what is to be done, `results` what an
answer of the engine means, `filing` writes it.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from photofind.core.analysis_queue import AnalysisQueue, Analyzer, Need, Task
from photofind.core.backlog import Backlog
from photofind.core.catalog import Catalog
from photofind.core.errors import EncoderError, EngineError, LibraryError, PhotofindError
from photofind.core.filing import Filing
from photofind.core.hints import Inbox
from photofind.core.manners import FULL_PACE, HELD_PACE, SLOW_PACE
from photofind.core.progress import ProgressReporter
from photofind.core.results import Results
from photofind.core.root_states import RootStates
from photofind.core.runs import IndexRun, Runs
from photofind.core.survey import Survey
from photofind.core.thumbnails import ThumbnailStore
from photofind.core.timing import Appointment, Timing
from photofind.core.types import (
    Change,
    IndexProgress,
    IndexReport,
    PhotoId,
)
from photofind.core.vectors import VectorIndex

__all__ = ["Analyzer", "IndexRun", "Indexer", "Timing"]

log = logging.getLogger(__name__)

_SLICE = 0.04  # seconds one part of a step may take
_TICK = 0.1  # longest sleep while something is under way


class Indexer:
    """Brings roots up to date and keeps them so.

    `enqueue`, `pause`, `resume` and `cancel` may be called from any thread, everything else from
    the one thread that opened the catalog. The callbacks run on that thread.
    """

    def __init__(
        self,
        catalog: Catalog,
        thumbnails: ThumbnailStore,
        vectors: VectorIndex,
        analyzer: Analyzer,
        *,
        on_progress: Callable[[IndexProgress], None],
        on_indexed: Callable[[list[PhotoId]], None],
        on_removed: Callable[[list[PhotoId]], None],
        on_notice: Callable[[str], None],
        on_roots_changed: Callable[[], None],
        timing: Timing | None = None,
    ) -> None:
        """`on_indexed` gets photos that are new, changed or moved."""
        timing = timing or Timing()
        now = time.monotonic()
        self._catalog = catalog
        self._timing = timing
        self._on_notice = on_notice
        self._inbox = Inbox()
        self._paused = False
        self._slow = ""  # why it goes slowly
        self._cancelled = threading.Event()
        self._reporter = ProgressReporter(on_progress)
        self._queue = AnalysisQueue(analyzer, self._inbox.ring)
        self._filing = Filing(catalog, thumbnails, vectors, on_indexed, on_removed)
        self._roots = RootStates(catalog, on_roots_changed, self._notice)
        self._survey = Survey(
            catalog,
            self._roots,
            self._queue,
            self._filing,
            self._notice,
            timing,
            self._cancelled.is_set,
        )
        self._results = Results(self._queue, self._survey, self._filing, self._reporter.meter)
        self._trouble: PhotofindError | None = None
        self._retry_at = 0.0
        self._runs = Runs(catalog, self._filing)
        self._backlog = Backlog(catalog, self._roots, self._survey, self._queue, self._results)
        self._check = Appointment(timing.check, now)
        self._reconcile = Appointment(timing.reconcile, now)
        self._saving = Appointment(timing.save, now + timing.save)

    # From any thread.

    def enqueue(self, change: Change) -> None:
        """Take a hint that something may have changed."""
        self._inbox.put(change)

    def pause(self) -> None:
        """Begin nothing new until `resume`; what the engine has finished is still stored.

        The engine stops after the batch it is at, which is a matter of tenths of a second.
        """
        self._paused = True
        self._set_pace()
        self._inbox.ring()

    def resume(self) -> None:
        """Go on after `pause`, or after the engine could not be started."""
        self._paused = False
        self._retry_at = 0.0
        self._set_pace()
        self._inbox.ring()

    def cancel(self) -> None:
        """End `run_until_idle`, and any scan, as soon as possible."""
        self._cancelled.set()
        self._inbox.ring()

    def make_way(self, reason: str) -> None:
        """Go slowly for a reason in plain words, such as "on battery"; "" for full speed."""
        if reason != self._slow:
            self._slow = reason
            self._set_pace()

    @property
    def trouble(self) -> PhotofindError | None:
        """Why nothing can be indexed at present, such as an engine that does not start."""
        return self._trouble

    # From the index thread.

    def step(self, timeout: float) -> bool:
        """One slice of work; waits up to `timeout` seconds where there is none right now.

        Returns False when there is nothing left to do. All roots are scanned at the first step
        and from time to time.
        """
        if not self._paused:
            self._do_duties(time.monotonic())
        return self._step(timeout)

    def run_until_idle(self, roots: Sequence[int]) -> IndexReport:
        """Bring these roots up to date and return what that took.

        Raises EngineError or EncoderError where the engine cannot run, LibraryError where nothing
        can be written; what was found out before is kept.
        """
        self._cancelled.clear()
        self._survey.hold = 0.0
        run = self.start_run(roots)
        try:
            while self._step(_TICK) and not self._cancelled.is_set():
                if self._trouble is not None:
                    raise self._trouble
        finally:
            self._survey.hold = self._timing.hold
            report = self.finish_run(run)
        return report

    def start_run(self, roots: Sequence[int]) -> IndexRun:
        """Scan these roots and count what is done; `finish_run` once `step` says all is done."""
        run = self._runs.begin(roots)
        for root_id in roots:
            self._survey.request_scan(root_id)
        self._backlog.retry_passing()
        self._inbox.ring()
        return run

    def finish_run(self, run: IndexRun) -> IndexReport:
        """Store what is finished; what was done since `start_run`."""
        self._results.collect(time.monotonic())
        self._save()
        return self._runs.end(run)

    def retry_failed(self, ids: Sequence[PhotoId] | None = None) -> None:
        """Try files again that could not be used; None: all of them."""
        self._backlog.retry_failed(ids)
        self._inbox.ring()

    def accept_losses(self, root_id: int) -> None:
        """The user confirms that what is missing below a root is gone for good."""
        self._roots.accept(root_id)
        self._survey.request_scan(root_id)
        self._inbox.ring()

    def forget_root(self, root_id: int) -> None:
        """Stop all work for a root that is being removed from the catalog."""
        self._survey.forget_root(root_id)
        self._queue.forget_roots(self._roots.refresh().keys() - {root_id})

    def use_encoder(self, analyzer: Analyzer, vectors: VectorIndex) -> None:
        """Fill another index with another encoder's vectors from now on."""
        self._queue.use_analyzer(analyzer)
        self._set_pace()
        self._filing.vectors = vectors
        self._trouble = None
        self._backlog.look_for_vectors(anew=True)

    def remake_thumbnails(self, ids: Sequence[PhotoId]) -> None:
        """Have thumbnails made again that were lost; `on_indexed` tells when they are there."""
        self._backlog.queue_known(ids, Need.THUMBNAIL)

    def close(self) -> None:
        """Store what is finished and save the index. Catalog and thumbnails stay open."""
        self._queue.close()
        self._results.collect(time.monotonic())
        self._save(at_end=True)

    def _set_pace(self) -> None:
        pace = SLOW_PACE if self._slow else FULL_PACE
        self._queue.analyzer.set_pace(HELD_PACE if self._paused else pace)

    # One step.

    def _step(self, timeout: float) -> bool:
        if not self._turn():
            self._inbox.wait(min(timeout, _TICK) if self._is_busy() else timeout)
            self._turn()
        busy = self._is_busy()
        self._reporter.tell(
            self._phase(busy),
            self._queue.left,
            self._queue.current(),
            bytes_left=self._queue.bytes_left,
            slow=self._slow,
        )
        return busy

    def _turn(self) -> bool:
        """Do what can be done now; whether anything was."""
        now = time.monotonic()
        if self._trouble is not None and now >= self._retry_at:
            self._trouble = None
        try:
            changes = self._inbox.take()
            self._survey.take(changes, now)
            answers, trouble = self._results.collect(now)
            if trouble is not None:
                self._stop_for(trouble, now)
            worked = bool(changes or answers)
            if self._paused:
                self._queue.withdraw()
            elif self._trouble is None:
                worked |= self._survey.work(now, _SLICE)
                worked |= self._submit(now) or (self._is_at_rest() and self._backlog.adopt())
            worked |= self._commit(now)
            return worked or self._filing.vectors.maintain()
        except LibraryError as error:
            self._stop_for(error, now)
            return False

    def _is_busy(self) -> bool:
        if self._inbox or self._queue.left or self._filing or not self._survey.is_idle:
            return True
        may_work = not self._paused and self._trouble is None
        return may_work and self._backlog.may_hold_more

    def _is_at_rest(self) -> bool:
        return not self._queue.left and not self._filing and self._survey.is_idle

    def _submit(self, now: float) -> bool:
        """Give the engine what it has room for; whether anything was given."""
        given = False
        until = now + _SLICE
        while (
            self._queue.has_room
            and not self._survey.is_scanning
            and self._trouble is None
            and time.monotonic() < until
            and (task := self._queue.take()) is not None
        ):
            given = True
            if self._roots.is_online(task.place[0]):
                self._give(task, now)
        return given

    def _give(self, task: Task, now: float) -> None:
        if self._survey.claim(task):
            self._reporter.meter.add(1, size=task.stamp.size)
            return
        worth_hashing = task.known_content is not None or self._survey.may_be_known(task)
        try:
            if worth_hashing and not task.hash_known and task.need is Need.PHOTO:
                self._queue.submit_hash(task)
            else:
                self._queue.submit(task)
        except (EngineError, EncoderError) as error:
            self._queue.add(task, first=True)
            self._stop_for(error, now)

    def _commit(self, now: float) -> bool:
        waits = bool(self._queue.left) and not self._paused
        if not self._filing.is_due(now, self._timing.commit if waits else 0.0):
            return False
        self._filing.commit()
        return True

    def _stop_for(self, error: PhotofindError, now: float) -> None:
        """Stand still until the trouble is over; no file is at fault."""
        if self._trouble is None:
            self._notice(f"Indexing stands still: {error}")
        self._trouble = error
        self._retry_at = now + self._timing.engine_retry
        self._queue.withdraw()

    # From time to time.

    def _do_duties(self, now: float) -> None:
        if self._check.is_due(now):
            for root_id in self._roots.to_be_scanned():
                self._survey.request_scan(root_id)
        if self._reconcile.is_due(now):
            self._backlog.look_for_vectors()
            self._backlog.retry_passing()
            for root in self._roots.refresh().values():
                self._survey.request_scan(root.root_id)
        if self._saving.is_due(now):
            self._save()

    def _save(self, *, at_end: bool = False) -> None:
        try:
            while self._filing:
                self._filing.commit()
            self._filing.vectors.save(self._catalog, at_end=at_end)
        except LibraryError as error:
            log.info("not everything could be saved: %s", error)  # whoever works on is told
        except OSError as error:
            log.warning("the search index could not be saved: %s", error)

    # Telling.

    def _phase(self, busy: bool) -> str:
        if self._paused or self._trouble is not None:
            return "paused"
        if self._survey.is_scanning:
            return "scanning"
        if self._queue.left or self._filing or (busy and self._reporter.phase == "indexing"):
            return "indexing"
        return "idle"

    def _notice(self, text: str) -> None:
        self._runs.note(text)
        self._on_notice(text)
