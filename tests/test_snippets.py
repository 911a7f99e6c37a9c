"""Every snippet is run in its framework on a small real network, and the strength must be in effect afterwards."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from diagnostics import Verdict, recommend
from diagnostics.recommend.snippets import FRAMEWORKS, SNIPPETS, SnippetError, snippet, snippets_of
from tests.overfitting import diagnosis, setup

torch.set_num_threads(1)
pytestmark = pytest.mark.filterwarnings("default")  # those of other people's packages are theirs
STRENGTHS = {
    "weight_decay": 0.25,
    "dropout": 0.2,
    "spatial_dropout": 0.1,
    "drop_path": 0.4,
    "augmentation": 1.0,
    "randaugment": 9.0,
    "label_smoothing": 0.1,
    "mixup": 0.2,
    "cutmix": 1.0,
    "stop_at_best": 2.0,
    "early_stopping": 2.0,
    "train_longer": 2.0,
}
CLASSES, LR, EPOCHS = 3, 0.01, 2
IMAGES = torch.rand(24, 3, 8, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(24) % CLASSES


def execute(framework: str, strengths: dict[str, float], names: dict[str, Any]) -> dict[str, Any]:
    """The names after the snippet has run."""
    names = {"epochs": EPOCHS, "lr": LR, "classes": CLASSES, **names}
    exec(compile(snippet(framework, strengths), f"<{framework} {strengths}>", "exec"), names)
    return names


class Network(nn.Module):
    """A convolution, a linear layer and a norm, that remembers the batches it was trained on."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten())
        self.head = nn.Sequential(nn.Linear(8 * 36, 16), nn.LayerNorm(16), nn.ReLU(), nn.Linear(16, CLASSES))
        self.blocks = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 4, batch_first=True), 2)
        for block in self.blocks.layers:  # its own places for dropout are no part of this network
            block.self_attn = nn.Identity()
            for name in ("dropout", "dropout1", "dropout2"):
                setattr(block, name, nn.Identity())
        self.seen: list[torch.Tensor] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            self.seen.append(x.detach().clone())
        return self.head(self.maps(x))


class Loss(nn.CrossEntropyLoss):
    """Remembers its targets."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.targets: list[torch.Tensor] = []

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        self.targets.append(targets)
        return super().forward(outputs, targets)


def loader() -> DataLoader[Any]:
    return DataLoader(TensorDataset(IMAGES, LABELS), batch_size=12)


def decays(optimizer: torch.optim.Optimizer, model: nn.Module) -> dict[str, float]:
    """The weight decay of each parameter by its name."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    return {names[p]: group["weight_decay"] for group in optimizer.param_groups for p in group["params"]}


def check_decay(found: dict[str, float]) -> None:
    assert {name for name, decay in found.items() if decay == 0.25} >= {"maps.0.weight", "head.0.weight"}
    assert all(decay == 0 for name, decay in found.items() if "bias" in name or name.startswith("head.1."))


def check_layers(model: nn.Module, kind: type[nn.Module], p: float, count: int) -> None:
    """So many layers drop at that rate, and in training alone."""
    assert [module.p for module in model.modules() if isinstance(module, kind)] == [p] * count
    model.eval()
    assert torch.equal(model(IMAGES), model(IMAGES))
    model.train()
    assert not torch.equal(model(IMAGES), model(IMAGES))


def check_drop_path(model: Network) -> None:
    places = [block.dropout1 for block in model.blocks.layers]
    assert [place.p for place in places] == pytest.approx([0.2, 0.4])
    places[1].train()
    kept = (places[1](torch.ones(4000, 2, 3)) != 0).float().mean((1, 2))
    assert set(kept.tolist()) == {0.0, 1.0}
    assert kept.mean().item() == pytest.approx(0.6, abs=0.05)
    assert torch.equal(places[1].eval()(IMAGES), IMAGES)


