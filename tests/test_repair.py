"""Repair: a training that overfits goes back to its best weights, and what came of it is written down."""

from __future__ import annotations

import copy
import doctest
import json
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from app import actions
from app.folder import trials_of_run, watch
from diagnostics import GivenSetup, Ledger, Verdict, diagnose_run, open_logs, setup_of
from diagnostics.recommend.repair import patience
from diagnostics.trials import ledger
from diagnostics.trials.repair_file import RepairRecord, Rewind, read_repair, repair_of
from tests.trained import History, trained
from tests.writers import LogWriter
from trainer import job
from trainer.config import Config
from trainer.errors import ConfigError
from trainer.fit.checkpoints import checkpoint as checkpoints
from trainer.fit.checkpoints.checkpoint import CheckpointError
from trainer.fit.loop import Callback, Loop
from trainer.fit.problems.fine_tuning import read
from trainer.repair import Repair
from trainer.session import work
from trainer.status import State, Status, read_status, write_json
from trainer.trials.parent import read_parent
from trainer.trials.writing import write_repair

HELPED = Config(train_size=200, label_noise=0.2, width=64, epochs=60, batch_size=20, threads=1, repair=True)
SOON = replace(HELPED, lr=2e-3)
HARMED = Config(train_size=100, label_noise=0.3, width=64, lr=3e-3, epochs=48, batch_size=25, threads=1, repair=True)


