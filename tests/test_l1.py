"""L1: the penalty's gradient, and the proximal step's exact zeros."""

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam

from trainer.regularizers import make
from trainer.regularizers.l1 import add_l1_gradient, l1_penalty, soft_threshold

torch.set_num_threads(1)


def test_the_penalty_is_the_sum_and_its_gradient_the_sign():
    weights = [torch.tensor([[1.0, -2.0], [0.0, 4.0]], requires_grad=True), torch.tensor([[3.0]], requires_grad=True)]
    penalty = l1_penalty(weights, 0.1)
    assert penalty.item() == pytest.approx(1.0)
    add_l1_gradient(weights, 0.1)
    torch.testing.assert_close(weights[0].grad, torch.tensor([[0.1, -0.1], [0.0, 0.1]]))
    torch.testing.assert_close(weights[1].grad, torch.tensor([[0.1]]))


def test_the_proximal_step_is_the_soft_threshold():
    weights = torch.tensor([1.0, -1.0, 0.3, -0.3, 0.25, 0.0])
    soft_threshold([weights], 0.25)
    torch.testing.assert_close(weights, torch.tensor([0.75, -0.75, 0.05, -0.05, 0.0, 0.0]))
    assert (weights[4:] == 0).all()


def test_it_is_the_proximal_operator_of_the_absolute_value():
    w, amount = torch.tensor([0.7, -0.1, 0.2]), 0.15
    candidates = torch.linspace(-1, 1, 20_001)[:, None]
    cost = (candidates - w).square() / 2 + amount * candidates.abs()
    best = candidates[cost.argmin(0), 0]
    soft_threshold([w], amount)
    torch.testing.assert_close(w, best, atol=1e-4, rtol=0)


def descend(kind, optimizer, steps=300, **options):
    """Least squares with three useful inputs of ten."""
    torch.manual_seed(0)
    x = torch.randn(200, 10)
    y = x[:, :3] @ torch.tensor([[2.0], [-1.0], [1.5]])
    model = nn.Linear(10, 1)
    regularizers = make({"l1": {"l1": 0.2, "kind": kind}})
    regularizers.build(model)
    descent = optimizer(model.parameters(), **options)
    for _ in range(steps):
        descent.zero_grad()
        (nn.functional.mse_loss(model(x), y) + regularizers.penalty()).backward()
        regularizers.after_backward(descent)
        descent.step()
        regularizers.after_step(descent)
    return model


def test_proximal_steps_give_exact_zeros_where_the_penalty_gives_none():
    proximal, penalty = (descend(kind, SGD, lr=0.05) for kind in ("proximal", "penalty"))
    assert (proximal.weight == 0).float().mean() == pytest.approx(0.7)
    assert penalty.weight.all()
    torch.testing.assert_close(proximal.weight, penalty.weight, atol=0.02, rtol=0)


def test_the_bias_is_free():
    torch.manual_seed(0)
    model = nn.Linear(3, 2)
    before = model.bias.detach().clone()
    regularizers = make({"l1": {"l1": 100.0}})
    regularizers.build(model)
    regularizers.after_step(SGD(model.parameters(), lr=1.0))
    assert torch.equal(model.bias.detach(), before)
    assert (model.weight == 0).all()


def test_each_group_is_thresholded_at_its_own_learning_rate():
    model = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    for layer in model:
        nn.init.constant_(layer.weight, 1.0)
    regularizers = make({"l1": {"l1": 1.0}})
    regularizers.build(model)
    groups = [{"params": model[0].parameters(), "lr": 0.1}, {"params": model[1].parameters(), "lr": 0.5}]
    regularizers.after_step(SGD(groups))
    assert (model[0].weight.item(), model[1].weight.item()) == pytest.approx((0.9, 0.5))


def test_under_adam_the_two_kinds_are_not_the_same():
    proximal, penalty = (descend(kind, Adam, lr=0.01) for kind in ("proximal", "penalty"))
    assert not torch.allclose(proximal.weight, penalty.weight, atol=0.02)
