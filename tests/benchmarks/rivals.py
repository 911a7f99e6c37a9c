"""Rivals: what else calls a training overfitting, each as a function of two loss curves."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnostics import check_overfitting

Values = NDArray[np.float64]
Rival = Callable[[Values, Values], bool]


def textbook(train: Values, val: Values) -> bool:
    """A gap above 0.1, and the last 10 val losses rise."""
    return check_overfitting(train.tolist(), val.tolist())[0]


def sagemaker(train: Values, val: Values) -> bool:
    """Gap above 10 % of train: https://docs.aws.amazon.com/sagemaker/latest/dg/debugger-built-in-rules.html#overfit."""
    return bool((val[-1] - train[-1]) > 0.1 * abs(train[-1]))


def spearman(train: Values, val: Values) -> bool:
    """The two curves go opposite ways: rank correlation below 0."""
    ranks = [np.argsort(np.argsort(values)).astype(float) for values in (train, val)]
    return bool(np.corrcoef(*ranks)[0, 1] < 0) if len(val) > 2 else False


def early_stopping(patience: int) -> Rival:
    """Has val gone ``patience`` epochs without a new best, at any time?"""

    def stopped(train: Values, val: Values) -> bool:
        best = np.minimum.accumulate(val)
        new = np.flatnonzero(np.concatenate([[True], best[1:] < best[:-1]]))
        return bool((np.diff(np.append(new, len(val) - 1)) >= patience).any())

    return stopped


def runmedic(train: Values, val: Values) -> bool:
    """The package runmedic."""
    from runmedic import checks, model

    run = model.Run("run", "memory", "")
    for name, values in (("train_loss", train), ("val_loss", val)):
        for step, value in enumerate(values.tolist()):
            run.get(name).add(step, value)
    return bool(checks.check_overfitting(checks.Ctx(run, {"train_loss": ["train_loss"], "val_loss": ["val_loss"]})))


def trainspotter(train: Values, val: Values) -> bool:
    """The package trainspotter."""
    from trainspotter import Run
    from trainspotter.detectors.overfitting import OverfittingDetector

    run = Run()
    for name, values in (("train/loss", train), ("eval/loss", val)):
        for step, value in enumerate(values.tolist()):
            run.add_point(name, step, value)
    return bool(OverfittingDetector().run(run))


def losslint(train: Values, val: Values) -> bool:
    """The package losslint."""
    from losslint.checks import check_overfit_onset
    from losslint.parsing import RunLog

    series: Any = {"loss": train.tolist(), "eval_loss": val.tolist()}
    return bool(check_overfit_onset(RunLog(list(range(len(val))), series, Path())))


def finetune_doctor(train: Values, val: Values) -> bool:
    """The package finetune-doctor."""
    from finetune_doctor import diagnose
    from finetune_doctor.history import from_trainer_state

    log = [{"step": i + 1, "epoch": i + 1.0, "loss": loss} for i, loss in enumerate(train.tolist())]
    log += [{"step": i + 1, "epoch": i + 1.0, "eval_loss": loss} for i, loss in enumerate(val.tolist())]
    found = diagnose(from_trainer_state({"log_history": log, "global_step": len(val)}))
    return any(finding.title == "Overfitting" for finding in found.findings)


def epochix(train: Values, val: Values) -> bool:
    """The package epochix."""
    from epochix.story_engine.warnings import WarningDetector, standing_warnings

    detector, warnings = WarningDetector(), []
    for epoch, (fit, held_out) in enumerate(zip(train.tolist(), val.tolist(), strict=True)):
        warnings += detector.update(epoch, train_loss=fit, val_loss=held_out)
    return any(warning.kind == "overfit" for warning in standing_warnings(warnings))


def rivals() -> dict[str, Rival]:
    """By name; a linter only where it is installed."""
    linters = (runmedic, trainspotter, losslint, finetune_doctor, epochix)
    return {
        "textbook check": textbook,
        "relative gap > 10 % (SageMaker)": sagemaker,
        "Spearman < 0": spearman,
        **{f"early stopping, patience {patience}": early_stopping(patience) for patience in (5, 10, 20)},
        **{linter.__name__.replace("_", "-"): linter for linter in linters if find_spec(linter.__name__)},
    }
