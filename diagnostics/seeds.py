"""Seeds: which runs differ only by their seed, and what they say as one, with their spread as the noise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diagnostics.curves import Curve, CurveError, align
from diagnostics.logs.run import Run
from diagnostics.verdict import Diagnosis, Numbers, diagnose

SEEDS = frozenset({"seed", "random_seed", "random_state", "global_seed", "manual_seed", "rng_seed", "data_seed"})

Seed = tuple[Any, ...]
Values = NDArray[np.float64]


class SeedComparison(NamedTuple):
    """The relative change of a mean over seeds, negative when better, with its 80 % interval.

    ``paired`` says whether it was taken seed by seed; ``runs`` is how many runs there are on both sides.
    """

    difference: float
    low: float
    high: float
    paired: bool
    runs: int


@dataclass(frozen=True)
class Group:
    """What the mean curves say; ``low`` and ``high`` are val's mean minus and plus one standard deviation.

    ``agreeing`` is the share of the runs whose own verdict is the group's.
    """

    diagnosis: Diagnosis
    mean: Curve
    low: Curve
    high: Curve
    agreeing: float


class Repeated(NamedTuple):
    """Runs of one configuration and their common judgment."""

    runs: tuple[str, ...]
    judgment: Group


def repeated(runs: Iterable[Run], **thresholds: Any) -> list[Repeated]:
    """Every group of two or more runs whose logged settings (HParams) differ only by a seed, judged as one.

    Runs without logged settings, or without both curves, belong to no group; so do runs that share no steps.
    ``thresholds`` are those of ``diagnose``.
    """
    return [group for members in alike(runs) if (group := _judged(members, thresholds)) is not None]


def alike(runs: Iterable[Run]) -> list[list[Run]]:
    """The runs of each configuration whose logged settings (HParams) name a seed; one that was run once stands alone.

    Only runs with both curves, of the same quantity.
    """
    by_settings: dict[tuple[Any, ...], list[Run]] = {}
    for run in runs:
        settings = {name: value for name, value in run.hparams.items() if name.lower() not in SEEDS}
        if (
            settings
            and len(settings) < len(run.hparams)
            and run.primary
            and run.train is not None
            and run.val is not None
        ):
            same = (run.primary.name, run.primary.higher_is_better, *sorted(settings.items(), key=lambda item: item[0]))
            by_settings.setdefault(same, []).append(run)
    return list(by_settings.values())


def judge_group(trains: Sequence[Numbers], vals: Sequence[Numbers], **thresholds: Any) -> Group:
    """Judge runs of one configuration; ``thresholds`` are those of ``diagnose``. Longer runs are cut to the shortest.

    The noise of the mean is the spread of the runs around it, each freed of its own level, over the root of their
    number.

    Raises ``CurveError`` for fewer than two runs, unequal numbers of curves, or runs that share no steps.
    """
    if len(trains) != len(vals) or len(vals) < 2:
        raise CurveError(
            f"a group needs at least two runs with both curves, got {len(trains)} train and {len(vals)} val"
        )
    fits, held_out = [Curve.of(train) for train in trains], [Curve.of(val) for val in vals]
    if min(len(curve) for curve in (*fits, *held_out)) == 0:
        raise CurveError("a run of the group has no points; leave it out")
    end = min(int(curve.steps[-1]) for curve in held_out)
    axis = min(held_out, key=len)
    axis = axis.head(int(np.searchsorted(axis.steps, end, side="right")))
    if not len(axis):
        raise CurveError(f"the runs of the group share no steps up to {end}; give runs logged at the same steps")
    table = np.array([align(val, axis) for val in held_out])
    mean = Curve(axis.steps, table.mean(axis=0))
    fit = Curve(axis.steps, np.mean([align(train, axis) for train in fits], axis=0))
    judged = diagnose(fit, mean, known_noise=spread(table) / np.sqrt(len(vals)), **thresholds)
    own = [diagnose(train, val, **thresholds).verdict for train, val in zip(fits, held_out, strict=True)]
    band = table.std(axis=0, ddof=1)
    return Group(
        judged,
        mean,
        Curve(axis.steps, mean.values - band),
        Curve(axis.steps, mean.values + band),
        sum(verdict == judged.verdict for verdict in own) / len(own),
    )


def spread(table: Values) -> float:
    """Standard deviation of one run around the mean, level aside; ``table`` has shape ``(runs, points)``."""
    residuals = table - table.mean(axis=0)
    residuals = residuals - np.median(residuals, axis=1, keepdims=True)
    deviation = np.sqrt((residuals**2).sum(axis=0) / (len(table) - 1))
    finite = deviation[np.isfinite(deviation)]
    return float(np.median(finite)) if len(finite) else 0.0


def _judged(members: list[Run], thresholds: dict[str, Any]) -> Repeated | None:
    if len(members) < 2:
        return None
    trains, vals = zip(*((run.train, run.val) for run in members), strict=True)
    higher = members[0].primary is not None and members[0].primary.higher_is_better
    try:
        return Repeated(
            tuple(run.name for run in members), judge_group(trains, vals, higher_is_better=higher, **thresholds)
        )
    except CurveError:
        return None


def seed_of(run: Run) -> Seed:
    """The seeds among the logged settings of a run, in the order of their names."""
    return tuple(value for name, value in sorted(run.hparams.items()) if name.lower() in SEEDS)


def compare_seeds(
    base: Sequence[tuple[Seed, float]], other: Sequence[tuple[Seed, float]], *, higher_is_better: bool = False
) -> SeedComparison | None:
    """What becomes of a mean over seeds from ``base`` to ``other``; each value comes with the seed it belongs to.

    The interval is the middle 80 % by Student's t. Where both sides ran the same seeds, once each, it rests on the
    differences seed by seed; elsewhere on the pooled spread, taken to be equal on both sides. ``None`` where a side has
    no value, or both together fewer than three.
    """
    if not base or not other or len(base) + len(other) < 3:
        return None
    before, after = (np.array([value for _, value in side]) for side in (base, other))
    differences = _seed_by_seed(base, other)
    error, degrees = _pooled(before, after) if differences is None else _of_mean(differences)
    scale = abs(float(before.mean())) or abs(float(after.mean())) or 1.0
    change = (-1.0 if higher_is_better else 1.0) * float(after.mean() - before.mean()) / scale
    half = _student_80(degrees) * error / scale
    return SeedComparison(change, change - half, change + half, differences is not None, len(before) + len(after))


def _seed_by_seed(base: Sequence[tuple[Seed, float]], other: Sequence[tuple[Seed, float]]) -> Values | None:
    """``other - base`` for each seed; None where the two do not hold the same seeds, two or more, once each."""
    before, after = dict(base), dict(other)
    if before.keys() != after.keys() or not len(before) == len(base) == len(other) > 1:
        return None
    return np.array([after[seed] - before[seed] for seed in before])


def _of_mean(values: Values) -> tuple[float, int]:
    """Standard error of a mean, and its degrees of freedom."""
    return float(values.std(ddof=1) / np.sqrt(len(values))), len(values) - 1


def _pooled(before: Values, after: Values) -> tuple[float, int]:
    """Standard error of the difference of two means with one spread, and its degrees of freedom."""
    degrees = len(before) + len(after) - 2
    variance = (before.var() * len(before) + after.var() * len(after)) / degrees
    return float(np.sqrt(variance * (1 / len(before) + 1 / len(after)))), degrees


def _student_80(degrees: int) -> float:
    """How many standard errors lie on each side within the middle 80 % of Student's t."""
    from scipy.special import stdtrit  # takes a noticeable part of the app's start, and few pages need it

    return float(stdtrit(degrees, 0.9))
