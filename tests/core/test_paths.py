"""Where a library lies, and where the shipped resources are."""

from pathlib import Path

import platformdirs
import pytest

from photofind.core.paths import LibraryPaths, resources


def test_named_library_comes_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHOTOFIND_HOME", str(tmp_path / "environment"))
    assert LibraryPaths.default(tmp_path / "named").home == tmp_path / "named"
    assert LibraryPaths.default().home == tmp_path / "environment"


def test_without_either_it_is_the_systems_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PHOTOFIND_HOME")
    assert LibraryPaths.default().home == platformdirs.user_data_path("photofind", appauthor=False)
    monkeypatch.setenv("PHOTOFIND_HOME", "")
    assert LibraryPaths.default().home == platformdirs.user_data_path("photofind", appauthor=False)


def test_relative_and_home_paths_become_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert LibraryPaths.default(Path("library")).home == tmp_path / "library"
    assert LibraryPaths.default(Path("~/library")).home == Path.home() / "library"


def test_all_files_lie_below_home_under_names_of_their_own(library_home: LibraryPaths) -> None:
    paths = [
        getattr(library_home, name)
        for name, value in vars(LibraryPaths).items()
        if isinstance(value, property)
    ]
    assert len(paths) >= 8
    assert len(set(paths)) == len(paths)
    assert all(path.parent == library_home.home for path in paths)


def test_asking_for_paths_creates_nothing(library_home: LibraryPaths) -> None:
    assert library_home.catalog.name == "catalog.sqlite3"
    assert not library_home.home.exists()


def test_resources_are_found_beside_the_package() -> None:
    assert resources().name == "resources"
    assert resources().is_absolute()
