"""Says when something below a root may have changed.

Owns watchdog's observers: starting them, reviving dead ones, polling where the system cannot
watch. What it says are hints; it reads no pictures and knows no catalog.
"""

import logging
import os
import re
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from watchdog.events import FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

from photofind.core.types import Change, ChangeKind, Root
from photofind.core.watch_events import WATCHED_EVENTS, ChangeHandler

log = logging.getLogger(__name__)

_NETWORK = re.compile(
    r"(nfs4?|cifs|smb(2|3|fs)?|9p|afpfs|webdav|davfs|ceph|virtiofs|vboxsf|(fuse\.)?glusterfs"
    r"|fuse\.(sshfs|rclone|davfs2|gvfsd-fuse|s3fs))",
    re.IGNORECASE,
)
_CHECK_SECONDS = 5.0  # between two looks whether every root is still watched
_POLL_SECONDS = 30.0  # between two looks at a root that the system cannot watch
_JOIN_SECONDS = 5.0


class Watcher:
    """Watches roots and reports a `Change` for everything that may concern photos.

    A thread of its own starts and revives the observers, so `watch` returns at once even for a
    huge folder. `on_change` and `on_notice` are called from other threads. A root whose folder
    comes back is watched again and reported as changed as a whole.
    """

    def __init__(
        self,
        on_change: Callable[[Change], None],
        on_notice: Callable[[str], None],
        *,
        native: Callable[[], BaseObserver] = Observer,
        check_seconds: float = _CHECK_SECONDS,
        poll_seconds: float = _POLL_SECONDS,
    ) -> None:
        self._on_change = on_change
        self._on_notice = on_notice
        self._native = native
        self._check_seconds = check_seconds
        self._poll_seconds = poll_seconds
        self._lock = threading.Lock()
        self._posts: dict[int, _Post] = {}
        self._dismissed: list[_Post] = []
        self._wake = threading.Event()
        self._stopping = False
        self._guard = threading.Thread(target=self._keep_watch, name="watcher", daemon=True)
        self._guard.start()

    def watch(self, root: Root) -> None:
        """Begin to watch a root; a root that is watched already goes on with its new settings."""
        with self._lock:
            post = self._posts.get(root.root_id)
            if post is None or post.root.path != root.path:
                if post is not None:
                    self._dismissed.append(post)
                self._posts[root.root_id] = _Post(root)
        self._wake.set()

    def unwatch(self, root_id: int) -> None:
        with self._lock:
            post = self._posts.pop(root_id, None)
            if post is not None:
                self._dismissed.append(post)
        self._wake.set()

    def alive(self) -> bool:
        """Whether every watched root whose folder is there is being watched at this moment."""
        with self._lock:
            posts = list(self._posts.values())
        return self._guard.is_alive() and all(
            post.is_alive() or not post.root.path.is_dir() for post in posts
        )

    def close(self) -> None:
        """Stop watching; waits for the threads to end."""
        self._stopping = True
        self._wake.set()
        self._guard.join(_JOIN_SECONDS)

    def _keep_watch(self) -> None:
        while not self._stopping:
            self._wake.clear()
            with self._lock:
                posts, dismissed = list(self._posts.values()), self._dismissed
                self._dismissed = []
            for post in dismissed:
                post.stop()
            for post in posts:
                self._guarded(lambda post=post: self._tend(post))
            self._wake.wait(self._check_seconds)
        with self._lock:
            posts = [*self._posts.values(), *self._dismissed]
        for post in posts:
            post.stop()

    def _guarded(self, action: Callable[[], None]) -> None:
        """Nothing may end a watching thread: an observer whose handler raises dies silently."""
        try:
            action()
        except Exception:
            log.exception("watching failed")

    def _tend(self, post: "_Post") -> None:
        """Bring one root's observer in line with whether its folder is there."""
        identity = _identity(post.root.path)
        if post.observer is not None and identity == post.identity and post.is_alive():
            return
        was_watched = post.observer is not None
        post.stop()
        post.identity = identity
        try:
            if identity is not None:
                self._start(post)
        except OSError as error:
            log.warning("%s cannot be watched now: %s", post.root.path, error)
            post.stop()
        if was_watched or post.observer is not None:
            self._on_change(Change(post.root.root_id, "", ChangeKind.FOLDER))

    def _start(self, post: "_Post") -> None:
        if not is_network(post.root.path):
            try:
                self._start_with(post, self._native())
                return
            except OSError as error:
                log.warning("%s cannot be watched: %s", post.root.path, error)
                post.stop()
                if _identity(post.root.path) is None:
                    return
                if not post.noticed:
                    post.noticed = True
                    self._on_notice(_too_many(post.root, self._poll_seconds))
        self._start_with(post, PollingObserver(timeout=self._poll_seconds))

    def _start_with(self, post: "_Post", observer: BaseObserver) -> None:
        """Raises OSError where the system cannot watch the root or all of what is below it."""
        post.observer = observer
        handler = ChangeHandler(post.root, lambda change: self._on_change(change))
        observer.schedule(handler, str(post.root.path), recursive=True, event_filter=WATCHED_EVENTS)
        observer.start()
        if sys.platform == "linux" and not isinstance(observer, PollingObserver):
            _probe(observer)


@dataclass(slots=True, eq=False)
class _Post:
    """One watched root."""

    root: Root
    observer: BaseObserver | None = None
    identity: tuple[int, int] | None = None  # of its folder when the observer was started
    noticed: bool = field(default=False)

    def is_alive(self) -> bool:
        observer = self.observer
        if observer is None or not observer.is_alive():
            return False
        reader = getattr(observer, "_inotify_fd", None)  # a thread of its own on Linux
        if isinstance(reader, threading.Thread) and not reader.is_alive():
            return False
        return all(emitter.is_alive() for emitter in list(observer.emitters))

    def stop(self) -> None:
        observer, self.observer = self.observer, None
        if observer is None:
            return
        try:
            observer.stop()
            if observer.is_alive():
                observer.join(_JOIN_SECONDS)
        except (OSError, RuntimeError, KeyError) as error:
            log.warning("an observer could not be stopped: %s", error)


def is_network(path: Path) -> bool:
    """Whether a folder lies on another machine, whose changes the system cannot report."""
    text = os.path.realpath(path)
    if text.startswith("\\\\"):
        return True
    best, kind = "", ""
    for partition in psutil.disk_partitions(all=True):
        mount = partition.mountpoint.rstrip(os.sep)
        if (text == mount or text.startswith(mount + os.sep)) and len(mount) >= len(best):
            best, kind = mount, f"{partition.fstype} {partition.opts}"
    name, _, options = kind.partition(" ")
    return _NETWORK.fullmatch(name) is not None or "remote" in options.split(",")


def _probe(observer: BaseObserver) -> None:
    """Raise OSError where the limit of watches is reached.

    watchdog is silent when folders deeper down could not be watched; one more watch tells.
    """
    with tempfile.TemporaryDirectory() as folder:
        watch = observer.schedule(FileSystemEventHandler(), folder, event_filter=WATCHED_EVENTS)
        observer.unschedule(watch)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _too_many(root: Root, seconds: float) -> str:
    hint = " (raise fs.inotify.max_user_watches)" if sys.platform == "linux" else ""
    return (
        f"The system cannot watch all of {root.path}{hint};"
        f" photofind looks for changes there every {seconds:.0f} s instead."
    )
