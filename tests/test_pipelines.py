"""The workflow in docs/pipelines.md does what it says: its own commands are run as the job would run them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.writers import write_scalars

ROOT = Path(__file__).resolve().parent.parent
EPOCHS = range(1, 61)
FALLING = {epoch: 1 / epoch for epoch in EPOCHS}
TURNING = {epoch: 1 / epoch + 0.01 * max(epoch - 20, 0) for epoch in EPOCHS}


def steps() -> dict[str, dict[str, Any]]:
    page = (ROOT / "docs" / "pipelines.md").read_text(encoding="utf-8")
    (workflow,) = re.findall(r"<!-- workflow -->\n```yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (job,) = yaml.safe_load(workflow)["jobs"].values()
    return {step["name"]: step for step in job["steps"] if "name" in step}


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A job's folder, with ``fitwatch`` on its path as an install would put it there."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "fitwatch"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fitwatch "$@"\n')
    program.chmod(0o755)
    return tmp_path


def run(step: str, job: Path) -> int:
    path = os.pathsep.join([str(job / "bin"), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "GITHUB_STEP_SUMMARY": str(job / "summary")}
    return subprocess.run(["bash", "-eo", "pipefail", "-c", steps()[step]["run"]], cwd=job, env=environment).returncode


@pytest.mark.parametrize(("val", "code"), [(TURNING, 1), (FALLING, 0)], ids=["overfitting", "healthy"])
def test_the_job_fails_on_a_verdict_after_its_report_was_written(job: Path, val: dict[int, float], code: int) -> None:
    write_scalars(job / "runs" / "exp", {"loss/train": FALLING, "loss/val": val})
    assert run("Write the report", job) == 0
    assert run("Fail on a verdict", job) == code
    kept = steps()["Keep the report"]["with"]["path"]
    assert "<!doctype html>" in (job / kept).read_text()
    posted = re.search(r"--body-file (\S+)", steps()["Post the verdicts"]["run"])
    assert posted is not None
    verdicts = (job / posted[1]).read_text()
    assert "exp" in verdicts
    assert verdicts == (job / "summary").read_text()


def test_the_report_is_written_and_posted_also_where_the_training_failed() -> None:
    assert all(
        steps()[name]["if"] == "always()" for name in ("Write the report", "Keep the report", "Post the verdicts")
    )


def test_a_job_whose_training_logged_nothing_fails_with_a_sentence(job: Path) -> None:
    assert run("Fail on a verdict", job) == 2
