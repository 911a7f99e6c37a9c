"""Trial: the same run with one change, started in the background."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote

from diagnostics import GivenSetup, Trial
from diagnostics.trials.next_step import PATIENCE, Attempt, is_done
from diagnostics.trials.trial_file import Kind, TrialError
from trainer import PROGRAM, job, run_folder
from trainer.config import Config, with_strengths
from trainer.datasets import is_function
from trainer.files import make_folder
from trainer.own_code import need_trusted
from trainer.processes.liveness import is_here
from trainer.status import BEST, CHECKPOINT, CONFIG, read_status
from trainer.trials.parent import Parent, TryError, decoupled, read_parent
from trainer.trials.proposal import Proposal, proposal_of, proposals
from trainer.trials.settle import ENDED, controls_of, state_of
from trainer.trials.writing import write_trial

BRANCH_SHARE = 0.2  # of the parent's length


def start_trial(
    run_dir: str | os.PathLike[str],
    strengths: Mapping[str, float] | None = None,
    *,
    branch: bool = False,
    given: GivenSetup | None = None,
) -> Path:
    """Train a run again with one change, in a process of its own; the seed and all other settings stay the same.

    A trial of the same change that is running is not started twice, and one that was stopped or killed continues.

    Parameters
    ----------
    run_dir
        Folder of the run to change, which this trainer has trained to its end.
    strengths
        Registry name of a regularizer -> strength, 0 is off; ``epochs`` may be among them. ``None`` takes the next
        recommended dose that was not tried yet, or that failed only once.
    branch
        Train for a fifth of the length from the best weights on, beside an unchanged control. Ranks doses.
    given
        What the run's log does not say of how it was trained.

    Returns
    -------
    Path
        The folder of the trial, beside the run's: ``runs/exp-try-1`` for ``runs/exp``. ``trial.json`` in it says what
        was changed, ``trainer.job.status`` where it stands and ``diagnostics.outcome`` what it did.

    Raises
    ------
    TryError
        There is no such run, or nothing to try; the message says why. A ``ValueError``.
    JobError
        The training cannot be started. A ``ValueError``.

    Examples
    --------
    >>> folder = start_trial("runs/exp", {"weight_decay": 0.1})
    >>> folder.name
    'exp-try-1'
    """
    parent = read_parent(run_dir, given)
    kind: Kind = "branch" if branch else "full"
    proposal = next_proposal(parent, kind=kind) if strengths is None else proposal_of(parent, strengths)
    return start(parent, proposal, kind=kind)


def next_proposal(
    parent: Parent, *, kind: Kind = "full", fields: Collection[str] | None = None, patience: int = PATIENCE
) -> Proposal:
    """The best proposal that no trial of that kind has finished, and none failed with ``patience`` times.

    ``fields`` are the strengths that a command can be given; after the first proposal, what needs others is left out.
    Raises ``TryError``.
    """
    left = _left(parent, proposals(parent), kind, fields, patience)
    if not left:
        raise TryError(
            f"there is nothing left to try: every recommendation for {parent.name} was tried; to see the results: "
            f"{PROGRAM} improve {quote(str(parent.folder))}"
        )
    return left[0]


def untried(parent: Parent, *, fields: Collection[str] | None = None) -> list[Proposal]:
    """Every proposal that no trial of full length has finished; none where nothing is recommended."""
    try:
        return _left(parent, proposals(parent), "full", fields, 1)
    except TryError:
        return []


def _left(
    parent: Parent, candidates: Sequence[Proposal], kind: Kind, fields: Collection[str] | None, patience: int
) -> list[Proposal]:
    states = [(trial.change, state_of(folder)) for folder, trial in parent.trials() if trial.kind == kind]
    attempts = [Attempt(change, state == "failed") for change, state in states if state in ENDED]
    return [
        proposal
        for proposal in candidates
        if not is_done(proposal.strengths, attempts, patience=patience)
        and (fields is None or proposal is candidates[0] or proposal.strengths.keys() <= set(fields))
    ]


def start(parent: Parent, proposal: Proposal, *, kind: Kind = "full") -> Path:
    """Start a trial of the proposal, or go on with the one there is. Raises ``TrainerError``."""
    config = parent.need_config()
    if is_function(config.dataset):  # before there is a trial that can only fail
        need_trusted(config.dataset)
    if kind == "branch":
        config = _from_best(parent, config)
        _start_control(parent, config)
    else:
        config = replace(config, epochs=_length(parent, config))
    if (running := at_work_on(parent, proposal, kind)) is not None:
        return running
    folder = run_folder.free_run_dir(parent.folder.parent, stem(parent, kind))
    config = decoupled(config) if proposal.strengths.get("weight_decay") else config
    return launch(folder, with_strengths(config, proposal.strengths), described(parent, proposal, folder, kind))


def stem(parent: Parent, kind: Kind) -> str:
    """What the folder of a trial is called, before its number."""
    return f"{parent.name}-seed" if kind == "repeat" else f"{parent.name}-try"


def at_work_on(parent: Parent, proposal: Proposal, kind: Kind) -> Path | None:
    """The trial of that change which is at work, or was stopped or lost and goes on from now."""
    change = proposal.change(parent)
    for folder, trial in parent.trials():
        if trial.kind == kind and trial.change == change and _goes_on(folder):
            return folder
    return None


def described(parent: Parent, proposal: Proposal, folder: Path, kind: Kind) -> Trial:
    """What the trial in ``folder`` is to say of itself."""
    return Trial(
        parent=Path(os.path.relpath(parent.folder, folder)).as_posix(),
        kind=kind,
        change=proposal.change(parent),
        dose=proposal.dose,
        expected=proposal.expected if kind == "full" else None,  # what was measured are trials of full length
        before=parent.diagnosis.verdict.value,
    )


def launch(folder: Path, config: Config, trial: Trial) -> Path:
    """Start the training of a trial, which says what it is before it begins. Raises ``TrainerError``."""
    write(folder, trial)
    job.start(replace(config, pace=0.0, repair=False), folder)  # one change, and none on the way
    return folder


def write(folder: Path, trial: Trial) -> None:
    """Make the trial's folder and say there what it is. Raises ``TryError``."""
    try:
        make_folder(folder)
        write_trial(folder, trial)
    except (OSError, TrialError) as error:
        raise TryError(f"cannot start a trial in {folder}: {error}") from error


