"""Combination: what the best weights of a run and of its trials are worth, each alone and several together.

Whatever is chosen by validation looks better there than it is, so that every way of choosing is also judged on samples
that it has not seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from trainer.errors import TrainerError
from trainer.fit.best_weights.answers import BestAnswers, best_answers
from trainer.measure.ensemble import Ensemble, calibrated, ensemble, single
from trainer.measure.temperature import folds


@dataclass(frozen=True)
class Use:
    """One way to use the runs: ``members``, how many times each counts by name, and the ``temperatures`` of each.

    ``temperature`` is that of their mean. ``loss`` is validation's, ``held_out`` that of validation samples that
    neither members nor temperatures were chosen by, ``test_loss`` and ``test_accuracy`` None without a test set.
    ``parameters`` and ``time`` are what an answer costs, as multiples of the plain run's.
    """

    members: Mapping[str, int]
    temperatures: Mapping[str, float]
    temperature: float
    loss: float
    held_out: float
    accuracy: float
    test_loss: float | None
    test_accuracy: float | None
    parameters: float
    time: float

    @property
    def optimism(self) -> float:
        """How much lower the loss looks on the samples that chose, relative; 0 where it does not."""
        return max(0.0, 1 - self.loss / self.held_out) if self.held_out else 0.0


@dataclass(frozen=True)
class Combination:
    """The plain run as it is, the best single run, the best one with a temperature, and the ensemble.

    They were chosen among ``runs`` by ``samples`` of validation; ``left_out`` says of every other run why it is not
    among them.
    """

    plain: Use
    single: Use
    calibrated: Use
    ensemble: Use
    runs: tuple[str, ...]
    samples: int
    left_out: tuple[str, ...]

    @property
    def uses(self) -> dict[str, Use]:
        """Each by what it is called."""
        return {
            "plain": self.plain,
            "single": self.single,
            "calibrated": self.calibrated,
            "ensemble": self.ensemble,
        }


def combine(run_dirs: Sequence[Path]) -> Combination:
    """Combine runs that were validated on the same samples, the plain run first. Raises ``TrainerError`` without it."""
    answers, left_out = {run_dirs[0].name: best_answers(run_dirs[0])}, []
    plain = answers[run_dirs[0].name].val
    for folder in run_dirs[1:]:
        try:
            own = best_answers(folder)
        except TrainerError as error:
            left_out.append(str(error))
            continue
        if own.val.logits.shape == plain.logits.shape and torch.equal(own.val.targets, plain.targets):
            answers[folder.name] = own
        else:
            left_out.append(f"{folder} was validated on other samples than {run_dirs[0]}, so it cannot join it")
    pool = Pool(answers)
    return Combination(
        plain=pool.judged(lambda *_: Ensemble((0,), (1.0,))),
        single=pool.judged(single),
        calibrated=pool.judged(calibrated),
        ensemble=pool.judged(ensemble),
        runs=tuple(answers),
        samples=len(set(plain.sample.tolist())),
        left_out=tuple(left_out),
    )


class Pool:
    """The answers of several runs to the same samples."""

    def __init__(self, answers: Mapping[str, BestAnswers]) -> None:
        self.names, self.answers = list(answers), list(answers.values())
        self.targets, self.sample = self.answers[0].val.targets, self.answers[0].val.sample
        self.logits = torch.stack([own.val.logits for own in self.answers])

    def judged(self, choose: Callable[[Tensor, Tensor], Ensemble]) -> Use:
        """What a way of choosing comes to by all of validation, and what it is worth on samples it has not seen."""
        chosen, unseen = choose(self.logits, self.targets), 0.0
        for own in folds(self.sample):
            without = choose(self.logits[:, ~own], self.targets[~own])
            unseen += float(cross_entropy(without.logits(self.logits[:, own]), self.targets[own], reduction="sum"))
        loss, accuracy = _measured(chosen.logits(self.logits), self.targets)
        tests, test = [own.test for own in self.answers if own.test is not None], None
        if len(tests) == len(self.answers):
            test = _measured(chosen.logits(torch.stack([own.logits for own in tests])), tests[0].targets)
        names = [self.names[place] for place in chosen.members]
        return Use(
            members=dict(Counter(names)),
            temperatures=dict(zip(names, chosen.temperatures, strict=True)),
            temperature=chosen.temperature,
            loss=loss,
            held_out=unseen / len(self.targets),
            accuracy=accuracy,
            test_loss=None if test is None else test[0],
            test_accuracy=None if test is None else test[1],
            parameters=_cost(chosen, [float(own.parameters) for own in self.answers]),
            time=_cost(chosen, [own.seconds for own in self.answers]),
        )


def _measured(logits: Tensor, targets: Tensor) -> tuple[float, float]:
    """Mean loss and accuracy."""
    return float(cross_entropy(logits, targets)), float((logits.argmax(1) == targets).double().mean())


def _cost(chosen: Ensemble, costs: Sequence[float]) -> float:
    return sum(costs[place] for place in set(chosen.members)) / costs[0]
