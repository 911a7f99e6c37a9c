"""What is taken along as a file: the documented schema, every point, and a page that needs nothing else."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app import wording
from app.folder import exports, quantities, remembered, watch
from app.folder.entries import Entry
from diagnostics import GivenSetup, diagnose_run, open_logs
from diagnostics.report.export import COLUMNS
from diagnostics.report.results import as_json
from tests.test_app import OVERFITTING, _as_if_just_started, opened  # noqa: F401
from tests.writers import write_run

HEALTHY = {"loss/train": OVERFITTING["loss/train"], "loss/val": OVERFITTING["loss/train"]}
HISTORY = "epoch,loss,val_loss\n" + "".join(
    f"{epoch},{0.9**epoch},{abs(epoch - 8) / 8 + 0.5}\n" for epoch in range(1, 21)
)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    write_run(tmp_path / "logs" / "over", OVERFITTING)
    write_run(tmp_path / "logs" / "fine", HEALTHY)
    write_run(tmp_path / "logs" / "<b>odd</b>", {"loss/train": [1.0, float("nan")] * 9})
    return tmp_path / "logs"


def test_a_folder_as_json_is_what_the_command_line_gives(logs: Path) -> None:
    given = json.loads(exports.folder_json(watch.look(logs)))
    results = [(run, diagnose_run(run)) for run in open_logs(logs).runs.values()]
    asked = json.loads(json.dumps(as_json(logs, results)))
    assert sorted(given.pop("runs"), key=lambda run: run["run"]) == sorted(
        asked.pop("runs"), key=lambda run: run["run"]
    )
    assert given == asked


def test_a_folder_as_csv_has_a_row_a_run_worst_first(logs: Path) -> None:
    table = pd.read_csv(io.StringIO(exports.folder_csv(watch.look(logs))))
    assert list(table["run"]) == ["over", "fine", "<b>odd</b>"]
    assert list(table.columns[:2]) == ["run", "verdict"]
    assert table["best.value"][0] == pytest.approx(0.3)
    assert table["onset_step"].notna().tolist() == [True, False, False]


def test_the_gap_of_the_table_is_that_of_the_page(logs: Path) -> None:
    seen = watch.look(logs)
    table = pd.read_csv(io.StringIO(exports.folder_csv(seen)), index_col="run")
    for name in ("over", "fine"):
        assert table["signals.gap"][name] == pytest.approx(quantities.last_gap(seen.get(name).run))


def test_a_folder_without_runs_is_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    seen = watch.look(tmp_path / "logs")
    assert json.loads(exports.folder_json(seen))["runs"] == []
    assert not exports.folder_csv(seen).strip()
    assert "<table>" in exports.folder_html(seen)


def test_a_report_holds_all_runs_escaped_and_loads_nothing(logs: Path) -> None:
    page = exports.folder_html(watch.look(logs))
    assert page.count("<section>") == 3
    assert "<b>odd</b>" not in page
    assert "http://" not in page
    assert "https://" not in page


def test_a_run_as_csv_has_every_point_of_every_series(logs: Path) -> None:
    table = pd.read_csv(io.StringIO(exports.run_csv(watch.look(logs).get("over"), str(logs))))
    assert list(table.columns) == [*COLUMNS]
    val = table[table["name"] == "loss/val"]
    assert val["step"].tolist() == list(range(1, 31))
    np.testing.assert_allclose(val["value"], OVERFITTING["loss/val"], rtol=1e-6)


def test_a_run_without_a_log_is_an_empty_file(tmp_path: Path) -> None:
    entry = Entry("new", tmp_path / "new", "starting")
    assert exports.run_csv(entry, str(tmp_path)).strip() == ",".join(COLUMNS)
    assert json.loads(exports.run_json(entry, str(tmp_path)))["runs"] == []


def test_a_file_that_is_saved_among_the_logs_is_no_run(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    for name in ("a", "b"):
        (logs / name).mkdir(parents=True)
        (logs / name / "history.csv").write_text(HISTORY)
    snapshot = watch.look(logs)
    names = [entry.name for entry in snapshot.entries]
    saved = logs / "a.csv"
    for kind, text in {
        "csv": exports.run_csv(snapshot.get("a"), str(logs)),
        "json": exports.run_json(snapshot.get("a"), str(logs)),
        "folder.csv": exports.folder_csv(snapshot),
        "folder.json": exports.folder_json(snapshot),
    }.items():
        saved.with_name(f"a.{kind}").write_text(text)
        os.utime(saved.with_name(f"a.{kind}"), (1.7e9, 1.7e9))
    reread = open_logs(logs)
    assert sorted(reread.runs) == sorted(names) == ["a", "b"]
    assert reread.problems == [f"{saved} is an export of Fitwatch, left out because other logs lie here"]


def test_a_run_is_advised_by_what_a_person_said_of_it(logs: Path) -> None:
    entry = watch.look(logs).get("over")
    before = exports.run_json(entry, str(logs)), exports.run_html(entry, str(logs))
    remembered.keep_given_setup(str(logs), "over", GivenSetup(architecture="vit"))
    assert exports.run_json(entry, str(logs)) != before[0]
    assert exports.run_html(entry, str(logs)) != before[1]
    assert len(json.loads(exports.folder_json(watch.look(logs)))["runs"]) == 3


def test_the_page_makes_no_file_before_it_is_asked_for(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> str:
        raise AssertionError("made on a tick")

    for kind in wording.FILES:
        monkeypatch.setattr(exports, f"folder_{kind}", fail)
    app = opened(logdir="logs")
    assert not app.exception
    assert [button.label for button in app.get("download_button")] == [label for label, *_ in wording.FILES.values()]
