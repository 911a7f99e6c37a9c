"""Reading: what a log says of how its run was trained."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from diagnostics.curves import Curve
from diagnostics.logs.rewinds import as_kept
from diagnostics.logs.run import Run
from diagnostics.logs.settings import LEARNING_RATES, learning_rate, plain_name, sources, strengths
from diagnostics.recommend.architecture import architecture_of, has_adapters
from diagnostics.recommend.facts import positive
from diagnostics.recommend.setup import GivenSetup, Setup, Values

OPTIMIZER_SETTINGS = ("optimizer", "optim", "optimizer_name", "optimizer_type", "opt")
LOGGED_OPTIMIZER = re.compile(r"(?:^|/)lr-(\w+)", re.IGNORECASE)  # Lightning's lr-AdamW/pg1
BATCH_SIZES = ("batch_size", "per_device_train_batch_size", "train_batch_size", "batch")
STEPS_PER_EPOCH = (
    "steps_per_epoch",
    "batches_per_epoch",
    "num_batches_per_epoch",
    "updates_per_epoch",
    "iters_per_epoch",
)
KERAS_ITERATIONS = "_vs_iterations"
OFF_UNLESS_NAMED = (
    *("dropout", "spatial_dropout", "dropconnect", "drop_path", "weight_decay", "l1", "augmentation"),
    *("randaugment", "mixup", "cutmix", "label_smoothing"),
)


def setup_of(run: Run, logdir: str | Path, given: GivenSetup | None = None) -> Setup:
    """What is known of ``run``: first what a person given, then what its log and the files beside it say."""
    run, given = as_kept(run), given or GivenSetup()
    settings = _Settings(run, logdir)
    epochs = _epochs(run, given)
    ours = run.primary is not None and _val_tag(run) == "loss/val"
    clean = run.tagged("loss/train_clean") if ours else None
    optimizer = given.optimizer or _optimizer(run, settings)
    model = settings.first(("model",))
    return Setup(
        architecture=given.architecture or (None if run.boosting else architecture_of(settings.first)),
        val=run.val,
        higher_is_better=run.primary is not None and run.primary.higher_is_better,
        steps=_steps(run, epochs, given.steps_per_epoch or settings.number(STEPS_PER_EPOCH)),
        epochs=epochs,
        lr=_learning_rate(run, settings) if given.lr is None else given.lr,
        lr_sum=_at_val(run, "optim/lr_sum") if given.lr is None else None,
        update_norm=_at_val(run, "optim/update_norm"),
        l2_norm=_at_val(run, "weights/l2_norm"),
        hypergradient=_at_val(run, "hypergrad/weight_decay"),
        cosine=_at_val(run, "hypergrad/cosine"),
        optimizer=optimizer,
        momentum=_momentum(settings, optimizer) if given.momentum is None else given.momentum,
        train=_train(run, clean),
        train_is_clean=clean is not None,
        temperature=_at_val(run, "calibration/temperature") if ours else None,
        val_scaled=_at_val(run, "loss/val_scaled") if ours else None,
        strengths=settings.absent_is_off | strengths(run, logdir) | dict(given.strengths),
        val_samples=given.val_samples,
        batch_size=_whole(settings.number(BATCH_SIZES)),
        depth=_whole(settings.number(("depth",))) if settings.absent_is_off and model == "mlp" else None,
        adapters=has_adapters(settings.first),
        boosting=run.boosting,
    )


class _Settings:
    """The settings that a log or a file beside it holds, by the last word of their names.

    ``absent_is_off`` has 0 for every strength where our own trainer wrote the log: what it does not name is off.
    """

    def __init__(self, run: Run, logdir: str | Path) -> None:
        places = [
            [
                (path[-1].lower(), value)
                for path, value in reversed(settings)
                if path and "scheduler" not in "".join(path)
            ]
            for settings in map(list, sources(run, Path(logdir)))
        ]
        self.places = [{plain_name(name): value for name, value in place} | dict(place) for place in places]
        ours = '"regularizers"' in run.texts.get("config", "")
        self.absent_is_off: dict[str, float] = dict.fromkeys(OFF_UNLESS_NAMED, 0.0) if ours else {}

    def first(self, names: Collection[str]) -> Any:
        """The value of the first of ``names`` in the most believable place that has one; None if nowhere."""
        values = (place[name] for place in self.places for name in names if place.get(name) is not None)
        return next(values, None)

    def number(self, names: Collection[str], *, zero: bool = False) -> float | None:
        """The first of them as a number above 0; ``zero`` may be one, too."""
        value = self.first(names)
        if isinstance(value, str):
            value = float(value) if re.fullmatch(r"[\d.]+(?:e-?\d+)?", value, re.IGNORECASE) else None
        if zero and value == 0 and not isinstance(value, bool):
            return 0.0
        return positive(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _epochs(run: Run, given: GivenSetup) -> Values | None:
    """Epochs done at each val point; None where its steps count something else. A count from 0 is one behind."""
    train = run.curves.get(run.primary.train) if run.primary is not None and run.primary.train is not None else None
    if run.val is None or not len(run.val):
        return None
    counts_epochs = {
        "epoch": True,
        "step": False,
        "mixed": train is not None and len(train) > 0 and train.steps[-1] > run.val.steps[-1],
        None: given.steps_per_epoch is not None,
    }
    if not counts_epochs[run.x_axis]:
        return None
    return np.asarray(run.val.steps + (1 if run.val.steps[0] == 0 else 0), np.float64)


def _steps(run: Run, epochs: Values | None, steps_per_epoch: float | None) -> Values | None:
    """Optimizer steps done at each val point."""
    if run.val is None:
        return None
    if epochs is None:
        return run.val.steps.astype(np.float64) if run.x_axis in ("step", "mixed") else None
    per_epoch = steps_per_epoch or _steps_per_epoch(run)
    return None if per_epoch is None else epochs * per_epoch


def _steps_per_epoch(run: Run) -> float | None:
    """From a side that counts steps, from Keras' iterations, or from our own sum of the learning rate."""
    if run.x_axis == "mixed" and run.primary is not None and run.primary.train is not None and run.val is not None:
        return positive(_span(run.curves[run.primary.train]) / _span(run.val))
    for key, curve in run.curves.items():
        if key.tag.endswith(KERAS_ITERATIONS) and run.val is not None and len(curve) == len(run.val) > 1:
            return positive(float(np.median(np.diff(curve.steps) / np.diff(run.val.steps))))
    lr, lr_sum = _at_val(run, "optim/lr"), _at_val(run, "optim/lr_sum")
    if lr is None or lr_sum is None or not len(lr) or not (lr > 0).all() or np.ptp(lr) > 1e-3 * lr.max():
        return None
    return positive(float(np.median(lr_sum / lr)))


