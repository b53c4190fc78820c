"""Scanning real folders."""

import os
import sys
import unicodedata
from pathlib import Path

import pytest

from photofind.core.exclusions import Exclusions, is_cloud_only
from photofind.core.scanner import Scanner, ScanResult, is_below, key_at, key_of
from photofind.core.types import Root, RootState

needs_bytes = pytest.mark.skipif(sys.platform != "linux", reason="names are not bytes here")
needs_user = pytest.mark.skipif(
    hasattr(os, "geteuid") and os.geteuid() == 0, reason="permissions do not bind this user"
)


def root_at(path: Path, *excluded: str) -> Root:
    return Root(1, path, RootState.ONLINE, excluded)


def write(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def scan(path: Path, *excluded: str, below: str = "") -> ScanResult:
    return Scanner().scan(root_at(path, *excluded), below)


def test_finds_photos_in_all_folders_with_their_stamps(tmp_path):
    write(tmp_path / "one.jpg", b"12345")
    write(tmp_path / "a/b/two.HEIC")
    write(tmp_path / "a/notes.txt")
    result = scan(tmp_path)
    assert set(result.files) == {"one.jpg", "a/b/two.HEIC"}
    status = (tmp_path / "one.jpg").stat()
    stamp = result.files["one.jpg"].stamp
    assert (stamp.size, stamp.mtime_ns, stamp.inode) == (5, status.st_mtime_ns, status.st_ino)
    assert result.complete


def test_a_folder_named_like_a_photo_is_a_folder(tmp_path):
    write(tmp_path / "album.jpg/one.jpg")
    assert set(scan(tmp_path).files) == {"album.jpg/one.jpg"}


def test_hidden_things_and_trash_are_left_out(tmp_path):
    for name in (
        ".hidden.jpg",
        "._one.jpg",
        ".cache/one.jpg",
        ".Trash-1000/files/one.jpg",
        "@eaDir/one.jpg",
        "$RECYCLE.BIN/one.jpg",
        "#recycle/one.jpg",
        "Catalog Previews.lrdata/one.jpg",
    ):
        write(tmp_path / name)
    assert scan(tmp_path).files == {}


def test_only_the_originals_of_a_photos_library_are_found(tmp_path):
    library = tmp_path / "Photos Library.photoslibrary"
    write(library / "originals/0/one.heic")
    write(library / "resources/derivatives/one.jpg")
    write(library / "database/search/one.jpg")
    assert set(scan(tmp_path).files) == {"Photos Library.photoslibrary/originals/0/one.heic"}


def test_photofinds_own_library_is_left_out(tmp_path):
    for name in ("catalog.sqlite3", "thumbnails.sqlite3", "models/m/one.jpg", "one.jpg"):
        write(tmp_path / "library" / name)
    write(tmp_path / "two.jpg")
    assert set(scan(tmp_path).files) == {"two.jpg"}
    assert set(scan(tmp_path / "library").files) == {"one.jpg"}


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("*.gif", {"a/one.jpg", "a/b/three.jpg"}),
        ("a", {"two.gif"}),
        ("b/", {"a/one.jpg", "two.gif"}),
        ("A/B/**", {"a/one.jpg", "two.gif"}),
        ("a/*.jpg", {"two.gif"}),
        ("  ", {"a/one.jpg", "two.gif", "a/b/three.jpg"}),
    ],
)
def test_the_users_patterns(tmp_path, pattern, left):
    for name in ("a/one.jpg", "two.gif", "a/b/three.jpg"):
        write(tmp_path / name)
    assert set(scan(tmp_path, pattern).files) == left


def test_rules_for_a_path_are_those_of_the_scan():
    rules = Exclusions(["private"])
    assert rules.skips("private/one.jpg")
    assert rules.skips("a/.b/one.jpg")
    assert rules.skips("notes.txt")
    assert rules.skips("x.photoslibrary/database/one.jpg")
    assert not rules.skips("x.photoslibrary/originals/one.jpg")
    assert not rules.skips("a/one.jpg")
    assert not rules.skips("a", folder=True)


def test_one_folder_of_a_root(tmp_path):
    write(tmp_path / "a/one.jpg")
    write(tmp_path / "b/two.jpg")
    assert set(scan(tmp_path, below="a").files) == {"a/one.jpg"}
    assert scan(tmp_path, "a", below="a").files == {}


def test_a_folder_that_was_deleted_is_a_complete_answer(tmp_path):
    write(tmp_path / "one.jpg")
    result = scan(tmp_path, below="gone/deeper")
    assert result.files == {}
    assert result.complete


def test_a_missing_root_is_no_answer(tmp_path):
    result = scan(tmp_path / "unplugged")
    assert not result.complete
    assert "drive" in result.missing
    assert not result.has_seen("one.jpg")


