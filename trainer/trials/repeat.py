"""Repeat: a run and one of its trials once more with other seeds, to see whether the change holds on the mean."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from diagnostics import Trial
from diagnostics.trials.over_seeds import OverSeeds, over_seeds
from diagnostics.trials.trial_file import Kind
from trainer.processes.command import Command
from trainer.trials.parent import SEED, Parent, TryError, trials_in
from trainer.trials.proposal import Proposal
from trainer.trials.settle import outcome_of_trial, state_of
from trainer.trials.terminal import carry_out, parent_of


def repeated(
    parent: Parent, trial_dir: Path, options: argparse.Namespace, command: Command | None, console: Console
) -> OverSeeds | None:
    """What a finished trial's change did over ``options.seeds`` seeds, after training what is missing of that.

    None where a person stopped it; the same call goes on from there. Raises ``TrainerError`` where a training fails.
    """
    trial = next(trial for folder, trial in parent.trials() if folder == trial_dir)
    proposal = proposal_again(trial)
    first, trials = int(parent.now(SEED) or 0), [trial_dir]
    seeds = range(first, first + options.seeds)
    for seed in seeds[1:]:
        run = _trained(parent, Proposal({SEED: float(seed)}, ""), "repeat", command, console)
        other = None if run is None else parent_of(options, run=run, seed=seed)
        again = None if other is None else _trained(other, proposal, "full", command, console)
        if again is None:
            return None
        trials.append(again)
    return over_seeds(seeds, [outcome_of_trial(folder) for folder in trials])


def proposal_again(trial: Trial) -> Proposal:
    """What a trial tried, to try it again."""
    strengths = {name: after for name, (_, after) in trial.change.items() if after is not None}
    return Proposal(strengths, "", trial.dose, trial.expected)


def finished(parent: Parent, proposal: Proposal, kind: Kind) -> Path | None:
    """The newest trial of that change that came to its end."""
    change = proposal.change(parent)
    folders = [folder for folder, trial in parent.trials() if trial.kind == kind and trial.change == change]
    return next((folder for folder in reversed(folders) if state_of(folder) == "finished"), None)


def not_repeated(parent: Parent, seeds: int) -> Path | None:
    """The newest finished trial of the run, unless it was repeated with so many seeds."""
    trials = [(folder, trial) for folder, trial in parent.trials() if trial.kind == "full"]
    done = [(folder, trial) for folder, trial in trials if state_of(folder) == "finished"]
    if not done:
        return None
    last, trial = done[-1]
    runs = {folder for folder, other in parent.trials() if other.kind == "repeat"}
    again = {
        other.parent_of(folder)
        for folder, other in trials_in(parent.folder.parent)
        if proposal_again(other).strengths == proposal_again(trial).strengths and state_of(folder) == "finished"
    }
    return last if len(runs & again) < seeds - 1 else None


def _trained(parent: Parent, proposal: Proposal, kind: Kind, command: Command | None, console: Console) -> Path | None:
    """The folder of a finished training, of now or before; None for one that was stopped."""
    if (before := finished(parent, proposal, kind)) is not None:
        return before
    done = carry_out(parent, proposal, kind, command, console)
    if done.state == "failed":
        raise TryError(done.message)
    if done.message:
        console.print(done.message)
    return done.folder if done.state == "finished" else None
