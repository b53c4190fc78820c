"""The command line: reads arguments, calls one command, turns errors into exit codes.

Exit codes: 0 done, 1 a clear error (one line on stderr), 2 wrong usage, 130 interrupted.
Everything beyond argparse is imported by the command that needs it.
"""

import argparse
import contextlib
import io
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import photofind
from photofind.core.errors import PhotofindError

COMMANDS = ("index", "search", "duplicates", "models", "doctor")


def main(argv: Sequence[str] | None = None) -> int:
    """Run `photofind` with these arguments and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            _accept_any_name(stream)
    options = _parse(arguments)
    logging.basicConfig(
        level=logging.ERROR if options.quiet else logging.WARNING,
        format="photofind: %(message)s",
        stream=sys.stderr,
    )
    try:
        code = _run(options)
        if sys.stdout is not None:  # pyright: ignore[reportUnnecessaryComparison] - closed: None
            sys.stdout.flush()
        return code
    except PhotofindError as error:
        print(f"photofind: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("photofind: stopped; what was done is kept", file=sys.stderr)
        return 130
    except BrokenPipeError:
        _drop_output()  # its reader has gone; nothing more can be said to it
        return 1
    except OSError as error:
        _drop_output()
        print(f"photofind: {error}", file=sys.stderr)
        return 1


def _accept_any_name(stream: io.TextIOWrapper) -> None:
    """Printing must not fail for a name that is no text, or that the terminal cannot show."""
    whole = os.name == "posix" and stream.encoding.lower() in ("utf-8", "utf8")
    stream.reconfigure(errors="surrogateescape" if whole else "backslashreplace")


def _drop_output() -> None:
    """Have what is still buffered go nowhere, so that the end of the process cannot fail on it."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(options: argparse.Namespace) -> int:
    if options.command == "index":
        from photofind.commands.index import run
    elif options.command == "search":
        from photofind.commands.search import run
    elif options.command == "duplicates":
        from photofind.commands.duplicates import run
    elif options.command == "models":
        from photofind.commands.models import run
    elif options.command == "doctor":
        from photofind.commands.doctor import run
    else:
        from photofind.commands.window import run
    return run(options)


def _parse(arguments: list[str]) -> argparse.Namespace:
    """Options with every common one set. A first word that is no command names a folder."""
    common = _common()
    first = _first_word(arguments)
    wants_help = first is None and ("-h" in arguments or "--help" in arguments)
    parser = (_command_parser if first in COMMANDS or wants_help else _window_parser)(common)
    # Not as argparse defaults: those of a subcommand would wipe out what stood before it.
    defaults = {"library": None, "model": None, "quiet": False, "json": False}
    options = argparse.Namespace(**(defaults | vars(parser.parse_args(arguments))))
    if options.command == "search":
        _check_search(options)
    return options


def _first_word(arguments: list[str]) -> str | None:
    """The first argument that is neither an option nor the value of a common one."""
    is_value = False
    for argument in arguments:
        if not is_value and not argument.startswith("-"):
            return argument
        is_value = argument in ("--library", "--model")
    return None


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(
        add_help=False, argument_default=argparse.SUPPRESS, allow_abbrev=False
    )
    group = common.add_argument_group("common options")
    group.add_argument(
        "--library", type=Path, metavar="DIR", help="data folder (default: PHOTOFIND_HOME)"
    )
    group.add_argument("--model", metavar="ID", help="model to use, see 'photofind models'")
    group.add_argument("--quiet", action="store_true", help="no progress, no remarks")
    group.add_argument("--version", action="version", version=f"photofind {photofind.__version__}")
    return common


def _window_parser(common: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="photofind",
        description=f"Open the window. Commands: {', '.join(COMMANDS)}.",
        parents=[common],
    )
    parser.add_argument(
        "folders", nargs="*", type=Path, metavar="FOLDER", help="photo folders to add"
    )
    parser.set_defaults(command=None)
    return parser


def _command_parser(common: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="photofind",
        description="Find photos on your own computer: by words, by another picture, "
        "or by what is twice there.",
        usage="photofind [FOLDER ...]\n       photofind COMMAND [options]",
        epilog="Without a command, 'photofind [FOLDER ...]' opens the window.",
        parents=[common],
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", prog="photofind")
    _add_index(commands, common)
    _add_search(commands, common)
    duplicates = commands.add_parser(
        "duplicates", parents=[common], help="list photos that are there more than once"
    )
    duplicates.add_argument("--json", action="store_true", help="one JSON document on stdout")
    _add_models(commands, common)
    doctor = commands.add_parser(
        "doctor", parents=[common], help="what is installed, which device, is the library sound"
    )
    doctor.add_argument("--json", action="store_true", help="one JSON document on stdout")
    return parser


def _add_index(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser
) -> None:
    index = commands.add_parser(
        "index", parents=[common], help="bring the library up to date, then exit"
    )
    index.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    index.add_argument("--json", action="store_true", help="one JSON document on stdout")


def _add_search(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser
) -> None:
    search = commands.add_parser("search", parents=[common], help="find photos")
    search.add_argument("text", nargs="?", default="", metavar="TEXT", help="words")
    search.add_argument(
        "--image", action="append", default=[], type=Path, metavar="FILE", help="a picture"
    )
    search.add_argument(
        "--not", action="append", default=[], dest="unwanted", metavar="TEXT", help="not this"
    )
    search.add_argument(
        "--limit", type=_positive, default=20, metavar="N", help="at most N (default 20)"
    )
    search.add_argument("--json", action="store_true", help="one JSON document on stdout")
    search.set_defaults(refuse=search.error)


def _add_models(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser
) -> None:
    models = commands.add_parser(
        "models", parents=[common], help="list, download, use, import, prepare"
    )
    actions = models.add_subparsers(dest="action", metavar="ACTION")
    models.set_defaults(action="list")
    listing = actions.add_parser("list", parents=[common], help="known and installed models")
    for parser in (models, listing):
        parser.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="as one JSON document"
        )
    for name, text in (("download", "fetch a model"), ("use", "search with this model")):
        action = actions.add_parser(name, parents=[common], help=text)
        action.add_argument("id", metavar="ID")
    preparing = actions.add_parser(
        "prepare", parents=[common], help="find the fastest way to compute a model here"
    )
    preparing.add_argument("id", nargs="?", metavar="ID", help="default: the model in use")
    importing = actions.add_parser("import", parents=[common], help="a model from a file or folder")
    importing.add_argument("path", type=Path, metavar="PATH")
    importing.add_argument("--architecture", metavar="NAME", help="open_clip's name, for a file")
    importing.add_argument(
        "--allow-pickle", action="store_true", help="accept a checkpoint that is a pickle"
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


_positive.__name__ = "positive number"


def _check_search(options: argparse.Namespace) -> None:
    if not options.text.strip() and not options.image and not options.unwanted:
        options.refuse("say what to look for: words, --image FILE, or --not WORDS")
