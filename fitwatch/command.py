"""Command: ``fitwatch``, the one entry to the app, the diagnostics and the trainer."""

from __future__ import annotations

import argparse
import os
import secrets
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from fitwatch import __version__

if TYPE_CHECKING:
    from diagnostics import Verdict

ABOUT = """\
Tells whether a training overfits, since when, how sure that is, and what would help.

usage: fitwatch [LOGDIR]           open the app over a folder of logs (default: runs) or a URL
       fitwatch COMMAND ...        run one of the commands below; each has its own --help

read logs
  check LOGDIR      print a table of verdicts, or --json, --report FILE
  watch LOGDIR      print the verdicts as the runs go on
  export LOGDIR     write every curve, setting and verdict as csv, parquet or json
  mcp               serve the verdicts to an agent (needs the extra: pip install 'fitwatch[mcp]')

train (needs the extra: pip install 'fitwatch[train]')
  train             train a network in this terminal
  resume RUN        continue a training from its checkpoint
  stop RUN          let a training finish its epoch, write a checkpoint and end
  pause RUN         let a training wait; 'continue RUN' lets it go on
  repair RUN        let an overfitting training go back to its best weights and on with a dose
  trust NAME        let runs train with your own MODULE:FUNCTION from this folder

find what helps
  suggest           name strengths to start with, before any run
  calibrate RUN     fit one temperature, which makes a network as sure of itself as it should be
  try RUN           train a run again with what is recommended for it, and say whether that helped
  improve RUN       try dose after dose, as long as they help
  tune              search the strengths that do best

options
  --port N          open the app on this port
  --root FOLDER     let a link or the folder box of the app open this, too; can be repeated
  --read-only       start and change nothing from the app
  --token [TOKEN]   ask whoever opens the app for this token, or for one that is made and printed
  --on-verdict VERDICT COMMAND
                    run a shell command when the verdict of a run turns to this; can be repeated
  --no-browser      start the app without opening a browser
  --version         print the version

A folder that is named like a command is written with a path, as in ./train.
Exit codes: 0 fine, 1 a verdict of --fail-on was found, 2 the command or its input must be changed.
"""
TRAINER = ("train", "resume", "stop", "pause", "continue", "repair", "trust", "calibrate", "try", "improve", "tune")
CALLED = "FITWATCH_CALLED"  # as what, for all that prints a command, here and in what is started from here
LOOK = 0.02  # seconds until it is seen that the server is there
LONGEST = 1000  # characters of a name that is said again


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the first argument names it, and is a folder of logs where it names none."""
    if arguments is None:
        os.environ[CALLED] = "python -m fitwatch" if Path(sys.argv[0]).name == "__main__.py" else "fitwatch"
    first, *rest = (sys.argv[1:] if arguments is None else list(arguments)) or [""]
    if first in ("-h", "--help", "help"):
        print(ABOUT, end="")
        return 0
    if first == "--version":
        print(f"fitwatch {__version__}")
        return 0
    try:
        if first in COMMANDS:
            return COMMANDS[first](first, rest)
        return _app([first, *rest] if first else [])
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of a pipe has seen enough; keep the interpreter's own flush quiet as well
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _typed(name: str = "") -> str:
    """A command as a person types it."""
    return f"{os.environ.get(CALLED, 'fitwatch')} {name}".rstrip()


def _check(name: str, arguments: Sequence[str]) -> int:
    from diagnostics.__main__ import main as diagnostics

    return diagnostics(arguments, program=_typed(name), watching=name == "watch")


def _export(name: str, arguments: Sequence[str]) -> int:
    from diagnostics.report.export import main as export

    return export(arguments, program=_typed(name))


def _mcp(name: str, arguments: Sequence[str]) -> int:
    if arguments:
        asked = arguments[0] in ("-h", "--help")
        usage = (
            f"usage: {_typed(name)}\n\nServe check_folder, run_detail and recommend to an agent, over standard input."
        )
        problem = f"{_typed(name)}: found {arguments[0]!r}, but it takes no arguments; the agent names the folders"
        print(usage if asked else problem, file=None if asked else sys.stderr)
        return 0 if asked else 2
    try:
        from fitwatch.mcp_server import main as serve
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "mcp":
            raise
        print(
            f"{_typed(name)}: this needs the package mcp, which is not installed; run: pip install mcp", file=sys.stderr
        )
        return 2
    return serve()


def _trainer(name: str, arguments: Sequence[str]) -> int:
    from trainer.__main__ import main as trainer

    return trainer([name, *arguments])


def _suggest(name: str, arguments: Sequence[str]) -> int:  # noqa: ARG001
    from diagnostics.suggest import main as suggest

    return suggest(arguments)


COMMANDS: dict[str, Callable[[str, Sequence[str]], int]] = {
    "check": _check,
    "watch": _check,
    "suggest": _suggest,
    "export": _export,
    "mcp": _mcp,
    **dict.fromkeys(TRAINER, _trainer),
}


def _app(arguments: Sequence[str]) -> int:
    """Serve the app until it is stopped."""
    usage = (
        f"{_typed()} [LOGDIR] [--port N] [--no-browser] [--root FOLDER] [--read-only] [--token [TOKEN]] "
        "[--on-verdict VERDICT COMMAND]"
    )
    parser = argparse.ArgumentParser(_typed(), usage=usage, allow_abbrev=False)
    parser.add_argument("logdir", nargs="?")
    parser.add_argument("--port", type=_port)
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--root", action="append", default=[])
    parser.add_argument("--read-only", action="store_true")
    parser.add_argument("--token", nargs="?", const="")
    parser.add_argument("--on-verdict", nargs=2, action="append", default=[])
    options, unknown = parser.parse_known_args(arguments)
    if options.logdir is not None and (problem := _no_folder(options.logdir)):
        print(f"{_typed()}: {problem}", file=sys.stderr)
        return 2
    if unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        commands = _commands(options.on_verdict)
    except argparse.ArgumentTypeError as error:
        parser.error(f"argument --on-verdict: {error}")
    import app
    from app.memory import spare_memory

    spare_memory()
    from streamlit import file_util
    from streamlit.web import cli

    # settings of Streamlit in the folder one stands in, which may be a downloaded one, could let other sites in
    file_util.get_project_streamlit_file_path = file_util.get_streamlit_file_path
    Thread(target=_begin, args=[options.logdir, commands, options.read_only], daemon=True).start()
    flags = [f"--server.port={options.port}"] if options.port else []
    flags += ["--server.headless=true"] if options.no_browser else []
    script = str(Path(app.__path__[0], "streamlit_app.py"))
    rest = [] if options.logdir is None else ["--logdir", options.logdir]
    rest += [word for root in options.root for word in ("--root", root)]
    rest += ["--read-only"] if options.read_only else []
    rest += [word for pair in options.on_verdict for word in ("--on-verdict", *pair)]
    if options.token is not None:  # in the environment, which other users of this machine cannot read
        os.environ["FITWATCH_TOKEN"] = options.token or _made_token()
    try:
        cli.main(["run", script, *flags, *(["--", *rest] if rest else [])], prog_name="fitwatch", standalone_mode=False)
    except SystemExit:
        if not _is_taken(options.port):
            raise
        here = f"http://localhost:{options.port}"
        print(f"{_typed()}: choose another with --port, or open {here} if it is Fitwatch already", file=sys.stderr)
        return 2
    return 0


def _is_taken(port: int | None) -> bool:
    """Does anything listen there?"""
    with socket.socket() as client:
        client.settimeout(1)
        return port is not None and client.connect_ex(("127.0.0.1", port)) == 0


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"found {text!r}; give a whole number from 1 to 65535")
    return int(text)


def _made_token() -> str:
    token = secrets.token_urlsafe(24)
    print(f"The app asks for this token: {token}", flush=True)
    return token


def _begin(logdir: str | None, commands: Mapping[Verdict, str], read_only: bool) -> None:
    """Watch for verdicts to turn before anybody opens a page, and read the folder while the browser loads the first."""
    from streamlit import runtime

    while not runtime.exists():  # until then the server needs the processor to start
        time.sleep(LOOK)
    from app.folder import watch
    from app.state import DEFAULT_FOLDER, absolute

    place = absolute(logdir or DEFAULT_FOLDER)
    watch.notifier(place).begin(commands, may_post=not read_only)
    watch.look(place)
    from app.views.overview import parts  # noqa: F401 - the first page imports it, too


def _commands(pairs: Sequence[Sequence[str]]) -> Mapping[Verdict, str]:
    if not pairs:
        return {}
    from diagnostics.check_options import commands_of

    return commands_of(pairs)


def _no_folder(logdir: str) -> str:
    """Why there are no logs to open there; empty where there may be."""
    if "://" in logdir or os.path.isdir(os.path.expanduser(logdir)):
        return ""
    if len(logdir) > LONGEST:
        return f"there is no folder of this name of {len(logdir):,} characters; name one that holds logs"
    path = Path(logdir)
    if path.name != logdir:
        return f"there is no folder {logdir}; name one that a training writes its logs to, or any folder above it"
    from trainer.errors import nearest

    near = nearest(logdir, COMMANDS)
    hint = f"did you mean '{_typed(near)}'?" if near else f"see '{_typed('--help')}'"
    return f"there is neither a command nor a folder called {logdir!r} here; {hint}"
