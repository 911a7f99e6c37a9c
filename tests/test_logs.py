"""The runs of a folder, as they grow, appear, go away and are paired by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from diagnostics import Key, open_logs
from diagnostics.logs.matching.pairing import MatchError
from tests.writers import START, LogWriter, write_run

CURVES = {"loss/train": [3.0, 2.0, 1.0], "loss/val": [3.0, 2.5, 2.0], "other/val": [1.0, 1.0, 1.0]}


def test_a_poll_names_the_runs_that_changed_and_no_others(tmp_path: Path) -> None:
    write_run(tmp_path / "done", CURVES)
    with LogWriter(tmp_path / "live") as live:
        live.scalar("loss/val", 1.0, 1)
        live.flush()
        logs = open_logs(tmp_path)
        assert logs.poll() == set()
        live.scalar("loss/val", 0.5, 2)
        live.flush()
        assert logs.poll() == {"live"}
    assert logs.runs["live"].val.values.tolist() == [1.0, 0.5]


def test_a_run_that_appears_is_found_and_one_whose_files_go_away_keeps_its_curves(tmp_path: Path) -> None:
    write_run(tmp_path / "a", CURVES)
    logs = open_logs(tmp_path)
    write_run(tmp_path / "b", CURVES)
    assert logs.poll() == {"b"}
    shutil.rmtree(tmp_path / "a")
    assert logs.poll() == {"a"}
    assert logs.runs["a"].stale
    assert len(logs.runs["a"].val) == 3


def test_a_validation_folder_that_comes_later_joins_its_run(tmp_path: Path) -> None:
    write_run(tmp_path / "exp" / "train", {"epoch_loss": [3.0, 2.0, 1.0]})
    logs = open_logs(tmp_path)
    assert {run.val for run in logs.runs.values()} == {None}
    write_run(tmp_path / "exp" / "validation", {"epoch_loss": [3.0, 2.5, 2.0]})
    logs.poll()
    assert logs.runs["exp"].train.values.tolist() == [3.0, 2.0, 1.0]
    assert logs.runs["exp"].val.values.tolist() == [3.0, 2.5, 2.0]


def test_a_choice_by_hand_lasts_until_it_is_taken_back(tmp_path: Path) -> None:
    write_run(tmp_path, CURVES)
    logs = open_logs(tmp_path)
    assert logs.override(".", val=Key(".", "other/val")).val.values.tolist() == [1.0, 1.0, 1.0]
    write_run(tmp_path, {"loss/val": [1.5]}, first_step=4, start=START + 100)
    logs.poll()
    assert logs.runs["."].primary.val == Key(".", "other/val")
    assert logs.override(".").primary.val == Key(".", "loss/val")


def test_a_choice_that_cannot_be_changes_nothing(tmp_path: Path) -> None:
    write_run(tmp_path, CURVES)
    logs = open_logs(tmp_path)
    with pytest.raises(MatchError, match="no/such"):
        logs.override(".", val=Key(".", "no/such"))
    write_run(tmp_path, {"loss/val": [1.5]}, first_step=4, start=START + 100)
    assert logs.poll() == {"."}
    assert logs.runs["."].primary.val == Key(".", "loss/val")


def test_a_choice_that_a_new_session_no_longer_has_is_let_go(tmp_path: Path) -> None:
    write_run(tmp_path, CURVES)
    logs = open_logs(tmp_path)
    logs.override(".", val=Key(".", "other/val"))
    write_run(tmp_path, {"loss/train": [3.0, 2.0, 1.0], "loss/val": [3.0, 2.5, 2.0]}, start=START + 10_000)
    assert logs.poll() == {"."}
    assert logs.runs["."].primary.val == Key(".", "loss/val")


def test_the_run_of_a_directory_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    write_run(tmp_path / "exp" / "train", {"epoch_loss": [3.0, 2.0]})
    write_run(tmp_path / "exp" / "validation", {"epoch_loss": [3.0, 2.0]})
    logs = open_logs(tmp_path)
    assert logs.run_of("exp/train") == "exp"
    with pytest.raises(MatchError, match="exp/train, exp/validation"):
        logs.run_of("nowhere")
