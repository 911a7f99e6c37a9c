"""The hypergradient: what it is by its definition, and that asking for it changes nothing."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from tests.trained import trained
from trainer.config import Config
from trainer.log import EpochLog
from trainer.measure.hypergradient import SHARE, Hypergradient
from trainer.regularizers.matrices import matrices

torch.set_num_threads(1)
TAGS = ("hypergrad/weight_decay", "hypergrad/cosine")
STIRRED = {"dropout": {"p": 0.5}, "weight_decay": {"weight_decay": 0.1}, "ema": {}}


def measured(model, optimizer, data, loss_fn=cross_entropy, *, samples, epoch=1):
    found = Hypergradient(model, optimizer, loss_fn)
    found.step(samples)
    passed = list(found.watch(data, epoch))
    assert all(torch.equal(y, seen) for (_, y), (_, seen) in zip(data, passed, strict=True))
    return {tag: float(value) for tag, value in found.measure().items()}


def classes(n, generator):
    return torch.randn(n, 4, generator=generator), torch.randint(3, (n,), generator=generator)


def test_it_is_the_slope_of_the_validation_loss_over_the_decay_of_an_epoch():
    """Against the difference of two real epochs of AdamW's decay, one of them with a little more of it."""
    generator = torch.Generator().manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 3)).double()
    x, y = classes(50, generator)
    x = x.double()
    optimizer = torch.optim.AdamW(
        [{"params": model[0].parameters(), "lr": 1e-4}, {"params": model[2].parameters(), "lr": 3e-4}]
    )
    found = measured(model, optimizer, [(x, y)], samples=50 * SHARE)

    def loss_after(decay):
        kept = [weight.detach().clone() for weight in matrices(model)]
        with torch.no_grad():
            for weight, lr in zip(matrices(model), (1e-4, 3e-4), strict=True):
                weight *= 1 - lr * decay
            loss = cross_entropy(model(x), y).item()
            for weight, before in zip(matrices(model), kept, strict=True):
                weight.copy_(before)
        return loss

    assert found[TAGS[0]] == pytest.approx((loss_after(1.0) - loss_after(-1.0)) / 2, rel=1e-4)


def test_its_cosine_says_that_more_decay_helps_weights_that_are_too_large_and_hurts_small_ones():
    x = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
    data = [(x, x.sum(1, keepdim=True))]
    for size, sign in ((3.0, 1.0), (0.1, -1.0)):
        model = nn.Linear(3, 1, bias=False)
        nn.init.constant_(model.weight, size)
        found = measured(model, torch.optim.AdamW(model.parameters()), data, mse_loss, samples=40 * SHARE)
        assert found["hypergrad/cosine"] == pytest.approx(sign, abs=0.1)
        assert found["hypergrad/weight_decay"] * sign < 0


@pytest.mark.parametrize("cut", [[50], [7, 43], [20, 20, 10]], ids=str)
def test_batches_larger_than_those_of_training_are_measured_in_parts(cut):
    torch.manual_seed(0)
    model, (x, y) = nn.Linear(4, 3), classes(50, torch.Generator().manual_seed(1))
    optimizer = torch.optim.AdamW(model.parameters())
    expected = measured(model, optimizer, [(x, y)], samples=50 * SHARE)
    found = Hypergradient(model, optimizer, cross_entropy)
    for _ in range(5 * SHARE):
        found.step(10)
    list(found.watch(zip(x.split(cut), y.split(cut), strict=True), 1))
    assert float(found.measure()["hypergrad/cosine"]) == pytest.approx(expected["hypergrad/cosine"], rel=1e-5)


