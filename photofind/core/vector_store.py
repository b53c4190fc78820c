"""Segments of an index in files: what is written is described by a sidecar, read only as proven.

A file holds what USearch writes, then the ids of its rows in their order. It does not change when
rows are taken out; its sidecar then says which.
"""

import base64
import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np
from typing_extensions import Buffer

from photofind.core.memory import own_memory
from photofind.core.vector_file import (
    DamagedIndexError,
    Sidecar,
    delete_index,
    index_path,
    segment_numbers,
    verified_index,
    write_index,
    write_sidecar,
)
from photofind.core.vector_rows import Mask
from photofind.core.vector_segment import Segment

_READ_TRIES = 3  # another process may just be putting a new file in place
_ID = np.dtype("<i8")
_DTYPE = "f16"  # of the rows


class SegmentStore:
    """The files of one encoder's index. One thread writes."""

    def __init__(self, folder: Path, key: str) -> None:
        self.folder = folder
        self.key = key
        self._written: dict[int, Sidecar] = {}

    def path(self, number: int) -> Path:
        return index_path(self.folder, self.key, number)

    def numbers(self) -> list[int]:
        """The segments of which there are files, ascending."""
        return segment_numbers(self.folder, self.key)

    def is_current(self, segment: Segment) -> bool:
        """Whether all rows of the segment are in its file."""
        written = self._written.get(segment.number)
        return written is not None and written.count == segment.size

    def write_rows(self, segment: Segment, revision: int) -> Buffer:
        """Write a segment that has grown; returns what was written of its graph, for `freeze`.

        It may be searched meanwhile, but not changed. `revision` is the catalog's: the rows are as
        they were then. Raises OSError where it cannot be written; the old file stays.
        """
        data = segment.to_bytes()
        sidecar = Sidecar(
            key=self.key,
            dimension=segment.dimension,
            dtype=_DTYPE,
            count=segment.size,
            revision=revision,
            removed=_packed(~segment.alive),
        )
        parts = (data, segment.ids_by_place.astype(_ID).tobytes())
        self._written[segment.number] = write_index(self.path(segment.number), parts, sidecar)
        memory = own_memory(len(data))
        memory[:] = data
        return memory

    def write_removals(self, segment: Segment, revision: int) -> None:
        """Note which rows have gone, and that the others are right up to `revision`. OSError."""
        if (written := self._written.get(segment.number)) is not None:
            removed = _packed(~segment.alive[: written.count])
            sidecar = replace(written, revision=revision, removed=removed)
            if sidecar != written:
                write_sidecar(self.path(segment.number), sidecar)
                self._written[segment.number] = sidecar

    def forget(self, number: int) -> None:
        """What lies there is of no segment any more, though another may take its place."""
        self._written.pop(number, None)

    def delete_others(self, numbers: Collection[int]) -> None:
        """Delete the files of all segments but these."""
        for number in self.numbers():
            if number not in numbers:
                self.forget(number)
                delete_index(self.path(number))

    def read(self, number: int, dimension: int) -> tuple[Segment, int]:
        """A segment, frozen, and the catalog's revision that it is right for.

        `dimension` 0 accepts any. Raises FileNotFoundError where there is none, OtherFormatError
        or DamagedIndexError where it is not to be used, OSError where it cannot be read.
        """
        for _ in range(_READ_TRIES - 1):
            try:
                return self._read(number, dimension)
            except DamagedIndexError:
                time.sleep(0.05)
        return self._read(number, dimension)

    def _read(self, number: int, dimension: int) -> tuple[Segment, int]:
        memory, sidecar = verified_index(self.path(number), self.key, dimension)
        if sidecar.dtype != _DTYPE:
            raise DamagedIndexError(f"its rows are {sidecar.dtype}")
        ids_from = sidecar.size - _ID.itemsize * sidecar.count
        if ids_from <= 0:
            raise DamagedIndexError(f"it cannot hold {sidecar.count} rows")
        view = memoryview(memory)
        segment = Segment.frozen(
            view[:ids_from],
            np.frombuffer(view[ids_from:], _ID).astype(np.int64),
            ~_unpacked(sidecar.removed, sidecar.count),
            sidecar.dimension,
            number,
        )
        self._written[number] = sidecar
        return segment, sidecar.revision


def _packed(mask: Mask) -> str:
    return base64.b64encode(np.packbits(mask).tobytes()).decode() if mask.any() else ""


def _unpacked(text: str, count: int) -> Mask:
    if not text:
        return np.zeros(count, np.bool_)
    try:
        bits = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
        return np.unpackbits(bits, count=count).astype(np.bool_)
    except ValueError as error:
        raise DamagedIndexError(f"its sidecar is damaged: {error}") from None
