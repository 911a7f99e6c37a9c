"""Short forms of the benchmark that disturbs whatever writes: each fault on a training once, and a minute of all."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.soak import __main__ as soak
from tests.benchmarks.soak import training


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


@pytest.mark.soak
def test_a_minute_of_faults_on_trainings_searches_trials_and_the_app_leaves_everything_whole(tmp_path: Path) -> None:
    tally = soak.soak(1.0, 0, list(soak.SUBJECTS), tmp_path)
    assert sum(tally.faults.values()) >= soak.FAULTS
