"""Improve: dose after dose, until the rule says that more would not help."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from diagnostics.trials.ledger import LEDGER, read
from diagnostics.trials.ledger_entry import LedgerEntry
from tests import trained
from tests.trial_runs import CHANGE, append_proven, program, train_by, write_parent, write_settled
from trainer.__main__ import main
from trainer.config import Config
from trainer.fit.best_weights.combination import combine
from trainer.status import Status, write_status
from trainer.trials import cli_improve
from trainer.trials.improve import best_of, enough, tried_doses
from trainer.trials.improve_report import REPORT, REPORT_JSON, write
from trainer.trials.improve_tables import NAMES
from trainer.trials.parent import TryError, read_parent

FLAGS = ("--lr", "0.001", "--steps-per-epoch", "50", "--architecture", "mlp", "--optimizer", "adamw")


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    return write_parent(tmp_path / "exp")


def tried(parent: Path, *bests: float, **known: object) -> None:
    for number, best in enumerate(bests, start=1):
        write_settled(parent.parent / f"exp-try-{number}", parent, best, **known)


@pytest.mark.parametrize(
    ("bests", "budget", "why"),
    [
        ((), 3, ""),
        ((1.2,), 3, ""),
        ((1.2, 1.3), 3, ""),
        ((1.2, 1.3, 1.4), 3, "the run has 3 trials, earlier ones included, which is the budget"),
        ((1.2,), 1, "the run has 1 trial, earlier ones included, which is the budget"),
        ((1.002,), 3, ""),
        ((1.2, 0.8), 3, "exp-try-2 helped, and its verdict is healthy"),
    ],
    ids=str,
)
def test_it_spends_its_budget_until_a_dose_has_ended_the_overfitting(
    parent: Path, bests: tuple[float, ...], budget: int, why: str
) -> None:
    tried(parent, *bests)
    assert enough(tried_doses(read_parent(parent)), budget) == why


def test_it_goes_on_while_a_dose_helps_and_the_run_still_overfits(parent: Path) -> None:
    for number, best in ((1, 0.95), (2, 0.9)):
        write_settled(parent.parent / f"exp-try-{number}", parent, best, rise=0.4)
        assert enough(tried_doses(read_parent(parent)), 3) == ""


def test_a_gain_is_measured_against_the_best_run_so_far_and_a_difference_against_the_parent(parent: Path) -> None:
    for number, best in ((1, 0.8), (2, 0.9)):
        write_settled(parent.parent / f"exp-try-{number}", parent, best, rise=0.4)
    found = tried_doses(read_parent(parent))
    assert [one.outcome.difference for one in found] == pytest.approx([-0.2, -0.1], abs=0.005)
    assert [one.gain.word for one in found] == ["confirmed", "refuted"]
    assert best_of(read_parent(parent), found).name == "exp-try-1"


def test_a_dose_that_failed_or_is_a_branch_or_at_work_is_no_best_run(parent: Path) -> None:
    tried(parent, 0.5, 0.5, 0.5)
    write_status(parent.parent / "exp-try-1", Status("failed"))
    write_status(parent.parent / "exp-try-2", Status("stopped"))
    write_settled(parent.parent / "exp-try-3", parent, 0.5, kind="branch")
    found = tried_doses(read_parent(parent))
    assert [(one.folder.name, one.outcome) for one in found] == [("exp-try-1", None)]
    assert best_of(read_parent(parent), found) == parent
    assert enough(found, 3) == ""


def test_any_program_is_improved_dose_by_dose_with_a_table_of_what_each_bought(tmp_path: Path, capsys) -> None:
    run = train_by(tmp_path / "mine")
    arguments = [str(run), "--command", program(tmp_path), *FLAGS]
    cli_improve.main(arguments)
    printed = capsys.readouterr().out
    assert "Trying dose 1: weight decay 0 → 0.5 and dropout 0 → 0.1" in printed
    assert "Stopping: mine-try-1 helped, and its verdict is healthy." in printed
    lines = printed.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("Run "))
    rows = [line.split() for line in lines[place + 1 : place + 4]]
    assert rows[0][:3] == ["mine", "0.998", "overfitting"]
    assert rows[1][:9] == ["mine-try-1", "weight", "decay", "0.5", "0.698", "-30.1", "±", "0.7", "%"]
    assert rows[1][9:] == ["healthy", "confirmed"]
    assert rows[2][:3] == ["dropout", "0.1", "last"]
    assert lines[place + 4] == "The best run is mine-try-1."
    assert "No temperature and no ensemble: they need the weights that Fitwatch's own trainer keeps" in printed
    assert lines[-1] == f"Written to {run / REPORT}."
    assert json.loads((run / REPORT_JSON).read_text())["uses"] is None
    cli_improve.main(arguments)
    assert "Trying" not in capsys.readouterr().out
    assert len(read(tmp_path).entries) == 1


def test_a_later_dose_that_fails_is_told_and_the_next_one_is_tried(tmp_path: Path, capsys) -> None:
    run = train_by(tmp_path / "mine")
    cli_improve.main([str(run), "--command", program(tmp_path, harms_at=0.5, fails_at=1.4), *FLAGS, "--budget", "2"])
    printed = capsys.readouterr().out
    assert "mine-try-2 failed; the ledger records it." in printed
    assert "Trying dose 3: dropout 0 → 0.2 and weight decay 0 → 0.5" in printed
    assert "Stopping" in printed
    assert [entry.outcome for entry in read(tmp_path).entries][:2] == ["refuted", "failed"]


def test_a_first_dose_that_fails_is_an_error_and_tried_again_when_that_is_mended(tmp_path: Path) -> None:
    run = train_by(tmp_path / "mine")
    with pytest.raises(TryError, match=r"(?s)mine-try-1 failed.*no training with 0\.5"):
        cli_improve.main([str(run), "--command", program(tmp_path, fails_at=0.5), *FLAGS])
    cli_improve.main([str(run), "--command", program(tmp_path), *FLAGS])
    assert [entry.outcome for entry in read(tmp_path).entries] == ["failed", "confirmed"]
    assert read(tmp_path).entries[0].change == read(tmp_path).entries[1].change


def test_a_run_with_nothing_to_try_says_why(tmp_path: Path) -> None:
    run = train_by(tmp_path / "mine", decay=0.5)
    with pytest.raises(TryError, match="there is nothing to try: mine has the verdict healthy"):
        cli_improve.main([str(run), "--command", program(tmp_path), *FLAGS])


def test_a_kind_of_change_that_never_helped_here_is_not_tried_again(parent: Path, capsys) -> None:
    """Ten trials of other runs in the folder, all worse: the budget is left, and what is left is said."""
    for number in range(10):
        append_proven(
            parent.parent, LedgerEntry(f"t{number}", "other", CHANGE, "full", "refuted", difference=0.05, error=0.01)
        )
    assert main(["improve", str(parent)]) == 0
    printed = capsys.readouterr().out
    assert "Stopping: in earlier trials here, changes like the next one (weight decay 0 → 0.5 and dropout" in printed
    assert "did not help." in printed
    assert "Not tried: weight decay 0.5, dropout 0.1; " in printed
    assert not (parent.parent / "exp-try-1").exists()


@pytest.fixture(scope="module")
def improved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A real training of a wide network on digits after one trial, and what was printed."""
    config = Config(train_size=200, width=128, batch_size=50, lr=3e-3, epochs=40, threads=1)
    return trained.improved(tmp_path_factory.mktemp("runs"), config)


