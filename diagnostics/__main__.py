"""Command line: ``python -m diagnostics LOGDIR`` says which runs overfit, since when, and how sure that is."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from rich.console import Console

from diagnostics import (
    Key,
    LedgerError,
    LogError,
    Logs,
    MatchError,
    Run,
    Thresholds,
    Verdict,
    diagnose_run,
    open_logs,
)
from diagnostics.logs.pace import has_ended
from diagnostics.recommend.snippets import FRAMEWORKS
from diagnostics.report.advice import advice_lines, code_of
from diagnostics.report.html_page import write_html
from diagnostics.report.results import Result, advice_for, as_json, as_lines, as_table
from diagnostics.report.watch import watch
from diagnostics.run_diagnosis import RunDiagnosis
from diagnostics.seeds import repeated
from diagnostics.setup_options import add_setup_options, setup_given

# how a person calls it, here or installed
PROGRAM = "python -m diagnostics" if __package__ == "diagnostics" else "fitwatch check"
VERDICTS = ", ".join(verdict.value for verdict in Verdict)


class ReportError(Exception):
    """The report cannot be written; the message says why and the way out."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code is 0, 1 when ``--fail-on`` was met, or 2 when something must be changed."""
    options = _options(arguments)
    try:
        logs = _open(options.logdir)
        _override(logs, options.train_tag, options.val_tag)
        if options.watch:
            return _watch(logs, options)
        results = [(run, _diagnosed(run, options)) for run in logs.runs.values()]
        _show(results, options)
    except BrokenPipeError:
        raise
    except (LogError, MatchError, LedgerError, ReportError, OSError) as error:
        print(f"{__package__.split('.')[0]}: {error}", file=sys.stderr)
        return 2
    return int(any(diagnosis.verdict in options.fail_on for _, diagnosis in results))


def _diagnosed(run: Run, options: argparse.Namespace) -> RunDiagnosis:
    finished = has_ended(run, options.logdir)
    return diagnose_run(run, finished=finished, val_samples=options.val_samples, **_thresholds(options))


def _open(logdir: str) -> Logs:
    logs = open_logs(logdir)
    for problem in logs.problems:
        print(f"{__package__.split('.')[0]}: {problem}", file=sys.stderr)
    if not logs.runs:
        raise LogError(
            f"found no event files (events.out.tfevents.*) in {logdir}; give a folder that a training writes its "
            "TensorBoard logs to, or any folder above it"
        )
    return logs


def _override(logs: Logs, train: Key | None, val: Key | None) -> None:
    """Pair the series that were chosen by hand; two sides of one run are one pair."""
    names = {logs.run_of(key.run) for key in (train, val) if key is not None}
    if len(names) > 1:
        raise MatchError(f"--train-tag and --val-tag name two runs ({', '.join(sorted(names))}); a pair is of one run")
    for name in names:
        logs.override(name, train=train, val=val)


def _show(results: list[Result], options: argparse.Namespace) -> None:
    title = f"{len(results)} {'run' if len(results) == 1 else 'runs'} in {options.logdir}"
    if options.json:
        json.dump(as_json(options.logdir, results, setup_given(options)), sys.stdout, indent=1, allow_nan=False)
        print()
        return
    advice = advice_for(results, options.logdir, setup_given(options))
    if options.report:
        try:
            write_html(options.report, results, title=title, advice=advice)
        except OSError as error:
            raise ReportError(
                f"the report cannot be written to {options.report}: {error.strerror or error}; name a file in a folder "
                "that exists and can be written to"
            ) from error
        print(f"wrote {title} to {options.report}")
    else:
        Console().print(as_table(results, title=title), *as_lines(repeated(run for run, _ in results)), sep="\n")
        for line in advice_lines(results, advice):
            Console().print(line, soft_wrap=True)
        for code in code_of(results, advice, options.code) if options.code else ():
            Console().print(code, soft_wrap=True, highlight=False)


