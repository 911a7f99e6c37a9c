"""Outcome: a trial against its run, with an error that says where it is from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from diagnostics import Run, Verdict, open_logs
from diagnostics.trials.outcome import Outcome, OutcomeError, outcome
from diagnostics.trials.trial_file import Effect
from diagnostics.trials.val_losses import VAL_LOSSES
from tests.writers import write_run

EPOCHS = np.arange(1, 61)
TRAIN = 1 / EPOCHS
TURNING = 0.5 + 1 / EPOCHS + 0.01 * np.maximum(EPOCHS - 20, 0)
STEADY = 0.45 + 1 / np.minimum(EPOCHS, 20)
SAMPLES = 400


def logged(folder: Path, val: np.ndarray, *, tag: str = "loss/val", train: str = "loss/train") -> Run:
    write_run(folder, {train: TRAIN.tolist(), tag: val.tolist()})
    return open_logs(folder).runs["."]


def compared(tmp_path: Path, ours: np.ndarray, theirs: np.ndarray, **tags: str) -> Outcome:
    folders = tmp_path / "exp", tmp_path / "exp-try-1"
    runs = [logged(folder, values, **tags) for folder, values in zip(folders, (ours, theirs), strict=True)]
    return outcome(runs[0], runs[1], *folders)


def write_losses(folder: Path, losses: np.ndarray, digest: str = "same") -> None:
    folder.mkdir(exist_ok=True)
    np.savez(folder / VAL_LOSSES, losses=losses.astype(np.float32), epoch=3, digest=digest)


def noisy(level: float, spread: float, seed: int = 0) -> np.ndarray:
    """Samples' losses with exactly that mean."""
    losses = np.random.default_rng(seed).gamma(2.0, spread, SAMPLES)
    return losses * level / losses.mean()


def test_the_best_checkpoints_are_compared_and_the_last_epoch_is_told_too(tmp_path: Path) -> None:
    found = compared(tmp_path, TURNING, STEADY)
    assert found.best == pytest.approx((TURNING.min(), STEADY.min()), rel=1e-6)
    assert found.difference == pytest.approx(STEADY.min() / TURNING.min() - 1, rel=1e-5)
    assert found.last == pytest.approx(STEADY[-1] / TURNING[-1] - 1, rel=1e-5)
    assert (found.word, found.paired) == ("confirmed", False)
    assert (found.before, found.after) == (Verdict.OVERFITTING, Verdict.PLATEAU)
    assert found.sentence == (
        "Confirmed: the best validation value is 9.1% ± <0.1% better (0.55 -> 0.5). The error is the noise of the "
        "two curves alone: they kept no losses of the same samples. At the last point it is 45% better. The "
        "verdict goes from overfitting to plateau."
    )


def test_the_loss_after_a_temperature_and_accuracy_stand_beside_the_raw_loss(tmp_path: Path) -> None:
    folders = tmp_path / "exp", tmp_path / "exp-try-1"
    for folder, val, share in zip(folders, (TURNING, STEADY), (0.8, 0.9), strict=True):
        beside = {"loss/val_scaled": (0.5 * val).tolist(), "accuracy/val": [share] * len(val)}
        write_run(folder, {"loss/train": TRAIN.tolist(), "loss/val": val.tolist(), **beside})
    found = outcome(*(open_logs(folder).runs["."] for folder in folders), *folders)
    assert found.scaled == pytest.approx((0.5 * TURNING.min(), 0.5 * STEADY.min()), rel=1e-6)
    assert found.accuracy == pytest.approx((0.8, 0.9))
    assert (
        "With one temperature each, it is 9.1% better (0.275 -> 0.25). Accuracy there: 80.0% -> 90.0%."
        in found.sentence
    )


def test_what_only_one_of_the_two_logged_is_not_compared(tmp_path: Path) -> None:
    write_run(
        tmp_path / "exp", {"loss/train": TRAIN.tolist(), "loss/val": TURNING.tolist(), "accuracy/val": [0.8] * 40}
    )
    ours = open_logs(tmp_path / "exp").runs["."]
    found = outcome(ours, logged(tmp_path / "b", STEADY), tmp_path / "exp", tmp_path / "b")
    assert (found.scaled, found.accuracy) == (None, None)


def test_common_samples_give_a_paired_error_that_is_smaller_than_an_unpaired_one(tmp_path: Path) -> None:
    ours = noisy(TURNING.min(), 1.0)
    theirs = ours * STEADY.min() / TURNING.min() * (1 + 0.01 * np.random.default_rng(1).standard_normal(SAMPLES))
    theirs *= STEADY.min() / theirs.mean()
    write_losses(tmp_path / "exp", ours)
    write_losses(tmp_path / "exp-try-1", theirs)
    found = compared(tmp_path, TURNING, STEADY)
    unpaired = np.hypot(ours.std(), theirs.std()) / np.sqrt(SAMPLES) / ours.mean()
    assert found.samples == SAMPLES
    assert 0 < found.error < unpaired / 20
    assert "the same 400 validation samples" in found.sentence