def _goes_on(folder: Path) -> bool:
    """Is the training at work, or was it stopped or lost and is resumed hereby? Another program's cannot be."""
    status = run_folder.status(folder)
    if status is not None and (folder / CONFIG).is_file() and (status.state == "stopped" or _can_go_on(folder)):
        job.resume(folder)
        return True
    return status is not None and status.live


def _can_go_on(folder: Path) -> bool:
    """Was the training lost after it wrote a checkpoint? What ends before would end so again, and has failed."""
    return was_lost(folder) and (folder / CHECKPOINT).is_file()


def was_lost(folder: Path) -> bool:
    """Did the process on this machine end without a word, such as by ``kill -9``?"""
    status, last_word = run_folder.status(folder), read_status(folder)
    if status is None or last_word is None:
        return False
    return last_word.live and not status.live and is_here(last_word)


def _length(parent: Parent, config: Config) -> int:
    """Epochs of a trial: as many as the run has trained if somebody stopped it, else as many as it was to.

    A learning rate that falls over all epochs would fall faster over fewer, so that those stay as many as they were.
    """
    status = run_folder.status(parent.folder)
    cut_short = status is not None and status.state in ("stopped", "failed") and status.epoch > 0
    return status.epoch if status is not None and cut_short and config.schedule == "constant" else config.epochs


def _from_best(parent: Parent, config: Config) -> Config:
    """The parent's configuration for a fifth of its length from its best weights on. Raises ``TryError``."""
    if not (parent.folder / BEST).is_file():
        raise TryError(f"{parent.folder} has no {BEST} to branch from; leave --branch out for a trial of full length")
    epochs = max(1, round(BRANCH_SHARE * _length(parent, config)))
    return replace(config, init_from=str(parent.folder), epochs=epochs)


def _start_control(parent: Parent, config: Config) -> Path:
    """The unchanged branch that others are compared with: the one there is, or a new one."""
    for control in controls_of(parent.folder):
        if state_of(control) == "finished" or _goes_on(control):
            return control
    folder = run_folder.free_run_dir(parent.folder.parent, f"{parent.name}-control")
    nothing = Proposal({}, "")
    return launch(folder, config, described(parent, nothing, folder, "control"))
