"""Boosting: advice for gradient boosting, whose steps are trees, in the words of its library."""

from __future__ import annotations

from typing import NamedTuple

from diagnostics.recommend.facts import Facts
from diagnostics.recommend.recommendation import MEASURED, Recommendation
from diagnostics.verdict import Verdict

SHRINKAGE = "literature: Friedman 2001, https://doi.org/10.1214/aos/1013203451"
SUBSAMPLING = "literature: Friedman 2002, https://doi.org/10.1016/S0167-9473(01)00065-2"
XGBOOST = "literature: Chen and Guestrin 2016, https://arxiv.org/abs/1603.02754"


class Names(NamedTuple):
    """What a library calls its settings."""

    keep: str
    stop: str
    size: str
    penalty: str
    sample: str


LIBRARIES = {
    "catboost": Names(
        "use_best_model=True",
        "early_stopping_rounds",
        "depth (6 unless set) to 4, or raise min_data_in_leaf",
        "l2_leaf_reg (3 unless set) to 10",
        'subsample to 0.7 with bootstrap_type="Bernoulli"',
    ),
    "xgboost": Names(
        "iteration_range=(0, {trees})",
        "early_stopping_rounds",
        "max_depth (6 unless set) to 4, or raise min_child_weight",
        "reg_lambda (1 unless set) to 10",
        "subsample (1 unless set) to 0.7",
    ),
    "lightgbm": Names(
        "num_iteration={trees}",
        "early_stopping_rounds",
        "num_leaves (31 unless set) to 15, or raise min_child_samples",
        "lambda_l2 (0 unless set) to 10",
        "bagging_fraction (1 unless set) to 0.7 with bagging_freq=1",
    ),
}


def for_boosting(facts: Facts) -> tuple[Recommendation, ...]:
    """What to change in a boosting: never weight decay or dropout, which trees do not have."""
    names = LIBRARIES.get(facts.setup.boosting or "", LIBRARIES["xgboost"])
    verdict, best = facts.diagnosis.verdict, facts.diagnosis.best
    if best is None:
        return ()
    evidence = {"best_step": float(best.step)}
    if verdict is Verdict.OVERFITTING:
        keep = f"{names.keep.format(trees=best.step + 1)} keeps it, and {names.stop} stops there by itself"
        why = f"The best model ends with tree {best.step}, with {best.value:.4g}{facts.worse_since}: {keep}."
        return (
            Recommendation("stop_at_best", why, MEASURED, evidence=evidence),
            _action("slower_boosting", "Halve learning_rate and allow twice as many trees.", SHRINKAGE),
            _action("smaller_trees", f"Lower {names.size}: each tree then explains less of the noise.", SHRINKAGE),
            _action("leaf_penalty", f"Raise {names.penalty}, which shrinks what a leaf may say.", XGBOOST),
            _action("row_sampling", f"Lower {names.sample}: each tree then sees other samples.", SUBSAMPLING),
        )
    if verdict is Verdict.IMPROVING:
        why = f"Validation still improves, to {best.value:.4g} at tree {best.step}: add trees, with {names.stop} set."
        return (Recommendation("train_longer", why, MEASURED, evidence=evidence),)
    if verdict in (Verdict.HEALTHY, Verdict.PLATEAU):
        why = f"Validation does not reliably get worse; {names.stop} would save the trees after {best.step}."
        return (Recommendation("nothing", why, MEASURED, evidence=evidence),)
    return ()


def _action(lever: str, why: str, source: str) -> Recommendation:
    return Recommendation(lever, f"{why} Not measured here: try it.", source)
