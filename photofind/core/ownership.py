"""Who writes to a library: one process at a time, and a way to talk to that process.

The lock is the operating system's (it dies with its process, so nothing goes stale). Beside it
lies a note that says who holds it and where that process listens. Messages are JSON objects over
`multiprocessing.connection`, never pickles.
"""

import contextlib
import hashlib
import json
import logging
import os
import secrets
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

import filelock

from photofind.core.errors import LibraryBusyError, LibraryError
from photofind.core.paths import LibraryPaths

log = logging.getLogger(__name__)

Message = dict[str, Any]
Reply = Callable[[Message], None]
Handler = Callable[[Message, Reply], None]


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that writes to a library. `address` is empty where it does not listen."""

    program: str  # "the photofind window", "photofind index"
    pid: int
    address: str = ""
    key: str = ""  # hex, shared secret of the connection


class LibraryLock:
    """The right to write to one library, held until `release` or the end of the process."""

    def __init__(self, paths: LibraryPaths) -> None:
        self._paths = paths
        self._lock = filelock.FileLock(paths.lock, blocking=False)

    def acquire(self, program: str) -> None:
        """Take the right to write.

        Raises LibraryBusyError naming the holder, or LibraryError where the folder is unusable.
        """
        try:
            self._paths.home.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except filelock.Timeout:
            raise LibraryBusyError(self._busy()) from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise LibraryError(
                f"The library folder {self._paths.home} cannot be written: {reason}."
            ) from error
        write_owner(self._paths, Owner(program, os.getpid()))

    def release(self) -> None:
        if self._lock.is_locked:
            with contextlib.suppress(OSError):
                self._paths.owner.unlink()
            self._lock.release()

    def _busy(self) -> str:
        owner = read_owner(self._paths)
        who = f"{owner.program} (process {owner.pid})" if owner else "another program"
        return f"The library {self._paths.home} is being written by {who}."

    def __enter__(self) -> "LibraryLock":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def read_owner(paths: LibraryPaths) -> Owner | None:
    """Who noted down that they write; None where nobody did. The note may be out of date."""
    try:
        raw: Any = json.loads(paths.owner.read_text("utf-8"))
        return Owner(str(raw["program"]), int(raw["pid"]), str(raw["address"]), str(raw["key"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_owner(paths: LibraryPaths, owner: Owner) -> None:
    """Note down who writes, readable by this user alone: the note holds the connection's key."""
    temporary = paths.owner.with_suffix(".new")
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(owner), file)
    temporary.replace(paths.owner)


class OwnerServer:
    """Listens for other photofind processes, as long as this one holds the lock.

    `handler` runs in a thread of its own for each caller and answers through its second argument.
    """

    def __init__(self, paths: LibraryPaths, program: str, handler: Handler) -> None:
        self._handler = handler
        self._key = secrets.token_bytes(32)
        self._listener = Listener(_address(paths), authkey=self._key)
        self._closed = False
        address = str(self._listener.address)
        try:
            write_owner(paths, Owner(program, os.getpid(), address, self._key.hex()))
        except OSError:
            self._listener.close()
            raise
        self._thread = threading.Thread(target=self._serve, name="owner-server", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed = True
        if sys.platform != "win32":
            # Closing a socket does not wake a thread that waits in accept(); a last caller does,
            # who says nothing and waits for nothing.
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as caller:
                caller.connect(str(self._listener.address))
        self._thread.join(2)
        self._listener.close()

    def _serve(self) -> None:
        while not self._closed:
            try:
                connection = self._listener.accept()
            except (OSError, EOFError):
                if self._closed:
                    return
                continue
            except Exception as error:  # noqa: BLE001 - a stranger at the door must not close it
                if self._closed:
                    return
                log.info("a caller was turned away: %s", error)
                continue
            if self._closed:
                connection.close()
                return
            threading.Thread(target=self._attend, args=(connection,), daemon=True).start()

    def _attend(self, connection: Connection) -> None:
        with connection, contextlib.suppress(OSError, EOFError):
            message: Any = json.loads(connection.recv_bytes(1 << 20))
            self._handler(message, lambda answer: _send(connection, answer))


def ask_owner(
    paths: LibraryPaths, message: Message, on_answer: Callable[[Message], None] | None = None
) -> Message:
    """Send one message to the process that writes and wait for its last answer.

    Answers that hold "progress" are passed to `on_answer`; the first other one is returned.
    Raises LibraryBusyError where the holder does not listen or goes away.
    """
    owner = read_owner(paths)
    if owner is None or not owner.address:
        who = f"{owner.program} (process {owner.pid})" if owner else "another program"
        raise LibraryBusyError(f"The library {paths.home} is being written by {who}.")
    try:
        with Client(owner.address, authkey=bytes.fromhex(owner.key)) as connection:
            _send(connection, message)
            while True:
                answer: Message = json.loads(connection.recv_bytes())
                if "progress" not in answer:
                    return answer
                if on_answer is not None:
                    on_answer(answer)
    except (OSError, EOFError, ValueError) as error:
        raise LibraryBusyError(
            f"{owner.program} (process {owner.pid}) holds the library {paths.home} "
            "and did not answer."
        ) from error


def _send(connection: Connection, message: Message) -> None:
    connection.send_bytes(json.dumps(message).encode())


def _address(paths: LibraryPaths) -> str:
    """A fresh place to listen: short, because socket paths end at about 100 characters."""
    name = hashlib.sha256(os.fsencode(paths.home)).hexdigest()[:12]
    unique = f"photofind-{name}-{os.getpid()}"
    if sys.platform == "win32":
        return rf"\\.\pipe\{unique}"
    address = Path(tempfile.gettempdir()) / f"{unique}.sock"
    with contextlib.suppress(FileNotFoundError):
        address.unlink()
    return str(address)
