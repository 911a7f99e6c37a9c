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


MEMORIZING = np.concatenate([np.full(20, 0.1), np.linspace(0.1, 0.9, 40)])
CANARIES = {"canary_chance": 0.1, "canary_samples": 50.0}


def test_canaries_that_are_recognized_are_a_note_beside_any_verdict() -> None:
    found = diagnose_run(run_with(losses(accuracy__canary=MEMORIZING), hparams=CANARIES))
    assert found.verdict == "overfitting"
    assert "memorizing" in found.notes
    assert 20 < found.signals["memorizing_since"] < 40


def test_without_validation_the_canaries_are_the_news() -> None:
    series = {"loss/train": 0.9 / EPOCHS, "accuracy/canary": MEMORIZING}
    found = diagnose_run(run_with(series, hparams=CANARIES))
    assert found.verdict == "no_validation"
    assert found.reason.startswith("Memorization began at step")


def test_canaries_at_chance_say_nothing() -> None:
    found = diagnose_run(run_with(losses(accuracy__canary=np.full(60, 0.1)), hparams=CANARIES))
    assert "memorizing" not in found.notes
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


FALLING = 1 / EPOCHS


def with_others(val: np.ndarray, **others: np.ndarray) -> Run:
    """A run with further validation losses, each beside the same training loss."""
    train = Key(".", "loss/train")
    pairs = tuple(Pair(name, train, Key(".", f"loss/{name}")) for name in others)
    series = losses() | {"loss/val": val} | {f"loss/{name}": values for name, values in others.items()}
    return replace(run_with(series), val_losses=pairs)


def test_every_validation_loss_gets_its_verdict() -> None:
    diagnosis = diagnose_run(with_others(FALLING, cls=TURNING, box=FALLING))
    assert {name: str(other.verdict) for name, other in diagnosis.others.items()} == {
        "cls": "overfitting",
        "box": str(diagnosis.verdict),
    }


def test_a_component_that_overfits_under_a_loss_that_does_not_is_named() -> None:
    diagnosis = diagnose_run(with_others(FALLING, cls=TURNING))
    assert diagnosis.verdict != "overfitting"
    assert "other_loss_overfits" in diagnosis.notes
    assert diagnosis.reason.endswith(f"cls is overfitting since step {diagnosis.others['cls'].onset_step}.")


def test_a_component_that_overfits_in_a_run_that_learned_nothing_is_noise() -> None:
    run = with_others(np.full(len(EPOCHS), 3.0), cls=TURNING)
    run = replace(run, curves={**run.curves, Key(".", "loss/train"): Curve(EPOCHS, np.full(len(EPOCHS), 2.0))})
    diagnosis = diagnose_run(run)
    assert diagnosis.verdict == "not_learning"
    assert diagnosis.others["cls"].verdict == "overfitting"
    assert "cls" not in diagnosis.reason
    assert "other_loss_overfits" not in diagnosis.notes


def test_a_component_that_overfits_with_the_whole_is_no_news() -> None:
    assert "other_loss_overfits" not in diagnose_run(with_others(TURNING, cls=TURNING)).notes


def test_a_validation_loss_that_shares_no_steps_with_training_is_left_out() -> None:
    run = with_others(FALLING, late=FALLING)
    late = Curve(EPOCHS[:5] + 60, FALLING[:5])
    assert diagnose_run(replace(run, curves={**run.curves, Key(".", "loss/late"): late})).others == {}


ACCURACY = np.minimum(0.5 + 0.02 * EPOCHS, 0.83) - 0.004 * np.maximum(EPOCHS - 20, 0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_metric_beside_a_training_loss_is_judged_and_said_to_be_weaker_evidence(sign: float) -> None:
    metric = Pair("accuracy" if sign > 0 else "wer", None, Key(".", "val"), higher_is_better=sign > 0)
    run = run_with({"loss/train": 0.9 / EPOCHS, "val": 1 + sign * ACCURACY})
    run = replace(run, primary=metric, pairs=(metric,), train_loss=Key(".", "loss/train"))
    diagnosis = diagnose_run(run)
    assert diagnosis.verdict == "overfitting"
    assert "metric_only" in diagnosis.notes
    assert f"Validation's {'accuracy' if sign > 0 else 'WER'} is" in diagnosis.reason


def test_perplexities_are_judged_as_their_losses_are() -> None:
    logged = {"train/ppl": np.exp(4 * 0.9 / EPOCHS), "val/ppl": np.exp(4 * TURNING)}
    pair = Pair("ppl", Key(".", "train/ppl"), Key(".", "val/ppl"))
    of_perplexity = diagnose_run(replace(run_with(logged), primary=pair, pairs=(pair,)))
    of_loss = diagnose_run(run_with({"loss/train": 4 * 0.9 / EPOCHS, "loss/val": 4 * TURNING}))
    assert (of_perplexity.verdict, of_perplexity.onset_step) == (of_loss.verdict, of_loss.onset_step)
    assert of_perplexity.probability == pytest.approx(of_loss.probability)


def test_a_perplexity_beside_a_training_loss_is_compared_with_its_exponential() -> None:
    logged = {"train/loss": 4 * 0.9 / EPOCHS, "val/ppl": np.exp(4 * TURNING)}
    pair = Pair("loss", Key(".", "train/loss"), Key(".", "val/ppl"))
    diagnosis = diagnose_run(replace(run_with(logged), primary=pair, pairs=(pair,)))
    assert diagnosis.verdict == "overfitting"
    assert "metric_only" not in diagnosis.notes


@pytest.mark.parametrize("why", ["rewards were logged: x", "no scalars were logged"])
def test_a_run_without_anything_to_judge_says_why(why: str) -> None:
    diagnosis = diagnose_run(Run("exp", {}, why=why))
    assert diagnosis.verdict == "no_validation"
    assert diagnosis.reason == f"{why[0].upper()}{why[1:]}."


@pytest.mark.parametrize("points", [1, 2, 3])
def test_a_finished_run_is_never_too_early_to_be_judged(points: int) -> None:
    short = {tag: Curve(EPOCHS[:points], values[:points]) for tag, values in losses().items()}
    run = run_with(losses())
    run = replace(run, curves={Key(".", tag): curve for tag, curve in short.items()})
    assert diagnose_run(run, finished=True).verdict != "too_early"


def test_a_check_that_the_log_allows_is_run() -> None:
    def not_run(run: Run, **known: int) -> set[str]:
        return {check.check for check in diagnose_run(run, **known).checks_not_run}

    settings = {"num_classes": 10.0, "label_noise": 0.2, "canary_chance": 0.1, "val_samples": 500.0}
    series = losses(
        optim__lr=np.full(60, 0.1),
        accuracy__canary=MEMORIZING,
        loss__train_clean=0.8 / EPOCHS,
        strength__mixup=np.where(EPOCHS < 30, 0.2, 0.0),
    )
    known = run_with(series, hparams=settings, resumed_at=(30,))
    checks = {"sampling_error", "learning_rate", "resume", "augmentation", "canaries", "label_noise", "clean_train"}
    assert checks <= not_run(run_with(losses()))
    assert not checks & not_run(known)
    assert "sampling_error" not in not_run(run_with(losses()), val_samples=500)
