"""python -m trainer tune, as a person at a terminal uses it: several workers, killed, interrupted and resumed."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from diagnostics import open_logs, read_trial
from tests.postgres import postgres
from tests.trial_runs import PYTHON
from trainer import job
from trainer.tuning.budget import Budget
from trainer.tuning.call import TuneCall
from trainer.tuning.plan import Plan
from trainer.tuning.spaces import PRESET_GRID, space_of
from trainer.tuning.workers import worker
from trainer.tuning.workers.store import connect, open_study

ROOT = Path(__file__).parent.parent
TINY = f"{PYTHON} '{ROOT}/tests/tiny_training.py' {{logdir}} {{weight_decay}} {{dropout}}"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def command(tmp_path: Path, *arguments: object) -> list[str]:
    return [sys.executable, "-m", "trainer", "tune", "--logdir", str(tmp_path / "runs"), *map(str, arguments)]


def tune(tmp_path: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """The finished search, with what it printed."""
    return subprocess.run(command(tmp_path, *arguments), capture_output=True, text=True, env=ENVIRONMENT, timeout=300)


@pytest.fixture
def begun(tmp_path: Path) -> Iterator:
    """Starts searches that are ended with the test, with all they started, come what may."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: object) -> subprocess.Popen[str]:
        line = command(tmp_path, *arguments)
        started.append(
            subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
        )
        return started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()
        process.communicate()


