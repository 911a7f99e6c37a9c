"""The doors: what a program imports says in full what it takes, returns and raises, with an example that runs."""

from __future__ import annotations

import doctest
import inspect
from pathlib import Path

import numpy as np
import pytest

import diagnostics
from tests.writers import write_run

FINDER = doctest.DocTestFinder(exclude_empty=False, recurse=False)
NAMES = (
    *("Setup", "check_overfitting", "diagnose", "diagnose_run", "forecast", "open_logs", "outcome", "recommend"),
    "sparsity",
)
DOORS = {name: getattr(diagnostics, name) for name in NAMES}
SECTIONS = ("Parameters", "Returns", "Raises", "Examples")  # what a class returns is the class


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder ``runs`` with ``exp``, which overfits from epoch 21 on, and a trial of it that does not."""
    epochs = np.arange(60)
    train = 0.3 + 0.7 * 0.85**epochs
    turning = np.where(epochs <= 20, 1.0 - 0.03 * epochs, 0.4 + 0.005 * (epochs - 20))
    for name, val in {"exp": turning, "exp-try-1": 0.36 + 0.64 * np.maximum(0, 1 - epochs / 50)}.items():
        write_run(tmp_path / "runs" / name, {"loss/train": train.tolist(), "loss/val": val.tolist()})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def examples(door: object, name: str) -> doctest.DocTest:
    (test,) = FINDER.find(door, name, globs={name: door})
    return test


@pytest.mark.parametrize("name", DOORS)
def test_a_door_says_what_it_takes_returns_and_raises(name: str) -> None:
    text = inspect.getdoc(DOORS[name]) or ""
    missing = {section for section in SECTIONS if f"\n{section}\n{'-' * len(section)}\n" not in text}
    assert missing <= ({"Returns"} if isinstance(DOORS[name], type) else set())
    parameters = text.partition("Parameters\n")[2].partition("Raises\n")[0]
    assert [argument for argument in inspect.signature(DOORS[name]).parameters if argument not in parameters] == []


@pytest.mark.parametrize("name", DOORS)
def test_the_example_of_a_door_runs(name: str, folder: Path) -> None:
    test = examples(DOORS[name], name)
    assert test.examples
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    report: list[str] = []
    assert runner.run(test, out=report.append).failed == 0, "".join(report)
