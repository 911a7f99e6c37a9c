"""The benchmark of the recommendations: it trains as torch does, and what it counts is counted right."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from diagnostics import Recommendation, Verdict
from diagnostics.recommend import Effect
from tests.benchmarks import recommendations
from tests.benchmarks.lab import bars, engines
from tests.benchmarks.lab.data import Split, digits, mnist1d
from tests.benchmarks.lab.layers import Conv1d, Dropout
from tests.benchmarks.lab.networks import mlp
from tests.benchmarks.lab.table import Table, Weakening, build
from tests.benchmarks.lab.tasks import FAST, TABLE
from tests.benchmarks.lab.training import PLAIN, Member, Task, batches, evaluate, losses, noisy, train

SMALL = Task("small", "overfitting", "mlp", partial(digits, train=60, val=100, test=100), mlp, epochs=4, batch_size=16)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def plainly(task: Task, seed: int, weight_decay: float) -> list[float]:
    """The val losses of torch's own layers and AdamW on the same batches, from the same first weights."""
    data = task.data(seed)
    torch.manual_seed(seed)
    sizes = [data.train.x.shape[1], 100, 100]
    layers = [part for a, b in pairwise(sizes) for part in (nn.Linear(a, b), nn.ReLU())]
    network = nn.Sequential(*layers, nn.Linear(100, data.classes))
    matrices = [p for p in network.parameters() if p.dim() > 1]
    biases = [p for p in network.parameters() if p.dim() == 1]
    groups = [{"params": matrices, "weight_decay": weight_decay}, {"params": biases, "weight_decay": 0.0}]
    if task.momentum is None:
        optimizer: torch.optim.Optimizer = torch.optim.AdamW(groups, lr=task.lr)
    else:
        optimizer = torch.optim.SGD(network.parameters(), lr=task.lr, momentum=task.momentum)
    found = []
    for epoch in range(task.epochs):
        for chosen in batches(len(data.train.y), task.batch_size, seed, epoch):
            optimizer.zero_grad()
            functional.cross_entropy(network(data.train.x[chosen]), data.train.y[chosen]).backward()
            optimizer.step()
        found.append(functional.cross_entropy(network(data.val.x), data.val.y).item())
    return found


def test_a_member_of_the_batch_trains_as_torch_trains_it_alone() -> None:
    decays = (0.0, 0.1, 5.0)
    together = train(SMALL, SMALL.data(3), [Member(0.0, decay) for decay in decays], 3)
    for row, decay in zip(together.val, decays, strict=True):
        np.testing.assert_allclose(row, plainly(SMALL, 3, decay), rtol=2e-4)


def test_momentum_is_torchs() -> None:
    task = replace(SMALL, momentum=0.9, lr=0.05)
    np.testing.assert_allclose(train(task, task.data(3), [PLAIN], 3).val[0], plainly(task, 3, 0.0), rtol=2e-4)


def test_what_a_member_gets_does_not_depend_on_its_company() -> None:
    data = SMALL.data(0)
    alone = train(SMALL, data, [Member(0.3, 1.0)], 0)
    among = train(SMALL, data, [PLAIN, Member(0.3, 1.0), Member(0.1, 9.0)], 0)
    np.testing.assert_allclose(among.val[1], alone.val[0], rtol=1e-3)


def test_a_convolution_and_its_gradient_are_torchs() -> None:
    torch.manual_seed(0)
    ours = Conv1d(2, 3, 4, kernel=5, stride=2)
    x = torch.randn(2, 6, 11, 3, requires_grad=True)
    plain = ours.weight[0].view(5, 3, 4).permute(2, 1, 0)
    expected = functional.conv1d(x[0].mT, plain, ours.bias[0, 0], stride=2, padding=2).mT
    torch.testing.assert_close(ours(x)[0], expected)
    expected.square().sum().backward()
    gradient, x.grad = x.grad, None
    ours(x)[0].square().sum().backward()
    torch.testing.assert_close(x.grad, gradient)


@pytest.mark.parametrize("maps", [False, True])
def test_dropout_drops_its_share_keeps_the_mean_and_is_off_in_evaluation(maps: bool) -> None:
    torch.manual_seed(0)
    layer = Dropout(torch.tensor([0.0, 0.4]), maps=maps)
    x = torch.ones(2, 400, 5, 50)
    dropped = layer(x)
    assert torch.equal(dropped[0], x[0])
    assert float((dropped[1] == 0).float().mean()) == pytest.approx(0.4, abs=0.02)
    assert float(dropped[1].mean()) == pytest.approx(1.0, abs=0.03)
    assert bool((dropped[1].std(1) == 0).all()) is maps
    assert torch.equal(layer.eval()(x), x)


