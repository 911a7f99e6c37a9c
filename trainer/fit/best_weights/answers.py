"""Answers: what the best weights of a run say to validation and test, when these are the samples it was trained by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

import torch
from torch import Tensor, nn
from torch.func import functional_call

from diagnostics.trials.val_losses import val_losses
from trainer import PROGRAM, run_folder
from trainer.config import Config
from trainer.data import load
from trainer.datasets import is_function
from trainer.errors import TrainerError
from trainer.fit.best_weights.val_losses import sample_losses
from trainer.fit.device import prepare_torch
from trainer.fit.problems.fine_tuning import read
from trainer.fit.problems.pose import in_order, pose
from trainer.fit.problems.problem import Problem
from trainer.fit.step import Data, eval_mode
from trainer.status import BEST

PASSES, LONG = 5, 0.5  # over validation, of which the fastest tells what an answer costs; fewer where one takes long


class AnswersError(TrainerError):
    """The best weights of a run cannot answer; the message says what was found and the way out."""


@dataclass(frozen=True)
class Answers:
    """``logits`` (n, classes), ``targets`` (n,) of all answers that count, and the place of the ``sample`` of each."""

    logits: Tensor
    targets: Tensor
    sample: Tensor


@dataclass(frozen=True)
class BestAnswers:
    """Those of the weights of ``epoch``; ``test`` is None without a test set.

    ``parameters`` is how many numbers the network has, ``seconds`` what one pass over validation took.
    """

    epoch: int
    val: Answers
    test: Answers | None
    parameters: int
    seconds: float


def best_answers(run_dir: Path) -> BestAnswers:
    """What the best weights of the run in a folder answer. Raises ``TrainerError``."""
    run_folder.need_run(run_dir)
    status = run_folder.status(run_dir)
    if status is not None and status.live:
        raise AnswersError(
            f"{run_dir} is still training, so its best weights may change; wait until it ends, or stop it: "
            f"{PROGRAM} stop {run_dir}"
        )
    if not (run_dir / BEST).is_file():
        raise AnswersError(f"{run_dir} has no {BEST}; only weights that were kept can answer")
    config = run_folder.read_config(run_dir)
    device = prepare_torch(config)
    problem, best = pose(config, device), read(run_dir / BEST)
    weights = {name: value.to(device) for name, value in best["model"].items()}
    _need_the_same_samples(run_dir, problem, weights)
    seconds: list[float] = []
    while len(seconds) < PASSES and sum(seconds) < LONG:
        started = perf_counter()
        val = _answers(problem.model, weights, problem.val)
        seconds.append(perf_counter() - started)
    return BestAnswers(
        epoch=int(best["epoch"]),
        val=val,
        test=_test(config, problem, weights),
        parameters=sum(parameter.numel() for parameter in problem.model.parameters()),
        seconds=min(seconds),
    )


def _need_the_same_samples(run_dir: Path, problem: Problem, weights: dict[str, Tensor]) -> None:
    """Raises ``AnswersError`` for a regression, and where validation is not what the run was validated on."""
    if not problem.classes and not problem.text:
        raise AnswersError(f"{run_dir} predicts numbers; a temperature is for networks that tell classes apart")
    kept = val_losses(run_dir)
    if kept is None:
        return  # an older run, or one that was stopped, says nothing of its samples
    if sample_losses(problem.model, weights, problem.loss_fn, problem.val)[1] != kept[1]:
        raise AnswersError(
            f"the validation samples of {run_dir} have changed since it was trained; put the data back as they were"
        )


@torch.no_grad()
def _answers(model: nn.Module, weights: dict[str, Tensor], data: Data) -> Answers:
    answer, outputs, targets, samples, count = partial(functional_call, model, weights), [], [], [], 0
    with eval_mode(model):
        for x, y in data:
            outputs.append(answer(x).movedim(1, -1).flatten(0, -2).float())
            targets.append(y.flatten())
            samples.append(torch.arange(count, count + len(y), device=y.device).repeat_interleave(y[0].numel()))
            count += len(y)
    counted = torch.cat(targets) >= 0
    return Answers(torch.cat(outputs)[counted], torch.cat(targets)[counted], torch.cat(samples)[counted])


def _test(config: Config, problem: Problem, weights: dict[str, Tensor]) -> Answers | None:
    """Those to the test set, which nothing was chosen by; None for a problem of one's own or without one."""
    test = None if is_function(config.dataset) else load(config).test
    if test is None or not len(test.y):
        return None
    device = next(iter(weights.values())).device
    return _answers(problem.model, weights, in_order(test, device))
