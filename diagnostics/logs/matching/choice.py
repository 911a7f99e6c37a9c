"""Choice: which pair of a session the verdict is about, why, and every other pair."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from diagnostics.curves import Curve
from diagnostics.logs.matching.candidates import ACCEPT, NamedCurve, as_pair, loss_pairs, same_quantity, sides, summed
from diagnostics.logs.run import Key, Pair, Run


def choose(run: Run, series: Sequence[NamedCurve]) -> Run:
    """The run with its primary pair, all pairs, the reason, and the pairs that came next."""
    reinforced = any(one.name.reinforced for one in series)
    series = [one for one in series if not _is_final_test(one, series)]
    losses = [one for one in series if one.name.kind in ("loss", "component")]
    trains, vals = sides(losses)
    ranked = [entry for entry in loss_pairs(trains, vals) if entry[0] >= ACCEPT]
    others = _other_pairs(trains, vals, series, ranked[0][1:] if ranked else ())
    parts = _components(trains, vals, ranked)
    if parts:
        return _with_sum(run, parts, others)
    if ranked:
        primary, runners = as_pair(*ranked[0]), tuple(as_pair(*entry) for entry in ranked[1:6])
        why = _why(primary, runners, *ranked[0][1:])
        return replace(run, primary=primary, pairs=first(primary, others), runners_up=runners, why=why)
    if reinforced:
        why = "reinforcement learning: its losses do not measure a fit, so there is no verdict"
        return replace(run, pairs=others, why=why)
    both = [pair for pair in others if pair.train and pair.val]
    if both:
        why = f"no loss has two sides; {both[0].name} has, which is weaker evidence"
        return replace(run, primary=both[0], pairs=first(both[0], others), runners_up=tuple(both[1:]), why=why)
    alone = _lone(trains, vals)
    if alone:
        return replace(run, primary=alone, pairs=first(alone, others), why=_why_alone(alone))
    return replace(run, pairs=others, why="no series is a loss or a metric with a training and a validation side")


def _is_final_test(one: NamedCurve, series: Sequence[NamedCurve]) -> bool:
    """Whether it is the one number of a test after training: no validation, however well the name fits."""
    return one.name.split == "test" and len(one.curve) == 1 and max(len(other.curve) for other in series) > 3


def _components(
    trains: Sequence[NamedCurve], vals: Sequence[NamedCurve], ranked: Sequence[tuple[float, NamedCurve, NamedCurve]]
) -> list[tuple[float, NamedCurve, NamedCurve]]:
    """The pairs of components to sum, when no total loss has two sides and two or more components have."""
    if any(train.name.generic and val.name.generic for _, train, val in ranked):
        return []
    parts = [entry for entry in same_quantity(trains, vals) if entry[0] >= ACCEPT and entry[1].name.whole]
    places = {(train.key.run, val.key.run) for _, train, val in parts}
    stems = {train.stem for _, train, _ in parts}
    if (
        not 1 < len(parts) == len(stems)
        or len(places) > 1
        or all(train.name.kind == "component" for _, train, _ in parts)
    ):
        return []
    return sorted(parts, key=lambda entry: entry[1].key)


def _with_sum(run: Run, parts: Sequence[tuple[float, NamedCurve, NamedCurve]], others: Sequence[Pair]) -> Run:
    train, val = summed([entry[1] for entry in parts]), summed([entry[2] for entry in parts])
    if train is None or val is None:
        return replace(run, primary=as_pair(*parts[0]), pairs=first(as_pair(*parts[0]), others))
    pairs = tuple(as_pair(*entry) for entry in parts)
    name = "sum of " + ", ".join(pair.name for pair in pairs)
    primary = Pair(name, train.key, val.key, score=min(pair.score for pair in pairs), parts=pairs)
    return replace(
        run,
        curves=ChainMap({train.key: train.curve, val.key: val.curve}, cast("dict[Key, Curve]", run.curves)),
        primary=primary,
        pairs=(primary, *pairs, *(pair for pair in others if pair not in pairs)),
        runners_up=pairs,
        why=f"no total loss was logged; the {len(pairs)} components that both sides have are added up",
    )


def _other_pairs(
    trains: Sequence[NamedCurve],
    vals: Sequence[NamedCurve],
    series: Sequence[NamedCurve],
    primary: Sequence[NamedCurve],
) -> tuple[Pair, ...]:
    """Every further quantity: losses with two sides, then metrics with two sides, then metrics with one."""
    losses = [as_pair(*entry) for entry in same_quantity(trains, vals)]
    metric_trains, metric_vals = _metric_sides(series, trains, vals, primary)
    both = same_quantity(metric_trains, metric_vals)
    used = {one.base for entry in both for one in entry[1:]}
    lone = [as_pair(0.0, one, None) for one in metric_trains if one.base not in used]
    lone += [as_pair(0.0, None, one) for one in metric_vals if one.base not in used]
    return (*losses, *(as_pair(*entry) for entry in both), *lone)


def _metric_sides(
    series: Sequence[NamedCurve],
    trains: Sequence[NamedCurve],
    vals: Sequence[NamedCurve],
    primary: Sequence[NamedCurve],
) -> tuple[list[NamedCurve], list[NamedCurve]]:
    """Metrics by side; one that names no split goes with the loss that was logged at the same steps."""
    metrics = [one for one in series if one.name.kind in ("metric", "error")]
    named = {(one.base, one.name.kind) for one in metrics if one.name.split in ("val", "test")}
    train = primary[0] if primary else max(trains, key=lambda one: len(one.curve), default=None)
    val = primary[1] if primary else max(vals, key=lambda one: len(one.curve), default=None)
    found: tuple[list[NamedCurve], list[NamedCurve]] = [], []
    for one in metrics:
        side = one.name.split in ("val", "test")
        if one.name.split is None and (one.base, one.name.kind) not in named:
            side = _goes_with_val(one, train, val)
        found[side].append(one)
    return found


def _goes_with_val(metric: NamedCurve, train: NamedCurve | None, val: NamedCurve | None) -> bool:
    near_val, near_train = (0.0 if other is None else _shared_steps(metric, other) for other in (val, train))
    if val is None:
        return train is not None and 2 * len(metric.curve) < len(train.curve)
    return near_val >= near_train


def _shared_steps(one: NamedCurve, other: NamedCurve) -> float:
    """Steps both have, as a share of the steps either has."""
    both = len(np.intersect1d(one.curve.steps, other.curve.steps, assume_unique=True))
    return both / (len(one.curve) + len(other.curve) - both)


def _lone(trains: Sequence[NamedCurve], vals: Sequence[NamedCurve]) -> Pair | None:
    """The one side that was logged, its most general series; a part of a loss that names no split comes last."""
    named = [one for one in trains if one.name.split or one.name.generic]
    for side in (named, vals, trains):
        best = min(side, key=_generality, default=None)
        if best is not None:
            return as_pair(0.0, None if side is vals else best, best if side is vals else None)
    return None


def _generality(one: NamedCurve) -> tuple[bool, bool, bool, int, Key]:
    name = one.name
    return (
        len(one.curve) < 2,
        name.kind != "loss",
        not name.clean,
        len(name.extra) * 2 + name.per_batch - name.total,
        one.key,
    )


def first(primary: Pair, others: Sequence[Pair]) -> tuple[Pair, ...]:
    """All pairs, the primary one in front and once."""
    return (primary, *(pair for pair in others if (pair.train, pair.val) != (primary.train, primary.val)))


def _why(primary: Pair, runners: Sequence[Pair], train: NamedCurve, val: NamedCurve) -> str:
    why = f"{_words(primary.train)} and {_words(primary.val)} go together best ({primary.score:g} points"
    if runners:
        why += f"; next {_words(runners[0].train)} and {_words(runners[0].val)}, {runners[0].score:g}"
    why += ")"
    if not train.base or not val.base:
        why += "; their names do not say what they measure, so they are taken for losses"
    return why + ("; the test set stands in for validation" if val.name.split == "test" else "")


def _why_alone(pair: Pair) -> str:
    other = "validation" if pair.train else "training"
    return f"only {_words(pair.train or pair.val)} was logged, no {other} of the same quantity"


def _words(key: Key | None) -> str:
    return "nothing" if key is None else key.tag if key.run == "." else f"{key.tag} of {key.run}"
