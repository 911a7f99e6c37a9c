"""The benchmark of repair: it trains as the lab does, goes back as the product does, and counts right."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import nn

from diagnostics.recommend.ladders import Dose
from diagnostics.recommend.repair import REPAIRS
from tests.benchmarks import repair
from tests.benchmarks.lab.repairs import MemberOptimizer, Policy, Repaired, repaired
from tests.benchmarks.lab.scored import Scored
from tests.benchmarks.lab.surfaces import Surface, surface

NUMBER = 5  # quick, and overfits


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    torch.set_num_threads(1)
    yield
    torch.set_flush_denormal(False)


@pytest.fixture(scope="module")
def plain() -> Surface:
    torch.set_num_threads(1)
    return surface(NUMBER)


@pytest.fixture(scope="module")
def policies() -> Repaired:
    torch.set_num_threads(1)
    return repaired(NUMBER, [Policy(), Policy(REPAIRS), Policy(REPAIRS[:1]), Policy((Dose(0.1, 0.25),), anew=True)])


def test_the_run_that_nobody_repairs_is_the_plain_run(policies: Repaired, plain: Surface) -> None:
    assert policies.val[0] == pytest.approx(plain.plain.val[0].min(), rel=0.01)
    assert policies.last[0] == pytest.approx(plain.plain.test_last[0], rel=0.05)
    assert policies.rewinds[0] == []


def test_every_policy_goes_back_first_at_the_same_step_and_uses_each_dose_once(policies: Repaired) -> None:
    first = [rewinds[0] for rewinds in policies.rewinds[1:]]
    assert len(set(first)) == 1
    assert [len(rewinds) for rewinds in policies.rewinds[2:]] == [1, 1]
    assert len(policies.rewinds[1]) <= len(REPAIRS)


def test_the_best_checkpoint_is_never_worse_than_that_of_before(policies: Repaired) -> None:
    assert (policies.val[1:] <= policies.val[0] + 1e-6).all()
    labels = torch.from_numpy(surface_labels(policies))
    for place, loss in enumerate(policies.val):
        logits = torch.from_numpy(policies.val_logits[place].astype(np.float32))
        assert nn.functional.cross_entropy(logits, labels).item() == pytest.approx(loss, rel=5e-3)


def surface_labels(policies: Repaired) -> np.ndarray:
    from tests.benchmarks.lab.random_tasks import random_task

    labels = random_task(NUMBER).data.val.y.numpy()
    assert len(labels) == policies.val_logits.shape[1]
    return labels


@pytest.mark.parametrize("momentum", [None, 0.9])
def test_members_are_trained_as_torch_trains_one_network(momentum: float | None) -> None:
    torch.manual_seed(0)
    weights, target = torch.randn(4, 3), torch.randn(4, 3)
    alone, together = nn.Parameter(weights.clone()), nn.Parameter(weights.expand(2, 4, 3).clone())
    kind = torch.optim.Adam if momentum is None else torch.optim.SGD
    options = {"lr": 0.05} if momentum is None else {"lr": 0.05, "momentum": momentum}
    optimizer, members = kind([alone], **options), MemberOptimizer([together], 2, momentum=momentum)  # type: ignore[arg-type]
    for _ in range(20):
        for parameter in (alone, together):
            parameter.grad = None
            ((parameter - target) ** 2).sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        members.step(0.05)
    assert torch.allclose(together[0], alone, atol=1e-5)
    assert torch.allclose(together[1], alone, atol=1e-5)


def test_gains_are_over_the_plain_run_and_a_row_is_a_share_of_what_is_possible(
    plain: Surface, policies: Repaired, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair, "POLICIES", {"early stopping": Policy(), repair.OURS: Policy(REPAIRS)})
    task = Scored(plain)
    measured = repair._measured(task, policies)
    assert measured.gains[1, 0] == pytest.approx(np.log(task.test[0] / policies.test[1]))
    assert measured.gains[0, 2] in (
        pytest.approx(measured.gains[0, 0], abs=5e-3),
        pytest.approx(measured.gains[0, 1], abs=5e-3),
    )
    row = repair._row("a", np.array([[0.1, 0.2, 0.2, -0.5], [-0.02, 0.0, 0.0, 0.0]]), 0.4)
    assert row == "| a | 20 | 50 | 50 | -125 | 50% | 0% | 0% |"
