"""The benchmark of starts: what it trains is kept whole, and an outcome lies between the members of its grid."""

import numpy as np
import pytest

from diagnostics.recommend.prior import PlannedRun
from tests.benchmarks.lab.priors import GRID, USUAL, Started, load, ours, outcomes, save
from tests.benchmarks.prior import table


def task(number: int = 1, *, overfits: bool = True) -> Started:
    run = PlannedRun(samples=1000, batch_size=50, lr=1e-3, epochs=100, architecture="mlp")
    losses = np.exp([p - 1 / memory for p, memory in GRID] + [0.5])
    return Started(number, run, overfits, losses, losses**2, 500)


def test_a_task_is_read_as_it_was_written(tmp_path) -> None:
    save(task(), tmp_path / "one.npz")
    again = load(tmp_path / "one.npz")
    assert again.run == task().run
    assert np.array_equal(again.last, task().last)


def test_a_member_of_the_grid_has_its_own_outcome_and_others_lie_between() -> None:
    steps = 1e-3 * 2000
    assert outcomes([task()], lambda run: (0.2, 1 / (10 * steps)))[0] == pytest.approx([0.1, 0.2])
    assert outcomes([task()], lambda run: (0.0, 0.0))[0] == pytest.approx([0.0, 0.0])
    assert outcomes([task()], lambda run: (0.0, USUAL))[0] == pytest.approx([0.5, 1.0])
    assert outcomes([task()], lambda run: (0.25, 0.0))[0, 0] == pytest.approx(0.25)


def test_the_products_start_is_one_of_the_rules() -> None:
    assert ours(task().run) == (0.1, pytest.approx(1 / 6))
    rows = table([task(1), task(2, overfits=False)], {"ours": ours}).splitlines()
    assert rows[-1].startswith("| ours | ")
