"""Candidates: how well two series go together as training and validation, in points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np

from diagnostics.curves import Curve
from diagnostics.logs.matching.naming import Name
from diagnostics.logs.run import Key, Pair

# Points for what speaks for a pair, below zero for what speaks against it. Set by hand so that a stronger sign
# outweighs weaker ones. tests/test_candidates.py has the case that each decides, and holds labeled logs of many
# frameworks to their pair when any of them is halved or doubled.
SAME_QUANTITY = 6.0  # the same name once the words for the split are gone; nothing else says as much
PLAIN_LOSS = 1.0  # a side: called "loss" and nothing more, so it is the loss as a whole
CALLED_VAL = 1.5  # "val" rather than "test", which people keep for the end
CALLED_TRAIN = 1.5  # "train" rather than no word at all
SAME_TAG = 1.5  # one tag in two directories, as Keras writes them
SHARED_RANGE = 2.0  # all of the steps in common; a part of them counts for that part
TOTAL = 0.5  # a side: the sum that is optimized rather than one of its parts
PER_EPOCH = 0.25  # a side: one number an epoch, as validation is
CLEAN = 1.0  # training loss in evaluation mode, as validation is
PER_BATCH = -1.0  # a side: the noise of single batches
MORE_WORDS = -0.25  # a word: each narrows down what is measured
OTHER_DATA_SET = -0.5  # a side and place in the list: the first validation set is the one that is watched
SPARSE_TRAIN = -4.0  # fewer than a quarter of validation's points: training is hardly ever logged that rarely

ACCEPT = 3.0  # points from which two series are a pair; a sparse training loss of another name stays below it


@dataclass(frozen=True, eq=False)
class LoggedSeries:
    """A series of a session, with what its name says."""

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


class ScoredPair(NamedTuple):
    """Two series as the sides of one quantity, with the points for it."""

    points: float
    train: LoggedSeries
    val: LoggedSeries


def sides(logged: Sequence[LoggedSeries]) -> tuple[list[LoggedSeries], list[LoggedSeries]]:
    """Training and validation; what names no split is training."""
    trains: list[LoggedSeries] = []
    vals: list[LoggedSeries] = []
    for series in logged:
        (vals if series.name.split in ("val", "test") else trains).append(series)
    return trains, vals


def score(train: LoggedSeries, val: LoggedSeries) -> float:
    """Points for two series as the two sides of one quantity; from ``ACCEPT`` on they are taken for a pair."""
    return _by_meaning(train, val) + _by_words(train.name, val.name) + _by_points(train.curve, val.curve)


def _by_meaning(train: LoggedSeries, val: LoggedSeries) -> float:
    """Do they name the same quantity?"""
    points = SAME_QUANTITY * (train.base == val.base)
    points += PLAIN_LOSS * ((train.base <= {"loss"}) + (val.base <= {"loss"}))
    points += CALLED_VAL * (val.name.split == "val") + CALLED_TRAIN * (train.name.split == "train")
    return points + SAME_TAG * (train.key.tag == val.key.tag and not train.keyed and not val.keyed)


def _by_words(train: Name, val: Name) -> float:
    """What other words of the two names say."""
    points = TOTAL * (train.total + val.total) + CLEAN * train.clean
    points += PER_EPOCH * (train.per_epoch + val.per_epoch) + PER_BATCH * (train.per_batch + val.per_batch)
    return points + MORE_WORDS * (len(train.extra) + len(val.extra)) + OTHER_DATA_SET * (train.loader + val.loader)


def _by_points(train: Curve, val: Curve) -> float:
    """Do they cover the same steps, and is training logged often enough?"""
    return SHARED_RANGE * _shared_range(train, val) + SPARSE_TRAIN * (4 * len(train) < len(val))


def loss_pairs(trains: Sequence[LoggedSeries], vals: Sequence[LoggedSeries]) -> list[ScoredPair]:
    """Every pair of losses that may be one quantity, best first."""
    train_bases, val_bases = _by_base(trains), _by_base(vals)
    losses = [val for val in vals if val.name.kind == "loss"]
    generic = [val for val in losses if val.name.generic]
    strangers = [val for val in losses if not val.name.generic and val.base not in train_bases]

    def others(train: LoggedSeries) -> Iterable[LoggedSeries]:
        if train.name.kind != "loss":
            return ()
        if train.name.generic:
            return chain(generic, strangers)
        alone = len(train_bases) == 1 and train.name.split and train.base not in val_bases
        return generic if alone else ()

    return _ranked(
        chain(
            ((train, val) for train in trains for val in val_bases.get(train.base, ())),
            ((train, val) for train in trains for val in others(train) if train.base != val.base),
        )
    )


def same_quantity(trains: Sequence[LoggedSeries], vals: Sequence[LoggedSeries]) -> list[ScoredPair]:
    """The best pair for each name that both sides have, best first."""
    val_bases = _by_base(vals)
    ranked = _ranked((t, v) for t in trains for v in val_bases.get(t.base, ()) if t.name.kind == v.name.kind)
    best: dict[frozenset[str], ScoredPair] = {}
    for scored in ranked:
        best.setdefault(scored.train.base, scored)
    return list(best.values())


def _by_base(logged: Iterable[LoggedSeries]) -> dict[frozenset[str], list[LoggedSeries]]:
    """The series of each base: a log may have a hundred thousand, too many to try each with each."""
    bases: dict[frozenset[str], list[LoggedSeries]] = {}
    for series in logged:
        bases.setdefault(series.base, []).append(series)
    return bases


def as_pair(points: float, train: LoggedSeries | None, val: LoggedSeries | None) -> Pair:
    """Two series, or one, as a pair named by what they measure."""
    given = [series for series in (train, val) if series is not None]
    keys = None if train is None else train.key, None if val is None else val.key
    return Pair(given[0].label, *keys, higher_is_better=given[0].higher_is_better, score=round(points, 2))


def summed(parts: Sequence[LoggedSeries]) -> LoggedSeries | None:
    """The sum of several series at the steps they share, under a tag that says so; None when they share none."""
    curves = [part.curve for part in parts]
    steps = curves[0].steps
    for curve in curves[1:]:
        steps = np.intersect1d(steps, curve.steps, assume_unique=True)
    if not len(steps):
        return None
    at = [np.searchsorted(curve.steps, steps) for curve in curves]
    with np.errstate(invalid="ignore", over="ignore"):
        values = np.sum([curve.values[i] for curve, i in zip(curves, at, strict=True)], axis=0)
    walls = None if curves[0].wall_times is None else curves[0].wall_times[at[0]]
    key = Key(parts[0].key.run, " + ".join(part.key.tag for part in parts))
    return LoggedSeries(key, parts[0].name, Curve(steps, values, walls))


def _ranked(pairs: Iterable[tuple[LoggedSeries, LoggedSeries]]) -> list[ScoredPair]:
    scored = [ScoredPair(score(train, val), train, val) for train, val in pairs]
    return sorted(scored, key=lambda pair: (-pair.points, pair.train.key, pair.val.key))


def _shared_range(train: Curve, val: Curve) -> float:
    """The share of steps that the ranges of the two have in common, 0 to 1."""
    (first, last), (begin, end) = ((int(curve.steps[0]), int(curve.steps[-1])) for curve in (train, val))
    shared = min(last, end) - max(first, begin) + 1
    return max(shared, 0) / (max(last, end) - min(first, begin) + 1)
