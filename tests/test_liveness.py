"""Liveness: whether a training is at work, wherever it is and whatever somebody does to the clock."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from tests.app_server import ROOT
from tests.test_job import SLOW, wait
from trainer import job
from trainer.processes import liveness
from trainer.processes.liveness import identity, machine, now
from trainer.status import LOCK, Status, read_status, write_status

HERE = Status("running", epochs=9, locked=True, **identity(), **now())
ELSEWHERE = replace(HERE, host="another", boot="of another machine", namespace="pid:[1]", locked=True)
CONTAINER = replace(HERE, namespace="pid:[1]", pid=1, ticks=1, locked=False)


@pytest.fixture(autouse=True)
def _nothing_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "_seen", {})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Seconds to add to the clock that somebody sets, and to the one that nobody does."""
    added, time_of, monotonic = [0.0, 0.0], time.time, time.monotonic
    monkeypatch.setattr(liveness.time, "time", lambda: time_of() + added[0])
    monkeypatch.setattr(liveness.time, "monotonic", lambda: monotonic() + added[1])
    yield added
    monkeypatch.undo()


@pytest.mark.parametrize("where", ["here", "elsewhere", "container", "starting"])
@pytest.mark.parametrize("step", [-1e9, -60.0, 60.0, 1800.0])
def test_a_step_of_the_clock_changes_nothing(tmp_path: Path, clock: list[float], where: str, step: float) -> None:
    there = {"here": HERE, "elsewhere": ELSEWHERE, "container": CONTAINER, "starting": Status("starting", **machine())}
    status = replace(there[where], **now())
    write_status(tmp_path, status)
    assert job.status(tmp_path) == status
    clock[0] = step
    assert job.status(tmp_path) == status


def test_a_process_of_the_same_number_that_began_at_another_tick_is_not_the_training(tmp_path: Path) -> None:
    write_status(tmp_path, replace(HERE, ticks=HERE.ticks - 1))
    gone = job.status(tmp_path)
    assert gone is not None
    assert gone.state == "failed"
    assert "ended unexpectedly" in gone.message


@pytest.mark.parametrize("status", [HERE, ELSEWHERE, CONTAINER])
def test_a_lock_that_is_held_is_a_training_at_work(tmp_path: Path, status: Status) -> None:
    write_status(tmp_path, replace(status, pid=2**22 + 7, ticks=1, beat=1.0, heartbeat=1.0))
    with FileLock(tmp_path / LOCK):
        assert liveness.lock_is_held(tmp_path)
        there = job.status(tmp_path)
        assert there is not None
        assert there.live
    assert not liveness.lock_is_held(tmp_path)


def test_on_one_kernel_a_free_lock_is_the_end_of_who_held_it_whatever_its_namespace(tmp_path: Path) -> None:
    write_status(tmp_path, replace(CONTAINER, locked=True))
    gone = job.status(tmp_path)
    assert gone is not None
    assert gone.state == "failed"


def test_elsewhere_a_heartbeat_that_changes_is_life_and_one_that_does_not_is_given_up(
    tmp_path: Path, clock: list[float]
) -> None:
    states = []
    for beat, seconds in ((1.0, 0.0), (2.0, 200.0), (3.0, 200.0), (3.0, 200.0), (3.0, 200.0), (4.0, 1000.0)):
        clock[1] += seconds
        write_status(tmp_path, replace(ELSEWHERE, beat=beat))
        there = job.status(tmp_path)
        assert there is not None
        states.append(there.state)
    assert states == ["running"] * 4 + ["failed", "running"]


def test_what_was_silent_for_an_hour_elsewhere_is_over_until_it_is_heard_again(tmp_path: Path) -> None:
    old = replace(ELSEWHERE, heartbeat=time.time() - 7200)
    write_status(tmp_path, old)
    gone = job.status(tmp_path)
    assert gone is not None
    assert (gone.state, "another" in gone.message) == ("failed", True)
    write_status(tmp_path, replace(old, beat=old.beat + 1))
    assert job.status(tmp_path) == replace(old, beat=old.beat + 1)


def test_a_machine_that_was_started_again_has_ended_what_ran_on_it(tmp_path: Path) -> None:
    write_status(tmp_path, replace(HERE, boot="the time before"))
    gone = job.status(tmp_path)
    assert gone is not None
    assert gone.state == "failed"


def test_a_training_elsewhere_is_asked_to_stop_by_its_folder(tmp_path: Path) -> None:
    write_status(tmp_path, ELSEWHERE)
    job.stop(tmp_path)
    assert json.loads((tmp_path / "control.json").read_text())["wish"] == "stop"


def test_asking_for_the_lock_never_keeps_a_training_from_starting(tmp_path: Path) -> None:
    asking = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from trainer.processes.liveness import lock_is_held\n"
            "while True: lock_is_held(Path(sys.argv[1]))",
            tmp_path,
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        for _ in range(200):
            with job.claim(tmp_path):
                pass
    finally:
        asking.kill()
        asking.wait()


@pytest.mark.parametrize(
    "fields",
    [
        {"pid": "12"},
        {"pid": 1.5},
        {"pid": True},
        {"epoch": None},
        {"heartbeat": float("nan")},
        {"beat": float("inf")},
        {"message": ["a"]},
        {"host": {}},
        {"state": ["running"]},
    ],
)
def test_a_status_with_a_field_of_another_kind_is_no_status(tmp_path: Path, fields: dict[str, object]) -> None:
    (tmp_path / "status.json").write_text(json.dumps({"state": "running", **fields}))
    assert job.status(tmp_path) is None


def test_a_status_of_another_version_is_read_as_far_as_it_is_known(tmp_path: Path) -> None:
    (tmp_path / "status.json").write_text(json.dumps({"state": "finished", "epoch": 3, "mood": "good"}))
    assert read_status(tmp_path) == Status("finished", epoch=3)


def _unshare() -> bool:
    if shutil.which("unshare") is None:
        return False
    return not subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "true"], capture_output=True).returncode


@pytest.mark.skipif(not _unshare(), reason="this user cannot make a namespace of processes")
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_training_in_another_namespace_of_processes_is_at_work_until_it_ends(tmp_path: Path, end: str) -> None:
    run_dir, config = tmp_path / "run", tmp_path / "config.json"
    config.write_text(SLOW.to_json())
    command = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable, "-m", "trainer", "train"]
    training = subprocess.Popen(
        [*command, "--config", str(config), "--logdir", str(run_dir)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )
    try:
        there = wait_for(run_dir, lambda status: status.state == "running" and status.epoch >= 1)
        assert there.namespace != liveness.namespace()
        if end == "stop":
            job.stop(run_dir)
            assert wait_for(run_dir, lambda status: not status.live).state == "stopped"
            return
    finally:
        training.send_signal(signal.SIGKILL)
        training.wait()
    assert wait_for(run_dir, lambda status: not status.live).state == "failed"
    assert json.loads((run_dir / "status.json").read_text())["state"] == "running"  # what is inferred is not written


def wait_for(run_dir: Path, holds: Callable[[Status], bool]) -> Status:
    status: Status = wait(run_dir, lambda status: status is not None and holds(status))
    return status
