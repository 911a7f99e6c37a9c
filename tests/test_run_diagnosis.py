from dataclasses import replace

import numpy as np
import pytest

from diagnostics import Curve, Key, Pair, Run, diagnose_run

EPOCHS = np.arange(1, 61)
TURNING = 1 / EPOCHS + 0.01 * np.maximum(EPOCHS - 20, 0)


def run_with(series: dict[str, np.ndarray], *pairs: Pair, **facts) -> Run:
    curves = {Key(".", tag): Curve(EPOCHS, np.asarray(values, float)) for tag, values in series.items()}
    sides = [Key(".", tag) if tag in series else None for tag in ("loss/train", "loss/val")]
    loss = Pair("loss", *sides)
    return Run("exp", curves, primary=loss, pairs=(loss, *pairs), **facts)


def losses(**more: np.ndarray) -> dict[str, np.ndarray]:
    return {"loss/train": 0.9 / EPOCHS, "loss/val": TURNING, **{k.replace("__", "/"): v for k, v in more.items()}}


def test_the_weights_at_the_end_are_signals() -> None:
    found = diagnose_run(run_with(losses(weights__sparsity=np.linspace(0, 0.25, 60), weights__l2_norm=EPOCHS * 2.0)))
    assert found.signals["sparsity"] == 0.25
    assert (found.signals["l2_norm"], found.signals["l2_growth"]) == (120.0, 60.0)


def test_how_far_an_epoch_moves_the_weights_is_a_share_of_their_norm() -> None:
    found = diagnose_run(run_with(losses(weights__l2_norm=np.full(60, 4.0), optim__update_norm=np.full(60, 1.0))))
    assert found.signals["update_to_weight"] == pytest.approx(0.25)


def test_what_was_not_logged_is_no_signal() -> None:
    assert not {"sparsity", "l2_norm", "update_to_weight"} & set(diagnose_run(run_with(losses())).signals)


def test_loss_up_while_accuracy_holds_is_called_overconfident() -> None:
    accuracy = Pair("accuracy", None, Key(".", "accuracy/val"), higher_is_better=True)
    rising = run_with(losses(accuracy__val=np.linspace(0.5, 0.9, 60)), accuracy)
    falling = run_with(losses(accuracy__val=np.linspace(0.9, 0.5, 60)), accuracy)
    assert "overconfident" in diagnose_run(rising).notes
    assert "overconfident" not in diagnose_run(falling).notes


def test_a_log_of_several_trainings_says_so() -> None:
    assert "restarted" in diagnose_run(run_with(losses(), sessions=3)).notes
    assert "restarted" not in diagnose_run(run_with(losses())).notes


MEMORISING = np.concatenate([np.full(20, 0.1), np.linspace(0.1, 0.9, 40)])
CANARIES = {"canary_chance": 0.1, "canary_samples": 50.0}


def test_canaries_that_are_recognised_are_a_note_beside_any_verdict() -> None:
    found = diagnose_run(run_with(losses(accuracy__canary=MEMORISING), hparams=CANARIES))
    assert found.verdict == "overfitting"
    assert "memorising" in found.notes
    assert 20 < found.signals["memorising_since"] < 40


def test_without_validation_the_canaries_are_the_news() -> None:
    series = {"loss/train": 0.9 / EPOCHS, "accuracy/canary": MEMORISING}
    found = diagnose_run(run_with(series, hparams=CANARIES))
    assert found.verdict == "no_validation"
    assert found.reason.startswith("Memorisation began at step")


def test_canaries_at_chance_say_nothing() -> None:
    found = diagnose_run(run_with(losses(accuracy__canary=np.full(60, 0.1)), hparams=CANARIES))
    assert "memorising" not in found.notes
    assert found.signals["canary"] == 0.1


def test_a_loss_that_rises_only_before_the_temperature_is_fitted_is_overconfidence() -> None:
    flat = np.maximum(1 / EPOCHS, 0.05)
    assert "overconfident" in diagnose_run(run_with(losses(loss__val_scaled=flat))).notes
    assert "overconfident" not in diagnose_run(run_with(losses(loss__val_scaled=TURNING))).notes


SMOOTHED = {"num_classes": 10.0, "label_smoothing": 0.1}


def test_the_floor_of_smoothed_targets_is_no_part_of_the_gap() -> None:
    plain, smoothed = (diagnose_run(run_with(losses(), hparams=known)).signals for known in ({}, SMOOTHED))
    assert smoothed["generalization_gap"] - plain["generalization_gap"] == pytest.approx(0.5003, abs=1e-3)


def test_a_clean_training_loss_has_no_floor() -> None:
    run = run_with({"loss/train_clean": 0.9 / EPOCHS, "loss/val": TURNING}, hparams=SMOOTHED)
    clean = Pair("loss", Key(".", "loss/train_clean"), Key(".", "loss/val"))
    known, unknown = (replace(run, primary=clean, pairs=(clean,), hparams=said) for said in (SMOOTHED, {}))
    assert diagnose_run(known).signals == diagnose_run(unknown).signals


@pytest.mark.parametrize(
    "known", [{"label_smoothing": 0.1}, {"num_classes": 10.0}, {**SMOOTHED, "label_smoothing": 7.0}]
)
def test_without_settings_that_make_sense_there_is_no_floor(known: dict[str, float]) -> None:
    assert diagnose_run(run_with(losses(), hparams=known)).signals == diagnose_run(run_with(losses())).signals