def test_the_test_loss_is_that_of_the_weights_at_validations_best() -> None:
    task = replace(SMALL, epochs=40, lr=0.02)
    data = task.data(1)
    curves = train(task, data, [PLAIN], 1)
    best = int(np.argmin(curves.val[0]))
    assert best < task.epochs - 1
    again = train(replace(task, epochs=best + 1), data, [PLAIN], 1)
    assert curves.test_best[0] == pytest.approx(again.test_last[0], rel=1e-3)
    assert curves.test_last[0] != pytest.approx(curves.test_best[0], rel=1e-2)


def test_the_parts_of_the_data_share_no_sample_and_noise_is_in_training_alone() -> None:
    clean, noisy_labels = (digits(5, train=300, val=300, noise=noise) for noise in (0.0, 0.2))
    assert torch.equal(clean.train.x, noisy_labels.train.x)
    assert int((clean.train.y != noisy_labels.train.y).sum()) == 60
    assert torch.equal(clean.val.y, noisy_labels.val.y)
    assert torch.equal(clean.test.y, noisy_labels.test.y)
    rows = {tuple(row.tolist()) for part in clean[:3] for row in part.x}
    assert len(rows) >= 1590  # a few of scikit-learn's images are equal


def test_a_signal_of_mnist1d_is_told_from_others_by_its_neighbors() -> None:
    data = mnist1d(0, train=2000, val=100, test=200)
    nearest = torch.cdist(data.test.x, data.train.x).argmin(1)
    assert 0.4 < float((data.train.y[nearest] == data.test.y).float().mean()) < 0.7


def test_augmentation_changes_a_sample_a_little() -> None:
    torch.manual_seed(0)
    x = torch.randn(500, 40)
    assert 0.05 < float((noisy(x) - x).square().mean().sqrt()) < 0.2


def test_losses_are_means_of_each_member() -> None:
    outputs, y = torch.randn(3, 7, 4), torch.randint(4, (7,))
    torch.testing.assert_close(losses(outputs, y)[1], functional.cross_entropy(outputs[1], y))
    network = mlp(torch.zeros(2), 5, 4)
    x = torch.randn(9, 5)
    whole = evaluate(network, Split(x, torch.zeros(9, dtype=torch.long)), 2)
    parts = evaluate(network, Split(x, torch.zeros(9, dtype=torch.long)), 2, at_once=4)
    torch.testing.assert_close(whole, parts)


MEMBERS = (*TABLE, Member(0.2, 1.0))
DOSE = len(TABLE)


def table(dose: float = 0.5, *, kind: str = "overfitting", architecture: str = "mlp", seed: int = 0) -> Table:
    """Every member of the table at a test loss of 1, but the best of all at e^-1, and the dose at e^-``dose``."""
    test = np.ones(len(MEMBERS))
    test[DOSE - 1], test[DOSE] = np.exp(-1.0), np.exp(-dose)
    effect = Effect(-0.2, -0.9, -0.1)
    advice = Recommendation("weight_decay", "why", "measured", 0.0, 1.0, expected=effect, last_epoch=effect)
    weakenings = tuple(Weakening(PLAIN, 1.0, after) for after in (0.9,) * 9 + (1.1,))
    return Table(
        "made up",
        kind,
        architecture,
        seed,
        MEMBERS,
        (DOSE,),
        test,
        test,
        test,
        test,
        Verdict.OVERFITTING,
        (advice,),
        weakenings,
    )


def test_the_share_captured_is_of_the_logarithm_and_of_the_best_there_is() -> None:
    one = table(0.25)
    assert one.captured([DOSE], 1) == pytest.approx(0.25)
    assert one.captured([DOSE, DOSE - 1], 1) == pytest.approx(0.25)
    assert one.captured([DOSE, DOSE - 1], 2) == pytest.approx(1.0)
    assert one.captured([], 3) == 0.0


def test_validation_decides_and_the_test_set_reports() -> None:
    one = table(0.5)
    lucky = one.val_best.copy()
    lucky[5] = 0.01
    assert one._replace(val_best=lucky).captured([DOSE, 5], 2) == 0.0
    worse = one.val_best.copy()
    worse[DOSE] = 1.5
    assert one._replace(val_best=worse).captured([DOSE], 1) == 0.0


