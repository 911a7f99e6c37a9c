"""What an epoch leaves in the event file, by its definition."""

import doctest
import errno
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss
from torch.utils.data import DataLoader, TensorDataset

from diagnostics import open_logs, setup_of
from diagnostics.signals.sparsity import TOLERANCE, sparsity
from trainer.fit.step import Batches, evaluate
from trainer.log import EpochLog, to_host
from trainer.measure import event_writer, weights
from trainer.measure.event_writer import EventWriter, WriteError
from trainer.measure.weights import WeightMeter

torch.set_num_threads(1)


def events(run_dir):
    return [event for path in sorted(Path(run_dir).glob("*tfevents*")) for event in EventFileLoader(str(path)).Load()]


def scalars(run_dir):
    """Tag -> step -> value."""
    found = {}
    for event in events(run_dir):
        for value in event.summary.value:
            if value.metadata.plugin_data.plugin_name in ("scalars", ""):
                found.setdefault(value.tag, {})[event.step] = value.tensor.float_val[0]
    return found


def network():
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Linear(4, 8), nn.LayerNorm(8), nn.Dropout(0.5), nn.ReLU(), nn.Linear(8, 3))
    with torch.no_grad():
        layers[0].weight[0] = 0
    return layers


def data(n=12):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(n, 4, generator=generator), torch.randint(3, (n,), generator=generator)


