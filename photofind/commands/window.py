"""`photofind [FOLDER ...]`: opens the window, or hands its folders to the one that is open."""

import argparse
import ctypes.util
import os
import socket
import sys
from pathlib import Path

from photofind.commands.open_library import library_paths, remark
from photofind.core.errors import FolderError, LibraryBusyError, PhotofindError
from photofind.core.ownership import LibraryLock, ask_owner
from photofind.core.paths import LibraryPaths

_WITHOUT = (
    "use 'photofind index FOLDER' and 'photofind search \"words\"', which do the main job "
    "without a window."
)


def run(options: argparse.Namespace) -> int:
    """Open the window and stay until it is closed."""
    paths = library_paths(options)
    folders = [folder.expanduser().absolute() for folder in options.folders]
    for folder in folders:
        if not folder.is_dir():
            raise FolderError(
                f"{folder} is not a folder. Commands are listed by 'photofind --help'."
            )
    with LibraryLock(paths) as lock:
        try:
            lock.acquire("the photofind window")
        except LibraryBusyError:
            return _hand_over(options, paths, folders)
        require_display()
        try:
            from photofind.app import run_window
        except ImportError as error:
            raise PhotofindError(
                f"The window's libraries are missing ({error}); {_WITHOUT}"
            ) from error
        return run_window(paths, folders, options.model)


def _hand_over(options: argparse.Namespace, paths: LibraryPaths, folders: list[Path]) -> int:
    message = {"command": "show", "folders": [str(folder) for folder in folders]}
    answer = ask_owner(paths, message)
    if "error" in answer:
        raise PhotofindError(str(answer["error"]))
    remark(options, "the window is already open; it has been brought to the front")
    return 0


def require_display() -> None:
    """Raise PhotofindError where no window can appear. Qt itself would end the process."""
    if sys.platform in ("win32", "darwin"):
        return
    if platform := os.environ.get("QT_QPA_PLATFORM"):
        if platform.partition(":")[0] not in ("xcb", "wayland"):
            return
    elif not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise PhotofindError(f"There is no display to open a window on; {_WITHOUT}")
    if _wayland_answers():
        return
    if not _x11_answers():
        raise PhotofindError(f"The display does not answer; {_WITHOUT}")
    if ctypes.util.find_library("xcb-cursor") is None:
        raise PhotofindError(
            "Qt needs the system's library libxcb-cursor (Debian: apt install libxcb-cursor0) "
            f"to open a window; until it is there {_WITHOUT}"
        )


def _wayland_answers() -> bool:
    name = os.environ.get("WAYLAND_DISPLAY")
    if not name or os.environ.get("QT_QPA_PLATFORM", "wayland").startswith("xcb"):
        return False
    return _answers(str(Path(os.environ.get("XDG_RUNTIME_DIR", "/run")) / name))


def _x11_answers() -> bool:
    host, _, number = os.environ.get("DISPLAY", "").rpartition(":")
    screen = number.partition(".")[0]
    if not screen.isdigit():
        return False
    if host in ("", "unix"):
        return _answers(f"/tmp/.X11-unix/X{screen}") or _answers(f"\0/tmp/.X11-unix/X{screen}")
    try:
        socket.create_connection((host, 6000 + int(screen)), timeout=5).close()
    except OSError:
        return False
    return True


def _answers(address: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(5)
        try:
            probe.connect(address)
        except OSError:
            return False
    return True
