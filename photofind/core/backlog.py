"""Photos and files that are known but lack something, and the tasks that make up for it.

Owns which those are: photos without a vector of the present encoder, lost thumbnails, failures
that may pass. What comes of the tasks is decided in `results`.
"""

import os
import time
from collections.abc import Sequence

from photofind.core.analysis_queue import AnalysisQueue, Need, Task
from photofind.core.catalog import Catalog
from photofind.core.content import PASSING_REASONS
from photofind.core.results import Results
from photofind.core.root_states import RootStates
from photofind.core.survey import Survey
from photofind.core.types import PhotoId, RootState

_ADOPT = 256  # photos without a vector that are queued at once


class Backlog:
    """Used by the index thread alone."""

    def __init__(
        self,
        catalog: Catalog,
        roots: RootStates,
        survey: Survey,
        queue: AnalysisQueue,
        results: Results,
    ) -> None:
        self._catalog = catalog
        self._roots = roots
        self._survey = survey
        self._queue = queue
        self._results = results
        self._adopting = True
        self._after: PhotoId = 0  # up to this photo all that lack a vector have been queued

    def look_for_vectors(self, *, anew: bool = False) -> None:
        """Photos may lack vectors; `anew`: also those that could not be encoded before."""
        self._adopting = True
        self._after = 0
        if anew:
            self._results.hopeless.clear()

    @property
    def may_hold_more(self) -> bool:
        """Whether `adopt` may find photos."""
        return self._adopting

    def adopt(self) -> bool:
        """Queue some photos that have no vector of the present encoder; whether there were any."""
        if not self._adopting:
            return False
        key = self._queue.analyzer.encoder_key
        ids = [row[0] for row in self._catalog.without_vector(key, _ADOPT, after=self._after)]
        self._adopting = bool(ids)
        if ids:
            self._after = ids[-1]
            hopeless = self._results.hopeless
            self.queue_known([each for each in ids if each not in hopeless], Need.VECTOR)
        return bool(ids)

    def queue_known(self, ids: Sequence[PhotoId], need: Need) -> None:
        for photo in self._catalog.photos(ids):
            root = self._roots.get(photo.root_id)
            if root is None or photo.offline:
                continue
            raw = os.fsencode(photo.path.relative_to(root.path).as_posix())
            place = photo.root_id, photo.relpath
            self._queue.add(Task(place, raw, photo.path, photo.stamp, need, photo.photo_id))

    def retry_failed(self, ids: Sequence[PhotoId] | None = None) -> None:
        """Try files again that could not be used; None: all of them."""
        failures = self._catalog.failures()
        if ids is not None:
            chosen = set(ids)
            failures = [failure for failure in failures if failure.photo_id in chosen]
        self._catalog.clear_failures([failure.photo_id for failure in failures])
        self._results.hopeless.clear()
        for root in self._roots.refresh().values():
            for failure in failures:
                if root.state is RootState.ONLINE and root.path in failure.path.parents:
                    relpath = failure.path.relative_to(root.path).as_posix()
                    self._survey.try_again(root, relpath, time.monotonic())

    def retry_passing(self) -> None:
        """Try files again that could not be opened and now can: nothing else would tell."""
        ids = [
            failure.photo_id
            for failure in self._catalog.failures()
            if failure.reason in PASSING_REASONS and os.access(failure.path, os.R_OK)
        ]
        if ids:
            self.retry_failed(ids)
