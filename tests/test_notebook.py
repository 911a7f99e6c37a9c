"""``fitwatch.show``: the chart and the verdict of a run where a notebook draws them."""

from __future__ import annotations

import doctest
import sys
from pathlib import Path

import pytest

import fitwatch
from diagnostics import LogError, open_logs
from tests.test_doors import examples, folder  # noqa: F401 - a fixture

FALLING = [2.0 * 0.9**i for i in range(60)]
TURNING = [0.5 + 1.5 * 0.8**i + 0.01 * max(0, i - 15) for i in range(60)]


def test_losses_are_drawn_with_the_verdict_in_the_title() -> None:
    chart = fitwatch.show(FALLING, TURNING)
    assert chart.title.text.startswith("losses: Overfitting, clearly, since epoch 16")
    spec = chart.to_dict()
    assert {row["side"] for row in spec["datasets"]["lines"]} == {"Train", "Validation"}
    assert [row["label"] for row in spec["datasets"]["marks"]][1] == "Overfits from epoch 16"
    assert "Overfits from epoch 16" in chart._repr_mimebundle_()["text/html"]


def test_a_folder_shows_the_run_that_needs_attention_most_or_the_one_asked_for(folder: Path) -> None:  # noqa: F811
    worst = fitwatch.show("runs")
    assert worst.title.text.startswith("exp: ")
    assert worst.title.subtitle[-1] == "1 more run in runs: choose one with run=NAME"
    assert fitwatch.show("runs", run="exp-try-1").title.text.startswith("exp-try-1: ")
    assert fitwatch.show(open_logs("runs").runs["exp"]).title.text == worst.title.text
    with pytest.raises(LogError, match="it has exp, exp-try-1"):
        fitwatch.show("runs", run="ex")


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
