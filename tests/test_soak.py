"""Short forms of the benchmark that disturbs whatever writes: each fault on a training once, and a minute of all."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.benchmarks.soak import __main__ as soak
from tests.benchmarks.soak import invariants, training


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setenv("SOAK_CLOCK", "")
    soak.prepare_environment()
    yield
    monkeypatch.undo()


def test_a_training_that_was_disturbed_in_every_way_is_the_same_in_the_end(tmp_path: Path) -> None:
    reference, rng = training.whole(tmp_path), random.Random(0)
    faults = list(training.FAULTS)
    for first in range(0, len(faults), 4):
        folder = tmp_path / f"scenario-{first}"
        folder.mkdir()
        training.scenario(folder, rng, reference, faults[first : first + 4])


def test_each_fault_is_dealt_once_before_any_comes_again() -> None:
    order = soak.dealt(["a", "b", "c"], random.Random(1))
    rounds = [[next(order) for _ in range(3)] for _ in range(20)]
    assert {*map(frozenset, rounds)} == {frozenset("abc")}
    assert len({*map(tuple, rounds)}) > 1


def test_a_soak_that_is_ended_from_outside_leaves_no_process(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.soak", "--only", "training", "--minutes", "5"]
    process = subprocess.Popen(
        command, cwd=soak.ROOT, env={**os.environ, "TMPDIR": str(tmp_path)}, start_new_session=True
    )
    trainings = invariants.until(lambda: working_in(tmp_path), bool, "a training of the soak")
    process.terminate()
    assert process.wait(invariants.PATIENCE) == 128 + signal.SIGTERM
    assert not [training for training in trainings if invariants.works(training)]
    assert not working_in(tmp_path)
    assert not list(tmp_path.iterdir())


def working_in(folder: Path) -> list[psutil.Process]:
    processes = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if "work" in process.cmdline() and any(word.startswith(str(folder)) for word in process.cmdline()):
                processes.append(process)
    return processes


@pytest.mark.soak
def test_a_minute_of_faults_on_trainings_searches_trials_and_the_app_leaves_everything_whole(tmp_path: Path) -> None:
    tally = soak.soak(1.0, 0, list(soak.SUBJECTS), tmp_path)
    assert tally.scenarios["training"] >= 1  # as many as there is time for, each of which raises what did not hold
