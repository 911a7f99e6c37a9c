"""Run signals: a run's verdict, and beside it the numbers that its log holds of the weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from diagnostics.logs.run import Run
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

    The signals also hold what the log says of the weights at the end: norms of the weight matrices, the share of their
    entries that is (nearly) zero, the mean gradient norm and the norm of the last epoch's update.
    """
    higher_is_better = run.primary is not None and run.primary.higher_is_better
    found = diagnose(run.train, run.val, higher_is_better=higher_is_better, **thresholds)
    return replace(found, signals={**found.signals, **_last_values(run)})


def _last_values(run: Run) -> dict[str, float]:
    by_tag = {key.tag: curve for key, curve in run.curves.items()}
    found = {}
    for signal, tag in LAST_VALUES.items():
        finite = by_tag[tag].values[np.isfinite(by_tag[tag].values)] if tag in by_tag else np.empty(0)
        if len(finite):
            found[signal] = float(finite[-1])
    return found
