"""Resumes: a training that goes on is one training, also where its steps start again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from diagnostics.logs.matching.pairing import match
from diagnostics.logs.run import Key, Rows, Run
from tests.rows import rows

DAY = 86400.0
FALLING = np.linspace(1.0, 0.1, 40)


def file(values: Sequence[float], *, begins: float = 0.0, every: int = 1) -> dict[str, Rows]:
    """Validation each epoch, training ``every`` so many batches an epoch, both from 0."""
    steps = range(0, len(values) * every, every)
    batches = np.repeat(values, every)
    return {
        "loss/train": rows(range(len(batches)), values=batches.tolist(), begins=begins),
        "loss/val": rows(steps, values=list(values), begins=begins),
    }


def run_of(*files: dict[str, Rows]) -> Run:
    return match("exp", {"exp": files})


@pytest.mark.parametrize("every", [1, 7])
def test_a_run_that_goes_on_with_the_values_it_ended_with_is_joined(every: int) -> None:
    run = run_of(file(FALLING[:20], every=every), file(FALLING[20:], begins=DAY, every=every))
    assert run.sessions == 1
    assert run.val is not None
    assert run.val.values.tolist() == FALLING.tolist()
    assert run.val.steps.tolist() == list(range(0, 40 * every, every))
    assert run.resumed_at == (20 * every,)


def test_each_side_is_counted_on_by_itself_where_they_count_different_things() -> None:
    def both(values: Sequence[float], begins: float) -> dict[str, Rows]:
        batches = np.repeat(values, 50)
        return {
            "loss/train": rows(range(len(batches)), values=batches.tolist(), begins=begins),
            "loss/val": rows(range(len(values)), values=list(values), begins=begins),
        }

    run = run_of(both(FALLING[:20], 0.0), both(FALLING[20:], DAY))
    assert run.val is not None
    assert run.val.steps.tolist() == list(range(40))
    assert run.curves[Key("exp", "loss/train")].steps.tolist() == list(range(2000))
    assert run.train is not None
    assert run.train.values == pytest.approx(FALLING)


def test_a_training_that_begins_anew_is_another_one() -> None:
    run = run_of(file(FALLING), file(FALLING[:30], begins=DAY))
    assert (run.sessions, run.points, run.resumed_at) == (2, 30, ())


def test_a_third_session_goes_on_with_the_second() -> None:
    parts = (FALLING[:15], FALLING[15:30], FALLING[30:])
    run = run_of(*(file(part, begins=number * DAY) for number, part in enumerate(parts)))
    assert (run.sessions, run.resumed_at) == (1, (15, 30))


def test_a_resume_whose_steps_count_on_is_known_too() -> None:
    first, second = file(FALLING[:20]), file(FALLING[20:], begins=DAY)
    later = {tag: part._replace(steps=part.steps + 20) for tag, part in second.items()}
    run = run_of(first, later)
    assert (run.sessions, run.resumed_at) == (1, (20,))


def test_a_writer_that_opens_a_file_an_epoch_resumes_nothing() -> None:
    parts = [
        {tag: rows([step], values=[value], begins=step * 60.0, lasts=1.0) for tag in ("loss/train", "loss/val")}
        for step, value in enumerate(FALLING)
    ]
    run = run_of(*parts)
    assert (run.points, run.resumed_at) == (40, ())


def test_a_curve_that_never_moved_tells_nothing() -> None:
    assert run_of(file([1.0] * 20), file([1.0] * 20, begins=DAY)).sessions == 2