def test_no_more_samples_are_used_than_their_share_and_in_the_end_all_of_them():
    found = Hypergradient(nn.Linear(1, 3), torch.optim.AdamW(nn.Linear(1, 3).parameters()), cross_entropy)
    x, seen = torch.arange(100.0)[:, None], set()
    for epoch in range(1, 65):
        found.step(10 * SHARE)
        list(found.watch([(x[:60], x[:60, 0].long() % 3), (x[60:], x[60:, 0].long() % 3)], epoch))
        kept = torch.cat([part for part, _ in found.kept]).flatten().tolist()
        assert 5 <= len(kept) <= 10
        seen.update(kept)
        found.measure()
    assert len(seen) == 100


def test_the_model_keeps_its_gradients_mode_statistics_and_random_numbers():
    class Draws(nn.Module):
        def forward(self, x):
            return x + 0.01 * torch.randn_like(x)

    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), Draws(), nn.Dropout(0.5), nn.Linear(8, 3))
    model[3].eval()
    x, y = classes(30, torch.Generator().manual_seed(1))
    cross_entropy(model(x), y).backward()
    gradients = [parameter.grad.clone() for parameter in model.parameters()]
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    modes, random = [module.training for module in model.modules()], torch.get_rng_state()
    assert measured(model, torch.optim.AdamW(model.parameters()), [(x, y)], samples=999)
    assert all(torch.equal(p.grad, before) for p, before in zip(model.parameters(), gradients, strict=True))
    assert all(torch.equal(tensor, state[name]) for name, tensor in model.state_dict().items())
    assert [module.training for module in model.modules()] == modes
    assert torch.equal(torch.get_rng_state(), random)


def test_a_run_that_logs_it_has_the_same_curves_as_one_that_does_not(tmp_path):
    config = Config(train_size=100, model="cnn", width=8, epochs=4, regularizers=STIRRED)
    plain = trained(tmp_path / "plain", config)
    asked = trained(tmp_path / "asked", Config(**{**vars(config), "hypergrad": True}))
    for epoch, values in enumerate(asked):
        assert {tag for tag in values if tag.startswith("hypergrad")} == set(TAGS)
        assert all(math.isfinite(values[tag]) for tag in TAGS)
        assert {tag: value for tag, value in values.items() if tag not in TAGS} == plain[epoch]


def test_frozen_layers_and_unused_ones_have_no_say():
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 3))
    model[0].requires_grad_(False)
    unused = nn.Linear(5, 5)
    optimizer = torch.optim.AdamW([*model.parameters(), *unused.parameters()])
    x, y = classes(20, torch.Generator().manual_seed(1))
    alone = measured(model, optimizer, [(x, y)], samples=999)
    model.unused = unused
    model.forward = lambda x: model[1](model[0](x))
    beside = measured(model, optimizer, [(x, y)], samples=999)
    assert beside["hypergrad/weight_decay"] == pytest.approx(alone["hypergrad/weight_decay"], rel=1e-5)


def test_before_the_first_step_there_is_nothing_to_measure(tmp_path):
    model, data = nn.Linear(4, 3), classes(20, torch.Generator().manual_seed(1))
    with EpochLog(
        tmp_path, model, torch.optim.AdamW(model.parameters()), cross_entropy, val=[data], hypergrad=True
    ) as log:
        assert not any(tag in log.epoch(0) for tag in TAGS)


def test_a_network_without_a_gradient_in_eval_mode_is_said_once_and_trains_on(tmp_path):
    class Answers(nn.Linear):
        def forward(self, x):
            with torch.set_grad_enabled(self.training):
                return super().forward(x)

    model, (x, y) = Answers(4, 3), classes(20, torch.Generator().manual_seed(1))
    optimizer = torch.optim.AdamW(model.parameters())
    with EpochLog(tmp_path, model, optimizer, cross_entropy, val=[(x, y)], hypergrad=True) as log:
        for epoch in (1, 2):
            loss = cross_entropy(model(x), y)
            loss.backward()
            log.step(loss, len(x))
            values = log.epoch(epoch)
            assert not any(tag in values for tag in TAGS)
    assert np.isfinite(values["loss/val"])
    text = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert text.count(b"not measured: element 0 of tensors does not require grad") == 1
