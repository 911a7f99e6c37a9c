"""Labels: wrong and random ones for the training samples, when they are asked for."""

from __future__ import annotations

import numpy as np

from trainer.config import Config
from trainer.data.samples import DataError, Flags, Labels, Samples

CANARIES = 5  # at least, or their accuracy says nothing


def choose_canaries(samples: int, config: Config) -> Flags:
    """Which of the training samples get a random label. Raises ``DataError`` when they are too few to tell anything."""
    count = round(samples * config.canary)
    if config.canary > 0 and count < CANARIES:
        raise DataError(
            f"canary is {config.canary:g}, which is {count} of {samples} training samples; at least {CANARIES} are "
            f"needed: raise it to {CANARIES / samples:.2g} or more, or leave it at 0"
        )
    chosen = np.random.default_rng([config.seed, 3]).choice(samples, count, replace=False)
    return np.isin(np.arange(samples), chosen)


def relabel(train: Samples, classes: int, config: Config) -> tuple[Samples, Flags]:
    """Canaries get any class, each equally likely; of the others, the share ``label_noise`` gets a wrong one."""
    canary = choose_canaries(len(train.y), config)
    if not canary.any() and config.label_noise == 0:
        return train, canary
    y = train.y.astype(np.int64)
    y[canary] = np.random.default_rng([config.seed, 4]).integers(classes, size=y[canary].shape)
    others = y[~canary]
    noisy = mislabel(others.ravel(), config.label_noise, classes, np.random.default_rng([config.seed, 2]))
    y[~canary] = noisy.reshape(others.shape)
    return train._replace(y=y), canary


def mislabel(y: Labels, share: float, classes: int, generator: np.random.Generator) -> Labels:
    """Labels of which ``share`` (rounded to whole samples) is replaced by another class, each equally likely."""
    wrong = generator.choice(len(y), round(len(y) * share), replace=False)
    noisy = y.copy()
    noisy[wrong] = (y[wrong] + generator.integers(1, classes, len(wrong))) % classes
    return noisy
