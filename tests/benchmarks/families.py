"""Families: generated training histories whose label is known because it was put in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


class History(NamedTuple):
    """One labeled training; ``overfit`` is what is true at its last point."""

    name: str
    overfit: bool
    train: Values
    val: Values

    def thinned(self, points: int) -> History:
        """The same training logged at ``points`` evenly spread epochs."""
        keep = np.linspace(0, len(self.val) - 1, points).round().astype(int)
        return self._replace(train=self.train[keep], val=self.val[keep])


def _base(rng: np.random.Generator, points: int) -> tuple[Values, Values]:
    """Two curves that fall to a floor within the first third, val above train, train creeping on."""
    epochs = np.arange(points)
    start, speed = rng.uniform(0.7, 2.5), points * rng.uniform(0.03, 0.08)
    fall = start * np.exp(-epochs / speed)
    creep = start * 0.15 * (1 - epochs / points)
    return 0.02 + fall + creep, rng.uniform(0.1, 0.5) * start + fall


def _rise(rng: np.random.Generator, val: Values) -> Values:
    """``val`` turning up from a third of the way, by 5-60 % of what it had gained."""
    points = len(val)
    onset = int(points * rng.uniform(0.25, 0.5))
    ramp = np.maximum(0, np.arange(points) - onset) / (points - onset)
    return val + (val[0] - val.min()) * rng.uniform(0.05, 0.6) * ramp


def _jitter(rng: np.random.Generator, values: Values, scale: float, memory: float = 0.0) -> Values:
    """``values`` times log-normal noise of relative size ``scale`` whose neighbors correlate by ``memory``."""
    noise = rng.standard_normal(len(values))
    for i in range(1, len(noise)):
        noise[i] = memory * noise[i - 1] + np.sqrt(1 - memory**2) * noise[i]
    return values * np.exp(scale * noise)


def smooth(rng: np.random.Generator, points: int, overfit: bool) -> tuple[Values, Values]:
    """Full-batch training: hardly any jitter."""
    train, val = _base(rng, points)
    return train, _jitter(rng, _rise(rng, val) if overfit else val, 0.002)


def noisy(rng: np.random.Generator, points: int, overfit: bool) -> tuple[Values, Values]:
    """Mini-batch training: val jumps by 2 % an epoch."""
    train, val = smooth(rng, points, overfit)
    return _jitter(rng, train, 0.01), _jitter(rng, val, 0.02)


def wandering(rng: np.random.Generator, points: int, overfit: bool) -> tuple[Values, Values]:
    """Val wanders: 1 % noise that lasts for a few epochs."""
    train, val = smooth(rng, points, overfit)
    return _jitter(rng, train, 0.01), _jitter(rng, val, 0.01, memory=0.6)


def tiny_val(rng: np.random.Generator, points: int, overfit: bool) -> tuple[Values, Values]:
    """A validation set of a few dozen samples: its level is off, and it jumps by 4 %."""
    train, val = smooth(rng, points, overfit)
    return _jitter(rng, train, 0.01), _jitter(rng, val * rng.uniform(0.7, 1.3), 0.04)


def lr_drops(rng: np.random.Generator, points: int, overfit: bool) -> tuple[Values, Values]:
    """Both curves stand still, noisily, until the learning rate is cut and both fall at once."""
    train, val = _base(rng, points)
    dropped = np.where(np.arange(points) < points // 2, 1.0, 0.6)
    loud = np.where(np.arange(points) < points // 2, 0.02, 0.004)
    val = val * dropped * np.exp(loud * rng.standard_normal(points))
    return _jitter(rng, train * dropped, 0.005), _rise(rng, val) if overfit else val


def warm_restarts(rng: np.random.Generator, points: int, overfit: bool) -> tuple[Values, Values]:
    """Cosine restarts: at each, both curves jump up and come back lower."""
    train, val = _base(rng, points)
    phase = np.arange(points) % max(5, points // 5) / max(5, points // 5)
    bump = 0.25 * np.exp(-phase * 12) * (np.arange(points) > points // 6)
    return train * (1 + 4 * bump), _jitter(rng, (_rise(rng, val) if overfit else val) * (1 + bump), 0.004)


def double_descent(rng: np.random.Generator, points: int, overfit: bool) -> tuple[Values, Values]:
    """Val rises by a quarter in the middle; where it is healthy it falls again, below its first low."""
    train, val = _base(rng, points)
    place = np.linspace(0, 1, points)
    hump = 0.25 * val.min() * np.exp(-(((place - 0.45) / 0.1) ** 2))
    if overfit:
        return train, _jitter(rng, _rise(rng, val), 0.004)
    return train, _jitter(rng, val + hump - 0.3 * val.min() * np.clip((place - 0.5) * 2, 0, 1), 0.004)


def negative(rng: np.random.Generator, points: int, overfit: bool) -> tuple[Values, Values]:
    """A loss that crosses zero, as log-densities do."""
    train, val = smooth(rng, points, overfit)
    return train - 2, val - 2


def flat(rng: np.random.Generator, points: int, overfit: bool) -> tuple[Values, Values]:
    """Fine-tuning a model that is trained already: val starts at its best, and stays there or rises."""
    train = np.linspace(0.4, 0.3, points)
    val = np.full(points, 0.45) if not overfit else 0.45 * (1 + np.linspace(0, rng.uniform(0.2, 0.8), points))
    return _jitter(rng, train, 0.01), _jitter(rng, val, 0.01)


FAMILIES: dict[str, Callable[[np.random.Generator, int, bool], tuple[Values, Values]]] = {
    family.__name__: family
    for family in (
        smooth,
        noisy,
        wandering,
        tiny_val,
        lr_drops,
        warm_restarts,
        double_descent,
        negative,
        flat,
    )
}


def generate(name: str, count: int = 40, *, points: int = 100, seed: int = 0) -> Iterator[History]:
    """``count`` histories of one family, every second one overfitting; the same for the same seed."""
    rng = np.random.default_rng([seed, *name.encode()])
    for i in range(count):
        overfit = i % 2 == 1
        yield History(f"{name}-{i}", overfit, *FAMILIES[name](rng, points, overfit))
