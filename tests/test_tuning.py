"""What a study may try and spend, what a trial reached, when it is stopped, and what follows from all of them."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest

from diagnostics import open_logs
from tests.writers import write_run
from trainer.config import Config
from trainer.errors import TrainerError
from trainer.tuning.budget import Budget, BudgetError, parse_budget
from trainer.tuning.notation import parse_grid, parse_range, parse_space
from trainer.tuning.objective import ObjectiveError, TrialLog, read
from trainer.tuning.plan import Plan, PlanError
from trainer.tuning.pruner import Decision, fitwatch, in_reach
from trainer.tuning.results.findings import beyond_end, edges
from trainer.tuning.results.result import record, summary
from trainer.tuning.spaces import (
    DEFAULTS,
    RANGES,
    Choices,
    Span,
    default_space,
    range_from,
    space_of,
)
from trainer.tuning.study_file import STUDY, as_json
from trainer.tuning.study_file import read as read_study
from trainer.tuning.workers.queue_of_trials import RUNS
from trainer.tuning.workers.store import JOURNAL, StoreError, connect, open_study, shown

COMMAND = "train {logdir} {weight_decay} {dropout}"
SPACE = default_space(["weight_decay", "dropout"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1e-3..10 log", Span(1e-3, 10, log=True)),
        ("0..0.5", Span(0, 0.5)),
        ("-1..1", Span(-1, 1)),
        ("16..256 log int", Span(16, 256, log=True, whole=True)),
        ("mlp|cnn", Choices(("mlp", "cnn"))),
        ("8|16|32", Choices((8, 16, 32))),
    ],
)
def test_a_range_is_written_as_one_says_it_and_comes_back_from_json(text: str, found: Span | Choices) -> None:
    assert parse_range(text) == found
    assert parse_range(str(found)) == found
    assert range_from(found.as_json()) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("weigth_decay=1..2", "did you mean 'weight_decay'"),
        ("seed=1..2", "--repeats 3"),
        ("dropout", "cannot read 'dropout'"),
        ("dropout=0.5..0", "holds nothing"),
        ("dropout=0..1 log", "no logarithm"),
        ("dropout=0.1", "cannot read the range"),
        ("dropout=0..0.1, dropout=0..0.2", "dropout twice"),
        ("dropout=0.1|nan", "nan is no value to try"),
        (" ", "is empty"),
    ],
)
def test_a_space_that_cannot_be_searched_is_refused(text: str, why: str) -> None:
    with pytest.raises(TrainerError, match=why):
        parse_space(text, own=True)


def test_any_program_has_names_of_its_own() -> None:
    assert parse_space("hidden=1..4 int", own=False) == {"hidden": Span(1, 4, whole=True)}
    with pytest.raises(TrainerError, match="no usual range for hidden; say one"):
        default_space(["hidden"])


def test_whole_settings_of_the_trainer_are_drawn_whole_without_saying_so() -> None:
    assert parse_space("batch_size=16..64, lr=1e-4..1e-2 log", own=True) == {
        "batch_size": Span(16, 64, whole=True),
        "lr": Span(1e-4, 1e-2, log=True),
    }


def test_a_grid_is_every_combination() -> None:
    points = parse_grid("dropout=0,.1 model=mlp,cnn", own=True)
    assert [tuple(point.values()) for point in points] == [(0, "mlp"), (0, "cnn"), (0.1, "mlp"), (0.1, "cnn")]
    assert space_of(points) == {"dropout": Choices((0, 0.1)), "model": Choices(("mlp", "cnn"))}


@pytest.mark.parametrize("name", DEFAULTS)
def test_every_usual_space_fits_the_trainer(name: str) -> None:
    Plan(default_space(DEFAULTS[name]), config=Config())


@pytest.mark.parametrize("name", RANGES)
def test_every_usual_range_fits_the_trainer(name: str) -> None:
    Plan({name: RANGES[name]}, config=Config())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("20 runs", Budget(runs=20)),
        ("600epochs", Budget(epochs=600)),
        ("1 run, 1.5 hours", Budget(runs=1, seconds=5400)),
        ("15 min", Budget(seconds=900)),
    ],
)
def test_a_budget_is_in_runs_epochs_or_minutes(text: str, found: Budget) -> None:
    assert parse_budget(text) == found


@pytest.mark.parametrize("text", ["", "20", "0 runs", "1.5 runs", "-3 runs", "ten runs", "5 days"])
def test_a_budget_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(BudgetError, match="write for example '20 runs'"):
        parse_budget(text)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"config": Config(), "space": {"dropout": Span(0, 1.5)}}, "dropout p must be in"),
        ({"command": "train {weight_decay}"}, "has no {logdir}"),
        ({"command": "train {logdir} {weight_decay}"}, "has no {dropout}"),
        ({"command": COMMAND, "repeats": 3}, "has no {seed}"),
        ({"command": COMMAND, "repeats": 0}, "must be at least 1"),
    ],
)
def test_a_plan_that_no_training_can_follow_is_refused_before_the_first_trial(settings: dict, why: str) -> None:
    with pytest.raises(TrainerError, match=why):
        Plan(**{"space": SPACE, **settings})


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"space": {**SPACE, "dropout": Span(0, 0.3)}}, r"another space: .*dropout=0..0.5, not .*dropout=0..0.3"),
        ({"command": "other {logdir} {weight_decay} {dropout}"}, "another command: 'train .*, not 'other"),
        ({"objective": "last_val"}, "another objective: 'best_val', not 'last_val'"),
        ({"points": ({"weight_decay": 1.0, "dropout": 0.0},)}, "another grid: no grid, not 1 points"),
    ],
)
def test_a_study_made_for_something_else_is_refused_and_stays_as_it_is(tmp_path: Path, other: dict, why: str) -> None:
    plan = Plan(SPACE, command=COMMAND)
    study, _ = open_study(connect(tmp_path), "tune", plan)
    study.enqueue_trial({"dropout": 0.1})
    with pytest.raises(PlanError, match=why):
        open_study(connect(tmp_path), "tune", Plan(**{"space": SPACE, "command": COMMAND, **other}))
    again, there = open_study(connect(tmp_path), "tune", plan)
    assert there == plan
    assert len(again.trials) == 1


def test_a_journal_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    (tmp_path / "tune").mkdir()
    (tmp_path / "tune" / "journal.log").symlink_to(tmp_path / "mine")
    with pytest.raises(StoreError, match="it is a link, which is not written through"):
        connect(tmp_path / "tune")
    assert (tmp_path / "mine").read_text() == "precious"


def test_a_damaged_journal_is_said_to_be_one(tmp_path: Path) -> None:
    open_study(connect(tmp_path), "tune", Plan(SPACE, command=COMMAND))
    with (tmp_path / JOURNAL).open("ab") as file:
        file.write(b"\x00\x00\n{}\n")
    with pytest.raises(StoreError, match=r"journal\.log is damaged"):
        connect(tmp_path)


def test_a_study_of_the_trainer_knows_its_configuration_again(tmp_path: Path) -> None:
    plan = Plan(SPACE, config=Config(epochs=3, regularizers={"dropout": {"p": 0.3}}), repeats=2)
    open_study(connect(tmp_path), "tune", plan)
    _, there = open_study(connect(tmp_path), "tune")
    assert there == plan
    with pytest.raises(PlanError, match="another config: epochs 3, not epochs 4"):
        open_study(
            connect(tmp_path),
            "tune",
            Plan(SPACE, config=Config(epochs=4, regularizers={"dropout": {"p": 0.3}}), repeats=2),
        )


@pytest.mark.parametrize(
    "url", ["postgresql://bob:hunter2@db.example:5432/fit?password=hunter3", "mysql://bob:hunter2@db.example/fit"]
)
def test_an_address_is_shown_without_credentials(url: str) -> None:
    assert not {"bob", "hunter2", "hunter3"} & set(shown(url).replace("/", " ").replace("@", " ").split())
    assert "db.example" in shown(url)


def log(folder: Path, **curves: list[float]) -> TrialLog:
    write_run(folder, {tag.replace("_", "/"): values for tag, values in curves.items()})
    return TrialLog(folder)


def test_the_value_is_the_best_finite_validation_loss(tmp_path: Path) -> None:
    found = log(tmp_path, loss_train=[3, 2, 1, 1], loss_val=[3, 1.5, 2, math.nan]).need()
    assert (found.metric, found.value, found.cost, found.step, found.points) == ("loss/val", 1.5, 1.5, 2, 4)


def test_the_last_value_counts_only_if_it_is_finite(tmp_path: Path) -> None:
    write_run(tmp_path / "a", {"loss/train": [3, 2, 1], "loss/val": [3, 1.5, 2]})
    write_run(tmp_path / "b", {"loss/train": [3, 2, 1], "loss/val": [3, 1.5, math.nan]})
    assert TrialLog(tmp_path / "a", "last_val").need().value == 2
    assert TrialLog(tmp_path / "b", "last_val").need().value is None


def test_of_a_metric_where_higher_is_better_the_highest_is_best(tmp_path: Path) -> None:
    write_run(tmp_path, {"loss/val": [3, 2], "accuracy/val": [0.9, 0.4]})
    found = TrialLog(tmp_path, "accuracy/val").need()
    assert (found.value, found.cost, found.higher_is_better) == (pytest.approx(0.9), pytest.approx(-0.9), True)


def test_the_clean_gap_is_taken_at_the_end_from_the_plain_training_loss(tmp_path: Path) -> None:
    curves = {"loss/train": [3, 2, 1, 1, 1], "loss/val": [3, 2, 2, 2, 2.5]}
    write_run(tmp_path / "a", {**curves, "loss/train_clean": [3, 2, 1, 1, 0.5]})
    write_run(tmp_path / "b", curves)
    assert TrialLog(tmp_path / "a").need().clean_gap() == pytest.approx(2.0)
    assert TrialLog(tmp_path / "b").need().clean_gap() is None


@pytest.mark.parametrize(
    ("curves", "objective", "why"),
    [
        ({}, "best_val", "wrote no log into"),
        ({"loss/train": [3, 2]}, "best_val", "no validation loss .* there is loss/train"),
        ({"loss/val": [3, 2]}, "f1/val", "no 'f1/val' .* there is loss/val"),
    ],
)
def test_a_log_without_the_objective_says_what_it_has(tmp_path: Path, curves: dict, objective: str, why: str) -> None:
    if curves:
        write_run(tmp_path, curves)
    with pytest.raises(ObjectiveError, match=why):
        TrialLog(tmp_path, objective).need()


def test_the_log_is_read_as_it_grows(tmp_path: Path) -> None:
    growing = TrialLog(tmp_path)
    assert growing.reading is None
    write_run(tmp_path, {"loss/train": [3, 2], "loss/val": [3, 2]})
    assert growing.poll()
    assert growing.reading is not None
    assert growing.reading.value == 2
    assert not growing.poll()


STEPS = np.arange(1, 41)
FALL = np.exp(-STEPS / 8)


@pytest.mark.parametrize(
    ("val", "train", "best", "planned", "state"),
    [
        (0.5 + FALL, FALL, None, 100, None),  # nothing to compare with
        (0.5 + FALL, FALL, 0.3, 100, "pruned"),  # levels off above the study's best
        (0.5 + FALL, FALL, 0.3, None, None),  # nobody knows how long it will train
        (0.5 + FALL, FALL, 0.6, 100, None),  # is already better
        (1.5 - STEPS / 60, 1.4 - STEPS / 60, 0.4, 100, None),  # falls in a line, and will be there
        (np.where(STEPS < 15, 0.5 + FALL, 0.5 + FALL + 0.05 * (STEPS - 15)), FALL, None, None, "complete"),
        (np.where(STEPS < 15, FALL, np.nan), FALL, None, None, "pruned"),
        (np.where(STEPS < 15, FALL, np.nan), np.where(STEPS < 15, FALL, np.nan), None, None, "pruned"),
    ],
)
def test_a_trial_is_stopped_when_it_has_nothing_left_to_show(
    tmp_path: Path, val: np.ndarray, train: np.ndarray, best: float | None, planned: int | None, state: str | None
) -> None:
    write_run(tmp_path, {"loss/train": list(train), "loss/val": list(val)})
    reading = read(open_logs(tmp_path).runs["."])
    assert reading is not None
    decision = fitwatch(reading, best=best, planned=planned)
    assert (None if decision is None else decision.state) == state


@pytest.mark.parametrize("scale", [4, 8, 20, 100])
def test_no_curve_that_falls_ever_more_slowly_is_given_up_before_it_is_there(scale: float) -> None:
    curve = 0.5 + np.exp(-np.arange(1, 101) / scale)
    reach = [in_reach(curve[:points], 100 - points) for points in range(10, 100)]
    assert all(low is not None and low <= curve.min() for low in reach)
    assert in_reach(curve[:9], 91) is None


def test_a_flat_curve_is_given_up_within_its_noise() -> None:
    curve = 1 + 0.01 * np.random.default_rng(0).normal(size=60)
    reach = in_reach(curve, 40)
    assert reach is not None
    assert 0.9 < reach < 1


def test_an_overfitting_run_whose_last_value_counts_is_not_done_yet(tmp_path: Path) -> None:
    val = np.where(STEPS < 15, 0.5 + FALL, 0.5 + FALL + 0.05 * (STEPS - 15))
    write_run(tmp_path, {"loss/train": list(FALL), "loss/val": list(val)})
    reading = read(open_logs(tmp_path).runs["."], "last_val")
    assert reading is not None
    assert isinstance(fitwatch(reading, best=None, planned=None), Decision)
    assert fitwatch(reading, best=None, planned=None, keeps_best=False) is None


def told(study: optuna.Study, point: dict[str, float], *values: float, gaps: tuple[float, ...] = ()) -> None:
    """One complete trial with these values."""
    study.enqueue_trial(point)
    trial = study.ask()
    for name, span in SPACE.items():
        span.draw(trial, name)
    runs = [
        {
            "run": f"trial-{trial.number:04d}-seed-{seed}",
            "value": value,
            "cost": value,
            "points": 9,
            "epochs": 5,
            "reason": "",
        }
        for seed, value in enumerate(values)
    ]
    trial.set_user_attr(RUNS, runs)
    study.tell(trial, float(np.mean(values)))


def new_study(tmp_path: Path, repeats: int = 1) -> tuple[optuna.Study, Plan]:
    return open_study(connect(tmp_path), "tune", Plan(SPACE, command=COMMAND + " {seed}", repeats=repeats))


def test_a_best_trial_at_the_end_of_a_range_asks_for_more_of_it(tmp_path: Path) -> None:
    study, plan = new_study(tmp_path)
    for number in range(9):
        told(study, {"weight_decay": 10 ** (number / 4 - 1), "dropout": 0.3}, 1 - number / 10)
    result = summary(study, plan, tmp_path, {})
    assert result.best is not None
    assert result.best.params["weight_decay"] == 10
    assert result.edges == ("weight_decay: best at the upper end of its range (0.001..10 log)",)
    assert "--space 'weight_decay=0.1..1000 log'" in result.next
    assert result.importance is not None
    assert result.importance["weight_decay"] > result.importance["dropout"]


def test_a_strength_that_is_best_switched_off_is_no_edge() -> None:
    plan = Plan({"dropout": Span(0, 0.5), "lr": Span(1e-4, 1e-2, log=True)}, command="train {logdir} {dropout} {lr}")
    assert edges({"dropout": 0.0, "lr": 1e-4}, plan) == ["lr: best at the lower end of its range (0.0001..0.01 log)"]
    assert beyond_end(Span(1e-4, 1e-2, log=True), "lower") == "1e-05..0.001 log"


@pytest.mark.parametrize(("second", "distinct"), [((0.52, 0.48, 0.53), False), ((0.72, 0.68, 0.70), True)])
def test_two_points_are_told_apart_by_the_spread_of_their_seeds(
    tmp_path: Path, second: tuple[float, ...], distinct: bool
) -> None:
    study, plan = new_study(tmp_path, repeats=3)
    told(study, {"weight_decay": 1.0, "dropout": 0.1}, 0.50, 0.46, 0.54)
    told(study, {"weight_decay": 0.1, "dropout": 0.1}, *second)
    best = summary(study, plan, tmp_path, {}).best
    assert best is not None
    assert (best.number, best.value) == (0, pytest.approx(0.5))
    rival = best.rival
    assert rival is not None
    assert rival.distinct is distinct
    deviations = [np.var(values, ddof=1) for values in ((0.50, 0.46, 0.54), second)]
    assert rival.error == pytest.approx(math.sqrt(np.mean(deviations) * 2 / 3))
    assert best.error == pytest.approx(math.sqrt(np.mean(deviations) / 3))


def test_the_file_says_the_same_as_the_store(tmp_path: Path) -> None:
    study, plan = new_study(tmp_path)
    told(study, {"weight_decay": 1.0, "dropout": 0.1}, 0.5)
    settings = {"sampler": "tpe", "pruner": "fitwatch", "budget": {"runs": 3}}
    result = record(tmp_path, study, plan, settings)
    written = json.loads((tmp_path / STUDY).read_bytes())
    assert written == json.loads(json.dumps(as_json(result)))
    assert replace(read_study(tmp_path), written=0.0) == result
    assert list(written) == [
        *("schema", "study", "space", "command", "objective", "metric", "call", "sampler", "pruner", "budget"),
        *("repeats", "points", "trials", "best", "importance", "edges", "screen", "next"),
    ]
    assert written["trials"][0] | {"runs": []} == {
        "number": 0,
        "params": {"weight_decay": 1.0, "dropout": 0.1},
        "state": "complete",
        "value": 0.5,
        "run": "trial-0000-seed-0",
        "epochs": 5,
        "reason": "",
        "runs": [],
    }
    assert written["space"]["weight_decay"] == {"low": 0.001, "high": 10.0, "log": True}
    assert "--repeats 3" in written["next"]
