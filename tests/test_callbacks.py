"""The callbacks, in real programs: the verdict is there, advice knows everything, a training can be stopped."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from diagnostics import diagnose_run, open_logs, setup_of
from tests.callback_programs import EPOCHS, PROGRAMS
from tests.loopback import ALONE, LOOPBACK

WAYS = {name: {"whole": [], "stopping": ["stop"], "repaired": ["repair", "stop"]} for name in PROGRAMS}
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module", params=PROGRAMS)
def logdir(request, tmp_path_factory):
    """The logs of a program that trains to its end and of one that may stop."""
    pytest.importorskip(request.param, reason=f"{request.param} is not installed")
    folder = tmp_path_factory.mktemp(request.param)
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.callback_programs", request.param, str(folder / name), *words],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": "torch", "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name, words in WAYS[request.param].items()
    ]
    said = [child.communicate(timeout=600)[0] for child in children]
    assert not any(child.returncode for child in children), said
    return folder


def run_of(logdir, name):
    return open_logs(logdir / name).runs["."]


def test_the_training_is_found_to_overfit(logdir):
    run = run_of(logdir, "whole")
    assert list(run.val.steps) == list(range(1, EPOCHS + 1))
    assert len(run.train) == EPOCHS
    assert diagnose_run(run).verdict == "overfitting"


def test_advice_knows_all_it_asks_for(logdir):
    setup = setup_of(run_of(logdir, "whole"), logdir / "whole")
    assert (setup.optimizer, setup.architecture, setup.momentum) == ("adamw", "mlp", 0.0)
    assert setup.strengths["dropout"] == pytest.approx(0.1)
    assert setup.strengths["weight_decay"] == pytest.approx(0.02)
    np.testing.assert_allclose(setup.steps, 3 * np.arange(1, EPOCHS + 1))
    np.testing.assert_allclose(setup.lr, 0.01, rtol=1e-5)
    assert setup.l2_norm is not None


def test_it_stops_when_asked_and_says_why(logdir):
    run = run_of(logdir, "stopping")
    assert 3 <= len(run.val) < EPOCHS
    assert "overfits" in run.texts["early_stopping"]


def test_it_goes_back_and_on_with_a_dose_when_asked_and_the_log_says_so(logdir):
    goes_back_and_on(run_of(logdir, "repaired"))


def goes_back_and_on(run):
    back, best = (int(run.tagged("repair/best_epoch").steps[0]), int(run.tagged("repair/best_epoch").values[0]))
    assert best < back < len(run.val)
    assert f"After epoch {back} back to the weights of epoch {best}, and on with dropout" in run.texts["repair"]
    dropout = run.tagged("strength/dropout")
    before, after = dropout.values[dropout.steps <= back], dropout.values[dropout.steps > back]
    assert set(before.round(3)) == {0.1}
    assert set(after.round(3)) > {0.1} or min(after) > 0.1
    assert run.val.values[run.val.steps == back + 1] < run.val.values[run.val.steps == back]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["train_loss", "val_loss", "val_acc"], {"loss/val": "val_loss", "accuracy/val": "val_acc"}),
        (["valid_loss", "valid_loss_epoch", "valid_loss_step"], {"loss/val": "valid_loss"}),
        (["val/ce", "val/loss", "val/f1"], {"loss/val": "val/loss"}),
        (["val_loss/dataloader_idx_0", "val_loss/dataloader_idx_1"], {"loss/val": "val_loss/dataloader_idx_0"}),
        (["loss", "train_acc", "test_loss", "val_box_loss", "best_val_loss"], {}),
    ],
)
def test_the_names_of_a_modules_validation_are_found(names, found):
    pytest.importorskip("lightning", reason="lightning is not installed")
    from fitwatch.lightning import names_of_validation

    assert names_of_validation(names) == found


def in_two_processes(folder, framework, *words):
    """The log of a program that trains with DDP."""
    pytest.importorskip(framework, reason=f"{framework} is not installed")
    launch = [sys.executable, "-m", "torch.distributed.run", *ALONE, "--nproc-per-node", "2"]
    done = subprocess.run(
        [*launch, "-m", "tests.callback_programs", framework, str(folder / "run"), *words],
        cwd=folder,
        env={**os.environ, **LOOPBACK, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return run_of(folder, "run")


@pytest.mark.parametrize("framework", ["lightning", "transformers"])
def test_a_stop_under_ddp_reaches_every_process(tmp_path, framework):
    """The first process alone judges; one that went on would wait for the others for ever."""
    run = in_two_processes(tmp_path, framework, "stop")
    assert 3 <= len(run.val) < EPOCHS
    assert "overfits" in run.texts["early_stopping"]


@pytest.mark.parametrize("framework", ["lightning", "transformers"])
def test_under_ddp_every_process_goes_back_alike(tmp_path, framework):
    """DDP averages gradients, not weights: one that did not go back would train another network from there on."""
    goes_back_and_on(in_two_processes(tmp_path, framework, "repair", "stop"))
    weights = [torch.load(tmp_path / f"run-weights-{rank}.pt") for rank in range(2)]
    for name, tensor in weights[0].items():
        torch.testing.assert_close(tensor, weights[1][name], rtol=0, atol=0)


@pytest.mark.parametrize(("val", "losses"), [({}, [1.0, 3.0]), ({"val": "second"}, [2.0, 4.0])])
def test_of_several_data_sets_one_is_logged(tmp_path, val, losses):
    """The Trainer evaluates a dict of data sets one after the other and calls for each."""
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    from fitwatch.transformers import TransformersLog

    model = torch.nn.Linear(2, 2)
    asked = transformers.TrainingArguments(tmp_path / "output", eval_strategy="epoch", report_to=[], use_cpu=True)
    control, epochs = transformers.TrainerControl(), transformers.TrainerState(max_steps=2, is_world_process_zero=True)
    callback = TransformersLog(tmp_path / "run", **val)
    callback.on_train_begin(asked, epochs, control, model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.1))
    for epoch, name, loss in [(1, "first", 1.0), (1, "second", 2.0), (2, "first", 3.0), (2, "second", 4.0)]:
        epochs.epoch = float(epoch)
        callback.on_evaluate(asked, epochs, control, {f"eval_{name}_loss": loss, f"eval_{name}_accuracy": loss / 10})
    callback.on_train_end(asked, epochs, control)
    run = run_of(tmp_path, "run")
    np.testing.assert_allclose(run.val.values, losses)
    np.testing.assert_allclose(run.tagged("accuracy/val").values, np.array(losses) / 10, rtol=1e-6)
