"""Which roots and folders are to be looked at, and when.

Owns the order and that nothing is looked at twice for one reason; scans nothing.
"""

from photofind.core.scanner import is_below

_MANY = 32  # changed folders of one root: then the whole root is looked at


class ScanRequests:
    """Folders waiting to be scanned; a request for a folder covers those for what is in it."""

    def __init__(self, gather: float) -> None:
        self._gather = gather
        self._due: dict[tuple[int, str], float] = {}

    def __len__(self) -> int:
        return len(self._due)

    def add_soon(self, root_id: int, below: str, now: float) -> None:
        """Ask for a scan a little later, as changes come in bursts."""
        self.add(root_id, below, now + self._gather)

    def add(self, root_id: int, below: str, due: float) -> None:
        """Ask for a scan, not before `due`."""
        same_root = [folder for root, folder in self._due if root == root_id]
        covering = [folder for folder in same_root if is_below(below, folder)]
        if covering:
            earliest = min(self._due[root_id, folder] for folder in covering)
            self._due[root_id, covering[0]] = min(earliest, due)
            return
        if len(same_root) >= _MANY:
            below = ""
        for folder in same_root:
            if is_below(folder, below):
                due = min(due, self._due.pop((root_id, folder)))
        self._due[root_id, below] = due

    def take(self, now: float) -> tuple[int, str] | None:
        """The next request that is due: root and folder."""
        for request, due in self._due.items():
            if due <= now:
                del self._due[request]
                return request
        return None

    def has_due(self, now: float) -> bool:
        return any(due <= now for due in self._due.values())

    def drop_root(self, root_id: int) -> None:
        for request in [request for request in self._due if request[0] == root_id]:
            del self._due[request]