def wait_for(holds, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def study(tmp_path: Path, name: str = "tune") -> dict:
    return json.loads((tmp_path / "runs" / name / "study.json").read_text())


def ready(tmp_path: Path) -> list[Path]:
    """The trials whose program has written its log and waits."""
    return [log.parent for log in sorted(tmp_path.glob("runs/tune/trial-*/trainer.log")) if "ready" in log.read_text()]


def workers(main: subprocess.Popen[str]) -> list[psutil.Process]:
    return [child for child in psutil.Process(main.pid).children() if "spawn_main" in " ".join(child.cmdline())]


def command_lines() -> list[str]:
    """Those of all processes."""
    return [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]


def check_each_once(tmp_path: Path, runs: int) -> None:
    """Every trial of the study ran once, in a folder of its own, and as many are complete as the budget has."""
    trials = study(tmp_path)["trials"]
    complete = [trial for trial in trials if trial["state"] == "complete"]
    assert len(complete) == runs
    assert Counter(path.read_text().count("ready") for path in tmp_path.glob("runs/tune/trial-*/trainer.log")) == {
        1: len(trials)
    }
    assert len({json.dumps(trial["params"]) for trial in complete}) == runs


def test_four_workers_share_a_study_and_no_trial_runs_twice(tmp_path: Path) -> None:
    done = tune(tmp_path, "--command", f"{TINY} 0 plain", "--workers", 4, "--budget", "8 runs")
    assert done.returncode == 0, done.stderr
    check_each_once(tmp_path, 8)
    found = study(tmp_path)
    assert found["best"]["value"] == min(trial["value"] for trial in found["trials"])
    assert f"best: loss/val {found['best']['value']:.4g} with" in done.stdout
    assert found["next"] in done.stdout
    assert set(open_logs(tmp_path / "runs").runs) == {f"tune/trial-{number:04d}" for number in range(8)}
    note = read_trial(tmp_path / "runs" / "tune" / "trial-0003")
    assert (note.kind, note.state, note.study, note.number) == ("search", "complete", "tune", 3)
    assert note.value == found["trials"][3]["value"]


def test_who_looks_on_knows_of_the_first_trial_while_it_runs(tmp_path: Path, begun) -> None:
    gate = tmp_path / "go"
    main = begun("--command", f"{TINY} 0 plain '{gate}'", "--budget", "1 runs")
    wait_for(lambda: len(ready(tmp_path)) == 1)
    assert [trial["state"] for trial in study(tmp_path)["trials"]] == ["running"]
    gate.touch()
    assert main.wait(300) == 0
    assert [trial["state"] for trial in study(tmp_path)["trials"]] == ["complete"]


@pytest.mark.parametrize("kind", ["journal", "postgresql"])
def test_a_worker_killed_with_9_loses_its_trial_and_it_runs_again(tmp_path: Path, begun, kind: str, request) -> None:
    gate = tmp_path / "go"
    storage: list[object] = []
    if kind == "postgresql":
        storage = ["--storage", request.getfixturevalue("server")]
    arguments = ["--command", f"{TINY} 0 plain '{gate}'", "--budget", "4 runs", *storage]
    main = begun(*arguments, "--workers", 2)
    wait_for(lambda: len(ready(tmp_path)) == 2)
    killed = workers(main)[0]
    others = begun(*arguments, "--workers", 2) if storage else None  # as from another machine
    if others is not None:
        wait_for(lambda: len(ready(tmp_path)) == 4)
    os.kill(killed.pid, signal.SIGKILL)
    wait_for(lambda: len(ready(tmp_path)) == (5 if storage else 3))
    gate.touch()
    for process in filter(None, [main, others]):
        printed, complained = process.communicate(timeout=300)
        assert process.returncode == 0, (printed, complained)
    check_each_once(tmp_path, 4)
    (lost,) = [trial for trial in study(tmp_path)["trials"] if trial["state"] == "failed"]
    found = re.fullmatch(r"its worker died; trial (\d+) runs it again", lost["reason"])
    assert found is not None
    assert study(tmp_path)["trials"][int(found[1])]["params"] == lost["params"]
    note = read_trial(tmp_path / "runs" / "tune" / f"trial-{lost['number']:04d}")
    assert note is not None
    assert (note.state, note.reason) == ("failed", lost["reason"])
    wait_for(lambda: not [line for line in command_lines() if str(tmp_path) in line])
    if storage:
        secret = str(storage[1]).split(":")[2].split("@")[0]
        assert secret not in printed + complained
        assert not [path for path in (tmp_path / "runs").rglob("*.json") if secret in path.read_text()]


@pytest.fixture
def server() -> Iterator[str]:
    with postgres() as address:
        yield address


def test_ctrl_c_keeps_everything_and_the_same_command_goes_on(tmp_path: Path, begun) -> None:
    gate = tmp_path / "go"
    arguments = ["--command", f"{TINY} 0 plain '{gate}'", "--budget", "3 runs"]
    main = begun(*arguments)
    wait_for(lambda: len(ready(tmp_path)) == 1)
    main.send_signal(signal.SIGINT)
    printed, complained = main.communicate(timeout=300)
    assert main.returncode == 130, complained
    assert "the same command continues" in printed
    (first,) = study(tmp_path)["trials"]
    assert first["reason"].startswith("it was interrupted; trial 1 runs it again")
    gate.touch()
    done = tune(tmp_path, *arguments)
    assert done.returncode == 0, done.stderr
    check_each_once(tmp_path, 3)
    assert study(tmp_path)["trials"][1]["params"] == first["params"]


def test_when_the_main_process_is_killed_its_workers_put_their_trials_back(tmp_path: Path, begun) -> None:
    gate = tmp_path / "go"
    arguments = ["--command", f"{TINY} 0 plain '{gate}'", "--budget", "1 run"]
    main = begun(*arguments)
    wait_for(lambda: len(ready(tmp_path)) == 1)
    main.kill()
    wait_for(lambda: study(tmp_path)["trials"][0]["reason"])
    (trial,) = study(tmp_path)["trials"]
    assert trial["reason"] == "it was interrupted; trial 1 runs it again"
    gate.touch()
    assert tune(tmp_path, *arguments).returncode == 0
    check_each_once(tmp_path, 1)


def test_what_diverges_overfits_or_is_hopeless_is_stopped_and_the_best_of_an_overfitting_run_counts(
    tmp_path: Path,
) -> None:
    asked = f"{TINY} 0 {{manner}}"
    grid = "weight_decay=.1 dropout=0 manner=plain,overfit,bad,broken"
    done = tune(tmp_path, "--command", asked, "--grid", grid)
    assert done.returncode == 0, done.stderr
    found = {trial["params"]["manner"]: trial for trial in study(tmp_path)["trials"]}
    assert [found[name]["state"] for name in ("plain", "overfit", "bad", "broken")] == ["complete"] * 2 + ["pruned"] * 2
    assert found["overfit"]["value"] < 0.5
    assert "past its best" in found["overfit"]["reason"]
    assert found["bad"]["reason"].startswith("hopeless: 5")
    assert found["broken"]["reason"].startswith("diverged")


@pytest.mark.parametrize(("manner", "why"), [("fail", "no such table: people.csv"), ("silent", "wrote no log")])
def test_a_study_whose_first_trials_all_fail_stops_and_says_why(tmp_path: Path, manner: str, why: str) -> None:
    done = tune(tmp_path, "--command", f"{TINY} 0 {manner}")
    assert done.returncode == 2
    assert "the first 3 trials all failed" in done.stderr
    assert why in done.stderr
    assert "Traceback" not in done.stderr
    assert [trial["state"] for trial in study(tmp_path)["trials"]] == ["failed"] * 3


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--command", "train {weight_decay}"], "has no {logdir}"),
        (["--command", f"{TINY} 0 plain", "--epochs", 3], "--epochs is a setting of python -m trainer; write it into"),
        (["--space", "weigth_decay=1..2"], "did you mean 'weight_decay'"),
        (["--space", "dropout=0..0.2", "--preset-grid"], "two searches"),
        (["--budget", "a lot"], "write for example '20 runs'"),
        (
            ["--storage", "postgresql://bob:hunter2@127.0.0.1:1/fit"],
            "cannot use the store postgresql://127.0.0.1:1/fit",
        ),
        (["--storage", "hunter2"], "no address of a database"),
        (["--study", "a/b"], "one word without /"),
        (["--from", "nowhere"], "there is no folder"),
    ],
)
def test_a_mistake_ends_with_a_sentence_before_any_trial(
    tmp_path: Path, capsys, arguments: list[object], why: str
) -> None:
    from trainer.__main__ import main

    assert main(["tune", "--logdir", str(tmp_path / "runs"), *map(str, arguments)]) == 2
    said = capsys.readouterr().err
    assert why in said
    assert "hunter2" not in said
    assert not list(tmp_path.glob("runs/*/trial-*"))


