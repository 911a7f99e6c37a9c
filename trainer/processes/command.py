"""Command: any program as a training, from a template with the strengths in braces."""

from __future__ import annotations

import os
import re
import shlex
import signal
import string
import subprocess
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from shutil import which
from typing import Any

import psutil

from trainer.errors import TrainerError
from trainer.files import make_folder
from trainer.processes.interrupts import interrupts_held
from trainer.processes.liveness import identity
from trainer.run_folder import log_tail, open_log

LOGDIR = "logdir"
DEFAULT = re.compile(r"(?<!\{)\{([^\W\d]\w*)=(\d+\.?\d*(?:e-?\d+)?|\.\d+)\}", re.IGNORECASE)
LOOK = 0.1  # seconds between two questions whether to stop
DEADLINE = 10.0  # seconds a program has to end by itself after SIGTERM
LAST_LINES = 5  # of what the program printed, shown when it fails


class CommandError(TrainerError):
    """A template that cannot be filled, or a program that cannot start or failed; the message holds its last lines."""


class Command:
    """A shell-like template, ``'python train.py --wd {weight_decay} --logdir {logdir}'``; no shell is involved.

    ``fields`` are the names in braces but ``logdir``, in order; a brace that is meant as such is written twice. A name
    may have the strength in use with it, ``{dropout=0.3}``; those are the ``defaults``.
    Raises ``CommandError`` for a template that cannot be read, or has no ``{logdir}``.
    """

    def __init__(self, template: str) -> None:
        self.template = template
        self.defaults = {name: float(number) for name, number in DEFAULT.findall(template)}
        try:
            self._words = [DEFAULT.sub(r"{\1}", word) for word in shlex.split(template)]
            parsed = [part for word in self._words for part in string.Formatter().parse(word)]
        except ValueError as error:
            raise CommandError(f"cannot read the command {template!r}: {error}; write {{{{ for a brace") from error
        names = [name for _, name, spec, conversion in parsed if name is not None and not spec and not conversion]
        if len(names) < sum(name is not None for _, name, _, _ in parsed) or not all(map(str.isidentifier, names)):
            raise CommandError(
                f"the command {template!r} has braces that hold no name; write {{weight_decay}} for a strength "
                "and {{ for a brace"
            )
        if LOGDIR not in names:
            raise CommandError(
                f"the command {template!r} has no {{logdir}}; without it Fitwatch cannot tell where a trial "
                "logs: add it, as in --logdir {logdir}"
            )
        self.fields = tuple(dict.fromkeys(name for name in names if name != LOGDIR))

    def check(self, names: Iterable[str]) -> None:
        """Raises ``CommandError`` unless the template has exactly these ``names`` besides ``{logdir}``."""
        names = list(names)
        for field in self.fields:
            if field not in names:
                fields = ", ".join(f"{{{name}}}" for name in (LOGDIR, *names))
                raise CommandError(f"the command has {{{field}}}, which Fitwatch cannot fill in; it has {fields}")
        for name in names:
            if name not in self.fields:
                raise CommandError(
                    f"the command has no {{{name}}}, so {name} would change nothing; add it to the command, "
                    f"or take {name} out: choose others with --lever, in a search with --space"
                )

    def need_program(self) -> None:
        """Raises ``CommandError`` unless the program that the template begins with, or its script, is here."""
        program = self._words[0] if self._words else ""
        if "{" not in program and which(program) is None:
            raise CommandError(
                f"the command begins with {program!r}, which is no program here; write its whole path, or activate "
                "the environment that it belongs to"
            )
        script = self._words[1] if len(self._words) > 1 else ""
        if script.endswith(".py") and "{" not in script and not Path(script).exists():
            raise CommandError(
                f"the command runs {script}, which is not in {Path.cwd()}; write how your program is started here, "
                "with its own names for the strengths"
            )

    def run(
        self, strengths: Mapping[str, object], logdir: str | os.PathLike[str], *, stop: Callable[[], bool] | None = None
    ) -> None:
        """Run the program to its end, or until ``stop()`` is true; it never outlives this call.

        Raises ``CommandError`` when it cannot start or ends with another code than 0 by itself.
        """
        program = None
        try:
            with interrupts_held():
                program = self.start(strengths, logdir)
            while program.running(LOOK):
                if stop is not None and stop():
                    program.end()
                    return
            program.check()
        finally:
            if program is not None:
                program.end()

    def start(self, strengths: Mapping[str, object], logdir: str | os.PathLike[str]) -> Program:
        """Start the program in a session of its own and return at once; what it prints goes to logdir/trainer.log.

        Raises ``CommandError`` when it cannot start.
        """
        self.check(strengths)
        folder = Path(logdir).absolute()
        arguments = [word.format_map({**strengths, LOGDIR: folder}) for word in self._words]
        try:
            make_folder(folder)
            with open_log(folder) as output:
                process = subprocess.Popen(
                    arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
                )
        except OSError as error:
            raise CommandError(f"cannot start {shlex.join(arguments)}: {error.strerror}: {error.filename}") from error
        return Program(process, folder)


class Program:
    """A program that was started, with all that it started itself; ``identity`` tells it from every other."""

    def __init__(self, process: subprocess.Popen[bytes], logdir: Path) -> None:
        self._process, self._logdir = process, logdir
        self.pid = process.pid
        self.identity: dict[str, Any] = {"pid": process.pid, "started": 0.0}
        with suppress(psutil.Error):
            self.identity = identity(process.pid)

    def running(self, seconds: float = 0.0) -> bool:
        """Whether it still runs, after waiting at most so many ``seconds`` for its end."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode is None

    def check(self) -> None:
        """Raises ``CommandError`` with its last lines when it has ended with another code than 0."""
        code = self._process.returncode
        if not code:
            return
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"failed with exit code {code}"
        last = log_tail(self._logdir, LAST_LINES)
        output = f"its last lines were:\n{last}" if last else "it printed nothing"
        raise CommandError(f"the command {how} in {self._logdir}; {output}")

    def end(self) -> None:
        """End it and all that it started: politely, and after ``DEADLINE`` seconds by force."""
        end_session(self.pid, self._process.wait)


def end_session(pid: int, wait: Callable[[float], object]) -> None:
    """SIGTERM to the session that ``pid`` began, SIGKILL once ``wait(seconds)`` has not seen the end of it."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGTERM)
        try:
            with suppress(subprocess.TimeoutExpired, psutil.TimeoutExpired):
                wait(DEADLINE)
        finally:  # also where a second Ctrl-C ends the wait
            os.killpg(pid, signal.SIGKILL)
