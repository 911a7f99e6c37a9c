"""Run context: what the log of a run says beside the curves that are judged."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diagnostics.curves import Curve
from diagnostics.logs.matching.axis import onto, same_unit
from diagnostics.logs.matching.tokens import words
from diagnostics.logs.matching.vocabulary import PERPLEXITIES
from diagnostics.logs.run import Key, Run
from diagnostics.logs.settings import learning_rate
from diagnostics.signals.floors import label_smoothing_floor, mixup_floor

# what people call the settings that a verdict can use
CLASSES = ("num_classes", "num_labels", "n_classes", "classes")
SMOOTHING = ("label_smoothing", "label_smoothing_factor", "smoothing")
MIXUP = ("mixup_alpha", "mixup")
VAL_SAMPLES = ("val_samples", "num_val_samples", "val_size", "eval_samples")
LABEL_NOISE = ("label_noise", "noise_rate")
# words in the tag of a logged strength
AUGMENTATIONS = {"augment", "augmentation", "randaugment", "mixup", "cutmix", "mosaic"}


def context_of(run: Run, val_samples: int | None) -> dict[str, Any]:
    """What the log says beside the curves, as ``diagnose`` takes it; all validation losses share it."""
    samples = setting(run, VAL_SAMPLES) if val_samples is None else float(val_samples)
    classes, canary = setting(run, CLASSES), run.tagged("accuracy/canary")
    rate = learning_rate(run)
    return {
        "val_samples": None if samples is None else int(samples),
        "classes": None if classes is None else int(classes),
        "label_noise": setting(run, LABEL_NOISE),
        "canary": None if canary is None else canary.last,
        "canary_chance": setting(run, ("canary_chance",)),
        "learning_rate": rate if rate is None or run.val is None else on_steps_of(run.val, rate, run),
        "epoch_ends": _epoch_ends(run),
        "resumed_at": run.resumed_at,
        "augmentation_off_at": _augmentation_off(run),
    }


def on_steps_of(val: Curve, curve: Curve, run: Run) -> Curve:
    """A curve on validation's steps, where it counts something else."""
    return curve if same_unit(curve, val) else onto(curve, val, epochs=run.epochs)


def _epoch_ends(run: Run) -> tuple[int, ...]:
    """The steps at which an epoch ended; none where validation counts epochs itself, or nobody logged them."""
    if run.epochs is None or run.x_axis != "step":
        return ()
    epochs = np.floor(run.epochs.values)
    return tuple(run.epochs.steps[1:][epochs[1:] > epochs[:-1]].tolist())


def _augmentation_off(run: Run) -> tuple[int, ...]:
    """The steps of validation from which the logged strength of an augmentation was 0, and before that more."""
    steps: set[int] = set()
    for key, curve in run.curves.items():
        if run.val is None or not AUGMENTATIONS & set(words(key.tag)):
            continue
        strength = on_steps_of(run.val, curve, run)
        steps |= {*strength.steps[1:][(strength.values[:-1] > 0) & (strength.values[1:] == 0)].tolist()}
    return tuple(sorted(steps))


def is_perplexity(key: Key | None) -> bool:
    """Whether a series is the exponential of a loss, by its name."""
    return key is not None and bool(PERPLEXITIES & set(words(key.tag)))


def setting(run: Run, names: tuple[str, ...]) -> float | None:
    """The first of these settings that was logged as a finite number."""
    settings = {name.lower(): value for name, value in run.hparams.items()}
    for name in names:
        value = settings.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    return None


def floor_of(run: Run) -> float:
    """What smoothed or mixed targets leave of the training loss, where the logged settings tell; 0 for a clean loss."""
    if run.primary is None or run.primary.train is None or "clean" in run.primary.train.tag:
        return 0.0
    classes, smoothing, alpha = (setting(run, names) or 0.0 for names in (CLASSES, SMOOTHING, MIXUP))
    if classes < 2 or not 0 <= smoothing <= 1:
        return 0.0
    mixed = mixup_floor(alpha, int(classes)) if alpha > 0 else 0.0
    return max(label_smoothing_floor(smoothing, int(classes)), mixed)  # together they leave at least the larger


def accuracy_of(run: Run) -> Curve | None:
    """Validation's accuracy beside its loss, where both were logged."""
    if run.primary is None or run.primary.higher_is_better:
        return None
    return next((run.curves[pair.val] for pair in run.pairs if pair.val and "acc" in pair.name.lower()), None)
