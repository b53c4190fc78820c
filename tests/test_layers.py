"""What import-linter cannot say: which parts of large libraries a process loads at all."""

import subprocess
import sys

import pytest

_HEAVY = ("torch", "torchvision", "open_clip", "timm", "onnxruntime", "pillow_heif", "rawpy")


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import photofind.app", _HEAVY),
        (
            "import pkgutil, importlib, photofind.workers as p\n"
            "for m in pkgutil.iter_modules(p.__path__): importlib.import_module("
            "'photofind.workers.' + m.name)",
            ("PySide6.QtWidgets", "qtawesome", *_HEAVY),
        ),
        (
            # A spawned engine loads the program's entry again. After usearch 2.26.6 the import of
            # onnxruntime 1.32 ends the process.
            "import photofind.cli, photofind.engine.server, photofind.engine.tuner_process\n"
            "import pkgutil, importlib, photofind.encoders as p\n"
            "for m in pkgutil.iter_modules(p.__path__): importlib.import_module("
            "'photofind.encoders.' + m.name)",
            ("PySide6", "usearch", "numkong"),
        ),
        (
            "import pkgutil, importlib, photofind.core as p\n"
            "for m in pkgutil.iter_modules(p.__path__): importlib.import_module("
            "'photofind.core.' + m.name)",
            ("PySide6", *_HEAVY),
        ),
    ],
    ids=["window", "workers", "engine", "core"],
)
def test_a_part_does_not_load_what_is_not_its_own(code: str, unwanted: tuple[str, ...]) -> None:
    script = f"{code}\nimport sys\nprint(sorted(m for m in {unwanted!r} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=100, check=True
    )
    assert done.stdout.strip() == "[]"
