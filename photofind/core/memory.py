"""Memory that this process has done with, given back to the system."""

import ctypes
import sys


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
