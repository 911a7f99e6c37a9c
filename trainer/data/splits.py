"""Splits: one dataset as train, val and test, decided by a seed."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.config import Config
from trainer.data.labels import relabel
from trainer.data.samples import DataError, Flags, Floats, Numbers, Samples


@dataclass(frozen=True)
class Splits:
    """The three parts; every part's beginning is as mixed as the whole, so a slice of it is a fair sample.

    ``classes`` is 0 for a regression. ``canary`` says which training samples were given random labels, a flag each.
    ``notes`` are sentences about what a person would not expect of the data.
    """

    train: Samples
    val: Samples
    test: Samples
    classes: int
    canary: Flags
    notes: tuple[str, ...] = ()

    @property
    def tokens(self) -> bool:
        """Whether the samples are texts."""
        return np.issubdtype(self.train.x.dtype, np.integer)

    def clean(self) -> Samples:
        """As many training samples as validation has, or as there are, none of them a canary: the clean subset."""
        chosen = np.flatnonzero(~self.canary)[: len(self.val.y)]
        return self.train.take(chosen)

    def canaries(self) -> Samples:
        """The training samples with random labels; usually there are none."""
        return self.train.take(np.flatnonzero(self.canary))


def split(samples: Samples, config: Config, *, names: Sequence[str] = (), notes: tuple[str, ...] = ()) -> Splits:
    """Stratified parts, standardized on the statistics of train; label noise in train only. Raises ``DataError``.

    Val and test depend on the seed and their shares alone, so runs with other training sizes can be compared.
    ``names`` are what people call the classes. Numbers to predict are standardized too: a squared error of 1 is that of
    the mean. What is missing in ``x`` (NaN) becomes the mean.
    """
    numbers = np.issubdtype(samples.y.dtype, np.floating)
    order = stratified_order(
        np.zeros(len(samples.y)) if numbers else samples.y, np.random.default_rng([config.seed, 1])
    )
    val_end = round(len(order) * config.val_share)
    test_end = val_end + round(len(order) * config.test_share)
    need_samples(len(order) - test_end, len(order), config)
    train_end = len(order) if config.train_size is None else test_end + config.train_size
    val, test, train = (samples.take(part) for part in np.split(order[:train_end], [val_end, test_end]))
    classes = [] if numbers else np.unique(samples.y).tolist()
    if numbers:
        _need_numbers(train, val, config)
        y_mean, y_spread = statistics(train.y)
        train, val, test = (part._replace(y=(part.y - y_mean) / y_spread) for part in (train, val, test))
    _need_every_class("validation", val.y, classes, names or classes, "val_share")
    _need_every_class("training", train.y, classes, names or classes, "train_size")
    mean, spread = statistics(train.x)
    train, val, test = (part._replace(x=np.nan_to_num((part.x - mean) / spread)) for part in (train, val, test))
    train, canary = relabel(train, len(classes), config)
    return Splits(train, val, test, len(classes), canary, notes)


def need_samples(left: int, samples: int, config: Config) -> None:
    """Refuse a training size that is larger than what validation and test leave. Raises ``DataError``."""
    if config.train_size is not None and config.train_size > left:
        raise DataError(
            f"train_size is {config.train_size}, but {config.dataset} has {samples} samples, of which "
            f"validation and test leave {left}; ask for at most {left}, or for smaller shares"
        )


def stratified_order(y: NDArray[Any], generator: np.random.Generator) -> NDArray[np.int64]:
    """A random order in which the classes alternate evenly: any slice holds its share of every class."""
    shuffled = generator.permutation(len(y))
    place = np.empty(len(y))
    for label in np.unique(y):
        members = np.flatnonzero(y[shuffled] == label)
        place[members] = (np.arange(len(members)) + generator.random()) / len(members)
    return np.asarray(shuffled[np.argsort(place, kind="stable")], dtype=np.int64)


def statistics(x: Numbers) -> tuple[Floats, Floats]:
    """Mean and standard deviation a feature, or a channel of samples ``(n, channels, ...)``; 1 where nothing varies.

    Missing values (NaN) do not count; a feature without any value has mean 0.
    """
    axes = (0, *range(2, x.ndim))
    missing = bool(np.isnan(x).any())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy's, about a feature without any value
        mean = (np.nanmean if missing else np.mean)(x, axis=axes, keepdims=True)
        spread = (np.nanstd if missing else np.std)(x, axis=axes, keepdims=True)
    return np.nan_to_num(mean), np.where(spread > 0, spread, np.float32(1))


def _need_every_class(part: str, y: Numbers, classes: Sequence[int], names: Sequence[object], setting: str) -> None:
    missing = [str(names[at]) for at in np.flatnonzero(~np.isin(classes, y)).tolist()]
    if missing:
        raise DataError(
            f"the {part} part has {len(y)} samples and none of class {', '.join(missing)}; "
            f"raise {setting} until every class is there"
        )


def _need_numbers(train: Samples, val: Samples, config: Config) -> None:
    for name in ("label_noise", "canary"):
        if getattr(config, name):
            raise DataError(
                f"{name} is {getattr(config, name):g}, but the target is a number, not a class; leave it at 0"
            )
    for part, samples, setting in (("training", train, "train_size"), ("validation", val, "val_share")):
        if len(samples.y) < 2:
            raise DataError(f"the {part} part has {len(samples.y)} samples; raise {setting} until there are two")
