"""python -m trainer calibrate: fit one temperature to the best weights of a run, and write it beside them.

Dividing the logits by it makes a network as sure of itself as it should be (Guo et al. 2017,
https://arxiv.org/abs/1706.04599). It needs no new run and changes no answer.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from rich.table import Table
from torch.nn.functional import cross_entropy

from trainer import PROGRAM, files
from trainer.fit.best_weights.answers import Answers, AnswersError, best_answers
from trainer.measure.temperature import bounded_temperature, folds
from trainer.options import named_folder
from trainer.status import CALIBRATION
from trainer.terminal import Terminal

SCHEMA = 1
SHARE_OF_ERROR = 0.5  # on development tasks, less harms twice as often, and more gives away what it gains
ENOUGH = 300  # samples, below which the fit may be of their chance


@dataclass(frozen=True)
class Part:
    """Losses before and after the temperature, and accuracy, which it leaves as it is, over ``samples`` answers."""

    loss: float
    scaled: float
    accuracy: float
    samples: int


@dataclass(frozen=True)
class Calibration:
    """The ``temperature`` of the weights of ``epoch``, fitted on ``val``; ``test`` is None without a test set.

    ``held_out`` is validation's loss after temperatures that were each fitted without the samples they are used on, and
    ``error`` the standard error of what that takes off, over samples.
    """

    temperature: float
    epoch: int
    val: Part
    held_out: float
    error: float
    test: Part | None = None

    @property
    def helps(self) -> bool:
        """Is validation's loss lower by a temperature that has not seen it, by more than a share of its error?"""
        return self.held_out < self.val.loss - SHARE_OF_ERROR * self.error


def main(arguments: Sequence[str]) -> None:
    """Calibrate a run, write ``calibration.json`` beside its best weights, and say what that does."""
    run_dir: Path = parser().parse_args(arguments).run
    calibration, console = calibrate(run_dir), Terminal()
    console.print(as_table(calibration))
    console.print(sentence(calibration, run_dir))


def parser() -> argparse.ArgumentParser:
    """The options of ``calibrate``."""
    about = "Fit one temperature to the best weights of a run on its validation samples, and write it beside them."
    options = argparse.ArgumentParser(f"{PROGRAM} calibrate", description=about, allow_abbrev=False)
    options.add_argument("run", metavar="RUN", type=named_folder, help="the run's folder")
    return options


def calibrate(run_dir: Path) -> Calibration:
    """The calibration of the run in a folder, written there where it helps. Raises ``TrainerError``."""
    best = best_answers(run_dir)
    fitted, (unseen, error) = _fit(best.val), held_out(best.val)
    calibration = Calibration(
        temperature=fitted,
        epoch=best.epoch,
        val=_part(best.val, fitted),
        held_out=unseen,
        error=error,
        test=None if best.test is None else _part(best.test, fitted),
    )
    _write(run_dir / CALIBRATION, calibration)
    return calibration


def as_table(calibration: Calibration) -> Table:
    """Loss, scaled loss and accuracy, side by side."""
    table = Table(box=None, header_style="bold", padding=(0, 1), pad_edge=False)
    table.add_column("")
    for heading in ("Samples", "Loss", "Scaled loss", "Accuracy"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, part in (("validation", calibration.val), ("test", calibration.test)):
        if part is not None:
            table.add_row(name, str(part.samples), f"{part.loss:.4g}", f"{part.scaled:.4g}", f"{part.accuracy:.1%}")
    return table


def sentence(calibration: Calibration, run_dir: Path) -> str:
    """What was found and written."""
    heat, samples = calibration.temperature, calibration.val.samples
    if not calibration.helps:
        return (
            f"No temperature was written: fitted on a part of the {samples} validation samples, it does not lower the "
            "loss of the others by more than chance. The network is about as sure of itself as it should be."
        )
    kind = "surer" if heat > 1 else "less sure"
    gain = 1 - calibration.held_out / calibration.val.loss
    few = "" if samples >= ENOUGH else f" With fewer than {ENOUGH} samples, that is uncertain."
    return (
        f"The weights of epoch {calibration.epoch} are {kind} than they should be. Divide their logits by {heat:.3g}: "
        f"that takes {gain:.1%} off the loss of validation samples it was not fitted on.{few} "
        f"Written to {run_dir / CALIBRATION}."
    )


def _fit(answers: Answers) -> float:
    return bounded_temperature(answers.logits, answers.targets)


def held_out(answers: Answers) -> tuple[float, float]:
    """Mean loss of every answer after a temperature fitted on the others' folds, of whole samples.

    And the standard error, over samples, of its difference from the loss without one.
    """
    logits, targets = answers.logits, answers.targets
    after = torch.zeros_like(targets, dtype=logits.dtype)
    for own in folds(answers.sample):
        fitted = bounded_temperature(logits[~own], targets[~own])
        after[own] = cross_entropy(logits[own] / fitted, targets[own], reduction="none")
    counts = torch.bincount(answers.sample)
    difference = torch.zeros(len(counts), dtype=logits.dtype, device=logits.device)
    difference.index_add_(0, answers.sample, after - cross_entropy(logits, targets, reduction="none"))
    difference = difference[counts > 0]
    samples = len(difference)
    error = float(difference.std()) * samples**0.5 / len(targets) if samples > 1 else 0.0
    return float(after.mean()), error


def _part(answers: Answers, fitted: float) -> Part:
    logits, targets = answers.logits, answers.targets
    losses = [float(cross_entropy(logits / divisor, targets)) for divisor in (1.0, fitted)]
    return Part(losses[0], losses[1], float((logits.argmax(1) == targets).float().mean()), len(targets))


def _write(path: Path, calibration: Calibration) -> None:
    """By rename; a temperature that does not help is removed, so that nobody applies an old one."""
    try:
        if not calibration.helps:
            path.unlink(missing_ok=True)
            return
        files.write(path, json.dumps({"schema": SCHEMA, **asdict(calibration)}, indent=1).encode())
    except OSError as error:
        raise AnswersError(f"cannot write {path}: {error.strerror}; make room, then calibrate again") from error
