"""Scored: a surface as the product sees it, with what every member of the grid is worth on validation and test."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy

from diagnostics import Curve, Diagnosis, Recommendation, Setup, diagnose, recommend
from diagnostics.recommend import Architecture
from diagnostics.recommend.facts import Facts
from tests.benchmarks.lab.surfaces import GRID, Surface, Trained, Values
from trainer.measure.ensemble import ensemble
from trainer.measure.temperature import bounded_temperature

LATEST, RISE, GAP = 0.8, 0.02, 0.30  # the study's own criterion of an overfitting run, which no verdict decides
ROOM = 0.03  # of the log loss by validation; with less to gain, a task counts for harm only


class Scored:
    """``val`` and ``test`` are losses ``(members,)`` at each member's best checkpoint, the plain run first.

    ``plain_test`` is the plain run's test loss without and with its temperature, also where no grid was trained.
    """

    def __init__(self, surface: Surface) -> None:
        self.surface, plain = surface, surface.plain
        steps = plain.steps
        val = Curve(steps, plain.val[0])
        self.diagnosis: Diagnosis = diagnose(
            Curve(steps, plain.logged[0]), val, clean_train=Curve(steps, plain.clean[0])
        )
        heat, losses = scaled(plain, surface)
        self.plain_test = float(plain.test_best[0]), float(losses[1][0])
        self.setup = Setup(
            architecture=next(known for known in get_args(Architecture) if known == surface.architecture),
            val=val,
            steps=steps,
            lr=surface.lr,
            lr_sum=plain.lr_sum,
            optimizer="sgdw" if surface.sgd else "adamw",
            momentum=0.0,
            train=plain.clean[0],
            train_is_clean=True,
            temperature=np.full(len(steps), heat[0]),
            val_scaled=np.full(len(steps), losses[0][0]),
            strengths={"dropout": 0.0, "spatial_dropout": 0.0, "weight_decay": 0.0},
            val_samples=max(100, len(surface.val_labels)),  # what a sixth of the sets has less of is no matter here
            batch_size=surface.batch_size,
            depth=surface.depth if surface.architecture == "mlp" else None,
        )
        self.facts = Facts(self.diagnosis, self.setup)
        self.temperature = float(heat[0])

    @cached_property
    def advice(self) -> tuple[Recommendation, ...]:
        return recommend(self.diagnosis, self.setup)

    @property
    def prescribed(self) -> bool:
        """Is more regularization recommended?"""
        return any(one.strengthens for one in self.advice)

    @cached_property
    def overfits(self) -> bool:
        """By the study's criterion, which uses validation alone."""
        val, clean = self.surface.plain.val[0], self.surface.plain.clean[0]
        at = int(np.argmax(val <= 1.02 * val.min()))
        share = self.surface.plain.steps[max(1, at)] / self.surface.plain.steps[-1]
        return bool(
            self.surface.grid is not None
            and share < LATEST
            and (val[-1] / val.min() - 1 > RISE or 1 - clean[-1] / val[-1] > GAP)
        )

    @cached_property
    def grid(self) -> Trained:
        assert self.surface.grid is not None, "only the plain run was trained"
        return self.surface.grid

    @cached_property
    def val(self) -> Values:
        return self.grid.val.min(1)

    @property
    def val_last(self) -> Values:
        return self.grid.val[:, -1]

    @property
    def test(self) -> Values:
        return self.grid.test_best

    @property
    def has_room(self) -> bool:
        return bool(np.log(self.val[0] / self.val.min()) >= ROOM)

    @cached_property
    def _with_temperature(self) -> tuple[Values, Values]:
        _, (val, test) = scaled(self.grid, self.surface)
        return val, test

    @property
    def val_scaled(self) -> Values:
        """After one temperature, fitted on validation."""
        return self._with_temperature[0]

    @property
    def test_scaled(self) -> Values:
        return self._with_temperature[1]

    def nearest(self, p: float, decay: float) -> int:
        """The member of the grid that is most like a dose, the decay by its logarithm."""
        u = decay * self.surface.rate_to_t_star
        logs = np.log10([max(own, 1e-3) for _, own in GRID])
        distances = np.abs(logs - np.log10(max(u, 1e-3))) / 0.5 + np.abs([own - p for own, _ in GRID]) / 0.1
        return int(np.argmin(distances))

    def ensemble(self, members: Sequence[int]) -> float:
        """Test loss of the product's ensemble of ``members``, chosen by validation."""
        val, test = (
            torch.from_numpy(logits[list(members)]).float() for logits in (self.grid.val_logits, self.grid.test_logits)
        )
        chosen = ensemble(val, torch.from_numpy(self.surface.val_labels))
        return float(cross_entropy(chosen.logits(test), torch.from_numpy(self.surface.test_labels)))


def sample_losses(logits: NDArray[np.float16], labels: NDArray[np.int64]) -> Values:
    """The loss of each sample ``(n,)`` of logits ``(n, classes)``."""
    probabilities = softmax(logits.astype(np.float64))
    losses: Values = -np.log(np.maximum(probabilities[np.arange(len(labels)), labels], 1e-12))
    return losses


def scaled(trained: Trained, surface: Surface) -> tuple[Values, tuple[Values, Values]]:
    """Each member's temperature, and its validation and test loss after it."""
    rows = []
    for val, test in zip(trained.val_logits, trained.test_logits, strict=True):
        heat = fitted(val.astype(np.float64), surface.val_labels)
        losses = [
            loss_of(softmax(logits.astype(np.float64) / heat), labels)
            for logits, labels in ((val, surface.val_labels), (test, surface.test_labels))
        ]
        rows.append((heat, *losses))
    heats, vals, tests = np.array(rows).T
    return heats, (vals, tests)


def fitted(logits: Values, labels: NDArray[np.int64]) -> float:
    return bounded_temperature(torch.from_numpy(logits).float(), torch.from_numpy(labels))


def softmax(logits: Values) -> Values:
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    normed: Values = shifted / shifted.sum(1, keepdims=True)
    return normed


def loss_of(probabilities: Values, labels: NDArray[np.int64]) -> float:
    return float(-np.log(np.maximum(probabilities[np.arange(len(labels)), labels], 1e-12)).mean())
