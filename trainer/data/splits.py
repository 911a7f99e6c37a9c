"""Splits: one dataset as train, val and test, decided by a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainer.config import Config
from trainer.errors import TrainerError

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]
Flags = NDArray[np.bool_]

CANARIES = 5  # at least, or their accuracy says nothing


class DataError(TrainerError):
    """Data that cannot be trained on as asked; the message says what was found, what is needed and the way out."""


class Samples(NamedTuple):
    """``x`` of shape ``(n, ...)`` and class numbers ``y`` of shape ``(n,)``."""

    x: Floats
    y: Labels


@dataclass(frozen=True)
class Splits:
    """The three parts; every part's beginning is as mixed as the whole, so a slice of it is a fair sample.

    ``canary`` says which training samples were given random labels, a flag each.
    """

    train: Samples
    val: Samples
    test: Samples
    classes: int
    canary: Flags

    def clean(self) -> Samples:
        """As many training samples as validation has, or as there are, none of them a canary: the clean subset."""
        chosen = np.flatnonzero(~self.canary)[: len(self.val.y)]
        return _take(self.train, chosen)

    def canaries(self) -> Samples:
        """The training samples with random labels; usually there are none."""
        return _take(self.train, np.flatnonzero(self.canary))


def split(samples: Samples, config: Config) -> Splits:
    """Stratified parts, standardised on the statistics of train; label noise in train only. Raises ``DataError``.

    Val and test depend on the seed and their shares alone, so runs with other training sizes can be compared.
    """
    order = stratified_order(samples.y, np.random.default_rng([config.seed, 1]))
    val_end = round(len(order) * config.val_share)
    test_end = val_end + round(len(order) * config.test_share)
    left = len(order) - test_end
    if config.train_size is not None and config.train_size > left:
        raise DataError(
            f"train_size is {config.train_size}, but {config.dataset} has {len(order)} samples, of which "
            f"validation and test leave {left}; ask for at most {left}, or for smaller shares"
        )
    train_end = len(order) if config.train_size is None else test_end + config.train_size
    val, test, train = (_take(samples, part) for part in np.split(order[:train_end], [val_end, test_end]))
    classes = np.unique(samples.y)
    _need_every_class("validation", val.y, classes, "val_share")
    _need_every_class("training", train.y, classes, "train_size")
    mean, spread = statistics(train.x)
    canary = choose_canaries(len(train.y), config)
    train = train._replace(y=relabel(train.y, canary, len(classes), config))
    train, val, test = (part._replace(x=(part.x - mean) / spread) for part in (train, val, test))
    return Splits(train, val, test, len(classes), canary)


def stratified_order(y: Labels, generator: np.random.Generator) -> NDArray[np.int64]:
    """A random order in which the classes alternate evenly: any slice holds its share of every class."""
    shuffled = generator.permutation(len(y))
    place = np.empty(len(y))
    for label in np.unique(y):
        members = np.flatnonzero(y[shuffled] == label)
        place[members] = (np.arange(len(members)) + generator.random()) / len(members)
    return np.asarray(shuffled[np.argsort(place, kind="stable")], dtype=np.int64)


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


def relabel(y: Labels, canary: Flags, classes: int, config: Config) -> Labels:
    """Canaries get any class, each equally likely; of the others, the share ``label_noise`` gets a wrong one."""
    relabelled = y.copy()
    relabelled[canary] = np.random.default_rng([config.seed, 4]).integers(classes, size=y[canary].shape)
    noise = np.random.default_rng([config.seed, 2])
    relabelled[~canary] = mislabel(y[~canary], config.label_noise, classes, noise)
    return relabelled


def mislabel(y: Labels, share: float, classes: int, generator: np.random.Generator) -> Labels:
    """Labels of which ``share`` (rounded to whole samples) is replaced by another class, each equally likely."""
    wrong = generator.choice(len(y), round(len(y) * share), replace=False)
    noisy = y.copy()
    noisy[wrong] = (y[wrong] + generator.integers(1, classes, len(wrong))) % classes
    return noisy


def statistics(x: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation a feature, or a channel of samples ``(n, channels, ...)``; 1 where nothing varies."""
    axes = (0, *range(2, x.ndim))
    spread = x.std(axis=axes, keepdims=True)
    return x.mean(axis=axes, keepdims=True), np.where(spread > 0, spread, np.float32(1))


def _take(samples: Samples, indices: NDArray[np.int64]) -> Samples:
    return Samples(samples.x[indices], samples.y[indices])


def _need_every_class(part: str, y: Labels, classes: Labels, setting: str) -> None:
    missing = np.setdiff1d(classes, y)
    if len(missing):
        raise DataError(
            f"the {part} part has {len(y)} samples and none of class {', '.join(map(str, missing))}; "
            f"raise {setting} until every class is there"
        )
