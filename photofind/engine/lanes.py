"""A queue with two lanes: what a person waits for overtakes indexing."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lanes(Generic[T]):
    """Thread-safe. `open_gate` says whether the background lane may be taken from just now.

    Whoever opens the gate calls `wake`.
    """

    def __init__(self, open_gate: Callable[[], bool] = lambda: True) -> None:
        self._open_gate = open_gate
        lock = threading.RLock()
        self._changed = threading.Condition(lock)
        self._disturbed = threading.Condition(lock)  # who rests takes nobody's notice of an item
        self._urgent: deque[T] = deque()
        self._background: deque[T] = deque()

    def __len__(self) -> int:
        """How many wait in the background lane."""
        return len(self._background)

    def put(self, item: T, *, urgent: bool) -> None:
        with self._changed:
            (self._urgent if urgent else self._background).append(item)
            if urgent or self._open_gate():  # a gate that opens is followed by a `wake`
                self._changed.notify()
            if urgent:
                self._disturbed.notify_all()

    def take(self) -> T:
        """The next item; waits for one."""
        with self._changed:
            while (item := self._ready()) is None:
                self._changed.wait()
            return item

    def take_now(self) -> T | None:
        """The next item if there is one to be taken at once."""
        with self._changed:
            return self._ready()

    def take_batch(self, size: int, patience: float) -> list[T]:
        """One urgent item, or up to `size` from the background.

        Waits for a first item, then up to `patience` seconds for the batch to fill, unless
        something urgent comes.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._urgent or (self._background and self._open_gate()))
            if not self._urgent and len(self._background) < size:
                self._changed.wait_for(
                    lambda: self._urgent or len(self._background) >= size, patience
                )
            if self._urgent:
                return [self._urgent.popleft()]
            count = min(size, len(self._background))
            return [self._background.popleft() for _ in range(count)]

    def rest(self, seconds: float, is_over: Callable[[], bool]) -> None:
        """Wait so long, or until something urgent comes, or until a `wake` finds it over."""
        with self._changed:
            self._disturbed.wait_for(lambda: self._urgent or is_over(), seconds)

    def wake(self) -> None:
        """Look at the gate again."""
        with self._changed:
            self._changed.notify_all()
            self._disturbed.notify_all()

    def _ready(self) -> T | None:
        if self._urgent:
            return self._urgent.popleft()
        if self._background and self._open_gate():
            return self._background.popleft()
        return None
