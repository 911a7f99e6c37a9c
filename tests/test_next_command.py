"""What to type next: a trial where the strengths are known, and else what shows the change."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from diagnostics import GivenSetup, open_logs
from diagnostics.commands import TRY
from diagnostics.report.brief import as_brief
from diagnostics.report.html_page import as_html
from diagnostics.report.next_command import next_command
from diagnostics.report.results import advice_for, judged
from diagnostics.report.table import summary
from tests.test_app import OVERFITTING
from tests.writers import write_run
from trainer.processes.command import Command

KNOWN = GivenSetup(lr=1e-3, steps_per_epoch=20, optimizer="adamw")


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    write_run(tmp_path / "my exp", OVERFITTING)
    return tmp_path


def due(logs: Path, given: GivenSetup | None = None) -> str:
    results = judged(open_logs(logs))
    return next_command(results, advice_for(results, logs, given), logdir=str(logs), program="check", given=given)


def test_a_run_of_another_program_is_shown_as_code_until_its_strengths_are_known(logs: Path) -> None:
    assert due(logs) == f"check {shlex.quote(str(logs / 'my exp'))} --code pytorch"


def test_the_code_is_that_of_the_framework_that_wrote_the_log(tmp_path: Path) -> None:
    for side, tag in (("train", "loss/train"), ("validation", "loss/val")):
        write_run(tmp_path / "exp" / side, {"epoch_loss": OVERFITTING[tag]})
    assert due(tmp_path).endswith(" --code keras")
    results = judged(open_logs(tmp_path))
    page = as_html(results, title="runs", advice=advice_for(results, tmp_path))
    assert re.findall(r"<summary>The code in ([^<]+)</summary>", page)[:2] == ["Keras", "PyTorch"]


def test_once_its_strengths_are_known_it_is_tried_by_the_command_that_trains_it(logs: Path) -> None:
    whole = due(logs, KNOWN)
    assert whole.startswith(f"{TRY} {shlex.quote(str(logs / 'my exp'))} --lr 0.001 --steps-per-epoch 20 ")
    template = shlex.split(whole)[shlex.split(whole).index("--command") + 1]
    assert re.findall(r"--(\S+) {(\w+)}", template)[:2] == [("weight-decay", "weight_decay"), ("dropout", "dropout")]
    Command(template)  # raises where a trial could not be made of it


def test_what_a_file_beside_the_log_says_is_known_as_well(logs: Path) -> None:
    settings = {"lr": 1e-3, "optimizer": "adamw", "weight_decay": 0.0, "dropout": 0.0, "steps_per_epoch": 20}
    (logs / "my exp" / "config.json").write_text(json.dumps(settings))
    assert " --command 'python train.py " in due(logs)


def test_a_run_of_the_trainer_itself_needs_no_command(logs: Path) -> None:
    (logs / "my exp" / "status.json").write_text("{}")
    assert due(logs, KNOWN) == f"{TRY} {shlex.quote(str(logs / 'my exp'))}"


def test_the_terminal_and_the_brief_say_the_same(logs: Path) -> None:
    results = judged(open_logs(logs))
    lines = summary(results, advice_for(results, logs, KNOWN), logdir=str(logs), program="check", given=KNOWN)
    brief = as_brief(str(logs), results, KNOWN, program="check")
    assert f"Next: {due(logs, KNOWN)}" in [line.plain for line in lines]
    assert brief["next"] == brief["runs"][0]["next"] == due(logs, KNOWN)
    assert any(line.plain.startswith("There: write how your program is started") for line in lines)
