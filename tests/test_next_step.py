"""What is next for a run: the same answer from its folder, its ledger and its log, after the trials made so far."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics.recommend import recommend
from diagnostics.trials.ledger import read
from diagnostics.trials.next_step import Attempt, NextStep, is_done, next_step, settled, suggested_changes
from diagnostics.trials.trial_file import Change
from tests.trial_runs import TINY, write_parent, write_settled
from trainer.trials.parent import Parent, read_parent
from trainer.trials.proposal import proposals
from trainer.trials.settle import settle

DOSE: Change = {"weight_decay": (0.0, 0.5), "dropout": (0.0, 0.1)}


@pytest.fixture
def parent(tmp_path: Path) -> Parent:
    return read_parent(write_parent(tmp_path / "exp", config=TINY))


def step_after(parent: Parent, attempts: list[Attempt]) -> NextStep:
    return next_step(recommend(parent.diagnosis, parent.setup), parent.diagnosis, parent.setup, attempts)


def test_the_suggested_changes_are_the_proposals_of_the_trainer(parent: Parent) -> None:
    advice = recommend(parent.diagnosis, parent.setup)
    changes = suggested_changes(advice, parent.diagnosis, parent.setup)
    ladder = proposals(parent)
    assert [change.dose for change in changes] == [proposal.dose for proposal in ladder] == [1, 2, 3, 4, 5]
    for change, proposal in zip(changes, ladder, strict=True):
        assert dict(change.strengths) == pytest.approx(dict(proposal.strengths), rel=0.005)


def test_each_dose_is_next_until_it_was_tried_and_then_nothing_is_left(parent: Parent) -> None:
    attempts: list[Attempt] = []
    for proposal in proposals(parent):
        step = step_after(parent, attempts)
        assert step.change is not None
        assert (step.change.dose, step.all_tried) == (proposal.dose, False)
        attempts.append(Attempt(proposal.change(parent)))
    step = step_after(parent, attempts)
    assert (step.change, step.all_tried) == (None, True)
    assert "stop_at_best" in [advice.lever for advice in step.others]


def test_what_the_ledger_has_settled_is_not_next_again(parent: Parent) -> None:
    write_settled(parent.folder.parent / "exp-try-1", parent.folder, 1.0)
    settle(parent.folder.parent)
    attempts = settled(read(parent.folder.parent), "exp")
    assert attempts == [Attempt(DOSE)]
    step = step_after(parent, attempts)
    assert step.change is not None
    assert step.change.dose == 2
    assert settled(read(parent.folder.parent), "another") == []


@pytest.mark.parametrize(
    ("strengths", "attempts", "done"),
    [
        ({"weight_decay": 0.50049, "dropout": 0.1}, [Attempt(DOSE)], True),
        ({"weight_decay": 0.6, "dropout": 0.1}, [Attempt(DOSE)], False),
        ({"weight_decay": 0.5}, [Attempt(DOSE)], False),
        ({"weight_decay": None, "dropout": 0.1}, [Attempt(DOSE)], False),
        ({"weight_decay": 0.5, "dropout": 0.1}, [Attempt(DOSE, failed=True)], False),
        ({"weight_decay": 0.5, "dropout": 0.1}, [Attempt(DOSE, failed=True)] * 2, True),
        ({"weight_decay": 0.5, "dropout": 0.1}, [Attempt(DOSE, failed=True), Attempt(DOSE)], True),
        ({"weight_decay": 0.0}, [Attempt({"weight_decay": (0.1, 0.0)})], True),
        ({"epochs": None}, [Attempt({"epochs": (40.0, 80.0)})], True),
        ({"weight_decay": 0.5}, [], False),
    ],
)
def test_a_change_is_done_by_a_trial_of_the_same_strengths_or_by_two_that_failed(
    strengths: dict[str, float | None], attempts: list[Attempt], done: bool
) -> None:
    assert is_done(strengths, attempts) is done
