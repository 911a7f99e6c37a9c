"""What a log says of how its run was trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diagnostics import Curve, GivenSetup, Key, Pair, Run, open_logs, setup_of

LOGS = Path(__file__).parent / "logs"
NOWHERE = Path("there is no such folder")
EPOCHS = np.arange(1, 21)


def run_with(series: dict[str, Any], *, steps: np.ndarray = EPOCHS, x_axis: Any = "epoch", **facts: Any) -> Run:
    """A run of 20 points with a pair of losses and whatever else was logged beside it."""
    losses = {"loss/train": 1 / EPOCHS, "loss/val": 1 / EPOCHS}
    curves = {Key(".", tag): Curve(steps, np.asarray(values, float)) for tag, values in (losses | series).items()}
    pair = Pair("loss", Key(".", "loss/train"), Key(".", "loss/val"))
    return Run("exp", curves, primary=pair, pairs=(pair,), x_axis=x_axis, **facts)


@pytest.mark.parametrize(
    "tag",
    [
        *("optim/lr", "lr", "learning_rate", "train/learning_rate", "epoch_learning_rate", "lr-Adam", "lr-AdamW/pg1"),
        *("lr/pg0", "lr/group_0", "lr_0", "x/lr0", "lr/epoch", "Policy/Learning Rate", "train/lr", "epoch_lr"),
    ],
)
def test_a_learning_rate_has_many_names(tag: str) -> None:
    assert np.all(setup_of(run_with({tag: np.full(20, 3e-4)}), NOWHERE).lr == 3e-4)


@pytest.mark.parametrize("tag", ["optim/lr_sum", "color", "lr_scheduler/patience", "ctrl", "momentum/epoch"])
def test_what_only_looks_like_a_learning_rate_is_none(tag: str) -> None:
    assert setup_of(run_with({tag: np.full(20, 3e-4)}), NOWHERE).lr is None


def test_a_learning_rate_that_is_only_set_is_read_from_the_settings() -> None:
    assert setup_of(run_with({}, hparams={"lr": 0.002, "batch_size": 64.0}), NOWHERE).lr == 0.002


def test_a_person_is_believed_over_the_log() -> None:
    told = GivenSetup(architecture="cnn", val_samples=80, lr=0.1, steps_per_epoch=7)
    found = setup_of(run_with({"optim/lr": np.full(20, 1.0), "optim/lr_sum": np.full(20, 1.0)}), NOWHERE, told)
    assert (found.architecture, found.val_samples, found.lr, found.lr_sum) == ("cnn", 80, 0.1, None)
    assert found.steps is not None
    assert found.steps[-1] == 140


def test_steps_an_epoch_follow_from_the_sum_of_a_constant_learning_rate() -> None:
    found = setup_of(run_with({"optim/lr": np.full(20, 0.1), "optim/lr_sum": np.full(20, 1.3)}), NOWHERE)
    assert found.steps == pytest.approx(13.0 * EPOCHS)


def test_with_a_schedule_the_sum_is_known_and_the_steps_are_not() -> None:
    falling = np.linspace(1, 0.1, 20)
    found = setup_of(run_with({"optim/lr": falling, "optim/lr_sum": 10 * falling}), NOWHERE)
    assert found.steps is None
    assert found.lr_sum == pytest.approx(10 * falling)


def test_epochs_counted_from_zero_are_one_behind() -> None:
    found = setup_of(run_with({}, steps=EPOCHS - 1), NOWHERE)
    assert found.epochs is not None
    assert (found.epochs[0], found.epochs[-1]) == (1, 20)


def test_an_axis_of_steps_is_taken_as_it_is() -> None:
    found = setup_of(run_with({}, steps=50 * EPOCHS, x_axis="step"), NOWHERE)
    assert found.epochs is None
    assert found.steps == pytest.approx(50.0 * EPOCHS)


def test_norms_that_were_logged_elsewhere_than_validation_are_left_out() -> None:
    run = run_with({"optim/update_norm": np.ones(20)})
    curves = dict(run.curves) | {Key(".", "weights/l2_norm"): Curve(EPOCHS[::2], np.ones(10))}
    found = setup_of(Run(run.name, curves, primary=run.primary, x_axis="epoch"), NOWHERE)
    assert found.update_norm is not None
    assert found.l2_norm is None


def test_the_clean_training_loss_is_preferred_and_only_it_is_called_clean() -> None:
    plain = setup_of(run_with({}), NOWHERE)
    clean = setup_of(run_with({"loss/train_clean": np.full(20, 0.2)}), NOWHERE)
    assert (plain.train_end, plain.train_is_clean) == (pytest.approx(0.05), False)
    assert (clean.train_end, clean.train_is_clean) == (0.2, True)


OURS = {"model": "cnn", "batch_size": 16, "lr": 0.01, "optimizer": "adam", "regularizers": {"dropout": {"p": 0.3}}}


def ours(**changed: Any) -> Run:
    return run_with({}, texts={"config": json.dumps(OURS | changed, indent=2)})


def test_our_own_configuration_says_the_network_and_what_is_off() -> None:
    found = setup_of(ours(), NOWHERE)
    assert (found.architecture, found.batch_size, found.lr, found.momentum) == ("cnn", 16, 0.01, 0.0)
    assert (found.strengths["dropout"], found.strengths["weight_decay"]) == (0.3, 0.0)


@pytest.mark.parametrize(
    ("optimizer", "kind", "momentum"), [("sgd", "sgd", 0.9), ("sgd", "decoupled", 0.0), ("adam", "decoupled", 0.0)]
)
def test_momentum_counts_where_weight_decay_goes_through_it(optimizer: str, kind: str, momentum: float) -> None:
    decay = {"weight_decay": {"weight_decay": 0.01, "kind": kind}}
    assert setup_of(ours(optimizer=optimizer, momentum=0.9, regularizers=decay), NOWHERE).momentum == momentum


def test_another_programs_sgd_takes_decay_through_its_momentum() -> None:
    known = {"optimizer": "SGD", "momentum": 0.9, "lr": 0.1}
    assert setup_of(run_with({}, hparams=known), NOWHERE).momentum == 0.9


@pytest.mark.parametrize(
    ("known", "optimizer", "momentum"),
    [
        ({"optimizer": "SGD", "lr": 0.1}, "sgd", None),
        ({"optimizer": "SGD", "momentum": 0.0}, "sgd", 0.0),
        ({"optim": "adamw_torch_fused"}, "adamw", 0.0),
        ({"optimizer": "Adam"}, "adam", 0.0),
        ({"optimizer": "Lion"}, "lion", 0.0),
        ({"lr": 0.1}, None, None),
        ({"optimizer": "auto", "momentum": 0.937}, None, None),
    ],
    ids=str,
)
def test_the_optimizer_is_read_and_its_momentum_is_not_guessed(known, optimizer: str | None, momentum) -> None:
    found = setup_of(run_with({}, hparams=known), NOWHERE)
    assert (found.optimizer, found.momentum) == (optimizer, momentum)


@pytest.mark.parametrize(
    ("known", "adapters"), [({"lora_r": 8}, True), ({"peft_type": "LORA"}, True), ({"lora_r": 0}, False), ({}, False)]
)
def test_adapters_are_known_by_their_settings(known, adapters: bool) -> None:
    assert setup_of(run_with({}, hparams=known), NOWHERE).adapters is adapters


def test_the_name_of_a_logged_learning_rate_says_the_optimizer() -> None:
    assert setup_of(run_with({"lr-AdamW/pg1": np.full(20, 1e-3)}), NOWHERE).optimizer == "adamw"
    assert setup_of(run_with({"lr-SGD": np.full(20, 1e-3)}), NOWHERE).optimizer == "sgd"


@pytest.mark.parametrize(
    ("optimizer", "kind", "found"),
    [("adam", "decoupled", "adamw"), ("adam", "coupled", "adam"), ("sgd", "decoupled", "sgdw"), ("sgd", "sgd", "sgd")],
)
def test_our_own_trainers_kind_of_decay_says_which_optimizer_s_it_is(optimizer: str, kind: str, found: str) -> None:
    decay = {"weight_decay": {"weight_decay": 0.01, "kind": kind}}
    assert setup_of(ours(optimizer=optimizer, regularizers=decay), NOWHERE).optimizer == found
    assert setup_of(ours(optimizer=optimizer, regularizers={}), NOWHERE).optimizer == f"{optimizer}w"


def test_strengths_that_a_person_gives_are_believed_over_the_log() -> None:
    given = GivenSetup(optimizer="sgd", momentum=0.8, strengths=(("dropout", 0.5), ("weight_decay", 0.1)))
    found = setup_of(ours(), NOWHERE, given)
    assert (found.optimizer, found.momentum, found.strengths["dropout"]) == ("sgd", 0.8, 0.5)
    assert found.strengths["weight_decay"] == 0.1


def test_the_temperature_and_the_depth_are_read_where_our_trainer_logged_them() -> None:
    series = {"calibration/temperature": np.full(20, 1.5), "loss/val_scaled": np.full(20, 0.3)}
    texts = {"config": json.dumps(OURS | {"model": "mlp", "depth": 4}, indent=2)}
    found = setup_of(run_with(series, texts=texts), NOWHERE)
    assert found.temperature is not None
    assert found.val_scaled is not None
    assert (found.temperature[0], found.val_scaled[0], found.depth) == (1.5, 0.3, 4)


def test_what_another_program_does_not_say_is_not_known() -> None:
    found = setup_of(run_with({}, hparams={"model": "ours"}), NOWHERE)
    assert found.architecture is None
    assert found.strengths == {}


@pytest.mark.parametrize("curves", [{}, {Key(".", "loss"): Curve.of([])}])
def test_a_run_that_holds_nothing_has_a_setup_of_nothing(curves: dict[Key, Curve]) -> None:
    found = setup_of(Run("exp", curves), NOWHERE, GivenSetup(steps_per_epoch=10))
    assert (found.val, found.steps, found.epochs, found.lr, found.train_end) == (None, None, None, None, None)


@pytest.mark.parametrize(
    ("folder", "last_step", "lr"),
    [
        ("keras_tf", 350, 1e-3),
        ("hf_trainer_epoch", 390, None),
        ("fastai", 280, 1e-3),
        ("mmengine_epoch", 350, 1e-3),
        ("torch_sw_step_vs_epoch", 350, None),
        ("lightning_steploss", 349, 1e-3),
        ("ignite", None, 1e-3),
    ],
)
def test_real_logs_give_their_steps_and_learning_rate(folder: str, last_step: float | None, lr: float | None) -> None:
    (run,) = open_logs(LOGS / folder).runs.values()
    found = setup_of(run, LOGS / folder)
    assert (None if found.steps is None else found.steps[-1]) == last_step
    if lr is not None:
        assert found.lr == pytest.approx(lr)


def other_tags(train: str, val: str, series: dict[str, Any]) -> Run:
    curves = {Key(".", tag): Curve(EPOCHS, np.asarray(values, float)) for tag, values in series.items()}
    return Run("exp", curves, primary=Pair("loss", Key(".", train), Key(".", val)), x_axis="epoch")


def test_another_programs_tags_do_not_mean_what_our_own_do() -> None:
    tags = ("loss/train_clean", "calibration/temperature", "loss/val_scaled")
    values = {"l/train": 1 / EPOCHS, "l/val": 1 / EPOCHS} | {tag: np.full(20, 0.2) for tag in tags}
    found = setup_of(other_tags("l/train", "l/val", values), NOWHERE)
    assert (found.train_is_clean, found.temperature, found.val_scaled) == (False, None, None)


@pytest.mark.parametrize(
    ("spread", "known"), [(0.0009, True), (0.0011, False)], ids=["a constant rate", "a rate that moves"]
)
def test_the_sum_of_a_learning_rate_gives_the_steps_where_it_is_constant(spread: float, known: bool) -> None:
    rates = np.where(EPOCHS > 10, 0.1, 0.1 * (1 - spread))
    found = setup_of(run_with({"optim/lr": rates, "optim/lr_sum": 7 * rates}), NOWHERE)
    assert (found.steps is not None) is known
    assert not known or found.steps == pytest.approx(7.0 * EPOCHS)


def test_a_learning_rate_of_zero_gives_no_steps() -> None:
    rates = np.full(20, 0.0)
    assert setup_of(run_with({"optim/lr": rates, "optim/lr_sum": rates}), NOWHERE).steps is None


@pytest.mark.parametrize("points", [1, 20])
def test_an_axis_of_steps_beside_one_of_epochs_gives_the_steps_an_epoch(points: int) -> None:
    """400 steps logged each 10th; the epochs at each 20th, or only the last of them."""
    key, val = Key(".", "loss/train"), Key(".", "loss/val")
    epochs = EPOCHS[-points:]
    curves = {key: Curve(10 * np.arange(1, 41), np.ones(40)), val: Curve(epochs, np.ones(points))}
    found = setup_of(Run("exp", curves, primary=Pair("loss", key, val), x_axis="mixed"), NOWHERE)
    assert found.steps is not None
    assert found.steps[-1] == pytest.approx(400 if points == 20 else 400 * 20)


def test_two_points_tell_how_far_apart_they_are() -> None:
    keys, epochs = (Key(".", "loss/train"), Key(".", "loss/val")), np.array([10, 20])
    curves = {keys[0]: Curve(10 * np.arange(1, 41), np.ones(40)), keys[1]: Curve(epochs, np.ones(2))}
    run = Run("exp", curves, primary=Pair("loss", *keys), x_axis="mixed")
    assert setup_of(run, NOWHERE).steps == pytest.approx([200.0, 400.0])
    iterations = {keys[1]: curves[keys[1]], Key(".", "evaluation_loss_vs_iterations"): Curve(32 * epochs, np.ones(2))}
    keras = Run("exp", iterations, primary=Pair("loss", None, keys[1]), x_axis="epoch")
    assert setup_of(keras, NOWHERE).steps == pytest.approx([320.0, 640.0])


def test_keras_counts_its_iterations() -> None:
    counted = Curve(32 * EPOCHS, np.ones(20))
    curves = dict(run_with({}).curves) | {Key(".", "evaluation_loss_vs_iterations"): counted}
    run = Run("exp", curves, primary=run_with({}).primary, x_axis="epoch")
    assert setup_of(run, NOWHERE).steps == pytest.approx(32.0 * EPOCHS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0.002", 0.002), ("2e-3", 0.002), ("2E-3", 0.002), ("auto", None), ("0", None), (True, None)],
)
def test_a_setting_is_a_number_or_text_that_is_one(text: object, expected: float | None) -> None:
    assert setup_of(run_with({}, hparams={"lr": text}), NOWHERE).lr == expected


@pytest.mark.parametrize(("momentum", "expected"), [(0.0, 0.0), (0.99, 0.99), (1.0, None), (1.5, None)])
def test_a_momentum_of_one_or_more_is_none(momentum: float, expected: float | None) -> None:
    assert setup_of(run_with({}, hparams={"optimizer": "sgd", "momentum": momentum}), NOWHERE).momentum == expected


def test_training_logged_more_often_is_read_at_the_points_of_validation() -> None:
    key, val = Key(".", "loss/train"), Key(".", "loss/val")
    curves = {
        key: Curve(np.arange(10, 50), np.arange(10.0, 50.0)),
        val: Curve(np.array([5, 20, 30, 60]), np.ones(4)),
    }
    run = Run("exp", curves, primary=Pair("loss", key, val), x_axis="step")
    assert setup_of(run, NOWHERE).train.tolist() == [10.0, 20.0, 30.0, 49.0]


def test_the_depth_is_that_of_our_own_mlp_alone() -> None:
    assert setup_of(ours(model="cnn", depth=4), NOWHERE).depth is None
    assert setup_of(run_with({}, hparams={"model": "mlp", "depth": 4.0}), NOWHERE).depth is None


def test_the_axis_says_whether_it_counts_epochs() -> None:
    unknown = run_with({}, x_axis=None)
    assert setup_of(unknown, NOWHERE).epochs is None
    assert setup_of(unknown, NOWHERE, GivenSetup(steps_per_epoch=3)).steps == pytest.approx(3.0 * EPOCHS)
    mixed = setup_of(run_with({}, x_axis="mixed"), NOWHERE)  # both end at the same step: it counts steps
    assert (mixed.epochs, mixed.steps[-1]) == (None, 20.0)


@pytest.mark.parametrize(("train", "val", "epochs"), [([5, 15], [5, 10, 20], False), ([5, 21], [5, 10, 20], True)])
def test_of_two_axes_the_one_that_ends_later_counts_steps(train: list[int], val: list[int], epochs: bool) -> None:
    keys = Key(".", "loss/train"), Key(".", "loss/val")
    curves = {key: Curve(np.array(at), np.ones(len(at))) for key, at in zip(keys, (train, val), strict=True)}
    found = setup_of(Run("exp", curves, primary=Pair("loss", *keys), x_axis="mixed"), NOWHERE)
    assert (found.epochs is not None) is epochs
    assert (found.steps is None) or (found.steps[-1] == 20) is not epochs