def check_images(lever: str, seen: list[torch.Tensor], targets: list[torch.Tensor]) -> None:
    """What the network was trained on: other images than those of the data, and shares of classes where mixed."""
    assert seen
    if lever != "label_smoothing":
        assert not any(torch.equal(x, part) for x in seen for part in IMAGES.split(12))
    if lever in ("mixup", "cutmix"):
        assert all(y.shape == (12, CLASSES) for y in targets)
        assert torch.allclose(torch.cat(targets).sum(1), torch.ones(12 * len(targets)))
        assert torch.cat(targets).max(1).values.min() < 1
    if lever == "cutmix":
        x = torch.cat(seen)
        assert torch.isin(x, IMAGES).all(), "pieces are pasted, not blended"


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    torch.manual_seed(0)
    with torch.random.fork_rng([]):
        yield


def in_pytorch(lever: str) -> None:
    losses = iter([3.0, 1.0, 2.0, 2.5, 0.1])
    measured, model, loss_fn = [], Network(), Loss()

    def evaluate(model: nn.Module) -> float:
        measured.append(model.head[0].weight.detach().clone())
        return next(losses)

    before = model.head[0].weight.detach().clone()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LR)
    epochs = 5 if lever in ("stop_at_best", "early_stopping") else EPOCHS
    yours = {"model": model, "train_loader": loader(), "loss_fn": loss_fn, "optimizer": optimizer}
    names = execute("pytorch", {lever: STRENGTHS[lever]}, {**yours, "evaluate": evaluate, "epochs": epochs})
    model, optimizer = names["model"], names["optimizer"]
    if lever == "weight_decay":
        check_decay(decays(optimizer, model))
    if "dropout" in lever:
        check_layers(model, *((nn.Dropout, 0.2, 2) if lever == "dropout" else (nn.Dropout2d, 0.1, 1)))
    if lever == "drop_path":
        check_drop_path(model)
    if lever == "label_smoothing":
        assert names["loss_fn"].label_smoothing == 0.1
    if lever in ("weight_decay", "dropout", "spatial_dropout", "drop_path", "label_smoothing"):
        names["loss_fn"](model.train()(IMAGES), LABELS).backward()
        optimizer.step()
    elif lever in ("stop_at_best", "early_stopping"):
        assert len(measured) == 4, "the second epoch is the best, and two more are waited for"
        assert torch.equal(model.head[0].weight, measured[1])
    elif lever == "train_longer":
        assert len(model.seen) == 2 * EPOCHS * 2
    else:
        check_images(lever, model.seen, loss_fn.targets)
    assert not torch.equal(model.state_dict()[next(n for n in model.state_dict() if "head.0." in n)], before)


