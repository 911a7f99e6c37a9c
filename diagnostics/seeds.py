"""Seeds: which runs of a folder differ only by their seed, and what they say as one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from diagnostics.curves import CurveError
from diagnostics.group import Group, judge_group
from diagnostics.logs.run import Run

SEEDS = frozenset({"seed", "random_seed", "random_state", "global_seed", "manual_seed", "rng_seed", "data_seed"})


class Repeated(NamedTuple):
    """Runs of one configuration and their common judgement."""

    runs: tuple[str, ...]
    found: Group


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
    found: dict[tuple[Any, ...], list[Run]] = {}
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
            found.setdefault(same, []).append(run)
    return list(found.values())


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
