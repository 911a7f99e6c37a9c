import pytest
import torch
from torch import nn
from torch.optim import SGD

from trainer.regularizers import make
from trainer.regularizers.ema import average, ema_decay

torch.set_num_threads(1)


def test_the_average_is_the_formula():
    mean, weight = torch.tensor([1.0]), torch.tensor([5.0])
    average([mean], [weight], 0.75)
    assert mean.item() == 2.0


def test_the_decay_grows_to_the_one_asked_for():
    assert [ema_decay(0.999, step) for step in (0, 8, 90)] == pytest.approx([0.1, 0.5, 0.91])
    assert ema_decay(0.999, 100_000) == 0.999


def trained(steps=5):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    regularizers = make({"ema": {"decay": 0.9}})
    regularizers.build(model)
    expected = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    descent = SGD(model.parameters(), lr=0.1)
    for step in range(steps):
        descent.zero_grad()
        model(torch.randn(8, 3)).square().sum().backward()
        descent.step()
        regularizers.after_step(descent)
        for name, tensor in model.state_dict().items():
            decay = ema_decay(0.9, step)
            expected[name] = expected[name] * decay + tensor * (1 - decay) if tensor.is_floating_point() else tensor
    return model, regularizers, expected


def assert_weights(model, expected):
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(tensor, expected[name])


def test_evaluation_has_the_averages_and_training_goes_on_with_its_own_weights():
    model, regularizers, expected = trained()
    own = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with regularizers.evaluation():
        assert_weights(model, expected)
    assert_weights(model, own)
    assert not torch.allclose(own["0.weight"], expected["0.weight"])


def test_training_gets_its_weights_back_when_evaluation_fails():
    model, regularizers, _ = trained()
    own = model[0].weight.detach().clone()
    with pytest.raises(ZeroDivisionError), regularizers.evaluation():
        raise ZeroDivisionError
    assert torch.equal(model[0].weight, own)


def test_a_run_ends_with_the_averages():
    model, regularizers, expected = trained()
    regularizers.finish(model)
    assert_weights(model, expected)


def test_the_best_epoch_is_restored_as_it_was_evaluated():
    model = nn.Linear(2, 2)
    regularizers = make({"ema": {"decay": 0.9}, "early_stopping": {}})
    regularizers.build(model)
    descent = SGD(model.parameters(), lr=0.1)
    for epoch, loss in enumerate([1.0, 0.5, 2.0], start=1):
        model.weight.data += 1
        regularizers.after_step(descent)
        with regularizers.evaluation():
            regularizers.end_of_epoch(model, epoch, loss)
            if epoch == 2:
                best = model.weight.detach().clone()
    regularizers.finish(model)
    assert torch.equal(model.weight, best)
