"""On verdict: a shell command of a person's own when a run's verdict turns, run beside what goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from diagnostics.report.message import sample_text, sample_variables, sentence, variables
from diagnostics.report.results import Result
from diagnostics.verdict import Verdict

AT_ONCE = 4  # commands that run at the same time; others wait in line


class OnVerdict:
    """Runs the command of a verdict with the facts of a run in its environment and the run's sentence as its input.

    Nothing from a log becomes part of the command itself. ``failed`` is told of a command that ends with another code
    than 0, ``delivered`` is called after each that does not.
    """

    def __init__(
        self,
        commands: Mapping[Verdict, str],
        failed: Callable[[str], None],
        *,
        delivered: Callable[[], None] = lambda: None,
    ) -> None:
        self.commands, self._failed, self._delivered = commands, failed, delivered
        self._threads = ThreadPoolExecutor(AT_ONCE)

    def send(self, logdir: str, result: Result) -> None:
        """Run the command of this verdict, if there is one; returns at once."""
        if (command := self.commands.get(result[1].verdict)) is not None:
            self._threads.submit(self._run, command, variables(logdir, result), sentence(result))

    def test(self, logdir: str) -> None:
        """Run every command with a test message; returns at once."""
        for command in dict.fromkeys(self.commands.values()):
            self._threads.submit(self._run, command, sample_variables(logdir), sample_text(logdir))

    def close(self) -> None:
        """Wait for the commands that have begun or are in line."""
        self._threads.shutdown()

    def _run(self, command: str, facts: Mapping[str, str], text: str) -> None:
        # some programs that send mail run what follows a tilde at the start of a line, so no line starts with a name
        try:
            done = subprocess.run(  # noqa: S602 - a person typed it
                command,
                shell=True,
                env=os.environ | facts,
                input=f"Fitwatch: {text}\n",
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
            )
        except (OSError, ValueError) as error:  # also for a fact that no environment can hold
            self._failed(f"the command {command!r} could not be started: {error}")
            return
        if done.returncode:
            said = done.stderr.strip().splitlines()
            self._failed(f"the command {command!r} ended with code {done.returncode}{f': {said[-1]}' if said else ''}")
        else:
            sys.stderr.write(done.stderr)
            self._delivered()
