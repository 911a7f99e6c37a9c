"""One fitted temperature, against a search through every one there is."""

import math

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from trainer.log import EpochLog
from trainer.measure.temperature import ENOUGH, MOST, Logits, temperature

torch.set_num_threads(1)


def answers(n=200, classes=5, *, sureness=1.0, seed=0):
    """Logits whose labels are drawn from their own softmax, then made ``sureness`` times as sure of it."""
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(n, classes, generator=generator)
    return logits * sureness, torch.multinomial(logits.softmax(1), 1, generator=generator).squeeze(1)


def least_by_search(logits, targets):
    """The loss of the best of 2,000 temperatures."""
    wide = logits.double()
    losses = [cross_entropy(wide / t, targets) for t in torch.logspace(-7, 7, 2000, base=2.0).tolist()]
    return min(losses).item()


def scaled(logits, targets):
    collected = Logits()
    collected.add(logits, targets)
    return collected.calibrated()[1].item()


@pytest.mark.parametrize("sureness", [0.1, 0.5, 1.0, 3.0, 20.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_scaled_loss_is_the_least_of_any_temperature(sureness, seed):
    logits, targets = answers(sureness=sureness, seed=seed)
    assert scaled(logits, targets) == pytest.approx(least_by_search(logits, targets), abs=1e-5)


def test_the_temperature_is_how_much_too_sure_the_answers_are():
    plain = temperature(*answers(4000)).item()
    assert plain == pytest.approx(1.0, abs=0.1)
    assert temperature(*answers(4000, sureness=3.0)).item() == pytest.approx(3 * plain, rel=1e-3)


def test_the_scaled_loss_is_the_same_however_sure_the_answers_are():
    losses = [scaled(*answers(sureness=sureness)) for sureness in (0.2, 1.0, 5.0)]
    assert losses == pytest.approx([losses[0]] * 3, abs=1e-5)


def test_answers_that_are_all_right_lose_nothing_and_all_wrong_ones_what_a_guess_loses():
    logits = torch.eye(4) * 3
    assert scaled(logits, torch.arange(4)) == pytest.approx(0.0, abs=1e-6)
    assert scaled(logits, (torch.arange(4) + 1) % 4) == pytest.approx(math.log(4), abs=0.02)


def test_a_missing_answer_counts_for_nothing():
    logits, targets = answers(100)
    targets[50:] = -100
    assert scaled(logits, targets) == pytest.approx(scaled(logits[:50], targets[:50]), abs=1e-6)


def test_a_diverged_network_has_no_number():
    logits, targets = answers(10)
    logits[3, 2] = float("nan")
    assert math.isnan(scaled(logits, targets))


def test_many_answers_are_fitted_by_some_and_all_are_scaled():
    logits, targets = answers(10 * ENOUGH, sureness=2.0)
    fitted = temperature(logits, targets)
    assert fitted.item() == pytest.approx(2.0, rel=0.05)
    assert scaled(logits, targets) == pytest.approx(cross_entropy(logits / fitted, targets).item())


def test_batches_and_places_of_a_text_are_answers_like_any_other():
    logits, targets = answers(60)
    collected = Logits()
    for part, wanted in zip(logits.view(3, 5, 4, 5), targets.view(3, 5, 4), strict=True):
        collected.add(part.movedim(-1, 1), wanted)
    assert collected.calibrated()[1].item() == pytest.approx(scaled(logits, targets))


@pytest.mark.parametrize(
    ("outputs", "targets"),
    [
        (torch.zeros(4, 1), torch.zeros(4, 1)),
        (torch.zeros(4), torch.zeros(4)),
        (torch.zeros(4, 1), torch.zeros(4, dtype=torch.long)),
        (torch.zeros(4, 1), torch.zeros(4, 1, dtype=torch.long)),
    ],
)
def test_what_is_no_classification_has_no_temperature(outputs, targets):
    collected = Logits()
    collected.add(outputs, targets)
    assert collected.calibrated() is None


def test_more_logits_than_memory_should_hold_are_let_go():
    collected = Logits()
    for _ in range(3):
        collected.add(torch.zeros(2, 10), torch.zeros(2, dtype=torch.long))
    collected.count = MOST
    collected.add(torch.zeros(2, 10), torch.zeros(2, dtype=torch.long))
    assert collected.outputs == []
    assert collected.calibrated() is None


def test_an_epoch_logs_it_from_the_one_pass_over_validation(tmp_path):
    model = nn.Linear(4, 3)
    passes = []
    model.register_forward_hook(lambda *_: passes.append(1))
    x, y = torch.randn(30, 4), torch.arange(30) % 3
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with EpochLog(tmp_path, model, optimizer, cross_entropy, val=[(x[:20], y[:20]), (x[20:], y[20:])]) as log:
        values = log.epoch(1)
    assert len(passes) == 2
    assert values["loss/val_scaled"] == pytest.approx(least_by_search(model(x).detach(), y), abs=1e-5)
    assert values["loss/val_scaled"] < values["loss/val"]
    assert values["calibration/temperature"] == pytest.approx(temperature(model(x).detach(), y).item())
