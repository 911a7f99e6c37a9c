"""Processes: the workers of this machine, each a process of its own, and the one that waits for them."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any

from trainer.errors import TrainerError
from trainer.tuning.call import TuneCall
from trainer.tuning.workers.worker import StudyError, Worker

if TYPE_CHECKING:
    Pipe = Connection[Any, Any]

LOOK = 0.5  # seconds between two looks of the one that waits
LOST = 3  # workers that may die, for each that was asked for, before the study stops


class WorkerProcesses:
    """``workers`` processes; one that is killed is replaced, one that fails stops the others in an orderly way.

    A worker ends when it receives anything, or when the connection breaks, as it does when this process dies.
    """

    def __init__(self, call: TuneCall, workers: int) -> None:
        self._call, self._left, self._stopping = call, LOST * workers, False
        self._context = multiprocessing.get_context("spawn")
        self._members = [self._hire() for _ in range(workers)]

    def work(self, look: Callable[[], None]) -> None:
        """Wait until all are done, calling ``look`` now and then. Raises ``StudyError`` with a worker's words."""
        message = ""
        try:
            while self._members:
                wait([process.sentinel for process, _ in self._members], LOOK)
                message = message or self._gather()
                if message:
                    self.stop()
                look()
        finally:
            self.stop()
            for process, _ in self._members:
                process.join()
        if message:
            raise StudyError(message)

    def stop(self) -> None:
        """Ask all of them to stop where they are; nothing is lost."""
        if not self._stopping:
            self._stopping = True
            for _, connection in self._members:
                with suppress(OSError):  # it has ended by itself
                    connection.send("stop")

    def _gather(self) -> str:
        """Let go of those that have ended, and replace those that were killed; what the first of them says."""
        ended = [member for member in self._members if not member[0].is_alive()]
        self._members = [member for member in self._members if member not in ended]
        for process, connection in ended:
            if message := last_message(connection):
                return message
            if process.exitcode == 0 or self._stopping:
                continue
            if process.exitcode is not None and process.exitcode > 0:
                return f"a worker crashed (exit code {process.exitcode}); its output says why"
            if self._left == 0:
                return f"{LOST} workers died for each that was asked for, the last by signal {-(process.exitcode or 0)}"
            self._left -= 1
            self._members.append(self._hire())
        return ""

    def _hire(self) -> tuple[BaseProcess, Pipe]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=work, args=(self._call, theirs))
        process.start()
        theirs.close()
        return process, ours


def last_message(connection: Pipe) -> str:
    """What a worker that has ended left on its connection; empty when it was killed or had nothing to say."""
    try:
        return str(connection.recv()) if connection.poll() else ""
    except (EOFError, OSError):
        return ""


def work(call: TuneCall, connection: Pipe) -> None:
    """A worker's whole life; a ``TrainerError`` goes up the connection in words."""
    for name in ("SIGINT", "SIGHUP"):  # a terminal sends them to all; the one that waits passes them on
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    try:
        Worker(call, connection.poll).work()
    except TrainerError as error:
        connection.send(str(error))
