"""The loop, its callbacks, and that a continued training is the same as one that was never stopped."""

import errno
import os
import time
from contextlib import contextmanager, nullcontext
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from trainer.config import Config
from trainer.data import load
from trainer.errors import ConfigError
from trainer.files import replacing
from trainer.fit.assemble import make_loop
from trainer.fit.callbacks import EpochLines, LogEpochs, Pace, Supervision, headline
from trainer.fit.checkpoints import checkpoint as checkpoints
from trainer.fit.checkpoints.checkpoint import Checkpoint, CheckpointError
from trainer.fit.device import prepare_torch
from trainer.fit.loop import Callback, Loop
from trainer.fit.optim import make_optimizer
from trainer.fit.problems.pose import pose
from trainer.fit.step import Batches, eval_mode
from trainer.log import EpochLog
from trainer.models import MODELS, build
from trainer.regularizers import Regularizers
from trainer.status import CONTROL, Status, read_status, write_json

torch.set_num_threads(1)
SMALL = Config(train_size=60, batch_size=20, width=8, epochs=6)


def new_loop(config):
    return make_loop(config, pose(config, torch.device("cpu")))


class Recorder(Callback):
    """Writes down the moments it sees."""

    def __init__(self):
        self.seen = []
        for moment in (
            "fit_start",
            "epoch_start",
            "after_backward",
            "batch_end",
            "evaluate",
            "epoch_end",
            "fit_end",
            "close",
        ):
            setattr(self, moment, lambda loop, moment=moment: self.seen.append(moment))


