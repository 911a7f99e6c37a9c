"""Advice: what Fitwatch says of a member of a table, by the public interface that reads a log's curves."""

from __future__ import annotations

import numpy as np

from diagnostics import Curve, Diagnosis, Recommendation, Setup, diagnose, recommend
from diagnostics.recommend import doses
from tests.benchmarks.lab.data import Data
from tests.benchmarks.lab.training import Curves, Member, Task


class Advised:
    """One trained member, its diagnosis and all that is recommended for it."""

    def __init__(self, task: Task, data: Data, curves: Curves, members: tuple[Member, ...], index: int) -> None:
        self.task, self.member = task, members[index]
        epochs = np.arange(1, task.epochs + 1)
        val = Curve(epochs, curves.val[index])
        clean = Curve(epochs, curves.clean[index])
        self.diagnosis: Diagnosis = diagnose(Curve(epochs, curves.train[index]), val, clean_train=clean)
        self.setup = Setup(
            architecture=task.architecture,
            val=val,
            steps=epochs * float(task.steps_per_epoch(len(data.train.y))),
            epochs=epochs.astype(float),
            lr=task.lr,
            lr_sum=curves.lr_sum,
            optimizer="sgdw" if task.momentum is not None else "adamw",
            momentum=0.0,
            train=curves.clean[index],
            train_is_clean=True,
            strengths={
                self.dropout: self.member.dropout,
                "weight_decay": self.member.weight_decay,
                "augmentation": float(self.member.augmentation),
            },
            val_samples=len(data.val.y),
            batch_size=task.batch_size,
        )
        self.recommendations: tuple[Recommendation, ...] = recommend(self.diagnosis, self.setup)

    @property
    def dropout(self) -> str:
        return "spatial_dropout" if self.task.architecture == "cnn" else "dropout"

    @property
    def strengthens(self) -> bool:
        """Is more regularization prescribed?"""
        return any(one.strengthens for one in self.recommendations)

    @property
    def doses(self) -> tuple[Member, ...]:
        """The ladder in the order in which to try it; empty where nothing is prescribed."""
        if not self.strengthens:
            return ()
        return tuple(
            Member(dose.get(self.dropout, 0.0), dose.get("weight_decay", 0.0), dose.get("augmentation", 0.0) > 0)
            for dose in doses(self.diagnosis, self.setup)
        )

    @property
    def weakened(self) -> Member | None:
        """The member with less of everything, where that is recommended."""
        less = {
            one.lever: one.suggested
            for one in self.recommendations
            if one.suggested is not None and one.current is not None and one.suggested < one.current
        }
        if not less:
            return None
        dropout, decay = less.get(self.dropout, self.member.dropout), less.get("weight_decay", self.member.weight_decay)
        return self.member._replace(dropout=dropout, weight_decay=decay)
