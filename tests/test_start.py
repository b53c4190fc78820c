"""What a start must not wait for."""

import subprocess
import sys

# The first picture needs none of these; the threads import them when it is on show.
LATER = (
    "numkong",
    "photofind.core.catalog",
    "photofind.core.indexer",
    "photofind.core.library",
    "photofind.core.search",
    "photofind.core.vectors",
    "photofind.engine.client",
    "photofind.gui.duplicates_window",
    "photofind.gui.preferences_dialog",
    "PIL",
    "psutil",
    "send2trash",
    "sqlite3",
    "usearch",
    "watchdog",
)


def test_the_window_is_painted_before_what_only_other_threads_need_is_imported() -> None:
    script = (
        "import sys, photofind.commands.window, photofind.app\n"
        f"print([name for name in {LATER} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
