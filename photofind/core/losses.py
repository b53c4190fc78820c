"""What becomes of photos whose files are missing: forgotten, or kept with their root offline.

Owns that decision and nothing else. When a missing file may still turn up elsewhere is known to
`survey`, which asks only after that.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from photofind.core.absences import Absence, Absences, loss_reason
from photofind.core.catalog import Catalog
from photofind.core.disk import is_absent, why_unusable
from photofind.core.filing import Filing
from photofind.core.root_states import SAMPLES, RootStates
from photofind.core.types import PhotoId, Root

_ADVICE = " Connect its drive, or confirm that they are gone."


class Losses:
    """Decides by root. `on_offline` is called before a root goes offline: drop all work for it."""

    def __init__(
        self,
        catalog: Catalog,
        roots: RootStates,
        absences: Absences,
        filing: Filing,
        on_offline: Callable[[int], None],
    ) -> None:
        self._catalog = catalog
        self._roots = roots
        self._absences = absences
        self._filing = filing
        self._on_offline = on_offline

    def are_bearable(self, root: Root, lost: int) -> bool:
        """Whether a root that misses that many photos stays online; if not, it goes offline."""
        return self._bears(root, lost, list(self._absences.of_root(root.root_id)))

    def decide(self, root_id: int) -> None:
        """Forget what is missing below a root, or set it offline."""
        absences = list(self._absences.of_root(root_id))
        self._absences.discard_root(root_id)
        root = self._roots.refresh().get(root_id)
        if root is None:
            return
        if reason := why_unusable(str(root.path)):
            self.set_offline(root, reason)
            return
        paths = self._paths(root, absences)
        gone = [item for item in absences if item.meant or is_absent(paths[item.known.photo_id])]
        lost = [item for item in gone if not item.meant]
        if self._bears(root, len(lost), lost):
            self._filing.remove(root_id, [item.known.photo_id for item in gone])
            self._roots.use_up_acceptance(root_id)

    def set_offline(self, root: Root, reason: str, missing: Sequence[Path] = ()) -> None:
        """Keep everything of a root as it is known until it is back."""
        self._on_offline(root.root_id)
        self._roots.set_offline(root.root_id, reason, [str(path) for path in missing])

    def _bears(self, root: Root, lost: int, absences: Sequence[Absence]) -> bool:
        reason = loss_reason(lost, root.photos + root.failed)
        if not reason or self._roots.is_accepted(root.root_id):
            return True
        samples = absences[:: max(1, len(absences) // SAMPLES)]
        self.set_offline(root, reason + _ADVICE, list(self._paths(root, samples).values()))
        return False

    def _paths(self, root: Root, absences: Sequence[Absence]) -> dict[PhotoId, Path]:
        """Where the files were. Only a key that is plain ASCII is for certain the name itself."""
        paths = {item.known.photo_id: root.path / item.place[1] for item in absences}
        odd = [item.known.photo_id for item in absences if not item.place[1].isascii()]
        paths.update((photo.photo_id, photo.path) for photo in self._catalog.photos(odd))
        return paths
