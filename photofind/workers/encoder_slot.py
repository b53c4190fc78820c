"""Which encoder answers searches now. Shared by the threads that index and that search."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the window starts sooner without what only other threads run
    from photofind.core.vectors import VectorIndex
    from photofind.engine.client import EngineClient


@dataclass(frozen=True, slots=True)
class SearchPair:
    """An engine and the index that holds the vectors of its encoder."""

    engine: EngineClient
    vectors: VectorIndex


class EncoderSlot:
    """A thread-safe place for one `SearchPair`; the index thread puts it there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pair: SearchPair | None = None

    def get(self) -> SearchPair | None:
        with self._lock:
            return self._pair

    def put(self, pair: SearchPair | None) -> None:
        with self._lock:
            self._pair = pair
