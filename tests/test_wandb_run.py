"""The file that wandb keeps of a run is read as it is, whether it is whole, growing or damaged."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from diagnostics import diagnose_run, open_logs
from diagnostics.logs.histories.history import RawFile
from diagnostics.logs.histories.wandb_run import read_wandb
from diagnostics.logs.settings import strengths
from tests.rows import tags_of

STEPS = 300
PROGRAM = f"""
import wandb

config = {{"optimizer": "adamw", "lr": 1e-3, "model": {{"dropout": 0.1}}, "weight_decay": 0.01}}
run = wandb.init(project="p", config=config)
for epoch in range({STEPS}):
    loss = 2 * 0.97**epoch
    run.log({{"train": {{"loss": loss}}, "val/loss": loss + 0.4 + max(0, epoch - 100) * 0.002, "note": "n" * 200}})
run.log({{"val/loss": float("nan")}})
run.finish()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a program leaves that logs to wandb without a network."""
    pytest.importorskip("wandb", reason="wandb is not installed")
    folder = tmp_path_factory.mktemp("wandb")
    settings = {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_DIR": str(folder)}
    program = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=folder,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert program.returncode == 0, program.stderr
    return folder


def test_a_run_that_was_logged_offline_is_judged_with_its_settings(folder: Path) -> None:
    (run,) = open_logs(folder).runs.values()
    assert tags_of(run) == ("train/loss", "val/loss")
    assert run.train is not None
    assert list(run.train.steps) == list(range(STEPS))
    assert run.train.values[5] == pytest.approx(2 * 0.97**5)
    assert run.val is not None
    assert math.isnan(run.val.values[STEPS])
    assert diagnose_run(run).verdict == "overfitting"
    assert strengths(run, folder) == {"dropout": 0.1, "weight_decay": 0.01}
    assert run.hparams["optimizer"] == "adamw"


def raw(folder: Path) -> bytes:
    (path,) = folder.glob("wandb/offline-run-*/*.wandb")
    content = path.read_bytes()
    assert len(content) > 2 * (32 << 10)  # so that records cross the ends of blocks
    return content


def points(content: bytes) -> int:
    (history,) = read_wandb(RawFile("run-x.wandb", content, 0.0))
    return len(history.scalars["val/loss"].steps)


def test_a_file_that_is_being_written_is_read_as_far_as_it_goes(folder: Path) -> None:
    content = raw(folder)
    numbers = [points(content[:stop]) for stop in range(40_000, len(content), 9_973)]
    assert numbers == sorted(numbers)
    assert 0 < numbers[0] < numbers[-1] <= STEPS + 1
    assert points(content) == STEPS + 1


def test_a_damaged_record_is_left_out_and_the_others_are_read(folder: Path) -> None:
    whole = raw(folder)
    for at in range(8, len(whole), len(whole) // 100):
        content = bytearray(whole)
        content[at] ^= 0xFF
        (history,) = read_wandb(RawFile("run-x.wandb", bytes(content), 0.0))
        assert history.damaged >= 1, at
        # what follows a damaged length is found again in the next block of 32 KiB, at the latest
        assert len(history.scalars["val/loss"].steps) >= STEPS // 2, at


def test_damage_is_said_of_the_run(folder: Path, tmp_path: Path) -> None:
    content = bytearray(raw(folder))
    content[-200] ^= 0xFF
    (tmp_path / "run-x.wandb").write_bytes(content)
    os.utime(tmp_path / "run-x.wandb", (1.7e9, 1.7e9))
    (run,) = open_logs(tmp_path).runs.values()
    assert run.skipped.records >= 1
