"""Ledger: any number of writers, any damage, and what the trials in it say together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.views.run import trial_words
from diagnostics import open_logs
from diagnostics.trials.ledger import ENOUGH, LEDGER, Ledger, LedgerError, read
from diagnostics.trials.ledger_entry import LedgerEntry, this_machine
from diagnostics.trials.trial_file import TRIAL, Effect, Trial
from diagnostics.trials.val_losses import VAL_LOSSES
from tests.trial_runs import append_proven, write_parent, write_settled
from tests.writers import write_run
from trainer.trials.settle import settle
from trainer.trials.writing import append, write_trial

ROOT = Path(__file__).parent.parent
PRIOR = Effect(-0.18, -0.37, -0.04)
CHANGE = {"weight_decay": (0.0, 2.1), "dropout": (0.0, 0.2)}
HELPED = LedgerEntry(
    "exp1-try-1", "exp1", CHANGE, "full", "confirmed", PRIOR, -0.12, 0.03, "overfitting", "healthy", time=1.7e9
)


def settled(number: int, difference: float, **known: object) -> LedgerEntry:
    outcome = "confirmed" if difference < 0 else "refuted"
    return replace(HELPED, trial=f"t{number}", difference=difference, **{"outcome": outcome, **known})


def ledger(*differences: float, **known: object) -> Ledger:
    return Ledger(tuple(settled(number, difference, **known) for number, difference in enumerate(differences)))


def test_the_best_confirmed_trial_of_a_run_is_the_one_that_improved_it_the_most() -> None:
    kept = ledger(-0.1, -0.3, 0.2)
    assert kept.best_confirmed("exp1") == kept.entries[1]
    assert kept.best_confirmed("another") is None
    assert ledger(-0.1, kind="branch").best_confirmed("exp1") is None
    assert ledger(-0.1, outcome="not distinguishable").best_confirmed("exp1") is None


def test_an_entry_is_read_as_it_was_appended(tmp_path: Path) -> None:
    failed = LedgerEntry("exp1-try-2", "exp1", {"l1": (None, 1e-4)}, "branch", "failed", before="overfitting")
    for entry in (HELPED, failed):
        append_proven(tmp_path, entry)
    assert read(tmp_path) == Ledger((HELPED, failed))
    assert read(tmp_path).of("exp1-try-2") == failed


def test_a_difference_from_next_to_nothing_is_no_number_of_json(tmp_path: Path) -> None:
    append_proven(tmp_path, replace(HELPED, difference=float("inf"), error=float("nan")))
    assert read(tmp_path).entries == (replace(HELPED, difference=None, error=None),)


def test_a_folder_without_a_ledger_has_no_entries(tmp_path: Path) -> None:
    assert read(tmp_path) == Ledger()
    assert read("s3://bucket/logs") == Ledger()


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    program = (
        "import sys; from dataclasses import replace; from tests.test_ledger import HELPED, append\n"
        "for number in range(100): append(sys.argv[1], replace(HELPED, trial=f'{sys.argv[2]}-{number}'))"
    )
    arguments = [sys.executable, "-c", program, str(tmp_path)]
    writers = [subprocess.Popen([*arguments, str(writer)], cwd=ROOT) for writer in range(4)]
    assert [writer.wait(120) for writer in writers] == [0] * 4
    found = read(tmp_path)
    assert found.skipped == 0
    assert {entry.trial for entry in found.unproven} == {f"{w}-{n}" for w in range(4) for n in range(100)}


def test_a_torn_line_is_skipped_and_does_not_spoil_the_next(tmp_path: Path) -> None:
    append_proven(tmp_path, HELPED)
    with (tmp_path / LEDGER).open("a") as file:
        file.write('{"trial": "torn", "par')
    append_proven(tmp_path, settled(2, 0.1))
    assert [entry.trial for entry in read(tmp_path).entries] == ["exp1-try-1", "t2"]
    assert read(tmp_path).skipped == 1


@pytest.mark.parametrize(
    "line",
    [
        '{"step": 1, "loss": 0.5}',
        "[1, 2]",
        "null",
        "\x00\xff",
        '{"trial": 3}',
        json.dumps({**HELPED.as_json(), "outcome": "great"}),
        json.dumps({**HELPED.as_json(), "kind": "half"}),
        json.dumps({**HELPED.as_json(), "trial": 3}),
        json.dumps({**HELPED.as_json(), "difference": float("nan")}),
        json.dumps({**HELPED.as_json(), "change": {"dropout": 0.2}}),
        json.dumps({**HELPED.as_json(), "change": {"dropout": [0.0, -0.2]}}),
        json.dumps({**HELPED.as_json(), "difference": 1e9}),
        json.dumps({**HELPED.as_json(), "error": -0.01}),
        json.dumps({**HELPED.as_json(), "outcome": "failed"}),
        json.dumps({**HELPED.as_json(), "expected": {"median": -0.1, "low": 0.1, "high": 0.2}}),
        json.dumps({**HELPED.as_json(), "expected": {"median": -3, "low": -4, "high": 0.2}}),
        json.dumps({**HELPED.as_json(), "time": 1e18}),
        json.dumps({**HELPED.as_json(), "time": -1}),
        json.dumps({**HELPED.as_json(), "before": ["overfitting"]}),
        json.dumps({**HELPED.as_json(), "machine": {"name": 1}}),
        json.dumps({**HELPED.as_json(), "difference": 10**400}),
        json.dumps({**HELPED.as_json()}).replace("0.03", "1e400"),
        "[" * 100_000,
    ],
)
def test_a_foreign_line_is_skipped_and_counted(tmp_path: Path, line: str) -> None:
    (tmp_path / LEDGER).write_text(line + "\n\n", encoding="latin-1")
    append_proven(tmp_path, HELPED)
    assert read(tmp_path) == Ledger((HELPED,), skipped=1)


def test_the_first_entry_of_a_trial_wins(tmp_path: Path) -> None:
    append_proven(tmp_path, HELPED)
    append_proven(tmp_path, replace(HELPED, outcome="refuted", difference=0.5))
    assert read(tmp_path).entries == (HELPED,)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"cannot write .*ledger\.jsonl: No such file or directory; put that right"):
        append(tmp_path / "gone", HELPED)
    (tmp_path / LEDGER).mkdir()
    with pytest.raises(LedgerError, match="cannot read"):
        read(tmp_path)


def test_a_record_counts_hits_and_how_often_the_predicted_range_held() -> None:
    found = ledger(-0.12, -0.5, -0.2, 0.1).track_record({"dropout", "weight_decay"})
    assert found is not None
    assert (found.trials, found.helped, found.covered, found.intervals) == (4, 3, 2, 4)
    assert found.median == pytest.approx(-0.16)
    assert found.sentence == "Helped in 3 of 4 trials here, median 16% better; the predicted range held in 2 of 4."


@pytest.mark.parametrize(
    "entry",
    [
        settled(1, -0.5, change={"weight_decay": (0.0, 2.1)}),
        settled(1, -0.5, change={**CHANGE, "augmentation": (0.0, 1.0)}),
        settled(1, -0.5, change={"weight_decay": (4.0, 1.0), "dropout": (0.4, 0.2)}),
        settled(1, -0.5, kind="branch"),
        replace(HELPED, difference=None, error=None, outcome="failed"),
    ],
    ids=["one lever", "another lever", "weaker", "branch", "failed"],
)
def test_a_trial_of_something_else_does_not_count(entry: LedgerEntry) -> None:
    assert Ledger((entry,)).track_record(CHANGE) is None
    assert Ledger((entry,)).expect(PRIOR, CHANGE) == pytest.approx(PRIOR)


def test_weakening_has_a_record_of_its_own() -> None:
    weakened = ledger(-0.1, change={"dropout": (0.4, 0.2)})
    assert weakened.track_record({"dropout"}) is None
    assert weakened.track_record({"dropout"}, weaker=True).helped == 1


def test_without_trials_the_prediction_stands() -> None:
    assert Ledger().expect(PRIOR, CHANGE) == pytest.approx(PRIOR)
    assert Ledger().expect(None, CHANGE) is None


def test_trials_shift_a_prediction_and_ten_replace_it() -> None:
    measured = np.linspace(-0.05, 0.04, ENOUGH)
    medians = [ledger(*measured[:count]).expect(PRIOR, CHANGE).median for count in range(ENOUGH)]
    assert medians[0] == pytest.approx(PRIOR.median)
    assert medians[0] < medians[3] < medians[-1] < 0
    alone = ledger(*measured).expect(PRIOR, CHANGE)
    assert alone == ledger(*measured).expect(None, CHANGE)
    assert alone == pytest.approx((measured.mean(), measured[0] + 0.005, measured[-1] - 0.005))


def test_fewer_than_ten_trials_predict_nothing_by_themselves() -> None:
    assert ledger(*[-0.1] * (ENOUGH - 1)).expect(None, CHANGE) is None


def test_neither_ledger_nor_trials_nor_studies_are_read_as_the_history_of_a_run(tmp_path: Path) -> None:
    """All three hold numbers by names such as epoch; a folder of trials alone has no runs, and of runs, only those."""
    for line in ({"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.4}):
        with (tmp_path / LEDGER).open("a") as file:
            file.write(json.dumps(line) + "\n")
    append(tmp_path, HELPED)
    study = {"schema": 1, "study": "tune-1", "trials": [{"number": 0, "epochs": 3, "value": 0.5}]}
    (tmp_path / "tune-1").mkdir()
    (tmp_path / "tune-1" / "study.json").write_text(json.dumps(study))
    assert dict(open_logs(tmp_path).runs) == {}
    write_run(tmp_path / "exp1", {"loss/train": [0.9, 0.5, 0.2], "loss/val": [1.0, 0.6, 0.5]})
    write_run(tmp_path / "exp1-try-1", {"loss/train": [0.9, 0.5, 0.3], "loss/val": [1.0, 0.6, 0.4]})
    write_trial(tmp_path / "exp1-try-1", Trial("../exp1", "full", CHANGE))
    assert set(open_logs(tmp_path).runs) == {"exp1", "exp1-try-1"}
    assert (tmp_path / "exp1-try-1" / TRIAL).is_file()


@pytest.mark.parametrize(
    ("outcome", "difference", "less"),
    [
        ("confirmed", -0.02, True),
        ("confirmed", -0.2, False),
        ("not distinguishable", -0.02, False),
        ("failed", None, False),
    ],
)
def test_what_helped_less_than_was_predicted_is_told_from_what_helped(outcome, difference, less: bool) -> None:
    entry = LedgerEntry("t", "exp", {}, "full", outcome, PRIOR, difference, 0.007)
    assert entry.helped_less is less
    assert (trial_words.outcome(entry) is trial_words.HELPED_LESS) is less


def test_invented_lines_count_for_nothing(tmp_path: Path) -> None:
    """Twelve lines that say -93 %, of trials that nobody made."""
    for number in range(12):
        append(tmp_path, settled(number, -0.93))
    found = read(tmp_path)
    assert found.track_record(CHANGE) is None
    assert found.expect(PRIOR, CHANGE) == pytest.approx(PRIOR)
    assert len(found.unproven) == 12


@pytest.mark.parametrize(
    "claim",
    [
        {"change": {"weight_decay": (0.0, 4.2), "dropout": (0.0, 0.2)}},
        {"kind": "branch"},
        {"parent": "another"},
        {"expected": None},
        {"trial": "../elsewhere"},
        {"trial": "gone"},
        {"trial": "."},
    ],
    ids=str,
)
def test_a_line_that_its_trial_contradicts_counts_for_nothing(tmp_path: Path, claim: dict[str, object]) -> None:
    append_proven(tmp_path, HELPED)
    (tmp_path / "ledger.jsonl").unlink()
    append(tmp_path, replace(HELPED, **claim))
    assert read(tmp_path).entries == ()


def test_a_difference_is_held_to_the_losses_that_both_folders_keep(tmp_path: Path) -> None:
    append_proven(tmp_path, HELPED)
    (tmp_path / "exp1").mkdir()
    for folder, mean in (("exp1", 1.0), ("exp1-try-1", 0.88)):
        np.savez(tmp_path / folder / VAL_LOSSES, losses=np.full(50, mean), digest="same")
    assert read(tmp_path).entries == (HELPED,)
    np.savez(tmp_path / "exp1-try-1" / VAL_LOSSES, losses=np.full(50, 0.98), digest="same")
    assert read(tmp_path).unproven == (HELPED,)


def test_a_line_that_cannot_be_proven_gives_way_to_what_the_trial_shows(tmp_path: Path) -> None:
    """Somebody else's line comes first; settling adds the true one, once, and that is believed."""
    parent = write_parent(tmp_path / "exp")
    write_settled(tmp_path / "exp-try-1", parent, 0.9)
    append(tmp_path, LedgerEntry("exp-try-1", "exp", {"dropout": (0.0, 0.9)}, "full", "confirmed", PRIOR, -0.93, 0.01))
    for _ in range(2):
        settle(tmp_path)
    (entry,) = read(tmp_path).entries
    assert entry.difference == pytest.approx(-0.1, abs=0.005)
    assert len((tmp_path / LEDGER).read_text().splitlines()) == 2


