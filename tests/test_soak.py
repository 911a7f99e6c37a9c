"""A short form of the benchmark that disturbs trainings: each fault once, and the same weights afterwards."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.benchmarks import soak
from trainer import job


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder whose trainings end with the test."""
    yield tmp_path
    for status in job.find(tmp_path).values():
        if status.live and status.pid:
            with suppress(ProcessLookupError):
                os.kill(status.pid, signal.SIGKILL)


def test_a_training_that_was_disturbed_in_every_way_is_the_same_in_the_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = soak.whole(folder)
    in_turn = iter(soak.FAULTS)
    rng = random.Random(0)
    monkeypatch.setattr(rng, "choice", lambda names: next(in_turn))
    names = soak.disturbed(folder / "run", rng, faults=len(soak.FAULTS))
    assert names == list(soak.FAULTS)
    soak.check(folder / "run", reference, names)
