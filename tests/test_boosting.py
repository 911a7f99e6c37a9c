"""Boosting: a log of trees says so, whatever level of the folder is opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics.logs import open_logs
from tests.writers import write_run

FALLING = [1.0 / (tree + 1) for tree in range(20)]


@pytest.mark.parametrize("opened", [".", "catboost_info"])
def test_the_event_files_of_catboost_count_trees(tmp_path: Path, opened: str) -> None:
    for side in ("learn", "test"):
        write_run(tmp_path / "catboost_info" / side, {"Logloss": FALLING}, first_step=0)
    (run,) = open_logs(tmp_path / opened).runs.values()
    assert run.boosting == "catboost"
    assert run.x_axis == "step"
    assert run.primary is not None
    assert (run.primary.train.run[-5:], run.primary.val.run[-4:]) == ("learn", "test")  # type: ignore[union-attr]


def test_a_network_is_no_boosting(tmp_path: Path) -> None:
    write_run(tmp_path / "learn", {"loss": FALLING})
    (run,) = open_logs(tmp_path).runs.values()
    assert run.boosting is None
    assert run.x_axis == "epoch"
