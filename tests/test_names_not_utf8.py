"""A folder whose name is no UTF-8: every page shows it, under its escaped name, and its files are found."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics import open_logs, setup_of
from diagnostics.__main__ import main
from diagnostics.logs.folders.names import name_of, path_of
from tests.app_page import at

ESCAPED = r"b\udcff"
ROWS = "epoch,loss,val_loss\n" + "".join(f"{n},{0.9**n},{abs(n - 8) / 8 + 0.5}\n" for n in range(1, 21))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("good", os.fsdecode(b"b\xff")):
        folder = tmp_path / "runs" / name
        try:
            folder.mkdir(parents=True)
        except (OSError, UnicodeError):
            pytest.skip("this file system takes no name that is not UTF-8")
        (folder / "metrics.csv").write_text(ROWS)
        (folder / "config.json").write_text(json.dumps({"learning_rate": 0.25, "dropout": 0.5}))
    return tmp_path / "runs"


def test_a_run_is_called_by_the_escaped_name_and_its_files_are_found(place: Path) -> None:
    runs = open_logs(place).runs
    assert {*runs} == {"good", ESCAPED}
    assert setup_of(runs[ESCAPED], place).strengths["dropout"] == 0.5
    assert path_of(place, ESCAPED).is_dir()


def test_a_folder_that_is_really_called_so_is_its_own(place: Path) -> None:
    (place / ESCAPED).mkdir()
    (place / ESCAPED / "metrics.csv").write_text(ROWS)
    (place / ESCAPED / "config.json").write_text(json.dumps({"learning_rate": 0.25, "dropout": 0.75}))
    runs = open_logs(place).runs
    literal = name_of(ESCAPED)
    assert {*runs} == {"good", ESCAPED, literal}
    assert [setup_of(runs[name], place).strengths["dropout"] for name in (ESCAPED, literal)] == [0.5, 0.75]
    assert path_of(place, literal) == place / ESCAPED


@given(st.text("\\udc8a9f\udc8a\udcffü/", max_size=12))
def test_every_path_has_a_name_of_its_own_that_leads_back_to_it(path: str) -> None:
    name = name_of(path)
    name.encode()
    assert str(path_of("", name)) == str(Path("", path))


def test_any_other_name_is_shown_as_it_is() -> None:
    for name in ("übung", r"a\b", r"c\udd00", "exp-1/train"):
        assert name_of(name) == name


@pytest.mark.parametrize("page", ["", "run", "compare", "tune", "train", "guide"])
def test_every_page_opens_over_such_a_folder(place: Path, page: str) -> None:
    chosen = [("run", ESCAPED)] if page == "run" else []
    app = at(page, [("logdir", str(place)), *chosen, ("runs", ESCAPED), ("find", "b")])
    assert not app.exception
    app.run()
    assert not app.exception


def test_a_report_and_a_table_are_written(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(place), "--json"]) == 0
    assert ESCAPED in {run["run"] for run in json.loads(capsys.readouterr().out)["runs"]}
    assert main([str(place), "--report", str(place.parent / "report.html")]) == 0
