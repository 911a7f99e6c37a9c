"""Sentences: what a diagnosis says agrees with its own numbers, with its notes and with what stands beside it."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diagnostics import Curve, diagnose
from diagnostics.__main__ import main
from tests.writers import write_run

EPOCHS = np.arange(100)
FALLING = np.exp(-EPOCHS / 20)
TURNING = 0.4 + 1.6 * np.exp(-EPOCHS / 12) + np.maximum(0, EPOCHS - 40) * 0.006


def test_loss_and_accuracy_that_disagree_name_the_best_step_of_the_verdict() -> None:
    diagnosis = diagnose(FALLING, TURNING, accuracy=0.9 - 0.4 * np.exp(-EPOCHS / 20))
    assert "disagree" in diagnosis.notes
    assert diagnosis.reason.startswith(
        f"Loss and accuracy disagree: the loss was best at step {diagnosis.onset_step}, accuracy at step 99."
    )


@pytest.mark.parametrize("classes", [-1, 0, 1])
def test_fewer_than_two_classes_are_taken_as_unknown(classes: int) -> None:
    diagnosis = diagnose(FALLING, TURNING, label_noise=0.2, classes=classes)
    assert diagnosis == diagnose(FALLING, TURNING, label_noise=0.2)


def test_a_perplexity_is_said_to_be_judged_by_its_logarithm() -> None:
    val = np.where(EPOCHS < 20, 59 + 200 * np.exp(-EPOCHS / 3), 59 + 0.3 * (EPOCHS - 20))
    diagnosis = diagnose(20 + 200 * FALLING, val, perplexity=True)
    assert diagnosis.reason.startswith("The logarithm of validation's perplexity is ")
    assert diagnose(20 + FALLING, 59 + FALLING, perplexity=True).reason.endswith("step 99.")
    flat = diagnose(20 + FALLING, np.full(100, 59.0), perplexity=True)
    assert "its best, ln 59 at step" in flat.reason
    still = diagnose(20 + 0 * FALLING, 59 + 0.01 * FALLING, perplexity=True)
    assert "training began at 20, validation at 59.01" in still.reason


def test_a_training_loss_beside_a_metric_is_said_as_it_was_logged() -> None:
    rising, accuracy = 2.3 + 0.01 * EPOCHS, np.full(100, 0.1)
    diagnosis = diagnose(rising, accuracy, metric="accuracy", higher_is_better=True)
    assert diagnosis.verdict == "not_learning"
    assert "training began at 2.3, validation at 0.1." in diagnosis.reason


def test_no_chance_is_said_to_be_certain_and_no_share_runs_away() -> None:
    diagnosis = diagnose(FALLING, np.where(EPOCHS < 30, 1 - 0.03 * EPOCHS, 0.1 + 0.1 * (EPOCHS - 30)))
    assert diagnosis.probability is not None
    assert diagnosis.probability > 0.995
    assert "over 99% did worse" in diagnosis.reason
    assert "over 1,000% worse" in diagnosis.reason


@pytest.mark.parametrize("known_noise", [1e308, math.inf])
def test_noise_without_bounds_is_no_number_in_a_sentence(known_noise: float) -> None:
    val = 0.5 + 0.01 * np.sin(EPOCHS * 2.0)
    assert not re.search(r"\binf|\bnan|\d{5,}%", diagnose(FALLING, val, known_noise=known_noise).reason)


def test_one_validation_value_alone_is_no_improvement() -> None:
    diagnosis = diagnose(None, [1.0], finished=True)
    assert diagnosis.verdict == "no_validation"
    assert "1 point;" in diagnose([1.0]).reason


@pytest.mark.parametrize("points", [6, 7, 8, 9])
@pytest.mark.parametrize("speed", [0.8, 1.2, 2.0])
def test_a_steep_smooth_fall_does_not_swing(points: int, speed: float) -> None:
    val = 0.11 + np.exp(-np.arange(points) / speed)
    val[-1] = val[-2] * 1.02
    assert diagnose(0.9 * val, val).verdict != "unstable"


@pytest.mark.parametrize("points", [4, 5, 6, 8, 10])
def test_a_validation_that_turns_once_does_not_swing(points: int) -> None:
    val = 0.7 + 0.5 * np.abs(np.arange(points) - points * 0.6)
    assert "swings" not in diagnose(1 / np.arange(1.0, points + 1), val).reason


def test_a_validation_that_goes_up_and_down_swings() -> None:
    diagnosis = diagnose(1 / (EPOCHS[:40] + 1), 1.5 + (-1.0) ** EPOCHS[:40])
    assert diagnosis.verdict == "unstable"
    assert "swings by" in diagnosis.reason


@pytest.mark.parametrize(
    ("tag", "word"),
    [
        ("val/mAP", "mAP"),
        ("val/mAP50(B)", "mAP50 (B)"),
        ("val/WER", "WER"),
        ("val/bleu", "BLEU"),
        ("val/accuracy", "accuracy"),
    ],
)
def test_a_metric_is_spelled_as_people_write_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], tag: str, word: str
) -> None:
    turning = np.where(EPOCHS < 20, 0.3 + 0.02 * EPOCHS, 0.7 - 0.004 * (EPOCHS - 20))
    values = 1 - turning if word == "WER" else turning
    write_run(tmp_path, {"train/loss": FALLING.tolist(), tag: values.tolist()})
    assert _record(tmp_path, capsys)["reason"].startswith(f"Validation's {word} is ")


def test_adversarial_losses_with_a_distance_are_not_told_to_log_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(tmp_path, {"g_loss": FALLING.tolist(), "d_loss": FALLING.tolist(), "val/fid": TURNING.tolist()})
    assert _record(tmp_path, capsys)["reason"].endswith("choose a checkpoint by val/fid.")


@pytest.mark.parametrize(
    "val", [[2.711] * 40, (1.5 + (-1.0) ** np.arange(40)).tolist(), (2.5 * 10 ** (np.arange(40) / 2)).tolist()]
)
def test_no_forecast_stands_beside_a_training_that_does_not_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], val: list[float]
) -> None:
    write_run(tmp_path, {"loss/train": val if val[0] > 2 else FALLING[:40].tolist(), "loss/val": val})
    record = _record(tmp_path, capsys)
    assert record["verdict"] in {"not_learning", "unstable", "diverged"}
    assert record["outlook"] is None


def test_a_loss_that_overfits_beside_one_that_improves_is_not_left_without_advice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tags = {"train/loss": FALLING, "val_loss/dataloader_idx_0": 0.2 + FALLING, "val_loss/dataloader_idx_1": TURNING}
    write_run(tmp_path, {tag: values.tolist() for tag, values in tags.items()})
    record = _record(tmp_path, capsys)
    assert "other_loss_overfits" in record["notes"]
    advice = " ".join(recommendation["why"] for recommendation in record["recommendations"])
    assert "One of its losses overfits" in advice
    assert "no regularization" not in advice


def test_the_total_of_an_annealed_loss_gets_no_verdict_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weight, parts = np.linspace(0, 1, 100), 50 + 100 * FALLING
    tags = {"loss": parts + 60 * weight, "recon_loss": parts}
    curves = {
        f"{side}/{tag}": (values + 2 * (side == "val")).tolist()
        for side in ("train", "val")
        for tag, values in tags.items()
    }
    write_run(tmp_path, curves | {"train/kl_weight": weight.tolist()})
    record = _record(tmp_path, capsys)
    assert record["verdict"] == "improving"
    assert record["other_verdicts"] == []


def test_one_evaluation_is_not_flat() -> None:
    assert "flat" not in diagnose([1.0], [1.1], finished=True).notes


def test_a_curve_of_plain_lists_is_refused_with_the_way_out() -> None:
    with pytest.raises(ValueError, match=r"give plain values to Curve\.of"):
        Curve([0, 1], [1.0, 0.5])  # type: ignore[arg-type]


def test_a_training_that_breaks_after_overfitting_is_said_to_have_broken() -> None:
    train, val = FALLING.copy(), TURNING.copy()
    train[80:] = val[80:] = np.nan
    diagnosis = diagnose(train, val)
    assert diagnosis.verdict == "overfitting"
    assert diagnosis.reason.endswith("The training loss is not finite from step 80 on.")


def test_repeated_steps_are_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="keep one value a step"):
        diagnose(Curve(np.array([0, 0]), np.array([1.0, 0.5])), [1.0, 2.0])


def _record(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main([str(folder), "--json"]) == 0
    record: dict[str, Any] = json.loads(capsys.readouterr().out)["runs"][0]
    return record


@pytest.mark.parametrize(("lucky", "words"), [(60, "its best median at step"), (None, "its best at step")])
def test_one_lucky_value_is_not_called_the_best_that_the_rise_is_measured_from(lucky: int | None, words: str) -> None:
    rng = np.random.default_rng(0)
    val = 0.5 + np.maximum(0, EPOCHS - 40) * 0.005 + 1.5 * np.exp(-EPOCHS / 8) + rng.normal(0, 0.002, 100)
    if lucky is not None:
        val[lucky] = val.min() - 0.02
    diagnosis = diagnose(FALLING, val)
    assert diagnosis.verdict == "overfitting"
    assert words in diagnosis.reason
    assert (diagnosis.best.step == diagnosis.onset_step) is (lucky is None)


def test_loss_and_accuracy_that_disagree_are_named_by_their_best_values_as_logged() -> None:
    accuracy = 0.9 - 0.4 * np.exp(-EPOCHS / 20)
    accuracy[60] = 0.95  # one lucky epoch, which no median shows
    diagnosis = diagnose(FALLING, TURNING, accuracy=accuracy)
    assert diagnosis.best is not None
    best = f"the loss was best at step {diagnosis.best.step}, accuracy at step {np.argmax(accuracy)}."
    assert diagnosis.reason.startswith(f"Loss and accuracy disagree: {best}")


def test_curves_that_only_swing_are_said_to_stay_within_their_noise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    swinging = (9.5 + 3 * np.random.default_rng(0).standard_normal(40)).tolist()
    write_run(tmp_path, {"loss/train": swinging, "loss/val": [2 + 0.1 * step for step in range(40)]})
    record = _record(tmp_path, capsys)
    assert record["verdict"] == "not_learning"
    assert min(swinging) < swinging[0]
    assert record["reason"].startswith(
        f"Neither curve has got better than where it began by more than its noise: training began at {swinging[0]:.4g},"
    )


def test_nothing_is_called_the_best_of_a_run_that_learned_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(tmp_path, {"loss/train": [1.391] * 20, "loss/val": [1.391] * 20})
    assert main([str(tmp_path), "--brief", "--json"]) == 0
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert run["summary"] == "Not learning, clearly. Validation loss 1.391."
