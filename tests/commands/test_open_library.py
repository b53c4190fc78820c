"""What several commands share."""

from pathlib import Path

from photofind.commands.open_library import shown


def test_a_path_is_one_line_without_control_sequences() -> None:
    assert shown(Path("new\nline\t\x1b[31m.jpg")) == r"new\nline\t\x1b[31m.jpg"
    assert shown("Öl ×\udcff.jpg") == "Öl ×\udcff.jpg"