def one_epoch(run_dir, model, **options):
    """Three batches of sizes 5, 5, 2 from a loop of one's own; gives the log's values and what was seen on the way."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x, y = data()
    losses, norms = [], []
    with EpochLog(run_dir, model, optimizer, cross_entropy, **options) as log:
        for part_x, part_y in zip(x.split(5), y.split(5), strict=True):
            loss = cross_entropy(model(part_x), part_y)
            optimizer.zero_grad()
            loss.backward()
            log.step(loss, len(part_x))
            losses.append(loss.item())
            norms.append(torch.cat([p.grad.flatten() for p in model.parameters()]).norm().item())
            optimizer.step()
        return log.epoch(1), losses, norms


def test_train_loss_is_the_mean_over_samples_not_over_batches(tmp_path):
    values, losses, _ = one_epoch(tmp_path, network())
    assert values["loss/train"] == pytest.approx(np.average(losses, weights=[5, 5, 2]), rel=1e-6)


def test_the_learning_rate_is_summed_over_steps_and_the_gradient_norm_averaged(tmp_path):
    values, _, norms = one_epoch(tmp_path, network())
    assert values["optim/lr"] == 0.1
    assert values["optim/lr_sum"] == pytest.approx(0.3)
    assert values["optim/grad_norm"] == pytest.approx(np.mean(norms), rel=1e-5)


def test_fewer_gradients_are_measured_when_asked(tmp_path):
    values, _, norms = one_epoch(tmp_path, network(), grad_norm_every=2)
    assert values["optim/grad_norm"] == pytest.approx((norms[0] + norms[2]) / 2, rel=1e-5)


def test_clean_loss_and_accuracy_are_those_of_eval_mode_and_leave_the_mode_as_it_was(tmp_path):
    model = network()
    x, y = data(7)
    model[2].eval()  # a part a person froze stays frozen
    values, _, _ = one_epoch(tmp_path, model, train_clean=[(x[:3], y[:3]), (x[3:], y[3:])], val=[(x, y)])
    assert model.training
    assert not model[2].training
    model.eval()
    outputs = model(x)
    assert values["loss/train_clean"] == pytest.approx(cross_entropy(outputs, y).item(), rel=1e-5)
    assert values["loss/val"] == pytest.approx(values["loss/train_clean"], rel=1e-5)
    assert values["accuracy/val"] == pytest.approx((outputs.argmax(1) == y).float().mean().item())


def test_norms_cover_matrices_only_in_all_and_per_layer(tmp_path):
    model = network()
    before = [model[0].weight.detach().clone(), model[4].weight.detach().clone()]
    values, _, _ = one_epoch(tmp_path, model)
    weights = [model[0].weight.detach(), model[4].weight.detach()]
    every = torch.cat([weight.flatten() for weight in weights])
    moved = torch.cat([(new - old).flatten() for new, old in zip(weights, before, strict=True)])
    assert values["weights/l2_norm"] == pytest.approx(every.norm().item(), rel=1e-5)
    assert values["weights/l1_norm"] == pytest.approx(every.abs().sum().item(), rel=1e-5)
    assert values["weights/4/l2_norm"] == pytest.approx(weights[1].norm().item(), rel=1e-5)
    assert values["optim/update_norm"] == pytest.approx(moved.norm().item(), rel=1e-4)
    layers = {tag.split("/")[1] for tag in values if tag.count("/") == 2}
    assert layers == {"0", "4"}


def test_zeros_are_exact_and_sparsity_is_relative_to_the_layer():
    model = nn.Linear(10, 10, bias=False)
    with torch.no_grad():
        model.weight.fill_(100.0)
        model.weight[0] = 0.0
        model.weight[1] = 0.5  # under 1 % of the root mean square of about 90
    values = to_host(WeightMeter(model).measure())
    assert values["weights/zeros"] == pytest.approx(0.1)
    assert values["weights/sparsity"] == pytest.approx(0.2)


def test_the_trainer_and_the_diagnostics_count_sparse_weights_alike():
    model = nn.Linear(50, 40, bias=False)
    with torch.no_grad():
        model.weight[:7] = 0.0
        model.weight[7:15] *= 0.02
    values = to_host(WeightMeter(model).measure())
    expected = sparsity(model.weight.detach().numpy())
    assert 0.175 < expected.near < 0.375  # some of the rescaled weights lie on each side of the tolerance
    assert (values["weights/zeros"], values["weights/sparsity"]) == pytest.approx(expected)
    assert TOLERANCE == weights.TOLERANCE


def test_a_network_of_zeros_or_without_numbers_is_all_sparse_or_not_at_all():
    model = nn.Linear(3, 3, bias=False)
    for fill, zeros, small in ((0.0, 1.0, 1.0), (float("nan"), 0.0, 0.0)):
        nn.init.constant_(model.weight, fill)
        values = to_host(WeightMeter(model).measure())
        assert (values["weights/zeros"], values["weights/sparsity"]) == (zeros, small)


def test_the_l1_norm_of_millions_of_weights_is_exact_and_the_l2_norm_nearly():
    model = nn.Linear(2048, 2048, bias=False)
    values = to_host(WeightMeter(model).measure())
    weight = model.weight.detach().double()
    assert values["weights/l1_norm"] == pytest.approx(weight.abs().sum().item(), rel=1e-5)
    assert values["weights/l2_norm"] == pytest.approx(weight.norm().item(), rel=1e-3)


def test_update_norm_counts_from_the_last_epoch():
    model = nn.Linear(2, 2, bias=False)
    meter = WeightMeter(model)
    for _ in range(2):
        with torch.no_grad():
            model.weight += 1.0
        assert float(meter.measure()["optim/update_norm"]) == pytest.approx(2.0)
    assert float(meter.measure()["optim/update_norm"]) == 0.0


def test_an_epoch_comes_to_the_host_in_one_transfer(tmp_path, monkeypatch):
    model, (x, y) = network(), data()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    transfers = []
    for name in ("tolist", "item", "cpu", "numpy", "__float__", "__int__", "__bool__", "__index__", "__array__"):
        plain = getattr(torch.Tensor, name)
        monkeypatch.setattr(
            torch.Tensor, name, lambda *a, name=name, plain=plain, **k: (transfers.append(name), plain(*a, **k))[1]
        )
    with EpochLog(tmp_path, model, optimizer, cross_entropy, train_clean=[(x, y)], val=[(x, y), (x, y)]) as log:
        for _ in range(4):
            loss = cross_entropy(model(x), y)
            loss.backward()
            log.step(loss, len(x))
        log.epoch(1)
        assert transfers == ["tolist"]


def test_the_file_holds_what_was_measured_at_its_epoch(tmp_path):
    values, _, _ = one_epoch(tmp_path, network(), val=[data()])
    written = scalars(tmp_path)
    assert {tag: pytest.approx(steps[1], rel=1e-6) for tag, steps in written.items()} == values


def test_the_file_is_readable_after_every_epoch_before_it_is_closed(tmp_path):
    writer = EventWriter(tmp_path)
    for step in (1, 2, 3):
        writer.scalars(step, {"a": step / 2, "b": float("nan")})
        assert scalars(tmp_path)["a"] == {n: n / 2 for n in range(1, step + 1)}
    assert np.isnan(scalars(tmp_path)["b"][3])
    writer.close()


def test_one_session_writes_one_file_and_the_next_another(tmp_path):
    for step in (1, 2):
        with EventWriter(tmp_path) as writer:
            writer.scalars(step, {"a": 1.0})
            writer.scalars(step, {"b": 1.0})
    assert len(list(tmp_path.iterdir())) == 2


def test_the_configuration_is_there_as_text_and_as_hyperparameters(tmp_path):
    one_epoch(tmp_path, network(), config={"model": "mlp", "lr": 0.1, "train_size": None, "quick": True})
    found = {value.tag: value for event in events(tmp_path) for value in event.summary.value}
    assert '"lr": 0.1' in found["config"].tensor.string_val[0].decode()
    content = found["_hparams_/session_start_info"].metadata.plugin_data.content
    hparams = HParamsPluginData.FromString(content).session_start_info.hparams
    assert hparams["model"].string_value == "mlp"
    assert hparams["lr"].number_value == 0.1
    assert hparams["quick"].bool_value is True
    assert "train_size" not in hparams


@pytest.mark.parametrize(
    "val",
    [
        [(torch.zeros(4, 4), torch.zeros(4, 3))] * 3,
        Batches(torch.zeros(12, 4), torch.zeros(12, 3), 5),
        DataLoader(TensorDataset(torch.zeros(12, 4), torch.zeros(12, 3)), batch_size=5),
    ],
    ids=["list", "Batches", "DataLoader"],
)
def test_the_number_of_classes_and_of_validation_samples_is_there_for_a_reader(tmp_path, val):
    model = nn.Linear(4, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with EpochLog(tmp_path, model, optimizer, mse_loss, val=val, classes=3, config={}) as log:
        log.epoch(1)
    (run,) = open_logs(tmp_path).runs.values()
    assert (run.hparams["val_samples"], run.hparams["classes"]) == (12.0, 3.0)


@pytest.mark.parametrize(
    ("optimizer", "options", "expected"),
    [
        (torch.optim.AdamW, {"weight_decay": 0.1}, ("adamw", 0.0, 0.1)),
        (torch.optim.Adam, {}, ("adam", 0.0, 0.0)),
        (torch.optim.SGD, {"momentum": 0.9, "weight_decay": 5e-4}, ("sgd", 0.9, 5e-4)),
        (torch.optim.RMSprop, {}, ("rmsprop", 0.0, 0.0)),
    ],
    ids=["AdamW", "Adam", "SGD", "RMSprop"],
)
def test_the_network_and_the_optimizer_are_there_for_a_reader(tmp_path, optimizer, options, expected):
    model = network()
    with EpochLog(tmp_path / "run", model, optimizer(model.parameters(), lr=0.1, **options), cross_entropy) as log:
        log.epoch(1)
    (run,) = open_logs(tmp_path).runs.values()
    known = setup_of(run, tmp_path)
    assert (known.optimizer, known.momentum, known.strengths["weight_decay"]) == (
        *expected[:2],
        pytest.approx(expected[2]),
    )
    assert known.architecture == "mlp"


def test_a_regression_has_no_accuracy():
    loss, accuracy = evaluate(nn.Linear(4, 1), mse_loss, [(torch.zeros(3, 4), torch.zeros(3, 1))])
    assert accuracy is None
    assert loss.ndim == 0


def test_a_model_without_matrices_is_logged_all_the_same(tmp_path):
    model = nn.LayerNorm(4)
    with EpochLog(tmp_path, model, torch.optim.SGD(model.parameters(), lr=1.0), mse_loss) as log:
        assert log.epoch(1)["optim/update_norm"] == 0.0


FULL = """
import sys
from trainer.measure.event_writer import EventWriter, WriteError
writer = EventWriter(sys.argv[1])
for step in range(1, 1000):
    try:
        writer.scalars(step, {f"tag{n}": 1.0 for n in range(20)})
    except WriteError as error:
        print(step, error)
        break
