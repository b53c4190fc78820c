"""Moves photos to the system's trash and back. photofind never deletes a photo.

What is about to move is in the catalog's journal first, so an undo works after a crash or a
restart too. Which photos may go (never the last copy) is decided elsewhere.
"""

import errno
import logging
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from send2trash import send2trash

from photofind.core.catalog import Catalog, TrashEntry, TrashState
from photofind.core.disk import stamp_of
from photofind.core.errors import TrashError
from photofind.core.trash_places import (
    CAN_RESTORE,
    FileMark,
    forget_note,
    locate,
    require_trash,
)
from photofind.core.types import Failure, Photo, PhotoId, RootState, TrashReport

log = logging.getLogger(__name__)

_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES)


class _StaysError(Exception):
    """Why one photo stays where it is, in plain words."""

    def __init__(self, reason: str, *, no_trash: bool = False) -> None:
        super().__init__(reason)
        self.no_trash = no_trash  # the trash refused, not the photo


class Trash:
    """The trash as seen from one library. Used by the thread that writes to the catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def move(self, ids: Sequence[PhotoId]) -> TrashReport:
        """Move photos to the trash and out of the catalog.

        A photo that is missing, has changed since it was indexed, or cannot be moved stays and is
        named in the report. Raises TrashError where the trash takes none of them, as on a volume
        that has no trash.
        """
        failed: list[Failure] = []
        photos: list[Photo] = []
        for photo in self._catalog.photos(list(dict.fromkeys(ids))):
            try:
                _require_unchanged(photo)
            except _StaysError as refusal:
                failed.append(Failure(photo.path, str(refusal), photo.photo_id))
            else:
                photos.append(photo)
        batch_id = self._journal(photos) if photos else 0
        moved, refused = self._move_batch(batch_id)
        failed += refused
        return TrashReport(
            batch_id=batch_id if moved else 0,
            moved=tuple(entry.path for entry in moved),
            photo_ids=tuple(entry.photo_id for entry in moved),
            bytes=sum(entry.size for entry in moved),
            failed=tuple(failed),
            restorable=bool(moved) and all(entry.trashed_to for entry in moved),
        )

    def restore(self, batch_id: int) -> TrashReport:
        """Bring a batch back to where it was, with all that was known of it.

        Nothing is ever overwritten. What cannot come back is named in the report and can be tried
        again. Raises TrashError for a batch that has nothing to restore.
        """
        entries = [
            entry
            for entry in self._catalog.trash_batch(batch_id)
            if entry.state is not TrashState.RESTORED
        ]
        if not entries:
            raise TrashError("These photos have already been restored, or are no longer known.")
        restored: list[tuple[TrashEntry, PhotoId | None]] = []
        failed: list[Failure] = []
        for entry in entries:
            try:
                restored.append((entry, self._restore_one(entry)))
            except _StaysError as refusal:
                failed.append(Failure(entry.path, str(refusal), entry.photo_id))
        return TrashReport(
            batch_id=batch_id,
            moved=tuple(entry.path for entry, _ in restored),
            photo_ids=tuple(number for _, number in restored if number is not None),
            bytes=sum(entry.size for entry, _ in restored),
            failed=tuple(failed),
            restorable=bool(failed),
        )

    def _journal(self, photos: Sequence[Photo]) -> int:
        return self._catalog.journal_trash([self._catalog.trash_entry(photo) for photo in photos])

    def _move_batch(self, batch_id: int) -> tuple[list[TrashEntry], list[Failure]]:
        moved: list[TrashEntry] = []
        stayed: list[tuple[TrashEntry, _StaysError]] = []
        try:
            for entry in self._catalog.trash_batch(batch_id):
                try:
                    moved.append(_move_one(entry))
                except _StaysError as refusal:
                    stayed.append((entry, refusal))
        finally:
            self._catalog.settle_trash(moved, [entry for entry, _ in stayed])
        if stayed and not moved and all(refusal.no_trash for _, refusal in stayed):
            raise TrashError(_no_trash(stayed[0][0].path, str(stayed[0][1]), len(stayed)))
        return moved, [
            Failure(entry.path, str(refusal), entry.photo_id) for entry, refusal in stayed
        ]

    def _require_online(self, entry: TrashEntry) -> None:
        """Never rebuild the folders of a drive that is not there, at the place it was mounted."""
        for root in self._catalog.roots():
            gone = root.state is RootState.OFFLINE or not root.path.is_dir()
            if gone and entry.path.is_relative_to(root.path):
                raise _StaysError(f"the folder {root.path} is not there; connect its drive first")

    def _restore_one(self, entry: TrashEntry) -> PhotoId | None:
        self._require_online(entry)
        mark = FileMark(entry.size, entry.mtime_ns)
        trashed = _find_trashed(entry, mark)
        if trashed is not None:
            _put_back(trashed, entry.path)
        elif not _has_come_back(entry, mark):
            raise _StaysError(_why_not_found(entry))
        with self._catalog.transaction():
            photo_id = self._catalog.reinstate(entry, stamp_of(entry.path.stat()))
            self._catalog.mark_restored(entry.batch_id, [entry.entry_id])
        return photo_id


def _require_unchanged(photo: Photo) -> None:
    """Refuse a file that is not the one that was looked at."""
    try:
        stamp = stamp_of(photo.path.stat())
    except OSError as error:
        raise _StaysError(_plain(error)) from error
    if photo.path.is_symlink():
        raise _StaysError("it is a link; move the file it leads to")
    if stamp != photo.stamp:
        raise _StaysError("it has changed since it was indexed; rescan its folder first")


def _move_one(entry: TrashEntry) -> TrashEntry:
    try:
        require_trash(entry.path)
        mark = FileMark.of(entry.path)
        send2trash(str(entry.path))
    except TrashError as error:
        raise _StaysError(str(error), no_trash=True) from error
    except FileNotFoundError as error:
        raise _StaysError(_plain(error)) from error
    except (OSError, UnicodeError) as error:
        reason = _plain(error) if isinstance(error, OSError) else "its name cannot be read"
        raise _StaysError(reason, no_trash=True) from error
    if os.path.lexists(entry.path):
        raise _StaysError("the system did not move it to the trash")
    found = locate(entry.path, mark)
    if found is None:
        log.info("%s is in the trash, but not where photofind can reach it", entry.path)
    return replace(entry, trashed_to=str(found) if found is not None else "")


def _find_trashed(entry: TrashEntry, mark: FileMark) -> Path | None:
    """The file in the trash: where the journal says, else where the trash's own notes say."""
    if entry.trashed_to:
        noted = Path(entry.trashed_to)
        try:
            if FileMark.of(noted) == mark:
                return noted
        except OSError:
            pass
    return locate(entry.path, mark)


