"""Watch: a folder's verdicts in a terminal while trainings write to it, and a command when one of them turns."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from diagnostics.logs import Logs
from diagnostics.logs.pace import has_ended
from diagnostics.report.message import VerdictTurns, message_of
from diagnostics.report.neutral import printable
from diagnostics.report.on_verdict import OnVerdict
from diagnostics.report.results import Result
from diagnostics.report.table import WIDE, as_lines, as_table, terminal
from diagnostics.report.webhook import Webhook
from diagnostics.report.words import as_charted
from diagnostics.run_diagnosis import diagnose_run
from diagnostics.verdict import Verdict


@dataclass
class Watcher:
    """The newest diagnosis of every run; only runs that changed are judged again."""

    logs: Logs
    thresholds: Mapping[str, Any] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)

    def tick(self) -> list[Result]:
        """Read what was written since; the runs whose verdict turned, which includes those seen for the first time."""
        turned = []
        for name in sorted(self.logs.poll() | self._waiting() if self.results else self.logs.runs):
            run = self.logs.runs.get(name)
            before = self.results.pop(name, None)
            if run is None:
                continue
            self.results[name] = run, diagnose_run(run, finished=has_ended(run, self.logs.path), **self.thresholds)
            if before is None or before[1].verdict != self.results[name][1].verdict:
                turned.append(self.results[name])
        return turned

    def _waiting(self) -> set[str]:
        """The runs that were judged too early, which they are no longer once they have ended."""
        return {name for name, (_, diagnosis) in self.results.items() if diagnosis.verdict is Verdict.TOO_EARLY}


def watch(
    logs: Logs,
    *,
    every: float = 2.0,
    stop_on: Collection[Verdict] = (),
    on_verdict: OnVerdict | None = None,
    thresholds: Mapping[str, Any] = MappingProxyType({}),
    webhook: Webhook | None = None,
) -> Iterator[list[Result]]:
    """Show the table until a run gets a verdict of ``stop_on``, reading every ``every`` seconds; yields what turned.

    On a terminal the table is redrawn in place; elsewhere each turn is one line. A verdict that is news for a run goes
    to ``on_verdict``, and to ``webhook`` if the run comes to need attention. ``thresholds`` are those of ``diagnose``.
    """
    console, watcher, turns = terminal(), Watcher(logs, thresholds), VerdictTurns()
    with Live(console=console, auto_refresh=False) as live, ExitStack() as senders:
        for sender in (webhook, on_verdict):
            if sender is not None:
                senders.callback(sender.close)
        while True:
            turned = watcher.tick()
            if console.is_terminal:
                live.update(_shown(watcher.results.values(), logs, console.width), refresh=True)
            else:
                for result in turned:
                    console.print(Text(printable(_line(result))), soft_wrap=True)
            news = turns.news(turned)
            if on_verdict is not None:
                for result in news:
                    on_verdict.send(logs.path, result)
            if webhook is not None and (message := message_of(logs.path, news)) is not None:
                webhook.send(message)
            yield turned
            if any(diagnosis.verdict in stop_on for _, diagnosis in watcher.results.values()):
                return
            time.sleep(every)


def _shown(results: Collection[Result], logs: Logs, width: int) -> RenderableType:
    """All runs, with their reasons where the terminal is wide."""
    title = f"{logs.path}, Ctrl-C ends"
    if width >= WIDE:
        return as_table(results, title=title, logdir=str(logs.path))
    return Group(*as_lines(results, title=title, width=width, logdir=str(logs.path)))


def _line(result: Result) -> str:
    """A run whose verdict turned."""
    run, diagnosis = result
    return f"{run.name}: {diagnosis.verdict.value}: {as_charted(diagnosis.reason, run.unit)}"
