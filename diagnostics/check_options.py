"""Check options: what the command line that reads a folder and judges its runs may be told."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

from diagnostics.logs.run import Key
from diagnostics.recommend.snippets import FRAMEWORKS
from diagnostics.report.webhook import checked_url
from diagnostics.setup_options import add_setup_options
from diagnostics.thresholds import Thresholds
from diagnostics.verdict import Verdict

VERDICTS = ", ".join(verdict.value for verdict in Verdict)
EXIT_CODES = "Exit code: 0 fine, 1 a verdict of --fail-on was found, 2 something must be changed."


class SentenceParser(argparse.ArgumentParser):
    """Answers what it does not understand in one sentence, without the usage above it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def read(arguments: Sequence[str] | None, program: str, *, watching: bool = False) -> argparse.Namespace:
    """The options as they were typed; ends the process with 2 and a sentence where they cannot be."""
    asked = parser(program, watching=watching)
    options, unknown = asked.parse_known_args(arguments)
    if unknown:
        asked.error(_no_such(unknown[0], [flag for action in asked._actions for flag in action.option_strings]))
    if options.brief and (options.report or options.code or options.watch):
        asked.error("--brief is for the list of runs and for --json; leave it out")
    if options.on_verdict and not options.watch:
        asked.error("--on-verdict waits for a verdict to turn; add --watch")
    if options.webhook and not options.watch:
        asked.error("--webhook waits for a verdict to turn; add --watch")
    try:
        options.on_verdict = commands_of(options.on_verdict)
    except argparse.ArgumentTypeError as error:
        asked.error(f"argument --on-verdict: {error}")
    return options


def parser(program: str, *, watching: bool = False) -> argparse.ArgumentParser:
    """What reads a folder once and can also ``--watch`` it; or, with ``watching``, what does only that."""
    if watching:
        about = "Show the verdicts of all trainings in a folder of logs while they are written; Ctrl-C ends."
    else:
        about = "Say of every training in a folder of logs whether it overfits, since when, and how sure that is."
    top = SentenceParser(prog=program, description=about, epilog=f"Verdicts: {VERDICTS}. {EXIT_CODES}")
    top.add_argument(
        "logdir",
        metavar="LOGDIR",
        type=place,
        help="a run, a folder of runs, or any folder above; also a URL such as s3://bucket/logs",
    )
    if watching:
        top.set_defaults(watch=True, json=False, report=None, code=None, brief=False)
    else:
        _add_shown(top)
    _add_read(top)
    _add_watch(top)
    return top


def _add_shown(top: argparse.ArgumentParser) -> None:
    """What is printed or written."""
    top.add_argument("--brief", action="store_true", help="only the worst runs, in one screen; also with --json")
    shown = top.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="print everything known of each run as JSON")
    shown.add_argument(
        "--report", metavar="FILE", type=Path, help="write one self-contained HTML page, curves included"
    )
    shown.add_argument("--code", choices=FRAMEWORKS, help="print the code that makes the change, below the advice")
    shown.add_argument("--watch", action="store_true", help="stay, and show the verdicts as the runs go on")


def _add_read(top: argparse.ArgumentParser) -> None:
    """How the logs are read and judged."""
    for side, what in (("train", "training"), ("val", "validation")):
        top.add_argument(
            f"--{side}-tag",
            metavar="RUN::TAG",
            type=_key,
            help=f"the {what} series to use instead of the one that was matched; RUN is its folder inside LOGDIR, or .",
        )
    add_setup_options(top)
    for threshold in fields(Thresholds):
        top.add_argument(
            f"--{threshold.name.replace('_', '-')}",
            metavar="N",
            type=_probability if threshold.name == "min_probability" else _not_negative,
            default=threshold.default,
            help="threshold of the verdict, see docs/method.md (%(default)s)",
        )


def _add_watch(top: argparse.ArgumentParser) -> None:
    """What happens on a verdict."""
    top.add_argument("--every", metavar="SECONDS", type=_positive, default=2.0, help="how often to read (%(default)s)")
    top.add_argument(
        "--fail-on",
        metavar="VERDICT[,VERDICT]",
        type=_verdicts,
        default=frozenset(),
        help="exit with 1 when a run has one of these verdicts; watching ends as soon as one does",
    )
    top.add_argument(
        "--on-verdict",
        metavar=("VERDICT", "COMMAND"),
        nargs=2,
        action="append",
        default=[],
        help="while watching, run a shell command when a run's verdict turns to this, e.g. 'mail -s overfitting ME'; "
        "a sentence is its input, FITWATCH_RUN, FITWATCH_VERDICT, FITWATCH_SENTENCE and others are in its environment",
    )
    top.add_argument(
        "--webhook",
        metavar="URL",
        type=_url,
        help="while watching, post a JSON message here when runs come to need attention, as chats take them",
    )


def place(text: str) -> str:
    """A folder or URL as it was typed, which is not nothing: an unset variable must not mean the folder one is in."""
    if not text.strip():
        raise argparse.ArgumentTypeError("found nothing where a folder or URL belongs; for this folder, give .")
    return text


def _url(text: str) -> str:
    try:
        return checked_url(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _no_such(word: str, flags: Sequence[str]) -> str:
    """What to say of a word that is no option: the nearest one, or that only one folder is read."""
    if not word.startswith("-"):
        return f"found {word!r} after LOGDIR; give one folder, or the one above them all"
    near = get_close_matches(word.partition("=")[0], flags, n=1, cutoff=0.5)
    return f"there is no option {word!r}; " + (f"did you mean {near[0]!r}?" if near else "--help lists them")


def _key(text: str) -> Key:
    run, separator, tag = text.partition("::")
    if not (run and separator and tag):
        raise argparse.ArgumentTypeError(f"found {text!r}; give RUN::TAG, for example exp1::loss/val")
    return Key(run, tag)


def commands_of(pairs: Iterable[Sequence[str]]) -> dict[Verdict, str]:
    """Verdict -> command, from what was typed after each ``--on-verdict``. Raises ``ArgumentTypeError``."""
    commands = {verdict: command for names, command in pairs for verdict in _verdicts(names)}
    for verdict, command in commands.items():
        if not command.strip():
            raise argparse.ArgumentTypeError(f"found nothing to run for {verdict.value}; give a shell command after it")
    return commands


def _verdicts(text: str) -> frozenset[Verdict]:
    try:
        return frozenset(Verdict(name.strip()) for name in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"found {text!r}; choose from {VERDICTS}, separated by commas") from None


def _positive(text: str) -> float:
    if not (number := _not_negative(text)):
        raise argparse.ArgumentTypeError(f"found {text!r}; give a number above 0")
    return number


def _not_negative(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"found {text!r}; give a number that is 0 or more")
    return number


def _probability(text: str) -> float:
    if (number := _not_negative(text)) > 1:
        raise argparse.ArgumentTypeError(f"found {text!r}; give a probability from 0 to 1")
    return number
