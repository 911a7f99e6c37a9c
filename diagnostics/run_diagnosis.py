"""Run signals: a run's verdict, and beside it what its log says of the weights and of accuracy."""

from __future__ import annotations

import math
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from diagnostics.curves import Curve
from diagnostics.logs.run import Run
from diagnostics.signals.canary import memorising_since
from diagnostics.signals.floors import label_smoothing_floor, mixup_floor
from diagnostics.signals.norms import growth, update_to_weight
from diagnostics.verdict import Diagnosis, Verdict, diagnose

# signal -> the tag whose last finite value it is
LAST_VALUES = {
    "sparsity": "weights/sparsity",
    "zeros": "weights/zeros",
    "l2_norm": "weights/l2_norm",
    "l1_norm": "weights/l1_norm",
    "grad_norm": "optim/grad_norm",
    "update_norm": "optim/update_norm",
}

# what people call the settings that put a floor under the training loss
CLASSES = ("num_classes", "num_labels", "n_classes", "classes")
SMOOTHING = ("label_smoothing", "label_smoothing_factor", "smoothing")
MIXUP = ("mixup_alpha", "mixup")


def diagnose_run(run: Run, **thresholds: Any) -> Diagnosis:
    """Judge a run by its primary pair; ``thresholds`` are those of ``diagnose``.

    The signals also hold what the log says of the weights: norms of the weight matrices and how much they have grown,
    the share of entries that is (nearly) zero, the mean gradient norm, and how far an epoch moves the weights; and the
    accuracy on canaries, where there are any.
    """
    higher_is_better = run.primary is not None and run.primary.higher_is_better
    diagnosis = diagnose(
        run.train,
        run.val,
        higher_is_better=higher_is_better,
        accuracy=_accuracy(run),
        scaled_val=run.tagged("loss/val_scaled"),
        floor=_floor(run),
        **thresholds,
    )
    if run.sessions > 1:
        diagnosis = replace(diagnosis, notes=(*diagnosis.notes, "restarted"))
    diagnosis = replace(diagnosis, signals=MappingProxyType({**diagnosis.signals, **_of_weights(run)}))
    canary = run.tagged("accuracy/canary")
    return diagnosis if canary is None else _with_canary(diagnosis, run, canary)


def _with_canary(diagnosis: Diagnosis, run: Run, canary: Curve) -> Diagnosis:
    """Memorisation seen by canaries is a note beside any verdict, and the news where there is no validation."""
    signals = {**diagnosis.signals, "canary": math.nan if canary.last is None else canary.last}
    chance, samples = run.hparams.get("canary_chance"), run.hparams.get("canary_samples")
    since = None
    if isinstance(chance, float) and isinstance(samples, float):
        since = memorising_since(canary.values, chance=chance, samples=int(samples))
        signals |= {"canary_chance": chance}
    if since is None:
        return replace(diagnosis, signals=MappingProxyType(signals))
    step, reason = int(canary.steps[since]), diagnosis.reason
    if diagnosis.verdict is Verdict.NO_VALIDATION:
        reason = (
            f"Memorisation began at step {step}: {signals['canary']:.0%} of the training samples with random labels "
            f"are recognised, where chance gives {chance:.0%}; without validation nobody can tell what it costs."
        )
    signals |= {"memorising_since": float(step)}
    return replace(diagnosis, reason=reason, signals=MappingProxyType(signals), notes=(*diagnosis.notes, "memorising"))


def _floor(run: Run) -> float:
    """What smoothed or mixed targets leave of the training loss, where the logged settings tell; 0 for a clean loss."""
    if run.primary is None or run.primary.train is None or "clean" in run.primary.train.tag:
        return 0.0
    settings = {name.lower(): value for name, value in run.hparams.items() if isinstance(value, float)}
    classes, smoothing, alpha = (
        next((settings[name] for name in names if name in settings), 0.0) for names in (CLASSES, SMOOTHING, MIXUP)
    )
    if classes < 2 or not 0 <= smoothing <= 1:
        return 0.0
    mixed = mixup_floor(alpha, int(classes)) if alpha > 0 else 0.0
    return max(label_smoothing_floor(smoothing, int(classes)), mixed)  # together they leave at least the larger


def _accuracy(run: Run) -> Curve | None:
    """Validation's accuracy beside its loss, where both were logged."""
    if run.primary is None or run.primary.higher_is_better:
        return None
    return next((run.curves[pair.val] for pair in run.pairs if pair.val and "acc" in pair.name.lower()), None)


def _of_weights(run: Run) -> dict[str, float]:
    curves = {signal: run.tagged(tag) for signal, tag in LAST_VALUES.items()}
    signals = {signal: curve.last for signal, curve in curves.items() if curve is not None}
    if norm := curves["l2_norm"]:
        signals["l2_growth"] = growth(norm)
        if update := curves["update_norm"]:
            signals["update_to_weight"] = update_to_weight(update, norm)
    return {signal: value for signal, value in signals.items() if value is not None and not math.isnan(value)}
