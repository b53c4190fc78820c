"""The real commands on real pictures with the real built-in model: what other programs rely on."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from photofind.cli import main
from photofind.core.ownership import LibraryLock, OwnerServer
from photofind.core.paths import LibraryPaths
from tests import samples


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, sample_originals: Path) -> Path:
    """A folder with `photos`: real ones, a copy, a smaller version, and two that are no photos."""
    folder = tmp_path_factory.mktemp("commands")
    photos = folder / "photos"
    shutil.copytree(sample_originals, photos)
    shutil.copy(photos / samples.SAMPLE_NAMES["cat"], photos / "copy.jpg")
    with Image.open(photos / samples.SAMPLE_NAMES["temple"]) as image:
        image.resize((image.width // 2, image.height // 2)).save(photos / "small.jpg")
    (photos / "words.jpg").write_text("only words")
    (photos / "nothing.png").touch()
    return folder


def answer(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    """Run a command with --json; its stdout must be exactly one document."""
    assert main([*map(str, arguments), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert isinstance(document, dict)
    return document


@pytest.fixture
def library(place: Path, capsys: pytest.CaptureFixture[str]) -> list[str | Path]:
    """The options that name the library, which holds the photos by now."""
    options: list[str | Path] = ["--library", place / "library"]
    if not (place / "library").exists():
        answer(capsys, "index", place / "photos", *options)
    return options


def test_index_reports_what_it_did(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = answer(capsys, "index", place / "photos", "--library", place / "library")
    assert set(report) == {"indexed", "unchanged", "removed", "failed", "seconds"}
    assert (report["indexed"], report["unchanged"], report["removed"]) == (16, 0, 0)
    reasons = {Path(item["path"]).name: item["reason"] for item in report["failed"]}
    assert set(reasons) == {"words.jpg", "nothing.png"}
    assert "empty" in reasons["nothing.png"]
    assert report["seconds"] > 0


def test_a_second_index_has_nothing_to_do(
    place: Path, library: list[str | Path], capsys: pytest.CaptureFixture[str]
) -> None:
    report = answer(capsys, "index", place / "photos", *library)
    assert (report["indexed"], report["unchanged"], report["removed"]) == (0, 16, 0)
    assert len(report["failed"]) == 2


def test_index_sees_what_is_new_moved_and_gone(
    place: Path, library: list[str | Path], capsys: pytest.CaptureFixture[str]
) -> None:
    photos = place / "photos"
    (photos / "holiday").mkdir()
    samples.draw_picture(5).save(photos / "drawn.jpg")
    (photos / "copy.jpg").rename(photos / "holiday" / "copy.jpg")
    report = answer(capsys, "index", photos, *library)
    assert (report["indexed"], report["unchanged"], report["removed"]) == (1, 15, 0)
    (photos / "drawn.jpg").unlink()
    report = answer(capsys, "index", photos, *library)
    assert (report["indexed"], report["unchanged"], report["removed"]) == (0, 16, 1)


def test_search_by_words_has_the_agreed_shape(
    place: Path, library: list[str | Path], capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer(capsys, "search", "a flower", *library, "--limit", "5")
    assert set(found) == {"model", "hits"}
    assert found["model"] == "builtin"
    hits = found["hits"]
    assert 1 <= len(hits) <= 5
    assert all(set(hit) == {"path", "score", "why"} for hit in hits)
    assert Path(hits[0]["path"]) == place / "photos" / samples.SAMPLE_NAMES["flower"]
    assert hits[0]["why"] == ["content"]
    scores = [hit["score"] for hit in hits]
    assert scores == sorted(scores, reverse=True)


def test_search_by_picture_finds_the_original(
    place: Path, library: list[str | Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    outside = tmp_path / "outside.webp"
    with Image.open(place / "photos" / samples.SAMPLE_NAMES["astronaut"]) as image:
        image.resize((200, 200)).save(outside)
    found = answer(capsys, "search", "--image", outside, *library, "--limit", "1")
    assert Path(found["hits"][0]["path"]).name == samples.SAMPLE_NAMES["astronaut"]


def test_what_is_not_wanted_sinks(
    library: list[str | Path], capsys: pytest.CaptureFixture[str]
) -> None:
    def order(*options: str) -> list[str]:
        found = answer(capsys, "search", "an animal", "--limit", "50", *options, *library)
        return [Path(hit["path"]).name for hit in found["hits"]]

    cat = samples.SAMPLE_NAMES["cat"]
    assert cat in order()[:3]
    assert cat not in order("--not", "a cat")[:4]


@pytest.mark.parametrize("query", [["after:1900"], ["--not", "a flower"]])
def test_a_search_that_only_leaves_out_gives_whole_scores(
    query: list[str], library: list[str | Path], capsys: pytest.CaptureFixture[str]
) -> None:
    hits = answer(capsys, "search", *query, *library)["hits"]
    assert len(hits) > 5
    assert {hit["score"] for hit in hits} == {1.0}


def test_search_of_a_picture_that_is_not_there_names_it(
    place: Path, library: list[str | Path], capsys: pytest.CaptureFixture[str]
) -> None:
    missing = place / "missing.jpg"
    assert main(["search", "--image", str(missing), *map(str, library)]) == 1
    assert str(missing) in capsys.readouterr().err


def test_quiet_leaves_nothing_but_the_answer(
    library: list[str | Path], capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["search", "a flower or a cat", "--limit", "50", "--quiet"]
    assert main([*command, *map(str, library)]) == 0
    printed = capsys.readouterr()
    assert printed.out
    assert printed.err == ""


def test_a_terminal_that_knows_only_ascii_gets_every_line(library: list[str | Path]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "photofind", "duplicates", *map(str, library)],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert "\\xd7" in done.stdout


def test_search_of_a_picture_that_cannot_be_read_is_one_clear_line(
    place: Path, library: list[str | Path], capsys: pytest.CaptureFixture[str]
) -> None:
    words = place / "photos" / "words.jpg"
    assert main(["search", "--image", str(words), *map(str, library)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.strip().splitlines()) == 1


def test_duplicates_have_the_agreed_shape(
    library: list[str | Path], capsys: pytest.CaptureFixture[str]
) -> None:
    groups = answer(capsys, "duplicates", *library)["groups"]
    kinds = {
        frozenset(Path(photo["path"]).name for photo in group["photos"]): group for group in groups
    }
    cat, temple = samples.SAMPLE_NAMES["cat"], samples.SAMPLE_NAMES["temple"]
    identical = kinds[frozenset({cat, "copy.jpg"})]
    assert identical["kind"] == "identical"
    same = kinds[frozenset({temple, "small.jpg"})]
    assert same["kind"] == "same-photo"
    assert Path(same["keep"]).name == temple
    assert all(
        set(photo) == {"path", "width", "height", "bytes", "similarity"} for photo in same["photos"]
    )


def test_models_list_names_the_one_in_use(
    library: list[str | Path], capsys: pytest.CaptureFixture[str]
) -> None:
    models = {model["id"]: model for model in answer(capsys, "models", *library)["models"]}
    assert models["builtin"]["installed"]
    assert models["builtin"]["in_use"]
    recommended = [model for model in models.values() if model["recommended"]]
    assert len(recommended) == 1
    assert not recommended[0]["installed"]


def test_a_download_without_a_network_is_one_clear_line(
    library: list[str | Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    models = answer(capsys, "models", *library)["models"]
    recommended = next(model["id"] for model in models if model["recommended"])
    assert main(["models", "download", recommended, *map(str, library)]) == 1
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_a_checkpoint_that_cannot_be_loaded_is_not_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = tmp_path / "mine.pt"
    checkpoint.write_bytes(b"no pickle at all")
    arguments = ["import", str(checkpoint), "--architecture", "ViT-B-32", "--allow-pickle"]
    assert main(["models", *arguments, "--library", str(tmp_path / "library")]) == 1
    assert "mine.pt is damaged" in capsys.readouterr().err
    assert list(LibraryPaths(tmp_path / "library").models.iterdir()) == []


def test_doctor_finds_everything_sound(
    library: list[str | Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", *map(str, library)]) == 0
    printed = capsys.readouterr().out
    assert "everything is sound" in printed
    assert "device:" in printed
    assert re.search(r"device: +cpu \(onnx-int8\)", printed)
    assert re.search(r"computing: +ONNX Runtime, 8 bit, with graphs .* not prepared", printed)


def test_doctor_finds_what_is_not_sound(
    place: Path, library: list[str | Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(place / "library", damaged)
    for file in LibraryPaths(damaged).index.glob("*.usearch"):
        file.write_bytes(b"")
    assert main(["doctor", "--library", str(damaged)]) == 1
    assert re.search("search index: +DAMAGED", capsys.readouterr().out)
    (tmp_path / "file").touch()
    assert main(["doctor", "--library", str(tmp_path / "file")]) == 1
    assert "is not a folder" in capsys.readouterr().out


@pytest.mark.timeout(300)
def test_prepared_model_is_used_and_doctor_shows_the_figures(
    place: Path, library: list[str | Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    copy = tmp_path / "library"
    shutil.copytree(place / "library", copy)
    assert answer(capsys, "doctor", "--library", copy)["compute"] is None
    assert main(["models", "prepare", "--library", str(copy)]) == 0
    assert "pictures/s" in capsys.readouterr().err
    report = answer(capsys, "doctor", "--library", copy)
    compute = report["compute"]
    assert report["problems"] == 0
    assert compute["photos"] == 16  # too few for 8 bit, which is not considered
    assert set(compute["modes"]) >= {"torch", "onnx"}
    assert set(compute["modes"]) <= {"torch", "torch-bf16", "onnx"}
    assert all(mode["per_second"] > 0 for mode in compute["modes"].values())
    assert compute["modes"][compute["pictures"]]["faithful"]
    facts = {fact["name"]: fact["value"] for fact in report["facts"]}
    assert facts["device"] == f"cpu ({compute['pictures']})"
    before = answer(capsys, "search", "a cat", *library)["hits"]
    after = answer(capsys, "search", "a cat", "--library", copy)["hits"]
    assert [Path(hit["path"]).name for hit in after] == [Path(hit["path"]).name for hit in before]


def test_model_that_cannot_be_prepared_is_a_clear_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    models = LibraryPaths(tmp_path).models
    models.mkdir()
    (models / "builtin").touch()  # where the folder for its prepared files belongs
    assert main(["models", "prepare", "--quiet", "--library", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "could not be prepared: " in line


def test_doctor_and_search_report_a_damaged_catalog_and_leave_it_alone(
    place: Path,
    library: list[str | Path],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(place / "library", damaged)
    catalog = LibraryPaths(damaged).catalog
    catalog.write_bytes(b"not a database at all" * 1000)
    before = catalog.read_bytes()
    for command in (["doctor"], ["search", "a cat"], ["index", str(place / "photos")]):
        assert main([*command, "--library", str(damaged)]) == 1
        printed = capsys.readouterr()
        assert "catalog" in printed.out + printed.err
    assert catalog.read_bytes() == before


def test_a_damaged_index_is_rebuilt_and_said_so(
    place: Path,
    library: list[str | Path],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(place / "library", damaged)
    (file,) = LibraryPaths(damaged).index.glob("*.usearch")
    data = bytearray(file.read_bytes())
    for position in range(100, min(len(data), 4000), 97):
        data[position] ^= 0xFF
    file.write_bytes(data)
    assert main(["search", "a flower", "--library", str(damaged), "--json"]) == 0
    printed = capsys.readouterr()
    hits = json.loads(printed.out)["hits"]
    assert Path(hits[0]["path"]).name == samples.SAMPLE_NAMES["flower"]
    assert "rebuilt" in printed.err


def test_index_is_done_by_the_process_that_holds_the_library(
    place: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    paths = LibraryPaths(tmp_path / "held")
    asked: list[list[str]] = []
    report = {"indexed": 7, "unchanged": 0, "removed": 0, "failed": [], "seconds": 1.0}

    def handle(message: dict[str, Any], reply: Any) -> None:
        asked.append(message["folders"])
        reply({"report": report})

    with LibraryLock(paths) as lock:
        lock.acquire("the photofind window")
        server = OwnerServer(paths, "the photofind window", handle)
        try:
            found = answer(capsys, "index", place / "photos", "--library", paths.home)
        finally:
            server.close()
    assert found == report
    assert asked == [[str(place / "photos")]]


def test_index_beside_one_that_does_not_listen_says_who_holds_the_library(
    place: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    paths = LibraryPaths(tmp_path / "held")
    with LibraryLock(paths) as lock:
        lock.acquire("photofind index")
        assert main(["index", str(place / "photos"), "--library", str(paths.home)]) == 1
    assert f"photofind index (process {os.getpid()})" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="names are text there")
def test_a_name_that_is_no_text_survives_in_json(place: Path, tmp_path: Path) -> None:
    photos = tmp_path / "odd"
    photos.mkdir()
    try:
        odd = samples.non_utf8_name(photos)
    except OSError:
        pytest.skip("this file system takes only text as names")
    command = [sys.executable, "-m", "photofind", "--library", str(tmp_path / "library")]
    subprocess.run([*command, "index", str(photos)], check=True, timeout=100)
    done = subprocess.run(
        [*command, "search", "caf", "--json"], capture_output=True, check=True, timeout=100
    )
    (hit,) = json.loads(done.stdout)["hits"]
    assert hit["path"] == str(odd)
