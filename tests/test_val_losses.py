"""The loss of every validation sample under the best weights: what it is, and that it never fails a training."""

import sys
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss
from torch.utils.data import TensorDataset

from tests.trained import History, trained
from trainer import job
from trainer.config import Config
from trainer.fit.best_weights.val_losses import sample_losses
from trainer.own_code import trust
from trainer.session import work
from trainer.status import VAL_LOSSES, read_status

torch.set_num_threads(1)
SMALL = Config(train_size=60, batch_size=20, width=8, epochs=25, lr=0.05)
TEXT = Config(dataset="text", model="transformer", train_size=40, width=16, depth=1, epochs=2)
STOPPED = Config(train_size=60, lr=0.05, epochs=200, regularizers={"early_stopping": {"patience": 3}})
AVERAGED = Config(train_size=60, width=8, lr=0.05, epochs=5, regularizers={"ema": {"decay": 0.9}})


class Weighted(nn.Module):
    """A loss of one's own without a way to leave it unreduced."""

    def __init__(self):
        super().__init__()
        self.register_buffer("weight", torch.tensor([1.0, 3.0, 0.5]))

    def forward(self, outputs, targets):
        return cross_entropy(outputs, targets, self.weight)


class Named(nn.Module):
    """Says that it has a reduction, and has none."""

    reduction = "mean"

    def forward(self, outputs, targets):
        return cross_entropy(outputs, targets)


def a_pair(outputs, targets):
    return mse_loss(outputs[0], targets) + 0.1 * outputs[1].square().mean()


class Pair(nn.Linear):
    def forward(self, x):
        outputs = super().forward(x)
        return outputs, outputs.sum(1)


def problem(monkeypatch, make):
    module = ModuleType("a_problem")
    module.make = make
    monkeypatch.setitem(sys.modules, "a_problem", module)
    trust("a_problem:make")
    return Config(dataset="a_problem:make", epochs=3, batch_size=16, lr=0.05)


def factory(loss_fn, *, pair=False):
    def samples(n):
        x = torch.randn(n, 4)
        return TensorDataset(x, x[:, :3] ** 2 if pair else torch.randint(3, (n,)))

    return lambda: ((Pair if pair else nn.Linear)(4, 3), (samples(48), samples(31)), loss_fn)


def best_of(history):
    values = [values["loss/val"] for values in history]
    return int(np.argmin(values)) + 1, min(values)


def written(run_dir):
    with np.load(run_dir / VAL_LOSSES) as file:
        return file["losses"], int(file["epoch"]), str(file["digest"])


@pytest.mark.parametrize("config", [SMALL, TEXT, STOPPED, AVERAGED], ids=["classes", "text", "stopped early", "ema"])
def test_their_mean_is_the_validation_loss_of_the_best_epoch(tmp_path, config):
    epoch, loss = best_of(trained(tmp_path / "run", config))
    losses, of_epoch, _ = written(tmp_path / "run")
    assert losses.dtype == np.float32
    assert of_epoch == epoch
    assert losses.mean() == pytest.approx(loss, rel=1e-4)
    assert losses.std() > 0


@pytest.mark.parametrize(
    "loss_fn",
    [
        nn.CrossEntropyLoss(weight=torch.tensor([1.0, 3.0, 0.5])),
        nn.CrossEntropyLoss(label_smoothing=0.1),
        cross_entropy,
        Weighted(),
        Named(),
        a_pair,
    ],
    ids=["weighted", "smoothed", "function", "own", "misnamed", "two outputs"],
)
def test_any_loss_of_one_s_own_will_do(tmp_path, monkeypatch, loss_fn):
    config = problem(monkeypatch, factory(loss_fn, pair=loss_fn is a_pair))
    epoch, loss = best_of(trained(tmp_path / "run", config))
    losses, of_epoch, _ = written(tmp_path / "run")
    assert (len(losses), of_epoch) == (31, epoch)
    assert losses.mean() == pytest.approx(loss, rel=1e-4)


def test_each_is_the_loss_of_the_sample_alone():
    torch.manual_seed(0)
    model, x, y = nn.Linear(4, 2), torch.randn(7, 4), torch.randn(7, 2)
    best = {name: tensor + 1 for name, tensor in model.state_dict().items()}
    before = [parameter.clone() for parameter in model.parameters()]
    losses, _ = sample_losses(model, best, nn.MSELoss(), [(x[:4], y[:4]), (x[4:], y[4:])])
    assert all(torch.equal(*pair) for pair in zip(before, model.parameters(), strict=True))
    model.load_state_dict(best)
    expected = [mse_loss(model(x[i]), y[i]).item() for i in range(7)]
    assert losses.tolist() == pytest.approx(expected, rel=1e-5)


def test_the_digest_is_that_of_the_targets_however_they_are_cut_into_batches():
    x, y, model = torch.randn(6, 4), torch.tensor([0, 1, 2, 0, 1, 2]), nn.Linear(4, 3)
    state, loss_fn = model.state_dict(), nn.CrossEntropyLoss()

    def digest(data):
        return sample_losses(model, state, loss_fn, data)[1]

    whole = digest([(x, y)])
    assert digest([(x[:1], y[:1]), (x[1:], y[1:])]) == whole
    assert digest([(x, y.flip(0))]) != whole
    assert digest([(x[:5], y[:5])]) != whole


def test_runs_with_other_settings_have_the_samples_of_validation_in_common(tmp_path):
    trained(tmp_path / "a", SMALL)
    trained(tmp_path / "b", Config(train_size=80, width=12, epochs=2, label_noise=0.2, regularizers={"dropout": {}}))
    trained(tmp_path / "c", Config(train_size=60, width=8, epochs=2, seed=1))
    a, b, c = (written(tmp_path / name)[2] for name in "abc")
    assert a == b != c


def test_a_continued_training_writes_them_anew(tmp_path):
    history = trained(tmp_path / "run", Config(train_size=60, width=8, epochs=2))
    first = written(tmp_path / "run")
    job.prepare_again(tmp_path / "run", epochs=5)
    more = History()
    work(tmp_path / "run", more)
    losses, epoch, digest = written(tmp_path / "run")
    best_epoch, loss = best_of([*history, *more.epochs])
    assert first[1] < epoch == best_epoch
    assert losses.mean() == pytest.approx(loss, rel=1e-4)
    assert digest == first[2]


def refused(outputs, targets):
    if len(targets) == 1:
        raise ValueError("one sample has no variance")
    return (cross_entropy(outputs, targets, reduction="none")).var()


def test_a_loss_that_no_sample_has_alone_is_said_and_fails_nothing(tmp_path, monkeypatch, capsys):
    trained(tmp_path / "run", problem(monkeypatch, factory(refused)))
    assert read_status(tmp_path / "run").state == "finished"
    assert not (tmp_path / "run" / VAL_LOSSES).exists()
    assert "note: no val_losses.npz: one sample has no variance" in capsys.readouterr().out


def test_a_full_disk_fails_nothing_and_leaves_no_half_of_a_file(tmp_path, monkeypatch):
    def full(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    trained(tmp_path / "run", SMALL)
    assert read_status(tmp_path / "run").state == "finished"
    assert not list((tmp_path / "run").glob("val_losses*"))


def test_a_training_without_a_best_epoch_has_none(tmp_path, monkeypatch, capsys):
    def nowhere(outputs, targets):
        return cross_entropy(outputs, targets) * float("nan")

    trained(tmp_path / "run", problem(monkeypatch, factory(nowhere)))
    assert not (tmp_path / "run" / VAL_LOSSES).exists()
    assert "note" not in capsys.readouterr().out
