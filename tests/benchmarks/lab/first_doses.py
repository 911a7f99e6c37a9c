"""First doses: what they do where little is expected of them, and where validation was best early or late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from tests.benchmarks.lab.choices import ladder
from tests.benchmarks.lab.scored import Scored
from tests.benchmarks.lab.surfaces import Values

BOUNDS = (0.0, -0.0025, -0.005, -0.01)  # of the expected change of the best loss, from which on a dose is left out
STEPS = (0, 25, 50, 100, np.inf)  # until validation was best
CLEAR = 0.01  # of the log test loss: what is harm, and what is a gain


def left_out(parts: Mapping[str, Sequence[Scored]]) -> str:
    """For each bound: the doses that it leaves out, what they do, and the share of all possible gains that goes."""
    rows = [
        "| first doses left out, if expected to do no better than | tasks | left out | the dose: mean change of the "
        "test loss | better by over 1 % | worse by over 1 % | kept where validation is lower: mean change | worse by "
        "over 1 % | lost of all that can be gained |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, tasks in parts.items():
        expected, change, kept, possible, _ = _effects(tasks)
        for bound in BOUNDS:
            out = expected >= bound
            rows.append(
                f"| {bound:+.2%} | {name} | {out.sum()} of {len(out)} | {_done(change[out])} | {_mean(kept[out])} | "
                f"{_share(kept[out] > CLEAR)} | {kept[out].sum() / possible.sum():.1%} |"
            )
    return "\n".join(rows)


def by_length(parts: Mapping[str, Sequence[Scored]]) -> str:
    """The same of all first doses, by how many steps validation took to its best."""
    rows = [
        "| steps until validation was best | tasks | first doses | mean change of the test loss | better by over 1 % | "
        "worse by over 1 % |",
        "|---|---|---|---|---|---|",
    ]
    for name, tasks in parts.items():
        _, change, _, _, steps = _effects(tasks)
        for low, high in pairwise(STEPS):
            inside = (steps >= low) & (steps < high)
            what = f"{low:g} and more" if np.isinf(high) else f"{low:g} to {high - 1:g}"
            rows.append(f"| {what} | {name} | {inside.sum()} | {_done(change[inside])} |")
    return "\n".join(rows)


def _effects(tasks: Sequence[Scored]) -> Values:
    """A column for each task with a first dose.

    The change of the best validation loss that is expected, NaN where none is; how the dose changes the logarithm of
    the test loss, how it does where it is kept by validation, how the best of all doses does; the steps to the best.
    """
    columns = []
    for task in tasks:
        if not (task.overfits and ladder(task)[0]):
            continue
        dose = ladder(task)[0][0]
        expected = next((each.expected.median for each in task.advice if each.expected is not None), np.nan)
        change = float(np.log(task.test[dose] / task.test[0]))
        kept = change if task.val[dose] < task.val[0] else 0.0
        columns.append((expected, change, kept, float(np.log(task.test.min() / task.test[0])), task.surface.t_star))
    return np.array(columns).reshape(-1, 5).T


def _done(changes: Values) -> str:
    return f"{_mean(changes)} | {_share(changes < -CLEAR)} | {_share(changes > CLEAR)}"


def _mean(changes: Values) -> str:
    return f"{np.expm1(changes.mean()):+.1%}" if changes.size else "-"


def _share(flags: Values) -> str:
    return f"{flags.mean():.0%}" if flags.size else "-"