def test_a_folder_with_trials_of_a_study_that_is_gone_is_not_written_into(tmp_path: Path, capsys) -> None:
    from trainer.__main__ import main

    (tmp_path / "runs" / "tune" / "trial-0000").mkdir(parents=True)
    assert main(["tune", "--logdir", str(tmp_path / "runs"), "--preset-grid"]) == 2
    assert "holds the trials of another study" in capsys.readouterr().err


def test_the_time_of_a_budget_ends_a_trial_which_the_next_call_runs_again(tmp_path: Path, monkeypatch) -> None:
    asked = f"{TINY} 0 plain '{tmp_path}/never'"
    plan = Plan(space_of(PRESET_GRID), PRESET_GRID[:1], command=asked)
    order = TuneCall(tmp_path / "runs", "tune", None, "grid", "none", Budget(), until=1.0)
    open_study(connect(order.folder), "tune", plan)
    now = SimpleNamespace(monotonic=lambda: 2.0 if ready(tmp_path) else 0.0, sleep=time.sleep)
    monkeypatch.setattr(worker, "time", now)
    worker.Worker(order, lambda: False).work()
    (cut,) = study(tmp_path)["trials"]
    assert cut["reason"] == "the time of the budget was over; trial 1 runs it again"
    assert read_trial(tmp_path / "runs" / "tune" / "trial-0000").state == "failed"


def test_the_trainer_itself_is_tuned_over_seeds_and_its_best_weights_are_named(tmp_path: Path) -> None:
    settings = ["--train-size", 60, "--width", 8, "--epochs", 2, "--threads", 1]
    done = tune(tmp_path, *settings, "--grid", "dropout=0,.5", "--repeats", 2)
    assert done.returncode == 0, done.stderr
    best = study(tmp_path)["best"]
    weights = tmp_path / "runs" / "tune" / best["weights"]
    assert weights.is_file()
    assert f"weights: {weights}" in done.stdout
    seeds = [job.read_config(folder).seed for folder in sorted(tmp_path.glob("runs/tune/trial-*"))]
    assert seeds == [0, 1, 0, 1]
    assert "from the second best, trial" in done.stdout
    assert best["error"] > 0


def test_a_trial_that_a_person_stops_is_no_whole_one(tmp_path: Path, begun) -> None:
    settings = ["--train-size", 60, "--width", 8, "--epochs", 5000, "--pace", 0.1, "--threads", 1]
    main, run = begun(*settings, "--grid", "dropout=.1"), tmp_path / "runs" / "tune" / "trial-0000"
    wait_for(lambda: (there := job.status(run)) is not None and there.epoch >= 1)
    job.stop(run)
    printed, complained = main.communicate(timeout=300)
    assert main.returncode == 0, complained
    assert "its training was stopped by hand" in printed
    (trial,) = study(tmp_path)["trials"]
    assert (trial["state"], trial["reason"]) == ("pruned", "its training was stopped by hand")


def test_a_screen_finds_the_factor_that_does_the_work(tmp_path: Path) -> None:
    asked = f"{TINY} {{luck}} plain"
    space = "weight_decay=.1..1, dropout=0..0.5, luck=0..0.2"
    done = tune(tmp_path, "--command", asked, "--screen", "--space", space, "--workers", 2)
    assert done.returncode == 0, done.stderr
    found = {effect["name"]: effect for effect in study(tmp_path)["screen"]["effects"]}
    assert found["weight_decay"]["best_val"] == pytest.approx(0.1)
    assert found["dropout"]["best_val"] == pytest.approx(0.5)
    assert found["luck"]["best_val"] == pytest.approx(0.01 * math.sin(7 * 0.2))
    assert "Every combination was run" in done.stdout
