"""What the command line understands, and how it ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from photofind.cli import main


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the real command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "photofind", *map(str, arguments)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def one_line(text: str) -> str:
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    return lines[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ["search"],
        ["search", "   "],
        ["search", "dog", "--limit", "0"],
        ["search", "dog", "--limit", "many"],
        ["index"],
        ["index", "--nonsense"],
        ["models", "use"],
        ["models", "nonsense"],
        ["--nonsense"],
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_usage_names_the_command_that_was_used(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("index", "search"):
        with pytest.raises(SystemExit):
            main([command])
        printed = capsys.readouterr().err.splitlines()
        assert printed[0].startswith(f"usage: photofind {command} [-h]")
        assert printed[-1].startswith(f"photofind {command}: error:")


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("photofind 0.")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    for command in ("index", "search", "duplicates", "models", "doctor"):
        assert command in printed


@pytest.mark.parametrize("command", [["search", "dog"], ["duplicates"]])
def test_a_library_that_is_not_there_is_one_clear_line(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--library", str(tmp_path / "none")]) == 1
    printed = capsys.readouterr()
    assert "photofind index" in one_line(printed.err)
    assert printed.out == ""
    assert not (tmp_path / "none").exists()


def test_index_of_a_missing_folder_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["index", str(tmp_path / "no such folder")]) == 1
    assert "does not exist" in one_line(capsys.readouterr().err)


def test_index_of_a_file_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(b"x")
    assert main(["index", str(file)]) == 1
    assert "is not a folder" in one_line(capsys.readouterr().err)


def test_an_unknown_model_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photos").mkdir()
    library = tmp_path / "library"
    arguments = ["index", str(tmp_path / "photos"), "--model", "nonsense"]
    assert main([*arguments, "--library", str(library)]) == 1
    assert "nonsense" in one_line(capsys.readouterr().err)


def test_window_without_a_display_names_the_commands_that_need_none(tmp_path: Path) -> None:
    done = run("--library", tmp_path, QT_QPA_PLATFORM="", DISPLAY="", WAYLAND_DISPLAY="")
    assert done.returncode == 1
    line = one_line(done.stderr)
    assert "photofind index" in line
    assert "photofind search" in line


def test_window_on_a_dead_display_names_the_commands_that_need_none(tmp_path: Path) -> None:
    done = run("--library", tmp_path, QT_QPA_PLATFORM="", DISPLAY=":4711", WAYLAND_DISPLAY="")
    assert done.returncode == 1
    assert "photofind index" in one_line(done.stderr)


def test_window_on_something_that_is_no_folder_is_one_clear_line(tmp_path: Path) -> None:
    done = run("--library", tmp_path / "library", tmp_path / "missing")
    assert done.returncode == 1
    assert "not a folder" in one_line(done.stderr)


def test_the_environment_names_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PHOTOFIND_HOME", str(tmp_path / "elsewhere"))
    assert main(["search", "dog"]) == 1
    assert str(tmp_path / "elsewhere") in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_output_that_cannot_be_written_is_one_clear_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "photofind", "models", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=100,
            check=False,
        )
    assert done.returncode == 1
    assert "photofind:" in one_line(done.stderr)


def test_a_reader_that_goes_away_is_no_error() -> None:
    theirs, ours = os.pipe()
    os.close(theirs)
    with os.fdopen(ours, "w") as output:
        done = subprocess.run(
            [sys.executable, "-m", "photofind", "models", "list", "--json"],
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            timeout=100,
            check=False,
        )
    assert done.stderr == ""


def test_preferences_that_cannot_be_written_are_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "settings.json").mkdir()
    assert main(["models", "use", "builtin", "--library", str(tmp_path)]) == 1
    assert "cannot be written" in capsys.readouterr().err.splitlines()[-1]


def test_starting_the_command_line_imports_neither_torch_nor_qt() -> None:
    code = (
        "import sys, photofind.cli, photofind.commands.search, photofind.commands.index\n"
        "print([m for m in ('torch', 'PySide6', 'open_clip', 'pillow_heif', 'rawpy')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