def test_random_search_finds_the_best_as_often_as_chance() -> None:
    one = table(0.25)
    (share,) = engines.captured(one, engines.random, [5], "best")
    assert share == pytest.approx(5 / 59, abs=0.06)


@pytest.mark.parametrize("engine", engines.ENGINES)
def test_every_engine_tries_members_of_the_table_and_never_more_than_it_may(engine: str) -> None:
    orders = engines.ENGINES[engine](table(), "best")
    assert orders == engines.ENGINES[engine](table(), "best")
    for order in orders:
        assert 1 <= len(order) <= engines.RUNS
        assert all(0 <= place < len(MEMBERS) for place in order)


def test_the_nearest_member_is_so_in_dropout_and_in_the_logarithm_of_the_decay() -> None:
    for wanted, found in (((0.3, 1.0), (0.3, 1.6)), ((0.4, 10.0), (0.4, 6.4)), ((0.0, 0.003), (0.0, 0.0))):
        assert MEMBERS[engines.nearest(table(), Member(*wanted))] == Member(*found)


GOOD = {name: dict.fromkeys(engines.BUDGETS, 0.95 if name == engines.OURS else 0.3) for name in engines.ENGINES}


def failed(tables: list[Table], best: bars.Shares = GOOD, last: bars.Shares = GOOD) -> list[str]:
    return [bar.asked for bar in bars.all_bars(tables, best, last) if not bar.passed]


def test_all_bars_hold_for_an_engine_that_is_good() -> None:
    far = table(0.95).val_last.copy()
    far[DOSE] = 3.0  # beyond the interval, as one case in five should be
    tables = [
        table(0.95, seed=seed)._replace(val_last=far) if seed < 4 else table(0.95, seed=seed) for seed in range(10)
    ]
    quiet = table(kind="healthy")._replace(advice=(), doses=())
    assert failed([*tables, quiet, table(0.95, architecture="cnn")]) == []


@pytest.mark.parametrize(
    ("tables", "missed"),
    [
        ([table(0.0, seed=seed) for seed in range(10)], "1 run beats the whole grid"),
        ([table(0.95) for _ in range(10)], "80 % intervals"),
        ([table(0.5, kind="healthy")], "0 prescriptions"),
        ([table(-0.5, kind="healthy")], "harm at most"),
        ([table(0.95)._replace(weakenings=(Weakening(PLAIN, 1.0, 1.1),))], "weakening helps"),
    ],
)
def test_a_bar_fails_when_it_should(tables: list[Table], missed: str) -> None:
    if "harm" in missed:
        tables = [one._replace(val_best=1 / one.val_best) for one in tables]
    assert any(missed in asked for asked in failed(tables))


@pytest.mark.parametrize(("share", "misses"), [(0.95, 0), (0.75, 3), (0.5, 7)])
def test_an_engine_that_captures_less_misses_more_bars(share: float, misses: int) -> None:
    shares = GOOD | {engines.OURS: dict.fromkeys(engines.BUDGETS, share)}
    rivals = {name: dict.fromkeys(engines.BUDGETS, 0.4) for name in engines.TPES}
    found = [*bars.captures(shares, shares), *bars.above_tpe(shares | rivals)]
    assert sum(not bar.passed for bar in found) == misses


def test_a_miniature_closed_loop_prescribes_trains_and_replays() -> None:
    task = replace(FAST["digits MLP, 20 % wrong labels"], epochs=60)
    task = replace(task, data=partial(digits, train=100, val=150, test=300, noise=0.3), lr=3e-3)
    found = build(task, 0)
    assert found.verdict is Verdict.OVERFITTING
    assert found.members[:60] == TABLE
    assert [found.members[dose].dropout for dose in found.doses] == [0.1, 0.0, 0.2, 0.2, 0.3]
    assert found.members[found.doses[0]].weight_decay == pytest.approx(
        next(one.suggested for one in found.advice if one.lever == "weight_decay")
    )
    assert 0 <= found.captured(found.doses, 5) <= 1


def test_a_missed_bar_is_the_exit_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = replace(SMALL, name="tiny", kind="healthy")
    monkeypatch.setitem(recommendations.TASKS, "tiny", tiny)
    assert recommendations.main(["--tasks", "tiny", "--seeds", "0", "--threads", "1"]) == 1
    said = capsys.readouterr().out
    assert "**missed**" in said  # nothing was over-regularized, so nothing shows that weakening helps
    assert "0 of 1 | passed" in said