def test_what_was_settled_on_another_machine_or_by_another_user_is_labeled(tmp_path: Path) -> None:
    for number, machine in enumerate((this_machine(), "other", "")):
        append_proven(tmp_path, settled(number, -0.1, machine=machine))
    record = read(tmp_path).track_record(CHANGE)
    assert record.elsewhere == 2
    assert record.sentence.startswith("Helped in 3 of 3 trials here (2 on another machine or by another user), median")
    lines = (tmp_path / LEDGER).read_text().splitlines()
    unlabeled = [json.dumps({k: v for k, v in json.loads(line).items() if k != "machine"}) for line in lines]
    (tmp_path / LEDGER).write_text("\n".join(unlabeled) + "\n")
    assert read(tmp_path).track_record(CHANGE).elsewhere == 3


def test_a_ledger_that_is_a_link_or_no_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    append_proven(tmp_path, HELPED)
    (tmp_path / "logs" / LEDGER).symlink_to(tmp_path / LEDGER)
    with pytest.raises(LedgerError, match=r"cannot read .*ledger\.jsonl: it is no regular file; put the ledger itself"):
        read(tmp_path / "logs")
    (tmp_path / "logs" / LEDGER).unlink()
    os.mkfifo(tmp_path / "logs" / LEDGER)
    with pytest.raises(LedgerError, match="no regular file"):
        read(tmp_path / "logs")
