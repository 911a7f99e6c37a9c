"""What a person says of a run and which runs they hide is remembered, and no broken file stands in the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.folder import remembered
from diagnostics import GivenSetup


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


def test_what_was_kept_elsewhere_before_is_found_and_moves_with_the_next_decision(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    remembered.keep_decisions("hidden", "/logs", {"a": True})
    monkeypatch.setattr(remembered, "user_state_path", lambda *_, **__: tmp_path / "Application Support")
    assert remembered.decisions("hidden", "/logs") == {"a": True}
    remembered.keep_decisions("hidden", "/logs", {"b": True})
    assert remembered.file("hidden").parent == tmp_path / "Application Support"
    assert remembered.decisions("hidden", "/logs") == {"a": True, "b": True}