def in_lightning(lever: str, folder: Any) -> None:
    lightning = pytest.importorskip("lightning", reason="lightning is not installed")
    losses = iter([9.0, 3.0, 1.0, 2.0, 2.5, 0.1])  # the first is of its trial run

    class LitModel(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.network, self.loss_fn = Network(), Loss()
            self.head, self.blocks, self.measured = self.network.head, self.network.blocks, []

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.network(x)

        def training_step(self, batch: Any, index: int) -> torch.Tensor:
            return self.loss_fn(self(batch[0]), batch[1])

        def validation_step(self, batch: Any, index: int) -> None:
            assert not batch[1].is_floating_point(), "validation is left as it is"
            if index == 0:
                self.measured.append(self.head[0].weight.detach().clone())
                self.log("val_loss", next(losses) if stopping else float(len(self.measured)), batch_size=12)

        def val_dataloader(self) -> Any:
            return loader()

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.AdamW(self.parameters(), lr=LR)

    stopping = lever in ("stop_at_best", "early_stopping")
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
    quiet |= {"default_root_dir": folder, "enable_checkpointing": stopping}

    class Quiet(lightning.Trainer):
        def __init__(self, **options: Any) -> None:
            super().__init__(**quiet, **options)

    yours = {
        "LitModel": LitModel,
        "train_loader": loader(),
        "val_loader": loader(),
        "epochs": 5 if stopping else EPOCHS,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lightning, "Trainer", Quiet)
        names = execute("lightning", {lever: STRENGTHS[lever]}, yours)
    model, trainer = names["model"], names["trainer"]
    assert trainer.global_step > 0
    if lever == "weight_decay":
        found = decays(trainer.optimizers[0], model.network)
        check_decay(found)
    elif "dropout" in lever:
        check_layers(model, *((nn.Dropout, 0.2, 2) if lever == "dropout" else (nn.Dropout2d, 0.1, 1)))
    elif lever == "drop_path":
        check_drop_path(model.network)
    elif stopping:
        assert trainer.current_epoch == 4
        assert torch.equal(model.head[0].weight, model.measured[2])
    elif lever == "train_longer":
        assert trainer.current_epoch == 2 * EPOCHS
    else:
        check_images(lever, model.network.seen, model.loss_fn.targets)
    if lever == "label_smoothing":
        plain = nn.functional.one_hot(LABELS[:12], CLASSES).float()
        assert torch.allclose(model.loss_fn.targets[-2].max(1).values, 0.9 * plain.max(1).values + 0.1 / 3)


def in_transformers(lever: str, folder: Any) -> None:
    hf = pytest.importorskip("transformers", reason="transformers is not installed")
    pytest.importorskip("accelerate", reason="transformers trains with accelerate, which is not installed")
    size = {"image_size": 8, "patch_size": 4, "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2}
    kind, config = hf.ViTForImageClassification, hf.ViTConfig(**size, intermediate_size=8, num_labels=CLASSES)
    if lever == "drop_path":
        kind, config = hf.Dinov2ForImageClassification, hf.Dinov2Config(**size, mlp_ratio=1, num_labels=CLASSES)
    if lever == "spatial_dropout":
        config = hf.ResNetConfig(embedding_size=8, hidden_sizes=[8], depths=[1], num_labels=CLASSES)
        kind = hf.ResNetForImageClassification
    kind(config).save_pretrained(folder / "checkpoint")
    seen, stopping = [], lever in ("stop_at_best", "early_stopping")

    class Dataset(torch.utils.data.Dataset[dict[str, torch.Tensor]]):
        def __len__(self) -> int:
            return len(LABELS)

        def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
            return {"pixel_values": IMAGES[index], "labels": LABELS[index]}

    quiet = {"report_to": [], "disable_tqdm": True, "use_cpu": True, "per_device_train_batch_size": 12}
    quiet |= {"save_strategy": "no", "logging_strategy": "no"}
    arguments = hf.TrainingArguments

    class Recording(hf.Trainer):
        def training_step(
            self, model: nn.Module, inputs: dict[str, torch.Tensor], *arguments: Any, **options: Any
        ) -> Any:
            seen.append({name: value.detach().clone() for name, value in inputs.items()})
            return super().training_step(model, inputs, *arguments, **options)

    model = kind(config)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    yours = {"model": model, "train_set": Dataset(), "eval_set": Dataset(), "checkpoint": folder / "checkpoint"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hf, "Trainer", Recording)
        patch.setattr(hf, "TrainingArguments", lambda **options: arguments(**quiet | options))
        lr = 0.0 if stopping else LR  # nothing improves
        names = execute("transformers", {lever: STRENGTHS[lever]}, {**yours, "Model": kind, "lr": lr, "epochs": 6})
    trainer, model = names["trainer"], names["model"]
    assert trainer.state.global_step > 0
    moved = [name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before.get(name, tensor))]
    assert bool(moved) is not stopping
    if lever == "weight_decay":
        found = decays(trainer.optimizer.optimizer, model)
        assert {decay for name, decay in found.items() if name.endswith(("dense.weight", "classifier.weight"))} == {
            0.25
        }
        assert {decay for name, decay in found.items() if "bias" in name or "layernorm" in name} == {0.0}
    elif lever == "dropout":
        assert model.config.hidden_dropout_prob == 0.2
        assert {module.p for module in model.modules() if isinstance(module, nn.Dropout)} == {0.2}
    elif lever == "spatial_dropout":
        found = [module.p for module in model.modules() if isinstance(module, nn.Dropout2d)]
        assert found
        assert set(found) == {0.1}
    elif lever == "drop_path":
        rates = [module.drop_prob for module in model.modules() if type(module).__name__.endswith("DropPath")]
        assert max(rates) == pytest.approx(0.4)
    elif lever == "label_smoothing":
        assert trainer.label_smoother.epsilon == 0.1
    elif stopping:
        assert trainer.args.load_best_model_at_end
        assert trainer.state.best_model_checkpoint.endswith("checkpoint-2")
        assert trainer.state.epoch == 3
    elif lever == "train_longer":
        assert trainer.state.epoch == 12
    else:
        check_images(lever, [one["pixel_values"] for one in seen], [one["labels"] for one in seen])


def in_keras(lever: str, patch: pytest.MonkeyPatch) -> None:
    if "keras" not in sys.modules:
        patch.setenv("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras", reason="keras is not installed")
    inputs = keras.Input((8, 8, 3))
    maps = keras.layers.Conv2D(8, 3, padding="same", activation="relu", name="maps")(inputs)
    maps = keras.layers.Add()([maps, keras.layers.Conv2D(8, 3, padding="same", activation="relu")(maps)])
    hidden = keras.layers.Dense(16, activation="relu", name="hidden")(keras.layers.Flatten()(maps))
    hidden = keras.layers.LayerNormalization()(hidden)
    model = keras.Model(inputs, keras.layers.Dense(CLASSES, activation="softmax")(hidden))
    x, y = IMAGES.permute(0, 2, 3, 1).numpy(), np.eye(CLASSES, dtype="float32")[LABELS.numpy()]
    stopping = lever in ("stop_at_best", "early_stopping")
    yours = {
        "model": model,
        "optimizer": keras.optimizers.Adam(0.0 if stopping else LR),
        "loss": "categorical_crossentropy",
        "from_logits": False,
        "batch_size": 12,
        **{"x_train": x, "y_train": y, "x_val": x, "y_val": y, "epochs": 6 if stopping else EPOCHS},
    }
    histories = []
    plain = keras.Model.fit
    patch.setattr(keras.Model, "fit", lambda self, *a, **k: histories.append(plain(self, *a, verbose=0, **k)))
    names = execute("keras", {lever: STRENGTHS[lever]}, yours)
    model, steps = names["model"], int(names["optimizer"].iterations)
    epochs = {"train_longer": 2 * EPOCHS}.get(lever, 3 if stopping else EPOCHS)
    assert len(histories[0].epoch) == epochs
    assert steps == 2 * epochs
    if lever == "weight_decay":
        optimizer = model.optimizer
        assert optimizer.weight_decay == 0.25
        decayed = [v.path for v in model.trainable_variables if optimizer._use_weight_decay(v)]
        assert decayed
        assert all(path.endswith("kernel") for path in decayed)
        assert len(decayed) == sum(v.path.endswith("kernel") for v in model.trainable_variables)
    elif "dropout" in lever:
        kind, rate, count = (
            (keras.layers.Dropout, 0.2, 1) if lever == "dropout" else (keras.layers.SpatialDropout2D, 0.1, 2)
        )
        assert [layer.rate for layer in model.layers if type(layer) is kind] == [rate] * count
    elif lever == "drop_path":
        (place,) = (layer for layer in model.layers if isinstance(layer, keras.layers.Dropout))
        kept = np.asarray(place(np.ones((500, 2, 2, 8), "float32"), training=True).cpu() != 0).mean((1, 2, 3))
        assert set(kept) == {0.0, 1.0}
        assert kept.mean() == pytest.approx(0.6, abs=0.1)
    elif lever == "label_smoothing":
        assert model.loss.label_smoothing == pytest.approx(0.1)
    elif lever in ("augmentation", "randaugment"):
        changed = [layer for layer in model.layers if type(layer).__name__.startswith("Rand")]
        moved = x
        for layer in changed:
            moved = layer(moved, training=True)
        assert changed
        assert not np.allclose(moved.cpu().numpy(), x)
    elif lever in ("mixup", "cutmix"):
        images, labels = names["Mixed"](getattr(keras.layers, {"mixup": "MixUp", "cutmix": "CutMix"}[lever])(1.0))[0]
        assert np.allclose(labels.cpu().sum(1), 1)
        assert float(labels.cpu().max(1).values.min()) < 1
        assert not np.isin(images.cpu().numpy().reshape(12, -1).sum(1), x.reshape(24, -1).sum(1)).all()


@pytest.mark.parametrize("lever", STRENGTHS)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_snippet_trains_with_its_strength_in_effect(framework, lever, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    if framework == "pytorch":
        in_pytorch(lever)
    elif framework == "keras":
        in_keras(lever, monkeypatch)
    else:
        {"lightning": in_lightning, "transformers": in_transformers}[framework](lever, tmp_path)


def test_a_whole_dose_is_one_snippet() -> None:
    model, loss_fn = Network(), Loss()
    yours = {"model": model, "train_loader": loader(), "loss_fn": loss_fn, "evaluate": lambda model: 1.0}
    dose = {"weight_decay": 0.25, "dropout": 0.2, "augmentation": 1.0, "mixup": 0.2, "stop_at_best": 2.0}
    names = execute("pytorch", dose, yours)
    check_decay({name.replace("head.2.0", "head.2"): d for name, d in decays(names["optimizer"], model).items()})
    check_layers(model, nn.Dropout, 0.2, 2)
    check_images("mixup", model.seen[:2], loss_fn.targets[:2])


def test_layers_that_drop_already_take_the_new_rate_and_none_is_added() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 2))
    execute("pytorch", {"dropout": 0.25}, {"model": model})
    assert [module.p for module in model.modules() if isinstance(module, nn.Dropout)] == [0.25]


