"""The folders the user added: where they are, on which volume, whether they are there."""

import glob
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from photofind.core.catalog_rows import CatalogPart, storable
from photofind.core.catalog_text import write_text
from photofind.core.database import Row
from photofind.core.errors import FolderError
from photofind.core.types import PhotoId, Root, RootState

_DISKS = Path("/dev/disk/by-uuid")


class CatalogRoots(CatalogPart):
    """Table `roots`."""

    def roots(self) -> list[Root]:
        """All folders with their counts, in the order they were added."""
        totals = self._unchanged("photos by root", None, self._photos_by_root)
        rows = self._db.rows(
            "SELECT root_id, path, state, state_reason, excluded FROM roots ORDER BY root_id"
        )
        return [_root(row, *totals.get(row[0], (0, 0))) for row in rows]

    def root_ids(self) -> set[int]:
        """Of all folders; unlike `roots`, without a look at the photos."""
        return {row[0] for row in self._db.rows("SELECT root_id FROM roots")}

    def _photos_by_root(self) -> dict[int, tuple[int, int]]:
        """Photos and failures of each root."""
        rows = self._db.rows(
            "SELECT root_id, sum(status = 1), sum(status = 0) FROM photos GROUP BY root_id"
        )
        return {root_id: (photos, failed) for root_id, photos, failed in rows}

    def add_root(self, path: Path, volume_id: str = "") -> Root:
        """Add a folder; one that is known is returned as it is.

        Raises FolderError where it is missing, no folder, or inside or around another root.
        """
        path = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 - keeps symlinks, drops ".."
        known = self.roots()
        for root in known:
            if root.path == path:
                return root
        _require_folder(path)
        for root in known:
            if _same_folder(root.path, path):
                return root
            _refuse_nested(path, root.path)
        root_id = self._db.insert(
            "INSERT INTO roots(path, volume_id) VALUES (?, ?)",
            (os.fsencode(path), volume_id or volume_of(path)),
        )
        return Root(root_id, path, RootState.ONLINE)

    def absorb_roots(self, path: Path, inside: Mapping[int, str]) -> Root:
        """Make one root of a folder and of the roots within it, given as their ids and the keys
        of their folders below `path`. Photos keep their ids and all that is known of them."""
        known = {root.root_id: root for root in self.roots()}
        excluded = [
            pattern
            for root_id, key in inside.items()
            for own in known[root_id].excluded
            for pattern in _patterns_below(key, own)
        ]
        with self._db.transaction():
            new_id = self._db.insert(
                "INSERT INTO roots(path, volume_id, excluded) VALUES (?, ?, ?)",
                (os.fsencode(path), volume_of(path), json.dumps(excluded)),
            )
            for root_id, key in inside.items():
                raw = os.fsencode(known[root_id].path.relative_to(path).as_posix())
                self._db.execute(
                    "UPDATE photos SET root_id = ?, relpath = CAST(? || relpath AS BLOB),"
                    " raw_relpath = CAST(? || raw_relpath AS BLOB) WHERE root_id = ?",
                    (new_id, os.fsencode(key) + b"/", raw + b"/", root_id),
                )
                self._db.execute("DELETE FROM roots WHERE root_id = ?", (root_id,))
            for (photo_id,) in self._db.rows(
                "SELECT photo_id FROM photos WHERE root_id = ? AND status = 1", (new_id,)
            ):
                write_text(self._db, photo_id)
        return next(root for root in self.roots() if root.root_id == new_id)

    def remove_root(self, root_id: int) -> list[PhotoId]:
        """Forget a folder and its photos; no file is touched. Returns the photos' ids."""
        with self._db.transaction():
            rows = self._db.rows(
                "SELECT photo_id FROM photos WHERE root_id = ? AND status = 1 ORDER BY photo_id",
                (root_id,),
            )
            self._db.execute("DELETE FROM photos WHERE root_id = ?", (root_id,))
            self._db.execute("DELETE FROM roots WHERE root_id = ?", (root_id,))
        return [row[0] for row in rows]

    def set_root_state(self, root_id: int, state: RootState, reason: str = "") -> None:
        self._db.execute(
            "UPDATE roots SET state = ?, state_reason = ? WHERE root_id = ?",
            (str(state), storable(reason), root_id),
        )

    def set_excluded(self, root_id: int, patterns: Sequence[str]) -> None:
        """Set the glob patterns, matched against relative paths, that a scan leaves out."""
        self._db.execute(
            "UPDATE roots SET excluded = ? WHERE root_id = ?",
            (json.dumps(list(patterns)), root_id),
        )


def volume_of(folder: Path) -> str:
    """An id of the volume that stays the same over mounts; "" where the system names none."""
    try:
        device = folder.stat().st_dev
        if sys.platform == "win32":
            return f"{device:08x}"
        for disk in _DISKS.iterdir():
            if disk.stat().st_rdev == device:
                return disk.name
    except OSError:
        pass
    return ""


def _patterns_below(folder: str, pattern: str) -> list[str]:
    """A pattern of a folder as patterns of a root around it."""
    base = glob.escape(folder)
    deeper = [] if "/" in pattern.strip("/") else [f"{base}/*/{pattern}"]
    return [f"{base}/{pattern.lstrip('/')}", *deeper]


def _root(row: Row, photos: int, failed: int) -> Root:
    root_id, path, state, reason, excluded = row
    return Root(
        root_id=root_id,
        path=Path(os.fsdecode(path)),
        state=RootState(state),
        excluded=tuple(json.loads(excluded)),
        photos=photos,
        failed=failed,
        state_reason=reason,
    )


def _require_folder(path: Path) -> None:
    if not path.exists():
        raise FolderError(f"The folder {path} does not exist.")
    if not path.is_dir():
        raise FolderError(f"{path} is not a folder; choose the folder that holds your photos.")
    if not os.access(path, os.R_OK | os.X_OK):
        raise FolderError(f"There is no permission to read {path}.")


def _refuse_nested(path: Path, root: Path) -> None:
    if any(_same_folder(root, parent) for parent in path.resolve().parents):
        raise FolderError(f"{path} is already in the library, as a part of {root}.")
    if any(_same_folder(path, parent) for parent in root.resolve().parents):
        raise FolderError(
            f"{path} contains {root}, which is already in the library. "
            f"Remove {root} first, then add {path}."
        )


def _same_folder(one: Path, other: Path) -> bool:
    """Whether both are one folder, also through a link or in another case of letters."""
    try:
        return one == other or one.samefile(other)
    except OSError:
        return False
