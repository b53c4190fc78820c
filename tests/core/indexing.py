"""A whole library on real files for the tests of the indexer, with an analyzer in this process."""

import os
import shutil
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from photofind.core.catalog import Catalog
from photofind.core.content import content_hash
from photofind.core.errors import ImageError
from photofind.core.images import average_color, make_thumbnail, open_picture
from photofind.core.indexer import Indexer, Timing
from photofind.core.phash import perceptual_hash
from photofind.core.thumbnails import ThumbnailStore
from photofind.core.types import Analysis, Change, Hashes, IndexReport, Root
from photofind.core.vectors import VectorIndex
from tests import samples

DIMENSION = 16
QUICK = Timing(settle=0.3, hold=0.5, gather=0.05, check=0.2, engine_retry=3600.0)
PATIENCE = 20.0


class LocalAnalyzer:
    """The engine's work without its process. Vectors are drawn from the content's hash."""

    def __init__(self, key="local-1"):
        self.encoder_key = key
        self.analyzed = []
        self.refused = set()  # paths there is no permission to read at present
        self.paces = []
        self.trouble = None  # raised instead of an answer
        self.gate = threading.Event()  # nothing is answered while it is not set
        self.gate.set()
        self._pool = ThreadPoolExecutor(4)

    def analyze(self, path: Path, *, encode: bool) -> Future[Analysis]:
        return self._pool.submit(self._analyze, path, encode)

    def set_pace(self, pace):
        self.paces.append(pace)

    def names(self):
        return sorted(path.name for path in self.analyzed)

    def close(self):
        self.gate.set()
        self._pool.shutdown(cancel_futures=True)

    def _analyze(self, path, encode):
        self.gate.wait(PATIENCE)
        if self.trouble is not None:
            raise self.trouble
        self.analyzed.append(path)
        if path in self.refused:
            raise ImageError("no permission to read it")
        picture = open_picture(path, min_side=64)
        content = content_hash(path)
        return Analysis(
            picture.metadata,
            Hashes(content, perceptual_hash(picture.image)),
            make_thumbnail(picture.image),
            average_color(picture.image),
            vector_of(content) if encode else None,
        )


def vector_of(content: bytes):
    """A unit vector of its own for every content."""
    random = np.random.default_rng(list(content))
    vector = random.standard_normal(DIMENSION).astype(np.float32)
    return vector / np.linalg.norm(vector)


class Bench:
    """A library in a folder, its roots, and everything its indexer has told."""

    def __init__(self, home: Path, timing: Timing = QUICK, key: str = "local-1"):
        home.mkdir(exist_ok=True)
        self.home = home
        self.catalog = Catalog.open(home / "catalog.sqlite3")
        self.thumbnails = ThumbnailStore.open(home / "thumbnails.sqlite3")
        self.vectors = VectorIndex(home / "index", key, DIMENSION)
        self.vectors.load(self.catalog)
        self.analyzer = LocalAnalyzer(key)
        self.progress = []
        self.indexed = []
        self.removed = []
        self.notices = []
        self.root_changes = []
        self.former = None
        self.indexer = Indexer(
            self.catalog,
            self.thumbnails,
            self.vectors,
            self.analyzer,
            on_progress=self.progress.append,
            on_indexed=self.indexed.extend,
            on_removed=self.removed.extend,
            on_notice=self.notices.append,
            on_roots_changed=lambda: self.root_changes.append(self.catalog.roots()),
            timing=timing,
        )

    def use_analyzer(self, analyzer: LocalAnalyzer, vectors: VectorIndex):
        self.former, self.analyzer, self.vectors = self.analyzer, analyzer, vectors
        self.indexer.use_encoder(analyzer, vectors)

    def run(self, *roots: Root) -> IndexReport:
        """What `photofind index` does."""
        chosen = roots or self.catalog.roots()
        return self.indexer.run_until_idle([root.root_id for root in chosen])

    def step_until(self, condition, seconds=PATIENCE):
        """What the window's thread does, until a condition holds."""
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, f"it did not happen: {self.state()}"
            self.indexer.step(0.05)

    def settle(self, seconds=PATIENCE):
        """Step until there is nothing left to do."""
        until = time.monotonic() + seconds
        while self.indexer.step(0.05):
            assert time.monotonic() < until, f"it does not end: {self.state()}"

    def tell(self, root: Root, kind, *relpaths: str):
        for relpath in relpaths:
            self.indexer.enqueue(Change(root.root_id, relpath, kind))

    def ids(self) -> dict[str, int]:
        """Photo ids by name, root-relative."""
        photos = self.catalog.photos([int(photo_id) for photo_id in self.catalog.hashes().ids])
        return {photo.relpath: photo.photo_id for photo in photos}

    def reasons(self) -> dict[str, str]:
        return {failure.path.name: failure.reason for failure in self.catalog.failures()}

    def root(self, root: Root) -> Root:
        return next(one for one in self.catalog.roots() if one.root_id == root.root_id)

    def state(self):
        return self.ids(), self.catalog.roots(), self.analyzer.names(), self.notices

    def close(self):
        self.analyzer.close()
        if self.former is not None:
            self.former.close()
        self.indexer.close()
        self.thumbnails.close()
        self.catalog.close()


def draw(path: Path, seed: int, *, old: bool = True) -> Path:
    """Write a drawn picture; `old` ones need no time to settle."""
    path.parent.mkdir(parents=True, exist_ok=True)
    samples.draw_picture(seed, (96, 72)).save(path, "JPEG")
    return age(path) if old else path


def fill(folder: Path, count: int) -> Path:
    """A folder of small drawn pictures `000.jpg`, `001.jpg`, …"""
    for seed in range(count):
        draw(folder / f"{seed:03}.jpg", seed)
    return folder


def age(path: Path, seconds: float = 3600.0) -> Path:
    moment = time.time() - seconds
    os.utime(path, (moment, moment))
    return path


def copy(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
    return target
