"""The files that wait for the engine, and those it is working on.

Owns their order and the limit of how many are under way at once. What an answer means is decided
in `indexer`; nothing here reads or writes the catalog.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from photofind.core.absences import Place
from photofind.core.hasher import Hasher
from photofind.core.manners import Pace
from photofind.core.types import Analysis, FileStamp, PhotoId

OUTSTANDING = 96  # analyses under way at once: enough for full batches, little to lose


class Analyzer(Protocol):
    """Finds out everything about one picture; implemented by the engine's client."""

    def analyze(self, path: Path, *, encode: bool) -> Future[Analysis]:
        """The future fails with ImageError (this file) or EngineError (any file)."""
        ...

    def set_pace(self, pace: Pace) -> None:
        """Work as hard as this from now on; callable from any thread, returns at once."""
        ...

    @property
    def encoder_key(self) -> str: ...


class Need(StrEnum):
    """What a task is for."""

    PHOTO = "photo"  # a new or changed file
    VECTOR = "vector"  # a known photo without a vector of the present encoder
    THUMBNAIL = "thumbnail"  # a known photo whose thumbnail was lost


@dataclass(slots=True, eq=False)
class Task:
    """One file to be looked at."""

    place: Place
    raw_relpath: bytes
    path: Path
    stamp: FileStamp
    need: Need = Need.PHOTO
    photo_id: PhotoId | None = None  # where the place is known already
    known_content: bytes | None = None  # its content hash as far as known
    hash_known: bool = False  # its content has been compared with what is known
    encoder_key: str = ""  # of the encoder that was asked


Answer = tuple[Task, "Future[Analysis] | Future[bytes]"]


class AnalysisQueue:
    """Tasks in order, each place at most once. Used by one thread; `wake` is called from others."""

    def __init__(self, analyzer: Analyzer, wake: Callable[[], None]) -> None:
        self.analyzer = analyzer
        self._wake = wake
        self._order: deque[Task] = deque()
        self._waiting: dict[tuple[Place, Need], Task] = {}
        self._sizes: Counter[int] = Counter()
        self._bytes = 0  # of all files that wait
        self._running: dict[Future[Analysis] | Future[bytes], Task] = {}
        self._finished: deque[Future[Analysis] | Future[bytes]] = deque()
        self._hasher = Hasher()

    def use_analyzer(self, analyzer: Analyzer) -> None:
        """Ask another analyzer from now on; what the former one has not begun is taken back."""
        self.withdraw()
        self.analyzer = analyzer

    def is_of_present_engine(self, task: Task) -> bool:
        """Whether a task that is under way was given to the analyzer in use now."""
        return task.encoder_key == self.analyzer.encoder_key

    @property
    def left(self) -> int:
        """Tasks that are not finished."""
        return len(self._waiting) + len(self._running)

    @property
    def bytes_left(self) -> int:
        """The size of the files of these tasks."""
        return self._bytes + sum(task.stamp.size for task in self._running.values())

    @property
    def has_room(self) -> bool:
        return len(self._running) < OUTSTANDING

    def current(self) -> str:
        """The name of a file under way."""
        return next((task.path.name for task in self._running.values()), "")

    def add(self, task: Task, *, first: bool = False) -> None:
        """Queue a task. A waiting one for the same file is replaced; one under way for the same
        state of the file makes it needless."""
        label = (task.place, task.need)
        for other in self._running.values():
            if other.place == task.place and other.need is task.need and other.stamp == task.stamp:
                return
        self._forget(self._waiting.get(label))
        self._waiting[label] = task
        self._bytes += task.stamp.size
        if task.need is Need.PHOTO:
            self._sizes[task.stamp.size] += 1
        if first:
            self._order.appendleft(task)
        else:
            self._order.append(task)

    def hurry(self, sizes: set[int]) -> None:
        """Bring files of these sizes to the front: they may be photos that are missing."""
        if not any(size in self._sizes for size in sizes):
            return
        chosen = [task for task in self._order if task.stamp.size in sizes]
        rest = [task for task in self._order if task.stamp.size not in sizes]
        self._order = deque([*chosen, *rest])

    def undecided_sizes(self) -> set[int]:
        """Sizes of new files that may still turn out to be known photos."""
        running = {task.stamp.size for task in self._running.values() if task.need is Need.PHOTO}
        return running.union(self._sizes)

    def take(self) -> Task | None:
        """The next task, no longer waiting."""
        while self._order:
            task = self._order.popleft()
            if self._waiting.get((task.place, task.need)) is task:
                self._forget(task)
                return task
        return None

    def submit(self, task: Task) -> None:
        """Have the engine look at the file. Raises EngineError where there is no engine."""
        task.encoder_key = self.analyzer.encoder_key
        encode = task.need is not Need.THUMBNAIL
        self._run(task, self.analyzer.analyze(task.path, encode=encode))

    def submit_hash(self, task: Task) -> None:
        """Have the file's content hash taken."""
        self._run(task, self._hasher.submit(task.path))

    def answers(self) -> Iterator[Answer]:
        """Everything that has been finished since the last call."""
        while self._finished:
            future = self._finished.popleft()
            yield self._running.pop(future), future

    def withdraw(self) -> None:
        """Take back what the engine has not begun."""
        for future in list(self._running):
            future.cancel()

    def forget_roots(self, kept: Iterable[int]) -> None:
        """Drop the tasks of roots that are not among these."""
        roots = set(kept)
        for task in [task for task in self._order if task.place[0] not in roots]:
            self._forget(task)

    def close(self) -> None:
        self.withdraw()
        self._hasher.close()

    def _run(self, task: Task, future: "Future[Analysis] | Future[bytes]") -> None:
        self._running[future] = task
        future.add_done_callback(self._note_finished)

    def _note_finished(self, future: "Future[Analysis] | Future[bytes]") -> None:
        """From any thread."""
        self._finished.append(future)
        self._wake()

    def _forget(self, task: Task | None) -> None:
        label = (task.place, task.need) if task else None
        if task is None or label is None or self._waiting.get(label) is not task:
            return
        del self._waiting[label]
        self._bytes -= task.stamp.size
        if task.need is Need.PHOTO:
            self._sizes[task.stamp.size] -= 1
            if not self._sizes[task.stamp.size]:
                del self._sizes[task.stamp.size]
