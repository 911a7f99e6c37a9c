"""The benchmark of random tasks: it trains as the lab does, and counts engines and intervals right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from diagnostics.recommend import Effect
from diagnostics.recommend.expected import QuantileLine
from tests.benchmarks import cases
from tests.benchmarks.lab import choices, first_doses, intervals, null_trials, surfaces
from tests.benchmarks.lab.cases_report import OURS, significance
from tests.benchmarks.lab.networks import mlp
from tests.benchmarks.lab.other_tasks import OTHERS, other_task
from tests.benchmarks.lab.random_tasks import RandomTask, random_task
from tests.benchmarks.lab.scored import Scored, sample_losses
from tests.benchmarks.lab.surfaces import GRID, LOG_U, REPAIRS, Surface, load, null_trial, save, surface
from tests.benchmarks.lab.training import losses


@pytest.fixture(autouse=True)
def one_thread_and_denormals_as_before() -> Iterator[None]:
    """The benchmark flushes denormal numbers, for speed; tests in the same process generate them."""
    torch.set_num_threads(1)
    yield
    torch.set_flush_denormal(False)


@pytest.fixture(scope="module")
def trained() -> Surface:
    """A task that is quick to train and overfits."""
    torch.set_num_threads(1)
    return surface(5)


@pytest.mark.parametrize("number", [0, 1, 4, 23])
def test_a_task_is_the_same_at_every_call_and_its_parts_have_no_sample_in_common(number: int) -> None:
    first, again = random_task(number), random_task(number)
    assert torch.equal(first.data.train.x, again.data.train.x)
    assert replace(first, data=None, network=None) == replace(again, data=None, network=None)  # type: ignore[arg-type]
    rows = [tuple(row.tolist()) for part in first.data[:3] for row in part.x]
    assert len(set(rows)) >= len(rows) - 5  # a table may hold a row twice


def test_he_s_weights_are_the_usual_ones_but_larger_and_without_biases() -> None:
    plain, he = (dict(random_task(0, he=he).build(torch.zeros(1)).named_parameters()) for he in (False, True))
    for name, weights in plain.items():
        assert torch.allclose(he[name], weights * 6**0.5 if name.endswith("weight") else torch.zeros_like(weights))


def test_the_first_member_of_the_grid_is_the_plain_run(trained: Surface) -> None:
    assert trained.grid is not None
    assert GRID[0] == (0.0, 0.0)
    at_both = np.isin(trained.plain.steps, trained.grid.steps)
    of_grid = np.isin(trained.grid.steps, trained.plain.steps)
    assert trained.plain.val[0, at_both] == pytest.approx(trained.grid.val[0, of_grid], rel=1e-3)


def test_the_logits_that_are_kept_are_those_of_the_best_checkpoint(trained: Surface) -> None:
    grid = trained.grid
    assert grid is not None
    for index in (0, 12, 39):
        logits = torch.from_numpy(grid.test_logits[index].astype(np.float32))
        loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(trained.test_labels)).item()
        assert loss == pytest.approx(grid.test_best[index], rel=5e-3)


def test_a_null_trial_has_other_batches_and_nothing_else(trained: Surface) -> None:
    assert trained.grid is not None
    other = null_trial(5)
    assert other.shape == trained.grid.val_logits[0].shape
    assert not np.array_equal(other, trained.grid.val_logits[0])
    losses = [sample_losses(logits, trained.val_labels).mean() for logits in (other, trained.grid.val_logits[0])]
    assert losses[0] == pytest.approx(losses[1], rel=0.1)


def test_a_trial_s_word_is_that_of_a_paired_error(trained: Surface) -> None:
    task = Scored(trained)
    same = task.grid.val_logits[0]
    better = same.copy()
    better[np.arange(len(better)), trained.val_labels] += 1
    for errors in (1.0, 2.0):
        assert null_trials._word(task, same, errors) == 0
        assert null_trials._word(task, better, errors) == -1
        assert null_trials._word(task, -same, errors) == 1


def test_a_repair_goes_on_from_the_best_weights(trained: Surface) -> None:
    repairs = trained.repairs
    assert repairs is not None
    assert len(repairs.val) == len(REPAIRS)
    assert repairs.val[:, 0] == pytest.approx(trained.plain.val[0].min(), rel=0.15)


def test_a_surface_is_read_as_it_was_written(trained: Surface, tmp_path: Path) -> None:
    save(trained, tmp_path / "a.npz")
    again = load(tmp_path / "a.npz")
    assert (again.family, again.he, again.t_star) == (trained.family, False, trained.t_star)
    assert np.array_equal(again.grid.val, trained.grid.val)  # type: ignore[union-attr]


def test_a_dose_is_found_in_the_grid_by_the_learning_rate_until_t_star(trained: Surface) -> None:
    task = Scored(trained)
    for index, (p, u) in enumerate(GRID):
        assert task.nearest(p, u / trained.rate_to_t_star) == index


def test_a_temperature_lowers_the_validation_loss_of_every_member(trained: Surface) -> None:
    task = Scored(trained)
    assert (task.val_scaled <= task.val * 1.005).all()


def test_an_ensemble_of_one_is_that_one_with_its_temperature(trained: Surface) -> None:
    task = Scored(trained)
    assert task.ensemble([3]) == pytest.approx(task.test_scaled[3], rel=1e-3)
    assert task.ensemble([3, 3]) == pytest.approx(task.test_scaled[3], rel=1e-3)


@pytest.mark.parametrize("name", ["ladder", "small_grid", "step_up", "random", "tpe", "by_validation"])
def test_an_engine_tries_no_dose_twice_and_never_the_plain_run(trained: Surface, name: str) -> None:
    for order in getattr(choices, name)(Scored(trained)):
        tried = order[: choices.RUNS] if name != "tpe" else dict.fromkeys(order)
        assert len(set(tried)) == len(list(tried))
        assert name == "tpe" or 0 not in order


def test_cases_begin_with_the_first_dose_and_go_where_past_tasks_like_this_one_gained(trained: Surface) -> None:
    task = Scored(trained)
    engine = choices.cases([task, task])
    (order,) = engine(task)
    (ladder,) = choices.ladder(task)
    assert order[0] == ladder[0]
    best_of_past = int(np.argmin(0.35 * np.log(task.val) + 0.65 * np.log(task.test)))
    assert best_of_past in order[:2]


def test_lines_hold_what_they_say_of_families_that_they_have_not_seen() -> None:
    rng = np.random.default_rng(0)
    families, x = [f"family {number % 5}" for number in range(400)], rng.random(400)
    y = -0.2 * x + (0.02 + 0.1 * x) * rng.standard_normal(400)
    lines = intervals.fit(families, x, y)
    new = rng.random(2000)
    inside = intervals.covered(lines, new, -0.2 * new + (0.02 + 0.1 * new) * rng.standard_normal(2000))
    assert 0.75 <= inside.mean() <= 0.87
    assert lines[0].slope == pytest.approx(-0.2, abs=0.05)
    assert intervals.covered([QuantileLine(0, 0)] * 3, new, np.ones(2000)).sum() == 0


def test_the_command_trains_what_is_missing_and_prints_every_table(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(cases, "DEVELOPMENT", range(0, 24, 4))
    monkeypatch.setattr(cases, "REPORTED", range(1, 25, 4))
    monkeypatch.setattr(cases, "HE", range(2, 14, 4))
    monkeypatch.setattr(cases, "OTHER", range(1000, 1002))
    monkeypatch.setattr(cases, "surface", _quick)
    monkeypatch.setattr(cases, "surface_of", lambda task: _quick(task.number, he=False))
    monkeypatch.setattr(cases, "null_trial", lambda _: null_trial(0))
    assert cases.main(["--cache", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "Cases above the ladder" in printed
    assert "| best | gap at best |" in printed
    assert "other batches alone" in printed
    assert "p-value of a paired permutation test over tasks" in printed
    assert "confirmed on the mean over seeds: 2 seeds " in printed
    assert all(f"| {kind} |" in printed for kind in OTHERS)
    assert len(list(tmp_path.glob("*.npz"))) == 15 + 2 * len(OTHERS)
    assert len(list(tmp_path.glob("*.npy"))) == 6


def _quick(number: int, *, he: bool) -> Surface:
    """One trained task under many numbers and families."""
    found = surface(5 if he else 0)
    return replace(found, number=number, he=he, family=f"family {number % 3}")


def test_the_grid_holds_the_doses_of_the_ladder() -> None:
    assert {round(10**u, 2) for u in LOG_U} >= {0.25, 0.1, 0.71}
    assert isinstance(random_task(0), RandomTask)


@pytest.mark.parametrize("kind", OTHERS)
def test_other_networks_train_like_all_others(kind: str) -> None:
    """A step for every member from the same weights: those without dropout and decay stay alike."""
    task, again = other_task(kind, 3), other_task(kind, 3)
    assert replace(task, data=None, network=None) == replace(again, data=None, network=None)  # type: ignore[arg-type]
    trained, _ = surfaces._train(
        replace(task, steps=3), torch.tensor([0.0, 0.0, 0.5]), torch.tensor([0.0, 0.0, 5.0]), looks=3
    )
    assert trained.val[0] == pytest.approx(trained.val[1])
    assert trained.val[2, -1] != pytest.approx(trained.val[0, -1], rel=1e-4)
    assert trained.val_logits.shape[:2] == (3, task.data.val.y.numel())


def test_fine_tuning_starts_from_weights_that_know_other_classes() -> None:
    """And is the better for it: a new last layer alone learns on them what it does not on weights of chance."""
    task = other_task("fine-tuning", 3)
    network = task.build(torch.zeros(1))
    fresh = mlp(torch.zeros(1), task.data.train.x.shape[-1], 5, width=network[0].weight.shape[-1], depth=task.depth)
    found = []
    for own in (network, fresh):
        features = own[:-1](task.data.train.x[None]).detach()
        optimizer = torch.optim.Adam(own[-1].parameters(), lr=0.01)
        for _ in range(30):
            optimizer.zero_grad()
            loss = losses(own[-1](features), task.data.train.y).sum()
            loss.backward()
            optimizer.step()
        found.append(losses(own(task.data.test.x[None]), task.data.test.y).item())
    assert found[0] < found[1]


def test_a_lead_that_every_task_shows_is_beyond_chance_and_one_of_a_single_task_is_not() -> None:
    possible = np.ones((40, 4))
    steady, lucky = np.full((40, 4, 4), 0.2), np.zeros((40, 4, 4))
    lucky[0] = 4.0
    nothing = np.zeros((40, 4, 4))
    for ours, chance in ((steady, "p < .001"), (lucky, "p = 1.000")):
        *_, row = significance({"rival": nothing, OURS: ours}, possible)
        cells = [cell.strip() for cell in row.split("|")[2:-1]]
        assert cells[0].endswith(chance)
    assert len(cells) == 8


def test_a_dose_is_left_out_where_no_more_than_the_bound_is_expected_of_it(trained: Surface) -> None:
    task = Scored(trained)
    (first,) = (advice.expected for advice in task.advice[:1])
    assert first is not None
    assert -1 < first.median < min(first_doses.BOUNDS)
    for row in first_doses.left_out({"all": [task]}).splitlines()[2:]:
        assert "| all | 0 of 1 | - | - | - | - | - | " in row
    weak = replace(task.advice[0], expected=Effect(0.002, -0.014, 0.013))
    task.__dict__["advice"] = (weak, *task.advice[1:])
    dose = choices.ladder(task)[0][0]
    change = np.expm1(np.log(task.test[dose] / task.test[0]))
    for row in first_doses.left_out({"all": [task]}).splitlines()[2:]:
        assert f"| all | 1 of 1 | {change:+.1%} | " in row


def test_first_doses_are_counted_by_the_steps_to_the_best(trained: Surface) -> None:
    rows = first_doses.by_length({"all": [Scored(trained)]}).splitlines()[2:]
    counts = [int(row.split("|")[3]) for row in rows]
    assert counts == [int(low <= trained.t_star < high) for low, high in pairwise(first_doses.STEPS)]
    assert sum(counts) == 1
