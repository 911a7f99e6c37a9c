"""Which trial runs next: none twice, none lost, no more than the budget; whoever dies meanwhile."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from optuna.trial import TrialState

from trainer.processes.liveness import identity
from trainer.tuning.budget import Budget
from trainer.tuning.plan import Plan
from trainer.tuning.spaces import default_space, space_of
from trainer.tuning.workers import heartbeat
from trainer.tuning.workers.heartbeat import SEEN, TRAINING, WORKER, myself
from trainer.tuning.workers.queue_of_trials import RETRY_OF, RUNS, TrialQueue, failures
from trainer.tuning.workers.store import connect, open_study

SPACE = default_space(["weight_decay"])
COMMAND = "train {logdir} {weight_decay} {seed}"


@pytest.fixture(params=["journal", "sqlite"])
def url(request, tmp_path: Path) -> str | None:
    return None if request.param == "journal" else f"sqlite:///{tmp_path / 'study.db'}"


def slots(tmp_path: Path, url: str | None = None, *, budget: Budget | None = None, **plan) -> TrialQueue:
    """The slots of one more worker of the study."""
    storage = connect(tmp_path, url)
    study, there = open_study(storage, "tune", Plan(SPACE, command=COMMAND, **plan))
    return TrialQueue(study, storage, there, budget=budget or Budget(), kind="random", folder=tmp_path)


def running(slots: TrialQueue, **attributes) -> int:
    """Take a trial and say who runs it; its number."""
    trial = slots.take()
    assert trial is not None
    SPACE["weight_decay"].draw(trial, "weight_decay")
    for name, value in attributes.items():
        trial.set_user_attr(name, value)
    return trial.number


def dead() -> dict:
    """A worker on this machine that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    started = psutil.Process(process.pid).create_time()
    process.wait()
    return {**myself(), "pid": process.pid, "started": started}


def test_workers_that_ask_at_the_same_time_get_different_trials_and_never_more_than_the_budget(
    tmp_path: Path, url: str | None
) -> None:
    slots(tmp_path, url)
    taken: list[int] = []

    def work() -> None:
        mine = slots(tmp_path, url, budget=Budget(runs=10))
        while (trial := mine.take()) is not None:
            taken.append(trial.number)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(taken) == len(set(taken)) == 10


def test_repeats_count_as_runs(tmp_path: Path) -> None:
    mine = slots(tmp_path, budget=Budget(runs=7), repeats=3)
    assert [mine.take() is not None for _ in range(3)] == [True, True, False]


def test_epochs_are_counted_as_they_are_spent_and_expected_of_those_that_run(tmp_path: Path) -> None:
    mine = slots(tmp_path, budget=Budget(epochs=25))
    for _ in range(2):
        trial = mine.take()
        trial.set_user_attr(RUNS, [{"run": "trial", "epochs": 10}])
        mine.study.tell(trial, 1.0)
    assert mine.take() is not None
    assert mine.take() is None


def test_the_points_of_a_grid_are_run_once_each_in_order(tmp_path: Path) -> None:
    points = tuple({"weight_decay": value} for value in (0.01, 0.1, 1.0))
    mine, other = slots(tmp_path, points=points), slots(tmp_path, points=points)
    taken = [space_of(points)["weight_decay"].draw(each.take(), "weight_decay") for each in (mine, other, mine)]
    assert taken == [0.01, 0.1, 1.0]
    assert mine.take() is None


def test_the_trial_of_a_dead_worker_is_run_again_once_with_its_point_and_what_it_had(
    tmp_path: Path, url: str | None
) -> None:
    mine, other = slots(tmp_path, url, budget=Budget(runs=1)), slots(tmp_path, url, budget=Budget(runs=1))
    number = running(mine, **{WORKER: dead(), RUNS: [{"run": "trial", "epochs": 5}]})
    mine.recover()
    other.recover()
    lost, again = mine.study.trials
    assert (lost.number, lost.state, failures(mine.study.trials)) == (number, TrialState.FAIL, [])
    assert again.user_attrs[RETRY_OF] == number
    trial = other.take()
    assert SPACE["weight_decay"].draw(trial, "weight_decay") == lost.params["weight_decay"]
    assert trial.user_attrs[RUNS] == [{"run": "trial", "epochs": 5}]
    assert mine.take() is None


def test_what_a_dead_worker_left_running_is_ended(tmp_path: Path) -> None:
    mine = slots(tmp_path)
    (tmp_path / "trial-0000-seed-1").mkdir()
    orphan = sleeper(tmp_path / "trial-0000-seed-1" / "trainer.log")
    running(
        mine, **{WORKER: dead(), TRAINING: {"pid": orphan.pid, "started": psutil.Process(orphan.pid).create_time()}}
    )
    mine.recover()
    orphan.wait(timeout=120)


def test_what_a_study_says_of_a_process_does_not_end_one_that_is_no_trial(tmp_path: Path) -> None:
    mine = slots(tmp_path)
    for log in ("precious.log", "trial-0007/trainer.log", "../another-search/trial-0002/trainer.log"):
        (tmp_path / log).parent.mkdir(parents=True, exist_ok=True)
        other = sleeper(tmp_path / log)
        running(mine, **{WORKER: dead(), TRAINING: identity(other.pid)})
        mine.recover()
        try:
            assert other.poll() is None
        finally:
            other.kill()
            other.wait()


def sleeper(log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as printed:
        return subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True, stdout=printed
        )


def test_a_trial_whose_worker_lives_is_left_alone(tmp_path: Path) -> None:
    mine = slots(tmp_path)
    running(mine, **{WORKER: myself()})
    mine.recover()
    assert [trial.state for trial in mine.study.trials] == [TrialState.RUNNING]


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_a_step_of_the_clock_gives_no_worker_up_that_lives(tmp_path: Path, monkeypatch, step: float) -> None:
    """Every start time that is derived from the clock moves with it."""
    mine = slots(tmp_path)
    running(mine, **{WORKER: myself()})
    create_time = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: create_time(process) + step)
    mine.recover()
    assert [trial.state for trial in mine.study.trials] == [TrialState.RUNNING]


def test_a_worker_on_another_machine_is_given_up_when_its_signs_of_life_stop(tmp_path: Path, monkeypatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(heartbeat.time, "monotonic", lambda: clock[0])
    mine = slots(tmp_path)
    trial = mine.take()
    trial.set_user_attr(WORKER, {**dead(), "machine": "elsewhere"})
    for beat in range(3):
        trial.set_user_attr(SEEN, beat)
        mine.recover()
        clock[0] += heartbeat.GRACE
    assert mine.study.trials[0].state is TrialState.RUNNING
    mine.recover()
    clock[0] += heartbeat.GRACE + 1
    mine.recover()
    assert mine.study.trials[0].state is TrialState.FAIL


def test_a_trial_that_kills_every_worker_is_not_run_for_ever(tmp_path: Path) -> None:
    mine = slots(tmp_path, points=({"weight_decay": 1.0},))
    for _ in range(4):
        running(mine, **{WORKER: dead()})
        mine.recover()
    assert mine.take() is None
    assert len(failures(mine.study.trials)) == 1


def test_a_failed_point_of_a_grid_has_another_chance_at_the_next_call(tmp_path: Path) -> None:
    mine = slots(tmp_path, points=({"weight_decay": 1.0},))
    mine.study.tell(running(mine), state=TrialState.FAIL)
    assert mine.take() is None
    mine.try_again()
    mine.try_again()
    assert mine.take() is not None
    assert mine.take() is None
