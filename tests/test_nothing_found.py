"""A folder without a log says what lies there, what is read, and the nearest step; a pointer, how to fetch the log."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.tensorboard import SummaryWriter

from diagnostics.__main__ import main
from diagnostics.logs import open_logs
from tests.test_event_file import flip, records
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
        (["history.pkl"], "1 pickle", "to_csv('history.csv')"),
        ([".aim/meta/chunks/a/000009.sst", ".aim/seqs/chunks/a/000009.sst"], "2 Aim tables", "Aim's own package"),
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
    assert f"no log of a training in {tmp_path}{f', only {seen}' if seen else ''}. Fitwatch reads " in said
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


def _many_histograms(writer: SummaryWriter) -> None:
    for step in range(300):
        writer.add_histogram("activations", np.arange(9.0), step)


@pytest.mark.parametrize(
    ("write_one", "kinds"),
    [
        (lambda writer: writer.add_image("samples", np.zeros((3, 8, 8))), "only images"),
        (lambda writer: writer.add_text("notes", "a first try"), "only texts"),
        pytest.param(
            lambda writer: writer.add_graph(torch.nn.Linear(2, 2), torch.ones(1, 2)),
            "only graphs",
            marks=pytest.mark.filterwarnings("ignore:.*torch.jit.trace:DeprecationWarning"),
        ),
        (_many_histograms, "only histograms"),
        (lambda writer: writer.add_pr_curve("pr", np.arange(9) % 2, np.arange(9) / 9), "only precision-recall curves"),
        (
            lambda writer: writer.add_hparams({"lr": 0.1}, {"loss": 1.0}),
            "only hyperparameters and the final numbers of add_hparams",
        ),
        (lambda writer: None, "no scalars were logged; a verdict"),
    ],
)
def test_event_files_without_scalars_say_what_they_hold_and_the_nearest_step(
    tmp_path: Path, write_one: Callable[[SummaryWriter], None], kinds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with SummaryWriter(str(tmp_path)) as writer:
        write_one(writer)
    (run,) = open_logs(tmp_path).runs.values()
    assert kinds in run.why
    assert run.why.startswith("no scalars were logged")
    assert "writer.add_scalar('loss/val', loss, epoch)" in run.why
    assert main([str(tmp_path)]) == 0
    assert run.why[1:] in capsys.readouterr().out


@pytest.mark.parametrize("good", [False, True])
def test_damaged_records_are_counted_in_a_sentence(
    tmp_path: Path, good: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with SummaryWriter(str(tmp_path)) as writer:
        for step in range(8):
            writer.add_scalar("train/loss", 1 / (step + 1), step)
            writer.add_scalar("val/loss", 1 / (step + 1), step)
    (path,) = tmp_path.iterdir()
    damaged = records(path)[1:][10 * good :]
    flip(path, *(end - 1 for _, end in damaged))
    logs = open_logs(tmp_path)
    (run,) = logs.runs.values()
    skipped = f"{len(damaged)} damaged records were skipped"
    assert logs.problems == [f"{path}: {skipped}"]
    assert run.why.startswith(f"no scalars could be read: {skipped}; copy the file again") is not good
    assert main([str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert skipped in printed.out + printed.err
