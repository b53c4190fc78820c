"""Which requests wait, which are with the engine process, and who is to blame when it ends.

Pure bookkeeping without threads or processes; its owner holds a lock around every call.
"""

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from photofind.engine.protocol import Analyze, EncodePicture, Render, Request

WINDOW = 64  # analyses that are with the process at once
CRASHED = "it crashed the decoder"


@dataclass(slots=True, eq=False)
class Call:
    """One request on its way."""

    request: Request
    future: Future[Any] = field(default_factory=Future[Any])
    alone: bool = False  # a suspect: nothing else is decoded beside it

    @property
    def number(self) -> int:
        return self.request.request

    @property
    def decodes(self) -> bool:
        return isinstance(self.request, (Analyze, EncodePicture, Render))

    @property
    def urgent(self) -> bool:
        return not isinstance(self.request, Analyze)

    def begin(self) -> bool:
        """Whether it is still wanted; from then on it cannot be cancelled."""
        return self.future.running() or self.future.set_running_or_notify_cancel()


@dataclass(frozen=True, slots=True)
class Verdict:
    """After an end of the process: who is to blame and why, and who has come under suspicion."""

    culprits: tuple[tuple[Call, str], ...]
    new_suspects: int


class Ledger:
    """All calls that have not been answered."""

    def __init__(self) -> None:
        self._urgent: deque[Call] = deque()
        self._others: deque[Call] = deque()
        self._suspects: deque[Call] = deque()
        self._sent: dict[int, Call] = {}
        self._decoding: dict[int, float] = {}  # request -> when its decoder began
        self._condemned: dict[int, str] = {}  # to be failed once the process is gone

    @property
    def busy(self) -> bool:
        """Whether anything is with the process."""
        return bool(self._sent)

    @property
    def decoding(self) -> bool:
        return bool(self._decoding)

    def add(self, call: Call) -> None:
        (self._urgent if call.urgent else self._others).append(call)

    @property
    def awaited(self) -> bool:
        """Whether anything is with the process that a person waits for."""
        return any(call.urgent for call in self._sent.values())

    def send_next(self, *, hold: bool = False) -> Call | None:
        """Take what may be sent now; cancelled calls are dropped on the way.

        hold: only what a person waits for.
        """
        decoding = sum(call.decodes for call in self._sent.values())
        lonely = bool(self._suspects) or any(call.alone for call in self._sent.values())
        suspect = self._suspects and not decoding and not hold
        call = self._suspects.popleft() if suspect else None
        if call is None:
            call = self._take(self._urgent, blocked=lonely)
        if call is None:
            call = self._take(self._others, blocked=hold or lonely or decoding >= WINDOW)
        if call is not None:
            self._sent[call.number] = call
        return call

    @staticmethod
    def _take(queue: deque[Call], *, blocked: bool) -> Call | None:
        while queue and not (blocked and queue[0].decodes):
            call = queue.popleft()
            if call.begin():
                return call
        return None

    def started(self, number: int, now: float) -> None:
        self._decoding[number] = now

    def decoded(self, number: int) -> None:
        self._decoding.pop(number, None)

    def finish(self, number: int) -> Call | None:
        """Take a call that was answered; None for one that is not known any more."""
        self._decoding.pop(number, None)
        return self._sent.pop(number, None)

    def condemn_late(self, now: float, limit: float) -> bool:
        """Mark what has been decoding for longer than `limit` seconds; whether there is any."""
        for number, began in self._decoding.items():
            if now - began > limit:
                self._condemned[number] = f"it took longer than {limit:g} s to read"
        return bool(self._condemned)

    def judge(self) -> Verdict:
        """The process has ended by itself or for a condemned call.

        Condemned calls are the culprits and clear all others. Else whatever was being decoded
        is a suspect and goes alone next, and one that already was alone is the culprit.
        """
        culprits = [
            (self._sent.pop(number), reason)
            for number, reason in self._condemned.items()
            if number in self._sent
        ]
        suspects: list[Call] = []
        if not culprits:
            in_hand = [self._sent[n] for n in self._decoding if n in self._sent]
            culprits = [(self._sent.pop(call.number), CRASHED) for call in in_hand if call.alone]
            suspects = [call for call in in_hand if not call.alone]
        for call in suspects:
            call.alone = True
        self.recall()
        return Verdict(tuple(culprits), len(suspects))

    def recall(self) -> None:
        """Put what was sent back where it came from, first in the row and in its old order."""
        for call in sorted(self._sent.values(), key=lambda call: call.number, reverse=True):
            if call.alone:
                self._suspects.appendleft(call)
            else:
                (self._urgent if call.urgent else self._others).appendleft(call)
        self._sent.clear()
        self._decoding.clear()
        self._condemned.clear()

    def drain(self) -> list[Call]:
        """Forget and return every call."""
        queues: Iterable[Iterable[Call]] = (self._suspects, self._urgent, self._others)
        calls = [*self._sent.values(), *(call for queue in queues for call in queue)]
        self._suspects.clear()
        self._urgent.clear()
        self._others.clear()
        self._sent.clear()
        self._decoding.clear()
        self._condemned.clear()
        return calls