class StopAfter(Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def batch_end(self, loop):
        loop.stopping = loop.epoch == self.epoch


def with_dropout(config):
    """A loop whose steps also draw from torch's own generator."""
    loop = new_loop(config)
    loop.model.dropout1.p = 0.5
    return loop


def run(run_dir, config, *callbacks, loop=None):
    """Train with a log and a checkpoint, as a session does; gives each epoch's values."""
    loop = loop or with_dropout(config)
    checkpoint, history = Checkpoint(run_dir, config.to_dict()), {}
    checkpoint.restore(loop)
    val = load(config).val
    x, y = torch.from_numpy(val.x), torch.from_numpy(val.y)

    class Keep(Callback):
        def epoch_end(self, loop):
            history[loop.epoch] = loop.values

    with EpochLog(run_dir, loop.model, loop.optimizer, cross_entropy, val=[(x, y)]) as log:
        loop.callbacks = [LogEpochs(log), Keep(), checkpoint, *callbacks]
        loop.fit()
    return loop, history


def test_every_moment_comes_in_order():
    recorder = Recorder()
    loop = new_loop(replace(SMALL, epochs=2))
    loop.callbacks = [recorder]
    loop.fit()
    epoch = ["epoch_start", *["after_backward", "batch_end"] * 3, "evaluate", "epoch_end"]
    assert recorder.seen == ["fit_start", *epoch, *epoch, "fit_end", "close"]


def test_what_was_taken_is_given_back_after_an_error():
    class Breaks(Callback):
        def batch_end(self, loop):
            raise RuntimeError("broken")

    recorder = Recorder()
    loop = new_loop(SMALL)
    loop.callbacks = [recorder, Breaks()]
    with pytest.raises(RuntimeError, match="broken"):
        loop.fit()
    assert recorder.seen[-1] == "close"
    assert "fit_end" not in recorder.seen


def test_a_stop_finishes_its_epoch(tmp_path):
    loop, history = run(tmp_path, SMALL, StopAfter(2))
    assert loop.epoch == 2
    assert list(history) == [1, 2]


def test_the_same_seed_gives_the_same_numbers_and_another_one_others(tmp_path):
    first, again = run(tmp_path / "a", SMALL)[1], run(tmp_path / "b", SMALL)[1]
    other = run(tmp_path / "c", replace(SMALL, seed=1))[1]
    assert first == again
    assert first != other


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_continued_training_gives_the_numbers_of_an_uninterrupted_one(tmp_path, optimizer):
    config = replace(SMALL, optimizer=optimizer, lr=0.01)
    straight, whole = run(tmp_path / "straight", config)
    _, first = run(tmp_path / "halved", config, StopAfter(3))
    torch.manual_seed(99)  # what another process would have left behind
    continued, second = run(tmp_path / "halved", config)
    assert {**first, **second} == whole
    for ours, theirs in zip(continued.model.parameters(), straight.model.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_the_checkpoint_opens_with_weights_alone_and_best_holds_the_least_validation_loss(tmp_path):
    loop, history = run(tmp_path, replace(SMALL, lr=0.05, epochs=25))
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    best = torch.load(tmp_path / "best.pt", weights_only=True)
    epoch = min(history, key=lambda epoch: history[epoch]["loss/val"])
    assert epoch < 25
    assert (best["epoch"], best["val_loss"]) == (epoch, history[epoch]["loss/val"])
    assert state["best"] == {"epoch": epoch, "val_loss": best["val_loss"]}
    assert state["epoch"] == 25
    assert Config.from_dict(best["config"]) == replace(SMALL, lr=0.05, epochs=25)
    loop.model.load_state_dict(best["model"])
    val = load(SMALL).val
    with eval_mode(loop.model):
        loss = cross_entropy(loop.model(torch.from_numpy(val.x)), torch.from_numpy(val.y))
    assert loss.item() == pytest.approx(best["val_loss"], rel=1e-5)


def test_a_diverged_validation_loss_is_never_the_best(tmp_path):
    checkpoint = Checkpoint(tmp_path, {})
    loop = new_loop(SMALL)
    for epoch, loss in enumerate([2.0, float("nan"), 1.0, float("nan")], start=1):
        loop.epoch, loop.values = epoch, {"loss/val": loss}
        checkpoint.evaluate(loop)
    assert (checkpoint.best_epoch, checkpoint.best_loss) == (3, 1.0)


def test_a_slow_disk_is_not_written_to_after_every_epoch_but_at_the_end(tmp_path):
    checkpoint = Checkpoint(tmp_path, {})
    loop = new_loop(SMALL)
    loop.epoch = 1
    checkpoint.epoch_end(loop)
    checkpoint.due = time.monotonic() + 1000
    loop.epoch = 2
    checkpoint.epoch_end(loop)
    assert torch.load(tmp_path / "checkpoint.pt")["epoch"] == 1
    checkpoint.fit_end(loop)
    assert torch.load(tmp_path / "checkpoint.pt")["epoch"] == 2


@pytest.mark.parametrize(
    ("number", "waits"),
    [
        (errno.ENOSPC, True),
        (errno.ESTALE, True),
        (errno.EACCES, True),
        (errno.EFBIG, False),
        (errno.ENAMETOOLONG, False),
    ],
)
def test_what_the_disk_may_take_later_is_waited_for_at_the_end(tmp_path, monkeypatch, number, waits):
    attempts = []

    @contextmanager
    def failing(path, *, durable):
        attempts.append(path)
        if len(attempts) < 3:
            raise OSError(number, os.strerror(number), str(path))
        with replacing(path, durable=durable) as file:
            yield file

    monkeypatch.setattr("trainer.fit.checkpoints.checkpoint.replacing", failing)
    checkpoint, loop = Checkpoint(tmp_path, {}, lambda: True), new_loop(SMALL)
    with nullcontext() if waits else pytest.raises(CheckpointError, match=os.strerror(number)):
        checkpoint.fit_end(loop)
    assert (tmp_path / "checkpoint.pt").exists() == waits


@pytest.mark.parametrize("damage", [b"", b"no checkpoint", "cut", "gone"])
def test_a_damaged_checkpoint_is_stood_in_for_by_the_one_before_it(tmp_path, damage):
    whole, history = run(tmp_path / "whole", replace(SMALL, epochs=4))
    run(tmp_path / "run", replace(SMALL, epochs=4), StopAfter(3))
    path = tmp_path / "run" / "checkpoint.pt"
    earlier = torch.load(tmp_path / "run" / "checkpoint-earlier.pt", weights_only=True)["epoch"]
    assert earlier < 3
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:1000] if damage == "cut" else damage)
    checkpoint = Checkpoint(tmp_path / "run", {})
    checkpoint.restore(new_loop(SMALL))
    assert f"goes on from the checkpoint before it, of epoch {earlier}" in checkpoint.note
    continued, later = run(tmp_path / "run", replace(SMALL, epochs=4))
    assert later == {epoch: history[epoch] for epoch in later}
    assert min(later) == earlier + 1
    for ours, theirs in zip(continued.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_checkpoints_that_are_all_damaged_are_refused_with_the_way_out(tmp_path):
    run(tmp_path, replace(SMALL, epochs=2))
    for name in ("checkpoint.pt", "checkpoint-earlier.pt"):
        (tmp_path / name).write_bytes(b"")
    both = (
        r"checkpoint\.pt is damaged .*, and .*checkpoint-earlier\.pt is damaged .*; remove both to train from the start"
    )
    with pytest.raises(CheckpointError, match=both):
        Checkpoint(tmp_path, {}).restore(new_loop(SMALL))
    (tmp_path / "checkpoint-earlier.pt").unlink()
    with pytest.raises(CheckpointError, match="there is no earlier one; remove it to train from the start"):
        Checkpoint(tmp_path, {}).restore(new_loop(SMALL))


def test_a_checkpoint_that_holds_code_is_refused_without_the_advice_to_run_it(tmp_path):
    torch.save({"epoch": 1, "model": Checkpoint}, tmp_path / "checkpoint.pt")
    with pytest.raises(CheckpointError, match="something else than tensors and plain data") as refused:
        Checkpoint(tmp_path, {}).restore(new_loop(SMALL))
    assert "weights_only" not in str(refused.value)


def test_waiting_for_the_disk_takes_a_hundredth_of_the_time_and_the_end_is_always_waited_for(tmp_path, monkeypatch):
    asked = []
    real = checkpoints.save
    monkeypatch.setattr(
        checkpoints, "save", lambda path, *a, **how: (asked.append(how["durable"]), real(path, *a, **how))
    )
    checkpoint, loop = Checkpoint(tmp_path, {}), new_loop(SMALL)
    for loop.epoch in (1, 2, 3):
        checkpoint.due = 0.0
        checkpoint.sync_due = 0.0 if loop.epoch == 1 else time.monotonic() + 1000
        checkpoint.epoch_end(loop)
    earlier = torch.load(tmp_path / "checkpoint-earlier.pt", weights_only=True)["epoch"]
    checkpoint.fit_end(loop)
    assert asked == [True, False, False, True]
    assert earlier == 1  # the last one that was sure to outlast a loss of power


@pytest.mark.parametrize("damage", [b"", b"no checkpoint", None])
def test_a_checkpoint_that_does_not_fit_is_refused_with_the_way_out(tmp_path, damage):
    run(tmp_path, replace(SMALL, epochs=1))
    if damage is not None:
        (tmp_path / "checkpoint.pt").write_bytes(damage)
    wider = new_loop(replace(SMALL, width=9))
    with pytest.raises(CheckpointError, match="remove it to train from the start"):
        Checkpoint(tmp_path, {}).restore(wider)


def test_batches_hold_every_sample_once_and_are_of_nearly_one_size():
    x = torch.arange(33)
    batches = Batches(x, x, 32, order=torch.Generator().manual_seed(0))
    first, second = (list(batches) for _ in range(2))
    assert [len(x) for x, _ in first] == [17, 16]
    assert sorted(torch.cat([x for x, _ in first]).tolist()) == list(range(33))
    assert not torch.equal(first[0][0], second[0][0])
    assert len(batches) == 2


def test_batches_without_an_order_keep_the_samples_as_they_are():
    x = torch.arange(10)
    assert torch.equal(torch.cat([part for part, _ in Batches(x, x, 3)]), x)


def test_a_line_is_printed_for_each_epoch(capsys):
    loop = new_loop(SMALL)
    loop.epoch, loop.values = 3, {"loss/train": 0.5, "loss/val": float("nan"), "optim/lr": 0.1}
    EpochLines().epoch_end(loop)
    assert capsys.readouterr().out == "epoch 3/6  loss/train 0.5  loss/val nan\n"
    assert headline({}) == ""


def supervised(run_dir, *callbacks, pace=0.0, epochs=3):
    supervision = Supervision(run_dir, Status("starting", pid=1, epochs=epochs))
    loop = new_loop(replace(SMALL, epochs=epochs))
    loop.callbacks = [*callbacks, supervision, Pace(pace, supervision)]
    return loop, supervision


def test_the_status_counts_finished_epochs_and_ends_finished(tmp_path):
    seen = []

    class Look(Callback):
        def epoch_start(self, loop):
            seen.append(read_status(tmp_path))

    loop, _ = supervised(tmp_path, Look())
    loop.fit()
    assert [(status.state, status.epoch) for status in seen] == [("running", 0), ("running", 1), ("running", 2)]
    end = read_status(tmp_path)
    assert (end.state, end.epoch, end.epochs) == ("finished", 3, 3)


def test_a_stop_that_is_asked_before_the_first_epoch_trains_none(tmp_path):
    loop, supervision = supervised(tmp_path)
    supervision.stop()
    loop.fit()
    assert (read_status(tmp_path).state, read_status(tmp_path).epoch) == ("stopped", 0)


def test_a_stop_ends_the_wait_for_the_next_epoch(tmp_path):
    class Ask(Callback):
        def epoch_end(self, loop):
            write_json(tmp_path / CONTROL, {"wish": "stop"})

    loop, _ = supervised(tmp_path, Ask(), pace=3600.0)
    loop.fit()
    assert (read_status(tmp_path).state, loop.epoch) == ("stopped", 1)


def test_a_signal_is_not_overruled_by_an_older_wish_to_pause(tmp_path):
    loop, supervision = supervised(tmp_path)
    write_json(tmp_path / CONTROL, {"wish": "pause"})
    supervision.stop()
    loop.fit()
    assert read_status(tmp_path).state == "stopped"


def test_a_status_that_cannot_be_written_does_not_end_the_training(tmp_path):
    loop, _ = supervised(tmp_path)
    loop.callbacks[0].run_dir = tmp_path / "gone"
    loop.fit()
    assert loop.epoch == 3


def test_a_device_that_is_not_there_is_refused_with_those_that_are():
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    with pytest.raises(ConfigError, match=r"torch finds only .*cpu here"):
        prepare_torch(Config(device="cuda"))
    assert prepare_torch(Config(device="cpu", threads=1)) == torch.device("cpu")


@pytest.mark.parametrize("name", MODELS)
def test_every_model_takes_its_samples_and_gives_a_number_a_class(name):
    samples = torch.zeros(2, 16, dtype=torch.long) if name == "transformer" else torch.zeros(2, 1, 8, 8)
    outputs = build(name, samples.shape[1:], 10, width=8, depth=1)(samples)
    assert outputs.shape == ((2, 10, 16) if name == "transformer" else (2, 10))


def test_depth_and_width_are_those_asked_for():
    model = build("mlp", (30,), 2, width=7, depth=3)
    assert [tuple(layer.weight.shape) for layer in model if isinstance(layer, nn.Linear)] == [
        (7, 30),
        (7, 7),
        (7, 7),
        (2, 7),
    ]


@pytest.mark.parametrize("name", ["adam", "sgd"])
def test_the_optimizer_steps_as_torch_s_own(name):
    x, y = torch.randn(8, 1, 8, 8), torch.arange(8)
    ours, theirs = (build("mlp", (1, 8, 8), 10, width=8) for _ in range(2))
    theirs.load_state_dict(ours.state_dict())
    config = Config(optimizer=name, lr=0.05)
    plain = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[name]
    kwargs = {"momentum": 0.9} if name == "sgd" else {}
    for model, optimizer in (
        (ours, make_optimizer(ours, config)),
        (theirs, plain(theirs.parameters(), lr=0.05, **kwargs)),
    ):
        loop = Loop(model, optimizer, cross_entropy, batches=Batches(x, y, 8), epochs=3, regularizers=Regularizers([]))
        loop.fit()
    for mine, torchs in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine, torchs, rtol=1e-4, atol=1e-6)
