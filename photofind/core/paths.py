"""Where photofind keeps its own files. Knows nothing of the user's photo folders."""

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class LibraryPaths:
    """The files of one library below its data folder `home`."""

    home: Path

    @classmethod
    def default(cls, library: Path | None = None) -> "LibraryPaths":
        """`--library`, else the environment's PHOTOFIND_HOME, else the system's place."""
        if library is not None:
            return cls(library.expanduser().absolute())
        if environment := os.environ.get("PHOTOFIND_HOME"):
            return cls(Path(environment).expanduser().absolute())
        return cls(platformdirs.user_data_path("photofind", appauthor=False))

    @property
    def catalog(self) -> Path:
        return self.home / "catalog.sqlite3"

    @property
    def thumbnails(self) -> Path:
        return self.home / "thumbnails.sqlite3"

    @property
    def index(self) -> Path:
        return self.home / "index"

    @property
    def models(self) -> Path:
        return self.home / "models"

    @property
    def settings(self) -> Path:
        return self.home / "settings.json"

    @property
    def log(self) -> Path:
        return self.home / "photofind.log"

    @property
    def lock(self) -> Path:
        return self.home / "writer.lock"

    @property
    def owner(self) -> Path:
        """Who writes to the library, for those who come second."""
        return self.home / "writer.json"


def resources() -> Path:
    """The shipped `resources` folder: inside an installed wheel, or beside the package."""
    installed = _PACKAGE / "resources"
    return installed if installed.is_dir() else _PACKAGE.parent / "resources"
