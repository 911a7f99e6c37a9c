"""Trial: the same run with one change, whatever became of its parent, and one line of it in the ledger."""

from __future__ import annotations

import doctest
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from diagnostics import GivenSetup, Key, read_trial
from diagnostics.recommend import recommend
from diagnostics.trials.ledger import LEDGER, read
from diagnostics.trials.ledger_entry import LedgerEntry
from diagnostics.trials.trial_file import Effect, Trial
from tests.trial_runs import CHANGE, TINY, append_proven, train_by, write_parent, write_settled
from tests.writers import write_run
from trainer import job
from trainer.config import Config
from trainer.errors import ConfigError
from trainer.processes.liveness import lock_is_held
from trainer.status import Status, write_status
from trainer.trials import cli_try
from trainer.trials.parent import TryError, read_parent
from trainer.trials.proposal import proposals
from trainer.trials.settle import outcome_of_trial, settle
from trainer.trials.start import next_proposal, start_trial
from trainer.trials.writing import write_trial

ROOT = Path(__file__).parent.parent
PRIOR = Effect(-0.18, -0.37, -0.04)


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    return write_parent(tmp_path / "exp")


def ended(folder: Path, seconds: float = 120) -> Status:
    """The training's end, and that of its process."""
    deadline = time.monotonic() + seconds
    while (there := job.status(folder)) is None or there.live or lock_is_held(folder):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return there


def tried(*arguments: object) -> None:
    cli_try.main([str(argument) for argument in arguments])


def test_a_trial_is_the_same_run_with_the_dose_and_says_what_it_is(parent: Path) -> None:
    folder = start_trial(parent)
    assert folder == parent.parent / "exp-try-1"
    config, trial = Config.from_json((folder / "config.json").read_bytes()), read_trial(folder)
    advice = recommend(read_parent(parent).diagnosis, read_parent(parent).setup)
    expected = next(one.expected for one in advice if one.in_first_dose)
    assert trial == Trial("../exp", "full", CHANGE, dose=1, expected=expected, before="overfitting")
    assert {name: next(iter(settings.values())) for name, settings in config.regularizers.items()} == {
        "weight_decay": 0.5,
        "dropout": 0.1,
    }
    assert replace(config, regularizers={}) == TINY
    assert ended(folder).state == "finished"
    deadline = time.monotonic() + 120
    while not read(parent.parent).entries:  # the trial itself writes down what came of it
        assert time.monotonic() < deadline
    assert settle(parent.parent) == []
    (entry,) = read(parent.parent).entries
    assert (entry.parent, entry.change, entry.kind, entry.outcome) == ("exp", CHANGE, "full", "not distinguishable")


def test_a_run_of_code_that_nobody_named_here_gets_no_trial_that_can_only_fail(parent: Path) -> None:
    config = json.loads((parent / "config.json").read_text())
    (parent / "config.json").write_text(json.dumps(config | {"dataset": "nobodys:make"}))
    with pytest.raises(ConfigError, match="that you have not named on this machine"):
        start_trial(parent)
    assert [folder.name for folder in parent.parent.iterdir() if folder.is_dir()] == ["exp"]


def test_what_the_parent_has_stays_a_strength_of_0_is_off_and_a_rate_falls_over_as_many_epochs(tmp_path: Path) -> None:
    asked = replace(TINY, regularizers={"dropout": {"p": 0.1, "attention": 0.3}, "mixup": {"alpha": 0.2}})
    base = write_parent(tmp_path / "exp", config=replace(asked, epochs=30, schedule="cosine", pace=0.5))
    write_status(base, Status("stopped", epoch=3, epochs=30))
    folder = start_trial(base, {"dropout": 0.4, "mixup": 0.0})
    config = Config.from_json((folder / "config.json").read_bytes())
    assert config.regularizers == {"dropout": {"p": 0.4, "attention": 0.3}}
    assert (config.epochs, config.schedule, config.pace) == (30, "cosine", 0.0)
    assert read_trial(folder).change == {"dropout": (0.1, 0.4), "mixup": (0.2, 0.0)}
    assert read_trial(folder).dose is None
    ended(folder)


