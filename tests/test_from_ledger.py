"""Advice after trials in the same folder: their record is told, and takes the place of the prediction."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from diagnostics import Ledger, Recommendation, Verdict, recommend
from diagnostics.__main__ import main
from diagnostics.recommend.expected import best_checkpoint_effect
from diagnostics.trials.ledger import ENOUGH
from diagnostics.trials.ledger_entry import LedgerEntry
from diagnostics.trials.trial_file import Effect
from tests.overfitting import diagnosis, series, setup, turning
from tests.trial_runs import append_proven
from tests.writers import write_run

DOSE = {"weight_decay": (0.0, 0.5), "dropout": (0.0, 0.2)}
LESS = {"weight_decay": (4.0, 1.0), "dropout": (0.4, 0.2)}
LONGER = {"epochs": (40.0, 80.0)}
FEW = [-0.10, -0.14, 0.02]
PRIOR = Effect(-0.18, -0.37, -0.04)  # of the trials in the ledger
KNOWN_GAP = {"train_end": 0.1}  # without it nothing is predicted


def entries(change: dict[str, tuple[float, float]], *differences: float) -> list[LedgerEntry]:
    return [
        LedgerEntry(f"t{n}", "exp", change, "full", "confirmed" if d < 0 else "refuted", PRIOR, d, 0.01)
        for n, d in enumerate(differences)
    ]


def ledger(change: dict[str, tuple[float, float]], *differences: float) -> Ledger:
    return Ledger(tuple(entries(change, *differences)))


def of(lever: str, advice: tuple[Recommendation, ...]) -> Recommendation:
    return next(one for one in advice if one.lever == lever)


def test_a_few_trials_stand_beside_the_prediction_on_every_lever_of_the_dose() -> None:
    advice = recommend(diagnosis(), setup(**KNOWN_GAP), ledger(DOSE, *FEW))
    prior = best_checkpoint_effect(0.9)
    for lever in DOSE:
        found = of(lever, advice)
        assert found.why.endswith(
            "Helped in 2 of 3 trials here, median 10% better; the predicted range held in 2 of 3."
        ), found.why
        assert found.source == "measured; measured here in 3"
        assert [found.evidence[f"ledger_{name}"] for name in ("trials", "helped", "covered", "intervals")] == [
            3,
            2,
            2,
            3,
        ]
        assert np.median(FEW) < found.expected.median < prior.median


def test_ten_trials_take_the_place_of_the_prediction() -> None:
    differences = np.linspace(-0.1, -0.01, ENOUGH)
    found = of("weight_decay", recommend(diagnosis(), setup(), ledger(DOSE, *differences)))
    assert found.source == "measured here"
    assert found.expected == pytest.approx((-0.055, -0.095, -0.015))


def test_a_run_that_regularizes_already_gets_a_prediction_from_its_own_trials_alone() -> None:
    known = setup(strengths={"weight_decay": 0.1, "dropout": 0.1})
    change = {"weight_decay": (0.1, 0.5), "dropout": (0.1, 0.2)}
    assert of("weight_decay", recommend(diagnosis(), known, ledger(change, *FEW))).expected is None
    assert of("weight_decay", recommend(diagnosis(), known, ledger(change, *[-0.1] * ENOUGH))).expected is not None


def test_the_record_of_one_kind_of_advice_says_nothing_of_another() -> None:
    advice = recommend(diagnosis(), setup(), ledger({"weight_decay": (0.0, 0.5)}, *FEW))
    assert advice == recommend(diagnosis(), setup())
    assert recommend(diagnosis(), setup(), ledger(LESS, *FEW)) == advice


def test_weakening_and_training_longer_have_records_too() -> None:
    held_back = setup(train_end=0.98, train_is_clean=True, strengths={"weight_decay": 4.0, "dropout": 0.4})
    healthy = diagnosis(Verdict.HEALTHY)
    advice = recommend(healthy, setup(turning(30, rise=0.0), **_known(held_back)), ledger(LESS, *FEW))
    assert {one.lever: one.evidence.get("ledger_trials") for one in advice} == {"weight_decay": 3, "dropout": 3}
    longer = recommend(diagnosis(Verdict.IMPROVING), setup(), ledger(LONGER, *FEW))
    assert of("train_longer", longer).evidence["ledger_helped"] == 2


def _known(of_run):
    return {"train_end": of_run.train_end, "train_is_clean": True, "strengths": of_run.strengths}


def test_the_command_line_reads_the_ledger_beside_each_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two tasks in two folders keep two ledgers."""
    for task in ("a", "b"):
        write_run(tmp_path / task / "exp", series())
    for entry in entries({"weight_decay": (0.0, 0.5), "dropout": (0.0, 0.2)}, *FEW):
        append_proven(tmp_path / "a", entry)
    flags = ["--architecture", "mlp", "--steps-per-epoch", "50"]
    assert main([str(tmp_path), "--json", *flags]) == 0
    runs = {run["run"]: run["recommendations"][0] for run in json.loads(capsys.readouterr().out)["runs"]}
    assert runs["a/exp"]["source"] == "measured; measured here in 3"
    assert runs["b/exp"]["source"] == "measured"
    assert main([str(tmp_path / "a" / "exp"), *flags]) == 0
    assert "Use weight decay 0 → 0.5 and dropout 0 → 0.2: confirmed by t" in capsys.readouterr().out
    assert main([str(tmp_path), "--report", str(tmp_path / "page.html"), *flags]) == 0
    assert "Helped in 2 of 3 trials here" in (tmp_path / "page.html").read_text()


def test_a_ledger_that_cannot_be_read_hides_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path / "exp", {"loss/train": [1.0, 0.5], "loss/val": [1.0, 0.6]})
    (tmp_path / "ledger.jsonl").mkdir()
    assert main([str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert "cannot read" in printed.err
    assert "exp" in printed.out