def _watch(logs: Logs, options: argparse.Namespace) -> int:
    rest = {"stop_on": options.fail_on, "on_verdict": options.on_verdict, "thresholds": _thresholds(options)}
    for _ in watch(logs, every=options.every, **rest):
        pass
    return 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = _parser()
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        parser.error(_no_such(unknown[0], [flag for action in parser._actions for flag in action.option_strings]))
    if options.on_verdict and not options.watch:
        parser.error("--on-verdict waits for a verdict to turn; add --watch")
    try:
        options.on_verdict = {verdict: do for names, do in options.on_verdict for verdict in _verdicts(names)}
    except argparse.ArgumentTypeError as error:
        parser.error(f"argument --on-verdict: {error}")
    return options


def _no_such(word: str, flags: Sequence[str]) -> str:
    """What to say of a word that is no option: the nearest one, or that only one folder is read."""
    if not word.startswith("-"):
        return f"found {word!r} after LOGDIR; give one folder, or the one above them all"
    near = get_close_matches(word.partition("=")[0], flags, n=1, cutoff=0.5)
    return f"there is no option {word!r}; " + (f"did you mean {near[0]!r}?" if near else "--help lists them")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Say of every training in a folder of TensorBoard logs whether it overfits, since when, how sure.",
        epilog=f"Verdicts: {VERDICTS}. "
        "Exit code: 0 fine, 1 a verdict of --fail-on was found, 2 something must be changed.",
    )
    parser.add_argument(
        "logdir",
        metavar="LOGDIR",
        help="a run, a folder of runs, or any folder above; also a URL such as s3://bucket/logs",
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="print everything known of each run as JSON")
    shown.add_argument(
        "--report", metavar="FILE", type=Path, help="write one self-contained HTML page, curves included"
    )
    shown.add_argument("--code", choices=FRAMEWORKS, help="print the code that makes the change, below the advice")
    shown.add_argument("--watch", action="store_true", help="stay, and show the verdicts as the runs go on")
    parser.add_argument(
        "--every", metavar="SECONDS", type=_positive, default=2.0, help="how often --watch reads (%(default)s)"
    )
    for side, what in (("train", "training"), ("val", "validation")):
        parser.add_argument(
            f"--{side}-tag",
            metavar="RUN::TAG",
            type=_key,
            help=f"the {what} series to use instead of the one that was matched; RUN is its folder inside LOGDIR, or .",
        )
    add_setup_options(parser)
    for threshold in fields(Thresholds):
        parser.add_argument(
            f"--{threshold.name.replace('_', '-')}",
            metavar="N",
            type=_not_negative,
            default=threshold.default,
            help="threshold of the verdict, see docs/method.md (%(default)s)",
        )
    parser.add_argument(
        "--fail-on",
        metavar="VERDICT[,VERDICT]",
        type=_verdicts,
        default=frozenset(),
        help="exit with 1 when a run has one of these verdicts; --watch ends as soon as one does",
    )
    parser.add_argument(
        "--on-verdict",
        metavar=("VERDICT", "COMMAND"),
        nargs=2,
        action="append",
        default=[],
        help="with --watch: run a shell command when a run's verdict turns to this; FITWATCH_RUN, FITWATCH_VERDICT, "
        "FITWATCH_ONSET_STEP, FITWATCH_REASON and others tell it the facts",
    )
    return parser


def _thresholds(options: argparse.Namespace) -> dict[str, Any]:
    return {threshold.name: getattr(options, threshold.name) for threshold in fields(Thresholds)}


def _key(text: str) -> Key:
    run, separator, tag = text.partition("::")
    if not (run and separator and tag):
        raise argparse.ArgumentTypeError(f"found {text!r}; give RUN::TAG, for example exp1::loss/val")
    return Key(run, tag)


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


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader of a pipe had enough; keep the interpreter's own flush quiet as well
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
