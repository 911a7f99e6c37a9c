"""Pace: a run has ended when it says so, or when the points that were due did not come."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from diagnostics import Curve, Key, Pair, Run
from diagnostics.logs.pace import has_ended, pace_of

START = 1.75e9


def run_with(walls: list[float] | None) -> Run:
    count = 3 if walls is None else len(walls)
    curve = Curve(np.arange(count), np.ones(count), None if walls is None else START + np.array(walls))
    pair = Pair("loss", Key("exp", "loss/train"), Key("exp", "loss/val"))
    return Run("exp", dict.fromkeys((pair.train, pair.val), curve), primary=pair)


@pytest.mark.parametrize(
    ("walls", "later", "ended"),
    [
        ([0, 60, 120], 240, False),
        ([0, 60, 120], 301, True),  # five points were due
        ([0, 1, 2], 20, False),  # a short pause ends nothing
        ([0, 1, 2], 31, True),
        ([0, 7200, 14400], 3500, False),
        ([0, 7200, 14400], 3601, True),  # an hour of silence always does
        ([0], 31, True),
    ],
)
def test_a_log_that_misses_points_has_ended(tmp_path: Path, walls: list[float], later: float, ended: bool) -> None:
    assert has_ended(run_with(walls), tmp_path, now=START + walls[-1] + later) is ended


def test_a_pause_in_between_is_no_part_of_the_pace() -> None:
    assert pace_of(run_with([0, 10, 20, 30, 9000, 9010])).interval == 10


def test_a_log_without_times_has_nothing_to_come(tmp_path: Path) -> None:
    assert has_ended(run_with(None), tmp_path)


@pytest.mark.parametrize(
    ("state", "ended"), [("finished", True), ("stopped", True), ("failed", True), ("running", False), (7, False)]
)
def test_a_run_that_says_so_has_ended(tmp_path: Path, state: object, ended: bool) -> None:
    (tmp_path / "exp").mkdir()
    (tmp_path / "exp" / "status.json").write_text(json.dumps({"state": state}))
    assert has_ended(run_with([0, 60, 120]), tmp_path, now=START + 121) is ended


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000])
def test_a_damaged_status_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "exp").mkdir()
    (tmp_path / "exp" / "status.json").write_text(text)
    assert not has_ended(run_with([0, 60, 120]), tmp_path, now=START + 121)


def test_a_folder_behind_a_url_is_not_asked() -> None:
    assert not has_ended(run_with([0, 60, 120]), "s3://bucket/logs", now=START + 121)
