"""From hints and scans to decisions: which files are analysed, moved, or missing.

Owns the scans under way, the files that settle and the photos that are missing. Hints are only a
reason to look; what counts is what is on the disk. Never talks to the engine.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from photofind.core.absences import Absence, Absences
from photofind.core.analysis_queue import AnalysisQueue, Need, Task
from photofind.core.catalog import Catalog, KnownFile
from photofind.core.disk import current_stamp, is_listed
from photofind.core.exclusions import Exclusions
from photofind.core.filing import Filing
from photofind.core.hints import RealPlace, Settled, Settling
from photofind.core.losses import Losses
from photofind.core.reconcile import Difference, Move, compare, find_moves, likely_lost
from photofind.core.root_states import RootStates
from photofind.core.scan_requests import ScanRequests
from photofind.core.scanner import FoundFile, Scan, Scanner, ScanResult, is_below, key_at
from photofind.core.timing import Timing
from photofind.core.types import Change, ChangeKind, FileStamp, Root, RootState


class Survey:
    """What is on the disk, against what the catalog knows. Used by the index thread alone."""

    def __init__(
        self,
        catalog: Catalog,
        roots: RootStates,
        queue: AnalysisQueue,
        filing: Filing,
        on_notice: Callable[[str], None],
        timing: Timing,
        cancelled: Callable[[], bool],
    ) -> None:
        self._catalog = catalog
        self._roots = roots
        self._queue = queue
        self._filing = filing
        self._on_notice = on_notice
        self._scanner = Scanner(cancelled)
        self._requests = ScanRequests(timing.gather)
        self._scan: Scan | None = None
        self._results: list[ScanResult] = []
        self._settling = Settling(timing.settle, self._stamp_at)
        self._settle = timing.settle
        self._absences = Absences()
        self._losses = Losses(catalog, roots, self._absences, filing, self.forget_root)
        self._errors: dict[int, list[str]] = {}
        self.hold = timing.hold

    @property
    def is_scanning(self) -> bool:
        """Whether a scan is due or under way: what is new may still turn out to have moved."""
        return bool(
            self._scan is not None or self._results or self._requests.has_due(time.monotonic())
        )

    @property
    def is_idle(self) -> bool:
        waits = self._requests or self._settling or self._absences
        return not (waits or self._scan is not None or self._results)

    def request_scan(self, root_id: int, below: str = "") -> None:
        """Have a root, or one folder of it, looked at now."""
        self._requests.add(root_id, below, 0.0)

    def take(self, changes: Iterable[Change], now: float) -> None:
        """Take note of hints."""
        for change in changes:
            root = self._roots.get(change.root_id)
            if root is None:
                continue
            if change.kind is ChangeKind.FOLDER or root.state is RootState.OFFLINE:
                below = change.relpath if root.state is RootState.ONLINE else ""
                self._requests.add_soon(root.root_id, below, now)
            elif not Exclusions(root.excluded).skips(change.relpath):
                self._take_file(root, change, now)
        if self._absences:
            self._settle_moved(now)
            self._queue.hurry(self._absences.sizes())

    def work(self, now: float, seconds: float) -> bool:
        """One slice of work; whether anything was done."""
        if self._scan is None:
            self._begin_scan(now)
        if self._scan is not None:
            if self._scan.advance(seconds):
                self._results.append(self._scan.result())
                self._scan = None
            return True
        if self._results:
            results, self._results = self._results, []
            self._take_scans(results, now)
            return True
        settled = self._settling.take(now)
        self._take_settled(settled, now)
        return self._release(now) or bool(settled)

    def claim(self, task: Task, content: bytes | None = None) -> bool:
        """Whether a new file is a missing photo after all, by identity or by content; moves it."""
        if task.need is not Need.PHOTO:
            return False
        if content is None:
            absence = self._absences.identical(task.stamp)
        else:
            absence = self._absences.same_content(task.stamp.size, content)
        if absence is None:
            return False
        self._absences.discard(absence.place)
        if task.photo_id is not None:
            self._filing.remove(task.place[0], [task.photo_id])
        file = FoundFile(task.raw_relpath, task.stamp)
        self._filing.move([Move(absence.known.photo_id, absence.place, task.place, file)])
        return True

    def may_be_known(self, task: Task) -> bool:
        """Whether the content of a file could be that of a photo that is missing."""
        return self._absences.has_size(task.stamp.size)

    def look_again(self, task: Task, now: float) -> None:
        """A file changed or vanished while it was analysed."""
        root = self._roots.get(task.place[0])
        if root is None:
            return
        relpath = os.fsdecode(task.raw_relpath)
        if self._settling.add((root.root_id, relpath), now, insist=False) is None:
            self._settling.drop([(root.root_id, relpath)])
            self._note_absence(root, relpath, now)

    def try_again(self, root: Root, relpath: str, now: float) -> None:
        """Have one file analysed whatever is known of it."""
        stamp = self._stamp_at((root.root_id, relpath))
        if stamp is not None:
            file = FoundFile(os.fsencode(relpath), stamp)
            self._look_at(root, key_at(root.path, relpath), file, None, now)

    def forget_root(self, root_id: int) -> None:
        """A root was removed, or went offline: nothing of it is under way any more."""
        self._settling.drop_root(root_id)
        self._absences.discard_root(root_id)
        self._requests.drop_root(root_id)
        self._results = [result for result in self._results if result.root_id != root_id]
        if self._scan is not None and self._scan.root.root_id == root_id:
            self._scan = None

    # Hints about single files.

    def _take_file(self, root: Root, change: Change, now: float) -> None:
        place = root.root_id, change.relpath
        if change.kind is ChangeKind.TOUCHED:
            if self._settling.add(place, now, insist=True) is not None:
                self._absences.discard((root.root_id, key_at(root.path, change.relpath)))
        elif not is_listed(root.path / change.relpath):
            self._settling.drop([place])
            self._note_absence(root, change.relpath, now)

    def _note_absence(self, root: Root, relpath: str, now: float) -> None:
        key = key_at(root.path, relpath)
        known = self._known(root.root_id, [key]).get(key)
        if known is not None:
            self._absences.add(Absence((root.root_id, key), known, now))

    def _settle_moved(self, now: float) -> None:
        """A file that is a missing photo under another name needs no time to settle."""
        moved = [
            Settled(*place, stamp, insist=False)
            for place, stamp in self._settling.stamps().items()
            if self._absences.identical(stamp)
        ]
        self._settling.drop([(item.root_id, item.relpath) for item in moved])
        self._take_settled(moved, now)

    def _take_settled(self, settled: Sequence[Settled], now: float) -> None:
        for root_id in sorted({item.root_id for item in settled}):
            root = self._roots.get(root_id)
            if root is not None and root.state is RootState.ONLINE:
                items = [item for item in settled if item.root_id == root_id]
                self._take_settled_of(root, items, now)

    def _take_settled_of(self, root: Root, items: Sequence[Settled], now: float) -> None:
        keys = {item: key_at(root.path, item.relpath) for item in items}
        files = {
            key: FoundFile(os.fsencode(item.relpath), item.stamp)
            for item, key in keys.items()
            if item.stamp is not None
        }
        known = self._known(root.root_id, list(keys.values()))
        for key in files:
            self._absences.discard((root.root_id, key))
        difference = compare(root.root_id, files, known)
        for place, there in difference.missing.items():
            self._absences.add(Absence(place, there, now))
        find_moves(difference, self._absences)
        self._apply(root.root_id, difference)
        for place, file in difference.fresh.items():
            self._queue.add(task_for(root, place[1], file))
        for place, (file, there) in difference.changed.items():
            self._queue.add(task_for(root, place[1], file, there))
        insisted = {key for item, key in keys.items() if item.insist}
        for key in insisted & files.keys() & known.keys():
            if not known[key].ok and known[key].stamp == files[key].stamp:
                self._queue.add(task_for(root, key, files[key], known[key]))

    def _known(self, root_id: int, keys: Sequence[str]) -> Mapping[str, KnownFile]:
        return {
            key: there
            for key in keys
            if (there := self._catalog.known_files(root_id, key).get(key)) is not None
        }

    # Scans.

    def _begin_scan(self, now: float) -> None:
        request = self._requests.take(now)
        if request is None:
            return
        root = self._roots.refresh().get(request[0])
        if root is not None:
            below = request[1] if root.state is RootState.ONLINE else ""
            self._scan = self._scanner.start(root, below)

    def _take_scans(self, results: Sequence[ScanResult], now: float) -> None:
        """Results that came together are judged together: photos move from root to root."""
        differences = [(result, self._compare(result, now)) for result in results]
        for _, difference in differences:
            find_moves(difference, self._absences)
        self._roots.refresh()
        for result, difference in differences:
            root = self._roots.get(result.root_id)
            if root is None:
                continue
            if result.missing:
                self._roots.use_up_acceptance(root.root_id)
                self._losses.set_offline(root, result.missing)
                continue
            lost = likely_lost(self._absences.of_root(root.root_id), difference.fresh)
            if self._losses.are_bearable(root, lost):
                self._take_difference(root, result, difference, now)
        self._queue.hurry(self._absences.sizes())

    def _compare(self, result: ScanResult, now: float) -> Difference:
        """Compare and note down what is missing."""
        root = self._roots.get(result.root_id)
        if root is None or result.missing:
            return Difference()
        for absence in list(self._absences.of_root(root.root_id)):
            if is_below(absence.place[1], result.below):
                self._absences.discard(absence.place)
        known = self._catalog.known_files(root.root_id, result.below)
        known = {key: there for key, there in known.items() if result.has_seen(key)}
        difference = compare(root.root_id, result.files, known)
        rules = Exclusions(root.excluded)
        for place, there in difference.missing.items():
            self._absences.add(Absence(place, there, now, rules.skips(place[1])))
        return difference

    def _take_difference(
        self, root: Root, result: ScanResult, difference: Difference, now: float
    ) -> None:
        if not result.below and root.root_id not in self._absences.roots():
            self._roots.use_up_acceptance(root.root_id)
        self._roots.set_online(root.root_id)
        self._report_errors(root, result)
        self._apply(root.root_id, difference)
        for place, file in difference.fresh.items():
            # What lies in a folder that changed just now may have been moved there, and the
            # watcher tells that half a second later.
            self._look_at(root, place[1], file, None, now, settles=bool(result.below))
        for place, (file, there) in difference.changed.items():
            self._look_at(root, place[1], file, there, now)

    def _report_errors(self, root: Root, result: ScanResult) -> None:
        errors = list(result.errors)
        if errors and self._errors.get(root.root_id) != errors:
            more = f" (and {len(errors) - 1:,} more)" if len(errors) > 1 else ""
            self._on_notice(f"{errors[0]}{more}. What is known of it is kept.")
        if not result.below:
            self._errors[root.root_id] = errors

    # What follows from a difference.

    def _apply(self, root_id: int, difference: Difference) -> None:
        """Write down what needs no analysis."""
        self._filing.remove(root_id, difference.overwritten)
        self._filing.move(difference.moves)
        restamped = [(there.photo_id, file.stamp) for there, file in difference.restamped]
        self._filing.touch(root_id, restamped)
        unchanged = [there.photo_id for there in difference.unchanged if there.ok]
        self._filing.note_unchanged(root_id, unchanged)

    def _look_at(
        self,
        root: Root,
        key: str,
        file: FoundFile,
        there: KnownFile | None,
        now: float,
        *,
        settles: bool = False,
    ) -> None:
        """Queue a file for analysis; one that was written to just now has to settle first."""
        if settles or abs(time.time() - file.stamp.mtime_ns / 1e9) < self._settle:
            place = root.root_id, os.fsdecode(file.raw_relpath)
            self._settling.add(place, now, insist=False)
        else:
            self._queue.add(task_for(root, key, file, there))

    def _release(self, now: float) -> bool:
        """Decide about missing photos that can no longer turn up elsewhere."""
        done = False
        for root_id in self._absences.roots():
            if self.is_scanning or now - self._absences.quiet_since(root_id) < self.hold:
                continue
            undecided = self._settling.sizes() | self._queue.undecided_sizes()
            if self._absences.has_any_size(root_id, undecided):
                continue
            self._losses.decide(root_id)
            done = True
        return done

    def _stamp_at(self, place: RealPlace) -> FileStamp | None:
        root = self._roots.get(place[0])
        return current_stamp(root.path / place[1]) if root is not None else None


def task_for(root: Root, key: str, file: FoundFile, there: KnownFile | None = None) -> Task:
    """The task to analyse a file; `there` is what is known at its place."""
    path = root.path / os.fsdecode(file.raw_relpath)
    task = Task((root.root_id, key), file.raw_relpath, path, file.stamp)
    if there is not None:
        task.photo_id = there.photo_id
        same_size = there.ok and there.stamp.size == file.stamp.size
        task.known_content = there.content_hash if same_size else None
    return task
