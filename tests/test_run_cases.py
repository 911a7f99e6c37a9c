"""Logs as people have them, the smallest of each kind: from the files to the verdict and its reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from diagnostics import RunDiagnosis, diagnose_run, open_logs
from diagnostics.logs.pace import has_ended
from tests.writers import LogWriter, write_run

EPOCHS = np.arange(60)
FALLING = 0.3 + 0.7 * 0.85**EPOCHS
TURNING = np.where(EPOCHS <= 20, 1.0 - 0.03 * EPOCHS, 0.4 + 0.01 * (EPOCHS - 20))
DAY = 86400.0


def diagnosis_in(folder: Path) -> RunDiagnosis:
    (run,) = open_logs(folder).runs.values()
    return diagnose_run(run, finished=has_ended(run, folder))


@pytest.mark.parametrize(
    ("metric", "values"),
    [
        ("val_acc", np.minimum(0.5 + 0.02 * EPOCHS, 0.83) - 0.003 * np.maximum(EPOCHS - 17, 0)),
        ("val_mAP50", np.minimum(0.3 + 0.03 * EPOCHS, 0.7) - 0.004 * np.maximum(EPOCHS - 14, 0)),
        ("val_bleu", 30 * (1 - 0.8**EPOCHS) - 0.2 * np.maximum(EPOCHS - 20, 0)),
        ("val_wer", np.maximum(0.9 - 0.03 * EPOCHS, 0.2) + 0.003 * np.maximum(EPOCHS - 24, 0)),
    ],
)
def test_a_metric_that_gets_worse_beside_a_training_loss_is_overfitting(
    tmp_path: Path, metric: str, values: np.ndarray
) -> None:
    lines = [f"{epoch},{train},{value}" for epoch, train, value in zip(EPOCHS, FALLING, values, strict=True)]
    (tmp_path / "history.csv").write_text("\n".join([f"epoch,train_loss,{metric}", *lines]) + "\n")
    diagnosis = diagnosis_in(tmp_path)
    assert diagnosis.verdict == "overfitting"
    assert "metric_only" in diagnosis.notes
    assert "weaker evidence" in diagnosis.reason


def test_a_small_component_that_overfits_under_a_large_one_is_named(tmp_path: Path) -> None:
    large, small = 100 * FALLING, 0.1 * TURNING
    curves = {"train/box_loss": large, "val/box_loss": large, "train/cls_loss": 0.1 * FALLING, "val/cls_loss": small}
    write_run(tmp_path, {tag: values.tolist() for tag, values in curves.items()})
    diagnosis = diagnosis_in(tmp_path)
    assert diagnosis.verdict != "overfitting"
    assert diagnosis.others["box loss"].verdict != "overfitting"
    assert diagnosis.others["cls loss"].verdict == "overfitting"
    assert "cls loss is overfitting since step 21" in diagnosis.reason


def test_each_of_several_validation_sets_gets_its_verdict(tmp_path: Path) -> None:
    sets = {"val_loss/dataloader_idx_0": FALLING, "val_loss/dataloader_idx_1": TURNING}
    write_run(tmp_path, {tag: values.tolist() for tag, values in {"train_loss": FALLING, **sets}.items()})
    diagnosis = diagnosis_in(tmp_path)
    assert {name: str(other.verdict) for name, other in diagnosis.others.items()} == {
        "loss of data set 1": "overfitting"
    }
    assert "other_loss_overfits" in diagnosis.notes


def write_session(folder: Path, epochs: Sequence[int], *, start: float) -> None:
    """One event file whose steps start at 0, with the values of these epochs."""
    with LogWriter(folder, start=start) as writer:
        for step, epoch in enumerate(epochs):
            writer.scalar("loss/train", float(FALLING[epoch]), step)
            writer.scalar("loss/val", float(TURNING[epoch]), step)


def test_a_resumed_run_whose_steps_start_again_is_judged_as_a_whole(tmp_path: Path) -> None:
    write_session(tmp_path, range(35), start=1.7e9)
    write_session(tmp_path, range(35, 60), start=1.7e9 + DAY)
    (run,) = open_logs(tmp_path).runs.values()
    assert (run.sessions, run.points, run.resumed_at) == (1, 60, (35,))
    diagnosis = diagnosis_in(tmp_path)
    assert (str(diagnosis.verdict), diagnosis.onset_step) == ("overfitting", 20)


def test_a_run_that_was_started_anew_is_judged_alone(tmp_path: Path) -> None:
    write_session(tmp_path, range(35), start=1.7e9)
    write_session(tmp_path, range(30), start=1.7e9 + DAY)
    (run,) = open_logs(tmp_path).runs.values()
    assert (run.sessions, run.points) == (2, 30)


def test_a_total_loss_whose_kl_weight_is_annealed_is_not_what_is_judged(tmp_path: Path) -> None:
    weight, recon, kl = np.minimum(1.0, EPOCHS / 40), 100 + 100 * 0.93**EPOCHS, 30 + 10 * 0.97**EPOCHS
    curves = {"train/kl_weight": weight}
    for side, factor in (("train", 0.98), ("val", 1.0)):
        parts = {"recon_loss": factor * recon, "kl_loss": kl, "loss": factor * recon + 3 * weight * kl}
        curves |= {f"{side}/{name}": values for name, values in parts.items()}
    write_run(tmp_path, {tag: values.tolist() for tag, values in curves.items()})
    (run,) = open_logs(tmp_path).runs.values()
    assert run.primary is not None
    assert run.primary.name == "recon loss"
    assert "train/kl_weight changes the weight of a part of the loss" in run.why
    assert diagnosis_in(tmp_path).verdict == "improving"


def test_perplexity_is_judged_as_its_logarithm(tmp_path: Path) -> None:
    train, val = np.exp(4 * FALLING), 59 + 0.45 * np.maximum(EPOCHS - 20, 0) + 300 * 0.7**EPOCHS
    write_run(tmp_path, {"train/perplexity": train.tolist(), "val/perplexity": val.tolist()})
    assert diagnosis_in(tmp_path).verdict == "overfitting"


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        (["charts/episodic_return", "losses/policy_loss"], "Rewards were logged"),
        (["g_loss", "d_loss"], "Adversarial losses were logged"),
        (["optim/lr"], "No series is a loss"),
        (["loss/train"], "No validation curve"),
    ],
)
def test_a_log_without_anything_to_judge_says_what_kind_it_is(tmp_path: Path, tags: list[str], words: str) -> None:
    write_run(tmp_path, {tag: FALLING.tolist() for tag in tags})
    diagnosis = diagnosis_in(tmp_path)
    assert diagnosis.verdict == "no_validation"
    assert diagnosis.reason.startswith(words)


@pytest.mark.parametrize("points", [1, 2, 5])
def test_a_log_that_ended_long_ago_is_never_too_early(tmp_path: Path, points: int) -> None:
    write_run(tmp_path, {"loss/train": FALLING[:points].tolist(), "loss/val": TURNING[:points].tolist()})
    assert diagnosis_in(tmp_path).verdict != "too_early"
