"""The vectors of a whole library for one look for duplicates, outside of the process's memory."""

import tempfile
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from photofind.core.catalog import Catalog
from photofind.core.errors import LibraryError

Ids = npt.NDArray[np.int64]
HalfRows = npt.NDArray[np.float16]


class CopiedRows:
    """Float16 rows (n, d) of photos, copied into a temporary file; zeros where there is no vector.

    Indexing gives arrays. The file is gone when the context ends.
    """

    def __init__(self, catalog: Catalog, key: str, ids: Ids) -> None:
        """`ids`: each once, in any order. Raises LibraryError where the disk is full."""
        self._file = tempfile.TemporaryFile(prefix="photofind-")  # noqa: SIM115 - ours to close
        try:
            self._places, dimension = self._copy(catalog, key, ids)
        except OSError as error:
            self._file.close()
            raise LibraryError(
                "There is too little room for temporary files to look for duplicates:"
                f" {error.strerror}."
            ) from error
        shape = int(self._places.max(initial=-1)) + 1, dimension
        self._rows: HalfRows = np.zeros((0, dimension), np.float16)
        if shape[0]:
            self._rows = np.memmap(self._file, np.float16, "r", shape=shape)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        del self._rows
        self._file.close()

    def __len__(self) -> int:
        return len(self._places)

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        """Which photos have a vector."""
        return self._places >= 0

    def __getitem__(self, at: slice | npt.NDArray[np.integer]) -> HalfRows:
        places = self._places[at]
        there = places >= 0
        if there.all():
            return np.asarray(self._rows[places])
        rows = np.zeros((len(places), self._rows.shape[1]), np.float16)
        rows[there] = self._rows[places[there]]
        return rows

    def only(self, positions: npt.NDArray[np.integer]) -> "_Some":
        """The rows of these photos."""
        return _Some(self, positions)

    def _copy(self, catalog: Catalog, key: str, ids: Ids) -> tuple[Ids, int]:
        """Write the rows one after the other; returns where each photo's stands, -1 for none."""
        order = np.argsort(ids)
        ordered = ids[order]
        places = np.full(len(ids), -1, np.int64)
        written, dimension = 0, 1
        for found, vectors, _ in catalog.iter_vectors(key):
            dimension = vectors.shape[1]
            at = np.minimum(np.searchsorted(ordered, found), max(len(ids) - 1, 0))
            known = ordered[at] == found if len(ids) else np.zeros(len(found), np.bool_)
            rows = vectors[known].astype(np.float16)
            self._file.write(rows.tobytes())
            places[order[at[known]]] = np.arange(written, written + len(rows))
            written += len(rows)
        self._file.flush()
        return places, dimension


class _Some:
    def __init__(self, rows: CopiedRows, positions: npt.NDArray[np.integer]) -> None:
        self._rows = rows
        self._positions = positions

    def __len__(self) -> int:
        return len(self._positions)

    def __getitem__(self, at: slice | npt.NDArray[np.integer]) -> HalfRows:
        return self._rows[self._positions[at]]
