"""One measurement of a large library in a process of its own, so that its memory can be told.

`main` takes NAME LIBRARY ENCODER PHOTOS from the command line and prints one JSON document.
"""

import contextlib
import json
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from photofind.core.catalog import Catalog
from photofind.core.duplicates import DuplicateFinder
from photofind.core.library import Library
from photofind.core.near_hashes import near_hashes
from photofind.core.paths import LibraryPaths
from photofind.core.query import parse_query
from photofind.core.search import Search
from photofind.core.types import (
    Analysis,
    Filters,
    InstalledEncoder,
    Query,
    TextTerm,
    Vector,
)
from photofind.core.vectors import VectorIndex
from photofind.encoders.registry import ModelRegistry
from photofind.engine.client import EngineClient, EngineConfig
from tests.benchmarks.real_vectors import phrases
from tests.benchmarks.synthetic import (
    Space,
    SyntheticEncoder,
    fill_with_files,
    photo_day,
    scene_count,
)

BUILTIN = "builtin"
QUERIES = 60
NEAREST = 20
RESCANNED = 100_000
_PLACES = ("norway", "lisbon", "wedding", "garden")
_CHUNK = 50_000


@dataclass(frozen=True, slots=True)
class Subject:
    """The library that is measured."""

    paths: LibraryPaths
    encoder: InstalledEncoder
    folder: Path  # for files of the measurement
    photos: Path  # the zipped sets

    def catalog(self) -> Catalog:
        return Catalog.open_readonly(self.paths.catalog)

    def index(self, folder: Path | None = None) -> VectorIndex:
        spec = self.encoder.spec
        return VectorIndex(folder or self.paths.index, self.encoder.key, spec.dimension)

    def loaded_index(self, catalog: Catalog) -> VectorIndex:
        index = self.index()
        index.load(catalog)
        return index


Figures = dict[str, object]


def rebuild(subject: Subject) -> Iterator[Figures]:
    """From nothing but the catalog to a whole graph in its file, searching all the while."""
    shutil.rmtree(subject.paths.index, ignore_errors=True)
    with subject.catalog() as catalog:
        index = subject.index()
        seconds, _ = timed(lambda: index.load(catalog))
        yield {"read from the catalog, s": seconds}
        queries = text_queries(subject, catalog)
        answers = [timed(lambda: index.search(queries[0], 2000))[0]]
        steps: list[float] = []
        start, more = time.perf_counter(), True
        while more:
            taken, more = timed(index.maintain)
            steps.append(taken)
            if len(steps) % 10 == 0:
                query = queries[len(answers) % len(queries)]
                answers.append(timed(lambda query=query: index.search(query, 2000))[0])
        yield {
            "graph made and saved, s": time.perf_counter() - start - sum(answers[1:]),
            "longest step, ms": 1000 * max(steps),
            "search meanwhile p50, ms": 1000 * statistics.median(answers),
            "search before, ms": 1000 * answers[0],
        }
        index.save(catalog, at_end=True)
        yield {"file, MB": sum(p.stat().st_size for p in subject.paths.index.iterdir()) / 1e6}


def search(subject: Subject) -> Iterator[Figures]:
    with subject.catalog() as catalog:
        seconds, index = timed(lambda: subject.loaded_index(catalog))
        yield {"load, s": seconds}
        rows = text_queries(subject, catalog)
        index.search(rows[0], NEAREST)
        answers = [timed(lambda q=row: index.search(q, NEAREST)) for row in rows]
        times = [seconds for seconds, _ in answers]
        whole = best_of(index, index.ids(), rows)
        yield spread("vectors", times) | {
            "vectors recall@20": recall([ids for _, (ids, _) in answers], whole),
        }
        yield from _words(subject, catalog, index)
        yield from _filters(subject, catalog, index)
        runner = Search(catalog, index, _encoder(subject, catalog))
        yield {"whole library listed, ms": 1000 * timed(lambda: runner.run(Query()))[0]}
    yield from _engine(subject)


