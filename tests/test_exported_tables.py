"""What trackers export or keep in one file for many runs: Parquet, trackio's and MLflow's SQLite."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from diagnostics.logs import open_logs
from diagnostics.logs.run import Run
from diagnostics.logs.settings import strengths

TRAIN = [1.0, 0.5, 0.25, 0.125, 0.1]
VAL = [1.25, 0.75, 0.5, 0.625, 0.75]


def rested(path: Path) -> None:
    os.utime(path, (1.7e9, 1.7e9))


def write_parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_parquet(path)
    rested(path)


def long_rows(run: str) -> list[dict[str, Any]]:
    """As an exporter writes them that has one row for each value."""
    series = {"metrics/train/loss": TRAIN, "metrics/val/loss": VAL}
    rows: list[dict[str, Any]] = [
        {
            "run_id": run,
            "attribute_path": path,
            "attribute_type": "float_series",
            "step": float(step),
            "float_value": value,
        }
        for path, values in series.items()
        for step, value in enumerate(values)
    ]
    settings = {"run_id": run, "attribute_path": "parameters/dropout", "attribute_type": "float", "float_value": 0.3}
    return [*rows, settings]


def write_trackio(path: Path, runs: list[str], *, wal: bool = False) -> None:
    database = sqlite3.connect(path)
    if wal:
        database.execute("PRAGMA journal_mode = WAL")
    database.execute(
        "CREATE TABLE metrics (id INTEGER PRIMARY KEY, timestamp TEXT, run_name TEXT, step INTEGER, metrics TEXT)"
    )
    database.execute("CREATE TABLE configs (id INTEGER PRIMARY KEY, run_name TEXT, config TEXT, created_at TEXT)")
    for run in runs:
        for step, (train, val) in enumerate(zip(TRAIN, VAL, strict=True)):
            logged = json.dumps({"train": {"loss": train}, "val/loss": val})
            row = (f"2026-01-01T00:00:0{step}", run, step, logged)
            database.execute("INSERT INTO metrics (timestamp, run_name, step, metrics) VALUES (?, ?, ?, ?)", row)
        database.execute("INSERT INTO configs (run_name, config) VALUES (?, ?)", (run, '{"dropout": 0.3}'))
    database.commit()
    database.close()
    rested(path)


def write_mlflow(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE runs (run_uuid TEXT, name TEXT)")
    database.execute(
        "CREATE TABLE metrics (key TEXT, value REAL, timestamp INTEGER, run_uuid TEXT, step INTEGER, is_nan BOOLEAN)"
    )
    database.execute("CREATE TABLE params (key TEXT, value TEXT, run_uuid TEXT)")
    for run in ("a1", "b2"):
        database.execute("INSERT INTO runs VALUES (?, ?)", (run, f"run-{run}"))
        for key, values in (("train_loss", TRAIN), ("val_loss", VAL)):
            for step, value in enumerate(values):
                database.execute(
                    "INSERT INTO metrics VALUES (?, ?, ?, ?, ?, 0)", (key, value, 1.7e12 + step, run, step)
                )
        database.execute("INSERT INTO params VALUES ('dropout', '0.3', ?)", (run,))
    database.commit()
    database.close()
    rested(path)


def holds_the_losses(run: Run, folder: Path) -> bool:
    train, val = run.train, run.val
    return (
        train is not None
        and val is not None
        and [[*curve.values] for curve in (train, val)] == [TRAIN, VAL]  # noqa: PD011
        and strengths(run, folder) == {"dropout": 0.3}
    )


def test_a_long_table_holds_many_runs_and_their_settings(tmp_path: Path) -> None:
    write_parquet(tmp_path / "export" / "data.parquet", long_rows("A-1") + long_rows("A-2"))
    runs = open_logs(tmp_path).runs
    assert set(runs) == {"export/data/A-1", "export/data/A-2"}
    assert all(holds_the_losses(run, tmp_path) for run in runs.values())


def test_a_wide_table_is_one_run(tmp_path: Path) -> None:
    rows = [{"_step": i, "train/loss": t, "val/loss": v} for i, (t, v) in enumerate(zip(TRAIN, VAL, strict=True))]
    write_parquet(tmp_path / "exp" / "history.parquet", rows)
    (run,) = open_logs(tmp_path).runs.values()
    assert run.name == "exp"
    assert run.val is not None
    assert run.val.last == VAL[-1]
    assert run.points == len(VAL)


@pytest.mark.parametrize(
    "rows", [[{"x": 1, "loss": 2.0}] * 5, [{"step": 1, "text": "a"}] * 5, [{"step": 1, "price": 2.0}]]
)
def test_a_data_set_is_no_history(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    write_parquet(tmp_path / "data.parquet", rows)
    logs = open_logs(tmp_path)
    assert (dict(logs.runs), logs.problems) == ({}, [])


@pytest.mark.parametrize("wal", [False, True])
def test_trackio_keeps_the_runs_of_a_project_in_one_file(tmp_path: Path, wal: bool) -> None:
    write_trackio(tmp_path / "project.db", ["a", "b"], wal=wal)
    before = sorted(os.listdir(tmp_path))
    runs = open_logs(tmp_path).runs
    assert set(runs) == {"project/a", "project/b"}
    assert all(holds_the_losses(run, tmp_path) for run in runs.values())
    assert sorted(os.listdir(tmp_path)) == before


def test_rows_that_a_database_in_use_has_written_ahead_are_seen_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "project.db"
    write_trackio(path, ["a"], wal=True)
    logs = open_logs(tmp_path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_autocheckpoint = 0")
        for step in (5, 6):
            row = ("2026-01-01T00:00:09", "a", step, json.dumps({"train": {"loss": 0.1}, "val/loss": 0.75}))
            database.execute("INSERT INTO metrics (timestamp, run_name, step, metrics) VALUES (?, ?, ?, ?)", row)
            database.commit()
            files = {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in tmp_path.iterdir()}
            assert f"{path.name}-wal" in files
            assert logs.poll() == {"."}
            assert logs.runs["."].points == step + 1
            assert logs.poll() == set()
            assert {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in tmp_path.iterdir()} == files
    assert logs.runs["."].points == 7


@pytest.mark.parametrize("ahead", [b"x" * 5000, b"\x37\x7f\x06\x82" + b"\0" * 9000])
def test_what_is_no_write_ahead_log_changes_nothing(tmp_path: Path, ahead: bytes) -> None:
    path = tmp_path / "project.db"
    write_trackio(path, ["a"], wal=True)
    (tmp_path / "project.db-wal").write_bytes(ahead)
    assert holds_the_losses(open_logs(tmp_path).runs["."], tmp_path)


def test_one_run_of_trackio_is_called_by_its_folder(tmp_path: Path) -> None:
    write_trackio(tmp_path / "project.db", ["a"])
    assert list(open_logs(tmp_path).runs) == ["."]


def test_the_database_of_mlflow_is_read(tmp_path: Path) -> None:
    write_mlflow(tmp_path / "mlflow.db")
    runs = open_logs(tmp_path).runs
    assert set(runs) == {"mlflow/run-a1", "mlflow/run-b2"}
    assert all(holds_the_losses(run, tmp_path) for run in runs.values())


def test_another_database_is_no_history(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "app.db")
    database.execute("CREATE TABLE metrics (name TEXT, value REAL)")
    database.execute("INSERT INTO metrics VALUES ('loss', 0.5)")
    database.commit()
    database.close()
    rested(tmp_path / "app.db")
    (tmp_path / "broken.db").write_bytes(b"SQLite format 3\0" + bytes(100))
    rested(tmp_path / "broken.db")
    logs = open_logs(tmp_path)
    assert (dict(logs.runs), logs.problems) == ({}, [])


def test_a_database_that_was_cut_short_says_so(tmp_path: Path) -> None:
    database = tmp_path / "project.db"
    write_trackio(database, [f"run-{number}" for number in range(40)])
    whole = database.read_bytes()
    database.write_bytes(whole[: len(whole) // 2])
    rested(database)
    (problem,) = open_logs(tmp_path).problems
    assert problem.endswith("it is a SQLite database that is damaged or cut short; copy it again")


def test_a_view_that_never_ends_is_given_up(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "endless.db")
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id, i AS step FROM n"
    database.execute(f"CREATE VIEW metrics AS {endless}")
    database.commit()
    database.close()
    rested(tmp_path / "endless.db")
    assert dict(open_logs(tmp_path).runs) == {}
