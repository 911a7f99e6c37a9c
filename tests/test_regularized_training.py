"""Regularizers in a whole training: from a configuration to what is logged, kept and continued."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from trainer.config import Config
from trainer.data import load
from trainer.fit.assemble import make_loop
from trainer.fit.callbacks import Supervision
from trainer.fit.loop import Callback
from trainer.fit.problems.pose import pose
from trainer.fit.step import evaluate
from trainer.models import MODELS
from trainer.presets import PRESETS
from trainer.regularizers import REGULARIZERS, make
from trainer.session import train
from trainer.status import Status, read_status
from trainer.strengths import RegularizerError

torch.set_num_threads(1)
SMALL = Config(train_size=80, batch_size=20, epochs=6, lr=0.01)
SIZES = {"mlp": {"width": 16, "depth": 2}, "cnn": {"width": 4, "depth": 2}, "vit": {"width": 16, "depth": 2}}
TEXT = {"dataset": "text", "width": 16, "depth": 2}
EVERYTHING = {name: {} for name in REGULARIZERS if name != "early_stopping"}


class StopAfter(Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def batch_end(self, loop):
        loop.stopping = loop.stopping or loop.epoch == self.epoch


def run(run_dir, config, shown=None):
    """Train as a session does; gives how it ended."""
    run_dir.mkdir(exist_ok=True)
    train(run_dir, config, Supervision(run_dir, Status("starting", epochs=config.epochs)), shown or Callback())
    return read_status(run_dir)


def logged(run_dir):
    """Each tag's values, all sessions after one another, without the wall times."""
    log = EventAccumulator(str(run_dir)).Reload()
    return {tag: [(point.step, point.value) for point in log.Scalars(tag)] for tag in log.Tags()["scalars"]}


def texts(run_dir, tag):
    log = EventAccumulator(str(run_dir)).Reload()
    found = log.Tensors(tag) if tag in log.Tags()["tensors"] else []
    return "\n".join(text.decode() for event in found for text in event.tensor_proto.string_val)


def loop_of(config):
    return make_loop(config, pose(config, torch.device("cpu")))


