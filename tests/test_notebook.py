"""``fitwatch.show``: the chart and the verdict of a run where a notebook draws them."""

from __future__ import annotations

import doctest
import sys
from pathlib import Path

import pytest

import fitwatch
from diagnostics import LogError, open_logs
from fitwatch.notebook import SMALL
from tests.test_doors import examples, folder  # noqa: F401 - a fixture
from tests.writers import write_run

FALLING = [2.0 * 0.9**i for i in range(60)]
TURNING = [0.5 + 1.5 * 0.8**i + 0.01 * max(0, i - 15) for i in range(60)]


def test_losses_are_drawn_with_the_verdict_in_the_title() -> None:
    chart = fitwatch.show(FALLING, TURNING)
    assert chart.title.text.startswith("losses: Overfitting, clearly, since epoch 16")
    spec = chart.to_dict()
    assert {row["side"] for row in spec["datasets"]["lines"]} == {"Train", "Validation"}
    assert [row["label"] for row in spec["datasets"]["marks"]][1] == "Overfits from epoch 16"
    assert "Overfits from epoch 16" in chart._repr_mimebundle_()["text/html"]


def test_a_folder_shows_all_its_runs_small_or_the_one_asked_for_large(folder: Path) -> None:  # noqa: F811
    every = fitwatch.show("runs").to_dict()
    assert every["title"]["text"] == "1 of 2 runs needs attention: 1 overfitting."
    headings = every["facet"]["sort"]
    assert [heading.split("\n")[0] for heading in headings] == ["exp", "exp-try-1"]
    assert headings[0].split("\n")[1].startswith("Overfitting, ")
    rows = every["data"]["values"]
    assert {(row["run"], row["side"]) for row in rows} == {
        (heading, side) for heading in headings for side in ("Train", "Validation")
    }
    exp = fitwatch.show("runs", run="exp")
    assert exp.title.text.startswith("exp: ")
    assert fitwatch.show(open_logs("runs").runs["exp"]).title.text == exp.title.text
    with pytest.raises(LogError, match="it has exp, exp-try-1"):
        fitwatch.show("runs", run="ex")


def test_of_many_runs_the_worst_are_drawn(tmp_path: Path) -> None:
    for number in range(SMALL + 3):
        val = TURNING if number == 13 else FALLING
        write_run(tmp_path / f"run{number:02}", {"loss/train": FALLING, "loss/val": val})
    chart = fitwatch.show(tmp_path).to_dict()
    assert len(chart["facet"]["sort"]) == SMALL
    assert chart["facet"]["sort"][0].startswith("run13\nOverfitting")
    assert chart["title"]["subtitle"].startswith("The 12 that need attention most; one of them large")


def test_a_folder_of_one_run_shows_it_large(tmp_path: Path) -> None:
    write_run(tmp_path / "exp", {"loss/train": FALLING, "loss/val": TURNING})
    assert fitwatch.show(tmp_path).title.text.startswith("exp: Overfitting, clearly, since epoch 1")


def test_the_example_runs(folder: Path) -> None:  # noqa: F811
    report: list[str] = []
    runner = doctest.DocTestRunner()
    assert runner.run(examples(fitwatch.show, "show"), out=report.append).failed == 0, "".join(report)


def test_what_is_missing_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"show\(train, val\)"):
        fitwatch.show(FALLING)
    with pytest.raises(LogError):
        fitwatch.show(tmp_path)
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(ImportError, match="pip install altair"):
        fitwatch.show(FALLING, TURNING)
