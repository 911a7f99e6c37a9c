"""Suggestion: the strengths that are suggested for a training before any run, and a draft that has them."""

from __future__ import annotations

from app.draft import Draft, regularizers, value_of, with_regularizer, with_strength
from diagnostics.recommend import Recommendation, SetupError
from diagnostics.recommend.prior import PlannedRun, prior
from diagnostics.recommend.setup import ARCHITECTURES
from trainer.datasets import samples_in
from trainer.strengths import STRENGTHS, strength_of

MEAN_RATE = {"cosine": 0.5, "linear": 0.5}  # of the first one, over the training
DIGITS = 3


def training_samples(draft: Draft) -> int | None:
    """How many samples a training has; None where that is not known before the data is loaded."""
    every = samples_in(str(value_of(draft, "dataset")))
    shares = value_of(draft, "val_share"), value_of(draft, "test_share")
    if every is None or not all(isinstance(share, int | float) and 0 <= share < 1 for share in shares):
        return None
    left: int = every - sum(round(every * share) for share in shares)
    wanted: int | None = value_of(draft, "train_size")
    return max(1, left if wanted is None else min(left, wanted))


def suggested(draft: Draft) -> tuple[Recommendation, ...]:
    """What to start with; empty where a setting is missing or cannot be used."""
    samples = training_samples(draft)
    if samples is None:
        return ()
    model = value_of(draft, "model")
    own = next((kind for kind in ARCHITECTURES if kind == model), None)
    sgd = value_of(draft, "optimizer") == "sgd"
    try:
        return prior(
            PlannedRun(
                samples=samples,
                batch_size=value_of(draft, "batch_size"),
                lr=value_of(draft, "lr") * MEAN_RATE.get(value_of(draft, "schedule"), 1.0),
                epochs=value_of(draft, "epochs"),
                optimizer=_optimizer(draft),
                momentum=value_of(draft, "momentum") if sgd else None,
                architecture="fine_tuning" if value_of(draft, "init_from") else own,
            )
        )
    except SetupError:
        return ()


def with_start(draft: Draft) -> Draft:
    """The draft with the suggested strengths; the other regularizers stay."""
    for start in suggested(draft):
        if start.suggested is not None and start.lever in STRENGTHS:
            if start.lever not in regularizers(draft):
                draft = with_regularizer(draft, start.lever, on=True)
            draft = with_strength(draft, start.lever, strength_of(start.lever), rounded(start.suggested))
    return draft


def is_used(draft: Draft) -> bool:
    """Are the suggested strengths those of the draft?"""
    return regularizers(with_start(draft)) == regularizers(draft)


def rounded(strength: float) -> float:
    """As it is shown and typed."""
    return float(f"{strength:.{DIGITS}g}")


def _optimizer(draft: Draft) -> str:
    """How decay acts in this trainer: beside the gradient, unless its kind says otherwise."""
    kind = regularizers(draft).get("weight_decay", {}).get("kind", "decoupled")
    if value_of(draft, "optimizer") == "sgd":
        return "sgdw" if kind == "decoupled" else "sgd"
    return "adamw" if kind == "decoupled" else "adam"
