"""One hostile file changes nothing else: the same other runs everywhere, and a problem that names the file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from diagnostics import LogError
from diagnostics.__main__ import main
from diagnostics.logs import open_logs
from tests.hostile_files import HOSTILE, NAMED
from tests.test_history_file import write
from tests.writers import write_run

VAL = [1.0, 0.8, 0.7, 0.65, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2]
TRAIN = [0.9**epoch for epoch in range(10)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_run(tmp_path / "good", {"loss/train": TRAIN, "loss/val": VAL})
    rows = "".join(f"{epoch},{train},{val}\n" for epoch, (train, val) in enumerate(zip(TRAIN, VAL, strict=True)))
    write(tmp_path / "table" / "log.csv", "epoch,loss,val_loss\n" + rows)
    return tmp_path


def records(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], str]:
    assert main([str(folder), "--json"]) == 0
    printed = capsys.readouterr()
    document = json.loads(printed.out, parse_constant=pytest.fail)
    return {run["run"]: run for run in document["runs"]}, printed.err


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_changes_nothing_but_itself(folder: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    before, _ = records(folder, capsys)
    name, make = HOSTILE[kind]
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    make(path)
    if path.is_file() and not path.is_symlink():
        os.utime(path, (1.7e9, 1.7e9))
    after, problems = records(folder, capsys)
    assert {run: after[run] for run in before} == before
    assert not after.keys() - before.keys() - {run for run in after if run.startswith("x")}
    if kind in NAMED:
        assert [line for line in problems.splitlines() if str(path) in line]
    logs = open_logs(folder)
    assert before.keys() <= logs.runs.keys()
    assert len(logs.problems) == (kind in NAMED)
    assert main([str(folder)]) == 0
    assert main([str(folder), "--report", str(folder / "report.html")]) == 0
    text = capsys.readouterr().out
    assert "\x1b[2J" not in text
    assert all(run in text for run in before)


def test_a_file_that_vanishes_grows_and_shrinks_changes_nothing_else(folder: Path) -> None:
    logs = open_logs(folder)
    before = {name: run.points for name, run in logs.runs.items()}
    path = folder / "x" / "log.csv"
    for text in ("epoch,loss\n1,2\n", "epoch,loss\n1,2\n2,1\n", "epoch", "", None, "epoch,loss\n1,2\n"):
        path.parent.mkdir(exist_ok=True)
        if text is None:
            path.unlink()
        else:
            write(path, text)
        logs.poll()
        assert {name: run.points for name, run in logs.runs.items() if name in before} == before
        assert logs.problems == []


def test_an_empty_path_is_no_folder() -> None:
    with pytest.raises(LogError, match="empty path"):
        open_logs("")
