"""Levers: regularizers and actions as a person calls them, and their settings."""

from __future__ import annotations

from typing import NamedTuple

from diagnostics.report import words


class Lever(NamedTuple):
    """A regularizer in a few words: its name, and what it does."""

    title: str
    about: str


ABOUT = {
    "dropout": "Drops activations at random, so that no unit can rely on another.",
    "spatial_dropout": "Drops whole feature maps of a CNN.",
    "dropconnect": "Drops single weights instead of activations.",
    "drop_path": "Skips whole residual branches, deeper ones more often.",
    "weight_decay": "Shrinks the weights slightly at every step.",
    "l1": "Penalizes every weight, so that many become exactly zero.",
    "augmentation": "Crops, rotates and recolors the training images.",
    "randaugment": "Applies a few random transformations to each image.",
    "label_smoothing": "Trains toward slightly less than full certainty.",
    "mixup": "Trains on blends of two samples and their labels.",
    "cutmix": "Pastes a patch of one image into another and mixes their labels.",
    "gradient_clipping": "Scales down gradients that are too large.",
    "ema": "Evaluates and keeps a running average of the weights.",
    "early_stopping": "Stops when validation has not improved for a while.",
}
REGULARIZERS = {name: Lever(words.REGULARIZERS[name], about) for name, about in ABOUT.items()}
ACTIONS = words.ACTIONS
SETTINGS = {
    "train_size": "Training samples",
    "val_share": "Validation share",
    "test_share": "Test share",
    "canary": "Canaries",
    "model": "Network",
    "init_from": "Start from run",
    "lr": "Learning rate",
    "warmup": "Warm-up epochs",
    "layer_lr_decay": "Layer-wise learning rate decay",
    "bf16": "bfloat16",
    "hypergrad": "Hypergradient",
    "threads": "CPU threads",
    "p": "Probability",
    "attention": "Apply to attention",
    "drop_prob": "Probability",
    "weight_decay": "Decay",
    "l1": "Penalty",
    "min_delta": "Minimum improvement",
    "num_ops": "Operations",
    "max_norm": "Maximum norm",
    "alpha": "Alpha",
}


def setting_label(name: str) -> str:
    """A setting's name for a person."""
    return SETTINGS.get(name, name.replace("_", " ").capitalize())