def test_a_dose_of_decay_is_given_as_adamw_decays_also_to_a_run_that_added_it_to_the_gradient(tmp_path: Path) -> None:
    coupled = {"weight_decay": {"weight_decay": 0.01, "kind": "coupled"}}
    base = write_parent(tmp_path / "exp", config=replace(TINY, regularizers=coupled))
    folder = start_trial(base, {"weight_decay": 0.5})
    config = Config.from_json((folder / "config.json").read_bytes())
    decay = config.regularizers["weight_decay"]
    assert (decay["weight_decay"], decay["kind"]) == (0.5, "decoupled")
    ended(folder)


def test_a_run_that_was_stopped_is_tried_for_as_long_as_it_trained(parent: Path) -> None:
    (parent / "config.json").write_text(replace(TINY, epochs=500).to_json())
    write_status(parent, Status("stopped", epoch=3, epochs=500))
    folder = start_trial(parent)
    assert Config.from_json((folder / "config.json").read_bytes()).epochs == 3
    assert ended(folder).epoch == 3


def test_the_doses_follow_one_another_and_then_nothing_is_left(parent: Path) -> None:
    ladder = proposals(read_parent(parent))
    assert [one.dose for one in ladder] == [1, 2, 3, 4, 5]
    assert ladder[0].strengths == {"weight_decay": 0.5, "dropout": 0.1}
    assert ladder[1].strengths == {"weight_decay": 1.4}
    assert ladder[4].strengths == {"dropout": 0.3, "weight_decay": 0.5}
    for number, one in enumerate(ladder):
        assert next_proposal(read_parent(parent)) == one
        write_settled(parent.parent / f"exp-try-{number + 1}", parent, 1.0, change=one.change(read_parent(parent)))
    with pytest.raises(TryError, match="nothing left to try"):
        next_proposal(read_parent(parent))


def test_a_dose_that_failed_is_tried_once_more_and_then_left_out(parent: Path) -> None:
    for number, dose in ((1, 1), (2, 2)):
        folder = write_settled(parent.parent / f"exp-try-{number}", parent, 1.0)
        write_status(folder, Status("failed", message="a crash"))
        assert next_proposal(read_parent(parent)).dose == dose
    (parent.parent / "exp-try-2" / "trial.json").unlink()
    assert next_proposal(read_parent(parent), patience=1).dose == 2


def test_a_trial_of_full_length_and_a_branch_of_one_dose_are_two_things(parent: Path) -> None:
    write_settled(parent.parent / "exp-try-1", parent, 1.0)
    assert next_proposal(read_parent(parent), kind="branch").dose == 1


def test_trials_of_other_runs_beside_it_do_not_count(parent: Path) -> None:
    write_settled(parent.parent / "other-try-1", write_parent(parent.parent / "other"), 1.0)
    (parent.parent / "damaged").mkdir()
    (parent.parent / "damaged" / "trial.json").write_text("{")
    assert next_proposal(read_parent(parent)).dose == 1


@pytest.mark.parametrize(
    ("best", "outcome"), [(0.8, "confirmed"), (1.2, "refuted"), (1.0025, "not distinguishable")], ids=str
)
def test_the_ledger_has_the_outcome_with_its_error_and_both_verdicts(parent: Path, best: float, outcome: str) -> None:
    write_settled(parent.parent / "exp-try-1", parent, best, expected=PRIOR)
    (entry,) = settle(parent.parent)
    assert entry.outcome == outcome
    assert entry.difference == pytest.approx(best - 0.002 - 1, abs=1e-3)
    assert 0 < entry.error < 0.01
    assert (entry.before, entry.after) == ("overfitting", "healthy")
    assert entry.expected == PRIOR
    assert abs(entry.time - time.time()) < 86400  # seconds since 1970


@pytest.mark.parametrize("state", ["starting", "running", "paused", "stopped"])
def test_what_is_not_at_its_end_is_left_for_later(parent: Path, state: str) -> None:
    folder = write_settled(parent.parent / "exp-try-1", parent, 0.8)
    write_status(folder, Status(state, os.getpid(), _started(), epoch=3, epochs=40))
    assert settle(parent.parent) == []