def test_a_real_training_is_improved_with_paired_errors(improved: tuple[Path, str]) -> None:
    folder, printed = improved
    assert "The error is that of the same 359 validation samples in both runs." in printed
    (entry,) = read(folder.parent).entries
    assert 0 < entry.error < 0.1
    assert "With one temperature each, it is " in printed
    assert "Accuracy there: " in printed


def test_the_report_has_every_way_to_use_the_runs_beside_the_run_as_it_is(improved: tuple[Path, str]) -> None:
    folder, printed = improved
    report = json.loads((folder / REPORT_JSON).read_text())
    plain, single, calibrated, ensemble = (report["uses"][name] for name in NAMES)
    with np.load(folder / "val_losses.npz") as file:
        assert [plain["loss"], plain["held_out"]] == pytest.approx([float(file["losses"].mean())] * 2, rel=1e-4)
    assert calibrated["loss"] <= single["loss"] <= plain["loss"]
    assert ensemble["loss"] <= single["loss"]
    assert set(single["members"]) <= {"base", "base-try-1"}
    assert plain["test_loss"] > 0
    assert plain["parameters"] == plain["time"] == 1
    assert report["validation_samples"] == 359
    text = (folder / REPORT).read_text()
    for name in NAMES.values():
        assert f"| {name} |" in text
        assert name in printed
    for words in ("Use ", "At the last epoch ", "Not tried: ", "Nothing was chosen by the test set"):
        assert words in text
        assert words in printed


def test_a_trial_without_its_best_weights_is_left_out_and_named(improved: tuple[Path, str], tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    shutil.copytree(improved[0].parent, runs)
    (runs / "base-try-1" / "best.pt").unlink()
    combination = combine([runs / "base", runs / "base-try-1"])
    assert combination.runs == ("base",)
    assert "base-try-1 has no best.pt; only weights that were kept can answer" in combination.left_out[0]


def test_a_run_without_its_best_weights_still_gets_a_report(
    improved: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "runs"
    shutil.copytree(improved[0].parent, runs)
    (runs / "base" / "best.pt").unlink()
    assert main(["improve", str(runs / "base"), "--budget", "1"]) == 0
    printed = capsys.readouterr().out
    assert "No temperature and no ensemble: " in printed
    assert "has no best.pt" in printed
    assert "By the logged losses with one temperature each, base" in printed
    assert "has no best.pt" in (runs / "base" / REPORT).read_text()


def test_data_that_changed_between_a_run_and_its_trial_are_refused(
    improved: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The split is decided by the seed: another one stands for a data set that is not what it was."""
    runs = tmp_path / "runs"
    shutil.copytree(improved[0].parent, runs)
    config = Config.from_json((runs / "base" / "config.json").read_bytes())
    (runs / "base" / "config.json").write_text(replace(config, seed=7, epochs=2).to_json())
    before = (runs / LEDGER).read_bytes()
    assert main(["try", str(runs / "base")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "base and base-try-2 were validated on different samples, so that they cannot be compared" in error
    assert (runs / LEDGER).read_bytes().startswith(before)
    assert [entry.outcome for entry in read(runs).entries][1:] == ["failed"]


def test_a_place_that_cannot_be_written_is_a_sentence(parent: Path) -> None:
    (parent / REPORT).mkdir()
    (parent / REPORT / "in the way").touch()
    report = cli_improve.report_of(read_parent(parent), "enough", None)
    with pytest.raises(TryError, match=r"cannot write .*improve\.md: .*make room"):
        write(report)


@pytest.mark.parametrize("budget", ["0", "-1", "many", "1.5"])
def test_a_budget_is_a_whole_number(parent: Path, budget: str, capsys) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["improve", str(parent), "--budget", budget])
    assert exit_.value.code == 2
    assert "give a whole number above 0" in capsys.readouterr().err
