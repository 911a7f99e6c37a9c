"""Report of the cases: the tables of random tasks, in the words of the page that records them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tests.benchmarks.lab import first_doses, intervals, temperatures
from tests.benchmarks.lab.choices import (
    Engine,
    by_validation,
    cases,
    ladder,
    portfolio,
    random,
    small_grid,
    step_up,
    tpe,
)
from tests.benchmarks.lab.scored import Scored, scaled
from tests.benchmarks.lab.surfaces import REPAIRS, Values

BUDGETS = (1, 2, 3, 5)
DRAWS = 10_000  # of signs, for a p-value
SMALLEST_TEST = 100  # samples; the loss of fewer is decided by a handful of them
OURS, CASES = "**Fitwatch's ladder**", "first dose, then cases"
FIXED: Mapping[str, Engine] = {
    "a small grid": small_grid,
    "+.05 dropout, double decay": step_up,
    "random search": random,
    "Optuna's TPE": tpe,
    OURS: ladder,
}
LEARNED: Mapping[str, Callable[[Sequence[Scored]], Engine]] = {"portfolio of other tasks": portfolio, CASES: cases}


def report(past: Sequence[Scored], reported: Sequence[Scored], he: Sequence[Scored]) -> list[str]:
    """Everything as Markdown."""
    blocks = [_restraint({"development": past, "reported": reported, "reported, He": he})]
    for tasks, name in ((reported, "torch's own initialization"), (he, "He's initialization in every layer")):
        counted = [task for task in tasks if counts(task)]
        if counted:
            blocks += [_engines(_developed(past), counted, name), _without_a_run(counted)]
    enough = {
        name: [task for task in tasks if len(task.surface.test_labels) >= SMALLEST_TEST]
        for name, tasks in (("development", past), ("reported", reported))
    }
    blocks.append(temperatures.rules(enough))
    blocks.append("\n".join(intervals.table(intervals.effects(past), intervals.effects(reported))))
    blocks += [first_doses.left_out(enough), first_doses.by_length(enough)]
    return blocks


def counts(task: Scored) -> bool:
    """Overfits, has enough test samples, and something to gain by validation."""
    return task.overfits and task.has_room and len(task.surface.test_labels) >= SMALLEST_TEST


def _developed(past: Sequence[Scored]) -> list[Scored]:
    return [task for task in past if task.overfits]


def _engines(past: Sequence[Scored], tasks: Sequence[Scored], name: str) -> str:
    """Pooled shares of the possible gain of the log test loss, for each engine and number of runs."""
    head = "".join(f" {runs} |" for runs in BUDGETS)
    rows = [
        f"{len(tasks)} tasks with {name}, {_possible(tasks):.1%} to gain on the mean. Share of it that is captured, in "
        "percent, pooled over tasks:",
        "",
        f"| extra runs |{head} with a temperature: 1 | 2 | 3 | 5 | with their ensemble: 1 | 2 | 3 | 5 | last epoch: 1 "
        "| 2 | 3 | 5 |",
        "|---|" + "---|" * 4 * len(BUDGETS),
    ]
    engines = {**FIXED, **{learned: _left_out(make, past) for learned, make in LEARNED.items()}}
    gains = {label: _gains(engine, tasks) for label, engine in engines.items()}
    for label, own in {**gains, "all of the grid, by validation": _gains(by_validation, tasks)}.items():
        shares = own.sum(0) / _possibles(tasks).sum(0)[:, None]
        rows.append(f"| {label} |" + "".join(f" {100 * share:.0f} |" for share in shares.ravel()))
    rows += ["", *significance(gains, _possibles(tasks)), "", _difference(gains[CASES], gains[OURS], tasks)]
    return "\n".join(rows)


def significance(gains: Mapping[str, Values], possible: Values) -> list[str]:
    """Of each rival: how many points the ladder is ahead, and how probable that lead is by chance.

    Two-sided, over tasks: the sign of each task's difference in gain is drawn at random.
    """
    columns = [(kind, place) for kind in (0, 1) for place in range(len(BUDGETS))]
    signs = np.random.default_rng(0).choice((-1.0, 1.0), size=(DRAWS, len(possible)))
    rows = [
        "The ladder's lead in points, and the p-value of a paired permutation test over tasks:",
        "",
        "| rival |" + "".join(f" {runs} |" for runs in BUDGETS) + " with a temperature: 1 | 2 | 3 | 5 |",
        "|---|" + "---|" * len(columns),
    ]
    for label in gains:
        if label == OURS:
            continue
        cells = []
        for kind, place in columns:
            lead = gains[OURS][:, kind, place] - gains[label][:, kind, place]
            chance = (1 + np.sum(np.abs(signs @ lead) >= abs(lead.sum()))) / (1 + DRAWS) if lead.any() else 1.0
            cells.append(f"{100 * lead.sum() / possible[:, kind].sum():+.0f}, {_p_value(chance)}")
        rows.append(f"| {label} | {' | '.join(cells)} |")
    return rows


def _p_value(chance: float) -> str:
    return "p < .001" if chance < 0.001 else f"p = {chance:.3f}".replace("0.", ".")


def _difference(cases: Values, ours: Values, tasks: Sequence[Scored]) -> str:
    """How much more the cases capture at the best checkpoint, with an interval over tasks."""
    rng, possible = np.random.default_rng(0), _possibles(tasks)[:, 0]
    drawn = rng.integers(len(tasks), size=(2000, len(tasks)))
    parts = []
    for place, runs in enumerate(BUDGETS):
        more = cases[:, 0, place] - ours[:, 0, place]
        low, high = np.quantile(more[drawn].sum(1) / possible[drawn].sum(1), (0.05, 0.95))
        parts.append(f"{runs}: {100 * more.sum() / possible.sum():+.0f} [{100 * low:+.0f}, {100 * high:+.0f}]")
    return f"Cases above the ladder, in points with 90 % intervals over tasks: {', '.join(parts)}."


def _left_out(make: Callable[[Sequence[Scored]], Engine], past: Sequence[Scored]) -> Engine:
    """The engine made of the tasks of other families than the one it is used on."""
    made: dict[str, Engine] = {}

    def order(task: Scored) -> list[list[int]]:
        family = task.surface.family
        if family not in made:
            made[family] = make([other for other in past if other.surface.family != family])
        return made[family](task)

    return order


def _gains(engine: Engine, tasks: Sequence[Scored]) -> Values:
    """``(tasks, 4, budgets)``: log test loss gained at the best checkpoint, with a temperature, ensemble and last."""
    return np.array([np.mean([_gain(task, order) for order in engine(task)], 0) for task in tasks])


def _gain(task: Scored, order: Sequence[int]) -> list[list[float]]:
    rows: list[list[float]] = [[], [], [], []]
    for runs in BUDGETS:
        tried = [0, *order[:runs]]
        best, scaled_best, last = (
            tried[int(np.argmin(loss[tried]))] for loss in (task.val, task.val_scaled, task.val_last)
        )
        rows[0].append(np.log(task.test[0] / task.test[best]))
        rows[1].append(np.log(task.test[0] / task.test_scaled[scaled_best]))
        rows[2].append(np.log(task.test[0] / task.ensemble(tried)))
        rows[3].append(np.log(task.grid.test_last[0] / task.grid.test_last[last]))
    return rows


def _possibles(tasks: Sequence[Scored]) -> Values:
    """What could be gained: three times at the best checkpoint, then at the last epoch."""
    best = [np.log(task.test[0] / task.test.min()) for task in tasks]
    last = [np.log(task.grid.test_last[0] / task.grid.test_last.min()) for task in tasks]
    return np.array([best, best, best, last]).T


def _possible(tasks: Sequence[Scored]) -> float:
    return float(1 - np.exp(-_possibles(tasks)[:, 0].mean()))


def _without_a_run(tasks: Sequence[Scored]) -> str:
    """What a temperature captures alone, and what going on from the best checkpoint does."""
    possible = _possibles(tasks)[:, 0].sum()
    alone = sum(np.log(task.test[0] / task.test_scaled[0]) for task in tasks) / possible
    rows = [
        f"No extra run: a temperature alone captures {100 * alone:.0f}. Going on from the best checkpoint for half the "
        "length, kept only if validation gets better:",
        "",
        "| dose | captured | with a temperature | harm over 1 % |",
        "|---|---|---|---|",
    ]
    for place, (p, u) in enumerate(REPAIRS):
        plain, calibrated = np.array([_repaired(task, place) for task in tasks]).T
        rows.append(
            f"| ({p:g}, {u:g}) | {100 * plain.sum() / possible:.0f} | {100 * calibrated.sum() / possible:.0f} | "
            f"{np.mean(plain < -0.01):.0%} |"
        )
    return "\n".join(rows)


def _repaired(task: Scored, place: int) -> tuple[float, float]:
    """Log test loss gained by a repair where validation is better, without and with a temperature."""
    repairs = task.surface.repairs
    assert repairs is not None, "trained together with the grid"
    val, test = repairs.val.min(1)[place], repairs.test_best[place]
    _, (vals, tests) = scaled(repairs, task.surface)
    plain = float(np.log(task.test[0] / test)) if val < task.val[0] else 0.0
    calibrated = tests[place] if vals[place] < task.val_scaled[0] else task.test_scaled[0]
    return plain, float(np.log(task.test[0] / calibrated))


def _restraint(parts: Mapping[str, Sequence[Scored]]) -> str:
    """What is prescribed to which runs, and how often the first dose harms the test loss at the best checkpoint."""
    rows = [
        "| tasks | overfit, prescribed | do not overfit, prescribed | first dose: mean change of the test loss | harms "
        "by over 1 % | mean change, wrong labels in train only |",
        "|---|---|---|---|---|---|",
    ]
    for name, tasks in parts.items():
        over, others = [task for task in tasks if task.overfits], [task for task in tasks if not task.overfits]
        dosed = [(task, ladder(task)[0][0]) for task in over if ladder(task)[0]]
        changes = np.array([np.log(task.test[dose] / task.test[0]) for task, dose in dosed])
        surfaces = [task.surface for task, _ in dosed]
        wrong = changes[[bool(one.noise) and not one.noisy_everywhere for one in surfaces]]
        mislabeled = f"{np.expm1(wrong.mean()):+.1%}" if wrong.size else "-"
        rows.append(
            f"| {name} | {len(dosed)} of {len(over)} | {sum(task.prescribed for task in others)} of {len(others)} | "
            f"{_mean_change(changes)} | {_harmed(changes)} | {mislabeled} |"
        )
    return "\n".join(rows)


def _mean_change(changes: Values) -> str:
    return f"{np.expm1(changes.mean()):+.1%}" if changes.size else "-"


def _harmed(changes: Values) -> str:
    return f"{np.mean(changes > 0.01):.0%}" if changes.size else "-"


def others(past: Sequence[Scored], kinds: Mapping[str, Sequence[Scored]]) -> str:
    """The same for networks that the random tasks lack, a row for each and engine."""
    head = "".join(f" {runs} |" for runs in BUDGETS)
    rows = [
        _restraint(kinds),
        "",
        f"| network | tasks counted, to gain | engine |{head} with a temperature: 1 | 2 | 3 | 5 |",
        "|---|---|---|" + "---|" * 2 * len(BUDGETS),
    ]
    engines = {**FIXED, "portfolio of other tasks": _left_out(portfolio, _developed(past))}
    for kind, tasks in kinds.items():
        counted = [task for task in tasks if counts(task)]
        if not counted:
            rows.append(f"| {kind} | 0 of {len(tasks)} | |" + " |" * 2 * len(BUDGETS))
            continue
        what = f"{len(counted)} of {len(tasks)}, {_possible(counted):.1%}"
        for label, engine in {**engines, "all of the grid, by validation": by_validation}.items():
            shares = _gains(engine, counted).sum(0)[:2] / _possibles(counted).sum(0)[:2, None]
            rows.append(f"| {kind} | {what} | {label} |" + "".join(f" {100 * share:.0f} |" for share in shares.ravel()))
    return "\n".join(rows)
