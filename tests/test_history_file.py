"""Histories that are no event files come through the same door: the folder reader shows them as runs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from diagnostics.logs import open_logs
from diagnostics.logs.folders.folder import EventFolder
from diagnostics.logs.folders.history_file import HistoryFile, HistoryPart
from diagnostics.logs.histories import history, table
from diagnostics.logs.run import Key
from tests.writers import write_run

LIGHTNING = """epoch,lr-Adam,step,train_loss,val_loss
0,,9,2.5,
0,,9,,2.25
1,0.01,19,1.5,
1,,19,,1.75
"""
KERAS = """epoch,accuracy,loss,val_accuracy,val_loss
0,0.5,2.0,0.4,2.5
1,0.75,1.0,0.5,nan
"""
ULTRALYTICS = """                  epoch,         train/box_loss,           val/box_loss
                      1,                 2.6641,                 2.5
                      2,                 2.5,                    2.25
"""
LINES = """{"step": 10, "train": {"loss": 2.0}, "note": "warm"}
{"step": 20, "train": {"loss": 1.0}, "val": {"loss": 1.5}, "done": true}
"""
STATE = {
    "best_metric": None,
    "log_history": [
        {"epoch": 0.5, "grad_norm": 1.0, "loss": 2.0, "step": 50},
        {"epoch": 1.0, "eval_loss": 1.5, "eval_runtime": 2.0, "step": 100},
        {"epoch": 1.0, "step": 100, "train_loss": 1.75, "train_runtime": 60.0},
    ],
}


def write(path: Path, text: str) -> Path:
    """A file that rested for long."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (1.7e9, 1.7e9))
    return path


def polled(path: Path) -> EventFolder:
    folder = EventFolder(path)
    folder.poll()
    return folder


def read(path: Path) -> HistoryPart:
    file = HistoryFile(path)
    file.poll()
    return file.parts[""]


@pytest.mark.parametrize(
    ("name", "text", "tag", "steps", "values"),
    [
        ("metrics.csv", LIGHTNING, "val_loss", [9, 19], [2.25, 1.75]),
        ("metrics.csv", LIGHTNING, "epoch", [9, 9, 19, 19], [0, 0, 1, 1]),
        ("log.csv", KERAS, "val_loss", [0, 1], [2.5, np.nan]),
        ("results.csv", ULTRALYTICS, "train/box_loss", [1, 2], [2.6641, 2.5]),
        ("log.jsonl", LINES, "train/loss", [10, 20], [2.0, 1.0]),
        ("log.jsonl", LINES, "val/loss", [20], [1.5]),
        ("trainer_state.json", json.dumps(STATE), "train/loss", [50], [2.0]),
        ("trainer_state.json", json.dumps(STATE), "eval/loss", [100], [1.5]),
        ("trainer_state.json", json.dumps(STATE), "train/train_loss", [100], [1.75]),
    ],
)
def test_each_format_gives_scalars_by_step(
    tmp_path: Path, name: str, text: str, tag: str, steps: list[int], values: list[float]
) -> None:
    rows = polled_rows(write(tmp_path / name, text))
    assert rows[tag].steps.tolist() == steps
    np.testing.assert_array_equal(rows[tag].values, values)
    assert (rows[tag].wall_times == 1.7e9).all()
    assert not {"note", "done", "step"} & set(rows)


def polled_rows(path: Path) -> dict[str, object]:
    (file,) = polled(path.parent).directories["."].files
    assert file.skipped.records == 0
    return dict(file.scalars)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("data.csv", "x,y\n1,2\n"),
        ("data.csv", ""),
        ("data.csv", "epoch,loss\n"),
        ("chat.jsonl", '{"role": "user"}\n'),
        ("trainer_state.json", "[]"),
        ("trainer_state.json", '{"log_history": [3]}'),
    ],
)
def test_a_file_that_is_no_history_is_no_run(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path / name, text)
    folder = polled(tmp_path)
    assert not folder.directories
    assert not folder.problems


