"""Plans: which small networks are trained together, and what each of them is trained with."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.random import Generator

from tests.benchmarks.outcomes.datasets import DATASETS

MEMBERS = 8
EVALUATIONS = (3, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 20, 25, 30, 40, 50, 60, 80, 100, 100, 150, 200, 300)
SMALL = {"breast_cancer": 569, "wine": 178, "diabetes": 442, "digits": 1797}  # how many samples there are
SIGNALS = ("mnist1d", "series", "digits")  # what a CNN can read
Made = Literal["ordinary", "learning rate too high", "learning rate too low", "dead"]


class Member(NamedTuple):
    """What one network is trained with beside what its group shares."""

    made: Made
    lr: float
    schedule: Literal["constant", "cosine", "step"]
    weight_decay: float
    dropout: float
    train_noise: float
    val_samples: int


class Plan(NamedTuple):
    """A group of networks of one shape that are trained at once, on samples of one data set."""

    seed: int
    workload: str
    architecture: Literal["mlp", "cnn", "transformer"]
    depth: int
    width: int
    norm: bool
    optimizer: Literal["adamw", "sgd"]
    batch_size: int
    train_samples: int
    clean_samples: int  # of train, for the plain training loss
    val_pool: int
    test_samples: int
    noise: float
    raw: bool
    steps: int
    evaluations: int
    at_start: bool
    pretraining: int
    members: tuple[Member, ...]

    @property
    def logged(self) -> list[int]:
        """The steps at which all losses are measured."""
        places = np.linspace(0, self.steps, self.evaluations + (not self.at_start)).round().astype(int)
        return [int(place) for place in places if place or self.at_start]


def plan(seed: int) -> Plan:
    """The group of this number: workloads take turns, all else is drawn."""
    rng = np.random.default_rng([seed, 13])
    workload = list(DATASETS)[seed % len(DATASETS)]
    available = SMALL.get(workload, 10**9)
    train = int(min(_log(rng, 24, 1000), 0.45 * available))
    pool = int(min(rng.choice([60, 120, 300, 600, 2000], p=[0.1, 0.15, 0.25, 0.25, 0.25]), 0.25 * available))
    architecture = _architecture(workload, rng)
    batch = int(min(rng.choice([4, 8, 16, 32, 64]), train // 2))
    evaluations = int(rng.choice(EVALUATIONS))
    if architecture == "transformer":
        batch, pool, evaluations = min(batch, 8), min(pool, 120), min(evaluations, 40)
        train = min(train, 300)
    steps = max(evaluations, int(_log(rng, 100, {"mlp": 4000, "cnn": 2000, "transformer": 600}[architecture])))
    shared = {
        "seed": seed,
        "workload": workload,
        "architecture": architecture,
        "depth": {"mlp": int(rng.choice([0, 1, 1, 2, 2, 2, 3, 4])), "cnn": 3, "transformer": int(rng.integers(1, 3))}[
            architecture
        ],
        "width": {"mlp": int(rng.choice([16, 24, 32, 48, 64, 96])), "cnn": 16, "transformer": 24}[architecture],
        "norm": bool(architecture == "mlp" and batch >= 8 and rng.random() < 0.3),
        "optimizer": str(rng.choice(["adamw", "adamw", "sgd"])),
        "batch_size": batch,
        "train_samples": train,
        "clean_samples": min(train, 100 if architecture == "transformer" else 300),
        "val_pool": pool,
        "test_samples": min(available - train - pool, 200 if architecture == "transformer" else 2000),
        "noise": float(rng.choice([0, 0, 0, 0.1, 0.2, 0.4])),
        "raw": bool(rng.random() < 0.5),
        "steps": steps,
        "evaluations": evaluations,
        "at_start": bool(rng.random() < 0.15),
        "pretraining": int(_log(rng, 60, 300)) if available > 10**6 and rng.random() < 0.2 else 0,
    }
    members = [_member(shared["optimizer"], pool, rng) for _ in range(MEMBERS)]
    if shared["norm"] or not shared["depth"] or architecture == "transformer":  # no ReLU would be at 0 for good
        members = [member._replace(made="ordinary") if member.made == "dead" else member for member in members]
    return Plan(**shared, members=tuple(members))  # type: ignore[arg-type]


def _architecture(workload: str, rng: Generator) -> str:
    if workload == "stretches":
        return "transformer"
    return "cnn" if workload in SIGNALS and rng.random() < 0.4 else "mlp"


def _member(optimizer: object, pool: int, rng: Generator) -> Member:
    made = str(
        rng.choice(["ordinary", "learning rate too high", "learning rate too low", "dead"], p=[0.86, 0.07, 0.05, 0.02])
    )
    lr = _log(rng, 3e-4, 2e-2) if optimizer == "adamw" else _log(rng, 2e-3, 0.15)
    lr *= {"learning rate too high": _log(rng, 10, 100), "learning rate too low": _log(rng, 1e-4, 1e-2)}.get(made, 1)
    decays = [0, 0, 0.01, 0.1, 1.0] if optimizer == "adamw" else [0, 0, 1e-4, 1e-3, 1e-2]
    return Member(
        made,  # type: ignore[arg-type]
        lr,
        str(rng.choice(["constant", "constant", "cosine", "step"])),  # type: ignore[arg-type]
        float(rng.choice(decays)),
        float(rng.choice([0, 0, 0, 0.1, 0.3, 0.5])),
        float(rng.choice([0, 0, 0, 0.1, 0.2, 0.4])),
        pool if rng.random() < 0.4 else int(_log(rng, min(30, pool), pool)),
    )


def _log(rng: Generator, low: float, high: float) -> float:
    """Evenly spread logarithms."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))
