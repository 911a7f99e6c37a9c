"""Choice: which pair of a session the verdict is about, why, and every other pair."""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from diagnostics.curves import Curve
from diagnostics.logs.matching.candidates import (
    ACCEPT,
    LoggedSeries,
    ScoredPair,
    as_pair,
    loss_pairs,
    same_quantity,
    sides,
    summed,
)
from diagnostics.logs.matching.tokens import words
from diagnostics.logs.matching.vocabulary import KL, PERPLEXITIES, WEIGHTS
from diagnostics.logs.run import SCALED_VAL, Key, Pair, Run

REWARDS = (
    "rewards were logged: in reinforcement learning losses do not measure a fit; compare returns on environments or "
    "levels that were held out"
)
ADVERSARIAL = (
    "adversarial losses were logged: two networks are measured by each other, and neither loss by held-out data"
)
LOG_A_DISTANCE = "; log a distance to held-out samples, such as FID, each epoch"
CHOOSE_BY = "; choose a checkpoint by {}"
NO_LOSS = (
    "no series is a loss or a metric of training or validation; log the mean loss on held-out data each epoch, for "
    "example as loss/val"
)

TEST_SET = "; the test set stands in for validation"
DECIDES = "; of {} validation losses it decides, and each gets its own verdict"

ANNEALED = "; {} changes the weight of a part of the loss, so that the total can rise by itself"


def choose(run: Run, logged: Sequence[LoggedSeries]) -> Run:
    """The run with its primary pair, all pairs, the reason, and the pairs that came next."""
    reinforced = any(series.name.reinforced for series in logged)
    longest = max((len(series.curve) for series in logged), default=0)
    logged = [series for series in logged if not _is_final_test(series, longest)]
    trains, vals = sides([series for series in logged if series.name.kind in ("loss", "component")])
    ranked = [scored for scored in loss_pairs(trains, vals) if scored.points >= ACCEPT]
    annealed = _annealed(run)
    if annealed:
        ranked = [*filter(_is_a_part, ranked), *(scored for scored in ranked if not _is_a_part(scored))]
    others = _other_pairs(trains, vals, logged, ranked[0] if ranked else None)
    if not annealed and (parts := _components(trains, vals, ranked)):
        summed_up = _with_sum(run, parts, others)
        return replace(summed_up, val_losses=_val_losses(vals, ranked, None))
    if ranked:
        primary, runners = as_pair(*ranked[0]), tuple(as_pair(*scored) for scored in ranked[1:6])
        judged = [val for val in vals if not (annealed and val.name.generic)]  # an annealed total rises by itself
        rest = _val_losses(judged, ranked, ranked[0])
        why = _why(primary, runners, ranked[0]) + (DECIDES.format(len(rest) + 1) if rest else "")
        why += ANNEALED.format(_words(annealed)) if annealed else ""
        return replace(run, primary=primary, pairs=first(primary, others), runners_up=runners, val_losses=rest, why=why)
    if reinforced:
        return replace(run, pairs=others, why=REWARDS)
    both = [pair for pair in others if pair.train and pair.val]
    if both:
        why = f"no loss has two sides; {both[0].name} has, which is weaker evidence"
        return replace(run, primary=both[0], pairs=first(both[0], others), runners_up=tuple(both[1:]), why=why)
    alone = _lone(trains, vals)
    if alone and alone.train and (metric := _val_metric(logged)):
        primary = as_pair(0.0, None, metric)
        why = f"no validation loss was logged; {_words(primary.val)} is judged instead, which is weaker evidence"
        why += TEST_SET if metric.name.split == "test" else ""
        return replace(run, primary=primary, pairs=first(primary, others), train_loss=alone.train, why=why)
    if alone and not (alone.val is None and any(series.name.adversarial for series in logged)):
        return replace(run, primary=alone, pairs=first(alone, others), why=_why_alone(alone))
    return replace(run, pairs=others, why=_why_none(logged))


def _annealed(run: Run) -> Key | None:
    """The logged weight of a KL term, where it changes as training goes on; the total loss is no measure then."""
    weights = (key for key in run.curves if KL & (named := set(words(key.tag))) and WEIGHTS & named)
    return next((key for key in weights if len(run.curves[key]) > 1 and np.ptp(run.curves[key].values) > 0), None)