def test_a_model_that_the_code_cannot_reach_is_said() -> None:
    with pytest.raises(AssertionError, match=r"add nn.Dropout\(0.2\) to your forward"):
        execute("pytorch", {"dropout": 0.2}, {"model": nn.Linear(2, 2)})


@pytest.mark.parametrize(
    ("framework", "strengths", "sentence"),
    [
        ("jax", {"dropout": 0.1}, "there is no framework 'jax'; choose from pytorch, lightning"),
        ("keras", {"droput": 0.1}, "there is no code for 'droput'; there is for weight_decay"),
        ("keras", {"dropout": float("nan")}, "dropout is nan; it must be a number"),
        ("keras", {"dropout": -0.1}, "dropout is -0.1"),
        ("keras", {"dropout": 0.0}, "no strength is above 0"),
        ("keras", {}, "no strength is above 0"),
    ],
)
def test_what_has_no_code_is_refused(framework, strengths, sentence) -> None:
    with pytest.raises(SnippetError, match=sentence):
        snippet(framework, strengths)


def test_everything_that_can_be_recommended_has_code_in_every_framework() -> None:
    assert {*STRENGTHS, "temperature"} == set(SNIPPETS)
    assert all(set(found) == set(FRAMEWORKS) for found in SNIPPETS.values())


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("strength", [1e-3, 0.25, 9.876543])
def test_a_strength_is_written_with_three_digits(framework, strength) -> None:
    assert f"{strength:.3g}" in snippet(framework, {"weight_decay": strength})


def test_the_next_run_is_one_snippet_of_the_whole_first_dose() -> None:
    code = snippets_of(recommend(diagnosis(), setup()))
    assert set(code) == set(FRAMEWORKS)
    assert '"weight_decay": 0.5' in code["pytorch"]
    assert "set_dropout(model, 0.1)" in code["pytorch"]
    assert "mixup" not in code["pytorch"], "that comes after the dose"


def test_a_strength_that_could_not_be_computed_is_left_out() -> None:
    code = snippets_of(recommend(diagnosis(), setup(lr=None)))
    assert "set_dropout(model, 0.1)" in code["pytorch"]
    assert "weight_decay" not in code["keras"]


def test_what_is_made_weaker_has_its_code_and_advice_without_strengths_none() -> None:
    held = setup(train_end=1.49, train_is_clean=True, strengths={"weight_decay": 1.0, "dropout": 0.4})
    code = snippets_of(recommend(diagnosis(Verdict.HEALTHY), held))["keras"]
    assert "weight_decay=0.25" in code
    assert "set_dropout(model, 0.2)" in code
    assert snippets_of(recommend(diagnosis(Verdict.HEALTHY), setup())) == {}
