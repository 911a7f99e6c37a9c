"""Product: the same loop with the real trainer, its logs and its readers in the place of the lab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import torch

from trainer import job
from trainer.config import Config, with_strengths
from trainer.data import load
from trainer.fit.fine_tuning import start_from
from trainer.fit.loop import Callback
from trainer.fit.pose import pose
from trainer.fit.step import evaluate
from trainer.session import work
from trainer.trials.parent import TryError, read_parent
from trainer.trials.proposal import proposals

GRID = ((0.1, 0.01), (0.2, 0.01), (0.1, 0.1), (0.3, 0.01))
RUNS = 3
_noisy = Config(train_size=300, label_noise=0.2, epochs=100, batch_size=50, threads=1)
PRODUCTS: dict[str, Config] = {
    "digits, mlp": Config(train_size=100, depth=3, epochs=120, batch_size=20, threads=1),
    "digits, mlp, 20 % wrong labels": _noisy,
    "digits, cnn (BatchNorm)": replace(_noisy, model="cnn", width=8, epochs=40),
    "breast cancer, mlp": Config(dataset="breast_cancer", train_size=100, epochs=120, batch_size=20, threads=1),
    "digits, mlp, sgd": replace(_noisy, optimizer="sgd", lr=0.03),
    "digits, mlp, cosine": replace(_noisy, lr=2e-3, schedule="cosine"),
}


class Result(NamedTuple):
    """Test losses at the best checkpoint: of the parent, and of the best by validation of what was tried."""

    verdict: str
    parent: float
    dose: float | None
    doses: float
    grid: float


def measure(config: Config) -> Result:
    """Train the parent, its first doses and the grid, each as ``python -m trainer`` does."""
    with TemporaryDirectory() as folder:
        logdir = Path(folder)
        parent = _trained(config, logdir / "parent")
        verdict, ladder = _prescribed(logdir / "parent")
        dosed = [_trained(with_strengths(config, dose), logdir / f"dose{n}") for n, dose in enumerate(ladder)]
        name = "spatial_dropout" if config.model == "cnn" else "dropout"
        grid = [
            _trained(with_strengths(config, {name: p, "weight_decay": decay}), logdir / f"grid{n}")
            for n, (p, decay) in enumerate(GRID)
        ]
    first = dosed[0][1] if dosed else None
    return Result(verdict, parent[1], first, min([parent, *dosed])[1], min([parent, *grid])[1])


def table(results: Mapping[str, list[Result]]) -> list[str]:
    """A row for each configuration, changes against the parent in the mean of the logarithm."""
    rows = [
        "| `python -m trainer` | prescribed | first dose | best of 3 | best of the grid | 1 dose beats the grid |",
        "|---|---|---|---|---|---|",
    ]
    for name, found in results.items():
        dosed = [one for one in found if one.dose is not None]
        said = f"| {name} | {len(dosed)} of {len(found)} |"
        said += f" {_change([(one.dose or np.nan, one.parent) for one in dosed])} |"
        said += f" {_change([(one.doses, one.parent) for one in found])} |"
        said += f" {_change([(one.grid, one.parent) for one in found])} |"
        rows.append(said + f" {sum(one.dose < one.grid for one in dosed if one.dose is not None)} of {len(found)} |")
    return rows


def _change(pairs: list[tuple[float, float]]) -> str:
    return f"{np.expm1(np.mean([np.log(after / before) for after, before in pairs])):+.1%}" if pairs else "-"


def _prescribed(run_dir: Path) -> tuple[str, list[Mapping[str, float]]]:
    """The verdict, and the first doses as ``python -m trainer try`` would start them; none where it finds no reason."""
    parent = read_parent(run_dir)
    try:
        found = [one.strengths for one in proposals(parent) if one.dose][:RUNS]
    except TryError:
        found = []
    return parent.diagnosis.verdict, found


def _trained(config: Config, run_dir: Path) -> tuple[float, float]:
    """The lowest validation loss of a training, and the test loss of its best weights."""
    with job.claim(run_dir):
        job.prepare(config, run_dir)
        work(run_dir, Callback())
    problem, test = pose(config, torch.device("cpu")), load(config).test
    start_from(problem.model, run_dir)
    (val, _), (loss, _) = (
        evaluate(problem.model, problem.loss_fn, data)
        for data in (problem.val, [(torch.from_numpy(test.x), torch.from_numpy(test.y))])
    )
    return float(val), float(loss)