def _is_a_part(scored: ScoredPair) -> bool:
    """Whether a pair is one of the parts of a loss that measure a fit, such as a reconstruction."""
    return scored.train.name.kind == scored.val.name.kind == "loss" and not scored.train.name.generic


def _is_final_test(series: LoggedSeries, longest: int) -> bool:
    """Whether it is the one number of a test after training: no validation, however well the name fits."""
    return series.name.split == "test" and len(series.curve) == 1 and longest > 3


def _components(
    trains: Sequence[LoggedSeries], vals: Sequence[LoggedSeries], ranked: Sequence[ScoredPair]
) -> list[ScoredPair]:
    """The pairs of components to sum, when no total loss has two sides and two or more components have."""
    if any(scored.train.name.generic and scored.val.name.generic for scored in ranked):
        return []
    parts = [part for part in same_quantity(trains, vals) if part.points >= ACCEPT and part.train.name.whole]
    places = {(part.train.key.run, part.val.key.run) for part in parts}
    stems = {part.train.stem for part in parts}
    if (
        not 1 < len(parts) == len(stems)
        or len(places) > 1
        or all(part.train.name.kind == "component" for part in parts)
    ):
        return []
    return sorted(parts, key=lambda part: part.train.key)


def _with_sum(run: Run, parts: Sequence[ScoredPair], others: Sequence[Pair]) -> Run:
    train, val = summed([part.train for part in parts]), summed([part.val for part in parts])
    if train is None or val is None:
        return replace(run, primary=as_pair(*parts[0]), pairs=first(as_pair(*parts[0]), others))
    pairs = tuple(as_pair(*part) for part in parts)
    parted = set(pairs)
    name = "sum of " + ", ".join(pair.name for pair in pairs)
    primary = Pair(name, train.key, val.key, score=min(pair.score for pair in pairs), parts=pairs)
    return replace(
        run,
        curves=ChainMap({train.key: train.curve, val.key: val.curve}, cast("dict[Key, Curve]", run.curves)),
        primary=primary,
        pairs=(primary, *pairs, *(pair for pair in others if pair not in parted)),
        runners_up=pairs,
        why=f"no total loss was logged; the {len(pairs)} components that both sides have are added up",
    )


def _val_losses(
    vals: Sequence[LoggedSeries], ranked: Sequence[ScoredPair], primary: ScoredPair | None
) -> tuple[Pair, ...]:
    """Every other loss of validation, with the training loss that goes best with it; penalties measure no fit.

    A loss without a partner of its own is seen beside the training loss of the primary pair.
    """
    partners = {scored.val.key: scored.train for scored in reversed(ranked)}
    points = {scored.val.key: scored.points for scored in reversed(ranked)}
    labels = [_label(val) for val in vals]
    named_alike = Counter(labels)
    pairs = []
    for val, label in zip(vals, labels, strict=True):
        train = partners.get(val.key) or (primary.train if primary else None)
        is_primary = primary is not None and val is primary.val
        if train is None or is_primary or val.name.kind != "loss" or len(val.curve) < 2 or _is_twin(val):
            continue
        name = label if named_alike[label] == 1 else _words(val.key)
        score = round(points.get(val.key, 0.0), 2)
        pairs.append(Pair(name, train.key, val.key, higher_is_better=val.higher_is_better, score=score))
    return tuple(pairs)


def _is_twin(val: LoggedSeries) -> bool:
    """Whether a loss says what another says: after a fitted temperature, or as a perplexity."""
    return val.key.tag == SCALED_VAL or bool(PERPLEXITIES & val.base)


def _label(val: LoggedSeries) -> str:
    """What a loss of validation measures, and on which of several data sets."""
    split = "test " if val.name.split == "test" else ""
    return f"{split}{val.label}" + (f" of data set {val.name.loader}" if val.name.loader else "")


def _other_pairs(
    trains: Sequence[LoggedSeries],
    vals: Sequence[LoggedSeries],
    logged: Sequence[LoggedSeries],
    primary: ScoredPair | None,
) -> tuple[Pair, ...]:
    """Every further quantity: losses with two sides, then metrics with two sides, then metrics with one."""
    losses = [as_pair(*scored) for scored in same_quantity(trains, vals)]
    train = primary.train if primary else max(trains, key=lambda series: len(series.curve), default=None)
    val = primary.val if primary else max(vals, key=lambda series: len(series.curve), default=None)
    metric_trains, metric_vals = _metric_sides(logged, train, val)
    both = same_quantity(metric_trains, metric_vals)
    paired = {scored.train.base for scored in both}
    lone = [as_pair(0.0, series, None) for series in metric_trains if series.base not in paired]
    lone += [as_pair(0.0, None, series) for series in metric_vals if series.base not in paired]
    return (*losses, *(as_pair(*scored) for scored in both), *lone)