"""


def test_a_full_disk_is_a_sentence_and_what_was_written_stays_whole(tmp_path):
    """A limit on the file's size stands for the end of the disk: the last record is cut in the middle."""
    child = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_001, 10_001)),
        capture_output=True,
        text=True,
        check=True,
    )
    step, _, sentence = child.stdout.partition(" ")
    assert "cannot write to" in sentence
    assert "Make room" in sentence
    assert scalars(tmp_path)["tag19"] == dict.fromkeys(range(1, int(step)), 1.0)
    assert set(scalars(tmp_path)["tag0"]) == set(scalars(tmp_path)["tag19"])


@pytest.mark.parametrize("loss", ["file", "folder", "cut", "replaced"])
@pytest.mark.parametrize("kept", [2**24, 0], ids=["from memory", "from the file without a name"])
def test_a_file_that_was_lost_is_written_again_at_the_next_epoch(tmp_path, monkeypatch, loss, kept):
    if loss == "cut" and not kept:
        return  # what was cut off is nowhere any more
    monkeypatch.setattr(event_writer, "KEPT", kept)
    folder = tmp_path / "run"
    with EventWriter(folder) as writer:
        writer.scalars(1, {"a": 1.0})
        writer.scalars(2, {"a": 2.0})
        if loss == "folder":
            shutil.rmtree(folder)
        elif loss == "cut":
            os.truncate(writer.path, 10)
        else:
            writer.path.unlink()
        if loss == "replaced":
            writer.path.write_bytes(b"something else, and longer than what was there before" * 9)
        writer.scalars(3, {"a": 3.0})
        writer.scalars(4, {"a": 4.0})
    assert scalars(folder)["a"] == {step: float(step) for step in range(1, 5)}
    assert len(list(folder.iterdir())) == 1


