"""A search is started, stopped and checked from the page, and what it asks for is what the command line takes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import optuna
import pytest

from app.views.tune import words as tune
from tests.study_files import study, write_study
from tests.test_app import OVERFITTING, _as_if_just_started, opened, shown  # noqa: F401 - a fixture
from tests.test_tune_page import three_seeds
from tests.writers import write_run
from trainer import job
from trainer.config import Config
from trainer.processes.liveness import identity
from trainer.status import Status, write_json, write_status
from trainer.tuning import start
from trainer.tuning.notation import parse_points
from trainer.tuning.results.findings import importance
from trainer.tuning.spaces import SpaceError
from trainer.tuning.study import TrialRun
from trainer.tuning.study_file import StudyFileError

PATIENCE = 120.0


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A finished run of ours."""
    write_run(tmp_path / "logs" / "base", OVERFITTING)
    write_status(tmp_path / "logs" / "base", Status("finished", epoch=40, epochs=40))
    (tmp_path / "logs" / "base" / "config.json").write_text(Config(epochs=40).to_json())
    return tmp_path / "logs"


def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What searches are asked for, none of which is started."""
    calls: list[tuple[object, ...]] = []
    monkeypatch.setattr(start, "start", lambda place, study, *, parent, runs: calls.append((study, parent.name, runs)))
    return calls


def test_a_search_is_started_with_the_run_and_the_trials_asked_for(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = asked(monkeypatch)
    app = opened("tune", logdir=str(logs))
    app.number_input("tune-runs").set_value(12).run()
    app.button("tune-start").click().run()
    assert calls == [("tune-1", "base", 12)]
    assert app.query_params["study"] == "tune-1"


@pytest.mark.parametrize("runs", [0, -3, 1_000_000])
def test_an_absurd_number_of_trials_is_refused_beside_the_field(logs: Path, runs: int) -> None:
    app = opened("tune", logdir=str(logs))
    app.number_input("tune-runs").set_value(runs).run()
    assert app.button("tune-start").disabled
    assert app.error[0].value.startswith(f"{runs:,} trials are not possible")


def test_without_a_run_of_ours_the_page_says_what_is_missing(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "other", OVERFITTING)
    assert tune.NO_RUN_TO_TUNE in shown(opened("tune", logdir="logs"))


@pytest.mark.parametrize("config", [None, '{"model_type": "bert"}'])
def test_a_trial_by_a_command_is_no_run_of_ours(tmp_path: Path, config: str | None) -> None:
    trial = tmp_path / "logs" / "mine-try-1"
    write_run(trial, OVERFITTING)
    write_status(trial, Status("finished", epoch=40, epochs=40))
    if config is not None:
        (trial / "config.json").write_text(config)
    assert tune.NO_RUN_TO_TUNE in shown(opened("tune", logdir="logs"))
    assert "again" not in [button.key for button in opened("run", logdir="logs", run="mine-try-1").main.button]


def test_a_search_that_ends_before_its_first_trial_says_what_it_printed(logs: Path) -> None:
    start.start(logs, "tune-1", parent=logs / "gone", runs=3)
    deadline = time.monotonic() + PATIENCE
    while start.runs_now(logs / "tune-1") and time.monotonic() < deadline:
        time.sleep(0.05)
    words = shown(opened("tune", logdir=str(logs)))
    assert tune.ENDED_EARLY in words
    assert "gone" in start.output(logs / "tune-1")
    with pytest.raises(StudyFileError, match="nothing to stop"):
        start.stop(logs / "tune-1")


def test_the_settings_over_seeds_have_their_means_and_errors(logs: Path) -> None:
    write_study(logs / "check", three_seeds())
    assert "validation loss 0.52 \u00b1 0.012 (3 seeds)" in shown(opened("tune", logdir=str(logs))).replace("\\", "")


@pytest.mark.parametrize("own", [True, False])
def test_single_points_are_read(own: bool) -> None:
    points = parse_points("dropout=.2 weight_decay=1 | dropout=0 weight_decay=0", own=own)
    assert points == ({"dropout": 0.2, "weight_decay": 1}, {"dropout": 0, "weight_decay": 0})


@pytest.mark.parametrize("text", ["dropout=.1,.2", "dropout=.2 | weight_decay=1", "dropout=.2 |"])
def test_what_is_no_list_of_points_is_refused(text: str) -> None:
    with pytest.raises(SpaceError):
        parse_points(text, own=True)


def ended(decay: float, dropout: float, *, pruned: bool) -> optuna.trial.FrozenTrial:
    """A trial whose value the decay alone decides."""
    value = abs(decay - 0.5)
    runs = [vars(TrialRun("trial", value, value, 10, 10))]
    return optuna.create_trial(
        state=optuna.trial.TrialState.PRUNED if pruned else optuna.trial.TrialState.COMPLETE,
        value=None if pruned else value,
        params={"weight_decay": decay, "dropout": dropout},
        distributions={name: optuna.distributions.FloatDistribution(0, 1) for name in ("weight_decay", "dropout")},
        user_attrs={"runs": runs},
    )


def test_pruned_trials_take_part_in_which_strength_matters() -> None:
    trials = [ended(place / 40, (place * 17 % 40) / 40, pruned=abs(place - 20) > 4) for place in range(40)]
    shares = importance(trials)
    assert shares is not None
    assert shares["weight_decay"] > 0.8
    assert sum(trial.state is optuna.trial.TrialState.COMPLETE for trial in trials) < 10


def test_a_study_of_another_name_is_found_once_it_is_started(logs: Path) -> None:
    assert job.status(logs / "base") is not None
    write_study(logs / "tune-1", study(3))
    assert start.free_name(logs, "tune") == "tune-2"


@pytest.mark.parametrize("log", ["their.log", "tune.log", "link"])
def test_a_file_that_names_another_process_does_not_stop_it(tmp_path: Path, log: str) -> None:
    """Who shares a folder could write the number of an editor there, and wait until somebody presses Stop."""
    study = tmp_path / "logs" / "tune-1"
    study.mkdir(parents=True)
    printed = tmp_path / "their.log" if log == "link" else tmp_path / log
    if log == "link":
        (study / start.OUTPUT).symlink_to(printed)
    with printed.open("wb") as file:
        other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], stdout=file)
    try:
        write_json(study / start.PROCESS, identity(other.pid))
        assert not start.runs_now(study)
        with pytest.raises(StudyFileError, match="nothing to stop"):
            start.stop(study)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_what_a_search_prints_does_not_go_through_a_link(logs: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("precious")
    (logs / "tune-1").mkdir()
    (logs / "tune-1" / start.OUTPUT).symlink_to(theirs)
    with pytest.raises(OSError, match="it is a link"):
        start.start(logs, "tune-1", parent=logs / "base", runs=1)
    assert theirs.read_text() == "precious"