def _metric_sides(
    logged: Sequence[LoggedSeries], train: LoggedSeries | None, val: LoggedSeries | None
) -> tuple[list[LoggedSeries], list[LoggedSeries]]:
    """Metrics by side; one that names no split goes with the loss that was logged at the same steps."""
    metrics = [series for series in logged if series.name.kind in ("metric", "error")]
    of_val = {(metric.base, metric.name.kind) for metric in metrics if metric.name.split in ("val", "test")}
    by_side: tuple[list[LoggedSeries], list[LoggedSeries]] = [], []
    for metric in metrics:
        is_val = metric.name.split in ("val", "test")
        if metric.name.split is None and (metric.base, metric.name.kind) not in of_val:
            is_val = _goes_with_val(metric, train, val)
        by_side[is_val].append(metric)
    return by_side


def _goes_with_val(metric: LoggedSeries, train: LoggedSeries | None, val: LoggedSeries | None) -> bool:
    near_val, near_train = (0.0 if other is None else _shared_steps(metric, other) for other in (val, train))
    if val is None:
        return train is not None and 2 * len(metric.curve) < len(train.curve)
    return near_val >= near_train


def _shared_steps(metric: LoggedSeries, other: LoggedSeries) -> float:
    """Steps both have, as a share of the steps either has."""
    both = len(np.intersect1d(metric.curve.steps, other.curve.steps, assume_unique=True))
    return both / (len(metric.curve) + len(other.curve) - both)


def _lone(trains: Sequence[LoggedSeries], vals: Sequence[LoggedSeries]) -> Pair | None:
    """The one side that was logged, its most general series; a part of a loss that names no split comes last."""
    named = [series for series in trains if series.name.split or series.name.generic]
    for side in (named, vals, trains):
        best = min(side, key=_generality, default=None)
        if best is not None:
            return as_pair(0.0, None if side is vals else best, best if side is vals else None)
    return None


def _val_metric(logged: Sequence[LoggedSeries]) -> LoggedSeries | None:
    """The metric that stands in for a missing validation loss: named as validation's, the longest, the most general."""
    metrics = [
        series
        for series in logged
        if series.name.kind in ("metric", "error") and series.name.split in ("val", "test") and len(series.curve) > 1
    ]
    return min(
        metrics,
        key=lambda metric: (metric.name.split == "test", -len(metric.curve), len(metric.name.base), metric.key),
        default=None,
    )


def _generality(series: LoggedSeries) -> tuple[bool, bool, bool, int, Key]:
    name = series.name
    return (
        len(series.curve) < 2,
        name.kind != "loss",
        not name.clean,
        len(name.extra) * 2 + name.per_batch - name.total,
        series.key,
    )


def first(primary: Pair, others: Sequence[Pair]) -> tuple[Pair, ...]:
    """All pairs, the primary one in front and once."""
    return (primary, *(pair for pair in others if (pair.train, pair.val) != (primary.train, primary.val)))


def _why(primary: Pair, runners: Sequence[Pair], scored: ScoredPair) -> str:
    why = f"{_words(primary.train)} and {_words(primary.val)} go together best ({primary.score:g} points"
    if runners:
        why += f"; next {_words(runners[0].train)} and {_words(runners[0].val)}, {runners[0].score:g}"
    why += ")"
    if not scored.train.base or not scored.val.base:
        why += "; their names do not say what they measure, so they are taken for losses"
    return why + (TEST_SET if scored.val.name.split == "test" else "")


def _why_none(logged: Sequence[LoggedSeries]) -> str:
    if not any(series.name.adversarial for series in logged):
        return NO_LOSS
    metric = _val_metric(logged)
    return ADVERSARIAL + (LOG_A_DISTANCE if metric is None else CHOOSE_BY.format(_words(metric.key)))


def _why_alone(pair: Pair) -> str:
    other = "validation" if pair.train else "training"
    return f"only {_words(pair.train or pair.val)} was logged, no {other} of the same quantity"


def _words(key: Key | None) -> str:
    return "nothing" if key is None else key.tag if key.run == "." else f"{key.tag} of {key.run}"