def test_a_patient_log_keeps_what_the_disk_does_not_take_and_tries_again(tmp_path):
    writer = EventWriter(tmp_path, patient=True)
    writer.scalars(1, {"a": 1.0})
    full = SimpleNamespace(fileno=writer._file.fileno, truncate=writer._file.truncate, seek=writer._file.seek)
    full.write = lambda content: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left on device"))
    real, writer._file = writer._file, full
    writer.scalars(2, {"a": 2.0})
    assert "No space left on device" in writer.trouble
    assert writer.may_pass
    assert scalars(tmp_path)["a"] == {1: 1.0}
    writer._file = real
    writer.scalars(3, {"a": 3.0})
    assert writer.trouble == ""
    assert scalars(tmp_path)["a"] == {1: 1.0, 2: 2.0, 3: 3.0}
    writer.close()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda log: log.step("low", 4), "found 'low' as loss, needed a number"),
        (lambda log: log.step(torch.ones(4), 4), r"found a loss of shape \(4,\), needed one number.*loss.mean\(\)"),
        (
            lambda log: log.step(torch.ones(()), 0),
            "found 0 as samples, needed a whole number: how many samples the batch",
        ),
        (lambda log: log.step(torch.ones(()), 2.5), "found 2.5 as samples, needed a whole number"),
        (lambda log: log.epoch("a"), "found 'a' as epoch, needed a whole number: which epoch has ended"),
        (lambda log: log.epoch(-1), "found -1 as epoch"),
        (lambda log: log.epoch(True), "found True as epoch"),
        (lambda log: log.epoch(1, {"loss/val": "low"}), "found 'low' as loss/val, needed a number"),
    ],
)
def test_what_cannot_be_logged_is_a_sentence_and_logs_nothing(tmp_path, call, sentence):
    model = network()
    log = EpochLog(tmp_path, model, torch.optim.SGD(model.parameters(), lr=0.1))
    with log, pytest.raises(ValueError, match=sentence):
        call(log)
    assert "loss/train" not in scalars(tmp_path)


