"""Hashing beside everything else."""

import os
import threading

import pytest

from photofind.core import hasher
from photofind.core.content import content_hash
from photofind.core.errors import ImageError
from photofind.core.hasher import Hasher


def test_files_are_hashed_and_errors_are_answers(tmp_path):
    (tmp_path / "one.jpg").write_bytes(b"1")
    mine = Hasher()
    good, bad = mine.submit(tmp_path / "one.jpg"), mine.submit(tmp_path / "none.jpg")
    assert good.result(10) == content_hash(tmp_path / "one.jpg")
    with pytest.raises(ImageError):
        bad.result(10)
    mine.close()


def test_a_read_that_hangs_keeps_nobody_from_closing(tmp_path, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()

    def hang(path):
        begun.set()
        go_on.wait(60)
        return os.fsencode(path)

    monkeypatch.setattr(hasher, "content_hash", hang)
    monkeypatch.setattr(hasher, "_JOIN_SECONDS", 0.05)
    mine = Hasher()
    hung, waiting = mine.submit(tmp_path), mine.submit(tmp_path)
    assert begun.wait(10)
    assert waiting.cancel()
    mine.close()
    assert not hung.done()
    go_on.set()
    assert hung.result(10) == os.fsencode(tmp_path)
