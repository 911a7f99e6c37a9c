"""A folder without a log says what lies there, what is read, and the nearest step; a pointer, how to fetch the log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from diagnostics.__main__ import main
from diagnostics.logs import open_logs
from tests.test_history_file import KERAS, STATE, write
from tests.writers import write_run

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"


@pytest.mark.parametrize(
    ("files", "seen", "step"),
    [
        (
            ["a.png", "b.png", "model.pt"],
            "2 images, 1 checkpoint",
            "open the folder that the training wrote its log to",
        ),
        (["run-abc.wandb"], "1 wandb run", "export them as CSV"),
        (["history.pkl"], "1 pickle", "to_csv('history.csv')"),
        (["logs.zip"], "1 archive", "unpack"),
        (["train.ipynb", "notes.txt"], "1 other text file, 1 notebook", "history"),
        ([], "", "SummaryWriter"),
    ],
)
def test_a_folder_without_a_log_names_what_it_saw_and_the_nearest_step(
    tmp_path: Path, files: list[str], seen: str, step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in files:
        write(tmp_path / "sub" / name, "x")
    assert main([str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert f"no log of a training in {tmp_path}{f', only {seen}' if seen else ''}. Read are " in said
    assert step in said
    assert open_logs(tmp_path).problems == []


def test_a_folder_with_a_run_has_nothing_of_the_kind_to_say(tmp_path: Path) -> None:
    write(tmp_path / "a.png", "x")
    write_run(tmp_path, {"loss": [2.0, 1.0]})
    assert open_logs(tmp_path).nothing is None


def test_a_pointer_says_how_to_fetch_the_log_and_hides_nothing(tmp_path: Path) -> None:
    write(tmp_path / "out" / "trainer_state.json", json.dumps(STATE))
    pointer = write(tmp_path / "out" / "runs" / "events.out.tfevents.1.host", POINTER)
    logs = open_logs(tmp_path)
    assert [run.name for run in logs.runs.values() if run.points] == ["out"]
    (problem,) = logs.problems
    assert str(pointer) in problem
    assert "git lfs pull" in problem


@pytest.mark.parametrize("name", ["log.csv", "trainer_state.json", "log.jsonl"])
def test_a_history_that_is_a_pointer_says_so(tmp_path: Path, name: str) -> None:
    write(tmp_path / "a" / "log.csv", KERAS)
    pointer = write(tmp_path / "b" / name, POINTER)
    logs = open_logs(tmp_path)
    assert list(logs.runs) == ["a"]
    (problem,) = logs.problems
    assert str(pointer) in problem
    assert "git lfs pull" in problem


def test_an_event_file_with_another_beginning_is_damaged_and_no_pointer(tmp_path: Path) -> None:
    write(tmp_path / "events.out.tfevents.1.host", "version https://example.org/ and more than a header")
    (problem,) = open_logs(tmp_path).problems
    assert "damaged at byte 0" in problem
