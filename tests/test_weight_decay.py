"""Weight decay in its three kinds, and which parameters it touches."""

import copy

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW

from trainer.regularizers import RegularizerError, make, matrices

torch.set_num_threads(1)
WD, LR = 0.3, 0.05


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 6), nn.LayerNorm(6), nn.ReLU(), nn.Linear(6, 2))


def train(model, descent, before=lambda: None, penalty=lambda: 0.0, steps=5):
    torch.manual_seed(1)
    x, y = torch.randn(8, 4), torch.randn(8, 2)
    for _ in range(steps):
        descent.zero_grad()
        (nn.functional.mse_loss(model(x), y) + penalty()).backward()
        before()
        descent.step()
    return nn.utils.parameters_to_vector(model.parameters()).detach()


def ours(kind, optimizer, **options):
    model = network()
    regularizers = make({"weight_decay": {"weight_decay": WD, "kind": kind}})
    regularizers.build(model)
    groups = regularizers.parameter_groups([{"params": list(model.parameters())}], optimizer)
    descent = optimizer(groups, lr=LR, weight_decay=0.0, **options)
    return train(model, descent, lambda: regularizers.after_backward(descent), regularizers.penalty)


def reference(optimizer, **options):
    """torch's own weight decay on the two matrices alone."""
    model = network()
    weights = [model[0].weight, model[3].weight]
    rest = [model[0].bias, *model[1].parameters(), model[3].bias]
    groups = [{"params": weights, "weight_decay": WD}, {"params": rest, "weight_decay": 0.0}]
    return train(model, optimizer(groups, lr=LR, **options))


@pytest.mark.parametrize(
    ("kind", "optimizer", "options", "torchs"),
    [
        ("decoupled", AdamW, {}, (AdamW, {})),
        ("decoupled", Adam, {}, (AdamW, {})),
        ("coupled", Adam, {}, (Adam, {})),
        ("coupled", SGD, {"momentum": 0.9}, (SGD, {"momentum": 0.9})),
        ("sgd", SGD, {"momentum": 0.9}, (SGD, {"momentum": 0.9})),
    ],
)
def test_each_kind_is_torchs_own(kind, optimizer, options, torchs):
    torch.testing.assert_close(ours(kind, optimizer, **options), reference(torchs[0], **torchs[1]))


def test_the_kinds_differ_under_adam_and_agree_under_plain_sgd():
    assert not torch.allclose(ours("decoupled", AdamW), ours("coupled", AdamW))
    torch.testing.assert_close(ours("decoupled", SGD), ours("sgd", SGD))
    assert not torch.allclose(ours("decoupled", SGD, momentum=0.9), ours("sgd", SGD, momentum=0.9))


def test_a_decoupled_step_without_gradient_is_the_formula():
    model = network()
    before = copy.deepcopy(model.state_dict())
    regularizers = make({"weight_decay": {"weight_decay": WD}})
    regularizers.build(model)
    descent = AdamW(regularizers.parameter_groups([{"params": list(model.parameters())}], AdamW), lr=LR)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    descent.step()
    torch.testing.assert_close(model[0].weight.data, before["0.weight"] * (1 - LR * WD))
    assert torch.equal(model[0].bias.data, before["0.bias"])


def test_sgds_own_decay_under_another_optimizer_is_refused():
    regularizers = make({"weight_decay": {"kind": "sgd"}})
    regularizers.build(network())
    with pytest.raises(RegularizerError, match="found adamw; use kind decoupled"):
        regularizers.parameter_groups([{"params": []}], AdamW)


def test_groups_keep_their_other_keys():
    model = network()
    regularizers = make({"weight_decay": {"weight_decay": WD}})
    regularizers.build(model)
    given = [{"params": list(model[0].parameters()), "lr": 1.0}, {"params": list(model[3].parameters()), "lr": 2.0}]
    groups = regularizers.parameter_groups(given, AdamW)
    assert [(g["lr"], g["weight_decay"], len(g["params"])) for g in groups] == [
        (1.0, WD, 1),
        (1.0, 0.0, 1),
        (2.0, WD, 1),
        (2.0, 0.0, 1),
    ]


class Everything(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(7, 4)
        self.conv = nn.Conv2d(1, 2, 3)
        self.batch, self.group = nn.BatchNorm2d(2), nn.GroupNorm(1, 2)
        self.attention = nn.MultiheadAttention(4, 2)
        self.rnn = nn.GRU(4, 4)
        self.one_unit = nn.Linear(4, 1)
        self.token = nn.Parameter(torch.zeros(1, 1, 4))
        self.matrix = nn.Parameter(torch.zeros(3, 4))
        self.frozen = nn.Linear(4, 4).requires_grad_(False)
        self.head = nn.Linear(4, 7, bias=False)
        self.head.weight = self.embedding.weight


def names(model, **asked):
    chosen = matrices(model, **asked)
    return {name for name, parameter in model.named_parameters() if any(parameter is c for c in chosen)}


def test_only_weights_are_matrices():
    assert names(Everything()) == {
        "conv.weight",
        "attention.in_proj_weight",
        "attention.out_proj.weight",
        "rnn.weight_ih_l0",
        "rnn.weight_hh_l0",
        "one_unit.weight",
        "matrix",
    }


@pytest.mark.parametrize(
    ("asked", "more"),
    [
        ("norms", {"batch.weight", "batch.bias", "group.weight", "group.bias"}),
        ("embeddings", {"embedding.weight"}),
        (
            "biases",
            {"conv.bias", "attention.in_proj_bias", "attention.out_proj.bias", "rnn.bias_ih_l0", "rnn.bias_hh_l0"}
            | {"one_unit.bias", "token"},
        ),
    ],
)
def test_the_rest_decays_only_when_asked(asked, more):
    model = Everything()
    assert names(model, **{asked: True}) - names(model) == more


def test_a_weight_shared_with_an_embedding_is_an_embedding_whichever_comes_first():
    embedding, head = nn.Embedding(7, 4), nn.Linear(4, 7, bias=False)
    head.weight = embedding.weight
    assert matrices(nn.Sequential(embedding, head)) == []
    assert matrices(nn.Sequential(head, embedding)) == []
