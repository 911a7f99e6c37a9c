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


def above_best(train: Values, val: Values) -> bool:
    """Val ends 5 % above its best."""
    return bool(val[-1] - np.nanmin(val) > 0.05 * abs(np.nanmin(val)))


def scales(train: Values, val: Values) -> bool:
    """On some window, val's trailing median has risen clearly and for long enough, and train's has not.

    Clearly is 3 % of its best and 4 times the noise of a median of that width.
    """
    if len(val) < 3:
        return False
    noise = 1.4826 * float(np.median(np.abs(np.diff(val, 2)))) / 6**0.5
    widths = [width for width in (3, 5, 9, 15, 25) if width <= len(val) / 5] or [1]
    return any(_scale(trailing_median(train, width), trailing_median(val, width), noise, width) for width in widths)


def _scale(train: Values, val: Values, noise: float, width: int) -> bool:
    best = int(np.argmin(val))
    rise = val[-1] - val[best]
    clear = rise > 0.03 * abs(val[best]) and rise > 4 * noise * (np.pi / width) ** 0.5
    lasting = (val[-max(width, 3) :] >= val[best] + rise / 2).all()
    return bool(clear and lasting and train[-1] <= train[best])


def trailing_median(values: Values, width: int) -> Values:
    """Median of each value and the ``width - 1`` before it, of fewer at the start."""
    early = [np.median(values[: place + 1]) for place in range(width - 1)]
    windows = np.lib.stride_tricks.sliding_window_view(values, width)
    return np.concatenate([early, np.median(windows, axis=1)])


def training_doctor(train: Values, val: Values) -> bool:
    """The rule of training-doctor 0.1.0, from 50 values of train on.

    Val's last value is 10 % above train's; or from the middle third to the last, val's mean has risen by 5 % and
    train's, around the middle of either, has fallen by 2 %.
    """
    third = len(val) // 3
    if len(train) < 50 or len(val) < 6:
        return False
    middle, recent = val[third : 2 * third].mean(), val[2 * third :].mean()
    places = third + third // 2, 2 * third + (len(val) - 2 * third) // 2
    before, after = (train[max(0, place - 50) : place + 51].mean() for place in places)
    opposite = middle > 0 and before > 0 and recent / middle - 1 > 0.05 and after / before - 1 < -0.02
    return bool(opposite or (train[-1] > 0 and val[-1] / train[-1] - 1 > 0.1))


def trainproof(train: Values, val: Values) -> bool:
    """TP-OVERFIT of trainproof 0.22 (https://github.com/Mormolykos/trainproof/blob/main/RULES.md).

    Three values or more after val's best, the median of the last three is 1.2 times it, and train is lower than then.
    """
    best = int(np.argmin(val))
    if len(val) - best < 4:
        return False
    return bool(np.median(val[-3:]) > 1.2 * val[best] and train[-1] < train[best])


def trainlens(train: Values, val: Values) -> bool:
    """The rule of trainlens 0.20 (https://github.com/edujbarrios/trainlens): val's last value is far above train's.

    By 0.12 where both are below 1; else by 20 % of the higher one.
    """
    gap = val[-1] - train[-1]
    if 0 <= train[-1] <= 1 and 0 <= val[-1] <= 1:
        return bool(gap >= 0.12)
    return bool(gap >= 0.02 and gap >= 0.2 * max(abs(train[-1]), abs(val[-1])))


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
        "val 5 % above its best": above_best,
        "scales": scales,
        **{f"early stopping, patience {patience}": early_stopping(patience) for patience in (5, 10, 20)},
        "training-doctor": training_doctor,
        "trainproof": trainproof,
        "trainlens": trainlens,
        **{linter.__name__.replace("_", "-"): linter for linter in linters if find_spec(linter.__name__)},
    }
