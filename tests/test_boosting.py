"""Boosting: a log of trees says so, whatever level of the folder is opened."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from diagnostics.__main__ import main
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


def test_a_boosting_is_told_in_trees(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rising = [value + 0.02 * max(0, tree - 8) for tree, value in enumerate(FALLING * 2)]
    for side, values in (("learn", [1.0 / (tree + 1) for tree in range(40)]), ("test", rising)):
        write_run(tmp_path / "catboost_info" / side, {"Logloss": values}, first_step=0)
    main([str(tmp_path)])
    shown = capsys.readouterr().out
    assert " @ tree " in shown
    assert not re.search(r"\b(step|epoch) \d", shown)


def test_a_network_is_no_boosting(tmp_path: Path) -> None:
    write_run(tmp_path / "learn", {"loss": FALLING})
    (run,) = open_logs(tmp_path).runs.values()
    assert run.boosting is None
    assert run.x_axis == "epoch"
