"""Levers: regularizers and actions as a person calls them, and their settings."""

from __future__ import annotations

from typing import NamedTuple


class Lever(NamedTuple):
    """A regularizer in a few words: its name, what it does, and the strengths that are usual."""

    title: str
    about: str
    usual: str


REGULARIZERS = {
    "dropout": Lever("Dropout", "Leaves out activations at random, so that no unit can rely on another.", "0.1 to 0.3"),
    "spatial_dropout": Lever("Spatial dropout", "Leaves out whole feature maps of a CNN.", "0.05 to 0.2"),
    "dropconnect": Lever("DropConnect", "Leaves out single weights instead of activations.", "0.1 to 0.5"),
    "drop_path": Lever("DropPath", "Skips whole residual branches, deeper ones more often.", "0.05 to 0.3"),
    "weight_decay": Lever("Weight decay", "Shrinks the weights a little at every step.", "0.01 to 0.1"),
    "l1": Lever("L1", "Charges for every weight, so that many become exactly zero.", "0.00001 to 0.001"),
    "augmentation": Lever("Augmentation", "Crops, turns and recolours the images it trains on.", "the defaults"),
    "randaugment": Lever(
        "RandAugment", "Draws a few of many changes for each image.", "2 changes of magnitude 5 to 15"
    ),
    "label_smoothing": Lever("Label smoothing", "Asks for a little less than certainty.", "0.05 to 0.1"),
    "mixup": Lever("Mixup", "Trains on blends of two samples and their labels.", "0.1 to 0.4; 0.8 in a ViT"),
    "cutmix": Lever("CutMix", "Pastes a box of one image into another, and mixes the labels.", "1"),
    "gradient_clipping": Lever("Gradient clipping", "Shortens gradients that are too long.", "0.5 to 5"),
    "ema": Lever("EMA of the weights", "Judges and keeps a running average of the weights.", "0.99 to 0.9999"),
    "early_stopping": Lever("Early stopping", "Stops when validation has not improved for long.", "5 to 20 epochs"),
}
ACTIONS = {
    "train_longer": "Train longer",
    "stop_at_best": "Keep the best epoch",
    "evaluate_more_often": "Evaluate more often",
    "larger_validation_set": "A larger validation set",
    "nothing": "Nothing to change",
}
SETTINGS = {
    "train_size": "Training samples",
    "val_share": "Validation share",
    "test_share": "Test share",
    "canary": "Canaries",
    "model": "Network",
    "init_from": "Start from run",
    "lr": "Learning rate",
    "warmup": "Warm-up epochs",
    "layer_lr_decay": "Learning rate by layer",
    "bf16": "bfloat16",
    "hypergrad": "Hypergradient",
    "threads": "CPU threads",
    "p": "Probability",
    "attention": "On attention",
    "drop_prob": "Probability",
    "weight_decay": "Decay",
    "l1": "Price",
    "min_delta": "Smallest gain",
    "num_ops": "Changes",
    "max_norm": "Largest norm",
    "alpha": "Alpha",
}


def setting_label(name: str) -> str:
    """A setting's name for a person."""
    return SETTINGS.get(name, name.replace("_", " ").capitalize())