def test_processes_that_settle_at_once_write_one_line_a_trial(parent: Path) -> None:
    for number in range(1, 5):
        write_settled(parent.parent / f"exp-try-{number}", parent, 0.8, change={"dropout": (0.0, number / 10)})
    code = "import sys; from trainer.trials.settle import settle; settle(sys.argv[1])"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    settling = [subprocess.Popen([sys.executable, "-c", code, parent.parent], env=environment) for _ in range(3)]
    assert [process.wait() for process in settling] == [0] * 3
    lines = (parent.parent / "ledger.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)["trial"] for line in lines) == [f"exp-try-{number}" for number in range(1, 5)]


def test_a_trial_whose_process_was_killed_goes_on_from_its_checkpoint_in_its_own_folder(parent: Path) -> None:
    (parent / "config.json").write_text(replace(TINY, epochs=40).to_json())
    folder = start_trial(parent, {"dropout": 0.3})
    assert ended(folder).state == "finished"
    write_status(folder, replace(job.status(folder), state="running", epoch=20, ticks=1))
    assert job.status(folder).state == "failed"  # as far as anybody can tell
    assert start_trial(parent, {"dropout": 0.3}) == folder
    assert ended(folder).state == "finished"
    (folder / "checkpoint.pt").unlink()
    (folder / "checkpoint-earlier.pt").unlink(missing_ok=True)
    write_status(folder, replace(job.status(folder), state="running", epoch=0, ticks=1))
    again = start_trial(parent, {"dropout": 0.3})
    assert again != folder  # what ends before its first checkpoint would do so again
    assert ended(again).state == "finished"


def _started() -> float:
    import psutil

    return psutil.Process().create_time()


def test_a_trial_is_judged_when_its_run_has_ended_too(parent: Path) -> None:
    write_settled(parent.parent / "exp-try-1", parent, 0.8)
    write_status(parent, Status("running", os.getpid(), _started(), epoch=3, epochs=40))
    assert settle(parent.parent) == []
    write_status(parent, Status("finished", epoch=40, epochs=40))
    assert len(settle(parent.parent)) == 1


def test_a_run_that_is_gone_leaves_its_trial_unsettled_and_a_sentence(parent: Path) -> None:
    folder = write_settled(parent.parent / "exp-try-1", parent, 0.8)
    moved = parent.rename(parent.parent / "moved")
    assert settle(parent.parent) == []
    with pytest.raises(TryError, match=r"exp, the run that exp-try-1 is a trial of, was moved or deleted; put it back"):
        outcome_of_trial(folder)
    moved.rename(parent)
    assert len(settle(parent.parent)) == 1


def test_a_run_whose_log_is_gone_makes_no_failure_of_its_trial(parent: Path) -> None:
    write_settled(parent.parent / "exp-try-1", parent, 0.8)
    (log,) = parent.glob("events*")
    log.unlink()
    assert settle(parent.parent) == []


def test_a_branch_waits_for_its_control_and_fails_with_it(parent: Path) -> None:
    write_settled(parent.parent / "exp-try-1", parent, 0.8, kind="branch")
    control = write_settled(parent.parent / "exp-control-1", parent, 1.0, kind="control", change={})
    write_status(control, Status("stopped"))
    assert settle(parent.parent) == []
    write_status(control, Status("failed"))
    assert [entry.outcome for entry in settle(parent.parent)] == ["failed"]


def test_several_processes_settle_a_trial_once(parent: Path) -> None:
    write_settled(parent.parent / "exp-try-1", parent, 0.8)
    threads = [threading.Thread(target=settle, args=(parent.parent,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read(parent.parent).entries) == 1


def test_a_trial_without_validation_is_settled_as_failed(parent: Path) -> None:
    write_run(parent.parent / "exp-try-1", {"loss/train": [1.0, 0.5]})
    write_trial(parent.parent / "exp-try-1", Trial("../exp", "full", CHANGE))
    write_status(parent.parent / "exp-try-1", Status("finished"))
    (entry,) = settle(parent.parent)
    assert (entry.outcome, entry.difference) == ("failed", None)
    with pytest.raises(TryError, match="no validation"):
        outcome_of_trial(parent.parent / "exp-try-1")


def test_a_trial_that_is_at_work_is_not_started_twice(parent: Path) -> None:
    (parent / "config.json").write_text(replace(TINY, epochs=10**6).to_json())
    first = start_trial(parent)
    assert start_trial(parent) == first
    assert start_trial(parent, {"weight_decay": 0.5, "dropout": 0.1}) == first
    job.stop(first)
    ended(first)


def test_a_branch_and_its_control_go_on_from_the_best_weights_and_later_branches_share_it(tmp_path: Path) -> None:
    from tests.trained import trained

    base = tmp_path / "base"
    trained(base, replace(TINY, epochs=10))
    first = start_trial(base, {"dropout": 0.2}, branch=True)
    control = tmp_path / "base-control-1"
    assert (first.name, read_trial(first).kind, read_trial(control).kind) == ("base-try-1", "branch", "control")
    configs = [Config.from_json((folder / "config.json").read_bytes()) for folder in (control, first)]
    assert [(config.epochs, config.init_from, config.seed) for config in configs] == [(2, str(base), 0)] * 2
    assert [sorted(config.regularizers) for config in configs] == [[], ["dropout"]]
    assert [ended(folder).state for folder in (control, first)] == ["finished"] * 2
    second = start_trial(base, {"dropout": 0.4}, branch=True)
    ended(second)
    assert not (tmp_path / "base-control-2").exists()
    settle(tmp_path)
    kinds = {entry.trial: entry.kind for entry in read(tmp_path).entries}
    assert kinds == {"base-try-1": "branch", "base-try-2": "branch"}
    assert outcome_of_trial(first).best[0] == outcome_of_trial(second).best[0]


def test_a_branch_needs_the_best_weights(parent: Path) -> None:
    with pytest.raises(TryError, match=r"has no best\.pt to branch from; leave --branch out"):
        start_trial(parent, branch=True)


def test_a_run_that_is_held_back_is_weakened_and_one_that_improves_trains_longer(tmp_path: Path) -> None:
    falling = 1 + 2 * 0.8 ** np.arange(40)
    strong = replace(TINY, regularizers={"dropout": {"p": 0.5}, "weight_decay": {"weight_decay": 4.0}})
    curves = {"loss/train": falling + 0.5, "loss/train_clean": falling - 0.02, "loss/val": falling}
    settings = {"strength/dropout": np.full(40, 0.5), "strength/weight_decay": np.full(40, 4.0)}
    write_run(tmp_path / "held", {name: values.tolist() for name, values in (curves | settings).items()})
    (tmp_path / "held" / "config.json").write_text(strong.to_json())
    (found,) = proposals(read_parent(tmp_path / "held"))
    assert found.strengths == {"dropout": 0.25, "weight_decay": 1.0}
    assert found.change(read_parent(tmp_path / "held")) == {"dropout": (0.5, 0.25), "weight_decay": (4.0, 1.0)}
    improving = np.linspace(3, 1, 40).tolist()
    write_run(tmp_path / "slow", {"loss/train": improving, "loss/val": improving})
    (tmp_path / "slow" / "config.json").write_text(TINY.to_json())
    (longer,) = proposals(read_parent(tmp_path / "slow"))
    assert longer.strengths == {"epochs": 4}
    folder = start_trial(tmp_path / "slow")
    assert read_trial(folder).change == {"epochs": (2, 4)}
    assert ended(folder).epoch == 4


def test_levers_are_tried_alone_or_together(parent: Path) -> None:
    known = read_parent(parent)
    (one,) = proposals(known, ["weight_decay"])
    assert (one.strengths, one.dose, one.expected) == ({"weight_decay": 0.5}, None, None)
    (both,) = proposals(known, ["weight_decay", "dropout"])
    assert (both.dose, both.expected) == (1, proposals(known)[0].expected)


def test_the_trials_made_here_shift_what_is_expected(parent: Path) -> None:
    for number in range(9):
        append_proven(parent.parent, LedgerEntry(f"t{number}", "exp", CHANGE, "full", "refuted", PRIOR, 0.05, 0.01))
    assert proposals(read_parent(parent))[0].expected.median == pytest.approx(0.05)


def test_runs_that_leave_nothing_to_try_say_why(tmp_path: Path) -> None:
    flat = [1.0] * 40
    write_run(tmp_path / "healthy", {"loss/train": flat, "loss/val": flat})
    (tmp_path / "healthy" / "config.json").write_text(TINY.to_json())
    write_run(tmp_path / "short", {"loss/train": flat[:3], "loss/val": flat[:3]})
    (tmp_path / "empty").mkdir()
    for name, sentence in {
        "healthy": "there is nothing to try: healthy has the verdict",
        "short": "short has the verdict",
        "empty": "holds no training log",
        "gone": "there is no folder",
    }.items():
        with pytest.raises(TryError, match=sentence):
            proposals(read_parent(tmp_path / name))
    with pytest.raises(TryError, match="holds 2 runs"):
        read_parent(tmp_path)


def test_a_program_may_log_into_folders_of_its_own_below_the_run_s(tmp_path: Path) -> None:
    """As Lightning does, and Keras with its two sides; curves without validation beside them are in nobody's way."""
    falling, version = np.linspace(2, 1, 40).tolist(), tmp_path / "exp" / "logs" / "version_0"
    write_run(version / "train", {"epoch_loss": falling})
    write_run(version / "validation", {"epoch_loss": falling})
    write_run(tmp_path / "exp" / "system", {"load": falling})
    assert read_parent(tmp_path / "exp").run.primary.val == Key("logs/version_0/validation", "epoch_loss")


def test_a_run_whose_learning_rate_nobody_knows_asks_for_what_is_missing(tmp_path: Path) -> None:
    folder = write_parent(tmp_path / "exp", lr=None, config=None)
    with pytest.raises(TryError, match=r"weight_decay = 0\.25 .* Give --lr RATE and --steps-per-epoch N"):
        proposals(read_parent(folder))
    told = read_parent(folder, GivenSetup(lr=1e-3, steps_per_epoch=50, architecture="mlp"))
    assert proposals(told)[0].strengths == {"weight_decay": 0.5, "dropout": 0.1}
    (alone,) = proposals(read_parent(folder), ["dropout"])
    assert alone.strengths == {"dropout": 0.1}


def test_later_doses_that_a_command_cannot_be_given_are_left_out(tmp_path: Path) -> None:
    run = train_by(tmp_path / "mine")
    told = GivenSetup(architecture="mlp", lr=1e-3, steps_per_epoch=50)
    fields, doses = ("weight_decay",), []
    for number in range(1, 7):
        known = read_parent(run, told)
        try:
            proposal = next_proposal(known, fields=fields)
        except TryError:
            break
        doses.append(proposal.dose)
        write_settled(tmp_path / f"mine-try-{number}", run, 1.0, change=proposal.change(known))
    assert doses == [1, 2]


def test_json_of_a_trial_is_what_the_documentation_says(parent: Path) -> None:
    write_settled(parent.parent / "exp-try-1", parent, 0.8)
    settle(parent.parent)
    (line,) = (parent.parent / LEDGER).read_text().splitlines()
    names = "trial parent change kind expected difference error outcome before after time machine"
    assert list(json.loads(line)) == names.split()


def test_the_example_of_the_docstring_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_parent(tmp_path / "runs" / "exp")
    monkeypatch.chdir(tmp_path)
    names = {"start_trial": start_trial}
    (example,) = doctest.DocTestFinder(recurse=False).find(start_trial, "start_trial", globs=names)
    assert doctest.DocTestRunner().run(example).failed == 0
    assert ended(tmp_path / "runs" / "exp-try-1").state == "finished"
