"""Large pieces of memory: taken by themselves, and given back to the system."""

import contextlib
import ctypes
import mmap
import sys


def own_memory(size: int) -> mmap.mmap:
    """So many bytes, mapped by themselves: the system has them back as soon as they are let go.

    In large pages where it has such: a graph is read here and there, a page at a time.
    """
    if not hasattr(mmap, "MAP_PRIVATE"):
        return mmap.mmap(-1, size)
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with contextlib.suppress(OSError):  # a system that was built without them
            memory.madvise(mmap.MADV_HUGEPAGE)
    return memory


def give_back() -> None:
    """Give back what was freed. Does nothing where the system does so by itself.

    GNU's allocator keeps what lies between blocks that are still in use. After a large library has
    been listed and its index has been read, that is a tenth of all.
    """
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries have none
    if trim is not None:
        trim(0)
