"""By command: a trial of any program's run, by the command that trains it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil

from diagnostics import open_logs
from diagnostics.recommend import OPTIMIZERS
from diagnostics.trials.trial_file import Kind
from trainer import run_folder
from trainer.errors import TrainerError
from trainer.processes.command import Command, Program, end_session
from trainer.processes.interrupts import interrupts_held
from trainer.processes.liveness import identity, now, prints_into
from trainer.status import CONTROL, TRAINER_LOG, State, Status, read_json, write_status
from trainer.strengths import STRENGTHS
from trainer.trials.parent import SEED, Parent, TryError, read_run
from trainer.trials.proposal import Proposal
from trainer.trials.start import described, stem, was_lost, write


class CommandTrial:
    """A program for a trial in ``folder``, which ends with ``close()``; its status is written as for ours.

    It begins with ``start()``, so that whoever is to close it holds it before anything runs. An epoch is a point of
    validation, of which it is to write as many as its run.
    """

    def __init__(self, parent: Parent, proposal: Proposal, command: Command, kind: Kind = "full") -> None:
        self._command, self._values = command, filled(parent, proposal, command)
        for folder, _ in parent.trials():
            if was_lost(folder):
                end_left_over(folder)
        self.folder = run_folder.free_run_dir(parent.folder.parent, stem(parent, kind))
        write(self.folder, described(parent, proposal, self.folder, kind))
        self._status = Status("running", epochs=parent.run.points, **identity())
        self._program: Program | None = None
        self._say("starting")  # before there is a program: one whose watcher is killed is found by it

    def start(self) -> None:
        """Start the program; where it cannot start, the status says why."""
        try:
            with interrupts_held():  # a program that nobody knows yet could not be ended
                self._program = self._command.start(self._values, self.folder)
        except TrainerError as error:
            self._say("failed", str(error))
            return
        self._say("running")
        self._logs = open_logs(self.folder)

    def poll(self) -> Status:
        """Where it stands, after passing on what was asked of it."""
        if self._program is None or not self._status.live:
            return self._status
        if read_json(self.folder / CONTROL).get("wish") == "stop":
            self.stop()
        elif self._program.running():
            if self._logs.poll():
                points = max((run.points for run in self._logs.runs.values()), default=0)
                self._status = replace(self._status, epoch=points, epochs=max(points, self._status.epochs))
                self._say("running")
        else:
            self._end(self._program)
        return self._status

    def stop(self) -> None:
        """End the program, which cannot go on later."""
        if self._program is not None and self._status.live:
            self._program.end()
            self._say("stopped")

    def close(self) -> None:
        """Leave nothing behind that runs, whatever happened."""
        if self._program is not None:
            self._program.end()

    def _end(self, program: Program) -> None:
        try:
            program.check()
            self._status = replace(self._status, epoch=read_run(self.folder).points)
        except TrainerError as error:
            self._say("failed", str(error))
        else:
            self._say("finished")

    def _say(self, state: State, message: str = "") -> None:
        self._status = replace(self._status, state=state, message=message, **now())
        with suppress(OSError):  # on a full disk the program's own log says it better
            write_status(self.folder, self._status)


def end_left_over(folder: Path) -> None:
    """End what still trains in the folder of a trial whose watcher was killed: it writes into its ``trainer.log``."""
    folder = folder.absolute()
    for process in psutil.process_iter():
        evidence = _is_of_trial(process, folder)
        if prints_into(process.pid, folder / TRAINER_LOG, below=_start(folder), evidence=evidence):
            with suppress(psutil.Error):
                end_session(process.pid, process.wait)


def _is_of_trial(process: psutil.Process, folder: Path) -> bool:
    """Whether it looks like a program that was started for the trial: it leads a session and its command names it.

    Who looks at the log may do either: ``tail -f`` in a window of its own leads one, but names the log.
    """
    try:
        leads, words = os.getsid(process.pid) == process.pid, process.cmdline()
    except (psutil.Error, OSError, AttributeError):
        return False
    log = str(folder / TRAINER_LOG)
    return leads and any(str(folder) in word and log not in word for word in words)


def _start(folder: Path) -> Path:
    """The folder from which on none may be a link: ``runs`` here, or elsewhere what the folder of runs lies in."""
    here, runs = Path.cwd(), folder.parent
    if runs == here or not runs.is_relative_to(here):
        return runs if runs == here else runs.parent
    return here / runs.relative_to(here).parts[0]


def filled(parent: Parent, proposal: Proposal, command: Command) -> dict[str, float]:
    """A value for every field of the command: the strength to try, else the one in use. Raises ``TryError``.

    What nobody says is asked for, also where it is to be changed: a trial could weaken what it means to strengthen.
    """
    for name in command.fields:
        if name not in (*STRENGTHS, SEED):
            raise TryError(
                f"the command has {{{name}}}, which a trial cannot set; write its value instead. "
                f"A trial can set {', '.join(f'{{{field}}}' for field in (*STRENGTHS, SEED))}"
            )
    command.check((*command.fields, *proposal.strengths))
    command.need_program()
    in_use = {name: parent.now(name) for name in dict.fromkeys((*command.fields, *proposal.strengths))}
    if unknown := [name for name, strength in in_use.items() if strength is None and name in STRENGTHS]:
        raise TryError(
            f"nothing says how strong {' and '.join(unknown)} is in {parent.name}; add "
            f"{' '.join(f'--now {name}=0' for name in unknown)}, with the strength in use where it is not 0"
        )
    if SEED in command.fields and in_use[SEED] is None:
        raise TryError("the command has {seed}, but not the seed in use; write it there, as in {seed=0}")
    if "weight_decay" in proposal.strengths:
        _need_its_kind(parent, [name for name in proposal.strengths if name != "weight_decay"])
    values = {name: in_use[name] or 0.0 for name in command.fields} | dict(proposal.strengths)
    return {name: int(value) if name == SEED else value for name, value in values.items()}


def _need_its_kind(parent: Parent, others: Sequence[str]) -> None:
    """Raises ``TryError`` unless the program's weight decay does what the dose, with ``others``, was measured for."""
    optimizer = parent.setup.optimizer
    if optimizer is None and parent.setup.momentum is None:
        raise TryError(
            f"nothing says how {parent.name} decays its weights, and the same number does different things; add "
            f"--optimizer with one of {', '.join(OPTIMIZERS)}"
        )
    if optimizer == "adam":
        raise TryError(
            f"{parent.name} trains with Adam, which adds weight decay to the gradient: the dose is AdamW's, and can "
            "ruin a run there. Let the command train with AdamW and add --optimizer adamw"
            + (f", or leave the decay out: --lever {' --lever '.join(others)}" if others else "")
        )
