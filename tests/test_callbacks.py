"""The callbacks, in real programs: the verdict is there, advice knows everything, a training can be stopped."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from diagnostics import diagnose_run, open_logs, setup_of
from tests.callback_programs import EPOCHS, PROGRAMS

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
        for name, words in (("whole", []), ("stopping", ["stop"]))
    ]
    said = [child.communicate(timeout=300)[0] for child in children]
    assert [child.returncode for child in children] == [0, 0], said
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
