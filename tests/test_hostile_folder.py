"""A folder with one hostile file of every kind: every page, report and export shows the other runs as they are."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from pathlib import Path

import pytest

from app.folder import exports, watch
from diagnostics.__main__ import main as diagnostics
from tests.bombs import BOMBS
from tests.hostile_files import HOSTILE, NAMED
from tests.test_app import OVERFITTING, _as_if_just_started, opened, shown  # noqa: F401
from tests.test_hostile_names import NAMES, PAGES
from tests.test_run_page import unfolded
from tests.writers import write_run

KINDS = {**HOSTILE, **BOMBS}
SLOW = ("many texts", "a computed column", "packed table", "packed events", "one text, often", "an array of 512 MiB")
GOOD = "good"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For each kind a folder with the file and a run beside it, and a run of each hostile name."""
    folder = tmp_path_factory.mktemp("hostile")
    original = write_run(folder / GOOD, OVERFITTING)
    for number, (kind, (name, make)) in enumerate(KINDS.items()):
        if kind not in SLOW:
            path = folder / f"{number:02}" / name
            for directory in {path.parent, folder / f"{number:02}" / GOOD}:
                directory.mkdir(parents=True, exist_ok=True)
            make(path)
            if path.is_file() and not path.is_symlink():
                os.utime(path, (1.7e9, 1.7e9))
            shutil.copy(original, folder / f"{number:02}" / GOOD / original.name)
    for name in NAMES:
        (folder / "names" / name).mkdir(parents=True)
        shutil.copy(original, folder / "names" / name / original.name)
    return folder


def same(folder: Path) -> list[str]:
    """The runs that hold the same training, by their names."""
    places = [place.name for place in folder.iterdir() if (place / GOOD).is_dir()]
    return [GOOD, *(f"{place}/{GOOD}" for place in sorted(places)), *(f"names/{name}" for name in NAMES)]


def test_all_runs_are_judged_and_each_file_is_a_problem_once(folder: Path) -> None:
    snapshot = watch.look(folder)
    verdicts = {entry.name: entry.diagnosis and entry.diagnosis.verdict for entry in snapshot.entries}
    assert {verdicts[name] for name in same(folder)} == {"overfitting"}
    for number, (kind, (name, _)) in enumerate(KINDS.items()):
        path = str(folder / f"{number:02}" / name)
        naming = [problem for problem in snapshot.problems if f"{path} " in problem or f"{path}:" in problem]
        assert len(naming) == 1 if kind in NAMED else len(naming) <= 1, (kind, naming)


@pytest.mark.parametrize("page", [page for page in PAGES if page != "run"])
def test_every_page_is_whole(folder: Path, page: str) -> None:
    text = shown(opened(page, logdir=str(folder), runs=f"{GOOD} 00/{GOOD}", study="search"))
    assert "Traceback" not in text
    assert "\x1b" not in text


def test_every_run_with_such_a_file_beside_it_has_its_page(folder: Path) -> None:
    beside = [f"{number:02}/{GOOD}" for number, (name, _) in enumerate(KINDS.values()) if not name.startswith("x/")]
    for name in [GOOD, *filter(set(same(folder)).__contains__, beside)]:
        app = unfolded(opened("run", logdir=str(folder), run=name))
        assert "Overfitting" in shown(app), name


def test_what_is_saved_is_whole(folder: Path) -> None:
    snapshot = watch.look(folder)
    runs = json.loads(exports.folder_json(snapshot), parse_constant=pytest.fail)["runs"]
    assert {run["run"] for run in runs} >= set(same(folder))
    rows = list(csv.DictReader(io.StringIO(exports.folder_csv(snapshot))))
    assert len(rows) == len(snapshot.entries)
    page = exports.folder_html(snapshot)
    assert "Traceback" not in page
    assert "\x1b" not in page


@pytest.mark.parametrize("options", [[], ["--json"], ["--brief", "--json"]])
def test_the_terminal_is_whole(folder: Path, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert diagnostics([str(folder), *options]) == 0
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    assert "\x1b" not in printed.out + printed.err
    if options:
        json.loads(printed.out, parse_constant=pytest.fail)