def _words(subject: Subject, catalog: Catalog, index: VectorIndex) -> Iterator[Figures]:
    runner = Search(catalog, index, _encoder(subject, catalog))
    texts = [f"{_PLACES[n % 8]} {n}" if n % 8 < 4 else f"scene {n}" for n in range(QUERIES)]
    runner.run(parse_query("scene 1"))
    times = [timed(lambda t=text: runner.run(parse_query(t)))[0] for text in texts]
    yield spread("words to hits, without the model,", times)


def builtin(subject: Subject) -> Iterator[Figures]:
    """Words, from the typing to the hits, with a real model and its vectors of real photos."""
    texts = phrases(subject.photos, QUERIES)
    engine = EngineClient(subject.encoder, EngineConfig())
    try:
        with subject.catalog() as catalog:
            index = subject.loaded_index(catalog)
            runner = Search(catalog, index, engine)
            runner.run(parse_query(texts[-1]))
            answers = [timed(lambda t=text: runner.run(parse_query(t))) for text in texts]
            rows = list(engine.encode_texts(texts).result())
            found = [index.search(row, NEAREST)[0] for row in rows]
            whole = best_of(index, index.ids(), rows)
    finally:
        engine.close()
    yield spread("words to hits", [seconds for seconds, _ in answers])
    yield {
        "hits p50": statistics.median(len(result.ids) for _, result in answers),
        "recall@20": recall(found, whole),
    }


