"""Fetches a curated model: resumable, cancellable, checked before it counts as installed.

Files grow as `.part` below a hidden folder of the library and stay there when a download is cut
off, so that the next try goes on where this one ended. Only a folder whose every file has its
size and checksum is moved to its final place.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import filelock
import httpx

from photofind.core.errors import DownloadError
from photofind.core.types import InstalledEncoder
from photofind.encoders import hub
from photofind.encoders.curated import CuratedModel
from photofind.encoders.hub import FileFacts
from photofind.encoders.manifest import FileRecord, record_of, write_manifest
from photofind.encoders.registry import ModelRegistry
from photofind.encoders.transfer import Transfer

STALL_SECONDS = 60.0
_SPARE = 100_000_000  # bytes that stay free on the disk
_PLAN = "plan.json"


class DownloadCancelledError(DownloadError):
    """The user stopped the download; what was fetched is kept."""


@dataclass(frozen=True, slots=True)
class _Plan:
    commit: str
    files: tuple[FileFacts, ...]

    @property
    def total(self) -> int:
        return sum(facts.size for facts in self.files)


def download(
    encoder_id: str,
    registry: ModelRegistry,
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    *,
    endpoint: str | None = None,
    stall_seconds: float = STALL_SECONDS,
) -> InstalledEncoder:
    """Fetch a curated model into the library and return it.

    on_progress: called with bytes done and in total. cancelled: asked often, from two threads.
    endpoint: another hub than HF_ENDPOINT or the usual one. Raises DownloadError (its subclass
    DownloadCancelledError when cancelled) and EncoderMissingError for an unknown id.
    """
    model = registry.curated_model(encoder_id)
    task = _Download(
        model,
        registry,
        on_progress or _ignore_progress,
        cancelled or (lambda: False),
        endpoint or hub.hub_address(),
        stall_seconds,
    )
    try:
        registry.models_dir.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(registry.models_dir / f".download-{encoder_id}.lock", timeout=0):
            task.run()
    except filelock.Timeout as error:
        raise DownloadError(f"{encoder_id} is already being downloaded") from error
    except OSError as error:
        raise DownloadError(f"the model could not be saved: {error}") from error
    return registry.get(encoder_id)


class _Download:
    """One attempt at one model."""

    def __init__(
        self,
        model: CuratedModel,
        registry: ModelRegistry,
        on_progress: Callable[[int, int], None],
        cancelled: Callable[[], bool],
        endpoint: str,
        stall_seconds: float,
    ) -> None:
        self._model = model
        self._target = registry.folder(model.spec.encoder_id)
        self._staging = registry.models_dir / f".download-{model.spec.encoder_id}"
        self._on_progress = on_progress
        self._cancelled = cancelled
        self._endpoint = endpoint
        self._stall_seconds = stall_seconds

    def run(self) -> None:
        self._staging.mkdir(exist_ok=True)
        timeout = httpx.Timeout(self._stall_seconds, connect=min(15.0, self._stall_seconds))
        with httpx.Client(timeout=timeout, headers={"User-Agent": "photofind"}) as client:
            plan = self._plan(client)
            self._check_room(plan)
            done = 0
            for facts in plan.files:
                self._bring(client, plan, facts, done)
                done += facts.size
        self._install(plan)

    def _plan(self, client: httpx.Client) -> _Plan:
        """What to fetch: as an earlier attempt decided, else from the card, cache or hub."""
        if (earlier := _read_plan(self._staging / _PLAN)) is not None:
            return earlier
        plan = self._cached_plan()
        if plan is None and hub.is_offline():
            raise DownloadError(
                "downloads are switched off (HF_HUB_OFFLINE is set); unset it and try again, "
                "or import the model from a file"
            )
        plan = plan or self._hub_plan(client)
        (self._staging / _PLAN).write_text(json.dumps(asdict(plan)), "utf-8")
        return plan

    def _cached_plan(self) -> _Plan | None:
        repository = self._model.repository
        commit = hub.cached_commit(repository, self._model.revision)
        files = [hub.cached_facts(repository, commit, file) for file in self._model.files]
        found = tuple(facts for facts in files if facts is not None)
        return _Plan(commit, found) if len(found) == len(files) else None

    def _hub_plan(self, client: httpx.Client) -> _Plan:
        repository, endpoint = self._model.repository, self._endpoint
        try:
            commit = hub.resolve_revision(client, endpoint, repository, self._model.revision)
            files = tuple(
                hub.file_facts(client, endpoint, repository, commit, file)
                for file in self._model.files
            )
        except httpx.HTTPError as error:
            raise DownloadError(
                f"{endpoint} cannot be reached ({error}); check the network and try again"
            ) from error
        return _Plan(commit, files)

    def _check_room(self, plan: _Plan) -> None:
        here = sum(path.stat().st_size for path in self._staging.iterdir())
        needed = plan.total - here + _SPARE
        free = shutil.disk_usage(self._staging).free
        if free < needed:
            raise DownloadError(
                f"{self._staging.parent} has {free / 1e6:,.0f} MB free, "
                f"but {needed / 1e6:,.0f} MB are needed"
            )

    def _bring(self, client: httpx.Client, plan: _Plan, facts: FileFacts, done: int) -> None:
        """Make one file complete and checked; a file under its own name already is."""
        final = self._staging / facts.name
        if final.is_file() and final.stat().st_size == facts.size:
            self._on_progress(done + facts.size, plan.total)
            return
        part = self._staging / f"{facts.name}.part"
        if not self._copy_cached(plan, facts, part):
            if hub.is_offline():
                raise DownloadError("downloads are switched off (HF_HUB_OFFLINE is set)")
            url = hub.file_url(self._endpoint, self._model.repository, plan.commit, facts.name)
            Transfer(
                client,
                url,
                part,
                facts.size,
                on_bytes=lambda here: self._on_progress(done + here, plan.total),
                cancelled=self._cancelled,
                stall_seconds=self._stall_seconds,
            ).run()
        self._raise_if_cancelled()
        if not self._is_as_stated(part, facts):
            self._raise_if_cancelled()
            part.unlink()
            raise DownloadError(
                f"{facts.name} arrived damaged and was thrown away; try the download again"
            )
        part.replace(final)
        self._on_progress(done + facts.size, plan.total)

    def _copy_cached(self, plan: _Plan, facts: FileFacts, part: Path) -> bool:
        cached = hub.cached_file(self._model.repository, plan.commit, facts.name)
        if cached is None or cached.stat().st_size != facts.size:
            return False
        shutil.copyfile(cached, part)
        if self._is_as_stated(part, facts):
            return True
        part.unlink()
        return False

    def _is_as_stated(self, path: Path, facts: FileFacts) -> bool:
        if path.stat().st_size != facts.size:
            return False
        digest = hashlib.sha256() if facts.sha256 else hashlib.sha1(usedforsecurity=False)
        if not facts.sha256:
            digest.update(b"blob %d\0" % facts.size)  # how git hashes a file
        with path.open("rb") as file:
            while block := file.read(1 << 22):
                if self._cancelled():
                    return False
                digest.update(block)
        return digest.hexdigest() == (facts.sha256 or facts.git_sha1)

    def _install(self, plan: _Plan) -> None:
        """Write the manifest and move the folder to its place in one step."""
        records: dict[str, FileRecord] = {}
        for facts in plan.files:
            path = self._staging / facts.name
            records[facts.name] = (
                FileRecord(facts.size, facts.sha256, path.stat().st_mtime_ns)
                if facts.sha256
                else record_of(path)
            )
        manifest = replace(self._model.manifest(), revision=plan.commit, files=records)
        write_manifest(self._staging, manifest)
        (self._staging / _PLAN).unlink(missing_ok=True)
        if self._target.exists():
            shutil.rmtree(self._target)
        self._staging.rename(self._target)

    def _raise_if_cancelled(self) -> None:
        if self._cancelled():
            raise DownloadCancelledError("the download was stopped; the next one goes on from here")


def _ignore_progress(done: int, total: int) -> None:
    del done, total


def _read_plan(path: Path) -> _Plan | None:
    try:
        raw: Any = json.loads(path.read_text("utf-8"))
        return _Plan(str(raw["commit"]), tuple(FileFacts(**entry) for entry in raw["files"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
