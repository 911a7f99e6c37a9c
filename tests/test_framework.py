"""Whose training loop wrote a log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from diagnostics import Curve, Key, Run, open_logs
from diagnostics.logs.framework import framework_of
from diagnostics.recommend.snippets import FRAMEWORKS, own_first

LOGS = Path(__file__).parent / "logs"
LABELS = json.loads((LOGS / "labels.json").read_text(encoding="utf-8"))
OWN = {"keras": "keras", "lightning": "lightning", "transformers": "transformers"}


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label["id"])
def test_a_real_log_is_known_for_its_framework_s_and_no_other_is(label: dict[str, str]) -> None:
    expected = OWN.get(label["framework"].split()[0])
    assert {framework_of(run) for run in open_logs(LOGS / label["id"]).runs.values()} == {expected}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([Key("lightning_logs/version_0", "val_loss")], "lightning"),
        ([Key(".", "epoch"), Key(".", "train_loss_step"), Key(".", "train_loss_epoch")], "lightning"),
        ([Key(".", "train_loss_step"), Key(".", "train_loss_epoch")], None),
        ([Key(".", "epoch"), Key(".", "train_loss_step"), Key(".", "val_loss_epoch")], None),
        ([Key(".", "eval_runtime"), Key(".", "eval_loss")], "transformers"),
        ([Key("train", "epoch_loss")], "keras"),
        ([Key(".", "loss/train"), Key(".", "loss/val")], None),
        ([], None),
    ],
)
def test_names_tell_the_framework(keys: list[Key], expected: str | None) -> None:
    assert framework_of(Run("exp", {key: Curve.of([1.0]) for key in keys})) == expected


def test_the_code_of_a_run_s_own_framework_comes_first_and_the_others_stay_in_order() -> None:
    code = dict.fromkeys(FRAMEWORKS, "")
    assert list(own_first(code, "keras")) == ["keras", "pytorch", "lightning", "transformers"]
    assert list(own_first(code, None)) == list(FRAMEWORKS)