MISFITS = {
    ("vit", "mlp"): "drop_path needs a network of residual branches.*leave drop_path out",
    ("vit", "transformer"): "mixup takes means of inputs.*leave mixup out",
    ("cnn", "transformer"): "augmentation needs images.*leave augmentation out",
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_trains_on_every_model_it_fits_and_is_refused_on_others(tmp_path, preset, model):
    config = Config.from_dict(
        {"preset": preset, "model": model, "train_size": 60, "epochs": 2, **SIZES.get(model, TEXT)}
    )
    if (preset, model) in MISFITS:
        with pytest.raises(RegularizerError, match=MISFITS[preset, model]):
            run(tmp_path, config)
        return
    assert run(tmp_path, config).state == "finished"
    values = logged(tmp_path)
    assert len(values["loss/val"]) == 2
    assert all(math.isfinite(value) for _, value in values["loss/val"])


@pytest.mark.parametrize("preset", ["cnn", "vit"])
def test_presets_for_images_are_refused_on_a_table(tmp_path, preset):
    with pytest.raises(RegularizerError, match=r"leave .* out"):
        run(tmp_path, Config.from_dict({"preset": preset, "dataset": "breast_cancer", "epochs": 2}))


@pytest.mark.parametrize("model", SIZES)
def test_with_everything_on_the_same_seed_gives_the_same_numbers(tmp_path, model):
    regularizers = dict(EVERYTHING)
    if model != "cnn":
        regularizers.pop("spatial_dropout")
    if model == "mlp":
        regularizers.pop("drop_path")
    config = replace(SMALL, model=model, regularizers=regularizers, epochs=2, **SIZES[model])
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        run(tmp_path / name, replace(config, seed=seed))
    first, again, other = (logged(tmp_path / name) for name in "abc")
    assert first == again
    assert first["loss/train"] != other["loss/train"]


def test_a_continued_training_gives_the_numbers_of_an_uninterrupted_one(tmp_path):
    regularizers = {name: {} for name in ("dropout", "augmentation", "mixup", "cutmix", "ema", "l1", "weight_decay")}
    config = replace(SMALL, regularizers=regularizers | {"early_stopping": {"patience": 5}}, **SIZES["mlp"])
    run(tmp_path / "whole", config)
    assert run(tmp_path / "halved", config, StopAfter(3)).state == "stopped"
    torch.manual_seed(99)  # what another process would have left behind
    run(tmp_path / "halved", config)
    assert logged(tmp_path / "halved") == logged(tmp_path / "whole")


def test_the_first_weights_are_those_of_the_same_training_without_regularizers():
    everything = replace(SMALL, model="cnn", regularizers=EVERYTHING)
    for ours, plain in zip(
        loop_of(everything).model.parameters(),
        loop_of(replace(everything, regularizers={})).model.parameters(),
        strict=True,
    ):
        assert torch.equal(ours, plain)


def test_strengths_are_logged_and_validation_is_plain(tmp_path):
    config = replace(SMALL, epochs=1, regularizers={"dropout": {"p": 0.3}, "label_smoothing": {"smoothing": 0.9}})
    run(tmp_path, config)
    values = logged(tmp_path)
    assert values["strength/dropout"] == [(1, pytest.approx(0.3))]
    assert values["strength/label_smoothing"] == [(1, pytest.approx(0.9))]
    assert values["loss/val"][0][1] < values["loss/train"][0][1]


def test_a_penalty_is_in_the_loss_as_optimized_alone(tmp_path):
    config = replace(SMALL, epochs=1, lr=1e-9, regularizers={"l1": {"l1": 1.0, "kind": "penalty"}}, **SIZES["mlp"])
    run(tmp_path, config)
    values = {tag: points[0][1] for tag, points in logged(tmp_path).items()}
    assert values["loss/train"] == pytest.approx(values["loss/train_clean"] + values["weights/l1_norm"], rel=1e-3)


def test_early_stopping_ends_a_run_before_its_epochs_and_says_so(tmp_path):
    config = replace(SMALL, lr=0.5, epochs=60, regularizers={"early_stopping": {"patience": 2}})
    status = run(tmp_path, config)
    losses = [value for _, value in logged(tmp_path)["loss/val"]]
    assert status.state == "finished"
    assert status.epoch == len(losses) < 60
    assert int(np.argmin(losses)) == len(losses) - 3
    assert "early stopping" in status.message
    assert status.message in texts(tmp_path, "early_stopping")


@pytest.mark.parametrize("epochs", [4, 60])
def test_the_best_weights_are_restored_also_when_training_ends_by_itself(epochs):
    config = replace(SMALL, lr=0.5, epochs=epochs, regularizers={"early_stopping": {"patience": 4}})
    loop, losses = loop_of(config), []
    val = [tuple(torch.from_numpy(part) for part in load(config).val)]
    plain = torch.nn.CrossEntropyLoss()

    class Measure(Callback):
        def evaluate(self, loop):
            losses.append(evaluate(loop.model, plain, val)[0].item())
            loop.values = {"loss/val": losses[-1]}

    loop.callbacks = [Measure()]
    loop.fit()
    assert evaluate(loop.model, plain, val)[0].item() == min(losses) != losses[-1]


def test_with_an_average_the_best_file_has_it_and_the_checkpoint_what_trains(tmp_path):
    config = replace(SMALL, epochs=2, regularizers={"ema": {"decay": 0.99}}, **SIZES["mlp"])
    run(tmp_path, config)
    state, best = (torch.load(tmp_path / name, weights_only=True) for name in ("checkpoint.pt", "best.pt"))
    assert best["epoch"] == 2
    averages = state["regularizers"]["ema"]["averages"]
    for mean, kept, trained in zip(averages, best["model"].values(), state["model"].values(), strict=True):
        assert torch.equal(mean, kept)
        assert not torch.equal(kept, trained)


def test_validation_measures_the_average(tmp_path):
    config = replace(SMALL, epochs=1, regularizers={"ema": {"decay": 0.99}}, **SIZES["mlp"])
    run(tmp_path, config)
    loop, val = loop_of(config), load(config).val
    loop.model.load_state_dict(torch.load(tmp_path / "best.pt", weights_only=True)["model"])
    loss, _ = evaluate(loop.model, torch.nn.CrossEntropyLoss(), [tuple(torch.from_numpy(part) for part in val)])
    assert logged(tmp_path)["loss/val"][0][1] == pytest.approx(loss.item(), rel=1e-5)


def test_the_audit_is_printed_and_logged(tmp_path, capsys):
    run(tmp_path, replace(SMALL, epochs=1, lr=1e-4, regularizers={"weight_decay": {"weight_decay": 0.01}}))
    assert "audit: weight decay 0.01 lets past updates fade over" in capsys.readouterr().out
    assert "weight decay 0.01 lets past updates fade over" in texts(tmp_path, "audit")


def test_a_training_loss_that_proves_missing_smoothing_is_called_out(tmp_path, capsys):
    config = replace(SMALL, epochs=12, lr=0.01, regularizers={"label_smoothing": {"smoothing": 0.3}})

    class Undo(Callback):
        def fit_start(self, loop):
            loop.loss_fn = torch.nn.CrossEntropyLoss()

    run(tmp_path, config, Undo())
    assert "the least that label smoothing and mixing allow" in texts(tmp_path, "audit")
    assert capsys.readouterr().out.count("they are not applied") == 1


def test_with_smoothing_on_the_training_loss_stays_above_the_floor(tmp_path):
    run(tmp_path, replace(SMALL, epochs=12, regularizers={"label_smoothing": {"smoothing": 0.3}, "mixup": {}}))
    assert texts(tmp_path, "audit") == ""


def test_a_configuration_with_regularizers_round_trips_through_json():
    config = Config.from_dict({"preset": "vit", "model": "vit", "regularizers": {"dropout": {"p": 0.4}, "ema": {}}})
    assert Config.from_json(config.to_json()) == config
    assert config.regularizers["ema"] == {"decay": 0.999}
    assert config.regularizers["dropout"] == {"p": 0.4, "attention": 0.0}
    assert [r.name for r in make(config.regularizers)] == [
        *("dropout", "drop_path", "weight_decay", "label_smoothing", "one_of", "ema")
    ]


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"regularizers": ["dropout"]}, r"found \['dropout'\]"),
        ({"regularizers": {"dropout": 0.2}}, "found 0.2"),
        ({"regularizers": {"dropuot": None}}, "did you mean 'dropout'"),
        ({"preset": "vitt"}, "did you mean 'vit'"),
        ({"preset": 5}, "there is no preset '5'"),
    ],
)
def test_settings_that_cannot_be_had_are_refused(settings, found):
    with pytest.raises(RegularizerError, match=found):
        Config.from_dict(settings)
