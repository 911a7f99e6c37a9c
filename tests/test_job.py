"""A training as a process of its own: started, found, paused, stopped, continued, and lost."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest

from trainer import job
from trainer.__main__ import main as trainer
from trainer.config import Config
from trainer.status import Status, read_status, write_json, write_status

QUICK = Config(train_size=60, width=8, epochs=2, threads=1)
SLOW = replace(QUICK, epochs=5000, pace=0.2)  # it cannot end while a slow machine looks elsewhere
ROOT = Path(__file__).parent.parent


def wait(run_dir, holds, seconds=120):
    """Until ``holds(status)``; says where it stood when it takes too long."""
    deadline = time.monotonic() + seconds
    while not holds(there := job.status(run_dir)):
        assert time.monotonic() < deadline, (there, job.log_tail(run_dir))
        time.sleep(0.02)
    return there


def over(status):
    return not status.live


@pytest.fixture
def run_dir(tmp_path):
    """A folder whose training is ended with the test, come what may."""
    path = tmp_path / "run"
    yield path
    there = job.status(path)
    if there is not None and there.live and there.pid:
        os.kill(there.pid, signal.SIGKILL)


def test_a_training_is_paused_stopped_and_continued_to_its_end(run_dir):
    started = job.start(SLOW, run_dir)
    assert started.state == "starting"
    assert psutil.Process(started.pid).create_time() == pytest.approx(started.started, abs=2)  # a clock may be set
    assert job.find(run_dir.parent) == {"run": job.status(run_dir)}

    there = wait(run_dir, lambda status: status.epoch >= 1)
    assert (there.state, there.pid, there.epochs) == ("running", started.pid, SLOW.epochs)
    with pytest.raises(job.JobError, match="a training is already running"):
        job.resume(run_dir)

    job.pause(run_dir)
    paused = wait(run_dir, lambda status: status.state == "paused")
    wait(run_dir, lambda status: status.heartbeat > paused.heartbeat)  # it lives, and trains no further
    assert job.status(run_dir).epoch == paused.epoch
    job.unpause(run_dir)
    wait(run_dir, lambda status: status.epoch > paused.epoch)

    job.stop(run_dir)
    stopped = wait(run_dir, over)
    assert stopped.state == "stopped"
    assert (run_dir / "checkpoint.pt").is_file()
    with pytest.raises(job.JobError, match="is stopped; there is nothing to pause"):
        job.pause(run_dir)

    config = json.loads((run_dir / "config.json").read_text())
    write_json(run_dir / "config.json", config | {"pace": 0})
    job.resume(run_dir, epochs=stopped.epoch + 2)
    finished = wait(run_dir, over)
    assert (finished.state, finished.epoch) == ("finished", stopped.epoch + 2)
    assert len(list(run_dir.glob("events.out.tfevents.*"))) == 2
    assert f"epoch {stopped.epoch + 1}/" in job.log_tail(run_dir)
    with pytest.raises(job.JobError, match=r"has trained .* ask for more"):
        job.resume(run_dir)


def test_a_stop_that_comes_before_training_begins_is_not_forgotten(run_dir):
    job.start(SLOW, run_dir)
    job.stop(run_dir)
    assert wait(run_dir, over).state == "stopped"


def test_a_killed_training_has_failed_and_goes_on_from_its_checkpoint(run_dir):
    started = job.start(SLOW, run_dir)
    there = wait(run_dir, lambda status: (run_dir / "checkpoint.pt").exists() and status.epoch >= 2)
    os.kill(started.pid, signal.SIGKILL)
    lost = wait(run_dir, over)
    assert lost.state == "failed"
    assert "ended unexpectedly; its last line was: epoch" in lost.message
    write_json(run_dir / "config.json", {**SLOW.to_dict(), "pace": 0, "epochs": there.epoch + 3})
    job.resume(run_dir)
    assert wait(run_dir, over).state == "finished"


def test_a_training_ended_by_sigterm_is_stopped_with_a_checkpoint(run_dir):
    started = job.start(SLOW, run_dir)
    wait(run_dir, lambda status: status.epoch >= 1)
    os.kill(started.pid, signal.SIGTERM)
    assert wait(run_dir, over).state == "stopped"
    assert (run_dir / "checkpoint.pt").is_file()


def test_what_the_data_refuses_is_the_reason_the_training_failed(run_dir):
    job.start(replace(QUICK, train_size=5000), run_dir)
    failed = wait(run_dir, over)
    assert failed.state == "failed"
    assert failed.message.startswith("train_size is 5000, but digits has 1797 samples")
    assert "Traceback" not in job.log_tail(run_dir)
    job.start(QUICK, run_dir)  # nothing was trained: the folder is free for the next attempt
    assert wait(run_dir, over).state == "finished"


def test_the_training_outlives_the_process_that_started_it(run_dir):
    starter = "import sys; from trainer import job; from trainer.config import Config\n"
    starter += "job.start(Config.from_json(sys.argv[1]), sys.argv[2])"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", starter, SLOW.to_json(), run_dir], check=True, env=environment)
    there = wait(run_dir, lambda status: status.epoch >= 2)
    assert os.getpgid(there.pid) != os.getpgid(0)
    job.stop(run_dir)
    assert wait(run_dir, over).state == "stopped"


def test_a_folder_is_trained_in_by_one_process_only(run_dir):
    with job.claim(run_dir), pytest.raises(job.JobError, match="a training is already running"):
        job.start(QUICK, run_dir)


@pytest.mark.parametrize("name", ["events.out.tfevents.1.x", "checkpoint.pt"])
def test_a_folder_that_holds_a_training_is_refused(run_dir, name):
    run_dir.mkdir()
    (run_dir / name).write_bytes(b"")
    with pytest.raises(job.JobError, match=f"already holds a training .{name}"):
        job.start(QUICK, run_dir)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(job.JobError, match="choose another folder"):
        job.start(QUICK, tmp_path / "file" / "run")


@pytest.mark.parametrize("ask", [job.stop, job.pause, job.unpause, job.resume])
def test_asking_where_no_training_is_says_so_and_makes_no_folder(run_dir, ask):
    with pytest.raises(job.JobError, match="there is no training in"):
        ask(run_dir)
    assert not run_dir.exists()


def test_another_process_with_the_same_number_is_not_the_training(tmp_path):
    me = psutil.Process()
    write_status(tmp_path, Status("running", me.pid, me.create_time()))
    assert job.status(tmp_path).state == "running"
    write_status(tmp_path, Status("running", me.pid, me.create_time() - 60))
    assert job.status(tmp_path).state == "failed"


def test_a_training_that_never_came_up_has_failed(tmp_path):
    write_status(tmp_path, Status("starting", heartbeat=time.time()))
    assert job.status(tmp_path).state == "starting"
    write_status(tmp_path, Status("starting", heartbeat=time.time() - 3600))
    assert job.status(tmp_path).state == "failed"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"state": "dancing"}', '{"states": "running"}', '"running"'])
def test_a_status_that_cannot_be_understood_is_no_status(tmp_path, text):
    (tmp_path / "status.json").write_text(text)
    assert job.status(tmp_path) is None
    assert job.find(tmp_path) == {}


def test_every_training_under_a_folder_is_found_by_its_relative_name(tmp_path):
    for name in (".", "a", "b/c"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        write_status(tmp_path / name, Status("finished", message=name))
    assert {name: status.message for name, status in job.find(tmp_path).items()} == {".": ".", "a": "a", "b/c": "b/c"}


def test_the_tail_of_a_long_log_is_its_last_lines(tmp_path):
    assert job.log_tail(tmp_path) == ""
    (tmp_path / "trainer.log").write_bytes(b"\xff" * 100_000 + b"\nlast but one\nlast\n")
    assert job.log_tail(tmp_path, 2) == "last but one\nlast"


def test_the_next_free_folder_skips_those_that_exist(tmp_path):
    (tmp_path / "demo-1").mkdir()
    (tmp_path / "demo-3").mkdir()
    assert job.free_run_dir(tmp_path, "demo") == tmp_path / "demo-2"


def test_without_room_for_a_second_file_the_status_is_overwritten_in_place(tmp_path, monkeypatch):
    write_status(tmp_path, Status("running", message="long " * 20))
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    write_status(tmp_path, Status("failed"))
    assert asdict(read_status(tmp_path)) == asdict(Status("failed"))
    with pytest.raises(OSError, match="No space left"):
        write_json(tmp_path / "new.json", {})


def test_starting_a_training_needs_no_torch():
    code = "import sys, trainer.job, trainer.config; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


def test_a_refused_resume_leaves_every_byte_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"dataset": "os:system"}')
    (tmp_path / "status.json").write_text('{"state": "stopped", "epoch": 1, "epochs": 5}')
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert trainer(["resume", str(tmp_path)]) == 2
    with pytest.raises(job.JobError, match="os:system"):
        job.resume(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