class Killed(Callback):
    """The process is gone after an epoch: nothing is written any more."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def epoch_start(self, loop: Loop) -> None:
        if loop.epoch == self.epoch:
            raise KeyboardInterrupt


def values(run_dir: Path, tag: str = "loss/val") -> list[float]:
    run = open_logs(run_dir).runs["."]
    curve = run.tagged(tag)
    assert curve is not None
    return curve.values.tolist()


def resumed(run_dir: Path) -> None:
    job.prepare_again(run_dir)
    work(run_dir, Callback())


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training that went back, from its first epoch to its last in one process."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("runs") / "whole"
    trained(folder, HELPED)
    return folder


def test_a_clear_overfitting_goes_back_to_the_best_weights_and_on_with_a_dose(whole: Path) -> None:
    record = read_repair(whole)
    assert record is not None
    assert len(record.rewinds) >= 1
    first = record.rewinds[0]
    val = values(whole)
    assert first.best_epoch == 1 + int(np.argmin(val[: first.epoch]))
    assert first.val_loss == pytest.approx(min(val[: first.epoch]))
    assert val[first.epoch] < val[first.epoch - 1]  # the next epoch is of the best weights
    assert first.change["dropout"] == (0.0, 0.2)
    assert values(whole, "strength/dropout")[0] == pytest.approx(0.2)
    status = read_status(whole)
    assert status is not None
    assert status.repair == record.sentence
    assert f"back to the weights of epoch {first.best_epoch}" in record.sentence


def test_the_best_weights_of_all_stretches_are_the_result(whole: Path) -> None:
    record, val = read_repair(whole), values(whole)
    assert record is not None
    assert (record.best_epoch, record.val_loss) == (1 + int(np.argmin(val)), pytest.approx(min(val)))
    assert record.kept is (min(val) < record.rewinds[0].val_loss)
    best = read(whole / "best.pt")
    assert best["epoch"] == record.best_epoch


def test_no_dose_is_used_twice(whole: Path) -> None:
    record = read_repair(whole)
    assert record is not None
    doses = [rewind.strengths for rewind in record.rewinds]
    assert all(dose not in doses[:place] for place, dose in enumerate(doses))
    assert len(doses) <= 2


def test_the_ledger_has_a_line_for_it(whole: Path) -> None:
    record, entry = read_repair(whole), ledger.read(whole.parent).of("whole/repair")
    assert record is not None
    assert record.val_loss is not None
    assert entry is not None
    assert (entry.parent, entry.kind, entry.before) == ("whole", "repair", "overfitting")
    assert entry.difference == pytest.approx(record.val_loss / record.rewinds[0].val_loss - 1)
    assert (entry.error is not None) is record.kept
    assert ledger.read(whole.parent).track_record({"dropout", "weight_decay"}) is None  # no trial of full length


def test_a_temperature_is_fitted_afterwards(whole: Path) -> None:
    calibration = json.loads((whole / "calibration.json").read_text())
    assert calibration["epoch"] == read(whole / "best.pt")["epoch"]


def test_epochs_count_on_and_the_verdict_is_of_the_training_that_led_to_the_result(whole: Path) -> None:
    run, record = open_logs(whole).runs["."], read_repair(whole)
    assert record is not None
    assert run.val is not None
    assert run.val.steps.tolist() == list(range(1, run.val.steps[-1] + 1))
    assert run.sessions == 1
    diagnosis = diagnose_run(run, finished=True)
    assert diagnosis.best is not None
    assert diagnosis.best.step == record.best_epoch
    assert "resumed" not in diagnosis.notes
    assert f"It went back from step {record.rewinds[0].epoch} to the weights of step" in diagnosis.reason
    kept = setup_of(run, whole).val
    assert kept is not None
    first = record.rewinds[0]
    given_up = set(range(first.best_epoch + 1, first.epoch + 1))
    assert bool(given_up & set(kept.steps.tolist())) is not record.kept


@pytest.mark.parametrize(("after", "dropout"), [(0.2, 0.2), (0.5, 0.0)], ids=["helped", "did not help"])
def test_advice_and_trials_start_from_the_strengths_that_the_kept_weights_were_trained_with(
    tmp_path: Path, after: float, dropout: float
) -> None:
    folder = tmp_path / "mended"
    folder.mkdir()
    job.prepare(HELPED, folder)
    losses = [1.0 / step for step in range(1, 4)] + [0.4] * 7 + [after] * 10
    with LogWriter(folder) as log:
        for step, loss in enumerate(losses, 1):
            log.scalar("loss/val", loss, step)
            log.scalar("loss/train", 1.0 / step, step)
            log.scalar("strength/dropout", 0.2 if step > 10 else 0.0, step)
        log.scalar("repair/best_epoch", 3, 10)
    best = (11, after) if after < 1 / 3 else (3, 1 / 3)
    write_repair(folder, RepairRecord((Rewind(10, 3, 1 / 3, {"dropout": (0.0, 0.2)}),), (), "", *best))
    parent, entry = read_parent(folder), watch.look(tmp_path).get("mended")
    assert parent.now("dropout") == pytest.approx(parent.setup.strengths["dropout"]) == dropout
    assert entry is not None
    on_the_page = trials_of_run.plan(entry, str(tmp_path), GivenSetup(), Ledger()).parent
    assert on_the_page is not None
    assert on_the_page.config == parent.config


@pytest.mark.parametrize("after", [-1, 1, 4])
def test_a_killed_training_goes_on_to_the_last_digit(whole: Path, tmp_path: Path, after: int) -> None:
    record = read_repair(whole)
    assert record is not None
    folder = tmp_path / "whole"
    folder.mkdir()
    job.prepare(HELPED, folder)
    with pytest.raises(KeyboardInterrupt):
        work(folder, Killed(record.rewinds[0].epoch + after))
    resumed(folder)
    assert values(folder) == values(whole)
    assert read_repair(folder) == record
    ours, theirs = (read(path / "checkpoint.pt")["model"] for path in (folder, whole))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize("written", [False, True])
def test_a_kill_in_the_middle_of_a_rewind_leaves_everything_whole(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    """Right before the checkpoint that goes back takes its name, or right after."""
    folder = tmp_path / "whole"
    folder.mkdir()
    job.prepare(HELPED, folder)
    save = checkpoints.save

    def killed(path: Path, state: dict[str, object], **how: object) -> None:
        if state.get("repair") and state["optimizer"] is None:
            if written:
                save(path, state, **how)  # type: ignore[arg-type]
            raise KeyboardInterrupt
        save(path, state, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(checkpoints, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        work(folder, Callback())
    assert read(folder / "checkpoint.pt")["epoch"] == read_repair(whole).rewinds[0].epoch  # type: ignore[union-attr]
    monkeypatch.setattr(checkpoints, "save", save)
    resumed(folder)
    assert values(folder) == values(whole)
    assert read_repair(folder) == read_repair(whole)
    assert len(ledger.read(tmp_path).entries) == 1


def test_a_disk_that_is_full_during_a_rewind_is_said_and_the_checkpoint_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    job.prepare(HELPED, folder)
    save = checkpoints.save

    def full(path: Path, state: dict[str, object], **how: object) -> None:
        if state.get("repair"):
            raise CheckpointError(f"cannot write {path}: No space left on device; the one before is whole")
        save(path, state, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(checkpoints, "save", full)
    with pytest.raises(CheckpointError, match="the one before is whole"):
        work(folder, Callback())
    assert job.status(folder).state == "failed"  # type: ignore[union-attr]
    assert read(folder / "checkpoint.pt")["optimizer"] is not None
    assert read_repair(folder) is None


def test_what_does_not_help_leaves_the_best_weights_of_before(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    trained(folder, HARMED)
    record = read_repair(folder)
    assert record is not None
    assert len(record.rewinds) == 2
    assert record.kept is False
    assert "It did not help" in record.sentence
    assert read(folder / "best.pt")["epoch"] == record.rewinds[0].best_epoch
    diagnosis = diagnose_run(open_logs(folder).runs["."], finished=True)
    assert diagnosis.verdict == "overfitting"  # as it was, not what the doses made of it
    assert "validation has not got better" in diagnosis.reason


def test_a_training_that_does_not_overfit_is_left_alone(tmp_path: Path) -> None:
    config = replace(HELPED, train_size=None, label_noise=0.0, epochs=4, width=16)
    with_it, without = trained(tmp_path / "a", config), trained(tmp_path / "b", replace(config, repair=False))
    assert with_it == without
    assert read_repair(tmp_path / "a") is None


@pytest.mark.parametrize(
    "settings",
    [
        {"regularizers": {"ema": {"decay": 0.9}}},
        {"regularizers": {"early_stopping": {"patience": 26}}},
        {"optimizer": "sgd", "lr": 0.1},
        {"schedule": "cosine", "regularizers": {"weight_decay": {"weight_decay": 0.01}}},
    ],
)
def test_averages_patience_momentum_and_schedule_go_back_too(tmp_path: Path, settings: dict[str, object]) -> None:
    config = replace(SOON, **settings)  # type: ignore[arg-type]
    history = trained(tmp_path / "whole", config)
    record = read_repair(tmp_path / "whole")
    assert record is not None
    assert record.rewinds
    first = record.rewinds[0]
    assert len(history) > first.epoch + 1
    after = history[first.epoch]["loss/val"]
    assert after < history[first.epoch - 1]["loss/val"]
    folder = tmp_path / "again"
    folder.mkdir()
    job.prepare(config, folder)
    with pytest.raises(KeyboardInterrupt):
        work(folder, Killed(first.epoch + 2))
    resumed(folder)
    assert values(folder) == values(tmp_path / "whole")


def test_a_live_training_can_be_asked_to(tmp_path: Path) -> None:
    """Without ``--repair`` nothing of the optimizer was kept; the weights of best.pt are enough."""

    class Asks(History):
        def epoch_end(self, loop: Loop) -> None:
            super().epoch_end(loop)
            if loop.epoch in (2, 40):
                write_json(tmp_path / "run" / "control.json", {"wish": "repair", "asked": loop.epoch})

    folder, asks = tmp_path / "run", Asks()
    folder.mkdir()
    job.prepare(replace(SOON, repair=False), folder)
    work(folder, asks)
    record = read_repair(folder)
    assert record is not None
    assert record.rewinds[0].epoch == 41
    assert not (folder / "rewind.pt").exists() or read(folder / "rewind.pt")["epoch"] > 41
    assert asks.epochs[41]["loss/val"] < asks.epochs[40]["loss/val"]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"epochs": 3, "pace": 0.0}, "Not repaired: "),
        ({"lr": 900.0, "optimizer": "sgd", "epochs": 6}, "Not repaired: "),
    ],
)
def test_a_wish_that_cannot_be_granted_is_answered(tmp_path: Path, settings: dict[str, object], reason: str) -> None:
    class Asks(Callback):
        def epoch_start(self, loop: Loop) -> None:
            if loop.epoch == 2:
                write_json(folder / "control.json", {"wish": "repair", "asked": 1})

    folder = tmp_path / "run"
    folder.mkdir()
    job.prepare(replace(HELPED, **settings, repair=False), folder)  # type: ignore[arg-type]
    work(folder, Asks())
    record, status = read_repair(folder), read_status(folder)
    assert record is not None
    assert status is not None
    assert record.refused.startswith(reason)
    assert status.repair == record.refused
    assert not record.rewinds


def test_a_run_without_its_best_weights_trains_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "SHARE", math.inf)  # each epoch is written, none waits in memory

    class Removes(Callback):
        def epoch_start(self, loop: Loop) -> None:
            if loop.epoch > 25:
                (folder / "best.pt").unlink(missing_ok=True)

    folder = tmp_path / "run"
    folder.mkdir()
    job.prepare(SOON, folder)
    work(folder, Removes())
    record, status = read_repair(folder), read_status(folder)
    assert record is not None
    assert status is not None
    assert not record.rewinds
    assert record.refused == "Not repaired: best.pt is gone, so that there are no best weights to go back to."
    assert (status.state, status.epoch) == ("finished", SOON.epochs)


@pytest.mark.parametrize(
    ("state", "verdict", "repaired", "offered"),
    [
        ("running", Verdict.OVERFITTING, "", True),
        ("running", Verdict.OVERFITTING, "After epoch 20 ...", False),
        ("running", Verdict.IMPROVING, "", False),
        ("finished", Verdict.OVERFITTING, "", False),
    ],
)
def test_the_page_offers_it_to_an_overfitting_run_at_work(
    monkeypatch: pytest.MonkeyPatch, state: State, verdict: Verdict, repaired: str, offered: bool
) -> None:
    monkeypatch.setattr(actions.state, "may_act", lambda: True)
    entry = SimpleNamespace(
        job=Status(state, repair=repaired), state=state, diagnosis=SimpleNamespace(verdict=verdict), folder=Path("run")
    )
    assert ("repair" in actions.offered(entry)) is offered  # type: ignore[arg-type]


def test_a_training_that_is_not_at_work_cannot_be_asked(whole: Path) -> None:
    with pytest.raises(job.JobError, match="is finished; there is nothing to repair"):
        job.repair(whole)


def test_several_processes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TORCHELASTIC_RUN_ID": "a", "RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "0"}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "run").mkdir()
    job.prepare(HELPED, tmp_path / "run")
    with pytest.raises(ConfigError, match="repair goes back in one process alone"):
        work(tmp_path / "run", Callback())


def test_a_regression_is_repaired_and_gets_no_temperature(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((700, 20))
    y = x[:, 0] + rng.standard_normal(700)
    rows = [",".join(f"{value:.4f}" for value in (*row, target)) for row, target in zip(x, y, strict=True)]
    table = tmp_path / "table.csv"
    table.write_text("\n".join([",".join([*(f"x{place}" for place in range(20)), "y"]), *rows]))
    config = replace(HELPED, dataset=f"csv:{table}", target="y", train_size=150, label_noise=0.0, epochs=40)
    trained(tmp_path / "run", config)
    record = read_repair(tmp_path / "run")
    assert record is not None
    assert record.rewinds
    assert "no temperature was fitted" in capsys.readouterr().out
    assert not (tmp_path / "run" / "calibration.json").exists()


def test_a_record_is_read_as_it_was_written() -> None:
    rewind = Rewind(20, 12, 0.5, {"dropout": (0.0, 0.2), "weight_decay": (None, 1.5)})
    record = RepairRecord((rewind,), ({"dropout": 0.0},), best_epoch=30, val_loss=0.4)
    assert repair_of(json.loads(json.dumps(record.as_json()))) == record
    assert record.kept is True
    assert RepairRecord((rewind,), best_epoch=12, val_loss=0.5).kept is False
    assert RepairRecord((rewind,)).kept is None
    assert math.isclose(record.rewinds[0].strengths["weight_decay"], 1.5)


def test_patience_is_a_share_of_the_training_and_at_least_three_epochs() -> None:
    assert (patience(10), patience(200)) == (3, pytest.approx(20))


def overfitting(epoch: int) -> tuple[float, float]:
    return 0.9**epoch, 0.5 + 0.8**epoch + 0.02 * max(0, epoch - 8)


def own() -> tuple[nn.Sequential, torch.optim.Optimizer]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.0), nn.Linear(8, 1))
    return model, torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.0)


def test_a_loop_of_one_s_own_is_put_back_with_its_optimizer_and_gets_the_dose() -> None:
    model, optimizer = own()
    repair = Repair(model, optimizer, epochs=60, steps_per_epoch=10, architecture="mlp")
    states, went_back = {}, []
    for epoch in range(1, 61):
        model(torch.randn(8, 4)).sum().backward()
        optimizer.step()
        states[epoch] = copy.deepcopy((model.state_dict(), optimizer.state_dict()["state"]))
        if repair.epoch(epoch, *overfitting(epoch)):
            went_back.append(epoch)
            weights, moments = states[11]
            assert all(torch.equal(weights[name], now) for name, now in model.state_dict().items())
            now = optimizer.state_dict()["state"]
            assert all(torch.equal(moments[place]["exp_avg"], now[place]["exp_avg"]) for place in moments)
            dropout, decay = model[2].p, optimizer.param_groups[0]["weight_decay"]
            assert (dropout, decay > 0) == ((0.2, True) if len(went_back) == 1 else (0.0, True))
            assert f"After epoch {epoch} back to the weights of epoch 11" in repair.sentence
    assert len(went_back) == 2  # each dose once, although it goes on overfitting


def test_a_dose_that_makes_nothing_better_has_the_time_of_its_patience() -> None:
    model, optimizer = own()
    repair, went_back = Repair(model, optimizer, epochs=60, steps_per_epoch=10, architecture="mlp"), []
    for epoch in range(1, 61):
        train, val = overfitting(epoch)
        if repair.epoch(epoch, train, repair.best["val_loss"] + 0.001 if went_back else val):
            went_back.append(epoch)
    assert went_back[1] - went_back[0] == patience(60)
    assert len(went_back) == 2


def test_a_loop_of_one_s_own_that_gets_better_is_left_alone() -> None:
    model, optimizer = own()
    repair = Repair(model, optimizer, epochs=30, steps_per_epoch=10)
    assert not any(repair.epoch(epoch, 0.9**epoch, 0.5 + 0.95**epoch) for epoch in range(1, 31))


def test_a_loss_that_is_not_a_number_is_never_the_best() -> None:
    model, optimizer = own()
    repair = Repair(model, optimizer, epochs=30, steps_per_epoch=10)
    assert not any(repair.epoch(epoch, math.nan, math.nan) for epoch in range(1, 20))
    assert repair.best == {}


def test_a_dose_can_be_set_by_one_s_own_function() -> None:
    doses = []
    model = nn.Linear(4, 1)
    optimizer = torch.optim.Adam(model.parameters())
    repair = Repair(
        model,
        optimizer,
        epochs=60,
        steps_per_epoch=10,
        architecture="mlp",
        setter=lambda *given: doses.append(given[2]),
    )
    assert sum(repair.epoch(epoch, *overfitting(epoch)) for epoch in range(1, 30)) == len(doses) > 0
    assert set(doses[0]) == {"dropout", "weight_decay"}


def test_a_model_or_optimizer_that_takes_no_dose_is_refused() -> None:
    model, optimizer = own()
    with pytest.raises(ConfigError, match="Adam adds weight decay to the gradient"):
        Repair(model, torch.optim.Adam(model.parameters()), epochs=9, steps_per_epoch=1)
    with pytest.raises(ConfigError, match=r"no nn\.Dropout to set"):
        Repair(model[0], optimizer, epochs=9, steps_per_epoch=1)


def test_a_recurrent_stack_drops_between_its_layers_and_a_single_layer_cannot() -> None:
    stack, single = nn.LSTM(4, 8, num_layers=2), nn.GRU(4, 8)
    repair = Repair(stack, torch.optim.AdamW(stack.parameters()), epochs=60, steps_per_epoch=10)
    assert any(repair.epoch(epoch, *overfitting(epoch)) for epoch in range(1, 61))
    assert stack.dropout == 0.1
    with pytest.raises(ConfigError, match=r"no nn\.Dropout to set"):
        Repair(single, torch.optim.AdamW(single.parameters()), epochs=60, steps_per_epoch=10)


def test_the_example_of_the_callback_runs() -> None:
    (test,) = doctest.DocTestFinder(recurse=False).find(Repair, globs={"Repair": Repair, "torch": torch})
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0
