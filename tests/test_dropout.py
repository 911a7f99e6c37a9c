"""Dropout, spatial dropout, DropConnect and DropPath: formula, reference, expectation, evaluation and gradient."""

import copy

import pytest
import torch
from torch import nn

from trainer.regularizers import AttentionDropout, DropPath, RegularizerError, make
from trainer.regularizers.drop_path import drop_path, ramp
from trainer.regularizers.dropconnect import DROPPING, dropping
from trainer.regularizers.dropout import FastDropout, dropout

torch.set_num_threads(1)
P = 0.3


def built(model, settings):
    return make(settings).build(model)


def activations(name):
    """(module, input) whose training output is the input with parts dropped."""
    if name == "drop_path":
        return built(nn.Sequential(DropPath()), {name: {"drop_prob": P}}), torch.ones(20_000, 2, 3)
    if name == "spatial_dropout":
        return built(nn.Sequential(nn.Dropout2d(0.0)), {name: {"p": P}}), torch.ones(200, 100, 2, 3)
    place = FastDropout(0.0) if name == "fast dropout" else nn.Dropout(0.0)
    return built(nn.Sequential(place), {"dropout": {"p": P}}), torch.ones(200, 101)


@pytest.mark.parametrize("name", ["dropout", "fast dropout", "spatial_dropout", "drop_path"])
def test_what_is_kept_is_scaled_and_the_expectation_is_the_input(name):
    torch.manual_seed(0)
    module, x = activations(name)
    y = module(x)
    assert y.unique().tolist() == pytest.approx([0.0, 1 / (1 - P)], rel=2**-16)
    units = y.flatten(1)[:, 0] if name == "drop_path" else y.flatten(2)[..., 0] if name == "spatial_dropout" else y
    standard_error = (P / (1 - P) / units.numel()) ** 0.5
    assert abs(units.mean().item() - 1) < 4 * standard_error
    assert abs((units == 0).float().mean().item() - P) < 4 * (P * (1 - P) / units.numel()) ** 0.5


@pytest.mark.parametrize(("name", "dims"), [("spatial_dropout", (2, 3)), ("drop_path", (1, 2))])
def test_a_unit_is_dropped_as_a_whole(name, dims):
    torch.manual_seed(0)
    module, x = activations(name)
    y = module(x)
    assert torch.equal(y.amin(dims), y.amax(dims))


@pytest.mark.parametrize("name", ["dropout", "fast dropout", "spatial_dropout", "drop_path"])
def test_evaluation_is_the_identity(name):
    module, x = activations(name)
    assert torch.equal(module.eval()(x), x)


@pytest.mark.parametrize("name", ["dropout", "fast dropout", "spatial_dropout", "drop_path"])
def test_the_gradient_is_the_mask_times_the_scale(name):
    torch.manual_seed(0)
    module, x = activations(name)
    x.requires_grad_()
    y = module(x)
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())


@pytest.mark.parametrize("p", [2**-16, 0.01, 0.1, 0.25, 0.5, 0.9, 1 - 2**-16])
def test_fast_dropout_drops_with_the_p_asked_for_and_keeps_the_expectation_exactly(p):
    torch.manual_seed(0)
    y = dropout(torch.ones(1_000_003, dtype=torch.double), p, training=True)
    kept = (y != 0).double().mean().item()
    assert abs(kept - (1 - p)) < 4.5 * (p * (1 - p) / y.numel()) ** 0.5 + 1e-9
    assert y.max().item() * round((1 - p) * 2**16) == pytest.approx(2**16)


def test_fast_dropout_draws_each_element_by_itself():
    torch.manual_seed(0)
    kept = (dropout(torch.ones(100_000), 0.5, training=True) != 0).double() - 0.5
    for lag in range(1, 9):
        assert abs((kept[lag:] * kept[:-lag]).mean().item()) < 4.5 * 0.25 / 100_000**0.5


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.bfloat16])
def test_fast_dropout_keeps_type_and_layout(kind):
    x = torch.ones(3, 5, 7, dtype=kind).transpose(0, 2)
    y = dropout(x, P, training=True)
    assert (y.dtype, y.shape) == (kind, x.shape)


@pytest.mark.parametrize(
    ("name", "reference", "shape"), [("dropout", nn.Dropout, (5, 7)), ("spatial_dropout", nn.Dropout2d, (5, 7, 3, 3))]
)
def test_it_is_torchs_own_for_the_same_seed(name, reference, shape):
    x = torch.rand(shape)
    module = built(nn.Sequential(reference(0.0)), {name: {"p": P}})
    torch.manual_seed(3)
    ours = module(x)
    torch.manual_seed(3)
    assert torch.equal(ours, reference(P)(x))


