"""The waiting times of the indexer, and its timetable of things to do from time to time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Waiting times, in seconds."""

    settle: float = 2.0  # a file must stand still for that long
    hold: float = 2.5  # a missing file may turn up elsewhere for that long
    gather: float = 0.5  # a changed folder is looked at after that
    commit: float = 1.0  # a result waits no longer than that to be stored
    check: float = 60.0  # between two looks whether roots are there
    reconcile: float = 1800.0  # between two scans of everything
    save: float = 300.0  # between two savings of the index
    engine_retry: float = 60.0  # after which an engine that did not start is tried again


class Appointment:
    """Something to be done every so many seconds."""

    def __init__(self, seconds: float, first: float) -> None:
        self._seconds = seconds
        self._next = first

    def is_due(self, now: float) -> bool:
        """Whether it is time; if so, the next one is `seconds` later."""
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True
