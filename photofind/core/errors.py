"""Known errors. Everything that is not a `PhotofindError` is a bug.

PhotofindError
├── LibraryError          the data folder cannot be used
│   ├── LibraryBusyError  another process writes to it
│   ├── CatalogCorruptError
│   └── CatalogTooNewError
├── FolderError           a photo folder cannot be added or read
├── ImageError            one picture cannot be used; carries a reason in plain words
├── EncoderError          a model cannot be found, loaded or downloaded
│   ├── EncoderMissingError
│   └── DownloadError
├── EngineError           the engine process did not answer
├── QueryError            a search that cannot be run
└── TrashError            a photo could not be moved to the trash or back
"""


class PhotofindError(Exception):
    """An expected failure; its message tells the user what to do."""


class LibraryError(PhotofindError):
    """The data folder cannot be used."""


class LibraryBusyError(LibraryError):
    """Another process writes to this library."""


class CatalogCorruptError(LibraryError):
    """The catalog is damaged; it is never overwritten."""


class CatalogTooNewError(LibraryError):
    """The catalog was written by a newer photofind."""


class FolderError(PhotofindError):
    """A photo folder cannot be added or read."""


class ImageError(PhotofindError):
    """One picture cannot be used; the message is the reason in plain words."""


class EncoderError(PhotofindError):
    """A model cannot be loaded."""


class EncoderMissingError(EncoderError):
    """A model is not installed."""


class DownloadError(EncoderError):
    """A model could not be fetched or did not match its checksum."""


class EngineError(PhotofindError):
    """The engine process did not answer, or refused a request."""


class QueryError(PhotofindError):
    """A search that cannot be run."""


class TrashError(PhotofindError):
    """A photo could not be moved to the trash or back."""
