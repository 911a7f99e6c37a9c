"""The contract every regularizer keeps; each one's formula has a test file of its own."""

import copy
import json
from dataclasses import MISSING, fields
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from trainer.regularizers import REGULARIZERS, DropPath, RegularizerError, Regularizers, make
from trainer.strengths import STRENGTHS, Number

torch.set_num_threads(1)


class Network(nn.Module):
    """A place for everything: convolution, norm, residual branch, feature maps, dropout and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.branch = nn.Conv2d(6, 6, 3, padding=1)
        self.maps, self.path, self.drop = nn.Dropout2d(0.0), DropPath(), nn.Dropout(0.0)
        self.head = nn.Linear(6, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.norm(self.stem(x)).relu()
        x = x + self.path(self.maps(self.branch(x)))
        return self.head(self.drop(x.mean((2, 3))))


def train(settings, *, seed=0, steps=3, optimizer=torch.optim.AdamW):
    """The weights, and the first batch as given and as trained on."""
    torch.manual_seed(0)
    model, inputs, targets = Network(), torch.rand(8, 3, 12, 12), torch.arange(8) % 4
    before = inputs.clone(), targets.clone()
    regularizers = make(settings)
    model = regularizers.build(model)
    regularizers.check(inputs, targets)
    criterion = regularizers.criterion(nn.CrossEntropyLoss())
    groups = regularizers.parameter_groups([{"params": list(model.parameters())}], optimizer)
    descent = optimizer(groups, lr=0.01, weight_decay=0.0)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        batch, wanted = regularizers.batch(inputs, targets, rng)
        loss = criterion(model(batch), wanted) + regularizers.penalty()
        descent.zero_grad()
        loss.backward()
        regularizers.after_backward(descent)
        descent.step()
        regularizers.after_step(descent)
    with regularizers.evaluation():
        regularizers.end_of_epoch(model, 1, loss.item())
    regularizers.finish(model)
    assert torch.equal(inputs, before[0])
    assert torch.equal(targets, before[1])
    return nn.utils.parameters_to_vector(model.parameters()).detach()


STRONG = {name: {} for name in STRENGTHS} | {
    "l1": {"l1": 0.5},
    "weight_decay": {"weight_decay": 0.5},
    "gradient_clipping": {"max_norm": 0.01},
}


def test_the_registry_has_every_name_of_the_table():
    assert set(REGULARIZERS) == set(STRENGTHS)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_settings_and_defaults_agree_with_the_table(name):
    table = {key: setting.default for key, setting in STRENGTHS[name].items()}
    assert {field.name: field.default for field in fields(REGULARIZERS[name])} == table
    assert MISSING not in table.values()


@pytest.mark.parametrize("name", REGULARIZERS)
def test_it_round_trips_through_json(name):
    regularizer = REGULARIZERS[name]()
    settings = json.loads(json.dumps({name: regularizer.settings()}))
    (again,) = make(settings)
    assert type(again) is type(regularizer)
    assert again.settings() == regularizer.settings()


@pytest.mark.parametrize("name", REGULARIZERS)
def test_a_strength_of_zero_or_out_of_range_is_refused(name):
    strength = next(iter(STRENGTHS[name]))
    with pytest.raises(RegularizerError, match="must be"):
        REGULARIZERS[name](**{strength: -1})
    if name != "augmentation":
        with pytest.raises(RegularizerError, match=f"leave {name} out"):
            REGULARIZERS[name](**{strength: 0})


@pytest.mark.parametrize(
    ("name", "key"), [(n, k) for n in STRENGTHS for k, s in STRENGTHS[n].items() if isinstance(s, Number)]
)
def test_no_setting_takes_a_value_that_is_no_number(name, key):
    with pytest.raises(RegularizerError):
        REGULARIZERS[name](**{key: float("nan")})


@pytest.mark.parametrize("name", [name for name in REGULARIZERS if name != "early_stopping"])
def test_it_changes_training_the_same_way_for_the_same_seed_and_leaves_the_batch_alone(name):
    plain, once, again = train({}), train({name: STRONG[name]}), train({name: STRONG[name]})
    assert torch.equal(once, again)
    assert not torch.equal(once, plain)


@pytest.mark.parametrize("name", ["dropout", "spatial_dropout", "dropconnect", "drop_path", "mixup", "cutmix"])
def test_another_seed_draws_other_numbers(name):
    assert not torch.equal(train({name: {}}, seed=1), train({name: {}}, seed=2))


@pytest.mark.parametrize("name", REGULARIZERS)
def test_in_evaluation_the_outputs_are_those_of_the_same_network_without_it(name):
    torch.manual_seed(0)
    model, inputs = Network().eval(), torch.rand(4, 3, 12, 12)
    expected = model(inputs)
    regularizers = make({name: {}})
    built = regularizers.build(copy.deepcopy(model)).eval()
    with regularizers.evaluation():
        assert torch.equal(built(inputs), expected)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_building_it_in_keeps_the_names_and_parameters_a_checkpoint_has(name):
    model = Network()
    names, parameters = list(model.state_dict()), list(model.parameters())
    built = make({name: {}}).build(model)
    assert list(built.state_dict()) == names
    assert all(a is b for a, b in zip(built.parameters(), parameters, strict=True))


def test_all_of_them_train_together():
    everything = {name: {} for name in REGULARIZERS}
    assert torch.isfinite(train(everything)).all()


def test_absent_means_off():
    assert torch.equal(train({}), train({}, seed=5))


def test_their_state_continues_a_run():
    settings = {"ema": {"decay": 0.5}, "early_stopping": {"patience": 2}}
    model = Network()
    first = make(settings)
    first.build(model)
    first.after_step(torch.optim.SGD(model.parameters()))
    with first.evaluation():
        first.end_of_epoch(model, 1, 1.0)
        first.end_of_epoch(model, 2, 2.0)
    second = make(settings)
    second.build(model)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    with second.evaluation():
        assert "epoch 1" in second.end_of_epoch(model, 3, 2.0)
    assert second.state_dict()["ema"]["step"] == 1


def test_a_state_dict_is_loaded_by_torch_with_weights_only(tmp_path):
    model = Network()
    regularizers = make({"ema": {}, "early_stopping": {}})
    regularizers.build(model)
    regularizers.end_of_epoch(model, 1, 1.0)
    torch.save(regularizers.state_dict(), tmp_path / "state.pt")
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    assert state["early_stopping"]["best_epoch"] == 1


def test_a_regularizer_without_hooks_of_its_own_does_nothing():
    inputs, targets = torch.rand(2, 3), torch.tensor([0, 1])
    nothing = Regularizers([])
    assert nothing.batch(inputs, targets, np.random.default_rng(0)) == (inputs, targets)
    assert nothing.penalty() == 0
    assert nothing.end_of_epoch(nn.Linear(1, 1), 1, 1.0) is None


@pytest.mark.parametrize("name", STRENGTHS)
def test_it_is_documented_with_every_setting(name):
    document = (Path(__file__).parents[1] / "docs" / "regularizers.md").read_text(encoding="utf-8")
    _, _, section = document.partition(f"## `{name}`\n")
    section = section.partition("\n## ")[0]
    assert all(f"`{key}`" in section for key in STRENGTHS[name])
    ranges = [setting.interval for setting in STRENGTHS[name].values() if isinstance(setting, Number)]
    assert all(interval in section for interval in ranges)
