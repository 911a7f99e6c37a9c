"""Trials: the file in a run's folder that says what it tries out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from diagnostics.trials.trial_file import TRIAL, Effect, Trial, TrialError, read_trial
from trainer.trials.writing import write_trial

FULL = Trial(
    "../exp1",
    "full",
    {"weight_decay": (0.0, 2.1), "dropout": (None, 0.2)},
    dose=1,
    expected=Effect(-0.18, -0.37, -0.04),
    before="overfitting",
)
SEARCH = Trial(None, "search", {"l1": (None, 1e-4)}, study="tune-1", number=3, state="pruned", value=0.4, reason="late")


@pytest.mark.parametrize("trial", [FULL, SEARCH, Trial("../exp1", "control", {})])
def test_a_trial_is_read_as_it_was_written(tmp_path: Path, trial: Trial) -> None:
    write_trial(tmp_path, trial)
    assert read_trial(tmp_path) == trial
    assert [path.name for path in tmp_path.iterdir()] == [TRIAL]


def test_the_file_has_the_documented_fields(tmp_path: Path) -> None:
    write_trial(tmp_path, FULL)
    assert json.loads((tmp_path / TRIAL).read_text()) == {
        "schema": 1,
        "parent": "../exp1",
        "kind": "full",
        "change": {"weight_decay": [0.0, 2.1], "dropout": [None, 0.2]},
        "dose": 1,
        "expected": {"median": -0.18, "low": -0.37, "high": -0.04},
        "before": "overfitting",
        "study": None,
        "number": None,
        "state": None,
        "value": None,
        "reason": "",
    }


def test_a_run_without_the_file_is_no_trial(tmp_path: Path) -> None:
    assert read_trial(tmp_path) is None
    assert read_trial(tmp_path / "gone") is None


def test_the_parent_is_named_from_the_trial_s_folder(tmp_path: Path) -> None:
    assert FULL.parent_of(tmp_path / "exp1-try-1") == tmp_path / "exp1"
    assert replace(FULL, parent="../../elsewhere/exp1").parent_of(tmp_path / "a" / "b") == tmp_path / "elsewhere/exp1"
    assert SEARCH.parent_of(tmp_path) is None


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"kind": "half"},
        {"state": "lost"},
        {"change": ["dropout"]},
        {"change": {"dropout": [0.1]}},
        {"change": {"dropout": [0.1, "much"]}},
        {"expected": {"median": -0.1}},
        {"value": float("nan")},
        {"dose": "first"},
        {"dose": float("inf")},
        {"number": float("inf")},
        {"change": {"dropout": [0, 10**400]}},
        {"before": ["overfitting"]},
        {"study": 3},
    ],
)
def test_a_damaged_one_is_a_sentence_with_a_way_out(tmp_path: Path, change: dict[str, object]) -> None:
    (tmp_path / TRIAL).write_text(json.dumps({**FULL.as_json(), **change}))
    with pytest.raises(TrialError, match=r"trial\.json is no trial of Fitwatch .*remove it"):
        read_trial(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\x00"])
def test_half_a_file_is_a_sentence_too(tmp_path: Path, text: str) -> None:
    (tmp_path / TRIAL).write_text(text)
    with pytest.raises(TrialError, match="is damaged"):
        read_trial(tmp_path)


def test_a_folder_that_is_gone_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(TrialError, match="cannot write"):
        write_trial(tmp_path / "gone", FULL)
