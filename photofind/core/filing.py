"""Puts what was found out into catalog, thumbnails and index, in batches.

The one place that writes photos while indexing. Every batch is one transaction of the catalog;
thumbnails and index follow, and only then is anyone told.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from photofind.core.analysis_queue import Need, Task
from photofind.core.catalog import Catalog
from photofind.core.errors import LibraryError
from photofind.core.reconcile import Move
from photofind.core.thumbnails import ThumbnailStore
from photofind.core.types import Analysis, FileStamp, PhotoId, Vector
from photofind.core.vectors import VectorIndex

log = logging.getLogger(__name__)

BATCH = 64  # photos in one transaction at most


@dataclass(slots=True, eq=False)
class Tally:
    """What has been done for some roots since it was made."""

    roots: frozenset[int]
    indexed: int = 0
    removed: int = 0
    moved: int = 0
    filed: set[PhotoId] = field(default_factory=set[PhotoId])  # new or changed, so not unchanged
    unchanged: set[PhotoId] = field(default_factory=set[PhotoId])
    notices: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one task: an analysis, or the reason why there is none."""

    task: Task
    analysis: Analysis | None
    reason: str = ""


class Filing:
    """Collects findings and writes them; carries out moves and removals at once.

    Every method that writes raises LibraryError where the catalog cannot be written; findings
    are kept for another try then.
    """

    def __init__(
        self,
        catalog: Catalog,
        thumbnails: ThumbnailStore,
        vectors: VectorIndex,
        on_indexed: Callable[[list[PhotoId]], None],
        on_removed: Callable[[list[PhotoId]], None],
    ) -> None:
        self._catalog = catalog
        self._thumbnails = thumbnails
        self.vectors = vectors
        self._on_indexed = on_indexed
        self._on_removed = on_removed
        self._findings: list[Finding] = []
        self._since = 0.0
        self.tallies: list[Tally] = []

    def __len__(self) -> int:
        return len(self._findings)

    def add(self, finding: Finding, now: float) -> None:
        if not self._findings:
            self._since = now
        self._findings.append(finding)

    def is_due(self, now: float, seconds: float) -> bool:
        """Whether it is time to write: a full batch, or one that waits for `seconds`."""
        return bool(self._findings) and (
            len(self._findings) >= BATCH or now - self._since >= seconds
        )

    def commit(self) -> None:
        """Write at most one batch."""
        batch = self._findings[:BATCH]
        roots = self._catalog.root_ids()
        filed = _Filed()
        with self._catalog.transaction():
            for finding in batch:
                if finding.task.place[0] in roots:
                    self._file_or_refuse(finding, filed)
        del self._findings[: len(batch)]
        self._put_thumbnails(filed.thumbnails)
        self._add_vectors(filed.vectors)
        for tally in self.tallies:
            tally.indexed += sum(root_id in tally.roots for root_id in filed.roots)
            tally.filed.update(filed.ids)
            tally.unchanged.difference_update(filed.ids)
        if filed.failed:
            # What could be shown before its file was damaged can't be shown any more.
            self.vectors.remove(filed.failed)
            self._on_removed(filed.failed)
        if filed.ids:
            self._on_indexed(filed.ids)

    def move(self, moves: Sequence[Move]) -> None:
        """Known photos lie elsewhere; everything known about them goes along."""
        if not moves:
            return
        with self._catalog.transaction():
            for move in moves:
                self._catalog.move(
                    move.photo_id, *move.target, move.file.raw_relpath, move.file.stamp
                )
        for tally in self.tallies:
            tally.moved += sum(move.target[0] in tally.roots for move in moves)
        self._on_indexed([move.photo_id for move in moves])

    def touch(self, root_id: int, stamps: Sequence[tuple[PhotoId, FileStamp]]) -> None:
        """The same content has a new time or inode."""
        if not stamps:
            return
        with self._catalog.transaction():
            for photo_id, stamp in stamps:
                self._catalog.touch(photo_id, stamp)
        self.note_unchanged(root_id, [photo_id for photo_id, _ in stamps])

    def note_unchanged(self, root_id: int, ids: Iterable[PhotoId]) -> None:
        """Count photos that needed nothing."""
        for tally in self.tallies:
            if root_id in tally.roots:
                tally.unchanged.update(set(ids) - tally.filed)

    def remove(self, root_id: int, ids: Sequence[PhotoId]) -> None:
        """Forget photos whose files are gone."""
        if not ids:
            return
        with self._catalog.transaction():
            self._catalog.remove(ids)
        self.vectors.remove(ids)
        for tally in self.tallies:
            tally.removed += len(ids) if root_id in tally.roots else 0
            tally.unchanged.difference_update(ids)
        self._on_removed(list(ids))

    def _file_or_refuse(self, finding: Finding, filed: "_Filed") -> None:
        try:
            self._file(finding, filed)
        except ValueError as error:
            # What the catalog refuses once it refuses always; one such file must not stop the rest.
            log.warning("%s cannot be stored: %s", finding.task.path, error)
            reason = f"what was found out about it cannot be stored ({error})"
            self._file(Finding(finding.task, None, reason), filed)

    def _file(self, finding: Finding, filed: "_Filed") -> None:
        task, analysis = finding.task, finding.analysis
        if analysis is None:
            if task.need is Need.PHOTO:
                filed.failed.append(
                    self._catalog.store_failure(
                        *task.place, task.raw_relpath, task.stamp, finding.reason
                    )
                )
            return
        photo_id = task.photo_id
        known = None if task.need is Need.PHOTO else self._catalog.photo(photo_id or 0)
        if task.need is not Need.PHOTO and known is None:
            return  # removed in the meantime
        if known is None or known.hashes.content != analysis.hashes.content:
            key = task.encoder_key if analysis.vector is not None else None
            photo_id = self._catalog.store(*task.place, task.raw_relpath, task.stamp, analysis, key)
        elif analysis.vector is not None:
            photo_id = known.photo_id
            self._catalog.store_vectors(task.encoder_key, [photo_id], analysis.vector[None])
        assert photo_id is not None
        filed.add(photo_id, task, analysis)

    def _put_thumbnails(self, thumbnails: list[tuple[bytes, bytes]]) -> None:
        if not thumbnails:
            return
        try:
            self._thumbnails.put_many(thumbnails)
        except LibraryError as error:
            log.warning("thumbnails could not be kept, they will be made anew: %s", error)

    def _add_vectors(self, vectors: list[tuple[str, PhotoId, Vector]]) -> None:
        mine = [(photo_id, row) for key, photo_id, row in vectors if key == self.vectors.key]
        if mine:
            ids, rows = zip(*mine, strict=True)
            self.vectors.add(list(ids), np.stack(rows))


@dataclass(slots=True)
class _Filed:
    """What one transaction has put into the catalog."""

    failed: list[PhotoId] = field(default_factory=list[PhotoId])
    ids: list[PhotoId] = field(default_factory=list[PhotoId])
    roots: list[int] = field(default_factory=list[int])  # of photos that count as indexed
    thumbnails: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
    vectors: list[tuple[str, PhotoId, Vector]] = field(
        default_factory=list[tuple[str, PhotoId, Vector]]
    )

    def add(self, photo_id: PhotoId, task: Task, analysis: Analysis) -> None:
        self.ids.append(photo_id)
        if task.need is not Need.THUMBNAIL:
            self.roots.append(task.place[0])
        self.thumbnails.append((analysis.hashes.content, analysis.thumbnail))
        if analysis.vector is not None:
            self.vectors.append((task.encoder_key, photo_id, analysis.vector))
