"""Fixtures for all tests: pictures, a private home, and a guard against unexpected errors.

Nothing a test does may reach the user's own library, trash, or the network.
"""

import atexit
import gc
import logging
import math
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_DATA_HOME = tempfile.mkdtemp(prefix="photofind-tests-")
atexit.register(shutil.rmtree, _DATA_HOME, ignore_errors=True)
# Set before anything is imported that reads them once: Qt, Send2Trash, huggingface_hub.
os.environ["XDG_DATA_HOME"] = _DATA_HOME
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["HF_HUB_OFFLINE"] = "1"

from photofind.core.paths import LibraryPaths  # noqa: E402
from photofind.core.types import InstalledEncoder  # noqa: E402
from photofind.engine.tuner import Tuner  # noqa: E402
from tests import samples  # noqa: E402

# No engine under test has its model prepared by the way, however long it rests.
Tuner.rest_seconds = Tuner.long_seconds = math.inf


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "expects_errors: photofind logs errors here, and that is right"
    )
    # A shell starts background jobs deaf to Ctrl-C, and the programs under test would inherit it.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def private_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The default library lies in the test's own folder."""
    home = tmp_path / "default-library"
    monkeypatch.setenv("PHOTOFIND_HOME", str(home))
    return home


_FULL_EVERY = 40  # tests between two full collections
_tests_run = 0


@pytest.fixture(autouse=True)
def garbage_in_the_main_thread() -> Iterator[None]:
    """Python's cycles are collected between tests, as the window does it.

    The automatic collector would run in the threads under test and destroy widgets there.
    """
    global _tests_run
    gc.disable()
    yield
    _tests_run += 1
    gc.collect(2 if _tests_run % _FULL_EVERY == 0 else 1)


class _ErrorCollector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"{record.name}: {logging.Formatter().format(record)}")


@pytest.fixture(autouse=True)
def error_guard(request: pytest.FixtureRequest) -> Iterator[None]:
    """An error logged by photofind fails the test, unless the test is about it.

    A test says so with the marker `expects_errors`, or by reading the log itself (`caplog`).
    """
    collector = _ErrorCollector()
    logger = logging.getLogger("photofind")
    logger.addHandler(collector)
    yield
    logger.removeHandler(collector)
    expected = request.node.get_closest_marker("expects_errors") is not None
    if collector.messages and not expected and "caplog" not in request.fixturenames:
        pytest.fail("unexpected errors in the log:\n" + "\n".join(collector.messages))


@pytest.fixture
def library_home(tmp_path: Path) -> LibraryPaths:
    """The files of a library that does not exist yet."""
    return LibraryPaths(tmp_path / "library")


@pytest.fixture(scope="session")
def sample_originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real sample photos, written once; read only. `samples.SAMPLE_NAMES` names them."""
    return samples.write_sample_photos(tmp_path_factory.mktemp("samples"))


@pytest.fixture
def sample_photos(tmp_path: Path, sample_originals: Path) -> Path:
    """A folder of 14 real photos of the test's own. `samples.SAMPLE_NAMES` says what is where."""
    folder = tmp_path / "photos"
    folder.mkdir(exist_ok=True)
    for path in sample_originals.iterdir():
        shutil.copy(path, folder)
    return folder


@pytest.fixture
def drawn_photos(tmp_path: Path) -> Path:
    """A folder of eight different drawn photos, `drawn_000.jpg` to `drawn_007.jpg`."""
    folder = tmp_path / "drawn"
    samples.write_drawn_photos(folder, 8)
    return folder


@pytest.fixture(scope="session")
def prepared_clip(tmp_path_factory: pytest.TempPathFactory) -> InstalledEncoder:
    """A very small model that ONNX Runtime computes in float32; not to be changed by tests."""
    from tests.encoders import tiny

    return tiny.prepare_open_clip(tmp_path_factory.mktemp("prepared"))


@pytest.fixture(scope="session")
def shared_photos() -> Path:
    """The folder of zipped photo sets; the test is skipped where it is missing."""
    beside = Path(__file__).resolve().parent.parent.parent / "shared" / "photos"
    folder = Path(os.environ.get("PHOTOFIND_PHOTOS", beside))
    if not any(folder.glob("*.zip")):
        pytest.skip(f"no photo sets in {folder}; set PHOTOFIND_PHOTOS to a folder that has them")
    return folder


@pytest.fixture(scope="session", autouse=True)
def empty_clipboard() -> Iterator[None]:
    """Clear the clipboard before the interpreter ends.

    Qt's offscreen platform keeps what was copied in a static, and destroying data that came from
    Python after Python has ended crashes.
    """
    yield
    from PySide6.QtGui import QGuiApplication

    if QGuiApplication.instance() is not None:
        QGuiApplication.clipboard().clear()
