"""The matcher on real logs with a person's labels: those in tests/logs, and any set that FITWATCH_LOGS names."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from diagnostics.logs.folders.folder import EventFolder
from diagnostics.logs.matching.membership import group
from diagnostics.logs.matching.pairing import match
from diagnostics.logs.run import Key, Pair, Run

LOGS = Path(__file__).parent / "logs"
LABELS = json.loads((LOGS / "labels.json").read_text(encoding="utf-8"))
MORE = Path(os.environ.get("FITWATCH_LOGS", ""))

Sides = tuple[Key | None, Key | None]


def runs_in(path: Path) -> dict[str, Run]:
    folder = EventFolder(path)
    folder.poll()
    scalars = {name: [file.scalars for file in directory.files] for name, directory in folder.directories.items()}
    members = group({name: {tag for file in files for tag in file} for name, files in scalars.items()})
    return {run: match(run, {name: scalars[name] for name in names}, root=path.name) for run, names in members.items()}


def sides(pair: Pair | None) -> Sides:
    return (pair.train, pair.val) if pair else (None, None)


def labeled(train: dict[str, str] | None, val: dict[str, str] | None) -> Sides:
    return Key(**train) if train else None, Key(**val) if val else None


def with_pair(runs: dict[str, Run], expected: Sides) -> Run | None:
    """The run whose primary pair is the one expected, or adds it up with others."""
    for run in runs.values():
        parts = () if run.primary is None else run.primary.parts
        beside = (run.train_loss, None)  # of a metric that is judged because there is no validation loss
        if expected in (sides(run.primary), beside, *map(sides, parts)):
            return run
    return None


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label["id"])
def test_the_pair_the_axis_and_the_metrics_are_those_a_person_named(label: dict[str, Any]) -> None:
    runs = runs_in(LOGS / label["id"])
    expected = labeled(label["train"], label["val"])
    if expected == (None, None):
        assert all(run.primary is None for run in runs.values())
        assert label["x_axis"] in {run.x_axis for run in runs.values()}
        return
    run = with_pair(runs, expected)
    assert run is not None, {name: sides(run.primary) for name, run in runs.items()}
    assert run.x_axis == label["x_axis"]
    found = {(*sides(pair), pair.higher_is_better) for pair in run.pairs}
    for other in label["others"]:
        assert (*labeled(other["train"], other["val"]), other["higher_is_better"]) in found
    for other in label["runs"]:
        assert with_pair(runs, labeled(other["train"], other["val"]))


def absolute(path: Path, run: Run) -> tuple[Any, ...]:
    def where(key: Key | None) -> tuple[Path, str] | None:
        return None if key is None else (path / key.run, key.tag)

    pairs = [(pair.name, where(pair.train), where(pair.val)) for pair in run.pairs]
    return run.x_axis, run.sessions, run.primary and run.primary.name, sorted(pairs, key=str)


@pytest.fixture(scope="module")
def all_at_once() -> dict[Path, tuple[Any, ...]]:
    return {LOGS / name: absolute(LOGS, run) for name, run in runs_in(LOGS).items()}


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label["id"])
def test_the_answer_does_not_depend_on_the_level_that_is_opened(
    label: dict[str, Any], all_at_once: dict[Path, tuple[Any, ...]]
) -> None:
    top = LOGS / label["id"]
    runs = {top / name: absolute(top, run) for name, run in runs_in(top).items()}
    assert runs == {path: run for path, run in all_at_once.items() if path.is_relative_to(top)}
    levels = {level for run in runs for level in (run, *run.parents) if level.is_dir() and level.is_relative_to(top)}
    for level in levels:
        for name, run in runs_in(level).items():
            assert absolute(level, run) == runs[level / name], level


def labels_elsewhere() -> list[dict[str, Any]]:
    path = MORE / "labels.json"
    return json.loads(path.read_text(encoding="utf-8")) if os.environ.get("FITWATCH_LOGS") else []


@pytest.mark.skipif(not os.environ.get("FITWATCH_LOGS"), reason="FITWATCH_LOGS names no folder of labeled logs")
@pytest.mark.parametrize("label", labels_elsewhere(), ids=lambda label: label["id"])
def test_labeled_logs_kept_elsewhere_get_their_pair_too(label: dict[str, Any]) -> None:
    expected = label["expected"]
    runs = runs_in(MORE / label["id"])
    wanted = labeled(expected["train_loss"], expected["val_loss"])
    if wanted == (None, None) or "rl" in label["pitfalls"]:
        assert all(run.primary is None for run in runs.values())
        return
    run = with_pair(runs, wanted)
    assert run is not None, {name: sides(run.primary) for name, run in runs.items()}
    assert run.x_axis == expected["x_axis"] or run.train_loss  # a person named the steps of the loss, not of the metric
    for other in expected["per_run"] or []:
        assert with_pair(runs, labeled(other["train_loss"], other["val_loss"]))
