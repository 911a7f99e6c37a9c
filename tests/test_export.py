"""``fitwatch export``: every curve, setting and verdict, in three formats that hold the same."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest

from diagnostics import open_logs
from diagnostics.report.export import COLUMNS, csv_text, exported, long_table, main
from diagnostics.report.results import judged
from tests.writers import LogWriter

EPOCHS = range(1, 31)


@pytest.fixture
def logdir(tmp_path: Path) -> Path:
    with LogWriter(tmp_path / "logs" / "=cmd") as log:
        log.hparams({"lr": 0.1, "note": "@SUM(1)"})
        for epoch in EPOCHS:
            log.scalar("loss/train", 1 / epoch, epoch)
            log.scalar("loss/val", float("nan") if epoch == 3 else -1 / epoch, epoch)
    return tmp_path / "logs"


def test_every_point_setting_and_verdict_is_a_row(logdir: Path) -> None:
    table = long_table(judged(open_logs(logdir)), logdir)
    assert list(table) == list(COLUMNS)
    curves = table[table["kind"] == "curve"]
    assert curves.groupby("name").size().to_dict() == {"loss/train": 30, "loss/val": 30}
    lr = table[(table["kind"] == "setting") & (table["name"] == "lr")]
    assert lr["value"].tolist() == [pytest.approx(0.1)]
    (verdict,) = table[(table["kind"] == "verdict") & (table["name"] == "verdict")]["text"]
    assert verdict == judged(open_logs(logdir))[0][1].verdict.value


def test_a_spreadsheet_computes_nothing_and_numbers_stay(logdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(logdir), "--to", "csv"]) == 0
    table = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert set(table["run"]) == {"'=cmd"}
    assert "'@SUM(1)" in set(table["text"])
    val = table[(table["kind"] == "curve") & (table["name"] == "loss/val")]["value"]
    assert val.isna().sum() == 1
    assert val.iloc[0] == -1


def test_a_heading_is_text_too() -> None:
    assert csv_text(pd.DataFrame({"=a": [1.5], "b": ["+x"]})) == "'=a,b\n1.5,'+x\n"


def test_json_and_parquet_hold_the_same(logdir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = long_table(judged(open_logs(logdir)), logdir)
    for kind in ("json", "parquet"):
        assert main([str(logdir), "--out", str(tmp_path / f"all.{kind}")]) == 0
    assert f"wrote {len(table)} rows of 1 run to" in capsys.readouterr().out
    parquet = pd.read_parquet(tmp_path / "all.parquet")
    assert parquet["run"].tolist() == table["run"].tolist()
    assert parquet["value"].equals(table["value"])
    text = (tmp_path / "all.json").read_text()
    assert "NaN" not in text
    rows = json.loads(text)["rows"]
    assert [row["step"] for row in rows] == [None if pd.isna(step) else step for step in table["step"]]


def test_a_folder_without_anything_is_a_table_without_rows() -> None:
    assert list(long_table([], "logs")) == list(COLUMNS)
    assert json.loads(exported(long_table([], "logs"), "json", "logs"))["rows"] == []


@pytest.mark.parametrize(
    ("options", "way_out"),
    [
        (["{logs}"], "--to csv, --to parquet or --to json"),
        (["{logs}", "--to", "parquet"], "--out FILE"),
        (["{logs}/nowhere", "--to", "csv"], "nowhere"),
        (["{logs}", "--to", "csv", "--out", "{logs}/nowhere/x.csv"], "nowhere/x.csv"),
        (["{logs}", "--to", "xml"], "xml"),
    ],
)
def test_what_cannot_be_exported_is_a_sentence(logdir: Path, capsys, options: list[str], way_out: str) -> None:
    try:
        code = main([option.format(logs=logdir) for option in options])
    except SystemExit as refused:
        code = refused.code
    answer = capsys.readouterr()
    assert (code, answer.out) == (2, "")
    assert way_out in answer.err


@pytest.mark.parametrize("kind", ["csv", "parquet", "json"])
def test_a_name_that_is_no_utf_8_is_written_out(tmp_path: Path, kind: str) -> None:
    with LogWriter(tmp_path / "\udcff\udcfe") as log:
        for epoch in EPOCHS:
            log.scalar("loss/train", 1 / epoch, epoch)
            log.scalar("loss/val", 1 / epoch, epoch)
    table = long_table(judged(open_logs(tmp_path)), tmp_path)
    assert b"udcff" in exported(table, kind, "logs")
