"""The benchmark of searches: its arithmetic on made-up trials, and a miniature of it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from tests.benchmarks.lab.data import digits
from tests.benchmarks.lab.search import ENGINES, GRID, OURS, Searched, Trial, search
from tests.benchmarks.lab.tasks import FAST
from tests.benchmarks.tuning import bar, needed, reached, report

torch.set_num_threads(1)


def searched(ours: list[Trial] | None = None) -> Searched:
    """The grid finds half the plain run's test loss with its third of four trials."""
    grid = [Trial(1.0, 1.0, 2.0), Trial(1.0, 0.9, 1.5), Trial(1.0, 0.5, 1.0), Trial(1.0, 0.6, 0.8)]
    return Searched("made up", 0, 2.0, {**dict.fromkeys(ENGINES, grid), OURS: ours or grid})


def test_validation_decides_and_the_test_loss_reports() -> None:
    one = searched()
    assert one.log_ratio(GRID, 4.0) == pytest.approx(np.log(0.5))  # not the .8 of the last trial, whose val is worse
    assert one.log_ratio(GRID, 2.9) == pytest.approx(np.log(0.75))


def test_a_trial_counts_once_it_is_paid_for() -> None:
    one = searched(ours=[Trial(0.4, 0.8, 1.6), Trial(0.8, 0.5, 1.0)])
    assert one.log_ratio(OURS, 0.3) == 0.0
    assert one.log_ratio(OURS, 1.1) == pytest.approx(np.log(0.8))
    assert one.trials(OURS, 1.2) == 2
    assert one.cost(OURS) == pytest.approx(1.2)


def test_a_bar_is_passed_at_half_the_epochs_and_missed_beyond() -> None:
    half = [searched(ours=[Trial(1.0, 0.8, 1.6), Trial(1.0, 0.5, 1.0)])]
    assert needed(half, OURS) == pytest.approx(2.0)
    assert bar(half).passed
    late = [searched(ours=[Trial(1.0, 0.8, 1.6), Trial(1.5, 0.5, 1.0)])]
    assert needed(late, OURS) == pytest.approx(2.5)
    assert not bar(late).passed
    never = [searched(ours=[Trial(1.0, 0.8, 1.6)] * 8)]
    assert needed(never, OURS) is None
    assert "not within 8 trainings" in report(never)[0]
    assert reached(never, OURS, 8.0) == pytest.approx(np.log(0.8))


def test_engines_search_a_small_task_within_their_budget() -> None:
    task = replace(
        FAST["digits MLP, 20 % wrong labels"], data=partial(digits, train=80, val=100, test=100, noise=0.2), epochs=12
    )
    found = search(task, 0, budget=2.0)
    assert [trial.cost for trial in found.found[GRID]] == [1.0, 1.0]
    assert found.found["random"] != found.found[GRID]
    for name, engine in ENGINES.items():
        assert found.cost(name) >= 2.0
        assert engine.prunes or len(found.found[name]) == 2
    assert found.log_ratio(GRID, 1.0) == 0.0  # its first point is the plain run
