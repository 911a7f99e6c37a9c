"""Tables with a row for each value, for each side, or for each step of several runs, as pandas and R leave them."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from diagnostics import open_logs
from diagnostics.logs.settings import strengths
from diagnostics.report import export
from tests.rows import tags_of
from tests.test_history_file import write

TRAIN = [2 * 0.9**step + 0.2 for step in range(12)]
VAL = [2 * 0.9**step + 0.4 for step in range(12)]
WIDE = pd.DataFrame({"step": range(12), "train_loss": TRAIN, "val_loss": VAL})
LONG = WIDE.melt(id_vars="step", var_name="metric", value_name="value")


def two_runs(table: pd.DataFrame, name: str) -> pd.DataFrame:
    return pd.concat([table.assign(**{name: "a"}), table.assign(**{name: "b"})])


@pytest.mark.parametrize(
    ("table", "runs"),
    [
        (LONG, ["."]),
        (LONG.rename(columns={"metric": "variable"}), ["."]),
        (LONG.rename(columns={"metric": "Tag", "value": "Value", "step": "Step"}), ["."]),
        (LONG.drop(columns="step"), ["."]),
        (two_runs(LONG, "run"), ["history/a", "history/b"]),
        (two_runs(LONG.drop(columns="step"), "run"), ["history/a", "history/b"]),
        (two_runs(WIDE, "run_id"), ["history/a", "history/b"]),
    ],
    ids=["long", "melted", "capitals", "no step", "runs", "runs without step", "wide, runs"],
)
@pytest.mark.parametrize("separator", [",", "\t"])
def test_a_long_table_is_a_training_like_any_other(
    tmp_path: Path, table: pd.DataFrame, runs: list[str], separator: str
) -> None:
    write(tmp_path / "history.csv", table.to_csv(index=False, sep=separator))
    logs = open_logs(tmp_path)
    assert sorted(logs.runs) == runs
    for run in logs.runs.values():
        assert run.train is not None
        assert run.val is not None
        assert list(run.train.values) == pytest.approx(TRAIN)
        assert list(run.val.values) == pytest.approx(VAL)


@pytest.mark.parametrize("column", ["split", "phase", "mode"])
def test_a_row_for_each_side_of_an_epoch_is_read_as_two_sides(tmp_path: Path, column: str) -> None:
    sides = [WIDE[["step"]].assign(loss=losses, **{column: side}) for side, losses in (("train", TRAIN), ("val", VAL))]
    table = pd.concat(sides).rename(columns={"step": "epoch"}).sort_values("epoch")
    write(tmp_path / "log.csv", table.to_csv(index=False))
    (run,) = open_logs(tmp_path).runs.values()
    assert tags_of(run) == ("train/loss", "val/loss")
    assert run.val is not None
    assert list(run.val.values) == pytest.approx(VAL)


def test_a_long_table_says_what_was_set_where_it_has_no_step(tmp_path: Path) -> None:
    settings = pd.DataFrame({"step": [None], "metric": ["dropout"], "value": [0.3]})
    write(tmp_path / "history.csv", pd.concat([settings, LONG]).to_csv(index=False))
    (run,) = open_logs(tmp_path).runs.values()
    assert float(run.hparams["dropout"]) == 0.3


def test_a_sweep_with_a_row_for_each_run_is_not_taken_apart(tmp_path: Path) -> None:
    table = pd.DataFrame({"run": range(12), "epoch": range(12), "val_loss": VAL})
    write(tmp_path / "history.csv", table.to_csv(index=False))
    assert len(open_logs(tmp_path).runs) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [("{victim}", "a"), ("../../victim", "a"), ("/", ".."), ("a", "/a"), ("a\\..\\b", "a/b"), ("", "x")],
)
def test_a_name_in_a_table_leads_nowhere_but_below_its_file(tmp_path: Path, first: str, second: str) -> None:
    victim = tmp_path / "victim"
    write(victim / "config.json", '{"dropout": 0.123}')
    names = [first.format(victim=victim), second]
    table = pd.concat([LONG.assign(run=name) for name in names])
    write(tmp_path / "logs" / "r" / "log.csv", table.to_csv(index=False))
    runs = open_logs(tmp_path / "logs").runs
    assert len(runs) == 2
    for name, run in runs.items():
        assert name.startswith("r")
        assert ".." not in Path(name).parts
        assert strengths(run, tmp_path / "logs") == {}


def exported_to(logs: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> str:
    out.parent.mkdir(exist_ok=True)
    assert export.main([str(logs), "--out", str(out)]) == 0
    os.utime(out, (1.7e9, 1.7e9))
    return capsys.readouterr().out


@pytest.mark.parametrize("kind", export.FORMATS)
def test_an_export_among_the_logs_is_said_to_be_there_and_is_no_run(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        write(tmp_path / "logs" / name / "log.csv", LONG.to_csv(index=False))
    printed = exported_to(tmp_path / "logs", tmp_path / "logs" / "out" / f"all.{kind}", capsys)
    assert "it lies among the logs, and is not read as one of them" in printed
    logs = open_logs(tmp_path / "logs")
    assert sorted(logs.runs) == ["a", "b"]
    out = tmp_path / "logs" / "out" / f"all.{kind}"
    assert logs.problems == [f"{out} is an export of Fitwatch, left out because other logs lie here"]


@pytest.mark.parametrize("kind", export.FORMATS)
def test_an_export_alone_stands_for_the_runs_in_it(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        write(tmp_path / "logs" / name / "log.csv", LONG.to_csv(index=False))
    printed = exported_to(tmp_path / "logs", tmp_path / "elsewhere" / f"all.{kind}", capsys)
    assert "among the logs" not in printed
    assert sorted(open_logs(tmp_path / "elsewhere").runs) == ["all/a", "all/b"]