def _has_come_back(entry: TrashEntry, mark: FileMark) -> bool:
    """Whether the file is where it was: restored by hand, or never moved."""
    try:
        return FileMark.of(entry.path) == mark
    except OSError:
        return False


def _why_not_found(entry: TrashEntry) -> str:
    if os.path.lexists(entry.path):
        return "another file is in its place now, and it is no longer in the trash"
    if not CAN_RESTORE:
        return "this system does not let photofind restore it; restore it from the recycle bin"
    return "it is no longer in the trash"


def _put_back(trashed: Path, target: Path) -> None:
    """Move a file out of the trash to a path where nothing is."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(trashed, target, follow_symlinks=False)  # fails where something is there
            trashed.unlink()
        except FileExistsError:
            raise
        except OSError as error:
            if error.errno not in (*_NO_LINKS, errno.EXDEV):
                raise
            _put_back_without_links(trashed, target)
    except FileExistsError as error:
        raise _StaysError("another file is in its place now; move that away first") from error
    except OSError as error:
        raise _StaysError(f"it could not be put back: {_plain(error)}") from error
    try:
        forget_note(trashed)
    except OSError as error:
        log.info("the trash keeps a note of %s: %s", target, error)


def _put_back_without_links(trashed: Path, target: Path) -> None:
    """For file systems without hard links, and for a trash on another volume."""
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    if trashed.lstat().st_dev == target.parent.stat().st_dev:
        trashed.rename(target)
        return
    arriving = target.with_name(f".{target.name}.arriving"[:200])
    try:
        shutil.copy2(trashed, arriving, follow_symlinks=False)
        if arriving.lstat().st_size != trashed.lstat().st_size:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(arriving))
        arriving.rename(target)
    finally:
        arriving.unlink(missing_ok=True)
    trashed.unlink()


def _plain(error: OSError) -> str:
    match error.errno:
        case errno.ENOENT:
            return "it is no longer there"
        case errno.EACCES | errno.EPERM:
            return "there is no permission to move it"
        case errno.ENOSPC:
            return "the disk is full"
        case errno.EROFS:
            return "its drive is read-only"
        case _:
            return error.strerror or str(error)


def _no_trash(path: Path, reason: str, count: int) -> str:
    what = path.name if count == 1 else f"{path.name} and {count - 1} more"
    return (
        f"The trash did not take {what} ({reason}). The drive may have no trash; photofind never "
        "deletes photos for good, so nothing was removed."
    )