def test_dropout_reaches_every_kind_of_place_and_attention_has_its_own_p():
    model = nn.Sequential(
        nn.TransformerEncoderLayer(8, 2, batch_first=True), nn.LSTM(8, 8, num_layers=2), AttentionDropout(0.0)
    )
    built(model, {"dropout": {"p": P, "attention": 0.0}})
    assert {m.p for m in model.modules() if type(m) is nn.Dropout} == {P}
    assert model[0].self_attn.dropout == 0.0
    assert model[1].dropout == P
    assert model[2].p == 0.0
    built(model, {"dropout": {"p": 0.4}})
    assert model[0].self_attn.dropout == model[2].p == 0.4


def test_dropout_leaves_feature_maps_to_spatial_dropout():
    model = nn.Sequential(nn.Dropout2d(0.0), nn.Dropout(0.0))
    built(model, {"dropout": {"p": P}})
    assert (model[0].p, model[1].p) == (0.0, P)


def test_dropconnect_drops_weights_not_activations():
    torch.manual_seed(0)
    layer = dropping(nn.Linear(5, 4, bias=False), P)
    torch.manual_seed(1)
    effective = layer(torch.eye(5)).T
    torch.manual_seed(1)
    mask = dropout(torch.ones(4, 5), P, training=True) != 0
    torch.testing.assert_close(effective, layer.weight * mask / (1 - P), rtol=1e-4, atol=0)


@pytest.mark.parametrize(
    ("layer", "x"),
    [
        (nn.Linear(5, 4), torch.rand(2, 5)),
        (nn.Conv2d(3, 4, 3, stride=2, padding=1, padding_mode="reflect"), torch.rand(2, 3, 8, 8)),
        (nn.Conv2d(4, 4, 3, groups=2, bias=False), torch.rand(2, 4, 8, 8)),
    ],
)
def test_dropconnect_has_the_full_weights_in_evaluation_and_on_average(layer, x):
    torch.manual_seed(0)
    expected = layer(x).detach()
    twin = dropping(layer, P)
    assert torch.equal(twin.eval()(x), expected)
    twin.train()
    with torch.no_grad():
        draws = torch.stack([twin(x) for _ in range(3000)])
    error = (draws.mean(0) - expected).abs() / (draws.std(0) / 3000**0.5 + 1e-6)
    assert error.max() < 5.5
    assert draws.std(0).max() > 0


def test_dropconnect_gives_no_gradient_to_dropped_weights():
    torch.manual_seed(0)
    layer = dropping(nn.Linear(5, 4, bias=False), P)
    torch.manual_seed(1)
    layer(torch.ones(1, 5)).sum().backward()
    torch.manual_seed(1)
    assert torch.equal(layer.weight.grad, dropout(torch.ones(4, 5), P, training=True))


def test_dropconnect_keeps_shared_layers_shared_and_the_original_as_it_was():
    shared = nn.Linear(3, 3)
    model = built(nn.Sequential(shared, nn.ReLU(), shared), {"dropconnect": {"p": P}})
    assert model[0] is model[2]
    assert type(model[0]) is DROPPING[nn.Linear]
    assert model[0].weight is shared.weight
    assert type(shared) is nn.Linear
    assert copy.deepcopy(model)[0].p == P


@pytest.mark.parametrize(
    ("blocks", "expected"), [(1, [0.4]), (2, [0.0, 0.4]), (3, [0.0, 0.2, 0.4]), (5, [0.0, 0.1, 0.2, 0.3, 0.4])]
)
def test_drop_path_rises_linearly_with_depth(blocks, expected):
    assert ramp(0.4, blocks) == pytest.approx(expected)


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention, self.attention_path = nn.Linear(2, 2), DropPath()
        self.mlp, self.mlp_path = nn.Linear(2, 2), DropPath()


def test_the_two_branches_of_a_block_share_their_probability():
    model = built(nn.Sequential(Block(), Block(), Block()), {"drop_path": {"drop_prob": 0.4}})
    rates = [m.drop_prob for m in model.modules() if isinstance(m, DropPath)]
    assert rates == pytest.approx([0.0, 0.0, 0.2, 0.2, 0.4, 0.4])


def test_drop_path_leaves_its_input_unchanged():
    x = torch.ones(50, 3)
    drop_path(x, 0.5, training=True)
    assert torch.equal(x, torch.ones(50, 3))


@pytest.mark.parametrize("name", ["spatial_dropout", "dropconnect", "drop_path"])
def test_a_model_without_a_place_is_refused_with_the_way_out(name):
    with pytest.raises(RegularizerError, match=f"leave {name} out"):
        built(nn.Sequential(nn.Embedding(3, 3)), {name: {}})
