"""Writing a whole file so that a crash leaves either the old one or the new one."""

import contextlib
import os
import tempfile
from pathlib import Path

from typing_extensions import Buffer


def replace_file(path: Path, *parts: Buffer) -> None:
    """Put `parts` in place of whatever `path` holds: temporary file, fsync, rename.

    Raises OSError, the old file being untouched.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
