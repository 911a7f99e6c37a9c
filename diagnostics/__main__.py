"""Command line: ``python -m diagnostics LOGDIR`` says which runs overfit, since when, and how sure that is."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial
from io import TextIOWrapper
from typing import Any

from diagnostics import Key, LedgerError, LogError, Logs, MatchError, Thresholds, open_logs
from diagnostics.check_options import read
from diagnostics.commands import CHECK
from diagnostics.files import need_no_log
from diagnostics.report import table
from diagnostics.report.advice import MOST_RUNS, advice_lines, code_of
from diagnostics.report.brief import MOST, as_brief, brief_text
from diagnostics.report.html_page import write_html
from diagnostics.report.neutral import printable
from diagnostics.report.on_verdict import OnVerdict
from diagnostics.report.results import (
    Advice,
    Result,
    advice_for,
    as_json,
    judged,
    ledger_problems,
    need_runs,
    on_their_own,
    worst_first,
)
from diagnostics.report.watch import watch
from diagnostics.report.webhook import Webhook
from diagnostics.seeds import repeated
from diagnostics.setup_options import setup_given


class ReportError(Exception):
    """The report cannot be written; the message says why and the way out."""


def main(arguments: Sequence[str] | None = None, *, program: str = CHECK, watching: bool = False) -> int:
    """Run the command line; the exit code is 0, 1 when ``--fail-on`` was met, or 2 when something must be changed."""
    options = read(arguments, program, watching=watching)
    for stream in (sys.stdout, sys.stderr):  # an icon that a terminal cannot show must not end the program
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    say = partial(_say, program=program)
    try:
        logs = _open(options.logdir, say)
        _override(logs, options.train_tag, options.val_tag)
        if options.watch:
            return _watch(logs, options, say)
        results = judged(logs, val_samples=options.val_samples, thresholds=_thresholds(options))
        for problem in ledger_problems(results, options.logdir):
            say(problem)
        _show(results, options, program)
    except BrokenPipeError:
        raise
    except (LogError, MatchError, LedgerError, ReportError, OSError) as error:
        say(error)
        return 2
    return int(any(diagnosis.verdict in options.fail_on for _, diagnosis in results))


def _say(problem: object, *, program: str) -> None:
    print(printable(f"{program}: {problem}"), file=sys.stderr)


def _open(logdir: str, say: Callable[[object], None]) -> Logs:
    logs = open_logs(logdir)
    for problem in logs.problems:
        say(problem)
    return need_runs(logs)


def _override(logs: Logs, train: Key | None, val: Key | None) -> None:
    """Pair the series that were chosen by hand; two sides of one run are one pair."""
    names = {logs.run_of(key.run) for key in (train, val) if key is not None}
    if len(names) > 1:
        raise MatchError(f"--train-tag and --val-tag name two runs ({', '.join(sorted(names))}); a pair is of one run")
    for name in names:
        logs.override(name, train=train, val=val)


def _show(results: list[Result], options: argparse.Namespace, program: str) -> None:
    title = f"{len(results)} {'run' if len(results) == 1 else 'runs'} in {options.logdir}"
    if options.json:
        given = setup_given(options)  # the text is whole before its first character is written
        if options.brief:
            print(brief_text(as_brief(options.logdir, results, given, program=program)))
        else:
            print(json.dumps(as_json(options.logdir, results, given), indent=1, allow_nan=False))
        return
    advice = advice_for(results, options.logdir, setup_given(options))
    if options.report:
        try:
            need_no_log(options.report, options.logdir)
            write_html(options.report, results, title=title, advice=advice)
        except OSError as error:
            raise ReportError(
                f"the report cannot be written to {options.report}: {error.strerror or error}; name a file in a folder "
                "that exists and can be written to"
            ) from error
        print(printable(f"wrote {title} to {options.report}"))
    else:
        _print(results, advice, title, options, program)


def _print(results: list[Result], advice: Advice, title: str, options: argparse.Namespace, program: str) -> None:
    """A wide terminal has all reasons in a table; a narrow one, and a pipe, a line for each run."""
    console = table.terminal()
    names = table.names_of(results, console, options.logdir)
    summary = table.summary(results, advice, logdir=options.logdir, program=program, given=setup_given(options))
    seeds = table.of_seeds(repeated(run for run, _ in results), results)
    if console.is_terminal and console.width >= table.WIDE:
        console.print(table.as_table(results, title=title, logdir=options.logdir))
        below = [*seeds, *advice_lines(on_their_own(results, advice), advice, names=names)]
    else:
        width = console.width if console.is_terminal else None
        shown = worst_first(results)[: MOST if options.brief else None]
        table.print_lines(console, table.as_lines(shown, title=title, width=width, logdir=options.logdir))
        if options.brief:
            console.print()
            console.print(*summary, sep="\n", soft_wrap=True)
            return
        reasons = table.explained(results, advice, names)
        others = [result for result in on_their_own(results, advice) if result[0].name not in reasons]
        most = MOST_RUNS if len(results) <= MOST_RUNS else 0
        below = [*reasons.values(), *table.unjudged(results, names), *seeds[: table.EXPLAINED]]
        below += advice_lines(others, advice, most=most, names=names)
        console.print()
    below += table.contradictions(results, options.logdir)
    table.print_lines(console, below)
    if options.code:
        console.print(*code_of(results, advice, options.code, names), sep="\n", soft_wrap=True)
        return
    if below:
        console.print()
    console.print(*summary, sep="\n", soft_wrap=True)


def _watch(logs: Logs, options: argparse.Namespace, say: Callable[[object], None]) -> int:
    webhook = Webhook(options.webhook, say) if options.webhook else None
    on_verdict = OnVerdict(options.on_verdict, say) if options.on_verdict else None
    rest = {"every": options.every, "stop_on": options.fail_on, "thresholds": _thresholds(options)}
    for _ in watch(logs, webhook=webhook, on_verdict=on_verdict, **rest):
        pass
    return 1


def _thresholds(options: argparse.Namespace) -> dict[str, Any]:
    return {threshold.name: getattr(options, threshold.name) for threshold in fields(Thresholds)}


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader of a pipe had enough; keep the interpreter's own flush quiet as well
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