def test_the_paired_error_is_that_of_repeated_draws_of_the_samples(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    ours, theirs = rng.gamma(2.0, 1.0, SAMPLES), rng.gamma(2.0, 0.9, SAMPLES)
    ours, theirs = ours * TURNING.min() / ours.mean(), theirs * STEADY.min() / theirs.mean()
    write_losses(tmp_path / "exp", ours)
    write_losses(tmp_path / "exp-try-1", theirs)
    draws = rng.integers(0, SAMPLES, (4000, SAMPLES))
    spread = (theirs[draws].mean(axis=1) / ours[draws].mean(axis=1)).std()
    assert compared(tmp_path, TURNING, STEADY).error == pytest.approx(spread, rel=0.05)


@pytest.mark.parametrize(
    ("losses", "digest"),
    [
        (noisy(STEADY.min(), 1.0), "other"),
        (noisy(STEADY.min(), 1.0)[:-1], "same"),
        (noisy(0.9, 1.0), "same"),
        (np.full(SAMPLES, np.nan), "same"),
        (np.ones((SAMPLES, 2)), "same"),
    ],
    ids=["other samples", "other number", "other loss", "broken", "other shape"],
)
def test_what_is_not_the_loss_of_the_same_samples_is_not_paired(
    tmp_path: Path, losses: np.ndarray, digest: str
) -> None:
    write_losses(tmp_path / "exp", noisy(TURNING.min(), 1.0))
    write_losses(tmp_path / "exp-try-1", losses, digest)
    assert not compared(tmp_path, TURNING, STEADY).paired


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no zip", b"\x93NUMPY", b"npy"])
def test_a_damaged_file_of_losses_is_as_none(tmp_path: Path, damage: bytes) -> None:
    for name in ("exp", "exp-try-1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / VAL_LOSSES).write_bytes(damage)
        if damage == b"npy":  # an array, and no archive of arrays
            with (tmp_path / name / VAL_LOSSES).open("wb") as file:
                np.save(file, np.zeros(SAMPLES))
    assert not compared(tmp_path, TURNING, STEADY).paired


@pytest.mark.parametrize(
    ("shift", "word"), [(-0.02, "confirmed"), (0.02, "refuted"), (0.0, "not distinguishable")], ids=str
)
def test_one_standard_error_decides(tmp_path: Path, shift: float, word: str) -> None:
    rng = np.random.default_rng(0)
    curves = [TURNING + 0.002 * rng.standard_normal(60) for _ in range(2)]
    found = compared(tmp_path, curves[0], curves[1] - curves[1].min() + curves[0].min() + shift)
    assert found.word == word
    assert found.error == pytest.approx(0.002 * np.sqrt(2) / curves[0].min(), rel=0.5)
    assert (found.low, found.high) == pytest.approx(
        (found.difference - 1.2816 * found.error, found.difference + 1.2816 * found.error), rel=1e-3
    )
    assert found.sentence.startswith(word.capitalize())


def test_an_accuracy_that_rises_is_an_improvement(tmp_path: Path) -> None:
    rising = 0.9 - 0.5 / EPOCHS
    found = compared(tmp_path, rising, rising + 0.05, tag="accuracy/val", train="accuracy/train")
    assert found.difference == pytest.approx(-0.05 / rising.max(), rel=1e-3)
    assert found.best == pytest.approx((rising.max(), rising.max() + 0.05), rel=1e-3)
    assert found.word == "confirmed"


def test_too_few_points_are_not_distinguishable(tmp_path: Path) -> None:
    for folder, val in ((tmp_path / "a", [1.0, 0.9, 0.8]), (tmp_path / "b", [1.0, 0.5, 0.4])):
        write_run(folder, {"loss/train": [1.0, 0.8, 0.6], "loss/val": val})
    runs = [open_logs(tmp_path).runs[name] for name in ("a", "b")]
    found = outcome(runs[0], runs[1], tmp_path / "a", tmp_path / "b")
    assert (found.word, found.error, found.low, found.high) == ("not distinguishable", None, None, None)
    assert "fewer than 5 points" in found.sentence


def test_a_trial_that_diverges_late_is_judged_by_what_came_before(tmp_path: Path) -> None:
    broken = STEADY.copy()
    broken[40:] = np.nan
    found = compared(tmp_path, TURNING, broken)
    assert found.word == "confirmed"
    assert found.after not in (Verdict.OVERFITTING, Verdict.NO_VALIDATION)


def test_a_loss_of_zero_divides_nothing(tmp_path: Path) -> None:
    found = compared(tmp_path, np.zeros(60), np.zeros(60))
    assert (found.difference, found.last, found.word) == (0.0, 0.0, "not distinguishable")
    assert "is the same" in found.sentence


def test_runs_without_a_common_validation_are_a_sentence(tmp_path: Path) -> None:
    run = logged(tmp_path / "a", TURNING)
    write_run(tmp_path / "b", {"loss/train": TRAIN.tolist()})
    with pytest.raises(OutcomeError, match=r"its trial .* has no validation value"):
        outcome(run, open_logs(tmp_path / "b").runs["."], tmp_path / "a", tmp_path / "b")
    other = logged(tmp_path / "c", TURNING, tag="error/val", train="error/train")
    with pytest.raises(OutcomeError, match="the run logs loss/val and its trial error/val"):
        outcome(run, other, tmp_path / "a", tmp_path / "c")


@pytest.mark.parametrize(
    ("expected", "word"),
    [
        (None, "confirmed"),
        (Effect(-0.09, -0.2, -0.05), "confirmed"),
        (Effect(-0.18, -0.3, -0.12), "helped, less than predicted"),
    ],
    ids=["no prediction", "held", "less"],
)
def test_the_word_of_a_trial_tells_what_helped_as_predicted_from_what_helped_less(
    tmp_path: Path, expected: Effect | None, word: str
) -> None:
    found = compared(tmp_path, TURNING, STEADY)
    assert found.word_beside(expected) == word
    assert found.sentence_beside(expected).startswith(f"{word.capitalize()}: the best validation value is 9.1%")


def test_what_did_not_help_is_never_said_to_have_helped_less(tmp_path: Path) -> None:
    assert compared(tmp_path, STEADY, TURNING).word_beside(Effect(-0.18, -0.3, -0.12)) == "refuted"