@needs_user
def test_an_unreadable_folder_leaves_the_scan_incomplete_only_there(tmp_path):
    write(tmp_path / "open/one.jpg")
    closed = write(tmp_path / "closed/two.jpg").parent
    closed.chmod(0)
    try:
        result = scan(tmp_path)
    finally:
        closed.chmod(0o755)
    assert set(result.files) == {"open/one.jpg"}
    assert not result.complete
    assert len(result.errors) == 1
    assert "permission" in result.errors[0]
    assert not result.has_seen("closed/two.jpg")
    assert result.has_seen("open/three.jpg")


def test_a_link_that_leads_nowhere_hides_what_is_below_it(tmp_path):
    (tmp_path / "drive").symlink_to(tmp_path / "unplugged")
    result = scan(tmp_path)
    assert not result.has_seen("drive/one.jpg")
    assert result.has_seen("one.jpg")


def test_links_that_lead_in_circles_end(tmp_path):
    root = tmp_path / "root"
    write(root / "a/one.jpg")
    (root / "a/self").symlink_to(root)
    (root / "a/up").symlink_to(tmp_path)
    (root / "b").symlink_to(root / "a")
    assert set(scan(root).files) == {"a/one.jpg"}


def test_a_linked_folder_outside_is_followed_once(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    write(tmp_path / "outside/deep/one.jpg")
    (tmp_path / "outside/deep/back").symlink_to(tmp_path / "outside")
    (root / "first").symlink_to(tmp_path / "outside")
    (root / "second").symlink_to(tmp_path / "outside")
    assert set(scan(root).files) == {"first/deep/one.jpg"}


@needs_bytes
def test_names_that_are_not_utf8_survive(tmp_path):
    raw = b"caf\xe9/\xff\xfe.jpg"
    path = tmp_path / os.fsdecode(raw)
    write(path)
    (key, found), *others = scan(tmp_path).files.items()
    assert not others
    assert found.raw_relpath == raw
    assert os.fsencode(key) == raw


def test_very_long_names_and_paths_are_found(tmp_path):
    folder = tmp_path
    for _ in range(6):
        folder = folder / ("d" * 200)
    path = write(folder / ("n" * 240 + ".jpg"))
    assert set(scan(tmp_path).files) == {path.relative_to(tmp_path).as_posix()}


@needs_bytes
def test_keys_are_composed_and_raw_names_are_kept(tmp_path):
    composed = "Köln.jpg"
    decomposed = unicodedata.normalize("NFD", composed)
    write(tmp_path / decomposed)
    found = scan(tmp_path).files
    assert list(found) == [composed] == [key_of(decomposed)]
    assert found[composed].raw_relpath == decomposed.encode()


@needs_bytes
def test_two_names_that_look_alike_are_two_files(tmp_path):
    composed = "Köln.jpg"
    decomposed = unicodedata.normalize("NFD", composed)
    write(tmp_path / composed, b"1")
    write(tmp_path / decomposed, b"22")
    found = scan(tmp_path).files
    assert found[composed].stamp.size == 1
    (other,) = found.keys() - {composed}
    assert found[other].raw_relpath == decomposed.encode()
    assert unicodedata.is_normalized("NFC", other)


@needs_bytes
def test_a_key_is_the_same_for_a_scan_and_for_a_single_path(tmp_path):
    names = [unicodedata.normalize(form, "é") for form in ("NFC", "NFD")]
    for folder in names:
        for name in ("a.jpg", "ü/a.jpg", *(f"{name}.jpg" for name in names)):
            write(tmp_path / folder / name)
    write(tmp_path / unicodedata.normalize("NFD", "Köln") / "a.jpg")
    found = {os.fsdecode(file.raw_relpath): key for key, file in scan(tmp_path).files.items()}
    assert len(found) == len(set(found.values())) == 9
    assert {relpath: key_at(tmp_path, relpath) for relpath in found} == found
    part = Scanner().scan(root_at(tmp_path), below=names[1])
    assert set(part.files) == {key for path, key in found.items() if path.startswith(names[1])}
    assert all(is_below(key, part.below) for key in part.files)


def test_a_cancelled_scan_is_not_complete(tmp_path):
    for number in range(10):
        write(tmp_path / f"{number}/one.jpg")
    result = Scanner(cancelled=lambda: True).scan(root_at(tmp_path))
    assert not result.complete
    assert not result.has_seen("9/one.jpg")


def test_a_scan_in_pieces_finds_the_same(tmp_path):
    for number in range(10):
        write(tmp_path / f"{number}/one.jpg")
    pieces = Scanner().start(root_at(tmp_path))
    count = 1
    while not pieces.advance(0.0):
        count += 1
    assert count > 5
    assert pieces.result() == scan(tmp_path)


def test_cloud_placeholders_are_told_by_their_attributes():
    class Status:
        st_file_attributes = 0
        st_flags = 0

    assert not is_cloud_only(Status())
    Status.st_flags = 0x40000000
    assert is_cloud_only(Status())
    Status.st_flags, Status.st_file_attributes = 0, 0x00400000
    assert is_cloud_only(Status())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders here")
def test_a_pipe_named_like_a_photo_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    assert scan(tmp_path).files == {}
