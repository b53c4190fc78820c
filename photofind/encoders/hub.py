"""Where a model hub's files lie and what the hub says of them; also its cache on this machine.

Speaks the Hugging Face hub's plain HTTP. Honours HF_ENDPOINT, HF_HOME, HF_HUB_CACHE and
HF_HUB_OFFLINE. Saves nothing.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import httpx

from photofind.core.errors import DownloadError
from photofind.encoders.curated import HubFile

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TRUE = frozenset({"1", "on", "yes", "true"})
_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What must be true of a file once it is here. One of the two checksums is given."""

    name: str
    size: int  # bytes
    sha256: str = ""
    git_sha1: str = ""  # of small files, which the hub keeps in git itself


def hub_address() -> str:
    """The hub, or the mirror that HF_ENDPOINT names; without a slash at the end."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def is_offline() -> bool:
    """Whether the user forbade downloads with HF_HUB_OFFLINE."""
    return os.environ.get("HF_HUB_OFFLINE", "").lower() in _TRUE


def file_url(endpoint: str, repository: str, revision: str, name: str) -> str:
    return f"{endpoint}/{repository}/resolve/{quote(revision, safe='')}/{quote(name)}"


def is_commit(revision: str) -> bool:
    return _COMMIT.fullmatch(revision) is not None


def resolve_revision(client: httpx.Client, endpoint: str, repository: str, revision: str) -> str:
    """The full commit of a branch. Raises DownloadError and httpx.HTTPError."""
    if is_commit(revision):
        return revision
    url = f"{endpoint}/api/models/{repository}/revision/{quote(revision, safe='')}"
    answer = client.get(url, follow_redirects=True)
    answer.raise_for_status()
    try:
        content: Any = answer.json()
        commit = str(content["sha"])
    except (ValueError, KeyError, TypeError) as error:
        raise DownloadError(f"{endpoint} does not say which version {repository} has") from error
    if not is_commit(commit):
        raise DownloadError(f"{endpoint} does not say which version {repository} has")
    return commit


def file_facts(
    client: httpx.Client, endpoint: str, repository: str, commit: str, file: HubFile
) -> FileFacts:
    """What is known of a file, else what the hub states. Raises DownloadError, httpx.HTTPError."""
    if file.sha256 and file.size:
        return FileFacts(file.name, file.size, file.sha256)
    answer = _head(client, file_url(endpoint, repository, commit, file.name))
    stated = answer.headers.get("X-Repo-Commit", commit)
    if stated != commit:
        raise DownloadError(f"{endpoint} answered with another version of {repository}")
    tag = answer.headers.get("X-Linked-ETag") or answer.headers.get("ETag", "")
    tag = tag.removeprefix("W/").strip('"')
    size = int(answer.headers.get("X-Linked-Size") or answer.headers.get("Content-Length") or 0)
    if size > 0 and _SHA256.fullmatch(tag):
        return FileFacts(file.name, size, sha256=tag)
    if size > 0 and _COMMIT.fullmatch(tag):
        return FileFacts(file.name, size, git_sha1=tag)
    raise DownloadError(f"{endpoint} states no checksum for {file.name}, so it is not fetched")


def cached_commit(repository: str, revision: str) -> str:
    """The full commit that other programs' cache holds for a revision, "" where it holds none."""
    if is_commit(revision):
        return revision
    try:
        commit = (_cached_repository(repository) / "refs" / revision).read_text("ascii").strip()
    except (OSError, ValueError):
        return ""
    return commit if is_commit(commit) else ""


def cached_file(repository: str, commit: str, name: str) -> Path | None:
    """A file that other programs have already fetched into the hub's cache."""
    path = _cached_repository(repository) / "snapshots" / commit / name
    return path if commit and path.is_file() else None


def cached_facts(repository: str, commit: str, file: HubFile) -> FileFacts | None:
    """What the cache itself says of a file: its blob is named after the checksum."""
    path = cached_file(repository, commit, file.name)
    if path is None:
        return None
    if file.sha256:
        return FileFacts(file.name, file.size, file.sha256)
    blob, size = path.resolve().name, path.stat().st_size
    if _SHA256.fullmatch(blob):
        return FileFacts(file.name, size, sha256=blob)
    return FileFacts(file.name, size, git_sha1=blob) if _COMMIT.fullmatch(blob) else None


def _cached_repository(repository: str) -> Path:
    return _cache_folder() / f"models--{repository.replace('/', '--')}"


def _cache_folder() -> Path:
    if given := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(given).expanduser()
    home = os.environ.get("HF_HOME")
    base = Path(home).expanduser() if home else Path.home() / ".cache" / "huggingface"
    return base / "hub"


def _head(client: httpx.Client, url: str) -> httpx.Response:
    """HEAD that follows redirects within the hub, and stops where it points to its storage."""
    host = httpx.URL(url).host
    for _ in range(_REDIRECTS):
        answer = client.head(url, headers={"Accept-Encoding": "identity"})
        if answer.is_redirect and "X-Linked-ETag" not in answer.headers:
            url = urljoin(url, answer.headers["Location"])
            if httpx.URL(url).host == host:
                continue
        if not answer.is_redirect:
            answer.raise_for_status()
        return answer
    raise DownloadError(f"{host} redirects in a circle")