def _span(curve: Curve) -> float:
    """From the first step to the last, both included, however many lie between two."""
    return float(curve.steps[-1] - curve.steps[0] + (np.median(np.diff(curve.steps)) if len(curve) > 1 else 1))


def _learning_rate(run: Run, settings: _Settings) -> Values | float | None:
    """As logged, of the first group of parameters; else as set."""
    logged = learning_rate(run)
    return settings.number(LEARNING_RATES) if logged is None else logged.values


def _optimizer(run: Run, settings: _Settings) -> str | None:
    """How weight decay acts: one of ``OPTIMIZERS``, the name of another optimizer, or None where none is named.

    Our own trainer's adam decays as AdamW does, and its sgd beside the gradient, but for the kinds that say otherwise.
    """
    name = str(settings.first(OPTIMIZER_SETTINGS) or "").lower()
    name = "" if name == "auto" else name  # Ultralytics chooses by the length of the training
    if settings.absent_is_off and name in ("adam", "sgd"):
        kind = settings.first(("kind",)) or "decoupled"
        return f"{name}w" if kind == "decoupled" else name
    if not name:
        tagged = (LOGGED_OPTIMIZER.search(key.tag) for key in run.curves)
        name = next((match[1].lower() for match in tagged if match), "")
    kind = next((kind for kind in ("adamw", "sgdw", "nadam", "radam", "adam", "sgd") if kind in name), name)
    return kind or None


def _momentum(settings: _Settings, optimizer: str | None) -> float | None:
    """SGD's momentum, which its weight decay goes through; None where it is not said, 0 where decay is decoupled."""
    if optimizer != "sgd":
        return None if optimizer is None else 0.0
    momentum = settings.number(("momentum",), zero=True)
    return momentum if momentum is not None and momentum < 1 else None


def _train(run: Run, clean: Curve | None) -> Values | None:
    """The training loss at validation's points: plain where it was measured, else as it was logged."""
    curve = run.train if clean is None else clean
    if run.val is None or curve is None or not len(curve) or not len(run.val):
        return None
    if len(curve) == len(run.val):
        return curve.values
    last = np.clip(np.searchsorted(curve.steps, run.val.steps, side="right") - 1, 0, len(curve) - 1)
    return curve.values[last]


def _at_val(run: Run, tag: str) -> Values | None:
    """The values of ``tag``, where it was logged at exactly the points of validation."""
    curve = run.tagged(tag)
    if curve is None or run.val is None or not np.array_equal(curve.steps, run.val.steps):
        return None
    return curve.values


def _val_tag(run: Run) -> str | None:
    return run.primary.val.tag if run.primary is not None and run.primary.val is not None else None


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