def _filters(subject: Subject, catalog: Catalog, index: VectorIndex) -> Iterator[Figures]:
    """A folder with 1 % of the photos, and the later half by date."""
    count = catalog.photo_count()
    filters = {"1 %": Filters(root_id=2), "50 %": Filters(after=photo_day(count // 2))}
    encoder = _encoder(subject, catalog)
    runner = Search(catalog, index, encoder)
    for share, chosen in filters.items():
        allowed = catalog.filter_ids(chosen)
        assert allowed is not None
        times: list[float] = []
        found: list[np.ndarray] = []
        rows: list[Vector] = []
        for number in range(0, QUERIES, 3):
            query = Query((TextTerm(f"scene {number}"),), chosen)
            seconds, result = timed(lambda query=query: runner.run(query))
            times.append(seconds)
            found.append(result.ids[np.argsort(-result.scores, kind="stable")][:NEAREST])
            rows.append(encoder.encode_texts([f"{number}"]).result()[0])
        yield spread(f"filter of {share}", times)
        yield {f"filter of {share}, recall@20": recall(found, best_of(index, allowed, rows))}


def _engine(subject: Subject) -> Iterator[Figures]:
    engine = EngineClient(subject.encoder, EngineConfig())
    try:
        seconds, _ = timed(lambda: engine.encode_texts(["a dog on a beach"]).result())
        yield {"first phrase of a new engine, s": seconds}
        times = [
            timed(lambda n=n: engine.encode_texts([f"a dog on beach {n}"]).result())[0]
            for n in range(QUERIES)
        ]
        yield spread("phrase to vector in the engine", times)
    finally:
        engine.close()


def duplicates(subject: Subject) -> Iterator[Figures]:
    with subject.catalog() as catalog:
        finder = DuplicateFinder(catalog, subject.encoder.key)
        seconds, candidates = timed(finder.collect)
        yield {
            "collect, s": seconds,
            "pairs of the same photo": len(candidates.same),
            "pairs of similar photos": len(candidates.similar),
        }
        seconds, groups = timed(lambda: finder.group(candidates))
        yield {"group, s": seconds, "groups": len(groups)}


def hashes(subject: Subject) -> Iterator[Figures]:
    """As many random hashes as there are photos, a tenth of them near an earlier one."""
    with subject.catalog() as catalog:
        count = catalog.photo_count()
    random = np.random.default_rng(0)
    values = random.integers(0, 2**64, count, dtype=np.uint64)
    copies = count // 10
    values[-copies:] = values[random.integers(0, count - copies, copies)]
    for _ in range(4):
        values[-copies:] ^= np.uint64(1) << random.integers(0, 64, copies, dtype=np.uint64)
    seconds, pairs = timed(lambda: near_hashes(values))
    yield {"all pairs within 8 bits, s": seconds, "pairs": len(pairs)}


def rescan(subject: Subject) -> Iterator[Figures]:
    """A folder of real files, unchanged since they were indexed."""
    photos = subject.folder / "photos"
    paths = LibraryPaths(subject.folder / "rescanned")
    fill_with_files(paths, RESCANNED, subject.encoder, photos)
    library = Library.open(paths, subject.encoder, NoAnalyzer(subject.encoder.key))
    library.load_index()
    seconds, report = timed(lambda: library.index_folders([photos]))
    library.close()
    assert report.unchanged == RESCANNED, report
    assert not report.indexed
    yield {"unchanged files": report.unchanged, "rescan, s": seconds}


class NoAnalyzer:
    """An engine that must not be asked: nothing has changed."""

    def __init__(self, key: str) -> None:
        self.encoder_key = key

    def analyze(self, path: Path, *, encode: bool) -> "Future[Analysis]":
        raise AssertionError(f"{path} was to be decoded again")


def text_queries(subject: Subject, catalog: Catalog) -> list[Vector]:
    encoder = _encoder(subject, catalog)
    return list(encoder.encode_texts([str(number) for number in range(QUERIES)]).result())


def best_of(index: VectorIndex, ids: np.ndarray, rows: Sequence[Vector]) -> list[np.ndarray]:
    """The nearest of some photos to each vector, by looking at all of them."""
    vectors = np.stack(rows)
    chosen = np.empty((len(rows), 0), np.int64)
    scores = np.empty((len(rows), 0), np.float32)
    for start in range(0, len(ids), _CHUNK):
        held, cosines = index.cosines(ids[start : start + _CHUNK], vectors)
        chosen = np.concatenate([chosen, np.broadcast_to(held, cosines.shape)], axis=1)
        scores = np.concatenate([scores, cosines], axis=1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :NEAREST]
        chosen, scores = (np.take_along_axis(part, best, axis=1) for part in (chosen, scores))
    return list(chosen)


def recall(found: Sequence[np.ndarray], truth: Sequence[np.ndarray]) -> float:
    """Of the nearest photos, as many as were shown, the share that was found."""
    pairs = [(ids, best[: len(ids)]) for ids, best in zip(found, truth, strict=True)]
    hits = sum(len(np.intersect1d(ids, best)) for ids, best in pairs)
    return hits / max(1, sum(len(best) for _, best in pairs))


def spread(what: str, seconds: Sequence[float]) -> Figures:
    values = 1000 * np.array(seconds)
    return {
        f"{what} p50, ms": float(np.median(values)),
        f"{what} p99, ms": float(np.quantile(values, 0.99)),
    }


def timed(work: Callable[[], object]) -> tuple[float, object]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def _peak_memory() -> int:
    """Bytes. Linux counts into `ru_maxrss` what the parent had, so its own record is read there."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _encoder(subject: Subject, catalog: Catalog) -> SyntheticEncoder:
    space = Space(subject.encoder.spec.dimension)
    return SyntheticEncoder(subject.encoder, space, scene_count(catalog.photo_count()))


PROBES: dict[str, Callable[[Subject], Iterator[Figures]]] = {
    "rebuild": rebuild,
    "search": search,
    BUILTIN: builtin,
    "duplicates": duplicates,
    "hashes": hashes,
    "rescan": rescan,
}


def main() -> int:
    name, library, encoder_id, photos = sys.argv[1:5]
    paths = LibraryPaths(Path(library))
    encoder = ModelRegistry(paths.models).get(encoder_id)
    figures: Figures = {}
    with tempfile.TemporaryDirectory(dir=paths.home.parent) as folder:
        for part in PROBES[name](Subject(paths, encoder, Path(folder), Path(photos))):
            figures |= part
    figures["peak memory, MB"] = _peak_memory() / 1e6
    print(json.dumps(figures))
    return 0
