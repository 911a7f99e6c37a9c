"""Combination: how runs are chosen and put together, and what that is worth on samples that did not choose."""

from __future__ import annotations

from itertools import combinations_with_replacement

import pytest
import torch

from trainer.fit.best_weights.answers import Answers, BestAnswers
from trainer.fit.best_weights.combination import Pool
from trainer.measure.ensemble import MOST_MEMBERS, Ensemble, calibrated, ensemble, greedy

CLASSES = 4
PLAIN = Ensemble((0,), (1.0,))


def answers(logits: torch.Tensor, targets: torch.Tensor) -> Answers:
    return Answers(logits, targets, torch.arange(len(targets)))


def best(logits: torch.Tensor, targets: torch.Tensor, *, seconds: float = 1.0, parameters: int = 10) -> BestAnswers:
    return BestAnswers(1, answers(logits, targets), None, parameters, seconds)


def noisy(targets: torch.Tensor, seed: int, *, signal: float = 2.0, noise: float = 1.5) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    logits = noise * torch.randn(len(targets), CLASSES, generator=generator)
    logits[torch.arange(len(targets)), targets] += signal
    return logits


@pytest.fixture
def targets() -> torch.Tensor:
    return torch.randint(CLASSES, (400,), generator=torch.Generator().manual_seed(0))


def loss_of(right: torch.Tensor, members: list[int]) -> float:
    return float(-right[members].mean(0).log().mean())


@pytest.mark.parametrize("seed", range(5))
def test_each_member_is_the_one_that_lowers_the_loss_most(seed: int) -> None:
    right = torch.rand(4, 50, generator=torch.Generator().manual_seed(seed)).clamp(min=0.01)
    members = greedy(right)
    assert 1 <= len(members) <= MOST_MEMBERS
    for size in range(1, len(members) + 1):
        assert loss_of(right, members[:size]) == pytest.approx(
            min(loss_of(right, [*members[: size - 1], place]) for place in range(4))
        )
    best_pair = min(loss_of(right, list(pair)) for pair in combinations_with_replacement(range(4), 2))
    assert loss_of(right, members) <= best_pair + 0.05


def test_a_member_that_only_harms_is_left_out() -> None:
    right = torch.stack([torch.full((30,), 0.8), torch.full((30,), 0.1)])
    assert greedy(right) == [0]


def test_losses_that_are_not_finite_choose_the_plain_run() -> None:
    assert greedy(torch.full((2, 5), torch.nan)) == [0]


def test_networks_that_err_differently_are_better_together_and_cost_what_they_cost(targets: torch.Tensor) -> None:
    pool = Pool(
        {f"run{n}": best(noisy(targets, n), targets, seconds=n + 1.0, parameters=10 * (n + 1)) for n in range(3)}
    )
    single, together = pool.judged(calibrated), pool.judged(ensemble)
    assert len(together.members) > 1
    assert together.loss < single.loss
    assert together.held_out < single.held_out
    places = [int(name[-1]) for name in together.members]
    assert together.time == together.parameters == sum(place + 1 for place in places)


def test_what_is_chosen_among_runs_that_are_all_chance_looks_better_than_it_is() -> None:
    """Thirty samples, twelve networks that know nothing: the held-out loss does not believe the best of them."""
    targets = torch.randint(CLASSES, (30,), generator=torch.Generator().manual_seed(1))
    pool = Pool({f"run{n}": best(noisy(targets, n, signal=0.0), targets) for n in range(12)})
    chosen = pool.judged(ensemble)
    assert chosen.loss < chosen.held_out
    assert chosen.optimism > 0.02
    nothing_chosen = pool.judged(lambda *_: PLAIN)
    assert nothing_chosen.optimism == 0
    assert nothing_chosen.held_out == pytest.approx(nothing_chosen.loss)


def test_all_tokens_of_a_text_are_in_the_same_fold() -> None:
    """Else what was fitted on a half of each text would be judged by the other half."""
    targets = torch.randint(CLASSES, (40,), generator=torch.Generator().manual_seed(0))
    sample = torch.arange(8).repeat_interleave(5)
    own = BestAnswers(1, Answers(noisy(targets, 0), targets, sample), None, 1, 1.0)
    seen: list[int] = []

    def choose(_: torch.Tensor, targets: torch.Tensor) -> Ensemble:
        seen.append(len(targets))
        return PLAIN

    Pool({"run": own}).judged(choose)
    assert seen == [40, 30, 30, 30, 35, 35]  # without two texts of five tokens, and in the last two folds without one


def test_members_that_are_surer_than_others_do_not_outvote_them(targets: torch.Tensor) -> None:
    """Dividing the logits of a member by anything leaves the ensemble as it is."""
    logits = torch.stack([noisy(targets, seed) for seed in range(3)])
    scaled = logits * torch.tensor([1.0, 3.0, 0.5])[:, None, None]
    losses = [
        torch.nn.functional.cross_entropy(ensemble(own, targets).logits(own), targets) for own in (logits, scaled)
    ]
    assert losses[0] == pytest.approx(float(losses[1]), rel=1e-3)


def test_a_single_run_is_its_own_ensemble(targets: torch.Tensor) -> None:
    pool = Pool({"run": best(noisy(targets, 0), targets)})
    together = pool.judged(ensemble)
    assert together.members == {"run": 1}
    assert together.loss == pytest.approx(pool.judged(calibrated).loss)
