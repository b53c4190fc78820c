"""Which roots are online, and the change from one state to the other.

Owns the cached list of roots and what a user has confirmed. Offline is never deletion: while a
root is offline nothing of it is removed and nothing is added.
"""

import os
from collections.abc import Callable, Sequence

from photofind.core.catalog import Catalog
from photofind.core.disk import why_unusable
from photofind.core.types import Root, RootState

SAMPLES = 16  # missing files whose return is looked for


class RootStates:
    """The roots of a catalog as the indexer sees them."""

    def __init__(
        self,
        catalog: Catalog,
        on_roots_changed: Callable[[], None],
        on_notice: Callable[[str], None],
    ) -> None:
        self._catalog = catalog
        self._on_roots_changed = on_roots_changed
        self._on_notice = on_notice
        self._roots: dict[int, Root] = {}
        self._samples: dict[int, list[str]] = {}
        self._accepted: set[int] = set()

    def refresh(self) -> dict[int, Root]:
        """Read the roots from the catalog again."""
        self._roots = {root.root_id: root for root in self._catalog.roots()}
        return self._roots

    def get(self, root_id: int) -> Root | None:
        if root_id not in self._roots:
            self.refresh()
        return self._roots.get(root_id)

    def is_online(self, root_id: int) -> bool:
        root = self.get(root_id)
        return root is not None and root.state is RootState.ONLINE

    def accept(self, root_id: int) -> None:
        """The user says that what is missing below this root is really gone."""
        self._accepted.add(root_id)

    def is_accepted(self, root_id: int) -> bool:
        return root_id in self._accepted

    def use_up_acceptance(self, root_id: int) -> None:
        """A confirmation is good for the losses of one scan."""
        self._accepted.discard(root_id)

    def set_offline(self, root_id: int, reason: str, missing: Sequence[str] = ()) -> None:
        """Keep everything of a root until it is back; `missing` are paths to look for."""
        step = max(1, len(missing) // SAMPLES)
        self._samples[root_id] = list(missing[::step])[:SAMPLES]
        root = self.get(root_id)
        if root is None or (root.state, root.state_reason) == (RootState.OFFLINE, reason):
            return
        self._catalog.set_root_state(root_id, RootState.OFFLINE, reason)
        self.refresh()
        self._on_notice(f"{root.path} is offline; its photos are kept. {reason}")
        self._on_roots_changed()

    def set_online(self, root_id: int) -> None:
        self._samples.pop(root_id, None)
        root = self.get(root_id)
        if root is None or root.state is RootState.ONLINE:
            return
        self._catalog.set_root_state(root_id, RootState.ONLINE)
        self.refresh()
        self._on_notice(f"{root.path} is online again.")
        self._on_roots_changed()

    def to_be_scanned(self) -> list[int]:
        """Roots whose state seems to have changed: a scan will tell."""
        return [root.root_id for root in self.refresh().values() if self._seems_changed(root)]

    def _seems_changed(self, root: Root) -> bool:
        unusable = bool(why_unusable(str(root.path)))
        if root.state is RootState.ONLINE:
            return unusable
        samples = self._samples.get(root.root_id)
        return not unusable and (not samples or any(os.path.lexists(path) for path in samples))
