"""python -m trainer calibrate: fit one temperature to the best weights of a run, and write it beside them.

Dividing the logits by it makes a network as sure of itself as it should be (Guo et al. 2017,
https://arxiv.org/abs/1706.04599). It needs no new run and changes no answer.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from trainer import PROGRAM, run_folder
from trainer.config import Config
from trainer.data import load
from trainer.datasets import is_function
from trainer.errors import TrainerError
from trainer.files import replacing
from trainer.fit.device import prepare_torch
from trainer.fit.fine_tuning import read
from trainer.fit.pose import in_order, pose
from trainer.fit.problem import Problem
from trainer.fit.step import Data, eval_mode
from trainer.fit.val_losses import sample_losses
from trainer.measure.temperature import temperature
from trainer.status import BEST, CALIBRATION, VAL_LOSSES

SCHEMA = 1
COLDEST, HOTTEST = 0.3, 7.4  # a temperature beyond them is of a handful of samples
FOLDS = 5
ENOUGH = 300  # samples, below which the fit may be of their chance


class CalibrationError(TrainerError):
    """A run that cannot be calibrated; the message says what was found and the way out."""


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

    ``held_out`` is validation's loss after temperatures that were each fitted without the samples they are used on.
    """

    temperature: float
    epoch: int
    val: Part
    held_out: float
    test: Part | None = None

    @property
    def helps(self) -> bool:
        """Is validation's loss lower by a temperature that has not seen it?"""
        return self.held_out < self.val.loss


def main(arguments: Sequence[str]) -> None:
    """Calibrate a run, write ``calibration.json`` beside its best weights, and say what that does."""
    run_dir: Path = parser().parse_args(arguments).run
    calibration, console = calibrate(run_dir), Console(soft_wrap=True, highlight=False)
    console.print(as_table(calibration))
    console.print(sentence(calibration, run_dir))


def parser() -> argparse.ArgumentParser:
    """The options of ``calibrate``."""
    about = "Fit one temperature to the best weights of a run on its validation samples, and write it beside them."
    options = argparse.ArgumentParser(f"{PROGRAM} calibrate", description=about, allow_abbrev=False)
    options.add_argument("run", metavar="RUN", type=Path, help="the run's folder")
    return options


def calibrate(run_dir: Path) -> Calibration:
    """The calibration of the run in a folder, written there where it helps. Raises ``TrainerError``."""
    run_folder.need_run(run_dir)
    status = run_folder.status(run_dir)
    if status is not None and status.live:
        raise CalibrationError(
            f"{run_dir} is still training, so its best weights may change; wait until it ends, or stop it: "
            f"{PROGRAM} stop {run_dir}"
        )
    if not (run_dir / BEST).is_file():
        raise CalibrationError(f"{run_dir} has no {BEST}; only weights that were kept can be calibrated")
    config = run_folder.read_config(run_dir)
    device = prepare_torch(config)
    problem, best = pose(config, device), read(run_dir / BEST)
    weights = {name: value.to(device) for name, value in best["model"].items()}
    _need_the_same_samples(run_dir, problem, weights)
    logits, targets = _answers(problem.model, weights, problem.val)
    fitted = _fit(logits, targets)
    calibration = Calibration(
        temperature=fitted,
        epoch=int(best["epoch"]),
        val=_part(logits, targets, fitted),
        held_out=_held_out(logits, targets),
        test=_test(config, problem, weights, fitted),
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
            "loss of the others. The network is as sure of itself as it should be."
        )
    kind = "surer" if heat > 1 else "less sure"
    gain = 1 - calibration.held_out / calibration.val.loss
    few = "" if samples >= ENOUGH else f" With fewer than {ENOUGH} samples, that is uncertain."
    return (
        f"The weights of epoch {calibration.epoch} are {kind} than they should be. Divide their logits by {heat:.3g}: "
        f"that takes {gain:.1%} off the loss of validation samples it was not fitted on.{few} "
        f"Written to {run_dir / CALIBRATION}."
    )


def _need_the_same_samples(run_dir: Path, problem: Problem, weights: dict[str, Tensor]) -> None:
    """Raises ``CalibrationError`` for a regression, and where validation is not what the run was validated on."""
    if not problem.classes and not problem.text:
        raise CalibrationError(f"{run_dir} predicts numbers; a temperature is for networks that tell classes apart")
    try:
        with np.load(run_dir / VAL_LOSSES, allow_pickle=False) as file:
            digest = str(file["digest"])
    except (OSError, ValueError, LookupError, EOFError):
        return  # an older run, or one that was stopped, says nothing of its samples
    if sample_losses(problem.model, weights, problem.loss_fn, problem.val)[1] != digest:
        raise CalibrationError(
            f"the validation samples of {run_dir} have changed since it was trained; put the data back as they were"
        )


@torch.no_grad()
def _answers(model: nn.Module, weights: dict[str, Tensor], data: Data) -> tuple[Tensor, Tensor]:
    """Logits ``(n, classes)`` and class numbers ``(n,)``, of all answers that count."""
    answer, outputs, targets = partial(functional_call, model, weights), [], []
    with eval_mode(model):
        for x, y in data:
            logits = answer(x)
            outputs.append(logits.movedim(1, -1).flatten(0, -2).float())
            targets.append(y.flatten())
    known = torch.cat(targets) >= 0
    return torch.cat(outputs)[known], torch.cat(targets)[known]


def _fit(logits: Tensor, targets: Tensor) -> float:
    return min(max(float(temperature(logits, targets)), COLDEST), HOTTEST)


def _held_out(logits: Tensor, targets: Tensor) -> float:
    """Mean loss of every answer after a temperature fitted on the others' folds."""
    fold, total = torch.arange(len(targets), device=targets.device) % FOLDS, 0.0
    for place in range(min(FOLDS, len(targets))):
        own = fold == place
        fitted = _fit(logits[~own], targets[~own])
        total += float(cross_entropy(logits[own] / fitted, targets[own], reduction="sum"))
    return total / len(targets)


def _part(logits: Tensor, targets: Tensor, fitted: float) -> Part:
    losses = [float(cross_entropy(logits / divisor, targets)) for divisor in (1.0, fitted)]
    return Part(losses[0], losses[1], float((logits.argmax(1) == targets).float().mean()), len(targets))


def _test(config: Config, problem: Problem, weights: dict[str, Tensor], fitted: float) -> Part | None:
    """What it does to the test set, which nothing was chosen by; None for a problem of one's own or without one."""
    test = None if is_function(config.dataset) else load(config).test
    if test is None or not len(test.y):
        return None
    device = next(iter(weights.values())).device
    return _part(*_answers(problem.model, weights, in_order(test, device)), fitted)


def _write(path: Path, calibration: Calibration) -> None:
    """By rename; a temperature that does not help is removed, so that nobody applies an old one."""
    try:
        if not calibration.helps:
            path.unlink(missing_ok=True)
            return
        with replacing(path) as scratch:
            scratch.write_text(json.dumps({"schema": SCHEMA, **asdict(calibration)}, indent=1), encoding="utf-8")
    except OSError as error:
        raise CalibrationError(f"cannot write {path}: {error.strerror}; make room, then calibrate again") from error
