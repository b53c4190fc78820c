"""What the answers of the engine mean: stored, moved, looked at again, or a failure.

Owns that decision for each answer; writing is `filing`'s business.
"""

import logging
from concurrent.futures import CancelledError

from photofind.core.analysis_queue import AnalysisQueue, Answer, Need, Task
from photofind.core.disk import current_stamp, same_time
from photofind.core.errors import EncoderError, EngineError, ImageError, PhotofindError
from photofind.core.filing import Filing, Finding
from photofind.core.progress import ProgressMeter
from photofind.core.survey import Survey
from photofind.core.types import Analysis, PhotoId
from photofind.core.usable_rows import has_direction

log = logging.getLogger(__name__)

_UNUSABLE = "the model gave no usable result for it"


class Results:
    """Takes answers from the queue and passes them on. Used by the index thread alone."""

    def __init__(
        self, queue: AnalysisQueue, survey: Survey, filing: Filing, meter: ProgressMeter
    ) -> None:
        self._queue = queue
        self._survey = survey
        self._filing = filing
        self._meter = meter
        self.hopeless: set[PhotoId] = set()
        """Known photos that cannot be encoded again; asking once more would not end."""

    def collect(self, now: float) -> tuple[int, PhotofindError | None]:
        """Take everything that is finished. Returns how many, and why the engine cannot run."""
        count, trouble = 0, None
        for answer in list(self._queue.answers()):
            trouble = self._take(answer, now) or trouble
            count += 1
        return count, trouble

    def _take(self, answer: Answer, now: float) -> PhotofindError | None:
        task, future = answer
        try:
            result = future.result()
        except CancelledError:
            self._queue.add(task, first=True)
        except (EngineError, EncoderError) as error:
            self._queue.add(task, first=True)
            return error if self._queue.is_of_present_engine(task) else None
        except (ImageError, OSError) as error:
            self._take_failure(task, str(error), now)
        else:
            if not _is_as_analysed(task):
                self._survey.look_again(task, now)
            elif isinstance(result, bytes):
                self._take_hash(task, result)
            elif not _is_usable(result):
                self._take_failure(task, _UNUSABLE, now)
            else:
                self._take_analysis(task, result, now)
        return None

    def _take_failure(self, task: Task, reason: str, now: float) -> None:
        if not _is_as_analysed(task):
            self._survey.look_again(task, now)
            return
        if task.need is Need.PHOTO:
            self._filing.add(Finding(task, None, reason), now)
        else:
            log.warning("%s could not be analysed again: %s", task.path, reason)
            self.hopeless.add(task.photo_id or 0)
        self._meter.add(1, failed=1, size=task.stamp.size)

    def _take_hash(self, task: Task, content: bytes) -> None:
        if task.known_content == content and task.photo_id is not None:
            self._filing.touch(task.place[0], [(task.photo_id, task.stamp)])
            self._meter.add(1, size=task.stamp.size)
        elif self._survey.claim(task, content):
            self._meter.add(1, size=task.stamp.size)
        else:
            task.hash_known = True
            self._queue.add(task, first=True)

    def _take_analysis(self, task: Task, analysis: Analysis, now: float) -> None:
        self._meter.add(1, size=task.stamp.size)
        if self._survey.claim(task, analysis.hashes.content):
            return
        if task.need is Need.VECTOR and analysis.vector is None:
            self.hopeless.add(task.photo_id or 0)
        self._filing.add(Finding(task, analysis), now)


def _is_usable(analysis: Analysis) -> bool:
    """Whether the catalog can take it: it refuses a vector without a direction."""
    return analysis.vector is None or bool(has_direction(analysis.vector[None]).all())


def _is_as_analysed(task: Task) -> bool:
    """Whether the file is still the one that was given to the engine."""
    stamp = current_stamp(task.path)
    return stamp is not None and same_time(stamp, task.stamp)
