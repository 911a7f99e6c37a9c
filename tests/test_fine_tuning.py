"""Starting from another run's weights, and layers that learn more slowly the earlier they are."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from tests.trained import History, trained
from trainer import job
from trainer.config import Config
from trainer.fit.checkpoints.checkpoint import CheckpointError
from trainer.fit.optim import make_optimizer
from trainer.fit.problems.fine_tuning import layers, start_from
from trainer.models import MODELS, build
from trainer.regularizers import make
from trainer.session import work

torch.set_num_threads(1)
SMALL = Config(train_size=120, width=8, epochs=5, lr=0.01, threads=1)
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _own_signals(monkeypatch):
    monkeypatch.setattr("signal.signal", lambda *_: None)


def shape_of(name):
    return (16,) if name == "transformer" else (1, 8, 8)


def test_a_run_starts_where_the_other_was_best(tmp_path, capsys):
    before = trained(tmp_path / "base", SMALL)
    after = trained(tmp_path / "tuned", replace(SMALL, init_from=str(tmp_path / "base"), lr=1e-6, epochs=1))
    assert after[0]["loss/val"] == pytest.approx(min(values["loss/val"] for values in before), rel=1e-3)
    assert f"note: started from {tmp_path / 'base' / 'best.pt'}, epoch 5" in capsys.readouterr().out


def test_a_continued_run_goes_on_from_its_own_weights(tmp_path):
    trained(tmp_path / "base", SMALL)
    config = replace(SMALL, init_from=str(tmp_path / "base"), epochs=2)
    straight = trained(tmp_path / "straight", config)
    trained(tmp_path / "halved", replace(config, epochs=1))
    (tmp_path / "base").rename(tmp_path / "gone")
    job.prepare_again(tmp_path / "halved", epochs=2)
    history = History()
    work(tmp_path / "halved", history)
    assert history.epochs == straight[1:]


@pytest.mark.parametrize("name", ["mlp", "cnn", "vit"])
def test_the_last_layer_is_new_for_another_number_of_classes_and_all_else_is_taken(tmp_path, name):
    theirs, ours = build(name, (1, 8, 8), 10, width=8), build(name, (1, 8, 8), 3, width=8)
    fresh = {key: tensor.clone() for key, tensor in ours.state_dict().items()}
    torch.save({"model": theirs.state_dict(), "epoch": 7}, tmp_path / "best.pt")
    assert "the last layer is new" in start_from(ours, tmp_path)
    new = {key for key, tensor in ours.state_dict().items() if torch.equal(tensor, fresh[key])}
    kept = {key for key, tensor in theirs.state_dict().items() if torch.equal(tensor, ours.state_dict().get(key))}
    head = [key.rpartition(".")[0] for key in fresh][-1]
    assert {f"{head}.weight", f"{head}.bias"} <= new
    assert set(fresh) - kept == {f"{head}.weight", f"{head}.bias"}


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (
            {"width": 9},
            "is 8x64 there and 9x64 here; ask for what that run has: model mlp, width 8, samples as of digits",
        ),
        ({"depth": 3}, "linear3.weight is missing there and 8x8 here"),
        ({"depth": 1}, "linear2.weight is 8x8 there and missing here"),
        ({"model": "cnn"}, "is of another architecture: 0.weight is missing there and 8x1x3x3 here"),
        ({"dataset": "breast_cancer"}, "linear1.weight is 8x64 there and 8x30 here"),
    ],
)
def test_a_network_of_another_architecture_is_refused_before_training(tmp_path, other, sentence):
    trained(tmp_path / "base", replace(SMALL, epochs=1))
    with pytest.raises(CheckpointError) as refused:
        trained(tmp_path / "tuned", replace(SMALL, init_from=str(tmp_path / "base"), **other))
    assert sentence in str(refused.value)
    assert not list((tmp_path / "tuned").glob("events.*"))
    assert job.status(tmp_path / "tuned").state == "failed"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "there is no .*checkpoint.pt; name the folder of a run that has trained"),
        (b"", "is not the checkpoint of a run|or is damaged"),
        (b"PK not really", "is not the checkpoint of a run|or is damaged"),
    ],
)
def test_what_is_no_checkpoint_is_refused(tmp_path, content, sentence):
    if content is not None:
        (tmp_path / "best.pt").write_bytes(content)
    with pytest.raises(CheckpointError, match=sentence):
        start_from(build("mlp", (4,), 2), tmp_path)


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path):
    torch.save({"model": nn.Linear(2, 2), "epoch": 1}, tmp_path / "best.pt")
    with pytest.raises(CheckpointError, match="holds more than weights"):
        start_from(nn.Linear(2, 2), tmp_path)
    torch.save({"model": {"weight": 3}, "epoch": 1}, tmp_path / "best.pt")
    with pytest.raises(CheckpointError, match="is not the checkpoint of a run"):
        start_from(nn.Linear(2, 2), tmp_path)


@pytest.mark.parametrize(("name", "count"), [("mlp", 4), ("cnn", 5), ("vit", 5), ("transformer", 5)])
def test_a_layer_is_a_linear_one_or_a_block_and_holds_every_parameter_once(name, count):
    """Three blocks each, or hidden layers; a first layer before them and the answers after them."""
    model = build(name, shape_of(name), 10, width=8, depth=3)
    found = layers(model)
    assert len(found) == count
    every = [parameter for layer in found for parameter in layer]
    assert len(every) == len(set(every)) == len(list(model.parameters()))
    assert every[-1] is list(model.parameters())[-1]


def test_a_part_that_holds_most_of_a_network_is_made_of_layers():
    backbone = nn.ModuleDict({"stem": nn.Linear(16, 8), "norm": nn.LayerNorm(8), "body": nn.Linear(8, 8)})
    model = nn.ModuleDict({"backbone": backbone, "head": nn.Linear(8, 1)})
    assert [sum(p.numel() for p in layer) for layer in layers(model)] == [136 + 16, 72, 9]


def test_parameters_outside_every_layer_learn_with_the_first():
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))
    model.token = nn.Parameter(torch.zeros(1, 1, 4))
    assert any(parameter is model.token for parameter in layers(model)[0])


@pytest.mark.parametrize("name", MODELS)
def test_each_layer_learns_at_a_share_of_the_next_ones_rate(name):
    model = build(name, shape_of(name), 10, width=8, depth=2)
    regularizers = make({"weight_decay": {"weight_decay": 0.1}})
    optimizer = make_optimizer(regularizers.build(model), Config(model=name, lr=0.1, layer_lr_decay=0.5), regularizers)
    rate = {parameter: group["lr"] for group in optimizer.param_groups for parameter in group["params"]}
    assert set(rate) == set(model.parameters())
    for depth, layer in enumerate(reversed(layers(model))):
        assert {rate[parameter] for parameter in layer} == {0.1 * 0.5**depth}
    assert optimizer.param_groups[0]["lr"] == 0.1


def test_without_a_decay_there_is_one_rate():
    model = build("mlp", (4,), 2)
    assert len(make_optimizer(model, Config()).param_groups) == 1
