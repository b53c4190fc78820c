"""Preferences: what a damaged file costs, and that writing is atomic."""

import dataclasses
import json
from pathlib import Path

import pytest

from photofind.core.settings import Settings, load_settings, save_settings


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    changed = Settings(encoder="vit-b", threads=3, show_details=True, theme="dark")
    save_settings(tmp_path / "settings.json", changed)
    assert load_settings(tmp_path / "settings.json") == changed


def test_missing_file_gives_the_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none.json") == Settings()


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b"null", b"\xff\xfe\x00", b'"text"'])
def test_damaged_file_gives_the_defaults(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    assert load_settings(path) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [("threads", "many"), ("threads", True), ("show_folders", 0), ("theme", None), ("device", 5)],
)
def test_one_bad_entry_does_not_cost_the_others(tmp_path: Path, name: str, value: object) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"encoder": "kept", name: value, "from the future": 1}))
    assert load_settings(path) == dataclasses.replace(Settings(), encoder="kept")


def test_saving_creates_the_folder_and_leaves_no_scraps(tmp_path: Path) -> None:
    path = tmp_path / "new" / "settings.json"
    save_settings(path, Settings())
    save_settings(path, Settings(theme="light"))
    assert [entry.name for entry in path.parent.iterdir()] == ["settings.json"]


def test_failed_write_keeps_the_old_file_and_leaves_no_scraps(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    save_settings(path, Settings(theme="dark"))
    unwritable = Settings(theme=object())  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        save_settings(path, unwritable)
    assert load_settings(path).theme == "dark"
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == ["settings.json"]
