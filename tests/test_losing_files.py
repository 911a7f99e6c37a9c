"""What becomes of a training whose folder is removed, or whose disk fills up, while it trains."""

from __future__ import annotations

import errno
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from diagnostics import open_logs
from tests.benchmarks.soak import training
from tests.test_job import QUICK, over, wait
from trainer import job
from trainer.status import Status, read_status

PACED = replace(QUICK, epochs=5000, pace=0.1)  # it is stopped: it cannot end while a slow machine looks elsewhere


def steps(run_dir: Path) -> list[int]:
    (run,) = open_logs(run_dir).runs.values()
    assert run.val is not None
    return [int(step) for step in run.val.steps]


def stop(run_dir: Path, *, after: int) -> Status:
    """How the training stands once it was asked to stop, some epochs after this one."""
    wait(run_dir, lambda status: status is not None and status.epoch > after + 2)
    job.stop(run_dir)
    status: Status = wait(run_dir, over)
    return status


@pytest.mark.parametrize("lost", ["events", "folder"])
def test_a_training_whose_files_are_removed_writes_them_again(tmp_path: Path, lost: str) -> None:
    run_dir = tmp_path / "run"
    job.start(PACED, run_dir)
    wait(run_dir, lambda status: status is not None and status.epoch >= 3)
    if lost == "folder":
        shutil.rmtree(run_dir, ignore_errors=True)
    for path in run_dir.glob("*tfevents*"):
        path.unlink()
    stopped = stop(run_dir, after=3)
    assert (stopped.state, stopped.unsaved) == ("stopped", "")
    assert steps(run_dir) == list(range(1, stopped.epoch + 1))
    assert job.read_config(run_dir) == PACED
    assert {"checkpoint.pt", "best.pt"} <= {path.name for path in run_dir.iterdir()}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 600 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this user cannot mount a small disk")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_stops_no_training_and_what_was_kept_is_written_once_there_is_room(small: Path) -> None:
    run_dir = small / "run"
    job.start(PACED, run_dir)
    wait(run_dir, lambda status: status is not None and status.epoch >= 2)
    filler = (small / "filler").open("wb", buffering=0)
    with pytest.raises(OSError, match="No space left"), filler:  # noqa: PT012
        while True:
            filler.write(bytes(4096))
    full = wait(run_dir, lambda status: bool(status.unsaved))
    assert full.live
    assert "No space left on device" in full.unsaved
    later = wait(run_dir, lambda status: status.epoch >= full.epoch + 3)
    assert later.unsaved
    (small / "filler").unlink()
    wait(run_dir, lambda status: not status.unsaved)
    stopped = stop(run_dir, after=later.epoch)
    assert (stopped.state, stopped.unsaved) == ("stopped", "")
    assert steps(run_dir) == list(range(1, stopped.epoch + 1))


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EACCES])
def test_a_disk_that_fails_for_a_while_stops_no_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """As a server that is started again does, a cable, or somebody who takes the rights away."""
    run_dir, disk = tmp_path / "run", tmp_path / "disk"
    monkeypatch.setenv("PYTHONPATH", str(training.FAULTY))
    monkeypatch.setenv("SOAK_DISK", str(disk))
    job.start(PACED, run_dir)
    begun = wait(run_dir, lambda status: status is not None and status.epoch >= 1)
    disk.write_text(f"{number} {run_dir}")
    process, count = psutil.Process(begun.pid), tmp_path / "disk.count"
    deadline = time.monotonic() + 120
    while not count.exists() or count.stat().st_size < 40:  # attempts
        assert process.status() != psutil.STATUS_ZOMBIE, job.log_tail(run_dir)
        assert time.monotonic() < deadline
    disk.unlink()
    wait(run_dir, lambda status: status.epoch > begun.epoch and not status.unsaved)
    stopped = stop(run_dir, after=begun.epoch)
    assert (stopped.state, stopped.unsaved) == ("stopped", "")
    assert steps(run_dir) == list(range(1, stopped.epoch + 1))


def test_what_is_not_saved_is_in_the_status_for_the_app(tmp_path: Path) -> None:
    (tmp_path / "status.json").write_text('{"state": "running", "unsaved": "cannot write"}')
    status = read_status(tmp_path)
    assert status is not None
    assert status.unsaved == "cannot write"
