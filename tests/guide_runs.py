"""The small trainings of the Guide page: each regularizer at three strengths, beside the same training without it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from tests.trained import trained
from trainer.config import Config
from trainer.strengths import STRENGTHS, Value


class Trial(NamedTuple):
    """Which training shows a regularizer, and the strengths to show, from weak to strong."""

    base: str
    strengths: tuple[float, ...]


FEW_DIGITS = {"train_size": 200, "label_noise": 0.2, "batch_size": 50, "test_share": 0.0, "epochs": 60, "threads": 1}
# few samples, many of them mislabeled: each overfits within a minute
BASES: dict[str, dict[str, Any]] = {
    "mlp": {**FEW_DIGITS, "width": 128},
    "cnn": {**FEW_DIGITS, "batch_size": 25, "model": "cnn", "width": 16, "lr": 0.01},
    "small batches": {**FEW_DIGITS, "width": 128, "batch_size": 10, "lr": 3e-3},
    "sgd": {**FEW_DIGITS, "width": 128, "optimizer": "sgd", "lr": 0.3},
}
TRIALS = {
    "dropout": Trial("mlp", (0.1, 0.3, 0.8)),
    "spatial_dropout": Trial("cnn", (0.1, 0.2, 0.5)),
    "dropconnect": Trial("mlp", (0.1, 0.3, 0.6)),
    "drop_path": Trial("cnn", (0.1, 0.3, 0.6)),
    "weight_decay": Trial("mlp", (0.1, 2.0, 10.0)),
    "l1": Trial("mlp", (0.01, 0.2, 1.0)),
    "augmentation": Trial("cnn", (0.9, 0.7, 0.3)),
    "randaugment": Trial("cnn", (3, 9, 20)),
    "label_smoothing": Trial("mlp", (0.05, 0.1, 0.3)),
    "mixup": Trial("mlp", (0.1, 0.4, 2.0)),
    "cutmix": Trial("cnn", (0.2, 1.0, 4.0)),
    "gradient_clipping": Trial("sgd", (5.0, 1.0, 0.1)),
    "ema": Trial("small batches", (0.9, 0.99, 0.999)),
    "early_stopping": Trial("mlp", (20, 10, 3)),
}


def config(name: str, strength: float | None, **changes: Value) -> Config:
    """One training of the page; without a strength, the one that all others of its base stand beside."""
    setting = next(iter(STRENGTHS[name]))
    on = {} if strength is None else {name: {setting: strength}}
    return Config.from_dict({**BASES[TRIALS[name].base], **changes, "regularizers": on})


def curves(asked: Config) -> dict[str, list[float]]:
    """Both losses after each epoch, plain and in evaluation, to four digits."""
    with tempfile.TemporaryDirectory() as folder:
        epochs = trained(Path(folder) / "run", asked)
    sides = {"train": "loss/train_clean", "val": "loss/val"}
    return {side: [float(f"{epoch[tag]:.4g}") for epoch in epochs] for side, tag in sides.items()}


def all_trainings() -> dict[str, dict[str, Any]]:
    """Regularizer -> the settings of its trainings, and the trainings: the one without it, then from weak to strong."""
    without = {base: curves(Config.from_dict(settings)) for base, settings in BASES.items()}
    return {
        name: {"settings": BASES[trial.base], "runs": runs(name, without[trial.base])} for name, trial in TRIALS.items()
    }


def runs(name: str, without: dict[str, list[float]]) -> list[dict[str, Any]]:
    """The trainings of one regularizer."""
    strong = [{"strength": strength, **curves(config(name, strength))} for strength in TRIALS[name].strengths]
    return [{"strength": None, **without}, *strong]