def test_a_log_may_be_closed_twice_and_takes_nothing_after_that(tmp_path):
    model = network()
    with EpochLog(tmp_path, model, torch.optim.SGD(model.parameters(), lr=0.1)) as log:
        log.epoch(1, {"loss/val": 0.5})
        log.close()
        with pytest.raises(ValueError, match=r"found epoch\(\) after close\(\).*call close\(\) last"):
            log.epoch(2, {"loss/val": 0.4})
        with pytest.raises(ValueError, match=r"found note\(\) after close\(\)"):
            log.note("text", "too late")
        with pytest.raises(ValueError, match=r"found step\(\) after close\(\)"):
            log.step(0.5, samples=4)
    assert scalars(tmp_path)["loss/val"] == {1: 0.5}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"optimizer": []}, "found an empty list as optimizer"),
        ({"optimizer": None}, "found None as optimizer"),
        ({"optimizer": ["sgd"]}, "found a value of type str as optimizer"),
        ({"model": None}, "found None as model"),
        ({"grad_norm_every": 0}, "found 0 as grad_norm_every, needed a whole number"),
        ({"grad_norm_every": -1}, "found -1 as grad_norm_every"),
        ({"grad_norm_every": 1.5}, "found 1.5 as grad_norm_every"),
        ({"run_dir": ""}, "found '' as run_dir"),
        ({"run_dir": None}, "found None as run_dir"),
        ({"config": ["lr"]}, "found a value of type list as config, needed a mapping"),
        ({"config": {1: "lr"}}, "found 1 as a name in config"),
        ({"strengths": {"dropout": "much"}}, "found 'much' as the strength of dropout, needed a number"),
        ({"strengths": {"dropout": float("nan")}}, "found nan as the strength of dropout, needed a finite number"),
        ({"strengths": 0.1}, "found a value of type float as strengths"),
        ({"classes": "ten"}, "found 'ten' as classes, needed a whole number"),
        ({"classes": -1}, "found -1 as classes"),
    ],
)
def test_an_argument_that_means_nothing_is_a_sentence_before_a_file_is_begun(
    tmp_path, monkeypatch, arguments, sentence
):
    monkeypatch.chdir(tmp_path)
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match=sentence):
        EpochLog(**({"run_dir": "run", "model": model, "optimizer": optimizer} | arguments))
    assert list(tmp_path.iterdir()) == []


def test_a_loss_may_be_a_number_and_an_epoch_any_whole_one(tmp_path):
    model = network()
    with EpochLog(tmp_path, model, torch.optim.SGD(model.parameters(), lr=0.1)) as log:
        log.step(1.0, 3)
        log.step(torch.tensor([2.0]), np.int64(1))
        log.epoch(np.int64(7), {"loss/val": np.float32(0.5)})
    assert scalars(tmp_path)["loss/train"] == {7: 1.25}
    assert scalars(tmp_path)["loss/val"] == {7: 0.5}


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="choose another folder"):
        EventWriter(tmp_path / "file" / "run")


def test_the_example_of_the_docstring_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"EpochLog": EpochLog, "torch": torch}
    (example,) = doctest.DocTestFinder(recurse=False).find(EpochLog, "EpochLog", globs=names)
    assert doctest.DocTestRunner().run(example).failed == 0
    (run,) = open_logs("runs").runs.values()
    assert len(run.train) == len(run.val) == 3


def test_what_is_logged_after_the_clock_was_set_back_comes_after_what_was_there(tmp_path, monkeypatch):
    real = 1e9  # long before the files are written: what the file system says of them counts, too
    monkeypatch.setattr(event_writer.time, "time", lambda: real)
    for steps, back in ((range(1, 6), 0.0), (range(4, 11), 3600.0), (range(8, 13), 7200.0)):
        real = 1e9 - back
        with EventWriter(tmp_path) as writer:
            for step in steps:
                real += 1 if step != 9 else -60
                writer.scalars(step, {"loss/train": 1.0 / step, "loss/val": step + back})
    (run,) = open_logs(tmp_path).runs.values()
    assert run.val.steps.tolist() == list(range(1, 13))
    later = [3600.0] * 4 + [7200.0] * 5
    assert run.val.values.tolist() == [1, 2, 3, *(step + back for step, back in enumerate(later, start=4))]
    assert (np.diff(run.val.wall_times) >= 0).all()
