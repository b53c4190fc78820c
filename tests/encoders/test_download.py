"""Downloads from a hub that the test runs itself on this machine, with its faults."""

import hashlib
import json
import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from photofind.core.errors import DownloadError, EncoderMissingError
from photofind.core.types import EncoderSpec
from photofind.encoders import registry as registry_module
from photofind.encoders.curated import CuratedModel, HubFile
from photofind.encoders.download import DownloadCancelledError, download
from photofind.encoders.manifest import read_manifest
from photofind.encoders.registry import ModelRegistry

REPOSITORY = "maker/tiny"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
WEIGHTS = "open_clip_model.safetensors"
CONFIG = "open_clip_config.json"


@dataclass
class Hub:
    """What the server holds, how it misbehaves, and what it was asked."""

    files: dict[str, bytes]
    commit: str = COMMIT
    cut_after: int = 0  # bytes; every answer ends there
    stall_after: int | None = None
    no_checksums: bool = False
    ignore_ranges: bool = False
    in_a_circle: bool = False  # every file is said to lie where it was asked for
    asked: list[tuple[str, str, str]] = field(default_factory=list)  # method, file, range
    over: threading.Event = field(default_factory=threading.Event)
    address: str = ""


def make_handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def do_HEAD(self) -> None:
            name, data = self.find()
            if data is None:
                return
            self.send_response(302 if name == WEIGHTS else 200)
            if name == WEIGHTS:  # large files lie elsewhere
                self.send_header("Location", "https://storage.invalid/blob")
                self.send_header("X-Linked-Size", str(len(data)))
            else:
                self.send_header("Content-Length", str(len(data)))
            if not hub.no_checksums:
                self.send_header(*self.checksum(name, data))
            self.send_header("X-Repo-Commit", hub.commit)
            self.end_headers()

        def do_GET(self) -> None:
            if self.path.startswith(f"/api/models/{REPOSITORY}/revision/"):
                self.answer(json.dumps({"sha": hub.commit}).encode())
                return
            _, data = self.find()
            if data is None:
                return
            if hub.in_a_circle:
                self.send_response(302)
                self.send_header("Location", self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            start = self.start_of_range()
            if start and start >= len(data):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            self.send_body(data[start:])

        def send_body(self, body: bytes) -> None:
            if hub.stall_after is not None:
                self.wfile.write(body[: hub.stall_after])
                self.wfile.flush()
                hub.over.wait(30)
            else:
                self.wfile.write(body[: hub.cut_after] if hub.cut_after else body)

        def start_of_range(self) -> int:
            found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            return int(found[1]) if found and not hub.ignore_ranges else 0

        def find(self) -> tuple[str, bytes | None]:
            prefix = f"/{REPOSITORY}/resolve/{hub.commit}/"
            name = self.path.removeprefix(prefix)
            hub.asked.append((self.command, name, self.headers.get("Range", "")))
            data = hub.files.get(name) if self.path.startswith(prefix) else None
            if data is None:
                self.send_error(404)
            return name, data

        def checksum(self, name: str, data: bytes) -> tuple[str, str]:
            if name == WEIGHTS:
                return "X-Linked-ETag", f'"{hashlib.sha256(data).hexdigest()}"'
            blob = b"blob %d\0" % len(data) + data
            return "ETag", f'"{hashlib.sha1(blob).hexdigest()}"'

        def answer(self, data: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return Handler


@pytest.fixture
def hub(saved_open_clip: Path) -> Iterator[Hub]:
    hub = Hub({name: (saved_open_clip / name).read_bytes() for name in (WEIGHTS, CONFIG)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), make_handler(hub))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    hub.address = f"http://127.0.0.1:{server.server_port}"
    yield hub
    hub.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def curated(monkeypatch: pytest.MonkeyPatch, hub: Hub, tmp_path: Path) -> None:
    """Two small models on offer: one pinned, one of which only the branch is known."""
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    pinned = tuple(
        HubFile(name, len(data), hashlib.sha256(data).hexdigest())
        for name, data in hub.files.items()
    )
    loose = tuple(HubFile(name) for name in hub.files)
    spec = EncoderSpec("pinned", "Pinned", "", "MIT", 1, 16, "English", "fast")
    branch = EncoderSpec("branch", "Branch", "", "MIT", 1, 16, "English", "fast")
    models = (
        CuratedModel(spec, REPOSITORY, COMMIT, pinned),
        CuratedModel(branch, REPOSITORY, "main", loose),
    )
    monkeypatch.setattr(registry_module, "CURATED", models)


def test_downloaded_model_is_installed_and_recorded(registry: ModelRegistry, hub: Hub) -> None:
    steps: list[tuple[int, int]] = []
    model = download("pinned", registry, lambda done, total: steps.append((done, total)))
    assert model.folder == registry.models_dir / "pinned"
    assert model.key == registry.get("pinned").key
    total = sum(len(data) for data in hub.files.values())
    assert steps[-1] == (total, total)
    assert steps == sorted(steps)
    manifest = read_manifest(model.folder)
    assert manifest.revision == COMMIT
    assert set(manifest.files) == {WEIGHTS, CONFIG}
    assert not list(registry.models_dir.glob(".download-pinned/*"))


@pytest.mark.parametrize("name", ["pinned", "branch"])
def test_cut_connection_is_resumed(registry: ModelRegistry, hub: Hub, name: str) -> None:
    hub.cut_after = len(hub.files[WEIGHTS]) // 3 + 1
    download(name, registry)
    ranges = [span for method, file, span in hub.asked if (method, file) == ("GET", WEIGHTS)]
    assert ranges == ["", f"bytes={hub.cut_after}-", f"bytes={2 * hub.cut_after}-"]


def test_branch_is_resolved_to_a_commit_and_its_checksums_are_the_hubs(
    registry: ModelRegistry, hub: Hub
) -> None:
    manifest = read_manifest(download("branch", registry).folder)
    assert manifest.revision == COMMIT
    assert manifest.files[WEIGHTS].sha256 == hashlib.sha256(hub.files[WEIGHTS]).hexdigest()


def test_hub_that_states_no_checksum_is_refused(registry: ModelRegistry, hub: Hub) -> None:
    hub.no_checksums = True
    with pytest.raises(DownloadError, match="states no checksum"):
        download("branch", registry)


@pytest.mark.parametrize("how", ["wrong", "longer"])
def test_wrong_bytes_are_thrown_away(registry: ModelRegistry, hub: Hub, how: str) -> None:
    good = hub.files[WEIGHTS]
    hub.files[WEIGHTS] = bytes(len(good)) if how == "wrong" else good + b"more"
    with pytest.raises(DownloadError, match=r"damaged|larger"):
        download("pinned", registry)
    with pytest.raises(EncoderMissingError):
        registry.get("pinned")
    hub.files[WEIGHTS] = good
    assert download("pinned", registry).spec.encoder_id == "pinned"


def test_stalled_transfer_ends_and_the_next_one_goes_on(registry: ModelRegistry, hub: Hub) -> None:
    hub.stall_after = 100_000
    with pytest.raises(DownloadError, match=r"no data came for 0\.3 s"):
        download("pinned", registry, stall_seconds=0.3)
    hub.stall_after = None
    hub.over.set()
    download("pinned", registry)
    assert ("GET", WEIGHTS, "bytes=100000-") in hub.asked


def test_cancel_ends_a_transfer_that_waits_for_data(registry: ModelRegistry, hub: Hub) -> None:
    hub.stall_after = 100_000
    arrived = threading.Event()

    def on_progress(done: int, total: int) -> None:
        if done >= 100_000:
            arrived.set()

    started = time.monotonic()
    with pytest.raises(DownloadCancelledError):
        download("pinned", registry, on_progress, arrived.is_set)
    assert time.monotonic() - started < 30, "it waited for the stall limit"
    hub.stall_after = None
    hub.over.set()
    download("pinned", registry)
    assert ("GET", WEIGHTS, "bytes=100000-") in hub.asked


def test_server_without_ranges_starts_over(registry: ModelRegistry, hub: Hub) -> None:
    part = registry.models_dir / ".download-pinned" / f"{WEIGHTS}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 1000)
    hub.ignore_ranges = True
    assert download("pinned", registry).spec.encoder_id == "pinned"


def test_hub_that_redirects_in_a_circle_is_a_clear_error(registry: ModelRegistry, hub: Hub) -> None:
    hub.in_a_circle = True
    with pytest.raises(DownloadError, match="leads in a circle"):
        download("pinned", registry)


def test_part_that_is_too_long_is_thrown_away(registry: ModelRegistry, hub: Hub) -> None:
    part = registry.models_dir / ".download-pinned" / f"{WEIGHTS}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes(len(hub.files[WEIGHTS]) + 1))
    assert download("pinned", registry).spec.encoder_id == "pinned"


def test_offline_setting_is_respected_and_explained(
    registry: ModelRegistry, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DownloadError, match="HF_HUB_OFFLINE"):
        download("pinned", registry)
    assert not hub.asked


@pytest.mark.parametrize("name", ["pinned", "branch"])
def test_cache_of_other_programs_is_used(
    registry: ModelRegistry, hub: Hub, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    cached = Path(os.environ["HF_HUB_CACHE"]) / "models--maker--tiny"
    (cached / "snapshots" / COMMIT).mkdir(parents=True)
    (cached / "blobs").mkdir()
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(COMMIT)
    for file, data in hub.files.items():
        blob = cached / "blobs" / hashlib.sha256(data).hexdigest()
        blob.write_bytes(data)
        (cached / "snapshots" / COMMIT / file).symlink_to(blob)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert download(name, registry).spec.encoder_id == name
    assert not hub.asked


def test_without_a_network_a_pinned_model_names_the_host_and_the_ways_on(
    registry: ModelRegistry, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("photofind.encoders.transfer._TRIES", 1)
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1 cannot be reached") as refusal:
        download("pinned", registry, endpoint="http://127.0.0.1:9")
    assert "imported from a file" in str(refusal.value)


def test_unreachable_hub_is_a_clear_error(
    registry: ModelRegistry, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DownloadError, match="cannot be reached"):
        download("branch", registry, endpoint="http://127.0.0.1:9")
    hub.files.clear()
    with pytest.raises(DownloadError, match="no longer has"):
        download("pinned", registry)


def test_full_disk_is_noticed_before_anything_is_fetched(
    registry: ModelRegistry, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(registry.models_dir.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    with pytest.raises(DownloadError, match="MB free"):
        download("pinned", registry)
    assert not hub.asked


def test_second_download_of_the_same_model_is_refused(registry: ModelRegistry, hub: Hub) -> None:
    hub.stall_after = 1000
    arrived, stop = threading.Event(), threading.Event()
    failures: list[DownloadError] = []

    def first() -> None:
        try:
            download("pinned", registry, lambda done, total: arrived.set(), stop.is_set)
        except DownloadError as error:
            failures.append(error)

    thread = threading.Thread(target=first)
    thread.start()
    assert arrived.wait(30)
    with pytest.raises(DownloadError, match="already being downloaded"):
        download("pinned", registry)
    stop.set()
    thread.join(30)
    assert isinstance(failures[0], DownloadCancelledError)


def test_unknown_model_names_those_on_offer(registry: ModelRegistry) -> None:
    with pytest.raises(EncoderMissingError, match="on offer are: pinned, branch"):
        download("nonsense", registry)
