"""Takes README's screenshots of the running program: `python packaging/screenshots`.

Shows nothing but the sample photos that scikit-image and scikit-learn carry (extra `test`). Runs
without a display on Qt's offscreen platform.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
_HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(_HERE.parents[1]))

from PIL import Image  # noqa: E402
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402

from photofind.app import Application  # noqa: E402
from photofind.core.ownership import LibraryLock  # noqa: E402
from photofind.core.paths import LibraryPaths  # noqa: E402
from photofind.gui.theme import apply_theme  # noqa: E402
from tests import samples  # noqa: E402

_PATIENCE = 120.0  # seconds for the engine to start and to look at a few photos


def main() -> None:
    app = QApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory(prefix="photofind-") as name:
        photos = Path(name) / "Photos"
        _fill(photos)
        paths = LibraryPaths(Path(name) / "library")
        with LibraryLock(paths) as lock:
            lock.acquire("the photofind window")
            _take(app, Application(app, paths), photos)


def _fill(photos: Path) -> None:
    """Real photos, and among them a copy and smaller versions as people have them."""
    samples.write_sample_photos(photos / "Holiday", ["temple", "flower", "cat", "coffee", "rocket"])
    others = [name for name in samples.SAMPLE_SOURCES if name not in ("page", "bricks")]
    samples.write_sample_photos(photos / "Pictures", others[:1] + others[4:10])
    cat = photos / "Holiday" / samples.SAMPLE_NAMES["cat"]
    shutil.copy(cat, photos / "Pictures" / "cat (copy).jpg")
    for name in ("coffee", "temple"):
        with Image.open(photos / "Holiday" / samples.SAMPLE_NAMES[name]) as image:
            half = image.resize((image.width // 2, image.height // 2))
            half.save(photos / "Pictures" / f"{name} for mail.jpg", quality=70)


def _take(app: QApplication, application: Application, photos: Path) -> None:
    window = application.window
    window.resize(1280, 800)
    application.start([photos])
    count = sum(1 for path in photos.rglob("*.jpg"))
    _wait(app, lambda: application.photos.rowCount() == count)
    application.window.parts.grid.set_tile_height(220)
    _settle(app)
    _grab(window, "library")
    apply_theme(app, "dark")
    window.parts.search.type_text("a cup of coffee")
    _wait(app, lambda: bool(application.photos.query.terms))
    window.parts.grid.go_to(int(application.photos.ids[0]))
    window.show_details(True)
    _settle(app)
    _grab(window, "search")
    apply_theme(app, "light")
    application.duplicates.open()
    duplicates = application.duplicates.window
    assert duplicates is not None
    duplicates.resize(1280, 800)
    _wait(app, lambda: bool(duplicates.review.groups))
    _settle(app)
    _grab(duplicates, "duplicates")
    application.stop()


def _wait(app: QApplication, done: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("the window did not come as far as expected")
        app.processEvents()
        time.sleep(0.02)


def _settle(app: QApplication) -> None:
    """Let thumbnails arrive and animations end."""
    end = time.monotonic() + 3
    _wait(app, lambda: time.monotonic() > end)


def _grab(widget: QWidget, name: str) -> None:
    widget.grab().save(str(_HERE / f"{name}.png"))
    print(_HERE / f"{name}.png")


if __name__ == "__main__":
    main()
