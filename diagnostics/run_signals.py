"""Run signals: a run's verdict, and beside it what its log says of the weights and of accuracy."""

from __future__ import annotations

import math
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from diagnostics.curves import Curve
from diagnostics.logs.run import Run
from diagnostics.signals.norms import growth, update_to_weight
from diagnostics.verdict import Diagnosis, diagnose

# signal -> the tag whose last finite value it is
LAST_VALUES = {
    "sparsity": "weights/sparsity",
    "zeros": "weights/zeros",
    "l2_norm": "weights/l2_norm",
    "l1_norm": "weights/l1_norm",
    "grad_norm": "optim/grad_norm",
    "update_norm": "optim/update_norm",
}


def diagnose_run(run: Run, **thresholds: Any) -> Diagnosis:
    """Judge a run by its primary pair; ``thresholds`` are those of ``diagnose``.

    The signals also hold what the log says of the weights: norms of the weight matrices and how much they have grown,
    the share of entries that is (nearly) zero, the mean gradient norm, and how far an epoch moves the weights.
    """
    higher_is_better = run.primary is not None and run.primary.higher_is_better
    found = diagnose(run.train, run.val, higher_is_better=higher_is_better, accuracy=_accuracy(run), **thresholds)
    notes = found.notes + (("restarted",) if run.sessions > 1 else ())
    return replace(found, notes=notes, signals=MappingProxyType({**found.signals, **_of_weights(run)}))


def _accuracy(run: Run) -> Curve | None:
    """Validation's accuracy beside its loss, where both were logged."""
    if run.primary is None or run.primary.higher_is_better:
        return None
    return next((run.curves[pair.val] for pair in run.pairs if pair.val and "acc" in pair.name.lower()), None)


def _of_weights(run: Run) -> dict[str, float]:
    by_tag = {key.tag: run.curves[key] for key in run.curves if key.tag.startswith(("weights/", "optim/"))}
    found = {signal: _last(by_tag[tag]) for signal, tag in LAST_VALUES.items() if tag in by_tag}
    if norm := by_tag.get("weights/l2_norm"):
        found["l2_growth"] = growth(norm)
        if update := by_tag.get("optim/update_norm"):
            found["update_to_weight"] = update_to_weight(update, norm)
    return {signal: value for signal, value in found.items() if not math.isnan(value)}


def _last(curve: Curve) -> float:
    finite = curve.values[np.isfinite(curve.values)]
    return float(finite[-1]) if len(finite) else math.nan