def test_damaged_lines_are_counted(tmp_path: Path) -> None:
    table = read(write(tmp_path / "a.csv", "step,loss\n1,2.0\n2\n3,1.0,4\nx,1.0\n5,0.5\n"))
    assert table.scalars["loss"].steps.tolist() == [1, 5]
    assert table.skipped.records == 3
    lines = read(
        write(tmp_path / "a.jsonl", '{"step": 1, "loss": 2.0}\n{"step": 2, "lo\n[]\n{"step": 3, "loss": 1.0}\n')
    )
    assert lines.scalars["loss"].steps.tolist() == [1, 3]
    assert lines.skipped.records == 2


def test_a_history_is_followed_and_its_unfinished_line_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "run" / "metrics.csv"
    path.parent.mkdir()
    path.write_text("step,loss\n1,2.0\n2,1.2")
    folder = polled(tmp_path)
    (file,) = folder.directories["run"].files
    assert file.scalars["loss"].steps.tolist() == [1]
    assert folder.poll() == set()
    path.write_text("step,loss\n1,2.0\n2,1.25\n")
    assert folder.poll() == {"run"}
    assert file.scalars["loss"].values.tolist() == [2.0, 1.25]
    assert folder.poll() == set()


def test_a_last_line_without_an_end_counts_once_the_file_rests(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.csv", "step,loss\n1,2.0\n2,1.0")).scalars["loss"].steps.tolist() == [1, 2]


def test_a_deleted_history_keeps_its_rows_and_is_stale(tmp_path: Path) -> None:
    path = write(tmp_path / "a" / "log.csv", KERAS)
    folder = polled(tmp_path)
    path.unlink()
    assert folder.poll() == {"a"}
    assert folder.directories["a"].stale


@pytest.mark.parametrize("place", [".", "logs", "logs/train"])
def test_a_history_beside_above_or_below_event_files_is_left_to_them(tmp_path: Path, place: str) -> None:
    write(tmp_path / "run" / "logs" / "results.csv", ULTRALYTICS)
    write(tmp_path / "other" / "results.csv", ULTRALYTICS)
    folder = polled(tmp_path)
    assert set(folder.directories) == {"run/logs", "other"}
    write_run(tmp_path / "run" / place, {"loss": [2.0, 1.0]})
    folder.poll()
    assert set(folder.directories) == {f"run/{place}" if place != "." else "run", "other"}


def test_only_the_last_checkpoint_of_a_training_speaks_for_it(tmp_path: Path) -> None:
    for checkpoint, entries in (("checkpoint-50", 1), ("checkpoint-100", 3)):
        state = {"log_history": STATE["log_history"][:entries]}
        write(tmp_path / "out" / checkpoint / "trainer_state.json", json.dumps(state))
    folder = polled(tmp_path)
    assert set(folder.directories) == {"out"}
    (file,) = folder.directories["out"].files
    assert file.path.parent.name == "checkpoint-100"


def test_several_tables_of_one_directory_are_told_apart_by_their_names(tmp_path: Path) -> None:
    for split in ("train", "val"):
        write(tmp_path / "run" / f"{split}.csv", "epoch,loss\n1,2.0\n2,1.0\n")
    assert set(polled(tmp_path).directories) == {"run/train", "run/val"}


def test_a_table_too_large_for_a_history_is_named_and_not_read(tmp_path: Path) -> None:
    with (tmp_path / "data.csv").open("wb") as file:
        file.truncate(65 << 20)
    folder = EventFolder(tmp_path)
    folder.poll()
    (problem,) = folder.problems
    assert "data.csv" in problem
    assert "64 mib" in problem.lower()


def test_a_table_with_the_newest_row_first_is_turned_around(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,train_loss,val_loss\n" + "".join(f"{epoch},{epoch / 10},1\n" for epoch in range(9, -1, -1)))
    file = read(path)
    assert file.scalars["train_loss"].steps.tolist() == list(range(10))
    assert file.scalars["train_loss"].values.tolist() == [epoch / 10 for epoch in range(10)]


def test_a_table_that_starts_again_keeps_its_order(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,loss,val_loss\n" + "".join(f"{epoch},1,1\n" for epoch in (0, 1, 2, 0, 1)))
    file = read(path)
    assert file.scalars["loss"].steps.tolist() == [0, 1, 2, 0, 1]


@pytest.mark.parametrize("val", ["evaluation.csv", "val.csv", "test_log.csv"])
def test_a_history_beside_one_of_its_validation_is_the_training_side(tmp_path: Path, val: str) -> None:
    rows = [(epoch, 2 * 0.9**epoch + 0.4) for epoch in range(1, 21)]
    steps = [(epoch, 10 * epoch + step, loss) for epoch, loss in rows for step in range(0, 10, 5)]
    write(tmp_path / "history.csv", "epoch,step,loss,lr\n" + "".join(f"{e},{s},{loss},0.01\n" for e, s, loss in steps))
    write(tmp_path / val, "epoch,loss,accuracy\n" + "".join(f"{e},{loss + 0.2},{e}\n" for e, loss in rows))
    (run,) = open_logs(tmp_path).runs.values()
    assert run.primary is not None
    assert (run.primary.train, run.primary.val) == (Key(".", "loss"), Key(Path(val).stem, "loss"))
    assert len(run.val or ()) == len(run.train or ()) == 20


@pytest.mark.parametrize("name", ["history.json", "trainer_state.json"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
def test_json_that_was_broken_off_is_named_and_hides_nothing(tmp_path: Path, name: str, share: float) -> None:
    losses = [1 / (step + 1) for step in range(30)]
    entries = [{"step": step, "loss": loss} for step, loss in enumerate(losses)]
    text = json.dumps(
        {"log_history": entries} if name == "trainer_state.json" else {"loss": losses, "val_loss": losses}
    )
    path = write(tmp_path / "broken" / name, text[: int(share * len(text))])
    write(tmp_path / "good" / "log.csv", KERAS)
    logs = open_logs(tmp_path)
    assert list(logs.runs) == ["good"]
    assert logs.problems == [f"{path} could not be read: it ends in the middle, as if its writing had been broken off"]
    path.write_text(text)
    os.utime(path, (1.7e9, 1.7e9))
    logs.poll()
    assert sorted(logs.runs) == ["broken", "good"]
    assert logs.problems == []


EPOCHS = json.dumps([{"epoch": epoch, "loss": 1 / (epoch + 1), "val_loss": 2.0} for epoch in range(12)])


@pytest.mark.parametrize(
    "text",
    [
        EPOCHS.replace('"epoch": 5,', '"epoch": ,'),
        EPOCHS.replace('"loss": 0.5,', '"loss" 0.5,'),
        EPOCHS.replace("}, {", "},\n{").replace('"epoch": 5,', '"epoch": ,'),
        json.dumps({"loss": [1, 2, 3], "val_loss": [3, 2, 1]}).replace("2,", ",", 1),
        json.dumps({"loss": [1, 2, 3]}) * 2,
    ],
    ids=["a value is missing", "a colon is missing", "an object a line", "lists by name", "twice in one file"],
)
def test_json_that_is_broken_inside_is_named_with_the_place(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "broken" / "history.json", text)
    write(tmp_path / "good" / "log.csv", KERAS)
    logs = open_logs(tmp_path)
    assert list(logs.runs) == ["good"]
    (problem,) = logs.problems
    assert problem.startswith(f"{path} could not be read: it is no JSON from line ")


def test_broken_json_that_speaks_of_no_loss_is_no_problem(tmp_path: Path) -> None:
    write(tmp_path / "notes.json", '{"steps": [1, 2], // how many\n "train": true}')
    write(tmp_path / "good" / "log.csv", KERAS)
    assert open_logs(tmp_path).problems == []


CURVE = "epoch,loss,val_loss\n" + "".join(f"{step},{2 * 0.9**step:.5f},{1.9 * 0.92**step:.5f}\n" for step in range(12))
AS_JSON = json.dumps(
    {"loss": [2 * 0.9**step for step in range(12)], "val_loss": [1.9 * 0.92**step for step in range(12)]}
)
OTHER = CURVE.replace("1.", "3.")


@pytest.mark.parametrize(
    ("files", "runs"),
    [
        ({"history.csv": CURVE, "logs/history.csv": CURVE}, ["."]),
        ({"exp/history.json": AS_JSON, "exp/logs/history.csv": CURVE}, ["exp"]),
        ({"last.csv": CURVE, "a/history.csv": CURVE, "b/history.csv": OTHER}, ["a", "b"]),
        ({"history.csv": CURVE[:120], "logs/history.csv": CURVE}, [".", "logs"]),  # another, or far behind: both
        ({"loss.csv": CURVE[:-20], "logs/history.csv": CURVE}, ["."]),  # one row behind, as while it trains
        ({"history.csv": CURVE, "logs/history.csv": OTHER}, [".", "logs"]),
        ({"history.csv": CURVE, "logs/val.csv": "epoch,loss\n1,2\n2,1.5\n3,1\n"}, [".", "logs"]),
    ],
)
def test_a_history_in_a_folder_and_below_it_is_one_run(tmp_path: Path, files: dict[str, str], runs: list[str]) -> None:
    for name, text in files.items():
        write(tmp_path / name, text)
    assert sorted(open_logs(tmp_path).runs) == runs


def test_of_copies_the_fuller_one_is_the_run(tmp_path: Path) -> None:
    lines = [f"{step},{2 * 0.9**step:.5f},{1.9 * 0.92**step:.5f}" for step in range(40)]
    write(tmp_path / "history.csv", "\n".join(["epoch,loss,val_loss", *lines[:37]]))
    write(tmp_path / "logs" / "history.csv", "\n".join(["epoch,loss,val_loss", *lines]))
    assert [(name, run.points) for name, run in open_logs(tmp_path).runs.items()] == [("logs", 40)]


@pytest.mark.parametrize(
    ("digits", "factor", "runs"),
    [
        (".5f", 1.001, [".", "logs"]),  # another seed
        (".17g", 1.001, [".", "logs"]),
        (".3f", 1, ["."]),
        (".4g", 1, ["."]),
        (".2e", 1, ["."]),
        (".17g", 1, ["."]),
    ],
)
def test_copies_are_equal_in_the_digits_that_both_have(
    tmp_path: Path, digits: str, factor: float, runs: list[str]
) -> None:
    for name, written, times in (("history.csv", digits, factor), ("logs/history.csv", ".5f", 1)):
        losses = [(2 * 0.9**step, 1.9 * 0.92**step) for step in range(12)]
        lines = [f"{step},{a * times:{written}},{b * times:{written}}" for step, (a, b) in enumerate(losses)]
        write(tmp_path / name, "\n".join(["epoch,loss,val_loss", *lines]))
    assert sorted(open_logs(tmp_path).runs) == runs


def test_a_table_of_more_series_than_a_training_logs_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST_SERIES", 3)
    names = ["step", "loss", "val_loss", "a_loss", "b_loss"]
    for name, columns in (("wide", names), ("good", names[:-1])):
        rows = ["\t".join(columns), *("\t".join([str(step)] * len(columns)) for step in range(5))]
        write(tmp_path / name / "log.csv", "\n".join(rows))
    logs = open_logs(tmp_path)
    assert list(logs.runs) == ["good"]
    path = tmp_path / "wide" / "log.csv"
    assert logs.problems == [f"{path} could not be read: it has more than 3 series, which is data and no history"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_header_of_too_many_columns_is_refused_before_its_rows_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, separator: str
) -> None:
    monkeypatch.setattr(table, "_rows", lambda lines: pytest.fail(f"{len(lines)} lines were read"))
    header = separator.join(["step", *(f"loss_{number}" for number in range(50_001))])
    write(tmp_path / "log.csv", f"{header}\n")
    assert "more than 50,000 series" in open_logs(tmp_path).problems[0]


@pytest.mark.parametrize("kind", ["lines", "list", "lists"])
def test_json_of_more_series_than_a_training_logs_is_named(tmp_path: Path, kind: str) -> None:
    epoch = {f"val_loss_{number}": 0.5 for number in range(50_001)}
    content = {
        "lines": "".join(json.dumps({"step": step, **epoch}) + "\n" for step in range(3)),
        "list": json.dumps([{"epoch": step, **epoch} for step in range(3)]),
        "lists": json.dumps({name: [0.5, 0.4] for name in epoch}),
    }[kind]
    write(tmp_path / ("log.jsonl" if kind == "lines" else "log.json"), content)
    assert "more than 50,000 series" in open_logs(tmp_path).problems[0]


def test_a_log_of_wide_gaps_long_words_and_long_lines_is_read_beside_them(tmp_path: Path) -> None:
    lines = [f"step {step}:{' ' * 40}{'w' * 300}  train loss {2 / (step + 1):.4f}" for step in range(6)]
    write(
        tmp_path / "train.log", "\n".join([*lines, "step" + " " * 1900, "x " * 900 + "{'a': " * 100, "loss 1 " * 9000])
    )
    run = next(iter(open_logs(tmp_path).runs.values()))
    assert [len(curve) for curve in run.curves.values()] == [6]


@pytest.mark.parametrize("judged", [False, True])
def test_the_brief_log_of_llm_c_is_read(tmp_path: Path, judged: bool) -> None:
    lines = []
    for step in range(0, 40, 10):
        lines += [f"s:{step} tel:{11 - step / 10:.4f}", *([f"s:{step} eval:0.2{step}"] if judged else [])]
        lines += [f"s:{at} trl:{11 - at / 9:.4f} lr:0.000{at} norm:1.50" for at in range(step, step + 10)]
    write(tmp_path / "main.log", "\n".join(lines))
    run = next(iter(open_logs(tmp_path).runs.values()))
    assert run.primary is not None
    assert run.primary.train is not None
    assert run.primary.val is not None
    assert (run.primary.train.tag, run.primary.val.tag, run.points) == ("train loss", "val loss", 4)
    assert run.x_axis == "step"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("Epoch {0}/6: train loss 0,53{0}, val loss 1,25", 1.25),
        ("Epoch {0}/6: train loss 0,53{0} val loss 1,234", 1.234),
        ("2026-01-01 10:00:0{0},532 Epoch {0}/6: train loss 0,53{0} val loss 1,25", 1.25),
        ("Epoch {0}/6: train loss 1,53{0} val loss 1,234", None),  # may be thousands
        ("Epoch {0}/6: train loss 0,53{0} val loss 1,234 lr 0.1", None),
        ("Epoch {0}/6: train loss (0,53{0}) val loss (0,234)", None),
    ],
)
def test_decimal_commas_are_read_where_they_can_be_nothing_else(tmp_path: Path, line: str, value: float | None) -> None:
    write(tmp_path / "train.log", "\n".join(line.format(epoch) for epoch in range(1, 7)))
    runs = [*open_logs(tmp_path).runs.values()]
    values = [run.val.values[-1] for run in runs if run.val is not None]
    assert value in values if value is not None else not any(found in (1.234, 0.234) for found in values)


def test_half_a_surrogate_in_a_name_is_written_out(tmp_path: Path) -> None:
    write(tmp_path / "metrics.jsonl", "".join(f'{{"step":{n},"loss":{n},"\\ud800/loss":2}}\n' for n in range(5)))
    (run,) = open_logs(tmp_path).runs.values()
    assert sorted(key.tag.encode() for key in run.curves) == [b"\\ud800/loss", b"loss"]


def test_a_copy_that_goes_on_as_another_training_is_a_run_again(tmp_path: Path) -> None:
    write(tmp_path / "history.csv", CURVE)
    write(tmp_path / "logs" / "history.csv", CURVE)
    logs = open_logs(tmp_path)
    assert list(logs.runs) == ["."]
    write(tmp_path / "logs" / "history.csv", OTHER + "12,3,3\n")
    assert "logs" in logs.poll()
    assert sorted(logs.runs) == [".", "logs"]


def test_a_table_of_very_many_runs_beside_their_folders_is_compared_by_name(tmp_path: Path) -> None:
    rows = ["run,epoch,loss,val_loss"]
    for run in range(25):
        lines = [f"{step},{2 * 0.9**step + run:.5f},{1.9 * 0.92**step + run:.5f}" for step in range(5)]
        rows += [f"r{run},{line}" for line in lines]
        write(tmp_path / f"r{run}" / "history.csv", "\n".join(["epoch,loss,val_loss", *lines]))
    write(tmp_path / "all.csv", "\n".join(rows))
    assert sorted(open_logs(tmp_path).runs) == sorted(f"r{run}" for run in range(25))
