"""Candidates: how well two series go together as training and validation, in points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from diagnostics.curves import Curve
from diagnostics.logs.matching.naming import Name
from diagnostics.logs.run import Key, Pair

ACCEPT = 5.0


@dataclass(frozen=True, eq=False)
class NamedCurve:
    """One named curve of a session."""

    key: Key
    name: Name
    curve: Curve
    keyed: bool = False
    """Whether its directory is one of those ``add_scalars`` makes."""

    @property
    def base(self) -> frozenset[str]:
        """What is left of the name, in any order."""
        return frozenset(self.name.base)

    @property
    def higher_is_better(self) -> bool:
        """The direction: up for metrics, and for an evidence lower bound that was logged as it is, below zero."""
        below = self.curve.values < 0
        return self.name.higher_is_better or (self.base == {"elbo"} and 2 * int(below.sum()) > len(below))

    @property
    def stem(self) -> frozenset[str]:
        """The base without numbers: the folds of a cross-validation have one stem."""
        return frozenset(word.rstrip("0123456789") for word in self.name.base)

    @property
    def label(self) -> str:
        """A name for people."""
        return " ".join(dict.fromkeys(self.name.base)) or "loss"


def sides(series: Sequence[NamedCurve]) -> tuple[list[NamedCurve], list[NamedCurve]]:
    """Training and validation; what names no split is training."""
    val = [one for one in series if one.name.split in ("val", "test")]
    return [one for one in series if one.name.split not in ("val", "test")], val


def score(train: NamedCurve, val: NamedCurve) -> float:
    """Points for two series as the two sides of one quantity; from ``ACCEPT`` on they are taken for a pair."""
    t, v = train.name, val.name
    points = 6.0 * (train.base == val.base)
    points += 2.0 * (t.kind == v.kind == "loss")
    points += 1.0 * (train.base <= {"loss"}) + 1.0 * (val.base <= {"loss"})
    points += 1.5 * (v.split == "val") + 1.5 * (t.split == "train")
    points += 1.5 * (train.key.tag == val.key.tag and not train.keyed and not val.keyed)
    points += 2.0 * _overlap(train.curve, val.curve)
    points += 0.5 * (t.total or v.total) + 0.25 * (t.per_epoch + v.per_epoch) + t.clean
    points -= 1.0 * t.per_batch + 1.0 * v.per_batch + 0.25 * (len(t.extra) + len(v.extra)) + 0.5 * (t.loader + v.loader)
    points -= 4.0 * (4 * len(train.curve) < len(val.curve))
    points -= 3.0 * (len(train.curve) == 1) + 3.0 * (len(val.curve) == 1)
    return points


def loss_pairs(trains: Sequence[NamedCurve], vals: Sequence[NamedCurve]) -> list[tuple[float, NamedCurve, NamedCurve]]:
    """Every pair of losses that may be one quantity, best first."""
    train_bases, val_bases = {s.base for s in trains}, {s.base for s in vals}
    return _ranked(
        (train, val)
        for train in trains
        for val in vals
        if train.base == val.base
        or (
            train.name.kind == val.name.kind == "loss"
            and (
                (train.name.generic and (val.name.generic or val.base not in train_bases))
                or (val.name.generic and train.name.split and len(train_bases) == 1 and train.base not in val_bases)
            )
        )
    )


def same_quantity(
    trains: Sequence[NamedCurve], vals: Sequence[NamedCurve]
) -> list[tuple[float, NamedCurve, NamedCurve]]:
    """The best pair for each name that both sides have, best first."""
    ranked = _ranked((t, v) for t in trains for v in vals if t.base == v.base and t.name.kind == v.name.kind)
    best: dict[frozenset[str], tuple[float, NamedCurve, NamedCurve]] = {}
    for entry in ranked:
        best.setdefault(entry[1].base, entry)
    return list(best.values())


def as_pair(points: float, train: NamedCurve | None, val: NamedCurve | None) -> Pair:
    """Two series, or one, as a pair named by what they measure."""
    sides = [one for one in (train, val) if one is not None]
    keys = None if train is None else train.key, None if val is None else val.key
    return Pair(sides[0].label, *keys, higher_is_better=sides[0].higher_is_better, score=round(points, 2))


def summed(series: Sequence[NamedCurve]) -> NamedCurve | None:
    """The sum of several series at the steps they share, under a tag that says so; None when they share none."""
    curves = [one.curve for one in series]
    steps = curves[0].steps
    for curve in curves[1:]:
        steps = np.intersect1d(steps, curve.steps, assume_unique=True)
    if not len(steps):
        return None
    at = [np.searchsorted(curve.steps, steps) for curve in curves]
    with np.errstate(invalid="ignore", over="ignore"):
        values = np.sum([curve.values[i] for curve, i in zip(curves, at, strict=True)], axis=0)
    walls = None if curves[0].wall_times is None else curves[0].wall_times[at[0]]
    key = Key(series[0].key.run, " + ".join(one.key.tag for one in series))
    return NamedCurve(key, series[0].name, Curve(steps, values, walls))


def _ranked(pairs: Iterable[tuple[NamedCurve, NamedCurve]]) -> list[tuple[float, NamedCurve, NamedCurve]]:
    scored = [(score(train, val), train, val) for train, val in pairs]
    return sorted(scored, key=lambda entry: (-entry[0], entry[1].key, entry[2].key))


def _overlap(train: Curve, val: Curve) -> float:
    """The share of steps that the ranges of the two have in common, 0 to 1."""
    (first, last), (begin, end) = ((int(curve.steps[0]), int(curve.steps[-1])) for curve in (train, val))
    shared = min(last, end) - max(first, begin) + 1
    return max(shared, 0) / (max(last, end) - min(first, begin) + 1)
