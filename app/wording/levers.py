"""Levers: regularizers and actions as a person calls them, and their settings."""

from __future__ import annotations

from typing import NamedTuple

from diagnostics.report import words


class Lever(NamedTuple):
    """A regularizer in a few words: its name, and what it does."""

    title: str
    about: str


REGULARIZERS = {
    "dropout": Lever("Dropout", "Drops activations at random, so that no unit can rely on another."),
    "spatial_dropout": Lever("Spatial dropout", "Drops whole feature maps of a CNN."),
    "dropconnect": Lever("DropConnect", "Drops single weights instead of activations."),
    "drop_path": Lever("DropPath", "Skips whole residual branches, deeper ones more often."),
    "weight_decay": Lever("Weight decay", "Shrinks the weights slightly at every step."),
    "l1": Lever("L1", "Penalises every weight, so that many become exactly zero."),
    "augmentation": Lever("Augmentation", "Crops, rotates and recolours the training images."),
    "randaugment": Lever("RandAugment", "Applies a few random transformations to each image."),
    "label_smoothing": Lever("Label smoothing", "Trains towards slightly less than full certainty."),
    "mixup": Lever("Mixup", "Trains on blends of two samples and their labels."),
    "cutmix": Lever("CutMix", "Pastes a patch of one image into another and mixes their labels."),
    "gradient_clipping": Lever("Gradient clipping", "Scales down gradients that are too large."),
    "ema": Lever("EMA of the weights", "Evaluates and keeps a running average of the weights."),
    "early_stopping": Lever("Early stopping", "Stops when validation has not improved for a while."),
}
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
