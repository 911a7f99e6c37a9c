"""What a person says of a run and which runs they hide is remembered, and no broken file stands in the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.folder import remembered
from app.folder.notifications import lock_file, notifications
from diagnostics import GivenSetup
from tests.app_server import ROOT
from tests.test_app import OVERFITTING, opened
from tests.writers import write_run


@pytest.fixture(autouse=True)
def _own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_what_was_said_of_a_run_is_remembered_for_its_folder_alone() -> None:
    said = GivenSetup(architecture="vit", val_samples=500, lr=3e-4, steps_per_epoch=12.5)
    remembered.keep_given_setup("/logs", "run", said)
    assert remembered.given_setup("/logs", "run") == said
    assert remembered.given_setup("/logs", "other") == remembered.given_setup("/elsewhere", "run") == GivenSetup()


def test_saying_nothing_forgets() -> None:
    remembered.keep_given_setup("/logs", "run", GivenSetup(lr=0.1))
    remembered.keep_given_setup("/logs", "run", GivenSetup())
    assert remembered.decisions("told", "/logs") == {}


@pytest.mark.parametrize(
    "written",
    [
        "no object",
        {"architecture": "perceptron", "val_samples": -3, "lr": "0.1", "steps_per_epoch": True},
        {"strengths": {"dropout": 0.1}},
        {"strengths": [["dropout"], ["dropout", "0.1"], [1, 0.1], ["dropout", -0.1], ["dropout", True]]},
        {"architecture": ["vit"], "val_samples": None, "lr": float("nan"), "steps_per_epoch": 0},
    ],
)
def test_what_cannot_be_understood_is_as_if_never_said(written: object) -> None:
    remembered.file("told").parent.mkdir(parents=True)
    remembered.file("told").write_text(json.dumps({"/logs": {"run": written}}))
    assert remembered.given_setup("/logs", "run") == GivenSetup()


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", '{"/logs": 3}'])
def test_a_broken_file_is_an_empty_one_and_is_written_anew(content: str) -> None:
    remembered.file("hidden").parent.mkdir(parents=True)
    remembered.file("hidden").write_text(content)
    assert remembered.decisions("hidden", "/logs") == {}
    remembered.keep_decisions("hidden", "/logs", {"a": True, "b": True})
    remembered.keep_decisions("hidden", "/logs", {"a": None})
    assert remembered.decisions("hidden", "/logs") == {"b": True}


@pytest.mark.parametrize("content", ["{", "[1, 2]", "[" * 100_000])
def test_a_damaged_file_is_said_and_is_set_aside_by_the_next_decision(content: str) -> None:
    path = remembered.file("hidden")
    path.parent.mkdir(parents=True)
    path.write_text(content)
    (problem,) = remembered.problems()
    assert str(path) in problem
    assert path.read_text() == content
    remembered.keep_decisions("hidden", "/logs", {"a": True})
    assert path.with_name("hidden.json.damaged-1").read_text() == content
    assert remembered.problems() == []


DECIDE = """
import sys
from threading import Thread
from app.folder import remembered
from app.folder.notifications import lock_file, notifications
def decide(tab):
    for n in range(25):
        remembered.keep_decisions("hidden", "/logs", {f"{sys.argv[1]}-{tab}-{n}": True})
tabs = [Thread(target=decide, args=[tab]) for tab in range(2)]
for tab in tabs: tab.start()
for tab in tabs: tab.join()
"""


def test_two_tabs_of_two_processes_lose_no_decision_of_one_another() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    apps = [subprocess.Popen([sys.executable, "-c", DECIDE, name], env=environment) for name in ("one", "two")]
    assert [app.wait() for app in apps] == [0, 0]
    assert len(remembered.hidden_runs("/logs")) == 100


def test_what_was_kept_elsewhere_before_is_found_and_moves_with_the_next_decision(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    remembered.keep_decisions("hidden", "/logs", {"a": True})
    monkeypatch.setattr(remembered, "user_state_path", lambda *_, **__: tmp_path / "Application Support")
    assert remembered.decisions("hidden", "/logs") == {"a": True}
    remembered.keep_decisions("hidden", "/logs", {"b": True})
    assert remembered.file("hidden").parent == tmp_path / "Application Support"
    assert remembered.decisions("hidden", "/logs") == {"a": True, "b": True}


def test_the_app_says_that_a_file_of_decisions_is_damaged(tmp_path: Path) -> None:
    remembered.file("told").parent.mkdir(parents=True)
    remembered.file("told").write_text("{")
    app = opened(logdir=str(tmp_path))
    assert not app.exception
    assert any("told.json" in warning.value.replace("\\", "") for warning in app.sidebar.warning)


HALF = "http://h/\ud800"  # half a character, as a file that was written by hand may have it
HALVES = {
    "pins": {HALF: True, f"compare:{HALF}": True},
    "notifications": {"webhook": HALF, "runs": HALF, "verdicts": [HALF]},
    "hidden": {HALF: True},
    "folds": {HALF: True},
    "colors": {"exp": HALF, HALF: HALF},
    "matches": {"exp": {"train": ["exp", HALF], "val": [HALF, "loss/val"]}},
    "told": {"exp": {"architecture": HALF, "strengths": [[HALF, 0.1]]}},
}


@pytest.mark.parametrize("kind", HALVES)
def test_half_a_character_in_what_is_remembered_ends_no_page(tmp_path: Path, kind: remembered.Kind) -> None:
    logs = tmp_path / "logs"
    write_run(logs / "exp", OVERFITTING)
    remembered.file(kind).parent.mkdir(parents=True, exist_ok=True)
    remembered.file(kind).write_text(json.dumps({str(logs): HALVES[kind]}))
    for page in ("overview", "run", "compare"):
        assert not opened(page, logdir=str(logs), run="exp", runs="exp").exception
    assert notifications(str(logs)).webhook == ""


def test_a_folder_whose_name_is_no_utf_8_has_a_lock_for_who_sends(tmp_path: Path) -> None:
    latin = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")
    assert lock_file(latin) != lock_file(str(tmp_path))
