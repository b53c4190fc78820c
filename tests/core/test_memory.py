"""Giving memory back to the system."""

import sys
from pathlib import Path

import numpy as np
import pytest

from photofind.core.memory import give_back


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take it back by themselves")
def test_what_was_freed_between_blocks_in_use_is_given_back() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    # Blocks below the size that is mapped by itself, and each second one stays in use.
    blocks = [np.ones(12_000) for _ in range(2000)]
    kept = blocks[::2]
    before = resident()
    del blocks
    give_back()
    assert before - resident() > 60e6
    assert sum(len(each) for each in kept) == 12_000_000
