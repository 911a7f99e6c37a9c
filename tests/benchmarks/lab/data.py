"""Data: what the lab learns from, split by a seed; nothing is downloaded."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from sklearn.datasets import load_breast_cancer, load_digits
from torch import Tensor

from trainer.data.text import corpus, windows

Values = NDArray[np.float64]

# The digits of the mnist1d paper, drawn in 12 points each.
DIGITS = (
    (5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5),
    (5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5),
    (5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5),
    (5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5),
    (5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5),
    (5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5),
    (5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5),
    (5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5),
)
PADDED, LENGTH = 72, 40
LETTERS = 64


class Split(NamedTuple):
    """Samples ``x`` and class numbers ``y``."""

    x: Tensor
    y: Tensor


class Data(NamedTuple):
    """Three parts without a sample in common."""

    train: Split
    val: Split
    test: Split
    classes: int


def mnist1d(seed: int, *, train: int, val: int, test: int = 2000, noise: float = 0.0) -> Data:
    """New samples of mnist1d (Greydanus and Kobak 2020, https://arxiv.org/abs/2011.14439), of shape ``(n, 40)``."""
    rng = np.random.default_rng([seed, 1])
    y = rng.integers(0, 10, train + val + test)
    return _split(_signals(y, rng), y, train, val, test, noise, rng)


def digits(seed: int, *, train: int, val: int, test: int = 1000, noise: float = 0.0) -> Data:
    """scikit-learn's images of 8x8 pixels, flat, with mean 0 and standard deviation 1 over all pixels."""
    x, y = load_digits(return_X_y=True)
    return _split((x - x.mean()) / x.std(), y, train, val, test, noise, np.random.default_rng([seed, 2]))


def breast_cancer(seed: int, *, train: int, val: int, test: int, noise: float = 0.0) -> Data:
    """scikit-learn's table of 569 rows and 30 columns."""
    x, y = load_breast_cancer(return_X_y=True)
    return _split((x - x.mean(0)) / x.std(0), y, train, val, test, noise, np.random.default_rng([seed, 3]))


def text(seed: int, *, train: int, val: int, test: int = 300) -> Data:
    """Stretches of 64 characters of scikit-learn's descriptions; ``y`` is ``x`` one character on."""
    letters, tokens = np.unique(np.array(list(corpus())), return_inverse=True)
    edges = [len(tokens) - (val + test + 2) * LETTERS, len(tokens) - (test + 1) * LETTERS]
    parts = [windows(part.astype(np.int64)) for part in np.split(tokens, edges)]
    chosen = np.random.default_rng([seed, 4]).permutation(len(parts[0].y))[:train]
    found = [Split(torch.from_numpy(part.x), torch.from_numpy(part.y)) for part in (parts[0].take(chosen), *parts[1:])]
    return Data(*found, len(letters))


def _split(x: Values, y: Values, train: int, val: int, test: int, noise: float, rng: Generator) -> Data:
    """The parts in a new order; a share ``noise`` of the training labels becomes another class."""
    order = rng.permutation(len(y))
    x, y, classes = x[order], y[order].copy(), int(y.max()) + 1
    wrong = rng.permutation(train)[: round(noise * train)]
    y[wrong] = (y[wrong] + rng.integers(1, classes, len(wrong))) % classes
    inputs, labels = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.int64)
    edges = [train, train + val, train + val + test]
    parts = [Split(inputs[a:b], labels[a:b]) for a, b in zip([0, *edges[:-1]], edges, strict=True)]
    return Data(*parts, classes)


def _signals(y: NDArray[np.int64], rng: Generator) -> Values:
    """A drawing for each label: padded to a random length, scaled, shifted, sheared, with smooth and white noise."""
    drawn = np.asarray(DIGITS, float)
    drawn = (drawn - drawn.mean(1, keepdims=True)) / drawn.std(1, keepdims=True)
    drawn = (drawn - drawn[:, :1]) / 6
    n, width = len(y), drawn.shape[1]
    widths = width + rng.integers(36, 61, n)
    fine = np.linspace(0, 1, PADDED)
    x = np.stack(
        [
            np.interp(fine * (padded - 1), np.arange(width + 1), np.append(drawn[label] + 1e-8, 0.0), right=0.0)
            for label, padded in zip(y, widths, strict=True)
        ]
    )
    x *= 1 + 0.4 * (rng.random((n, 1)) - 0.5)
    x = x[np.arange(n)[:, None], (np.arange(PADDED) - rng.integers(0, 48, (n, 1))) % PADDED]
    smooth = gaussian_filter1d(0.25 * rng.standard_normal(x.shape), 2, axis=1)
    x = np.where(x != 0, x, smooth) + 0.02 * rng.standard_normal(x.shape)
    x -= 0.75 * (rng.random((n, 1)) - 0.5) * np.linspace(-0.5, 0.5, PADDED)
    coarse = np.linspace(0, PADDED - 1, LENGTH)
    x = np.stack([np.interp(coarse, np.arange(PADDED), row) for row in x])
    return (x - x.mean()) / x.std()
