"""The user's preferences: one JSON file in the library, written atomically."""

import dataclasses
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from photofind.core.atomic_file import replace_file

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """Preferences with their defaults. Unknown or ill-typed entries in a file are ignored."""

    encoder: str = "builtin"
    device: str = "auto"  # auto, cpu, cuda, mps, xpu
    mode: str = "auto"  # how the processor computes; the others: photofind.encoders.modes
    threads: int = 0  # of the engine; 0 chooses from the machine
    polite: bool = True  # go slowly on battery and while other programs are busy
    theme: str = "system"  # system, light, dark
    layout: str = "justified"  # justified, square
    tile_height: int = 200  # logical pixels
    show_folders: bool = True
    show_details: bool = False
    window_geometry: str = ""  # base64 of QWidget.saveGeometry
    window_state: str = ""  # base64 of QMainWindow.saveState
    offer_dismissed: bool = False  # the offer of a larger model was put away


def load_settings(path: Path) -> Settings:
    """Read preferences; a missing or damaged file gives the defaults, entry by entry."""
    try:
        raw: Any = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:
        log.warning("preferences could not be read and are back to their defaults: %s", error)
        return Settings()
    given = cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
    defaults = dataclasses.asdict(Settings())
    return Settings(
        **{
            name: given[name] if type(given.get(name)) is type(default) else default
            for name, default in defaults.items()
        }
    )


def save_settings(path: Path, settings: Settings) -> None:
    """Write preferences so that a crash leaves either the old file or the new one.

    Raises OSError where the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, json.dumps(dataclasses.asdict(settings), indent=1).encode())
