"""A screen of eight runs: a design whose effects can be told apart, and how sure each is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trainer.config import Config, with_strengths
from trainer.models import MODELS
from trainer.strengths import USUAL
from trainer.tuning.notation import parse_space
from trainer.tuning.plan import Plan, PlanError
from trainer.tuning.results.result import summary
from trainer.tuning.screen import FACTORS, columns, effects, lenth, levels, points, resolution, space_of_levels
from trainer.tuning.study import Study
from trainer.tuning.workers.queue_of_trials import RUNS
from trainer.tuning.workers.store import connect, open_study


def test_every_contrast_is_balanced_and_orthogonal_to_the_others() -> None:
    table = columns()
    assert (table.sum(axis=0) == 0).all()
    assert np.array_equal(table.T @ table, 8 * np.eye(7))


@pytest.mark.parametrize(
    ("factors", "told_apart"), [(3, "interactions are told apart"), (4, "IV"), (5, "III"), (7, "III")]
)
def test_the_design_says_what_it_confounds(factors: int, told_apart: str) -> None:
    table = columns()[:, :factors]
    pairs = [table[:, i] * table[:, j] for i in range(factors) for j in range(i)]
    confounded = any(np.array_equal(abs(pair @ column), 8) for pair in pairs for column in table.T)
    assert confounded == (told_apart == "III")
    assert told_apart in resolution(factors)


def test_effects_are_found_exactly_where_there_is_no_noise() -> None:
    truth = np.array([-0.3, 0.1, 0, 0, 0.05, 0, 0])
    values = 1 + columns() @ truth / 2
    found = effects([[value] for value in values], 7)
    assert [effect.value for effect in found] == pytest.approx(list(truth))


def test_the_error_without_repeats_is_lenths_pseudo_standard_error() -> None:
    contrasts = np.array([10.0, 0.1, -0.2, 0.3, -0.4, 0.5, 0.6])  # first guess 0.6, so that 10 is left out
    assert lenth(contrasts) == pytest.approx(1.5 * 0.35)


def test_lenths_error_covers_the_true_effect_as_often_as_a_standard_error_should() -> None:
    rng = np.random.default_rng(0)
    errors = [effects([[y] for y in rng.normal(size=8)], 7)[0].error for _ in range(2000)]
    assert np.mean(errors) == pytest.approx(np.sqrt(4 / 8), rel=0.1)


def test_the_error_with_repeats_is_that_of_their_pooled_variance() -> None:
    rng = np.random.default_rng(0)
    found = [effects(rng.normal(size=(8, 3)).tolist(), 7) for _ in range(500)]
    assert np.sqrt(np.mean([each[0].error ** 2 for each in found])) == pytest.approx(np.sqrt(4 / 24), rel=0.05)
    assert np.std([each[0].value for each in found]) == pytest.approx(np.sqrt(4 / 24), rel=0.1)


def test_a_factor_is_off_in_four_runs_and_on_in_four() -> None:
    chosen = levels(["dropout", "lr", "ema"], parse_space("lr=1e-3..1e-2 log", own=True))
    table = points(chosen)
    assert len(table) == 8
    assert sorted(point["dropout"] for point in table) == [0] * 4 + [USUAL["dropout"].screened] * 4
    assert sorted(point["lr"] for point in table) == [1e-3] * 4 + [1e-2] * 4


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["dropout", "l1"], "3 to 7 different factors, found 2: dropout, l1; every combination of two is a --grid"),
        (["dropout", "dropout", "l1"], "3 to 7 different factors"),
        ([f"x{n}" for n in range(8)], "found 8"),
        (["dropout", "l1", "lr"], r"no usual strength of lr to screen; say both: --space 'lr=OFF\.\.ON'"),
    ],
)
def test_factors_that_cannot_be_screened_are_refused(names: list[str], why: str) -> None:
    with pytest.raises(PlanError, match=why):
        levels(names)


@pytest.mark.parametrize("model", MODELS)
def test_every_network_has_usual_factors_the_trainer_knows(model: str) -> None:
    for point in points(levels(FACTORS[model])):
        with_strengths(Config(model=model), point)


def screened(tmp_path: Path, truth: dict[str, float], *, trials: int = 8, seeds: int = 1) -> Study:
    """What study.json says of a screen whose factors have these effects on validation, and half of them on the gap."""
    space = parse_space("dropout=0..0.2, weight_decay=0..1, lr=1e-3..1e-2", own=True)
    chosen = levels(list(truth), space)
    plan = Plan(space_of_levels(chosen), points(chosen), config=Config(), factors=tuple(truth), repeats=seeds)
    study, _ = open_study(connect(tmp_path), "screen", plan)
    for _ in range(trials):
        trial = study.ask()
        point = {name: span.draw(trial, name) for name, span in plan.space.items()}
        value = 1 + sum(effect for name, effect in truth.items() if point[name] == chosen.on[name])
        run = {"run": "trial", "cost": value, "epochs": 1, "points": 1, "reason": "", "clean_gap": value / 2}
        trial.set_user_attr(RUNS, [{**run, "value": value + 0.1 * (seed - 1)} for seed in range(seeds)])
        study.tell(trial, value)
    return summary(study, plan, tmp_path, {})


def test_the_effects_on_validation_and_on_the_clean_gap_come_with_their_error(tmp_path: Path) -> None:
    truth = {"dropout": -0.3, "weight_decay": -0.1, "lr": 0.2}
    result = screened(tmp_path, truth, seeds=3)
    assert result.screen is not None
    effects = {effect.name: effect for effect in result.screen.effects}
    assert {name: effect.best_val for name, effect in effects.items()} == pytest.approx(truth)
    assert effects["dropout"].clean_gap == pytest.approx(-0.15)
    assert effects["dropout"].best_val_error == pytest.approx(0.1 / np.sqrt(6))
    assert effects["dropout"].on == 0.2
    assert result.next == "dropout does most of the work; tune its strength and that of weight_decay."


def test_a_screen_with_a_hole_says_no_effect(tmp_path: Path) -> None:
    result = screened(tmp_path, {"dropout": -0.3, "weight_decay": -0.1, "lr": 0.2}, trials=7)
    assert result.screen is not None
    assert result.screen.effects == ()
    assert "needs all of its eight points" in result.next
